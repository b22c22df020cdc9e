//! Regular expressions as JSON Schema means them: those of ECMA-262, found anywhere in a text.
//!
//! They are matched in time linear in the text, so what needs backtracking (looking around, going
//! back to a group) is refused. What reads otherwise in Rust's syntax is spelt anew.

use regex_lite::{Regex, RegexBuilder};

/// Bytes that a compiled pattern may take.
const SIZE: usize = 64 << 10;
/// White space as ECMA-262 has it (22.2.2.9).
const SPACE: &str = "\\t\\n\\x0b\\x0c\\r \u{a0}\u{1680}\u{2000}-\u{200a}\u{2028}\u{2029}\u{202f}\u{205f}\u{3000}\u{feff}";

/// A pattern.
pub(crate) struct Pattern {
    regex: Regex,
    /// A text that the pattern asks for and nothing else: it begins with `^`, or ends with `$`.
    literal: Option<Literal>,
    /// What a byte costs.
    pub(crate) cost: u32,
}

enum Literal {
    Anywhere(String),
    Prefix(String),
    Whole(String),
}

impl Pattern {
    /// # Errors
    /// Why it cannot be used.
    pub(crate) fn new(pattern: &str) -> Result<Self, String> {
        let spelt = respelt(pattern)?;
        let regex = RegexBuilder::new(&spelt)
            .size_limit(SIZE)
            .nest_limit(64)
            .build()
            .map_err(|error| {
                format!("{error}; hint: what looks around or back at a group cannot be matched in linear time")
            })?;
        Ok(Self {
            regex,
            literal: literal(pattern),
            cost: 1 + pattern.len() as u32 / 16,
        })
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        match &self.literal {
            Some(Literal::Anywhere(part)) => text.contains(part.as_str()),
            Some(Literal::Prefix(start)) => text.starts_with(start.as_str()),
            Some(Literal::Whole(whole)) => text == whole,
            None => self.regex.is_match(text),
        }
    }
}

/// The text of a pattern without anything special in it: `^S_` and `^.*$` are the most common
/// ones there are, the first needs no machine.
fn literal(pattern: &str) -> Option<Literal> {
    let (is_start, rest) = match pattern.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    let (is_end, rest) = match rest.strip_suffix('$') {
        Some(rest) => (true, rest),
        None => (false, rest),
    };
    let is_plain = |character: char| {
        character.is_ascii_alphanumeric() || " _-/:@#,;=\"'<>!%&~".contains(character)
    };
    if !rest.chars().all(is_plain) {
        return None;
    }
    let text = rest.to_owned();
    match (is_start, is_end) {
        (false, false) => Some(Literal::Anywhere(text)),
        (true, false) => Some(Literal::Prefix(text)),
        (true, true) => Some(Literal::Whole(text)),
        (false, true) => None,
    }
}

/// The same pattern in Rust's syntax.
fn respelt(pattern: &str) -> Result<String, String> {
    let mut out = String::with_capacity(pattern.len() + 16);
    let mut rest = pattern.chars();
    let mut in_class = false;
    while let Some(character) = rest.next() {
        match character {
            '\\' => escape(&mut rest, in_class, &mut out)?,
            '[' if !in_class => {
                in_class = true;
                out.push('[');
                if rest.as_str().starts_with('^') {
                    rest.next();
                    out.push('^');
                }
                // In ECMA-262 a class may be empty: it matches nothing, or everything.
                if rest.as_str().starts_with(']') {
                    return Err("an empty class".to_owned());
                }
            }
            '[' | '&' | '~' if in_class => {
                out.push('\\');
                out.push(character);
            }
            ']' => {
                in_class = false;
                out.push(']');
            }
            '.' if !in_class => out.push_str("[^\\n\\r\u{2028}\u{2029}]"),
            _ => out.push(character),
        }
    }
    Ok(out)
}

fn escape(rest: &mut std::str::Chars<'_>, in_class: bool, out: &mut String) -> Result<(), String> {
    let Some(escaped) = rest.next() else {
        return Err("it ends with a backslash".to_owned());
    };
    match (escaped, in_class) {
        ('s', true) => out.push_str(SPACE),
        ('s', false) => {
            out.push('[');
            out.push_str(SPACE);
            out.push(']');
        }
        ('S', false) => {
            out.push_str("[^");
            out.push_str(SPACE);
            out.push(']');
        }
        ('S', true) => return Err("`\\S` in a class; hint: write the class out".to_owned()),
        ('c', _) => match rest.next() {
            Some(letter) if letter.is_ascii_alphabetic() => {
                out.push_str(&format!("\\x{:02x}", letter as u32 % 32));
            }
            _ => return Err("`\\c` without a letter".to_owned()),
        },
        ('u', _) if !rest.as_str().starts_with('{') => {
            let character = unit(rest)?;
            out.push_str(&format!("\\u{{{:x}}}", character as u32));
        }
        ('0', _) => out.push_str("\\x00"),
        ('b', true) => out.push_str("\\x08"),
        ('d' | 'D' | 'w' | 'W' | 'b' | 'B' | 'n' | 'r' | 't' | 'f' | 'v' | 'x' | 'u', _) => {
            out.push('\\');
            out.push(escaped);
        }
        (letter, _) if letter.is_ascii_alphanumeric() => {
            return Err(format!("`\\{letter}` is not supported"));
        }
        // Rust takes no backslash before what needs none.
        (other, _) if other.is_ascii_punctuation() && !"/'\"`%,:;=@_<>!".contains(other) => {
            out.push('\\');
            out.push(other);
        }
        (other, _) => out.push(other),
    }
    Ok(())
}

/// The character of `XXXX`, or of `XXXX\uXXXX`.
fn unit(rest: &mut std::str::Chars<'_>) -> Result<char, String> {
    let wrong = || "`\\u` without four hexadecimal digits".to_owned();
    let mut four = || {
        let text = rest.as_str();
        let digits = text.get(..4).ok_or_else(wrong)?;
        let unit = u32::from_str_radix(digits, 16).map_err(|_| wrong())?;
        *rest = text.get(4..).unwrap_or_default().chars();
        Ok::<u32, String>(unit)
    };
    let first = four()?;
    if let Some(character) = char::from_u32(first) {
        return Ok(character);
    }
    let text = rest.as_str().strip_prefix("\\u").ok_or_else(wrong)?;
    *rest = text.chars();
    let mut four = || {
        let digits = text.get(..4).ok_or_else(wrong)?;
        *rest = text.get(4..).unwrap_or_default().chars();
        u32::from_str_radix(digits, 16).map_err(|_| wrong())
    };
    let second = four()?;
    let both = 0x10000 + ((first & 0x3ff) << 10) + (second & 0x3ff);
    char::from_u32(both).ok_or_else(wrong)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::new(pattern).unwrap().is_match(text)
    }

    #[test]
    fn patterns_are_those_of_ecma() {
        for (pattern, text, is) in [
            ("a+b", "xaab", true),
            ("^a*$", "aaa", true),
            ("^a*$", "aaa\n", false),
            ("^S_", "S_25", true),
            ("^S_", "xS_25", false),
            ("^abc$", "abc", true),
            ("^abc$", "abcd", false),
            ("^\\S+$", "a\u{a0}b", false),
            ("^[\\s]$", "\u{feff}", true),
            ("^.$", "\u{2028}", false),
            ("^\\cC$", "\u{3}", true),
            ("^\\d+$", "\u{0664}", false),
            ("^\\/a\\-b$", "/a-b", true),
            ("^\\u00e9$", "é", true),
            ("^\\ud83d\\ude00$", "😀", true),
            ("^[[&~]+$", "[&~", true),
            ("^[A-Z]{2}\\d{4}$", "AB1234", true),
            ("^(?<year>\\d{4})$", "2026", true),
            ("", "anything", true),
        ] {
            assert_eq!(matches(pattern, text), is, "{pattern} {text:?}");
        }
    }

    #[test]
    fn what_is_not_linear_is_refused() {
        for pattern in [
            "(?=a)",
            "(?!a)b",
            "(a)\\1",
            "(?<=a)b",
            "\\p{Letter}",
            "(",
            "[]",
            "a{1000}{1000}",
            "\\a",
            "\\",
        ] {
            assert!(Pattern::new(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn a_text_made_for_backtracking_takes_no_longer() {
        let text = format!("{}!", "a".repeat(20_000));
        assert!(!matches("^(a+)+$", &text));
    }
}
