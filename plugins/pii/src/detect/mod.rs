//! Finding personal data in a text.
//!
//! What is found at a place depends only on the text within a rule's window of it, so that a
//! stream, looked at piece by piece, comes to the same as the whole text.

mod card;
mod context;
mod email;
mod hold;
mod iban;
mod ip;
mod number;
mod phone;
mod shapes;
mod ssn;
#[cfg(test)]
mod tests;
mod text;

use caponier_sdk::scan::bytes;
use serde::{Deserialize, Serialize};

use crate::Entity;
use text::at;

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

/// Finds the entities it was told to.
#[derive(Clone, Debug)]
pub struct Detector {
    enabled: [bool; Entity::ALL.len()],
    shapes: Vec<&'static shapes::Shape>,
    north_america: bool,
}

impl Detector {
    /// A detector of these entities, with the national telephone numbers of these countries.
    pub fn new(entities: &[Entity], countries: &[String]) -> Self {
        let known = |country: &str| countries.iter().any(|wanted| wanted == country);
        Self {
            enabled: Entity::ALL.map(|entity| entities.contains(&entity)),
            shapes: shapes::ALL
                .iter()
                .filter(|shape| known(shape.country))
                .collect(),
            north_america: known("US") || known("CA"),
        }
    }

    /// The countries whose national telephone numbers are known.
    pub fn countries() -> Vec<&'static str> {
        let mut countries = vec!["US", "CA"];
        countries.extend(shapes::ALL.iter().map(|shape| shape.country));
        countries.sort_unstable();
        countries.dedup();
        countries
    }

    fn wants(&self, entity: Entity) -> bool {
        self.enabled.get(entity.index()).copied().unwrap_or(false)
    }

    /// Everything that begins at or after `from`, in order and without overlaps.
    pub fn scan(&self, text: &str, from: usize) -> Vec<Match> {
        let mut found = self.scan_all(text, from);
        resolve(&mut found);
        found
    }

    /// Everything that begins at or after `from`, overlaps included.
    fn scan_all(&self, text: &str, from: usize) -> Vec<Match> {
        let bytes = text.as_bytes();
        let mut found = Vec::new();
        let mut at = from;
        // Digits and the colon are neighbours in ASCII: two comparisons find all that matters.
        while let Some(hit) = bytes::find(bytes, at, |byte| {
            byte.wrapping_sub(b'0') <= 10 || byte == b'@'
        }) {
            let (matched, next) = match bytes.get(hit) {
                Some(b'@') => (
                    self.wants(Entity::Email)
                        .then(|| email::around(text, hit))
                        .flatten(),
                    hit + 1,
                ),
                Some(b':') => (
                    self.wants(Entity::Ip)
                        .then(|| ip::version_6(text, hit))
                        .flatten(),
                    hit + 1,
                ),
                _ => (
                    self.number(text, hit),
                    bytes::run_end(bytes, hit, |byte| byte.is_ascii_digit()),
                ),
            };
            at = matched.map_or(next, |matched| matched.end.max(next));
            found.extend(matched.filter(|matched| matched.start >= from));
        }
        found
    }

    /// What the group of digits that begins at `hit` is the first of.
    fn number(&self, text: &str, hit: usize) -> Option<Match> {
        let bytes = text.as_bytes();
        if hit > 0 && at(bytes, hit - 1).is_ascii_digit() {
            return None;
        }
        if self.wants(Entity::Iban)
            && let Some(found) = iban::at_check_digits(text, hit)
        {
            return Some(found);
        }
        let groups = number::Groups::read(bytes, hit);
        let plus = hit > 0 && at(bytes, hit - 1) == b'+';
        if plus {
            return self
                .wants(Entity::Phone)
                .then(|| phone::international(text, &groups))
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
            .find_map(|(_, detect)| detect(text, &groups))
            .or_else(|| {
                let wanted = self.wants(Entity::Phone);
                wanted
                    .then(|| phone::national(text, &groups, &self.shapes, self.north_america))
                    .flatten()
            })
    }

    /// Where the text must be held from, if more of it may come: what begins before can no longer
    /// change, whatever follows.
    pub fn hold(&self, text: &str, from: usize) -> Option<usize> {
        let mut hold = hold::tail(text, |entity| self.wants(entity))?.max(from);
        let near = text::floor(text, hold.saturating_sub(1024)).max(from);
        let mut found = self.scan_all(text, near);
        // A match that the hold would cut is held whole, and so on.
        found.sort_by_key(|found| std::cmp::Reverse(found.end));
        for found in found {
            if found.start < hold && found.end > hold {
                hold = found.start;
            }
        }
        Some(hold)
    }
}

/// Of what overlaps, the longer stays, then the surer.
fn resolve(found: &mut Vec<Match>) {
    found.sort_by_key(|found| found.start);
    let mut kept: Vec<Match> = Vec::with_capacity(found.len());
    for next in found.drain(..) {
        match kept.last_mut() {
            Some(last) if next.start < last.end => {
                let better = (next.end - next.start).cmp(&(last.end - last.start));
                if better
                    .then(next.confidence.total_cmp(&last.confidence))
                    .is_gt()
                {
                    *last = next;
                }
            }
            _ => kept.push(next),
        }
    }
    *found = kept;
}
