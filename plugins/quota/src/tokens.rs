//! How many tokens a text has, by estimate.
//!
//! Providers count with tables of a megabyte each, and differently for each model. Of English a
//! token is about four characters (OpenAI, "What are tokens and how to count them?"). Other
//! scripts cost more: for the same content two to three times as much in Cyrillic or Arabic, and
//! about a token for a character of Chinese, Japanese, Thai or Devanagari (Petrov et al.,
//! "Language Model Tokenizers Introduce Unfairness Between Languages", NeurIPS 2023, arXiv
//! 2305.15425). How many bytes UTF-8 takes for a character goes along with that, so it is all that
//! is looked at.

/// Quarters of a token.
#[inline]
const fn quarters(byte: u8) -> u32 {
    match byte {
        // ASCII: four characters.
        0x00..=0x7f => 1,
        // The rest of a character.
        0x80..=0xbf => 0,
        // Two bytes: two characters.
        0xc0..=0xdf => 2,
        // Three bytes: one character.
        0xe0..=0xef => 4,
        // Four bytes: emoji and rare characters, which are spelt in bytes.
        _ => 8,
    }
}

/// The text's tokens, in quarters of one.
///
/// A character counts where it begins, so a text cut between characters counts like the whole.
pub(crate) fn estimate(text: &str) -> u64 {
    let mut sum = 0_u64;
    // Short runs are summed up in small numbers, many at a time.
    for run in text.as_bytes().chunks(256) {
        sum += u64::from(run.iter().map(|byte| quarters(*byte)).sum::<u32>());
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_differ() {
        for (text, tokens) in [
            ("", 0),
            ("The quick brown fox jumps over the lazy dog.", 11),
            ("Быстрая лиса", 5),
            ("今天天气很好", 6),
            ("안녕하세요", 5),
            ("👍👍", 4),
            ("café", 1),
        ] {
            assert_eq!(estimate(text) / 4, tokens, "{text}");
        }
    }

    #[test]
    fn a_text_cut_anywhere_counts_like_the_whole() {
        let text = "Grüße, 世界 👋 and so on".repeat(40);
        for (at, _) in text.char_indices() {
            let (head, tail) = text.split_at(at);
            assert_eq!(estimate(head) + estimate(tail), estimate(&text));
        }
    }
}
