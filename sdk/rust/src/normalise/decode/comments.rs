//! Comments between letters and words.

use crate::normalise::{View, ViewBuilder, sorts};

/// How comments begin and end.
const COMMENTS: [(&str, &str); 4] = [("<!--", "-->"), ("/*", "*/"), ("{#", "#}"), ("{{!", "}}")];
/// The longest tag, in bytes.
const TAG: usize = 64;

/// The text with `put` in the place of every comment of HTML, C and templates, and of every tag
/// between two letters. None where there is none.
///
/// ```
/// use caponier_sdk::normalise::decode;
///
/// let view = decode::uncommented("ig<!-- x -->nore/**/it", "").unwrap();
/// assert_eq!((view.text(), view.source(0..6)), ("ignoreit", 0..16));
/// assert_eq!(decode::uncommented("ignore/**/it", " ").unwrap().text(), "ignore it");
/// assert!(decode::uncommented("1 < 2 /* open", "").is_none());
/// ```
pub fn uncommented(text: &str, put: &str) -> Option<View<'static>> {
    let bytes = text.as_bytes();
    let mut builder = ViewBuilder::with_capacity(text.len());
    // A comment that is not closed here is not closed further on: nothing is searched for twice.
    let mut open = [false; COMMENTS.len()];
    let (mut copied, mut at) = (0, 0);
    while let Some(start) = sorts::find(bytes, at, sorts::COMMENT) {
        at = start;
        let rest = text.get(at..).unwrap_or_default();
        let comment = COMMENTS
            .iter()
            .zip(&mut open)
            .find_map(|((begin, end), open)| {
                let inside = rest.strip_prefix(begin).filter(|_| !*open)?;
                let length = inside.find(end);
                *open = length.is_none();
                Some(at + begin.len() + length? + end.len())
            });
        let end = comment.or_else(|| tag(bytes, at));
        match end {
            Some(end) => {
                builder.copy(copied, text.get(copied..at).unwrap_or_default());
                builder.replace(at..end, put);
                copied = end;
                at = end;
            }
            None => at += 1,
        }
    }
    (copied > 0).then(|| {
        builder.copy(copied, text.get(copied..).unwrap_or_default());
        builder.finish()
    })
}

/// Where a tag ends that stands between two letters.
fn tag(bytes: &[u8], at: usize) -> Option<usize> {
    let lettered = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_alphanumeric);
    let inside = bytes.get(at..)?.strip_prefix(b"<")?;
    if !lettered(at.checked_sub(1)?) {
        return None;
    }
    let end = at + 2 + inside.iter().take(TAG).position(|byte| *byte == b'>')?;
    lettered(end).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_go_and_what_only_looks_like_one_stays() {
        let said = |text| uncommented(text, "").map(|view| view.text().to_owned());
        assert_eq!(said("ig/* a */no{# b #}re").as_deref(), Some("ignore"));
        assert_eq!(said("i<!---->g<b>n</b>o").as_deref(), Some("igno"));
        assert_eq!(said("<!-- all -->").as_deref(), Some(""));
        for text in [
            "a < b > c",
            "x <b>bold</b> y",
            "a /* b",
            "http://x",
            "<!-- <!-- é",
            "{ # }",
        ] {
            assert_eq!(said(text), None, "{text}");
        }
    }
}
