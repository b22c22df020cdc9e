//! Request paths that two readers could take for different ones.
//!
//! The gateway and the server behind it must agree on what a path names: where an upstream would
//! read `/v1/chat%2Fcompletions` or `/v1//chat/completions` as a model route and the gateway would
//! not, text would pass uninspected. Such paths are refused, not repaired.

/// Whether every reader takes the path for the same.
pub fn is_plain(path: &str) -> bool {
    let bytes = path.as_bytes();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let after = bytes.get(at + 1).copied();
        match byte {
            b'%' => match escaped(bytes, at) {
                Some(decoded) if stays_escaped(decoded) => at += 2,
                _ => return false,
            },
            b'/' if after == Some(b'/') => return false,
            b'/' if after == Some(b'.') => {
                let rest = bytes.get(at + 1..).unwrap_or_default();
                let part = rest.split(|byte| *byte == b'/').next().unwrap_or_default();
                if part == b"." || part == b".." {
                    return false;
                }
            }
            b';' | b'\\' | b'?' | b'#' => return false,
            byte if !byte.is_ascii_graphic() => return false,
            _ => {}
        }
        at += 1;
    }
    bytes.first() == Some(&b'/')
}

/// What a lenient reader could take a path for: decoded over and over, folded, without empty or
/// dot parts, parameters and a slash at the end.
pub fn lenient(path: &str) -> String {
    let mut bytes = path.as_bytes().to_vec();
    for _ in 0..4 {
        let decoded = decode(&bytes);
        if decoded == bytes {
            break;
        }
        bytes = decoded;
    }
    let text = String::from_utf8_lossy(&bytes)
        .to_uppercase()
        .to_lowercase();
    let text = text.split(['?', '#', '\0']).next().unwrap_or_default();
    let mut parts: Vec<&str> = Vec::new();
    for part in text.split(['/', '\\']) {
        let part = part.split(';').next().unwrap_or_default();
        match part.trim_matches(|c: char| c.is_whitespace() || c.is_control()) {
            "" | "." => {}
            ".." => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

fn escaped(bytes: &[u8], at: usize) -> Option<u8> {
    let digit = |at: usize| char::from(*bytes.get(at)?).to_digit(16);
    u8::try_from(digit(at + 1)? * 16 + digit(at + 2)?).ok()
}

/// Escapes that no reader undoes to tell paths apart: a space, bytes of UTF-8, most punctuation.
fn stays_escaped(byte: u8) -> bool {
    let is_unreserved = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !is_unreserved && !b"/\\;%?#".contains(&byte) && !byte.is_ascii_control()
}

fn decode(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match (byte, escaped(bytes, at)) {
            (b'%', Some(decoded)) => {
                out.push(decoded);
                at += 3;
            }
            _ => {
                out.push(*byte);
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_paths_pass() {
        for path in [
            "/",
            "/v1/chat/completions",
            "/v1/models/gpt-4.1",
            "/v1/files/a%20b",
            "/v1/a%C3%A9/",
            "/.well-known/x",
            "/v1/...",
            "/a:b@c",
        ] {
            assert!(is_plain(path), "{path}");
        }
    }

    #[test]
    fn tricks_are_seen_and_lead_to_the_guarded_path() {
        for path in [
            "/v1/chat%2Fcompletions",
            "/v1/chat%2fcompletions",
            "/v1//chat/completions",
            "//v1/chat/completions",
            "/v1/./chat/completions",
            "/v1/x/../chat/completions",
            "/v1/%2e%2e/v1/chat/completions",
            "/v1/ch%61t/completions",
            "/v1/chat;x=1/completions",
            "/v1/chat/completions;jsessionid=1",
            "/v1\\chat\\completions",
            "/v1/chat%5ccompletions",
            "/v1/chat%252fcompletions",
            "/v1/chat/completions%00",
            "/v1/chat/completions%3fx",
            "/v1/%",
            "/v1/%zz",
            "v1/chat/completions",
        ] {
            assert!(!is_plain(path), "{path}");
            if !path.contains("/%") || path.contains("chat") {
                assert_eq!(lenient(path), "/v1/chat/completions", "{path}");
            }
        }
    }

    #[test]
    fn case_and_closing_slash_make_no_difference_to_a_lenient_reader() {
        for path in [
            "/V1/Chat/Completions",
            "/v1/chat/completions/",
            "/v1/chat/completion%C5%BF",
            "/v1/chat/completions%20",
        ] {
            assert_eq!(lenient(path), "/v1/chat/completions", "{path}");
        }
    }
}
