//! Texts to measure with: prose with some code, numbers and now and then an address, never the same
//! twice.

/// How much text stands between two pieces of code, and between two mail addresses.
const CODE_EVERY: usize = 1700;
const ADDRESS_EVERY: usize = 8000;

/// Makes texts. The same seed makes the same texts.
pub(super) struct Texts {
    state: u64,
    words: Vec<&'static str>,
    /// Bytes since the last code, and since the last address.
    since: (usize, usize),
}

impl Texts {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            state: seed,
            words: WORDS.split_whitespace().collect(),
            since: (0, 0),
        }
    }

    /// A number below `bound`. (SplitMix64.)
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^= mixed >> 31;
        usize::try_from(mixed % (bound.max(1) as u64)).unwrap_or(0)
    }

    pub(super) fn word(&mut self) -> &'static str {
        let at = self.below(self.words.len());
        self.words.get(at).copied().unwrap_or("and")
    }

    /// A text of this many bytes, or very few less.
    pub(super) fn prose(&mut self, bytes: usize) -> String {
        let mut text = String::with_capacity(bytes + 256);
        while text.len() < bytes {
            let before = text.len();
            if self.since.0 > CODE_EVERY {
                self.since.0 = 0;
                self.code(&mut text);
            } else {
                self.sentence(&mut text);
            }
            let grown = text.len() - before;
            self.since.0 += grown;
            self.since.1 += grown;
        }
        let mut end = bytes;
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        text.truncate(end);
        text
    }

    fn sentence(&mut self, text: &mut String) {
        let words = 6 + self.below(11);
        for place in 0..words {
            let word = self.word();
            if place == 0 {
                let mut letters = word.chars();
                text.extend(letters.next().into_iter().flat_map(char::to_uppercase));
                text.push_str(letters.as_str());
            } else {
                text.push_str(if self.below(9) == 0 { ", " } else { " " });
                match self.below(24) {
                    0 => text.push_str(&self.number()),
                    _ => text.push_str(word),
                }
            }
        }
        if self.since.1 > ADDRESS_EVERY {
            self.since.1 = 0;
            let (last, house) = (self.word(), self.below(90_000));
            text.push_str(&format!(", says anna.{last}{house}@{last}-mail.org"));
        }
        text.push_str(match self.below(12) {
            0 => "?\n\n",
            1 => ".\n\n",
            2 => "! ",
            _ => ". ",
        });
    }

    fn number(&mut self) -> String {
        let (small, large) = (self.below(100), self.below(100_000));
        match self.below(4) {
            0 => format!("{small}.{}", large % 100),
            1 => format!("{small} %"),
            2 => format!("{} EUR", large % 1000),
            _ => large.to_string(),
        }
    }

    fn code(&mut self, text: &mut String) {
        let (name, argument, other) = (self.word(), self.word(), self.word());
        let (start, step) = (self.below(1000), self.below(50));
        text.push_str(&format!(
            "\n```python\ndef {name}_{start}({argument}, limit={step}):\n    total = {start}\n    for {other} in {argument}[:limit]:\n        total += {other}.get(\"{name}\", {step}) * 2\n    return total\n```\n\n"
        ));
    }
}

/// None of them asks anybody to do anything: by chance they would make an injection now and then.
const WORDS: &str = "\
    the a of and to in is that for it with as was on are by this be from or one had not but what \
    all were when we there can an your which their if do will each about how up out them then she \
    many some so these would other into has more two like him see time could no make than first \
    been its who now people my made over did down only way find may water long little very \
    after words called just where most know table column report quarter invoice customer delivery \
    warehouse engine server request function value average garden river mountain village \
    winter summer morning evening kitchen recipe butter flour music concert orchestra theatre \
    history century empire treaty science molecule protein planet orbit telescope language grammar \
    translation sentence paragraph summary meeting project deadline budget contract department \
    employee holiday Zürich café naïve hospital medicine patient treatment insurance building \
    architect bridge railway station ticket journey harbour weather temperature pressure \
    measurement experiment result question example problem solution reason effect market \
    price product company factory machine process quality standard member committee election \
    government minister citizen library author chapter novel";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_their_length_and_are_never_the_same() {
        let mut texts = Texts::new(1);
        let mut seen = std::collections::BTreeSet::new();
        for bytes in [100, 1024, 4096, 65_536] {
            let text = texts.prose(bytes);
            assert!(text.len() <= bytes && text.len() + 4 > bytes);
            assert!(seen.insert(text));
        }
        let long = texts.prose(100_000);
        assert!(long.contains("def ") && long.contains('@'));
    }
}
