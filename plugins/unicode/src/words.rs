//! Words of several scripts, and words that pass for Latin ones.
//!
//! UTS #39 calls a text highly restrictive where Latin stands alone or beside Chinese, Japanese or
//! Korean. Whole texts mix freely, so what is judged is the word, and of the words those whose
//! letters of one script are all taken for letters of the other: `раypal` and not `PDFку`.

use std::ops::Range;

use caponier_sdk::scan::words::is_alphanumeric;

use crate::characters::{Script, script};
use crate::looks::{cyrillic, is_no_symbol, is_rare, latin};

/// The longest word that is judged, in bytes. What is longer is no word.
pub(crate) const MAX_WORD: usize = 128;
/// How far around a word its language is looked for, in bytes.
const BEFORE: usize = 128;
const BEHIND: usize = 64;
/// The longest last part of a host's name, with what ends it.
const DOMAIN: usize = 24;

/// What a word is made of.
#[derive(Default)]
struct Summary {
    latin: usize,
    /// Letters of the other script.
    other: usize,
    script: Option<Script>,
    /// Letters of more than two scripts.
    crowd: bool,
    phonetic: bool,
    /// Letters of the other script that are taken for Latin ones.
    alike: usize,
    /// Latin letters that are taken for Cyrillic ones.
    reverse: usize,
    no_symbol: bool,
    rare: bool,
    /// How often the script changes.
    turns: usize,
    begins_latin: bool,
    last_is_latin: Option<bool>,
    /// Latin capitals, and small letters of the other script.
    capitals: usize,
    small: usize,
    /// Longest run of small Latin letters.
    longest: usize,
    run: usize,
}

impl Summary {
    fn of(word: &str) -> Self {
        let mut all = Self::default();
        for character in word.chars() {
            all.add(character);
        }
        all
    }

    fn add(&mut self, character: char) {
        let script = script(character);
        let is_latin = match script {
            Script::Neutral | Script::Break => return,
            Script::Latin => true,
            Script::Phonetic => {
                self.phonetic = true;
                true
            }
            _ => false,
        };
        if self.last_is_latin.is_some_and(|last| last != is_latin) {
            self.turns += 1;
        }
        self.begins_latin |= self.last_is_latin.is_none() && is_latin;
        self.last_is_latin = Some(is_latin);
        if is_latin {
            self.latin += 1;
            self.capitals += usize::from(character.is_ascii_uppercase());
            self.reverse += usize::from(cyrillic(character).is_some());
            self.run = if character.is_ascii_lowercase() {
                self.run + 1
            } else {
                0
            };
            self.longest = self.longest.max(self.run);
        } else {
            self.run = 0;
            self.other += 1;
            self.crowd |= self.script.is_some_and(|known| known != script);
            self.script = Some(script);
            self.alike += usize::from(latin(character).is_some());
            self.no_symbol |= is_no_symbol(character);
            self.rare |= is_rare(character);
            self.small += usize::from(character.is_lowercase());
        }
    }
}

/// What a word is found to be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Verdict {
    pub(crate) look_alike: bool,
    pub(crate) confidence: f64,
    pub(crate) in_host: bool,
}

/// A word's verdict; `Err` where more of the text has to come before there is one.
pub(crate) fn judge(text: &str, word: Range<usize>, is_open: bool) -> Result<Option<Verdict>, ()> {
    let Some(written) = text.get(word.clone()) else {
        return Ok(None);
    };
    let summary = Summary::of(written);
    let all_alike = summary.other > 0 && summary.alike == summary.other;
    if summary.latin == 0 {
        return whole(text, word, &summary, all_alike, is_open);
    }
    let confidence = match summary.script {
        Some(Script::Greek) if !summary.crowd => greek(&summary, all_alike),
        Some(script) => match mixed(&summary, all_alike) {
            Some(Mixed::Sure(confidence)) => Some(confidence),
            // A foreign name with an ending of the language around it.
            Some(Mixed::Ending) => {
                let language = is_language_near(text, &word, script, is_open)?;
                (!language).then_some(0.85)
            }
            None => None,
        },
        None => None,
    };
    let Some(confidence) = confidence else {
        return Ok(None);
    };
    let in_host = all_alike && is_in_host(text, &word, is_open)?;
    Ok(Some(Verdict {
        look_alike: false,
        confidence: if in_host { 0.97 } else { confidence },
        in_host,
    }))
}

/// A word of one script that reads as Latin from its first letter to its last.
fn whole(
    text: &str,
    word: Range<usize>,
    summary: &Summary,
    all_alike: bool,
    is_open: bool,
) -> Result<Option<Verdict>, ()> {
    if !all_alike || summary.other < 3 {
        return Ok(None);
    }
    if is_in_host(text, &word, is_open)? {
        return Ok(Some(Verdict {
            look_alike: true,
            confidence: 0.9,
            in_host: true,
        }));
    }
    let Some(script) = summary.script.filter(|_| summary.rare && summary.other > 3) else {
        return Ok(None);
    };
    let language = is_language_near(text, &word, script, is_open)?;
    Ok((!language).then_some(Verdict {
        look_alike: true,
        confidence: 0.7,
        in_host: false,
    }))
}

enum Mixed {
    Sure(f64),
    Ending,
}

fn mixed(summary: &Summary, all_alike: bool) -> Option<Mixed> {
    let letters = summary.latin + summary.other;
    if letters < 3 {
        return None;
    }
    // `SMSки`: an abbreviation, with the ending of its case.
    if summary.turns == 1
        && summary.begins_latin
        && summary.capitals == summary.latin
        && summary.small == summary.other
        && summary.latin > 1
    {
        return None;
    }
    let reverse = summary.script == Some(Script::Cyrillic) && summary.reverse == summary.latin;
    Some(match (all_alike, reverse, summary.turns) {
        (true, _, 1) if summary.begins_latin => Mixed::Ending,
        (true, _, 1) => Mixed::Sure(0.85),
        (true, ..) => Mixed::Sure(0.95),
        (_, true, 1) => Mixed::Sure(0.4),
        (_, true, _) => Mixed::Sure(0.75),
        (.., 0 | 1) => return None,
        (.., 2) if letters >= 5 => Mixed::Sure(0.35),
        (.., 2) => return None,
        _ => Mixed::Sure(0.6),
    })
}

/// Formulas are written with Greek letters: `sinα`, `kΔx`, `NFκB`. A word with one inside of it, or
/// with a letter that no formula has, is none.
fn greek(summary: &Summary, all_alike: bool) -> Option<f64> {
    let letters = summary.latin + summary.other;
    if !all_alike || summary.phonetic || letters < 3 {
        return None;
    }
    match (summary.no_symbol, summary.turns) {
        (true, 1) if summary.begins_latin => Some(0.7),
        (true, 1) => Some(0.85),
        (true, _) => Some(0.93),
        // Three small letters in a row that are no name of a function: `sinαcosα` has no more.
        (false, 2..) if letters > 4 && summary.capitals == 0 && summary.longest > 3 => Some(0.7),
        _ => None,
    }
}

/// Whether letters of the script that nobody takes for Latin ones stand nearby.
fn is_language_near(
    text: &str,
    word: &Range<usize>,
    wanted: Script,
    is_open: bool,
) -> Result<bool, ()> {
    let from = floor(text, word.start.saturating_sub(BEFORE));
    let until = word.end.saturating_add(BEHIND);
    let is_strange = |part: Option<&str>| {
        part.is_some_and(|part| {
            part.chars()
                .any(|character| script(character) == wanted && latin(character).is_none())
        })
    };
    if is_strange(text.get(from..word.start)) {
        return Ok(true);
    }
    let after = floor(text, until.min(text.len()));
    if is_strange(text.get(word.end..after)) {
        return Ok(true);
    }
    if is_open && until > text.len() {
        return Err(());
    }
    Ok(false)
}

/// Whether the word is a label of a host's name: `@`, `//` or a dot before it, or a dot and ASCII
/// letters behind.
fn is_in_host(text: &str, word: &Range<usize>, is_open: bool) -> Result<bool, ()> {
    let before = text.as_bytes().get(..word.start).unwrap_or_default();
    if before.ends_with(b"://") || before.ends_with(b"@") || before.ends_with(b"//www.") {
        return Ok(true);
    }
    let after = text.as_bytes().get(word.end..).unwrap_or_default();
    let after = after.get(..DOMAIN).unwrap_or(after);
    let Some((b'.', rest)) = after.split_first() else {
        return if is_open && after.is_empty() {
            Err(())
        } else {
            Ok(false)
        };
    };
    let letters = rest
        .iter()
        .take_while(|byte| byte.is_ascii_alphabetic())
        .count();
    match rest.get(letters) {
        None if is_open && after.len() < DOMAIN => Err(()),
        Some(byte) if byte.is_ascii_digit() || *byte >= 0x80 => Ok(false),
        _ => Ok((2..DOMAIN - 1).contains(&letters)),
    }
}

/// The word written in Latin letters, or in Cyrillic ones where those are what it is made of. What
/// nobody sees is left out.
pub(crate) fn folded(word: &str) -> Option<String> {
    let summary = Summary::of(word);
    let visible = word
        .chars()
        .filter(|character| is_alphanumeric(*character) || script(*character) != Script::Neutral);
    if summary.alike == summary.other {
        return Some(
            visible
                .map(|character| latin(character).unwrap_or(character))
                .collect(),
        );
    }
    (summary.reverse == summary.latin && summary.script == Some(Script::Cyrillic)).then(|| {
        visible
            .map(|character| cyrillic(character).unwrap_or(character))
            .collect()
    })
}

/// The word that the letter at `at` belongs to, and whether it can be judged: it is whole, and not
/// longer than one.
pub(crate) struct Word {
    pub(crate) span: Range<usize>,
    pub(crate) is_short: bool,
    /// Where something other than a letter or a digit stands first, behind `at`.
    pub(crate) plain_to: usize,
}

impl Word {
    pub(crate) fn around(text: &str, at: usize) -> Self {
        let start = start_of(text, at);
        let (mut end, mut plain_to) = (text.len(), None);
        for (offset, character) in text.get(at..).unwrap_or_default().char_indices() {
            match script(character) {
                Script::Break => {
                    end = at + offset;
                    break;
                }
                Script::Neutral if !character.is_ascii() => {
                    plain_to.get_or_insert(at + offset);
                }
                _ => {}
            }
        }
        Self {
            is_short: start.is_some_and(|start| end - start <= MAX_WORD),
            span: start.unwrap_or(at)..end,
            plain_to: plain_to.unwrap_or(end),
        }
    }
}

/// Where the word begins that goes on at `at`; `None` where that is too far back.
pub(crate) fn start_of(text: &str, at: usize) -> Option<usize> {
    let mut start = at;
    for character in text.get(..at)?.chars().rev() {
        if script(character) == Script::Break {
            return Some(start);
        }
        start -= character.len_utf8();
        if at - start > MAX_WORD {
            return None;
        }
    }
    Some(start)
}

/// The last character boundary at or before `at`.
pub(crate) fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}
