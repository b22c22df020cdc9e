//! Tokens that stand for values within an exchange.

use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use siphasher::sip::{SipHasher13, SipHasher24};

use crate::Entity;

/// Letters and digits that cannot be mistaken for one another.
const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Characters of a nonce: 40 bits.
const NONCE: usize = 8;

/// The most bytes of values that are remembered; the host carries 256 KiB with all that is around them.
const MAX_TABLE: usize = 160 << 10;

/// The most bytes of a token.
pub(crate) const MAX_BYTES: usize = 32;

/// What is remembered of an exchange.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Table {
    /// The values, in the order in which they were met.
    values: Vec<Known>,
    bytes: usize,
    /// Numbers of tokens that came from somewhere else, and are never put back.
    forged: Vec<(Entity, u32)>,
}

#[derive(Clone, Serialize, Deserialize)]
struct Known {
    entity: Entity,
    number: u32,
    value: String,
}

/// Leaves out the value.
impl std::fmt::Debug for Known {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?} {}", self.entity, self.number)
    }
}

impl Table {
    pub(crate) fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value that a token stands for, unless the token came from somewhere else.
    pub(crate) fn value(&self, token: &Token) -> Option<&str> {
        if self.forged.contains(&(token.entity, token.number)) {
            return None;
        }
        self.values
            .iter()
            .find(|known| known.entity == token.entity && known.number == token.number)
            .map(|known| known.value.as_str())
    }

    /// Takes in a value that is not there: its place. `None` where it is full.
    fn add(&mut self, index: &mut Index, entity: Entity, value: &str) -> Option<usize> {
        let cost = value.len() + 12;
        if self.bytes + cost > MAX_TABLE {
            return None;
        }
        let next = index.next.get_mut(entity.index())?;
        let number = *next;
        *next += 1;
        self.bytes += cost;
        self.values.push(Known {
            entity,
            number,
            value: value.to_owned(),
        });
        Some(self.values.len() - 1)
    }

    /// Marks a token as one that came from somewhere else. Answers whether that is news.
    pub(crate) fn forge(&mut self, token: &Token) -> bool {
        let token = (token.entity, token.number);
        let new = !self.forged.contains(&token) && self.forged.len() < 1024;
        if new {
            self.forged.push(token);
        }
        new
    }
}

/// The table as one call works on it, with a way from values to tokens.
pub(crate) struct Tokens<'a> {
    table: &'a mut Table,
    /// Once a value was asked for.
    index: Option<Index>,
    /// The value that was asked for last, and its token: what comes once often comes again.
    last: Option<(usize, String)>,
    key: u64,
    /// Whether the table has changed.
    pub(crate) changed: bool,
}

/// Where values are in a table.
struct Index {
    /// By hash: one more than a value's place; 0 for nothing. At most half of it is taken.
    slots: Vec<u32>,
    /// The next number of each entity.
    next: [u32; Entity::ALL.len()],
}

impl Index {
    fn of(values: &[Known], key: u64) -> Self {
        let mut index = Self {
            slots: vec![0; (2 * values.len() + 2).next_power_of_two().max(64)],
            next: [1; Entity::ALL.len()],
        };
        for (place, known) in values.iter().enumerate() {
            if let Some(next) = index.next.get_mut(known.entity.index()) {
                *next = known.number + 1;
            }
            let slot = index.slot(values, key, known.entity, &known.value);
            index.take(slot, place);
        }
        index
    }

    /// The slot of a value, or the free one where it belongs.
    fn slot(&self, values: &[Known], key: u64, entity: Entity, value: &str) -> usize {
        let mask = self.slots.len() - 1;
        let mut slot = place_of(key, entity, value) & mask;
        while let Some(known) = self.at(slot).and_then(|place| values.get(place)) {
            if known.entity == entity && known.value == value {
                break;
            }
            slot = (slot + 1) & mask;
        }
        slot
    }

    /// The place of the value in a slot.
    fn at(&self, slot: usize) -> Option<usize> {
        let taken = self.slots.get(slot).copied().unwrap_or(0);
        usize::try_from(taken).ok()?.checked_sub(1)
    }

    fn take(&mut self, slot: usize, place: usize) {
        if let Some(slot) = self.slots.get_mut(slot) {
            *slot = u32::try_from(place + 1).unwrap_or(0);
        }
    }
}

/// Where a value belongs in an index: nobody who does not know the key can make two meet.
fn place_of(key: u64, entity: Entity, value: &str) -> usize {
    let mut hasher = SipHasher13::new_with_keys(key, entity.index() as u64);
    hasher.write(value.as_bytes());
    hasher.finish() as usize
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(table: &'a mut Table, seed: u64) -> Self {
        Self {
            table,
            index: None,
            last: None,
            key: seed,
            changed: false,
        }
    }

    pub(crate) fn table(&mut self) -> &mut Table {
        self.table
    }

    /// The token for a value; `None` where no more are remembered.
    pub(crate) fn token(&mut self, entity: Entity, value: &str) -> Option<String> {
        if let Some(text) = self.last_token(entity, value) {
            return Some(text);
        }
        let (table, key) = (&mut *self.table, self.key);
        let index = self
            .index
            .get_or_insert_with(|| Index::of(&table.values, key));
        let slot = index.slot(&table.values, key, entity, value);
        let place = match index.at(slot) {
            Some(place) => place,
            None => {
                let place = table.add(index, entity, value)?;
                self.changed = true;
                index.take(slot, place);
                if 2 * table.values.len() > index.slots.len() {
                    *index = Index::of(&table.values, key);
                }
                place
            }
        };
        let known = table.values.get(place)?;
        let (entity, number) = (known.entity, known.number);
        let (_, text) = self
            .last
            .insert((place, Token { entity, number }.text(self.key)));
        // The copy has no spare room.
        Some(text.clone())
    }

    /// The token for the value that was asked for last.
    fn last_token(&self, entity: Entity, value: &str) -> Option<String> {
        let (place, text) = self.last.as_ref()?;
        let known = self.table.values.get(*place)?;
        (known.entity == entity && known.value == value).then(|| text.clone())
    }

    /// Whether a token stands for this value.
    pub(crate) fn knows(&mut self, entity: Entity, value: &str) -> bool {
        let (table, key) = (&*self.table, self.key);
        let index = self
            .index
            .get_or_insert_with(|| Index::of(&table.values, key));
        let slot = index.slot(&table.values, key, entity, value);
        index.at(slot).is_some()
    }
}

/// The name of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Token {
    entity: Entity,
    number: u32,
}

/// What stands at an opening bracket.
pub(crate) enum Reading {
    /// A token of this exchange, and the byte after it.
    Token(Token, usize),
    /// The beginning of what may be a token.
    Unfinished,
    /// Anything else.
    None,
}

impl Token {
    /// The token's text: its name and a nonce that only this exchange can make.
    fn text(self, key: u64) -> String {
        let mut text = String::with_capacity(MAX_BYTES);
        text.push('[');
        self.push_name(&mut text);
        let nonce = nonce(key, text.get(1..).unwrap_or_default());
        text.push('_');
        text.extend(nonce.map(char::from));
        text.push(']');
        text
    }

    fn push_name(self, text: &mut String) {
        text.push_str(self.entity.label());
        text.push('_');
        let mut digits = [0_u8; 10];
        let mut rest = self.number;
        let mut count = 0;
        for digit in digits.iter_mut().rev() {
            *digit = b'0' + (rest % 10) as u8;
            (rest, count) = (rest / 10, count + 1);
            if rest == 0 {
                break;
            }
        }
        let digits = digits.iter().skip(10 - count);
        text.extend(digits.map(|digit| char::from(*digit)));
    }

    /// Reads the token that begins with the opening bracket at `start`.
    pub(crate) fn read(text: &str, start: usize, key: u64) -> Reading {
        let bytes = text.as_bytes();
        let inside = |byte: u8| {
            byte.is_ascii_uppercase()
                || byte.is_ascii_lowercase()
                || byte.is_ascii_digit()
                || byte == b'_'
        };
        let length = bytes
            .iter()
            .skip(start + 1)
            .take(MAX_BYTES)
            .take_while(|byte| inside(**byte))
            .count();
        let end = start + 1 + length;
        let Some(content) = text.get(start + 1..end) else {
            return Reading::None;
        };
        match bytes.get(end) {
            None => {
                let label = content.split('_').next().unwrap_or_default();
                let starts = Entity::ALL.iter().any(|entity| {
                    entity.label() == label
                        || (label.len() == content.len() && entity.label().starts_with(label))
                });
                return if starts {
                    Reading::Unfinished
                } else {
                    Reading::None
                };
            }
            Some(b']') => {}
            Some(_) => return Reading::None,
        }
        // Most of what looks alike ends otherwise.
        let mark = content.len().checked_sub(NONCE + 1);
        if mark.and_then(|mark| content.as_bytes().get(mark)) != Some(&b'_') {
            return Reading::None;
        }
        let mut parts = content.split('_');
        let (Some(label), Some(first), Some(given), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Reading::None;
        };
        let (Some(entity), Ok(number)) = (Entity::from_label(label), first.parse::<u32>()) else {
            return Reading::None;
        };
        // `007` is not the number that was given out.
        let is_plain = !first.starts_with('0') || first.len() == 1;
        let name = mark.and_then(|mark| content.get(..mark));
        if !is_plain
            || given.len() != NONCE
            || name.is_none_or(|name| given.as_bytes() != nonce(key, name))
        {
            return Reading::None;
        }
        let token = Self { entity, number };
        Reading::Token(token, end + 1)
    }
}

fn nonce(key: u64, name: &str) -> [u8; NONCE] {
    characters(SipHasher24::new_with_keys(key, 0x6361_706f_6e69_6572), name)
}

/// A keyed hash of a value, to stand in its place.
pub(crate) fn hash(key: (u64, u64), value: &str) -> String {
    let hash: [u8; 12] = characters(SipHasher24::new_with_keys(key.0, key.1), value);
    hash.map(char::from).iter().collect()
}

/// Two hash keys from a text of any length.
pub(crate) fn keys_from(secret: &str) -> (u64, u64) {
    let half = |salt: u64| {
        let mut hasher = SipHasher24::new_with_keys(salt, 0x6861_7368);
        hasher.write(secret.as_bytes());
        hasher.finish()
    };
    (half(1), half(2))
}

fn characters<const COUNT: usize>(mut hasher: SipHasher24, text: &str) -> [u8; COUNT] {
    hasher.write(text.as_bytes());
    let mut bits = hasher.finish();
    [(); COUNT].map(|()| {
        let character = ALPHABET.get((bits & 31) as usize).copied();
        bits >>= 5;
        character.unwrap_or(b'a')
    })
}
