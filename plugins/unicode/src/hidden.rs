//! Runs of characters that nobody sees: which of them a script or an emoji needs, and what the
//! others are.
//!
//! Joiners are judged after RFC 5892, appendix A.1 and A.2 (ContextJ), and more leniently: in honest
//! text they also stand at the end of words, and after letters that do not join.

use crate::characters::{
    Class, Family, class, is_brahmic, is_emoji, is_ideograph, is_spaceless, joins,
};
use crate::rules::Kind;

/// The fewest characters of a run that can be bits of something.
const BITS: usize = 8;

/// Subdivisions that have a flag as emoji (UTS #51, RGI): England, Scotland, Wales.
const FLAGS: [&str; 3] = ["gbeng", "gbsct", "gbwls"];

/// Characters of one family that stand together, and what stands beside them.
pub(crate) struct Run<'a> {
    pub(crate) text: &'a str,
    pub(crate) before: Option<char>,
    pub(crate) after: Option<char>,
    /// Whether it begins the segment.
    pub(crate) is_first: bool,
}

/// What a run is, and how sure that is.
pub(crate) type Verdict = Option<(Kind, f64)>;

impl Run<'_> {
    pub(crate) fn judge(&self, family: Family) -> Verdict {
        match family {
            Family::Tag => self.tags(),
            Family::Selector => self.selectors(),
            Family::Zero => self.zero_width(),
            Family::Soft => self.soft_hyphens(),
            Family::Annotation => Some((Kind::Annotation, 0.8)),
            Family::Other => self
                .others()
                .map(|confidence| (Kind::Invisible, confidence)),
            // Judged where they open and close.
            Family::Bidi => None,
        }
    }

    /// A black flag, up to five letters and digits of a subdivision's code, and an end.
    fn tags(&self) -> Verdict {
        let mut code = self.text.chars();
        let ends = code.next_back() == Some('\u{e007f}');
        if self.before == Some('\u{1f3f4}') && ends {
            let code: String = code.map(plain).take(6).collect();
            if FLAGS.contains(&code.as_str()) {
                return None;
            }
            // Other subdivisions may have flags too; few fonts show them.
            let is_code = matches!(code.len(), 3..=5)
                && code.bytes().take(2).all(|byte| byte.is_ascii_lowercase())
                && code
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
            return Some((Kind::Tags, if is_code { 0.1 } else { 0.9 }));
        }
        Some((Kind::Tags, if self.len() > 2 { 0.99 } else { 0.9 }))
    }

    fn selectors(&self) -> Verdict {
        let first = self.text.chars().next()?;
        let confidence = match (self.len(), first) {
            (1, '\u{fe0e}' | '\u{fe0f}') if self.takes_presentation() => return None,
            (1, '\u{fe0e}' | '\u{fe0f}') => 0.3,
            (1, '\u{fe00}'..='\u{fe0d}') => match self.before {
                Some(before) if !before.is_ascii_alphabetic() && !before.is_whitespace() => {
                    return None;
                }
                _ => 0.5,
            },
            (1, _) => match self.before {
                Some(before) if is_ideograph(before) => return None,
                _ => 0.8,
            },
            (2, '\u{fe0e}' | '\u{fe0f}') if self.text.chars().all(|c| c == first) => 0.3,
            (2 | 3, _) => 0.75,
            _ => 0.97,
        };
        Some((Kind::VariationSelectors, confidence))
    }

    /// What has a form as emoji and one as text; and any sign or digit, since that is harmless.
    fn takes_presentation(&self) -> bool {
        self.before.is_some_and(|before| {
            is_emoji(before) || !(before.is_alphabetic() || before.is_whitespace())
        })
    }

    fn zero_width(&self) -> Verdict {
        let first = self.text.chars().next()?;
        let length = self.len();
        if length == 1 {
            let confidence = self.one_zero_width(first)?;
            return Some((Kind::ZeroWidth, confidence));
        }
        // A few marks of direction are judged where what runs from right to left is known.
        let is_mark = |c| matches!(c, '\u{200e}' | '\u{200f}' | '\u{61c}');
        if length < 4 && self.text.chars().all(is_mark) {
            return None;
        }
        let is_uniform = self.text.chars().all(|character| character == first);
        let in_script = self.beside(joins) || self.beside(is_brahmic) || self.beside(is_spaceless);
        let confidence = match (length, is_uniform) {
            // Typed twice, or a mark of direction beside a joiner.
            (2 | 3, _) if in_script => return None,
            (2 | 3, _) if self.in_word() => 0.85,
            (2 | 3, _) => 0.35,
            (BITS.., false) => return Some((Kind::ZeroWidthBits, 0.95)),
            (_, false) => 0.8,
            (_, true) => 0.5,
        };
        Some((Kind::ZeroWidth, confidence))
    }

    /// How sure it is that this one is not needed; `None` where it is, or is a mark of direction,
    /// which is judged elsewhere.
    fn one_zero_width(&self, character: char) -> Option<f64> {
        let outside = |confidence| Some(if self.in_word() { 0.85 } else { confidence });
        match character {
            '\u{200e}' | '\u{200f}' | '\u{61c}' => None,
            '\u{200b}' if self.beside(is_spaceless) => None,
            // Where manuals let long names break: `getElement`, `a/b`.
            '\u{200b}' if self.between(char::is_lowercase, char::is_uppercase) => Some(0.4),
            '\u{200b}' if self.before.is_some_and(|c| c.is_ascii_punctuation()) => Some(0.25),
            '\u{200b}' => outside(0.3),
            '\u{200c}' if self.beside(joins) || self.beside(is_brahmic) => None,
            // German typesetters part ligatures so.
            '\u{200c}' => Some(if self.in_word() { 0.6 } else { 0.4 }),
            '\u{200d}' if self.beside(joins) || self.beside(is_brahmic) => None,
            '\u{200d}' if self.between(is_emoji, is_emoji) => None,
            '\u{200d}' if self.before.is_some_and(is_emoji) => Some(0.2),
            '\u{180e}' if self.beside(|c| matches!(c, '\u{1800}'..='\u{18aa}')) => None,
            '\u{feff}' if self.is_first => None,
            '\u{feff}' if self.before == Some('\n') => Some(0.3),
            '\u{2060}' => Some(if self.in_word() { 0.7 } else { 0.3 }),
            '\u{2061}'..='\u{2064}' => Some(if self.in_word() { 0.5 } else { 0.3 }),
            _ => outside(0.4),
        }
    }

    /// A hyphenation leaves two letters between soft hyphens, or one now and then.
    fn soft_hyphens(&self) -> Verdict {
        let confidence = match self.len() {
            1 if self.in_word() => return None,
            // At the end of a line, or behind a hyphen or a slash.
            1 if self.beside(char::is_alphanumeric) => 0.15,
            1 => 0.3,
            _ => 0.8,
        };
        Some((Kind::SoftHyphen, confidence))
    }

    fn others(&self) -> Option<f64> {
        let first = self.text.chars().next()?;
        let within = |low: char, high: char| self.beside(|c| (low..=high).contains(&c));
        match first {
            // The grapheme joiner stands between marks and letters; newsletters fill space with it.
            '\u{34f}' => match self.before {
                Some(before) if !before.is_whitespace() && self.len() == 1 => None,
                _ => Some(if self.len() == 1 { 0.3 } else { 0.5 }),
            },
            '\u{115f}' | '\u{1160}' => {
                let jamo = within('\u{1100}', '\u{11ff}')
                    || within('\u{a960}', '\u{a97f}')
                    || within('\u{d7b0}', '\u{d7ff}');
                (!jamo).then_some(0.6)
            }
            '\u{17b4}' | '\u{17b5}' => (!within('\u{1780}', '\u{17ff}')).then_some(0.7),
            '\u{180b}'..='\u{180f}' => (!within('\u{1800}', '\u{18aa}')).then_some(0.6),
            '\u{2800}' => {
                let braille = within('\u{2801}', '\u{28ff}') || within('\n', '\n');
                (!braille).then_some(0.4)
            }
            '\u{3164}' => (!within('\u{3131}', '\u{318e}')).then_some(0.5),
            '\u{ffa0}' => (!within('\u{ffa1}', '\u{ffdc}')).then_some(0.6),
            '\u{1d173}'..='\u{1d17a}' => (!within('\u{1d100}', '\u{1d1ff}')).then_some(0.8),
            '\u{1bca0}'..='\u{1bca3}' => (!within('\u{1bc00}', '\u{1bc9f}')).then_some(0.7),
            // Not assigned, and ignored by default all the same.
            _ => Some(0.9),
        }
    }

    fn len(&self) -> usize {
        self.text.chars().count()
    }

    fn beside(&self, wanted: impl Fn(char) -> bool) -> bool {
        self.before.is_some_and(&wanted) || self.after.is_some_and(&wanted)
    }

    fn between(&self, left: impl Fn(char) -> bool, right: impl Fn(char) -> bool) -> bool {
        self.before.is_some_and(left) && self.after.is_some_and(right)
    }

    fn in_word(&self) -> bool {
        let part = |c: char| c.is_alphanumeric() || class(c) == Class::Mark;
        self.between(part, part)
    }
}

fn plain(tag: char) -> char {
    u8::try_from(tag as u32 & 0x7f).map_or(' ', char::from)
}

/// Whether soft hyphens stand around single letters, several in a row: `i-g-n-o-r-e`. `None` where
/// that cannot be said yet.
pub(crate) fn spells(text: &str, at: usize, is_open: bool) -> Option<bool> {
    const CHAIN: usize = 3;
    let mut chain = 0;
    let mut back = text.get(..at).unwrap_or_default().chars().rev();
    while chain < CHAIN
        && back.next().is_some_and(char::is_alphabetic)
        && back.next() == Some('\u{ad}')
    {
        chain += 1;
    }
    let mut on = text.get(at..).unwrap_or_default().chars();
    on.next();
    while chain < CHAIN {
        match (on.next(), on.next()) {
            (Some(letter), Some('\u{ad}')) if letter.is_alphabetic() => chain += 1,
            (None, _) | (_, None) if is_open => return None,
            _ => break,
        }
    }
    Some(chain >= CHAIN)
}
