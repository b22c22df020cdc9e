//! Without what there is nothing to find.
//!
//! A credential is one long word, or a value that something announces: a separator behind its name,
//! an option, words of a sentence, a URL.

use caponier_sdk::Manifest;

use crate::commands::Tool;
use crate::scan::{STARTS, Start};

/// What no start of the table says: a URL's password, and a Kubernetes Secret, whose values may be
/// letters alone.
const OTHERS: &[&str] = &["://", "secret"];
/// The one shape that is shorter than a token has to stand behind this.
const SHORT: &str = "sumo";

/// Adds what a host looks for.
pub(crate) fn add_to(manifest: Manifest) -> Manifest {
    let manifest = manifest.trigger_class("token").trigger_class("assigned");
    texts().into_iter().fold(manifest, Manifest::trigger)
}

/// Texts that announce what is no token and has no separator before it, in lower case; none that
/// holds another.
fn texts() -> Vec<String> {
    let starts = STARTS.iter().filter(|(_, start)| announces(*start));
    let starts = starts.map(|(text, _)| *text);
    let all = starts.chain(OTHERS.iter().copied()).chain([SHORT]);
    let mut texts: Vec<String> = all.map(str::to_ascii_lowercase).collect();
    texts.sort_by_key(String::len);
    let mut kept: Vec<String> = Vec::new();
    for text in texts {
        if !kept.iter().any(|shorter| text.contains(shorter.as_str())) {
            kept.push(text);
        }
    }
    kept
}

/// Whether a start has to be looked for.
const fn announces(start: Start) -> bool {
    match start {
        // Tokens.
        Start::Shape(_) | Start::EncodedPem | Start::WebToken | Start::EncodedWebToken => false,
        // Options, which count behind a tool alone.
        Start::User | Start::Pass => false,
        // `password ` follows.
        Start::Tool(Tool::Netrc) => false,
        Start::Pem | Start::Tool(_) | Start::Before(_) | Start::Said(_) | Start::Netrc => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::SHAPES;

    fn concerns(text: &str) -> bool {
        add_to(Manifest::new("secrets", "1.0.0", "")).may_concern(text)
    }

    #[test]
    fn every_shape_is_a_token() {
        for shape in SHAPES.iter().copied().flatten() {
            for prefix in shape.prefixes {
                // Its body as short and as plain as it may be.
                let sign = ['a', 'A', '0']
                    .into_iter()
                    .find(|sign| shape.class.has(u8::try_from(*sign).unwrap()))
                    .unwrap();
                let body = sign.to_string().repeat(usize::from(shape.length.0));
                let context = shape.context.first().unwrap_or(&"");
                let text = format!("{context} {prefix}{body}");
                assert!(concerns(&text), "{text}");
            }
        }
    }

    #[test]
    fn most_prose_is_passed_over() {
        for text in [
            "The garden measured 12.34 by 712, or 45 % of the harbour, at 34712 EUR.",
            "Zürich café naïve: a \"quoted\" word (and a responsible one), isn't it?",
            "Note: the meeting is at 12:30. Telecommunications and so on.",
            "```python\ndef river_12(engine, limit=12):\n    total = 123\n    for sun in engine[:limit]:\n        \
             total += sun.get(\"river\", 12) * 2\n    return total\n```",
        ] {
            assert!(!concerns(text), "{text}");
        }
        for text in [
            "password: Hunter2!",
            "the passphrase is Xy12ab34cd",
            "{\"key\" : \"abc123def456\"}",
            "setProperty('api_key', 'ab12cd34ef')",
            "mysql -uroot -pHunter2",
            "a://:abc@b",
            "Authorization: Bearer abc123def4",
        ] {
            assert!(concerns(text), "{text}");
        }
    }

    #[test]
    fn a_host_takes_the_triggers() {
        let texts = texts();
        assert!((20..100).contains(&texts.len()), "{texts:?}");
        assert!(texts.iter().all(|text| text.len() < 64));
    }
}
