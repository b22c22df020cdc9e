//! What a row of the tables says: which characters a credential is made of, how many, and what
//! else must hold.

use caponier_sdk::Severity;

/// Which characters a body is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Class {
    /// Lower-case hexadecimal digits.
    Hex = 0,
    /// Hexadecimal digits of either case.
    HexAny = 1,
    /// Upper-case letters and digits.
    Upper = 2,
    /// Letters and digits.
    Alnum = 3,
    /// Letters, digits, `_` and `-`.
    Url = 4,
    /// The same and `.`.
    Dotted = 5,
    /// Letters, digits, `+`, `/`, `=`, `_`, `-`.
    Base64 = 6,
    /// Letters, digits, `_`, `-`, `/`: a path.
    Path = 7,
    /// Digits.
    Digits = 8,
    /// Lower-case letters and digits.
    Lower = 9,
    /// `Base64` with its percent escapes: a value in a query.
    Query = 10,
    /// `Path` and `@`, `.`, `+`, `=`, `:`.
    Wide = 11,
}

pub(crate) const CLASSES: usize = 12;

impl Class {
    pub(crate) const fn has(self, byte: u8) -> bool {
        match self {
            Self::Hex => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
            Self::HexAny => byte.is_ascii_hexdigit(),
            Self::Upper => matches!(byte, b'0'..=b'9' | b'A'..=b'Z'),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Base64 => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=')
            }
            Self::Path => byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'_' | b'-'),
            Self::Digits => byte.is_ascii_digit(),
            Self::Lower => matches!(byte, b'0'..=b'9' | b'a'..=b'z'),
            Self::Query => Self::Base64.has(byte) || byte == b'%',
            Self::Wide => Self::Path.has(byte) || matches!(byte, b'@' | b'.' | b'+' | b'=' | b':'),
        }
    }

    pub(crate) fn all(self, bytes: &[u8]) -> bool {
        bytes.iter().all(|byte| self.has(*byte))
    }

    /// Whether the end of a sentence can be taken for the end of a body.
    pub(crate) const fn has_stops(self) -> bool {
        matches!(self, Self::Dotted | Self::Wide)
    }
}

/// What else must hold of a body: a confidence of its own, or that it is none.
pub(crate) type Check = fn(&[u8]) -> Option<f64>;

/// A credential that its provider begins in a way of its own: a prefix, then a body.
pub(crate) struct Shape {
    pub(crate) rule: &'static str,
    pub(crate) title: &'static str,
    pub(crate) prefixes: &'static [&'static str],
    pub(crate) class: Class,
    /// Fewest and most bytes of the body.
    pub(crate) length: (u16, u16),
    /// One of these has to stand shortly before it: `word`, `Word` or `WORD`. Empty: the shape is
    /// enough.
    pub(crate) context: &'static [&'static str],
    pub(crate) check: Option<Check>,
    pub(crate) severity: Severity,
    pub(crate) confidence: f64,
}

/// A row with one length.
pub(crate) const fn exact(
    rule: &'static str,
    title: &'static str,
    prefixes: &'static [&'static str],
    class: Class,
    length: u16,
) -> Shape {
    shape(rule, title, prefixes, class, (length, length))
}

pub(crate) const fn shape(
    rule: &'static str,
    title: &'static str,
    prefixes: &'static [&'static str],
    class: Class,
    length: (u16, u16),
) -> Shape {
    Shape {
        rule,
        title,
        prefixes,
        class,
        length,
        context: &[],
        check: None,
        severity: Severity::High,
        confidence: 0.95,
    }
}

impl Shape {
    /// Whether nothing else begins like it.
    pub(crate) fn is_telling(&self) -> bool {
        self.context.is_empty()
            && self.length.0 >= 16
            && self.prefixes.iter().all(|prefix| prefix.len() >= 4)
    }

    pub(crate) const fn near(mut self, context: &'static [&'static str]) -> Self {
        self.context = context;
        self
    }

    pub(crate) const fn check(mut self, check: Check) -> Self {
        self.check = Some(check);
        self
    }

    pub(crate) const fn critical(mut self) -> Self {
        self.severity = Severity::Critical;
        self
    }

    pub(crate) const fn sure(mut self, confidence: f64) -> Self {
        self.confidence = confidence;
        self
    }
}

/// A provider whose credentials have no beginning of their own: its name has to stand before the
/// value, which is then of one of these make-ups.
pub(crate) struct Named {
    pub(crate) rule: &'static str,
    pub(crate) title: &'static str,
    /// In lower case; `Word` and `WORD` count too. Other spellings are listed.
    pub(crate) names: &'static [&'static str],
    /// Characters, fewest and most bytes. Length 36 of `HexAny` stands for a UUID.
    pub(crate) values: &'static [(Class, u16, u16)],
    /// Whether the provider's keys have this make-up and no other.
    pub(crate) only: bool,
    /// Whether a client id counts, which is half of a credential.
    pub(crate) ids: bool,
}

pub(crate) const fn named(
    rule: &'static str,
    title: &'static str,
    names: &'static [&'static str],
    values: &'static [(Class, u16, u16)],
) -> Named {
    Named {
        rule,
        title,
        names,
        values,
        only: false,
        ids: false,
    }
}

impl Named {
    pub(crate) const fn only(mut self) -> Self {
        self.only = true;
        self
    }

    pub(crate) const fn ids(mut self) -> Self {
        self.ids = true;
        self
    }

    /// Whether a value has one of the make-ups.
    pub(crate) fn fits(&self, value: &[u8]) -> bool {
        self.values.iter().any(|(class, least, most)| {
            let uuid = *class == Class::HexAny && *least == UUID;
            (usize::from(*least)..=usize::from(*most)).contains(&value.len())
                && if uuid {
                    crate::judge::is_uuid(value)
                } else {
                    class.all(value)
                }
        })
    }
}

/// The length that stands for a UUID.
pub(crate) const UUID: u16 = 36;
