//! Tokens that stand for values within an exchange.

use std::collections::BTreeMap;
use std::hash::Hasher;

use serde::{Deserialize, Serialize};
use siphasher::sip::SipHasher24;

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
    numbers: BTreeMap<(Entity, String), u32>,
    next: [u32; Entity::ALL.len()],
    key: u64,
    /// Whether the table has changed.
    pub(crate) changed: bool,
}

impl<'a> Tokens<'a> {
    pub(crate) fn new(table: &'a mut Table, seed: u64) -> Self {
        let mut next = [1; Entity::ALL.len()];
        let mut numbers = BTreeMap::new();
        for known in &table.values {
            if let Some(next) = next.get_mut(known.entity.index()) {
                *next = known.number + 1;
            }
            numbers.insert((known.entity, known.value.clone()), known.number);
        }
        Self {
            table,
            numbers,
            next,
            key: seed,
            changed: false,
        }
    }

    pub(crate) fn table(&mut self) -> &mut Table {
        self.table
    }

    /// The token for a value; `None` where no more are remembered.
    pub(crate) fn token(&mut self, entity: Entity, value: &str) -> Option<String> {
        let key = (entity, value.to_owned());
        if let Some(number) = self.numbers.get(&key) {
            return Some(
                Token {
                    entity,
                    number: *number,
                }
                .text(self.key),
            );
        }
        let cost = value.len() + 12;
        if self.table.bytes + cost > MAX_TABLE {
            return None;
        }
        let next = self.next.get_mut(entity.index())?;
        let token = Token {
            entity,
            number: *next,
        };
        *next += 1;
        self.table.bytes += cost;
        self.table.values.push(Known {
            entity,
            number: token.number,
            value: value.to_owned(),
        });
        self.numbers.insert(key, token.number);
        self.changed = true;
        Some(token.text(self.key))
    }

    /// Whether a token stands for this value.
    pub(crate) fn knows(&self, entity: Entity, value: &str) -> bool {
        self.numbers.contains_key(&(entity, value.to_owned()))
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
        let name = self.name();
        format!("[{name}_{}]", nonce(key, &name))
    }

    fn name(self) -> String {
        format!("{}_{}", self.entity.label(), self.number)
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
        let mut parts = content.split('_');
        let (Some(label), Some(number), Some(given), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Reading::None;
        };
        let (Some(entity), Ok(number)) = (Entity::from_label(label), number.parse::<u32>()) else {
            return Reading::None;
        };
        let token = Self { entity, number };
        let name = token.name();
        let wanted = nonce(key, &name);
        // The name is compared too: `007` is not the number that was given out.
        if content.len() != name.len() + 1 + NONCE || !content.starts_with(&name) || given != wanted
        {
            return Reading::None;
        }
        Reading::Token(token, end + 1)
    }
}

fn nonce(key: u64, name: &str) -> String {
    characters(
        SipHasher24::new_with_keys(key, 0x6361_706f_6e69_6572),
        name,
        NONCE,
    )
}

/// A keyed hash of a value, to stand in its place.
pub(crate) fn hash(key: (u64, u64), value: &str) -> String {
    characters(SipHasher24::new_with_keys(key.0, key.1), value, 12)
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

fn characters(mut hasher: SipHasher24, text: &str, count: usize) -> String {
    hasher.write(text.as_bytes());
    let mut bits = hasher.finish();
    (0..count)
        .map(|_| {
            let character = ALPHABET.get((bits & 31) as usize).copied().unwrap_or(b'a');
            bits >>= 5;
            char::from(character)
        })
        .collect()
}
