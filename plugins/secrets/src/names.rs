//! Names that say what the value behind them is.

use crate::scan::Pass;
use crate::shape::Class;

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
    ("passw", PASSWORD), ("passphrase", PASSWORD), ("passcode", PASSWORD), ("pwd", PASSWORD),
    ("depasse", PASSWORD), ("contrasena", PASSWORD), ("kennwort", PASSWORD), ("senha", PASSWORD),
    ("wachtwoord", PASSWORD), ("parola", PASSWORD), ("salasana", PASSWORD), ("jelszo", PASSWORD),
    ("secret", TOKEN), ("token", TOKEN), ("apikey", TOKEN), ("accesskey", TOKEN),
    ("privatekey", TOKEN), ("credential", TOKEN), ("authkey", TOKEN), ("signingkey", TOKEN),
    ("encryptionkey", TOKEN), ("accountkey", TOKEN), ("sonarlogin", TOKEN), ("apitoken", TOKEN),
    ("subscriptionkey", TOKEN), ("sharedkey", TOKEN), ("masterkey", TOKEN), ("licensekey", TOKEN),
    ("consumerkey", TOKEN), ("serverkey", TOKEN), ("storagekey", TOKEN), ("bearer", TOKEN),
    // Names of things beside a secret.
    ("publickey", HARMLESS), ("keyboard", HARMLESS), ("keyword", HARMLESS), ("monkey", HARMLESS),
    ("tokenizer", HARMLESS), ("author", HARMLESS), ("pagetoken", HARMLESS),
    ("continuationtoken", HARMLESS), ("csrf", HARMLESS), ("xsrf", HARMLESS),
    ("publictoken", HARMLESS), ("keyvault", HARMLESS), ("publishable", HARMLESS),
    ("turkey", HARMLESS), ("authenticitytoken", HARMLESS), ("verificationtoken", HARMLESS), ("websocketkey", HARMLESS), ("hockey", HARMLESS), ("sitekey", HARMLESS), ("keystore", HARMLESS),
    ("whiskey", HARMLESS), ("jockey", HARMLESS), ("keyframe", HARMLESS), ("donkey", HARMLESS),
];

/// Ends of names: those that say what is there instead of a secret, and those that may be one's.
#[rustfmt::skip]
const ENDS: &[(&str, u8)] = &[
    ("id", OTHER), ("ids", OTHER), ("name", OTHER), ("url", OTHER), ("uri", OTHER),
    ("type", OTHER), ("count", OTHER), ("path", OTHER), ("file", OTHER), ("hash", OTHER),
    ("version", OTHER), ("expires", OTHER), ("policy", OTHER), ("primarykey", OTHER),
    ("foreignkey", OTHER), ("cachekey", OTHER), ("sortkey", OTHER), ("partitionkey", OTHER),
    ("tokens", OTHER), ("at", OTHER), ("length", OTHER), ("algorithm", OTHER),
    ("encryption", OTHER), ("format", OTHER), ("regex", OTHER), ("label", OTHER), ("method", OTHER),
    ("keyid", OTHER), ("objectkey", OTHER), ("routingkey", OTHER), ("idempotencykey", OTHER),
    ("rowkey", OTHER), ("lookupkey", OTHER), ("bucketkey", OTHER), ("indexkey", OTHER),
    ("key", WEAK_END), ("auth", WEAK_END), ("pass", WEAK_END), ("creds", WEAK_END), ("pat", WEAK_END),
];

/// What stands between a name and its value in languages that say the type.
const TYPES: &[&[u8]] = &[
    b"string",
    b"str",
    b"text",
    b"char",
    b"varchar",
    b"nsstring",
    b"any",
    b"auto",
    b"secretstr",
];

/// Names of a value whose own name stands elsewhere.
const LABELLED: &[&[u8]] = &[b"value", b"default", b"literal", b"content"];

/// How far before a value its label may stand.
const LABEL: usize = 160;

/// Passwords in other scripts, as the last word before a separator.
#[rustfmt::skip]
const FOREIGN: &[&str] = &[
    "contraseña", "Contraseña", "пароль", "Пароль", "密码", "密碼", "口令", "パスワード", "비밀번호", "şifre", "Şifre",
    "hasło", "Hasło", "mật khẩu", "पासवर्ड", "كلمة المرور", "סיסמה", "lösenord", "Lösenord", "κωδικός",
];

/// What stands before a separator.
pub(crate) struct Before {
    pub(crate) name: Folded,
    /// How strongly it speaks for a secret, if it does.
    pub(crate) strength: Option<Name>,
    /// Where the name begins.
    pub(crate) start: usize,
}

/// Where the run of a name's bytes that ends before `end` begins.
fn run_start(pass: &Pass<'_>, end: usize) -> usize {
    let before = pass.slice(end.saturating_sub(NAME)..end);
    end - trailing(before, |byte| Class::Dotted.has(byte))
}

fn trailing(bytes: &[u8], wanted: impl Fn(u8) -> bool) -> usize {
    bytes.iter().rev().take_while(|byte| wanted(**byte)).count()
}

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

    /// The name before a separator, and what it says.
    pub(crate) fn before(&self, pass: &mut Pass<'_>, at: usize) -> Option<Before> {
        let end = at
            - trailing(pass.slice(at.saturating_sub(8)..at), |byte| {
                matches!(
                    byte,
                    b' ' | b'\t'
                        | b'"'
                        | b'\''
                        | b'`'
                        | b'\\'
                        | b']'
                        | b'['
                        | b'='
                        | b':'
                        | b'?'
                        | b'*'
                        | b'+'
                )
            });
        let mut start = run_start(pass, end);
        if end - start < 3 {
            return self.foreign(pass, start, end);
        }
        let (mut name, mut strength) = self.judged(pass, start, end);
        if strength.is_none_or(|strength| strength == Name::Weak) && name.length <= 14 {
            let gap = trailing(pass.slice(start.saturating_sub(4)..start), |byte| {
                matches!(byte, b' ' | b':' | b'&' | b'*')
            });
            if gap > 0 && strength.is_none() && TYPES.contains(&name.as_slice()) {
                // A type stands between the name and the value: `key: &str = …`.
                let earlier = run_start(pass, start - gap);
                let typed = Folded::of(pass.slice(earlier..start - gap));
                strength = self.strength(&typed);
                (name, start) = (typed, earlier);
            } else if gap == 1 && name.length <= 6 && pass.bytes.get(start - 1) == Some(&b' ') {
                // Two words: `api key: …`.
                let earlier = run_start(pass, start - 1);
                let both = Folded::of(pass.slice(earlier..end));
                strength = strength.max(self.strength(&both));
            }
        }
        if strength.is_none() && LABELLED.iter().any(|word| name.as_slice().ends_with(word)) {
            strength = self.label(pass, start);
        }
        Some(Before {
            name,
            strength,
            start,
        })
    }

    /// A name as it is compared, and how strong it is: the same as the last one's where it is the
    /// same, as it is in lists.
    fn judged(&self, pass: &mut Pass<'_>, start: usize, end: usize) -> (Folded, Option<Name>) {
        let raw = pass.slice(start..end);
        if raw != pass.name.0 {
            let name = Folded::of(raw);
            pass.name = (raw, name, self.strength(&name));
        }
        (pass.name.1, pass.name.2)
    }

    /// What `name = "…"` or `key="…"`, shortly before, calls the value that begins at `at`.
    fn label(&self, pass: &Pass<'_>, at: usize) -> Option<Name> {
        let from = at.saturating_sub(LABEL);
        let mut end = at;
        for _ in 0..3 {
            let window = pass.slice(from..end);
            let separator = from
                + window
                    .iter()
                    .rposition(|byte| matches!(byte, b'=' | b':'))?;
            let key_end = separator
                - trailing(pass.slice(separator.saturating_sub(3)..separator), |byte| {
                    matches!(byte, b' ' | b'"' | b'\'')
                });
            let key = Folded::of(pass.slice(run_start(pass, key_end)..key_end));
            if matches!(
                key.as_slice(),
                b"name" | b"key" | b"envvar" | b"variable" | b"field"
            ) {
                let label = pass.slice(separator + 1..end);
                let skipped = label
                    .iter()
                    .take_while(|byte| matches!(byte, b' ' | b'"' | b'\'' | b'\\'))
                    .count();
                let label = label.get(skipped..).unwrap_or_default();
                let length = label
                    .iter()
                    .take_while(|byte| Class::Dotted.has(**byte))
                    .count();
                return self.strength(&Folded::of(
                    label.get(..length.min(NAME)).unwrap_or_default(),
                ));
            }
            end = separator;
        }
        None
    }

    /// A name in letters beyond ASCII.
    fn foreign(&self, pass: &Pass<'_>, start: usize, end: usize) -> Option<Before> {
        let before = start.checked_sub(1).and_then(|at| pass.bytes.get(at))?;
        if before.is_ascii() {
            return None;
        }
        let text = pass.slice(end.saturating_sub(24)..end);
        let known = FOREIGN.iter().any(|word| text.ends_with(word.as_bytes()));
        known.then(|| Before {
            name: Folded::of(b"password"),
            strength: Some(Name::Password),
            start,
        })
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
    pub(crate) fn of(raw: &[u8]) -> Self {
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

    pub(crate) fn as_slice(&self) -> &[u8] {
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
            ("x_access_id", None),
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
