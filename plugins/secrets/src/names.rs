//! Names that say what the value behind them is.

use crate::scan::Pass;
use crate::shapes::Class;

/// The longest name looked at.
const NAME: usize = 64;

/// How strongly a name speaks for a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Name {
    /// `key`, `auth`: often something else.
    Weak,
    /// `token`, `secret`, `api_key`.
    Token,
    /// `password`: anything goes, as long as it is not a word.
    Password,
}

/// What a word in a name says.
const SURE: u8 = 1;
const WEAK: u8 = 2;
const PASSWORD: u8 = 4;
const HARMLESS: u8 = 8;
const TOKEN: u8 = 16;
const OTHER: u8 = 32;
const WEAK_END: u8 = 64;

/// Words, and what they say wherever they stand in a name.
#[rustfmt::skip]
const WORDS: &[(&str, u8)] = &[
    ("authorization", SURE),
    ("contribsys", WEAK),
    ("passw", PASSWORD), ("passphrase", PASSWORD), ("pwd", PASSWORD), ("motdepasse", PASSWORD),
    ("contrasena", PASSWORD), ("kennwort", PASSWORD),
    ("secret", TOKEN), ("token", TOKEN), ("apikey", TOKEN), ("accesskey", TOKEN),
    ("privatekey", TOKEN), ("credential", TOKEN), ("authkey", TOKEN), ("signingkey", TOKEN),
    ("encryptionkey", TOKEN), ("accountkey", TOKEN), ("sonarlogin", TOKEN), ("meraki", TOKEN),
    // Names of things beside a secret.
    ("publickey", HARMLESS), ("keyboard", HARMLESS), ("keyword", HARMLESS), ("monkey", HARMLESS),
    ("tokenizer", HARMLESS), ("author", HARMLESS), ("pagetoken", HARMLESS),
    ("continuationtoken", HARMLESS), ("csrf", HARMLESS), ("xsrf", HARMLESS),
    ("publictoken", HARMLESS), ("keyvault", HARMLESS),
];

/// Ends of names: those that say what is there instead of a secret, and those that may be one's.
#[rustfmt::skip]
const ENDS: &[(&str, u8)] = &[
    ("accessid", WEAK),
    ("id", OTHER), ("ids", OTHER), ("name", OTHER), ("url", OTHER), ("uri", OTHER),
    ("type", OTHER), ("count", OTHER), ("path", OTHER), ("file", OTHER), ("hash", OTHER),
    ("version", OTHER), ("expires", OTHER), ("policy", OTHER), ("primarykey", OTHER),
    ("foreignkey", OTHER), ("cachekey", OTHER), ("sortkey", OTHER), ("partitionkey", OTHER),
    ("tokens", OTHER), ("at", OTHER), ("length", OTHER), ("algorithm", OTHER),
    ("key", WEAK_END), ("auth", WEAK_END), ("pass", WEAK_END), ("creds", WEAK_END),
];

/// For each byte, the words that have it in a certain place, a bit each: whether a word can begin
/// or end somewhere is told by a few look-ups.
type Place = [u64; 256];

/// The tables that names are judged by.
pub(crate) struct Names {
    begin: [Place; 3],
    end: [Place; 2],
}

impl Names {
    pub(crate) fn new() -> Self {
        Self {
            begin: [0, 1, 2].map(|place| column(WORDS, |word| word.get(place))),
            end: [1, 2].map(|back| {
                column(ENDS, |word| {
                    word.len().checked_sub(back).and_then(|at| word.get(at))
                })
            }),
        }
    }

    /// The name before a separator, if it speaks of secrets.
    pub(crate) fn before(&self, pass: &Pass<'_>, at: usize) -> Option<(Folded, Name)> {
        let before = pass.slice(at.saturating_sub(NAME + 8)..at);
        let skipped = before
            .iter()
            .rev()
            .take(8)
            .take_while(|byte| {
                matches!(
                    byte,
                    b' ' | b'\t' | b'"' | b'\'' | b'`' | b'\\' | b']' | b'=' | b':' | b'?' | b'*'
                )
            })
            .count();
        let before = before.get(..before.len() - skipped)?;
        let length = before
            .iter()
            .rev()
            .take(NAME)
            .take_while(|byte| Class::Dotted.has(**byte))
            .count();
        if length < 3 {
            return None;
        }
        let (earlier, name) = before.split_at_checked(before.len() - length)?;
        let name = Folded::of(name);
        let mut strength = self.strength(&name);
        if strength.is_none_or(|strength| strength == Name::Weak)
            && name.length <= 6
            && let Some((b' ', words)) = earlier.split_last()
        {
            // Two words: `api key: …`.
            let word = words
                .iter()
                .rev()
                .take(16)
                .take_while(|byte| byte.is_ascii_alphanumeric())
                .count();
            let both = before.get(words.len() - word..).unwrap_or_default();
            strength = strength.max(self.strength(&Folded::of(both)));
        }
        Some((name, strength?))
    }

    fn strength(&self, name: &Folded) -> Option<Name> {
        let inside = self.inside(name.as_slice());
        if inside & SURE != 0 {
            return Some(Name::Token);
        }
        let end = self.end(name.as_slice());
        if (inside | end) & WEAK != 0 {
            return Some(Name::Weak);
        }
        if end & OTHER != 0 {
            return None;
        }
        if inside & PASSWORD != 0 {
            return Some(Name::Password);
        }
        if inside & HARMLESS != 0 {
            return None;
        }
        if inside & TOKEN != 0 {
            return Some(Name::Token);
        }
        (end & WEAK_END != 0).then_some(Name::Weak)
    }

    /// What the words in a name say.
    fn inside(&self, name: &[u8]) -> u8 {
        let [first, second, third] = &self.begin;
        let mut all = 0;
        for (at, window) in name.array_windows::<3>().enumerate() {
            let [one, two, three] = *window;
            let mut words = look(first, one) & look(second, two) & look(third, three);
            while words != 0 {
                if let Some((word, says)) = WORDS.get(words.trailing_zeros() as usize)
                    && name
                        .get(at..)
                        .is_some_and(|rest| rest.starts_with(word.as_bytes()))
                {
                    all |= says;
                }
                words &= words - 1;
            }
        }
        all
    }

    /// What a name's end says.
    fn end(&self, name: &[u8]) -> u8 {
        let [last, before] = &self.end;
        let [.., two, one] = *name else { return 0 };
        let mut words = look(last, one) & look(before, two);
        let mut all = 0;
        while words != 0 {
            if let Some((word, says)) = ENDS.get(words.trailing_zeros() as usize)
                && name.ends_with(word.as_bytes())
            {
                all |= says;
            }
            words &= words - 1;
        }
        all
    }
}

fn look(place: &Place, byte: u8) -> u64 {
    place.get(usize::from(byte)).copied().unwrap_or(0)
}

fn column(words: &[(&str, u8)], byte: impl Fn(&[u8]) -> Option<&u8>) -> Place {
    let mut place = [0; 256];
    for (at, (word, _)) in words.iter().enumerate().take(64) {
        if let Some(slot) = byte(word.as_bytes()).and_then(|byte| place.get_mut(usize::from(*byte)))
        {
            *slot |= 1 << at;
        }
    }
    place
}

/// A name in lower case, letters and digits only.
#[derive(Clone, Copy)]
pub(crate) struct Folded {
    bytes: [u8; NAME + 24],
    pub(crate) length: usize,
}

impl Folded {
    fn of(raw: &[u8]) -> Self {
        let mut folded = Self {
            bytes: [0; NAME + 24],
            length: 0,
        };
        for byte in raw.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
            if let Some(slot) = folded.bytes.get_mut(folded.length) {
                *slot = byte.to_ascii_lowercase();
                folded.length += 1;
            }
        }
        folded
    }

    fn as_slice(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    pub(crate) fn has(&self, word: &str) -> bool {
        self.as_slice()
            .windows(word.len().max(1))
            .any(|window| window == word.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_has_a_bit_and_names_are_judged_by_them() {
        assert!(WORDS.len() <= 64 && ENDS.len() <= 64);
        let names = Names::new();
        for (name, strength) in [
            ("aws_secret", Some(Name::Token)),
            ("API-Key", Some(Name::Token)),
            ("db.password", Some(Name::Password)),
            ("secret_name", None),
            ("public_key", None),
            ("author", None),
            ("Authorization", Some(Name::Token)),
            ("cache_key", None),
            ("ssh_key", Some(Name::Weak)),
            ("x_access_id", Some(Name::Weak)),
            ("colour", None),
        ] {
            assert_eq!(
                names.strength(&Folded::of(name.as_bytes())),
                strength,
                "{name}"
            );
        }
    }
}
