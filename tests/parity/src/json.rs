//! JSON in the many ways in which it may be written. A body without edits has to leave as it came,
//! so it must not come in one way only.

use serde_json::Value;

use crate::random::Random;

/// How strings and gaps are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// As short as can be.
    Plain,
    /// Everything but letters and digits as `\u` and four digits.
    Escaped,
    /// Each character as chance wants it, and white space wherever it may stand.
    Mixed,
}

/// A value as bytes.
pub fn write(value: &Value, style: Style, random: &mut Random) -> Vec<u8> {
    let mut out = String::new();
    put(value, style, random, &mut out);
    out.into_bytes()
}

fn put(value: &Value, style: Style, random: &mut Random, out: &mut String) {
    gap(style, random, out);
    match value {
        Value::String(text) => string(text, style, random, out),
        Value::Array(items) => {
            out.push('[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                put(item, style, random, out);
            }
            gap(style, random, out);
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (index, (key, member)) in members.iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                gap(style, random, out);
                string(key, Style::Plain, random, out);
                gap(style, random, out);
                out.push(':');
                put(member, style, random, out);
            }
            gap(style, random, out);
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
    gap(style, random, out);
}

fn gap(style: Style, random: &mut Random, out: &mut String) {
    if style == Style::Mixed && random.one_in(4) {
        out.push_str(random.of(&[" ", "  ", "\t", "\n", "\r\n"]));
    }
}

fn string(text: &str, style: Style, random: &mut Random, out: &mut String) {
    out.push('"');
    for char in text.chars() {
        let by_number = match style {
            Style::Plain => false,
            Style::Escaped => !char.is_ascii_alphanumeric(),
            Style::Mixed => random.one_in(8),
        };
        if by_number {
            for unit in char.encode_utf16(&mut [0; 2]) {
                out.push_str(&if random.one_in(2) {
                    format!("\\u{unit:04x}")
                } else {
                    format!("\\u{unit:04X}")
                });
            }
            continue;
        }
        match char {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '/' if style == Style::Mixed => out.push_str("\\/"),
            char if char < ' ' => out.push_str(&format!("\\u{:04x}", u32::from(char))),
            char => out.push(char),
        }
    }
    out.push('"');
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn whatever_the_style_it_says_the_same() {
        let value = json!({"a": ["/\\\"\u{1}\u{1f30d}é\r\n", 1.5, null, {}], "b": {"c": []}});
        let mut random = Random::new(7);
        for style in [Style::Plain, Style::Escaped, Style::Mixed] {
            for _ in 0..50 {
                let text = write(&value, style, &mut random);
                assert_eq!(serde_json::from_slice::<Value>(&text).unwrap(), value);
            }
        }
    }
}
