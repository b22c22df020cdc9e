//! How an identifier is written.

use crate::Entity;
use crate::detect::token::Value;

/// One way to write an identifier.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) entity: Entity,
    /// Whose it is, in ISO 3166; empty for anybody's.
    pub(super) country: &'static str,
    /// `D` a digit, `A` a letter, `X` either; between them what sets groups apart: `-`, `.`, `/`
    /// and `+` themselves, ` ` a space or a dash. It may be written without any, unless it begins
    /// with `!`.
    shape: &'static str,
    length: u8,
    /// How many more of the last sort there may be.
    more: u8,
    letters: u32,
    digits: u32,
    pub(super) breaks: u32,
    /// Whether the groups must be set apart.
    pub(super) apart: bool,
    /// What the issuer says of it.
    pub(super) check: fn(&Value<'_>) -> bool,
    /// Words that name it.
    pub(super) words: &'static [&'static str],
    /// How sure it is in one piece, in groups, and beside one of the words. Where the first is 0
    /// it is not found without a word.
    pub(super) bare: f64,
    pub(super) grouped: f64,
    pub(super) said: f64,
}

/// A row. `sure`: in one piece, in groups, beside a word.
pub(super) const fn row(
    entity: Entity,
    shape: &'static str,
    check: fn(&Value<'_>) -> bool,
    words: &'static [&'static str],
    sure: [f64; 3],
) -> Row {
    let [bare, grouped, said] = sure;
    let mut row = Row {
        entity,
        country: entity.country(),
        shape,
        length: 0,
        more: 0,
        letters: 0,
        digits: 0,
        breaks: 0,
        apart: false,
        check,
        words,
        bare,
        grouped,
        said,
    };
    let mut rest = shape.as_bytes();
    while let [byte, tail @ ..] = rest {
        match *byte {
            b'!' => row.apart = true,
            b'A' | b'D' | b'X' => {
                let bit = 1_u32 << row.length;
                match *byte {
                    b'A' => row.letters |= bit,
                    b'D' => row.digits |= bit,
                    _ => {}
                }
                row.length += 1;
            }
            _ => row.breaks |= 1_u32 << row.length,
        }
        rest = tail;
    }
    row
}

impl Row {
    /// The same, of a country whose the entity is not alone.
    pub(super) const fn of(mut self, country: &'static str) -> Self {
        self.country = country;
        self
    }

    /// The same, with up to so many characters: more of the last sort.
    pub(super) const fn upto(mut self, longest: u8) -> Self {
        self.more = longest.saturating_sub(self.length);
        self
    }

    /// Whether it is not found without a word.
    pub(super) fn needs_word(&self) -> bool {
        self.bare <= 0.0 && self.grouped <= 0.0
    }

    /// How many letters and digits it may have.
    pub(super) fn lengths(&self) -> std::ops::RangeInclusive<usize> {
        usize::from(self.length)..=usize::from(self.length + self.more)
    }

    /// Which places must be letters and which digits, where it has this length.
    pub(super) fn masks(&self, length: usize) -> (u32, u32) {
        let last = 1_u32 << self.length.saturating_sub(1);
        let mut masks = (self.letters, self.digits);
        for place in usize::from(self.length)..length {
            if masks.0 & last != 0 {
                masks.0 |= 1 << place;
            }
            if masks.1 & last != 0 {
                masks.1 |= 1 << place;
            }
        }
        masks
    }

    /// Whether the value's groups are set apart as this one's are.
    pub(super) fn is_laid_out(&self, value: &Value<'_>) -> bool {
        if value.breaks == 0 {
            return !self.apart;
        }
        if value.breaks != self.breaks {
            return false;
        }
        let mut place = 0;
        let mut uniform = None;
        for byte in self.shape.bytes() {
            let given = value.separators.get(place).copied().unwrap_or(0);
            match byte {
                b'A' | b'D' | b'X' => place += 1,
                b'!' => {}
                // One sort of separator all through, where either may be.
                b' ' => {
                    if !matches!(given, b' ' | b'-') || *uniform.get_or_insert(given) != given {
                        return false;
                    }
                }
                mark => {
                    if given != mark {
                        return false;
                    }
                }
            }
        }
        true
    }
}
