//! Finding personal data in a text.
//!
//! What is found at a place depends only on the text within a rule's window of it, so that a
//! stream, looked at piece by piece, comes to the same as the whole text.

mod address;
mod birth;
mod card;
mod classes;
mod context;
mod crypto;
mod email;
mod flood;
mod hold;
mod iban;
mod ids;
mod ip;
mod lexicon;
mod mac;
mod names;
mod near;
mod number;
mod phone;
mod shapes;
mod ssn;
#[cfg(test)]
mod tests;
mod text;
mod token;

use caponier_sdk::scan::blocks::Places;
use caponier_sdk::scan::{Repeat, bytes};
use serde::{Deserialize, Serialize};

use crate::Entity;
use classes::Classes;
use flood::Floods;
use lexicon::{Lexicon, Topic, Words};
use near::Near;
use text::at;

/// What is less sure is not reported.
const LEAST: f64 = 0.05;

/// The same of digits within a text: what fits so many numbers there says nothing.
const LEAST_WITHIN: f64 = 0.1;

/// The most digits of a number that is nothing by itself.
const MOST_PLAIN: usize = 3;

/// Something found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Match {
    /// What it is.
    pub entity: Entity,
    /// Its first byte.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// How sure that is.
    pub confidence: f64,
}

/// What one place reads as.
#[derive(Clone, Copy, Debug, Default)]
struct Reading {
    found: Option<Match>,
    /// Where something begins that text which has not come yet could make into a match, or into
    /// another one.
    unsure_from: Option<usize>,
}

/// Finds the entities it was told to.
#[derive(Clone, Debug)]
pub struct Detector {
    enabled: [bool; Entity::ALL.len()],
    shapes: shapes::Table,
    north_america: bool,
    ids: ids::Table,
    /// Those of them that have no letter and need no word.
    numbers: ids::Table,
    has_ids: bool,
    lexicon: Lexicon,
    birth: Topic,
    address: Topic,
}

impl Detector {
    /// A detector of these entities, with the national numbers of these countries.
    pub fn new(entities: &[Entity], countries: &[String]) -> Self {
        let known = |country: &str| countries.iter().any(|wanted| wanted == country);
        let enabled = Entity::ALL.map(|entity| {
            let country = entity.country();
            entities.contains(&entity) && (country.is_empty() || known(country))
        });
        let wants = |entity: Entity| enabled.get(entity.index()).copied().unwrap_or(false);
        let mut lexicon = Lexicon::new();
        let ids = ids::Table::new(&mut lexicon, wants, known);
        Self {
            enabled,
            shapes: shapes::Table::new(known),
            north_america: known("US") || known("CA"),
            has_ids: !ids.is_empty(),
            numbers: ids.numbers(),
            ids,
            birth: lexicon.topic(birth::WORDS),
            address: lexicon.topic(address::WORDS),
            lexicon,
        }
    }

    /// The countries whose national numbers are known.
    pub fn countries() -> Vec<&'static str> {
        let mut countries = vec!["US", "CA"];
        countries.extend(shapes::ALL.iter().map(|shape| shape.country));
        countries.extend(ids::Table::countries());
        countries.sort_unstable();
        countries.dedup();
        countries
    }

    fn wants(&self, entity: Entity) -> bool {
        self.enabled.get(entity.index()).copied().unwrap_or(false)
    }

    /// Everything that begins at or after `from`, in order and without overlaps.
    pub fn scan(&self, text: &str, from: usize) -> Vec<Match> {
        let mut found = Vec::new();
        self.scan_all(text, from, &mut found);
        resolve(&mut found);
        found
    }

    /// Everything that begins at or after `from`, overlaps included. Answers where something begins
    /// that text which has not come yet could change.
    fn scan_all(&self, text: &str, from: usize, found: &mut Vec<Match>) -> Option<usize> {
        let floods = flood::floods(text.as_bytes(), from);
        self.scan_beside(floods, text, from, found)
    }

    /// The same, where what the floods repeat is not looked at again.
    fn scan_beside(
        &self,
        mut floods: Floods<impl Iterator<Item = Repeat>>,
        text: &str,
        from: usize,
        found: &mut Vec<Match>,
    ) -> Option<usize> {
        let bytes = text.as_bytes();
        let mut near = Near::new(bytes, Words::new(&self.lexicon));
        let mut at = from;
        // Digits, colons and `@`: all that a value can be told by.
        let mut hits = Places::new(bytes, [b'0'..=b':', b'@'..=b'@']);
        while let Some(hit) = hits.next(at) {
            if let Some(jump) = floods.jump(hit, near.run_end, found) {
                (at, near.run_end) = (jump.to, jump.run_end);
                continue;
            }
            let byte = text::at(bytes, hit);
            let (matched, next) = if byte.is_ascii_digit() {
                let end = near.classes.digits_end(hit);
                (self.number(text, (hit, end), &mut near), end)
            } else if byte == b':' {
                (self.colon(text, hit, &mut near), hit + 1)
            } else {
                let wanted = self.wants(Entity::Email);
                let found = wanted.then(|| email::around(text, hit));
                (found.flatten(), hit + 1)
            };
            at = matched.map_or(next, |matched| matched.end.max(next));
            found.extend(matched.filter(|matched| matched.start >= from));
        }
        if self.wants(Entity::PersonName) {
            let growing = names::scan(text, from, found);
            near.unsure = earlier(near.unsure, growing);
        }
        near.unsure.filter(|unsure| *unsure >= from)
    }

    /// What the colon is a part of.
    fn colon(&self, text: &str, hit: usize, near: &mut Near<'_>) -> Option<Match> {
        let bytes = text.as_bytes();
        // Three in a row are in no address.
        if hit > 1 && at(bytes, hit - 1) == b':' && at(bytes, hit - 2) == b':' {
            return None;
        }
        let address = || {
            (self.wants(Entity::Ip) && hit >= near.no_address)
                .then(|| ip::version_6(text, hit, &mut near.no_address))
                .flatten()
        };
        let pairs = at(bytes, hit + 3) == b':' && self.wants(Entity::Mac);
        pairs
            .then(|| mac::at_start(text, hit.checked_sub(2)?))
            .flatten()
            .or_else(address)
    }

    /// What the digits from `hit` to `end` are the first of, or a part of the first of.
    fn number(&self, text: &str, (hit, end): (usize, usize), near: &mut Near<'_>) -> Option<Match> {
        let bytes = text.as_bytes();
        let last = hit.checked_sub(1).map_or(0, |last| at(bytes, last));
        // Nothing begins inside of a number, nor of a name in code.
        if last.is_ascii_digit() || last == b'_' {
            return None;
        }
        if matches!(last, b'.' | b',' | b':' | b'-' | b'/' | b'+')
            && at(bytes, hit.wrapping_sub(2)).is_ascii_digit()
        {
            return None;
        }
        if near.is_cell(bytes, (hit, end)) {
            near.run_end = end;
            return self.cell(text, (hit, end), &mut near.classes);
        }
        if is_plain(bytes, (hit, end), last) {
            return None;
        }
        if last.is_ascii_alphabetic()
            && self.wants(Entity::Iban)
            && let Some(found) = iban::at_check_digits(text, hit)
        {
            return Some(found);
        }
        let run = if hit >= near.run_end {
            self.run(text, (hit, end), last, near)
        } else {
            None
        };
        // Fewer digits that nothing follows are no number of those that come in groups.
        if end - hit < usize::from(phone::LEAST) && !number::may_go_on(bytes, end) {
            return run;
        }
        let groups = number::Groups::read(bytes, hit, number::MAX_GROUPS, &mut near.classes);
        let is_bare = near.is_bare(bytes, (hit, end));
        surer(self.grouped(text, &groups, last, is_bare), run)
    }

    /// What a number is that stands in a row of others, with spaces between them: there only digits by
    /// themselves can be a telephone number or an identifier, and only cards and social security numbers
    /// are told by their groups.
    fn cell(
        &self,
        text: &str,
        (hit, end): (usize, usize),
        classes: &mut Classes<'_>,
    ) -> Option<Match> {
        let ends = |digits: usize| at(text.as_bytes(), end + 1 + digits) == b' ';
        let groups = match end - hit {
            3 if ends(2) && ends(2 + 1 + 4) => 3,
            count if card::may_begin(count, ends) => number::MAX_GROUPS,
            count if self.shapes.may_be_joined(count) => 1,
            _ => 0,
        };
        let alone = self.numbers.by_itself(text, (hit, end));
        if groups == 0 {
            return alone;
        }
        let groups = number::Groups::read(text.as_bytes(), hit, groups, classes);
        surer(self.grouped(text, &groups, b' ', true), alone)
    }

    /// What the groups of digits are; `last` stands before them. `is_bare`: no word is near.
    fn grouped(
        &self,
        text: &str,
        groups: &number::Groups,
        last: u8,
        is_bare: bool,
    ) -> Option<Match> {
        if last == b'+' {
            return self
                .wants(Entity::Phone)
                .then(|| phone::international(text, groups))
                .flatten();
        }
        let first = [
            (
                Entity::Ip,
                ip::version_4 as fn(&str, &number::Groups) -> Option<Match>,
            ),
            (Entity::Ssn, ssn::at_groups),
            (Entity::CreditCard, card::at_groups),
        ];
        first
            .into_iter()
            .filter(|(entity, _)| self.wants(*entity))
            .find_map(|(_, detect)| detect(text, groups))
            .or_else(|| {
                let wanted = self.wants(Entity::Phone);
                wanted
                    .then(|| {
                        phone::national(text, groups, is_bare, &self.shapes, self.north_america)
                    })
                    .flatten()
            })
    }

    /// What the run of letters and digits is, or is the first part of, that has the digits from
    /// `hit` to `end` as its first; `last` stands before them.
    fn run(
        &self,
        text: &str,
        (hit, end): (usize, usize),
        last: u8,
        near: &mut Near<'_>,
    ) -> Option<Match> {
        let bytes = text.as_bytes();
        let inside = |byte: u8| byte.is_ascii_alphanumeric();
        let start = match inside(last) {
            true => bytes::run_start(bytes, hit, *crypto::LENGTHS.end(), inside),
            false => hit,
        };
        near.run_end = near.classes.run_end(end);
        if bytes.get(start..hit)?.iter().any(u8::is_ascii_digit) {
            return None;
        }
        let span = (start, near.run_end);
        let is_bare = near.is_bare(bytes, span);
        let length = near.run_end - start;
        let mut best = None;
        if mac::may_have(bytes, span) && self.wants(Entity::Mac) {
            best = mac::around(text, start);
        }
        if crypto::LENGTHS.contains(&length) && self.wants(Entity::Crypto) {
            best = surer(best, crypto::at_run(text, start, near.run_end));
        }
        let mut take = |reading: Reading, near: &mut Near<'_>| {
            near.unsure = earlier(near.unsure, reading.unsure_from);
            best = surer(best, reading.found);
        };
        if length <= token::MAX && self.has_ids {
            let reading = match is_bare {
                true => self.numbers.at(text, span, None, &mut near.classes),
                false => self
                    .ids
                    .at(text, span, Some(&mut near.words), &mut near.classes),
            };
            take(reading, near);
        }
        // Without a letter nearby there is neither a street nor a word that says of a day what it is.
        if start < hit || is_bare {
            return best;
        }
        let capital = text::follows_capital(bytes, hit);
        let around = (hit, end);
        if birth::may_be_at(bytes, around, capital) && self.wants(Entity::BirthDate) {
            let reading = birth::at_digits(text, hit, &mut near.words, self.birth);
            take(reading, near);
        }
        let sides = address::sides(bytes, around, capital);
        if sides.any() && self.wants(Entity::Address) {
            let reading = address::at_number(text, hit, sides, &mut near.words, self.address);
            take(reading, near);
        }
        best
    }

    /// Where the text must be held from, if more of it may come: what begins before can no longer
    /// change, whatever follows.
    pub fn hold(&self, text: &str, from: usize) -> Option<usize> {
        let tail = hold::tail(text, self.has_ids, |entity| self.wants(entity));
        let mut hold = tail.unwrap_or(text.len()).max(from);
        let near = text::floor(text, hold.saturating_sub(1024)).max(from);
        let mut found = Vec::new();
        let unsure = self.scan_all(text, near, &mut found);
        hold = unsure.map_or(hold, |unsure| unsure.min(hold));
        // A match that the hold would cut is held whole, and so on.
        found.sort_by_key(|found| std::cmp::Reverse(found.end));
        for found in found {
            if found.start < hold && found.end > hold {
                hold = found.start;
            }
        }
        (hold < text.len() || tail.is_some()).then_some(hold)
    }
}

/// Whether the digits from `hit` to `end` are a small number and nothing more: nothing goes on behind
/// them, and no capital or box stands before.
fn is_plain(bytes: &[u8], (hit, end): (usize, usize), last: u8) -> bool {
    let joins = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80;
    if end - hit > MOST_PLAIN || end + 2 > bytes.len() || joins(last) || last == b':' {
        return false;
    }
    let [next, second] = [at(bytes, end), at(bytes, end + 1)];
    let goes_on = match next {
        b' ' | b'-' | b'.' | b'/' | b'+' | b',' | b'(' | b')' => {
            joins(second) || matches!(second, b' ' | b'-' | b'.' | b'/' | b'(' | b')' | b'\'')
        }
        next => next == b':' || joins(next),
    };
    let before = at(bytes, hit.wrapping_sub(2));
    !goes_on && !before.is_ascii_uppercase() && before != b'x' && !text::follows_capital(bytes, hit)
}

/// The earlier of two places.
fn earlier(one: Option<usize>, other: Option<usize>) -> Option<usize> {
    one.into_iter().chain(other).min()
}

/// The surer of two matches; of two that are as sure, the longer, then the first.
fn surer(one: Option<Match>, other: Option<Match>) -> Option<Match> {
    match (one, other) {
        (Some(one), Some(other)) => {
            let better = other
                .confidence
                .total_cmp(&one.confidence)
                .then((other.end - other.start).cmp(&(one.end - one.start)));
            Some(if better.is_gt() { other } else { one })
        }
        (one, other) => one.or(other),
    }
}

/// Of what overlaps, the longer stays, then the surer.
fn resolve(found: &mut Vec<Match>) {
    found.sort_by_key(|found| found.start);
    found.dedup_by(|next, last| {
        let overlap = next.start < last.end;
        let better = (next.end - next.start).cmp(&(last.end - last.start));
        let better = better.then(next.confidence.total_cmp(&last.confidence));
        if overlap && better.is_gt() {
            *last = *next;
        }
        overlap
    });
}
