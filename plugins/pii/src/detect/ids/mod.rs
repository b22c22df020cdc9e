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
mod layouts;
mod shape;
#[cfg(test)]
mod tests;
mod world;

pub(super) use digits::is_day;

use super::classes::Classes;
use super::lexicon::{Lexicon, Said, Topic, Words};
use super::text::{after, at, before, begins_freely, ends_freely};
use super::token::{self, Chain, Value};
use super::{LEAST, LEAST_WITHIN, Match, Reading, earlier, surer};
use crate::Entity;
use layouts::{Layouts, Sieve};
use shape::Row;

/// The countries of ISO 3166, two letters each, and Kosovo.
const COUNTRIES: &[u8] = b"ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCUCVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJPKEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPLPMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWFWSXKYEYTZAZMZW";

/// How sure a shape without a check is where it stands on a line of its own.
const ALONE: f64 = 0.1;

/// The fewest letters and digits of a row.
const SHORTEST: usize = 4;

/// The most lengths that a row may have whose digits say something by themselves.
const MOST_LENGTHS: usize = 3;

/// All rows.
fn all() -> impl Iterator<Item = &'static Row> {
    [americas::ROWS, asia::ROWS, europe::ROWS, world::ROWS]
        .into_iter()
        .flatten()
}

/// How sure a shape without a check is where it is the whole text.
const WHOLE: f64 = 0.06;

/// One row, as the look-up needs it.
#[derive(Clone, Copy, Debug)]
struct Entry {
    /// Which places must be letters, and which digits.
    letters: u32,
    digits: u32,
    breaks: u32,
    /// Which of the topics.
    topic: u16,
    apart: bool,
    needs_word: bool,
    /// Whether its word must stand just before it.
    close: bool,
    row: &'static Row,
}

/// The rows that were asked for, by length, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Table {
    entries: Vec<Entry>,
    /// Where the entries of each length begin.
    begins: [u16; token::MAX + 2],
    topics: Vec<Topic>,
    begin: Begin,
    layouts: Layouts,
    /// By length.
    sieves: [Sieve; token::MAX + 1],
}

/// How identifiers begin that have nothing but digits in their first group: a bit for each number
/// of digits.
#[derive(Clone, Copy, Debug, Default)]
struct Begin {
    /// It is all of it.
    alone: u32,
    /// The same, where not only a word just before it can tell.
    telling: u32,
    /// A letter begins the second group.
    letter: u32,
    /// By the digits of the first group: how many letters and digits the second may have where a
    /// digit begins it, and where it is the last or a digit or a letter begins the third.
    last: [u32; token::MAX + 1],
    digit: [u32; token::MAX + 1],
    other: [u32; token::MAX + 1],
}

impl Begin {
    /// Takes in how a row begins where it has this length.
    fn add(&mut self, entry: &Entry, length: usize) {
        let all = (1_u32 << length) - 1;
        if !entry.apart && entry.letters == 0 {
            self.alone |= 1 << length;
            self.telling |= u32::from(!entry.close) << length;
        }
        let breaks = entry.breaks & all;
        let first = breaks.trailing_zeros() as usize;
        if breaks == 0 || entry.letters & ((1 << first) - 1) != 0 {
            return;
        }
        let may_be_digit = |place: usize| entry.letters >> place & 1 == 0;
        let may_be_letter = |place: usize| entry.digits >> place & 1 == 0;
        self.letter |= u32::from(may_be_letter(first)) << first;
        if !may_be_digit(first) {
            return;
        }
        let later = breaks & (breaks - 1);
        let second = match later {
            0 => length,
            later => later.trailing_zeros() as usize,
        };
        let bit = 1 << (second - first);
        let set = |list: &mut [u32], is: bool| {
            if let Some(known) = list.get_mut(first).filter(|_| is) {
                *known |= bit;
            }
        };
        set(&mut self.last, later == 0);
        set(&mut self.digit, later != 0 && may_be_digit(second));
        set(&mut self.other, later != 0 && may_be_letter(second));
    }

    /// Whether a second group may follow a first of so many digits that ends at `end`.
    fn goes_on(&self, bytes: &[u8], count: usize, end: usize, classes: &mut Classes<'_>) -> bool {
        let Some((width, _)) = token::separator_at(bytes, end) else {
            return false;
        };
        let start = end + width;
        if !at(bytes, start).is_ascii_digit() {
            return self.letter >> count.min(31) & 1 != 0;
        }
        let stop = classes.run_end(start);
        let has = |list: &[u32]| {
            let known = list.get(count).copied().unwrap_or(0);
            known >> (stop - start).min(31) & 1 != 0
        };
        let third = token::separator_at(bytes, stop).map(|(width, _)| at(bytes, stop + width));
        match third {
            Some(b'0'..=b'9') => has(&self.last) || has(&self.digit),
            Some(_) => has(&self.last) || has(&self.other),
            None => has(&self.last),
        }
    }
}

impl Table {
    pub(super) fn new(
        lexicon: &mut Lexicon,
        wants: impl Fn(Entity) -> bool,
        knows: impl Fn(&str) -> bool,
    ) -> Self {
        let rows: Vec<&'static Row> = all()
            .filter(|row| wants(row.entity) && (row.country.is_empty() || knows(row.country)))
            .collect();
        let mut topics: Vec<Topic> = Vec::new();
        let mut numbers = Vec::new();
        for row in &rows {
            let topic = lexicon.topic(row.words);
            let known = topics.iter().position(|known| *known == topic);
            numbers.push(known.unwrap_or(topics.len()) as u16);
            if known.is_none() {
                topics.push(topic);
            }
        }
        let mut entries = Vec::new();
        for length in 0..=token::MAX {
            let of_length = rows.iter().zip(&numbers);
            for (row, topic) in of_length.filter(|(row, _)| row.lengths().contains(&length)) {
                let (letters, digits) = row.masks(length);
                let entry = Entry {
                    letters,
                    digits,
                    breaks: row.breaks,
                    topic: *topic,
                    apart: row.apart,
                    needs_word: row.needs_word(),
                    close: row.entity == Entity::Postcode && row.needs_word() && letters == 0,
                    row,
                };
                entries.push((length, entry));
            }
        }
        Self::of_entries(&entries, topics)
    }

    /// The same with nothing in it that has a letter or needs a word.
    pub(super) fn numbers(&self) -> Self {
        let lengths = 0..=token::MAX;
        let all =
            lengths.flat_map(|length| self.of(length).iter().map(move |entry| (length, *entry)));
        let numbers: Vec<_> = all
            .filter(|(_, entry)| entry.letters == 0 && !entry.needs_word)
            .collect();
        Self::of_entries(&numbers, self.topics.clone())
    }

    /// The table of these entries, which come by length.
    fn of_entries(entries: &[(usize, Entry)], topics: Vec<Topic>) -> Self {
        let mut table = Self {
            entries: Vec::with_capacity(entries.len()),
            begins: [0; token::MAX + 2],
            topics,
            begin: Begin::default(),
            layouts: Layouts::of(entries),
            sieves: [Sieve::default(); token::MAX + 1],
        };
        for length in 0..=token::MAX {
            let of_length = entries.iter().filter(|(of, _)| *of == length);
            for (place, (_, entry)) in of_length.enumerate() {
                table.begin.add(entry, length);
                if let Some(sieve) = table.sieves.get_mut(length) {
                    sieve.add(entry, length, place);
                }
                table.entries.push(*entry);
            }
            if let Some(begin) = table.begins.get_mut(length + 1) {
                *begin = table.entries.len() as u16;
            }
        }
        table
    }

    /// The entries of this length.
    #[inline]
    fn of(&self, length: usize) -> &[Entry] {
        let place = |at: usize| self.begins.get(at).copied().map_or(0, usize::from);
        let range = place(length)..place(length + 1);
        self.entries.get(range).unwrap_or_default()
    }

    /// The countries that have rows.
    pub(super) fn countries() -> impl Iterator<Item = &'static str> {
        all()
            .map(|row| row.country)
            .filter(|country| !country.is_empty())
    }

    /// Whether nothing was asked for.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// The best reading of the chains that have the chunk from `start` to `end` as their first with
    /// a digit. `words`: where words may stand around them.
    pub(super) fn at(
        &self,
        text: &str,
        (start, end): (usize, usize),
        mut words: Option<&mut Words<'_>>,
        classes: &mut Classes<'_>,
    ) -> Reading {
        let bytes = text.as_bytes();
        // Of numbers in a row that no word stands near each is by itself.
        if words.is_none() && is_between_numbers(bytes, (start, end)) {
            return Reading {
                found: self.by_itself(text, (start, end)),
                unsure_from: None,
            };
        }
        let lead = words
            .as_ref()
            .and_then(|_| token::lead_before(bytes, start));
        if lead.is_none() && !self.may_begin(text, (start, end), words.as_deref(), classes) {
            return Reading::default();
        }
        let mut best = Best::default();
        self.chain(text, start, &mut words, classes, &mut best);
        // Two short chunks of capitals may stand before the first with a digit.
        if let Some(lead) = lead {
            self.chain(text, lead, &mut words, classes, &mut best);
            if let Some(first) = token::lead_before(bytes, lead) {
                self.chain(text, first, &mut words, classes, &mut best);
            }
        }
        best.reading
    }

    /// What digits in one piece are that other numbers stand around, and no word.
    pub(super) fn by_itself(&self, text: &str, span: (usize, usize)) -> Option<Match> {
        let (start, end) = span;
        let mut rows = self.sieves.get(end - start)?.alone;
        if rows == 0 {
            return None;
        }
        let value = Value::of_digits(text.as_bytes().get(start..end)?, span);
        let entries = self.of(end - start);
        let mut best = None;
        while rows != 0 {
            let row = entries.get(rows.trailing_zeros() as usize)?.row;
            rows &= rows - 1;
            let found = (row.check)(&value).then_some(Match {
                entity: row.entity,
                start,
                end,
                confidence: row.bare,
            });
            best = surer(best, found);
        }
        best
    }

    /// Whether a group that no other leads may be or begin an identifier: a look at what follows it.
    fn may_begin(
        &self,
        text: &str,
        span: (usize, usize),
        words: Option<&Words<'_>>,
        classes: &mut Classes<'_>,
    ) -> bool {
        let (bytes, count) = (text.as_bytes(), span.1 - span.0);
        let has = |mask: u32| mask >> count.min(31) & 1 != 0;
        if (classes.from(span.0).digits().trailing_ones() as usize) < count {
            return count >= SHORTEST || token::separator_at(bytes, span.1).is_some();
        }
        has(self.begin.telling)
            || self.begin.goes_on(bytes, count, span.1, classes)
            || (has(self.begin.alone)
                && (is_whole(text, span)
                    || words.is_some_and(|words| words.just_before(text, span.0).says_any())))
    }

    /// What the chain of chunks may be that begins at `start`.
    fn chain(
        &self,
        text: &str,
        start: usize,
        words: &mut Option<&mut Words<'_>>,
        classes: &mut Classes<'_>,
        best: &mut Best,
    ) {
        if !begins_freely(text, start) {
            return;
        }
        let bytes = text.as_bytes();
        let mut layouts = [0; token::MAX_CHUNKS + 1];
        let mut count = 0;
        let chain = Chain::read(bytes, start, classes, |length| {
            let last = layouts.get(count).copied().unwrap_or(0);
            let next = self.layouts.next(last, length);
            count += 1;
            if let (Some(slot), Some(next)) = (layouts.get_mut(count), next) {
                *slot = next;
            }
            next.is_some()
        });
        let mut content = None;
        for outline in chain.outlines() {
            let layout = layouts.get(outline.chunks).copied().unwrap_or(0);
            let mut rows = self.layouts.rows(layout);
            if rows == 0 {
                continue;
            }
            let sieve = self.sieves.get(outline.total).copied().unwrap_or_default();
            rows &= sieve.rows(&outline);
            if rows == 0 || !ends_freely(text, outline.end) {
                continue;
            }
            let span = (start, outline.end);
            if !may_be_said(text, span, outline.letters, words) {
                rows &= sieve.open;
            }
            if rows == 0 {
                continue;
            }
            let content = content.get_or_insert_with(|| chain.content(bytes));
            let value = content.value(start, &outline);
            self.judge(text, &value, rows, words, best);
        }
    }

    /// What a value is, by these rows of its length.
    fn judge(
        &self,
        text: &str,
        value: &Value<'_>,
        mut rows: u128,
        words: &mut Option<&mut Words<'_>>,
        best: &mut Best,
    ) {
        let mut close = None;
        let entries = self.of(value.characters.len());
        while rows != 0 {
            let entry = entries.get(rows.trailing_zeros() as usize);
            rows &= rows - 1;
            let Some(entry) = entry.filter(|entry| {
                value.letters & entry.digits == 0
                    && value.letters & entry.letters == entry.letters
                    && entry.row.is_laid_out(value)
                    && (entry.row.check)(value)
            }) else {
                continue;
            };
            let topic = self.topics.get(usize::from(entry.topic));
            let topic = topic.copied().unwrap_or_default();
            if entry.close && !is_whole(text, value.span) {
                let near = close.get_or_insert_with(|| {
                    let words = words.as_deref();
                    words.map(|words| words.just_before(text, value.span.0))
                });
                if !near.is_some_and(|near| near.says(topic)) {
                    continue;
                }
            } else if entry.needs_word && !may_be_meant(text, topic, value, words) {
                continue;
            }
            let said = words
                .as_deref_mut()
                .map_or_else(Said::default, |words| words.said(text, value.span, topic));
            best.consider(text, entry.row, value, said);
        }
    }
}

/// Whether something around a value may say that it is any of what only words tell.
fn may_be_said(
    text: &str,
    span: (usize, usize),
    letters: u32,
    words: &mut Option<&mut Words<'_>>,
) -> bool {
    let words = words.as_deref_mut();
    words.is_some_and(|words| words.may_say_any(text, span))
        || (letters != 0 && on_own_line(text, span))
        || is_whole(text, span)
}

/// Whether something around a value may say that it is what only words tell.
fn may_be_meant(
    text: &str,
    topic: Topic,
    value: &Value<'_>,
    words: &mut Option<&mut Words<'_>>,
) -> bool {
    let mut say = words.as_deref_mut();
    say.as_mut()
        .is_some_and(|words| words.may_say(text, value.span, topic))
        || (value.letters != 0 && on_own_line(text, value.span))
        || is_whole(text, value.span)
}

/// Whether a value is all there is.
fn is_whole(text: &str, span: (usize, usize)) -> bool {
    span == (0, text.len())
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
        } else if is_whole(text, value.span) {
            let says_nothing = value.letters == 0 && row.lengths().count() > MOST_LENGTHS;
            f64::max(plain, if says_nothing { 0.0 } else { WHOLE })
        } else {
            plain
        };
        let is_within = value.letters == 0 && !on_own_line(text, value.span);
        let least = if is_within { LEAST_WITHIN } else { LEAST };
        if confidence < least {
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

/// Whether a number and a space stand before, and a space behind.
fn is_between_numbers(bytes: &[u8], (start, end): (usize, usize)) -> bool {
    start > 1
        && bytes.get(start - 1) == Some(&b' ')
        && bytes.get(start - 2).is_some_and(u8::is_ascii_digit)
        && bytes.get(end) == Some(&b' ')
}

/// Whether nothing else stands on the value's line.
fn on_own_line(text: &str, (start, end): (usize, usize)) -> bool {
    before(text, start).is_none_or(|last| last == '\n')
        && after(text, end).is_none_or(|first| matches!(first, '\n' | '\r'))
}
