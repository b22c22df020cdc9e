//! Identifiers with a fixed length: a table of shapes, the issuers' checks, and the words that name
//! them.
//!
//! Each chain of chunks is looked up by how long it is and which of its places are letters, and
//! only what fits is checked; the words around it are looked at last.

mod americas;
mod asia;
mod checks;
mod checks_americas;
mod checks_asia;
mod checks_british;
mod checks_east;
mod checks_west;
mod digits;
mod europe;
mod shape;
#[cfg(test)]
mod tests;
mod world;

pub(super) use digits::is_day;

use super::lexicon::{Lexicon, Said, Topic, Words};
use super::text::{after, before, begins_freely, ends_freely};
use super::token::{self, Chain, Value};
use super::{Match, Reading, earlier};
use crate::Entity;
use shape::Row;

/// The countries of ISO 3166, two letters each, and Kosovo.
const COUNTRIES: &[u8] = b"ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

/// How sure a shape without a check is where it stands on a line of its own.
const ALONE: f64 = 0.1;

/// What is less sure is not reported.
const LEAST: f64 = 0.05;

/// All rows.
fn all() -> impl Iterator<Item = &'static Row> {
    [americas::ROWS, asia::ROWS, europe::ROWS, world::ROWS]
        .into_iter()
        .flatten()
}

/// One row, as the look-up needs it.
#[derive(Clone, Copy, Debug)]
struct Entry {
    letters: u32,
    digits: u32,
    topic: Topic,
    row: &'static Row,
}

/// The rows that were asked for, by length.
#[derive(Clone, Debug)]
pub(super) struct Table {
    by_length: [Vec<Entry>; token::MAX + 1],
}

impl Table {
    pub(super) fn new(
        lexicon: &mut Lexicon,
        wants: impl Fn(Entity) -> bool,
        knows: impl Fn(&str) -> bool,
    ) -> Self {
        let mut by_length: [Vec<Entry>; token::MAX + 1] = Default::default();
        for row in
            all().filter(|row| wants(row.entity) && (row.country.is_empty() || knows(row.country)))
        {
            for length in row.lengths() {
                if let Some(entries) = by_length.get_mut(length) {
                    let (letters, digits) = row.masks(length);
                    let topic = lexicon.topic(row.words);
                    entries.push(Entry {
                        letters,
                        digits,
                        topic,
                        row,
                    });
                }
            }
        }
        Self { by_length }
    }

    /// The countries that have rows.
    pub(super) fn countries() -> impl Iterator<Item = &'static str> {
        all()
            .map(|row| row.country)
            .filter(|country| !country.is_empty())
    }

    /// Whether nothing was asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.by_length.iter().all(Vec::is_empty)
    }

    /// The best reading of the chains that have the chunk at `start` as their first with a digit.
    pub(super) fn at(&self, text: &str, start: usize, words: &mut Words<'_>) -> Reading {
        let bytes = text.as_bytes();
        let mut best = Best::default();
        let mut first = Some(start);
        // Two short chunks of capitals may stand before the first with a digit.
        for _ in 0..3 {
            let Some(start) = first else { break };
            self.chain(text, &Chain::read(bytes, start), words, &mut best);
            first = token::lead_before(bytes, start);
        }
        best.reading
    }

    fn chain(&self, text: &str, chain: &Chain, words: &mut Words<'_>, best: &mut Best) {
        let mut begins = None;
        for value in chain.values() {
            let entries = self
                .by_length
                .get(value.characters.len())
                .map(Vec::as_slice)
                .unwrap_or_default();
            let mut ends = None;
            for entry in entries {
                if value.letters & entry.digits != 0
                    || value.letters & entry.letters != entry.letters
                    || !entry.row.is_laid_out(&value)
                    || (entry.row.needs_word()
                        && !(value.letters != 0 && on_own_line(text, value.span))
                        && !words.may_say(text, value.span, entry.topic))
                    || !*begins.get_or_insert_with(|| begins_freely(text, chain.start))
                    || !*ends.get_or_insert_with(|| ends_freely(text, value.span.1))
                    || !(entry.row.check)(&value)
                {
                    continue;
                }
                let said = words.said(text, value.span, entry.topic);
                best.consider(text, entry.row, &value, said);
            }
        }
    }
}

/// The best of several readings of one place.
#[derive(Default)]
struct Best {
    reading: Reading,
    /// How far away the word is that spoke for it.
    distance: usize,
}

impl Best {
    fn consider(&mut self, text: &str, row: &Row, value: &Value<'_>, said: Said) {
        let (start, end) = value.span;
        if said.unsure {
            self.reading.unsure_from = earlier(self.reading.unsure_from, Some(start));
        }
        let plain = match (value.breaks, said.distance) {
            (0, _) => row.bare,
            // Numbers in a row with spaces between them are more often a table.
            (_, None) if is_in_row(text, value) => return,
            _ => row.grouped,
        };
        // Small letters are how code and prose look.
        let plain = if value.capitals || row.bare >= 0.8 {
            plain
        } else {
            plain * 0.6
        };
        let confidence = if said.distance.is_some() {
            row.said
        } else if value.letters != 0 && plain < ALONE && on_own_line(text, value.span) {
            ALONE
        } else {
            plain
        };
        if confidence < LEAST {
            return;
        }
        let distance = said.distance.unwrap_or(usize::MAX);
        // Among those that the words speak for, the nearest word counts; else the surer one.
        let better = self.reading.found.is_none_or(|known| {
            let longer = end - start > known.end - known.start;
            distance < self.distance
                || (distance == self.distance
                    && (confidence > known.confidence
                        || (confidence >= known.confidence && longer)))
        });
        if better {
            self.distance = distance;
            self.reading.found = Some(Match {
                entity: row.entity,
                start,
                end,
                confidence,
            });
        }
    }
}

/// Whether spaces set the groups apart, and one more number before or behind.
fn is_in_row(text: &str, value: &Value<'_>) -> bool {
    let bytes = text.as_bytes();
    let (start, end) = value.span;
    let digit = |place: usize| bytes.get(place).is_some_and(u8::is_ascii_digit);
    let space = |place: usize| bytes.get(place) == Some(&b' ');
    value.separators.contains(&b' ')
        && ((start > 1 && space(start - 1) && digit(start - 2)) || (space(end) && digit(end + 1)))
}

/// Whether nothing else stands on the value's line.
fn on_own_line(text: &str, (start, end): (usize, usize)) -> bool {
    before(text, start).is_none_or(|last| last == '\n')
        && after(text, end).is_none_or(|first| matches!(first, '\n' | '\r'))
}
