//! Which plugins a text may concern.
//!
//! A plugin may name texts, or sorts of characters, without which it finds nothing: its triggers.
//! Those of a whole chain are looked for together, in one pass over a text. `classes` knows the sorts;
//! `texts` reads closely only around the few bytes that the texts are told by.

// One file for both sides: what is passed by here is what the SDK's tests prove to hold nothing.
#[path = "../../../sdk/rust/src/triggers/classes.rs"]
mod classes;
mod texts;

use std::sync::Arc;

use classes::Class;
use texts::Texts;

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
/// Plugins, a bit each.
type Set = u64;

/// Whether an attribute of a manifest is one of those that are read here.
pub(crate) fn is_trigger(name: &str) -> bool {
    matches!(name, TEXT | CLASS | EXEMPT | ROLE | STATE)
}

/// When a plugin need not be called, beside what stands in the texts.
#[derive(Clone, Debug, Default)]
struct Conditions {
    /// Its bit among those whose triggers are looked for. `None`: it is shown every text.
    bit: Option<Set>,
    /// Kinds of segments that are shown whatever stands in them.
    exempt: Vec<Kind>,
    /// Roles of which one has to be there.
    roles: Vec<Role>,
    /// It needs a state.
    needs_state: bool,
}

/// The triggers of the plugins of a chain that work in one stage.
#[derive(Debug, Default)]
pub(crate) struct Triggers {
    plugins: Vec<Conditions>,
    classes: Vec<(Class, Set)>,
    texts: Option<Texts>,
}

impl Triggers {
    pub(crate) fn new(specs: &[Arc<PluginSpec>], stage: Stage) -> Self {
        let mut triggers = Self::default();
        let mut texts: Vec<(String, Set)> = Vec::new();
        let mut free = (0..PLUGINS).map(|place| 1 << place);
        for spec in specs {
            if !spec.stages.contains(&stage) {
                triggers.plugins.push(Conditions::default());
                continue;
            }
            let own = Own::of(&spec.manifest, stage);
            let mut conditions = own.conditions;
            let has_any = !own.texts.is_empty() || !own.classes.is_empty();
            if has_any && !own.is_always {
                conditions.bit = free.next();
            }
            if let Some(bit) = conditions.bit {
                for class in own.classes {
                    own_by(&mut triggers.classes, class, bit);
                }
                for text in own.texts {
                    own_by(&mut texts, text, bit);
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

    /// The roles of which a plugin needs one; none where it needs none.
    pub(crate) fn roles(&self, plugin: usize) -> &[Role] {
        self.of(plugin)
            .map_or(&[], |conditions| conditions.roles.as_slice())
    }

    /// Whether a plugin has nothing to do without a state.
    pub(crate) fn needs_state(&self, plugin: usize) -> bool {
        self.of(plugin)
            .is_some_and(|conditions| conditions.needs_state)
    }
}

/// Adds an owner of a trigger.
fn own_by<T: PartialEq>(all: &mut Vec<(T, Set)>, trigger: T, owner: Set) {
    match all.iter_mut().find(|(known, _)| *known == trigger) {
        Some((_, owners)) => *owners |= owner,
        None => all.push((trigger, owner)),
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
    fn of(manifest: &Manifest, stage: Stage) -> Self {
        let mut own = Self::default();
        let mut states = Vec::new();
        for (name, value) in &manifest.attributes {
            let is_known = match name.as_str() {
                TEXT => keep(&mut own.texts, Some(value.to_ascii_lowercase())),
                CLASS => keep(&mut own.classes, Class::parse(value)),
                EXEMPT => keep(&mut own.conditions.exempt, Kind::parse(value)),
                ROLE => keep(&mut own.conditions.roles, Role::parse(value)),
                STATE => keep(&mut states, Stage::parse(value)),
                _ => true,
            };
            own.is_always |= !is_known || (name == TEXT && value.is_empty());
        }
        own.conditions.needs_state = states.contains(&stage);
        if stage == Stage::Output {
            own.conditions.roles.clear();
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

#[cfg(test)]
mod tests;
