//! Which plugins a text may concern.
//!
//! A plugin may name texts, or sorts of characters, without which it finds nothing: its triggers.
//! Those of a whole chain are looked for together, in one pass over a text. Most text has none of the
//! few bytes that they are told by, and is passed over sixty-four bytes at a time; only around such
//! bytes an automaton reads.

use std::ops::Range;
use std::sync::Arc;

use aho_corasick::AhoCorasick;
use aho_corasick::automaton::OverlappingState;

use crate::{Kind, Manifest, PluginSpec, Role, Segment, Stage};

/// The attribute that names a text without which nothing is found in a segment. Letters of ASCII
/// stand for both cases.
const TEXT: &str = "trigger";
/// The attribute that names a sort of characters without which nothing is.
const CLASS: &str = "trigger-class";
/// The attribute that names a kind of segments that triggers do not hold for.
const EXEMPT: &str = "trigger-exempt";
/// The attribute that names a role: before the output there is nothing to do unless a segment has it.
const ROLE: &str = "trigger-role";
/// The attribute that names a stage in which there is nothing to do for whom has kept no state.
const STATE: &str = "trigger-state";

/// The most triggers of a plugin, and the most bytes of one.
pub(crate) const MOST: usize = 128;
/// The most bytes of a trigger.
pub(crate) const LONGEST: usize = 128;
/// The most plugins of a chain that triggers are looked for of; later ones are always called.
const PLUGINS: usize = u64::BITS as usize;
/// Bytes that are judged in one step.
const STEP: usize = 64;
/// A stretch of so many bytes is read before more is added to it: what has triggers all over is known
/// early.
const READ: usize = 8 * STEP;
/// The most bytes that all triggers together may be told by.
const MARKS: usize = 8;

/// Plugins, a bit each.
type Set = u64;

/// Whether an attribute of a manifest is one of those that are read here.
pub(crate) fn is_trigger(name: &str) -> bool {
    matches!(name, TEXT | CLASS | EXEMPT | ROLE | STATE)
}

/// A sort of characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Class {
    NonAscii,
    Control,
    Digit,
}

impl Class {
    fn parse(word: &str) -> Option<Self> {
        match word {
            "non-ascii" => Some(Self::NonAscii),
            "control" => Some(Self::Control),
            "digit" => Some(Self::Digit),
            _ => None,
        }
    }

    /// Whether a character of this sort stands in the text.
    fn occurs(self, text: &str) -> bool {
        let is_control =
            |byte: u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r');
        match self {
            Self::NonAscii => !text.is_ascii(),
            Self::Control => any(text.as_bytes(), is_control),
            Self::Digit => any(text.as_bytes(), |byte| byte.is_ascii_digit()),
        }
    }
}

/// Whether `is` holds for one of the bytes. Step by step, so that it becomes vector code.
fn any(bytes: &[u8], is: impl Fn(u8) -> bool) -> bool {
    let (steps, rest) = bytes.as_chunks::<STEP>();
    let in_step = |step: &[u8; STEP]| step.iter().fold(false, |found, byte| found | is(*byte));
    steps.iter().any(in_step) || rest.iter().any(|byte| is(*byte))
}

/// When a plugin need not be called, beside what stands in the texts.
#[derive(Clone, Debug, Default)]
struct Conditions {
    /// Its bit among those whose triggers are looked for. `None`: it is shown every text.
    bit: Option<Set>,
    /// Kinds of segments that are shown whatever stands in them.
    exempt: Vec<Kind>,
    /// Roles of which one has to be there before the output.
    roles: Vec<Role>,
    /// Stages in which it needs a state.
    states: Vec<Stage>,
}

/// The triggers of the plugins of a chain.
#[derive(Debug, Default)]
pub(crate) struct Triggers {
    plugins: Vec<Conditions>,
    classes: Vec<(Class, Set)>,
    texts: Option<Texts>,
}

/// The texts among the triggers.
#[derive(Debug)]
struct Texts {
    automaton: AhoCorasick,
    /// Whose the patterns are.
    owners: Vec<Set>,
    /// All of those.
    all: Set,
    /// How far before and behind one of the marks a trigger may reach.
    reach: usize,
    /// Each trigger has one of these bytes. `None`: that would be too many bytes.
    marks: Option<[u8; MARKS]>,
}

impl Triggers {
    pub(crate) fn new(specs: &[Arc<PluginSpec>]) -> Self {
        let mut triggers = Self::default();
        let mut texts: Vec<(String, Set)> = Vec::new();
        let mut free = (0..PLUGINS).map(|place| 1 << place);
        for spec in specs {
            let own = Own::of(&spec.manifest);
            let mut conditions = own.conditions;
            let has_any = !own.texts.is_empty() || !own.classes.is_empty();
            if has_any && !own.is_always {
                conditions.bit = free.next();
            }
            if let Some(bit) = conditions.bit {
                triggers
                    .classes
                    .extend(own.classes.iter().map(|class| (*class, bit)));
                for text in own.texts {
                    match texts.iter_mut().find(|(known, _)| *known == text) {
                        Some((_, owners)) => *owners |= bit,
                        None => texts.push((text, bit)),
                    }
                }
            }
            triggers.plugins.push(conditions);
        }
        if !texts.is_empty() {
            triggers.texts = Texts::new(texts);
            if triggers.texts.is_none() {
                // No automaton: everybody is shown everything.
                for conditions in &mut triggers.plugins {
                    conditions.bit = None;
                }
            }
        }
        triggers
    }

    fn of(&self, plugin: usize) -> Option<&Conditions> {
        self.plugins.get(plugin)
    }

    /// The plugins, of those that are given, whose triggers are looked for.
    pub(crate) fn looked_for(&self, route: &[usize]) -> Set {
        let bits = route.iter().filter_map(|plugin| self.of(*plugin)?.bit);
        bits.fold(0, |all, bit| all | bit)
    }

    /// The plugins, of those that are `wanted`, that may find something in a segment. What is to come
    /// of an open one is not known, nor what has gone.
    pub(crate) fn concerned(&self, segment: &Segment, wanted: Set) -> Set {
        if wanted == 0 || segment.open || segment.offset > 0 {
            return wanted;
        }
        let mut found = 0;
        for (class, owner) in &self.classes {
            if owner & wanted & !found != 0 && class.occurs(&segment.text) {
                found |= owner;
            }
        }
        match &self.texts {
            Some(texts) => found | texts.find(segment.text.as_bytes(), wanted & !found),
            None => found,
        }
    }

    /// Whether a plugin is to be shown a segment that concerns these plugins.
    pub(crate) fn is_shown(&self, plugin: usize, segment: &Segment, concerned: Set) -> bool {
        let Some(Conditions {
            bit: Some(bit),
            exempt,
            ..
        }) = self.of(plugin)
        else {
            return true;
        };
        concerned & bit != 0 || exempt.contains(&segment.kind)
    }

    /// Whether one of the roles is there that a plugin needs before the output.
    pub(crate) fn has_role(
        &self,
        plugin: usize,
        stage: Stage,
        mut roles: impl Iterator<Item = Role>,
    ) -> bool {
        self.of(plugin).is_none_or(|conditions| {
            stage == Stage::Output
                || conditions.roles.is_empty()
                || roles.any(|role| conditions.roles.contains(&role))
        })
    }

    /// Whether a plugin has nothing to do in a stage without a state.
    pub(crate) fn needs_state(&self, plugin: usize, stage: Stage) -> bool {
        self.of(plugin)
            .is_some_and(|conditions| conditions.states.contains(&stage))
    }
}

/// The triggers of one plugin.
#[derive(Default)]
struct Own {
    texts: Vec<String>,
    classes: Vec<Class>,
    conditions: Conditions,
    /// It has a trigger that always occurs, or one that this host does not know.
    is_always: bool,
}

impl Own {
    fn of(manifest: &Manifest) -> Self {
        let mut own = Self::default();
        for (name, value) in &manifest.attributes {
            let is_known = match name.as_str() {
                TEXT => keep(&mut own.texts, Some(value.to_ascii_lowercase())),
                CLASS => keep(&mut own.classes, Class::parse(value)),
                EXEMPT => keep(&mut own.conditions.exempt, Kind::parse(value)),
                ROLE => keep(&mut own.conditions.roles, Role::parse(value)),
                STATE => keep(&mut own.conditions.states, Stage::parse(value)),
                _ => true,
            };
            own.is_always |= !is_known || (name == TEXT && value.is_empty());
        }
        if own.is_always {
            own.conditions = Conditions::default();
        }
        own
    }
}

/// Takes a value in, if there is one.
fn keep<T>(all: &mut Vec<T>, value: Option<T>) -> bool {
    let is_there = value.is_some();
    all.extend(value);
    is_there
}

impl Texts {
    fn new(texts: Vec<(String, Set)>) -> Option<Self> {
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(texts.iter().map(|(text, _)| text))
            .ok()?;
        let longest = texts.iter().map(|(text, _)| text.len()).max();
        Some(Self {
            automaton,
            reach: longest.unwrap_or(1).saturating_sub(1),
            marks: marks(texts.iter().map(|(text, _)| text.as_str())),
            all: texts.iter().fold(0, |all, (_, owners)| all | owners),
            owners: texts.into_iter().map(|(_, owners)| owners).collect(),
        })
    }

    /// The owners of what occurs, of those that are `wanted`; perhaps others too.
    fn find(&self, bytes: &[u8], wanted: Set) -> Set {
        let wanted = wanted & self.all;
        let mut found = 0;
        if wanted == 0 {
            return found;
        }
        let Some(marks) = &self.marks else {
            self.read(bytes, wanted, &mut found);
            return found;
        };
        // What is to be read: a stretch around marks, those that touch as one.
        let mut stretch = 0..0;
        let (steps, rest) = bytes.as_chunks::<STEP>();
        let steps = steps.iter().map(|step| (has_mark(step, marks), STEP));
        let rest = (rest.iter().any(|byte| marks.contains(byte)), rest.len());
        let mut at = 0;
        for (is_marked, length) in steps.chain([rest]) {
            let end = at + length;
            if is_marked {
                let start = at.saturating_sub(self.reach);
                if start > stretch.end || stretch.len() >= READ {
                    self.read(slice(bytes, &stretch), wanted, &mut found);
                    stretch.start = start;
                }
                if found & wanted == wanted {
                    return found;
                }
                stretch.end = end + self.reach;
            }
            at = end;
        }
        self.read(slice(bytes, &stretch), wanted, &mut found);
        found
    }

    /// Adds the owners of what occurs, until all that are wanted are there.
    fn read(&self, bytes: &[u8], wanted: Set, found: &mut Set) {
        let mut state = OverlappingState::start();
        while *found & wanted != wanted {
            self.automaton.find_overlapping(bytes, &mut state);
            let Some(matched) = state.get_match() else {
                return;
            };
            let owners = self.owners.get(matched.pattern().as_usize());
            *found |= owners.copied().unwrap_or(0);
        }
    }
}

fn slice<'a>(bytes: &'a [u8], range: &Range<usize>) -> &'a [u8] {
    let end = range.end.min(bytes.len());
    bytes.get(range.start..end).unwrap_or_default()
}

/// Whether one of the marks is among the bytes.
#[inline]
fn has_mark(step: &[u8; STEP], marks: &[u8; MARKS]) -> bool {
    step.iter().fold(false, |any, byte| {
        marks.iter().fold(any, |any, mark| any | (mark == byte))
    })
}

/// Bytes of which every trigger has one, in either case where they are letters: rare ones, as far as
/// there are any.
fn marks<'a>(texts: impl Iterator<Item = &'a str>) -> Option<[u8; MARKS]> {
    let mut texts: Vec<&str> = texts.collect();
    texts.sort_by_key(|text| text.len());
    let mut chosen: Vec<u8> = Vec::new();
    for text in texts {
        if text.bytes().any(|byte| chosen.contains(&byte)) {
            continue;
        }
        let rarest = text.bytes().min_by_key(|byte| commonness(*byte))?;
        chosen.push(rarest);
        if rarest.is_ascii_alphabetic() {
            chosen.push(rarest.to_ascii_uppercase());
        }
    }
    let first = *chosen.first()?;
    chosen.resize(chosen.len().max(MARKS), first);
    chosen.try_into().ok()
}

/// How common a byte is in text, from rare to common.
const fn commonness(byte: u8) -> u8 {
    match byte {
        b' ' | b'e' | b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'r' => 9,
        b'x' | b'q' | b'z' | b'j' => 5,
        b'a'..=b'z' => 8,
        b'.' | b',' | b'\n' | b'0'..=b'9' => 7,
        b'-' | b'\'' | b'"' => 6,
        b'(' | b')' => 4,
        b':' => 3,
        b'/' | b'=' | b'_' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests;
