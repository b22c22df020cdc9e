//! Keys that only look like a known one: what a lenient parser, or a normalising one, would make
//! of them.

/// The known key that `key` would become after folding, if it is not that key already.
pub(crate) fn looks_like(key: &str, known: &'static [&'static str]) -> Option<&'static str> {
    if known.contains(&key) {
        return None;
    }
    if key.len() > 256
        || key
            .bytes()
            .all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'.'))
    {
        return None;
    }
    let folded = fold(key);
    known.iter().copied().find(|known| *known == folded)
}

/// Lower case, with compatibility forms of ASCII letters taken back to the letters and invisible
/// characters left out. White space and NUL at either end, which some parsers trim, go too.
fn fold(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    for character in key
        .trim_matches(|c: char| c.is_whitespace() || c.is_control())
        .chars()
    {
        match character {
            '\u{FB00}' => out.push_str("ff"),
            '\u{FB01}' => out.push_str("fi"),
            '\u{FB02}' => out.push_str("fl"),
            '\u{FB03}' => out.push_str("ffi"),
            '\u{FB04}' => out.push_str("ffl"),
            '\u{FB05}' | '\u{FB06}' => out.push_str("st"),
            '\0'
            | '\u{AD}'
            | '\u{300}'..='\u{36F}'
            | '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{FE00}'..='\u{FE0F}'
            | '\u{FEFF}' => {}
            other => {
                for lower in letter(other).to_lowercase() {
                    // The dot that the lower case of `İ` carries.
                    if lower != '\u{307}' {
                        out.push(lower);
                    }
                }
            }
        }
    }
    out
}

/// The ASCII character that this one is a compatibility form of, or the character itself.
fn letter(character: char) -> char {
    let code = u32::from(character);
    let of = |base: u32, offset: u32| char::from_u32(base + offset).unwrap_or(character);
    match code {
        0x17F => 's',
        0x131 => 'i',
        0x212A => 'k',
        0x203F | 0x2040 | 0xFE33 | 0xFE34 | 0xFE4D..=0xFE4F => '_',
        0xFF01..=0xFF5E => of(0x21, code - 0xFF01),
        0x1D400..=0x1D6A3 => of(0x61, (code - 0x1D400) % 26),
        0x1D6A4 => 'i',
        0x1D7CE..=0x1D7FF => of(0x30, (code - 0x1D7CE) % 10),
        0x24B6..=0x24CF => of(0x61, code - 0x24B6),
        0x24D0..=0x24E9 => of(0x61, code - 0x24D0),
        0x1F130..=0x1F149 => of(0x61, code - 0x1F130),
        0x210E => 'h',
        0x2102 => 'c',
        0x210A => 'g',
        0x210B..=0x210D => 'h',
        0x2110 | 0x2111 => 'i',
        0x2112 | 0x2113 => 'l',
        0x2115 => 'n',
        0x2119 => 'p',
        0x211A => 'q',
        0x211B..=0x211D => 'r',
        0x2124 | 0x2128 => 'z',
        0x212C => 'b',
        0x212D => 'c',
        0x212F | 0x2130 => 'e',
        0x2131 => 'f',
        0x2133 => 'm',
        0x2134 => 'o',
        0x2139 => 'i',
        0x2170 => 'i',
        0x2071 | 0x1D62 => 'i',
        0x207F => 'n',
        0xAA | 0x1D43 => 'a',
        0xBA | 0x1D52 => 'o',
        0x2B0 => 'h',
        0x2B2 => 'j',
        0x2B3 => 'r',
        0x2B7 => 'w',
        0x2B8 => 'y',
        0x2E1 => 'l',
        0x2E2 => 's',
        0x2E3 => 'x',
        0x1D47 => 'b',
        0x1D48 => 'd',
        0x1D49 => 'e',
        0x1D4D => 'g',
        0x1D4F => 'k',
        0x1D50 => 'm',
        0x1D56 => 'p',
        0x1D57 => 't',
        0x1D58 => 'u',
        0x1D5B => 'v',
        0x1D9C => 'c',
        0x1DA0 => 'f',
        _ => character,
    }
}

#[cfg(test)]
mod tests {
    use super::looks_like;

    #[test]
    fn what_folds_to_a_known_key_is_found() {
        const KNOWN: &[&str] = &[
            "messages",
            "content",
            "tool_calls",
            "stop",
            "safety_identifier",
            "k",
        ];
        for (key, known) in [
            ("Messages", Some("messages")),
            ("MESSAGES", Some("messages")),
            ("ｍessages", Some("messages")),
            ("me\u{17F}sages", Some("messages")),
            ("content\u{0}", Some("content")),
            ("con\u{200B}tent", Some("content")),
            (" content", Some("content")),
            ("\u{212A}", Some("k")),
            ("𝐜𝐨𝐧𝐭𝐞𝐧𝐭", Some("content")),
            ("\u{FB06}op", Some("stop")),
            ("safety_\u{131}dentifier", Some("safety_identifier")),
            ("safety_\u{130}dentifier", Some("safety_identifier")),
            ("tool＿calls", Some("tool_calls")),
            ("content", None),
            ("contents", None),
            ("сontent", None),
            ("x_trace", None),
        ] {
            assert_eq!(looks_like(key, KNOWN), known, "{key}");
        }
    }
}
