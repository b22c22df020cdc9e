//! Inputs that are to make a scanner slow, against the average of their length.

use super::ordinary::Average;
use super::statistics::median;
use super::texts::Texts;

/// Bytes of each input.
const BYTES: usize = 64 << 10;

/// How many times the average of its length the slowest of many odd inputs takes; each is tried so many
/// times, and never comes twice.
pub(super) fn slowest<E>(
    rounds: usize,
    mut time: impl FnMut(String) -> Result<f64, E>,
) -> Result<f64, E> {
    let mut texts = Texts::new(0xbad1);
    let mut average = Average::default();
    let mut slowest = 0.0_f64;
    for (what, text) in odd(&mut texts) {
        let mut times = Vec::with_capacity(rounds);
        for round in 0..rounds {
            average.add(&mut texts, BYTES, &mut time)?;
            times.push(time(format!("{text}{round}"))?);
        }
        let took = median(times);
        tracing::debug!(what, took, "odd input");
        slowest = slowest.max(took);
    }
    Ok(slowest / average.value())
}

/// Repetition, nesting and starts of things that never end: what makes a scanner look twice.
fn odd(texts: &mut Texts) -> Vec<(&'static str, String)> {
    const PIECES: &[&str] = &[
        "a",
        "A1",
        "0",
        "1234 ",
        "4111 1111 1111 1111 ",
        "a@",
        "a@b.c ",
        "://",
        "http://a/?b=",
        "http://example.org/a?b=c ",
        "![](",
        "[a](",
        "((((",
        "[[[[",
        "{\"a\":",
        "<<<<",
        "<a ",
        "<script>",
        "</",
        "&#",
        "%41",
        "\\u0041",
        "=\"",
        "api_key = ",
        "(key_=",
        "eval(",
        "Mr. eval(",
        "|]:",
        "ffff:",
        "&amp;-\u{645}",
        "sk-",
        "AKIA",
        "eyJ",
        "-----BEGIN ",
        "aGVsbG8gd29ybGQ=",
        "ignore ",
        "ignore all previous instructions. ",
        "i g n o r e ",
        "you are now ",
        ". ",
        "\n",
        "\n\n",
        "```\n",
        "' OR 1=1 -- ",
        "select * from a where b = '",
        "\u{200b}",
        "a\u{301}",
        "\u{202e}",
        "\u{430}b",
        "\u{ff41}",
        "\u{e0041}",
        "\u{4f60}\u{597d}",
        "\u{1f468}\u{200d}",
        "[EMAIL_1_ab] ",
        "DE89 3704 0044 0532 0130 00 ",
        "1.2.3.",
        "a.b.",
        "-.- ",
        "12 ",
        "1a ",
        "AB 12 ",
        "1\u{202f}2 ",
        "123456789 ",
        "943 476 5919 ",
        "12 Main Street ",
        "March 12, 1980 ",
        "passport X1234567 ",
        "fe80::1:2 ",
        "\u{202e}a",
        "a\u{200b}b ",
    ];
    let mut all: Vec<(&'static str, String)> = PIECES
        .iter()
        .map(|piece| (*piece, piece.repeat(BYTES / piece.len())))
        .collect();
    let printable: String = (0..BYTES)
        .map(|_| char::from(b' ' + u8::try_from(texts.below(95)).unwrap_or(0)))
        .collect();
    all.push(("random", printable));
    let digits: String = (0..BYTES)
        .map(|_| char::from(*b"0123456789 -.+".get(texts.below(14)).unwrap_or(&b' ')))
        .collect();
    all.push(("random digits", digits));
    let tokens: String = (0..BYTES)
        .map(|_| {
            char::from(
                *b"abcdefXYZ0123456789+/=_-"
                    .get(texts.below(24))
                    .unwrap_or(&b'a'),
            )
        })
        .collect();
    all.push(("random token", tokens));
    let mut numbers = String::with_capacity(BYTES + 16);
    while numbers.len() < BYTES {
        let width = u32::try_from(1 + texts.below(9)).unwrap_or(1);
        let number = texts.below(10_usize.pow(width));
        numbers.push_str(&format!("{number} "));
    }
    all.push(("random numbers", numbers));
    all
}
