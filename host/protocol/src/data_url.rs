//! Files that stand in a request as data URLs: <https://www.rfc-editor.org/rfc/rfc2397>.

/// The head of a data URL, up to its comma, and its text. `None` where it is something else than
/// UTF-8 text by its own words, or where readers could disagree on what it says.
pub(crate) fn read(url: &str) -> Option<(&str, String)> {
    let (head, data) = url.split_once(',')?;
    let mut words = head.split(';');
    let (scheme, media) = words.next()?.split_once(':')?;
    if !scheme.eq_ignore_ascii_case("data") || !is_text(media) {
        return None;
    }
    let mut is_base64 = false;
    for word in words {
        if is_base64 {
            return None;
        }
        is_base64 = word.eq_ignore_ascii_case("base64");
        if let Some((name, value)) = word.split_once('=') {
            let value = value.trim_matches('"').to_ascii_lowercase();
            let is_utf8 = matches!(value.as_str(), "utf-8" | "utf8" | "us-ascii");
            if name.trim().eq_ignore_ascii_case("charset") && !is_utf8 {
                return None;
            }
        }
    }
    let bytes = if is_base64 {
        from_base64(data)?
    } else {
        from_percent(data)?
    };
    let text = String::from_utf8(bytes).ok()?;
    (!text.starts_with('\u{FEFF}')).then_some((head, text))
}

/// A data URL with this head and another text.
pub(crate) fn write(head: &str, text: &[u8]) -> String {
    let is_base64 = head
        .rsplit(';')
        .next()
        .is_some_and(|word| word.eq_ignore_ascii_case("base64"));
    let mark = if is_base64 { "" } else { ";base64" };
    format!("{head}{mark},{}", to_base64(text))
}

/// Whether a media type is that of a text.
pub(crate) fn is_text(media: &str) -> bool {
    let media = media.trim().to_ascii_lowercase();
    let Some((class, name)) = media.split_once('/') else {
        return media.is_empty();
    };
    let is_named = matches!(
        name,
        "json"
            | "xml"
            | "yaml"
            | "x-yaml"
            | "toml"
            | "javascript"
            | "x-javascript"
            | "ecmascript"
            | "typescript"
            | "x-ndjson"
            | "jsonl"
            | "x-jsonlines"
            | "x-sh"
            | "x-python"
            | "sql"
            | "graphql"
    );
    let is_suffixed = name.ends_with("+json") || name.ends_with("+xml") || name.ends_with("+yaml");
    class == "text" || (class == "application" && (is_named || is_suffixed))
}

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn to_base64(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let byte = |at: usize| u32::from(chunk.get(at).copied().unwrap_or(0));
        let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
        for (at, shift) in [18, 12, 6, 0].into_iter().enumerate() {
            let letter = ALPHABET.get((bits >> shift & 63) as usize);
            out.push(match letter {
                Some(letter) if at <= chunk.len() => char::from(*letter),
                _ => '=',
            });
        }
    }
    out
}

/// Decodes what every reader decodes alike: the standard alphabet, padded, nothing between.
fn from_base64(data: &str) -> Option<Vec<u8>> {
    let bytes = data.as_bytes();
    if !bytes.len().is_multiple_of(4) {
        return None;
    }
    let mut out = Vec::with_capacity(bytes.len() / 4 * 3);
    let last = bytes.len().saturating_sub(4);
    for (at, chunk) in bytes.chunks(4).enumerate() {
        let letters = chunk.iter().take_while(|byte| **byte != b'=').count();
        let is_padded = chunk.iter().skip(letters).all(|byte| *byte == b'=');
        if letters < 2 || !is_padded || (letters < 4 && at * 4 != last) {
            return None;
        }
        let mut bits = 0_u32;
        for byte in chunk.iter().take(letters) {
            bits = bits << 6 | digit(*byte)?;
        }
        bits <<= 6 * (4 - letters);
        let [_, decoded @ ..] = bits.to_be_bytes();
        let (said, left) = decoded.split_at_checked(letters - 1)?;
        if left.iter().any(|byte| *byte != 0) {
            return None;
        }
        out.extend_from_slice(said);
    }
    Some(out)
}

fn digit(byte: u8) -> Option<u32> {
    Some(u32::from(match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        b'/' => 63,
        _ => return None,
    }))
}

fn from_percent(data: &str) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(data.len());
    let mut rest = data.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let (byte, after) = match (byte, after) {
            (b'%', [high, low, after @ ..]) => {
                let digit = |byte: u8| char::from(byte).to_digit(16);
                (u8::try_from(digit(*high)? * 16 + digit(*low)?).ok()?, after)
            }
            (b'%' | b'+' | b'#', _) => return None,
            _ => (*byte, after),
        };
        out.push(byte);
        rest = after;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn text_is_read_and_nothing_else() {
        for (url, text) in [
            ("data:text/plain;base64,aGk=", Some("hi")),
            ("data:,a%20b", Some("a b")),
            ("DATA:Text/Markdown;charset=UTF-8;BASE64,aGk=", Some("hi")),
            ("data:application/json;base64,e30=", Some("{}")),
            ("data:application/ld+json,{}", Some("{}")),
            ("data:text/plain;base64,", Some("")),
            ("data:text/plain;charset=utf-16;base64,aGk=", None),
            ("data:application/pdf;base64,aGk=", None),
            ("data:image/svg+xml;base64,aGk=", None),
            ("data:text/plain;base64,aGk", None),
            ("data:text/plain;base64,aG k=", None),
            ("data:text/plain;base64,aGl=", None),
            ("data:text/plain;base64,a===", None),
            ("data:text/plain;base64,aGk=aGk=", None),
            ("data:text/plain;base64;x=1,aGk=", None),
            ("data:text/plain;base64,gICA", None),
            ("data:text/plain;base64,77u/aGk=", None),
            ("data:,a%2", None),
            ("data:,a+b", None),
            ("https://x.y/a,b", None),
            ("aGk=", None),
        ] {
            assert_eq!(read(url).map(|(_, text)| text).as_deref(), text, "{url}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(text in "\\PC{0,40}", head in "data:(text/plain)?(;charset=utf-8)?(;base64)?") {
            let url = write(&head, text.as_bytes());
            prop_assert_eq!(read(&url).map(|(_, text)| text), Some(text));
        }

        #[test]
        fn nothing_panics(url in "(data:[a-z/;=]{0,20},)?[a-zA-Z0-9+/=%]{0,30}") {
            let _ = read(&url);
        }
    }
}
