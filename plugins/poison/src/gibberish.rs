//! Runs of words that an optimiser chose and nobody wrote.
//!
//! Attacks on retrievers turn words about until an embedding comes near to that of a question
//! (HotFlip: Ebrahimi et al. 2018; corpus poisoning: Zhong et al. 2023). What comes out has no small words, no sentences, and odd joints.

use crate::hidden::Sign;
use crate::tokens::Token;

/// Words of a run, at least.
const LEAST: u32 = 10;
const LONG: u32 = 20;

/// Looks for them while the words of a text pass.
pub(crate) struct Search<'a> {
    text: &'a str,
    start: usize,
    end: usize,
    words: u32,
    odd: u32,
    found: Vec<Sign>,
}

impl<'a> Search<'a> {
    pub(crate) const fn new(text: &'a str) -> Self {
        Self {
            text,
            start: 0,
            end: 0,
            words: 0,
            odd: 0,
            found: Vec::new(),
        }
    }

    #[inline]
    pub(crate) fn token(&mut self, token: &Token, is_stop: bool) {
        if is_stop || token.digits {
            self.end_run();
            return;
        }
        let bytes = self.text.as_bytes();
        let gap = bytes.get(self.end..token.start).unwrap_or_default();
        if self.words > 0
            && gap.iter().any(|byte| {
                matches!(
                    byte,
                    b'\n' | b',' | b';' | b'|' | b':' | b'<' | b'>' | b'=' | b'{' | b'/'
                )
            })
        {
            self.end_run();
        }
        let word = bytes.get(token.start..token.end).unwrap_or_default();
        // Of a script that the lists of small words do not know nothing can be said.
        if !word.is_ascii() {
            self.end_run();
            return;
        }
        if self.words == 0 {
            self.start = token.start;
        }
        self.words += 1;
        self.odd += u32::from(is_odd(word) || (self.words > 1 && is_odd_joint(gap)));
        self.end = token.end;
    }

    fn end_run(&mut self) {
        let share = self.odd * 100 / self.words.max(1);
        let confidence = match (self.words, share) {
            (LONG.., 30..) => 0.7,
            (LEAST.., 40..) => 0.6,
            (LONG.., 10..) => 0.5,
            (LEAST.., 25..) => 0.35,
            (LONG.., _) => 0.2,
            _ => 0.0,
        };
        if confidence > 0.0 {
            self.found
                .push(Sign::gibberish(self.start..self.end, confidence));
        }
        (self.words, self.odd) = (0, 0);
    }

    pub(crate) fn finish(mut self) -> Vec<Sign> {
        self.end_run();
        self.found
    }
}

/// A word that no language with these letters has: without a vowel, or with a capital inside.
fn is_odd(word: &[u8]) -> bool {
    let vowel = |byte: &u8| {
        matches!(
            byte.to_ascii_lowercase(),
            b'a' | b'e' | b'i' | b'o' | b'u' | b'y'
        )
    };
    let is_name = word.iter().all(u8::is_ascii_uppercase);
    let joined = word.windows(2).any(
        |pair| matches!(pair, [low, high] if low.is_ascii_lowercase() && high.is_ascii_uppercase()),
    );
    (word.len() > 2 && !is_name && !word.iter().any(vowel)) || (joined && word.len() > 4)
}

/// Signs between two words that stand together in no sentence.
fn is_odd_joint(gap: &[u8]) -> bool {
    let signs = gap.iter().filter(|byte| {
        matches!(
            byte,
            b'#' | b'\\'
                | b']'
                | b'{'
                | b'}'
                | b'*'
                | b'+'
                | b'='
                | b'<'
                | b'>'
                | b'^'
                | b'~'
                | b'@'
                | b'!'
        )
    });
    let signs = signs.count();
    signs >= 2 || (signs == 1 && !gap.contains(&b' '))
}

#[cfg(test)]
mod tests {
    use crate::document::features;
    use crate::words::Words;

    fn sure(text: &str) -> f64 {
        let prose = "The harbour office opens at seven in the morning and it closes at five in the \
            afternoon, as it has done for years. ";
        let features = features(&format!("{prose}{text}\n{prose}"), &Words::new());
        features
            .signs
            .iter()
            .map(|sign| sign.confidence())
            .fold(0.0, f64::max)
    }

    #[test]
    fn optimised_text_is_seen() {
        let text =
            "tgv ##ponents mortality aquarium vic ##lls rivers hiroshima nbspb jedi qtr ##ngth";
        assert!(sure(text) >= 0.5, "{}", sure(text));
        let text = "lifestyle rivers camel opener vermont aquarium mortality jedi tgv lantern copper \
            violin ##lls harvest ##ngth saddle meadow thunder basket ribbon marble candle";
        assert!(sure(text) >= 0.5, "{}", sure(text));
    }

    #[test]
    fn what_people_write_is_not() {
        for text in [
            "Berths, cranes, gates, ropes, tolls, tides, pilots, locks, tugs, sheds, quays.",
            "Register at the north gate before you take a berth.",
            "Öffnungszeiten Hafenbüro Werktags Feiertags Nordtor Südtor Kran Liegeplatz Anmeldung",
        ] {
            assert!(sure(text) < 0.3, "{text}: {}", sure(text));
        }
    }
}
