//! Words around a value that say what it is.
//!
//! All lists are looked up together: each word near a number is compared once with the few known
//! ones that begin as it does, however many kinds of number there are.

use super::text::floor;

/// How many bytes before and after a value its words count.
const BEFORE: usize = 60;
const AFTER: usize = 40;

/// More than enough to cover what stands before a value and the chunks that lead it.
const BACK: usize = 2 * BEFORE;

/// A list of words, as a set of one bit; and two bits of which both must be there.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Topic {
    any: u128,
    both: u128,
}

/// A word of a list.
#[derive(Clone, Debug)]
struct Known {
    word: &'static str,
    /// Whether all words count that begin so.
    is_prefix: bool,
    topics: u128,
}

/// All lists.
#[derive(Clone, Debug)]
pub(super) struct Lexicon {
    /// By the first byte, small.
    by_first: Vec<Vec<Known>>,
    lists: Vec<(&'static [&'static str], Topic)>,
    bits: u32,
}

impl Lexicon {
    pub(super) fn new() -> Self {
        Self {
            by_first: vec![Vec::new(); 256],
            lists: Vec::new(),
            bits: 0,
        }
    }

    /// The topic of a list. Its words are in lower case. One that ends in `*` stands for all that
    /// begin so; of two with a `+` between them both must stand on the same side. Words of scripts
    /// that are written without spaces may be part of a longer run.
    pub(super) fn topic(&mut self, list: &'static [&'static str]) -> Topic {
        if let Some((_, topic)) = self.lists.iter().find(|(known, _)| *known == list) {
            return *topic;
        }
        let mut topic = Topic {
            any: self.bit(),
            both: 0,
        };
        for word in list {
            match word.split_once('+') {
                None => self.add(word, topic.any),
                Some((one, other)) => {
                    let bits = [self.bit(), self.bit()];
                    topic.both = bits.iter().sum();
                    self.add(one, bits.first().copied().unwrap_or(0));
                    self.add(other, bits.last().copied().unwrap_or(0));
                }
            }
        }
        self.lists.push((list, topic));
        topic
    }

    /// How many bits are taken.
    #[cfg(test)]
    pub(super) fn bits(&self) -> u32 {
        self.bits
    }

    fn bit(&mut self) -> u128 {
        self.bits += 1;
        1_u128.checked_shl(self.bits - 1).unwrap_or(0)
    }

    fn add(&mut self, word: &'static str, topics: u128) {
        let (word, is_prefix) = match word.strip_suffix('*') {
            Some(word) => (word, true),
            None => (word, is_run_on(word)),
        };
        let Some(bucket) = word
            .bytes()
            .next()
            .and_then(|first| self.by_first.get_mut(usize::from(first)))
        else {
            return;
        };
        match bucket
            .iter_mut()
            .find(|known| known.word == word && known.is_prefix == is_prefix)
        {
            Some(known) => known.topics |= topics,
            None => bucket.push(Known {
                word,
                is_prefix,
                topics,
            }),
        }
    }

    /// The topics that a word belongs to.
    fn topics(&self, word: &[u8]) -> u128 {
        let first = word.first().map_or(0, u8::to_ascii_lowercase);
        let bucket = self
            .by_first
            .get(usize::from(first))
            .map(Vec::as_slice)
            .unwrap_or_default();
        bucket.iter().fold(0, |topics, known| {
            let length = known.word.len();
            let fits = if known.is_prefix {
                word.len() >= length
            } else {
                word.len() == length
            };
            let same = fits
                && word
                    .get(..length)
                    .is_some_and(|head| head.eq_ignore_ascii_case(known.word.as_bytes()));
            if same { topics | known.topics } else { topics }
        })
    }
}

/// Whether a text begins in a script that sets no spaces.
fn is_run_on(text: &str) -> bool {
    text.as_bytes().first().is_some_and(|first| *first >= 0xe0)
}

/// Whether a byte is inside a word. An underscore joins the words of a name in code.
fn is_inside(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte >= 0x80
}

/// A known word that was met.
#[derive(Clone, Copy)]
struct Hit {
    start: usize,
    end: usize,
    topics: u128,
}

/// What the words around a value say of a topic.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    /// How far away the word is that speaks for it.
    pub(super) distance: Option<usize>,
    /// Whether text that has not come yet could say something else.
    pub(super) unsure: bool,
}

/// The known words around the place that a scan has come to. Each word is looked up once.
pub(super) struct Words<'a> {
    lexicon: &'a Lexicon,
    upto: usize,
    hits: Vec<Hit>,
    /// The last value, the topics of all words around it, and whether more may come.
    last: ((usize, usize), u128, bool),
}

impl<'a> Words<'a> {
    pub(super) fn new(lexicon: &'a Lexicon) -> Self {
        Self {
            lexicon,
            upto: 0,
            hits: Vec::new(),
            last: ((usize::MAX, usize::MAX), 0, false),
        }
    }

    /// Whether words around a value could speak for a topic, now or when more text has come.
    pub(super) fn may_say(&mut self, text: &str, span: (usize, usize), topic: Topic) -> bool {
        if self.last.0 != span {
            self.look(text, span.0, span.1 + AFTER);
            let upto = self.hits.partition_point(|hit| hit.start < span.1 + AFTER);
            let near = self.hits.get(..upto).unwrap_or_default().iter().rev();
            let all = near
                .take_while(|hit| hit.start + BACK >= span.0)
                .fold(0, |all, hit| all | hit.topics);
            self.last = (span, all, span.1 + AFTER >= text.len());
        }
        let (_, all, more) = self.last;
        more || all & (topic.any | topic.both) != 0
    }

    /// Whether the words around a value speak for a topic. Values come in the order of the text.
    pub(super) fn said(&mut self, text: &str, (start, end): (usize, usize), topic: Topic) -> Said {
        if !self.may_say(text, (start, end), topic) {
            return Said::default();
        }
        let (before, after) = self
            .hits
            .split_at(self.hits.partition_point(|hit| hit.start < start));
        let mut both = 0;
        let mut speaks = |hit: &Hit| {
            both |= hit.topics & topic.both;
            hit.topics & topic.any != 0 || (topic.both != 0 && both == topic.both)
        };
        let found = before
            .iter()
            .rev()
            .take_while(|hit| hit.start + BEFORE >= start)
            .find(|hit| hit.end <= start && speaks(hit));
        if let Some(hit) = found {
            return Said {
                distance: Some(start - hit.start),
                unsure: false,
            };
        }
        let line = text
            .as_bytes()
            .get(end..(end + AFTER).min(text.len()))
            .unwrap_or_default();
        let line_end = line.iter().position(|byte| *byte == b'\n');
        let upto = end + line_end.unwrap_or(AFTER);
        let mut both = 0;
        let mut speaks = |hit: &Hit| {
            both |= hit.topics & topic.both;
            hit.topics & topic.any != 0 || (topic.both != 0 && both == topic.both)
        };
        let found = after
            .iter()
            .take_while(|hit| hit.end <= upto)
            .find(|hit| hit.start >= end && speaks(hit));
        match found {
            // What stands before is likelier to be meant. A word at the end may yet become another.
            Some(hit) => Said {
                distance: Some(hit.start - end + BEFORE),
                unsure: hit.end == text.len(),
            },
            None => Said {
                distance: None,
                unsure: line_end.is_none() && end + AFTER >= text.len(),
            },
        }
    }

    /// Looks up the words as far as a place.
    fn look(&mut self, text: &str, start: usize, to: usize) {
        let bytes = text.as_bytes();
        let inside = |place: usize| bytes.get(place).is_some_and(|byte| is_inside(*byte));
        let back = start.saturating_sub(BACK);
        let mut place = self.upto;
        if place < back {
            self.hits.clear();
            place = floor(text, back);
            // A word that is cut here is too far away.
            while place > 0 && inside(place - 1) && inside(place) {
                place += 1;
            }
        }
        while place < to && place < bytes.len() {
            if !inside(place) {
                place += 1;
                continue;
            }
            let first = place;
            while inside(place) {
                place += 1;
            }
            let word = bytes.get(first..place).unwrap_or_default();
            if word.first().is_some_and(|byte| *byte >= 0xe0) {
                self.run_on(word, first);
            } else {
                let topics = self.lexicon.topics(word);
                if topics != 0 {
                    self.hits.push(Hit {
                        start: first,
                        end: place,
                        topics,
                    });
                }
            }
        }
        self.upto = place.max(self.upto);
    }

    /// Looks up words inside a run without spaces.
    fn run_on(&mut self, run: &[u8], at: usize) {
        for (place, byte) in run.iter().enumerate() {
            // Only where a character begins.
            if byte & 0xc0 == 0x80 {
                continue;
            }
            let rest = run.get(place..).unwrap_or_default();
            let bucket = self
                .lexicon
                .by_first
                .get(usize::from(byte.to_ascii_lowercase()))
                .map(Vec::as_slice)
                .unwrap_or_default();
            for known in bucket
                .iter()
                .filter(|known| is_run_on(known.word) && rest.starts_with(known.word.as_bytes()))
            {
                let start = at + place;
                self.hits.push(Hit {
                    start,
                    end: start + known.word.len(),
                    topics: known.topics,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(text: &str, list: &'static [&'static str]) -> (Option<usize>, bool) {
        let mut lexicon = Lexicon::new();
        let topic = lexicon.topic(list);
        let start = text.find('1').unwrap();
        let said = Words::new(&lexicon).said(text, (start, start + 1), topic);
        (said.distance, said.unsure)
    }

    #[test]
    fn words_count_on_both_sides_of_a_value() {
        let far = "x".repeat(60);
        assert_eq!(said("my NHS 1", &["nhs"]), (Some(4), false));
        assert_eq!(said("nhs nhs_number: 1", &["nhs"]), (Some(12), false));
        assert_eq!(said("Passnummer 1", &["pass*"]), (Some(11), false));
        assert_eq!(said("Passnummer 1\n", &["pass"]), (None, false));
        assert_eq!(said("我的身份证号码1", &["身份证"]), (Some(15), false));
        assert_eq!(said("1 is my ssn", &["ssn"]), (Some(67), true));
        assert_eq!(said("1 is my ssn.", &["ssn"]), (Some(67), false));
        assert_eq!(said("1 is my\nssn", &["ssn"]), (None, false));
        assert_eq!(said("1 is my", &["ssn"]), (None, true));
        assert_eq!(
            said("driver’s license 1", &["driv*+licen*"]),
            (Some(19), false)
        );
        assert_eq!(said("driver version 1\n", &["driv*+licen*"]), (None, false));
        assert_eq!(said(&format!("1 {far} ssn"), &["ssn"]), (None, false));
        assert_eq!(said(&format!("ssn {far} 1\n"), &["ssn"]), (None, false));
        assert_eq!(
            said(&format!("ssn{} 1\n", " ".repeat(57)), &["n", "sn"]),
            (None, false)
        );
    }

    #[test]
    fn each_value_has_its_own_words() {
        let mut lexicon = Lexicon::new();
        let (pass, account) = (lexicon.topic(&["passport"]), lexicon.topic(&["account"]));
        assert_eq!(lexicon.bits(), 2);
        let text = format!("passport 1, account 2.{}account 3\n", " ".repeat(300));
        let mut words = Words::new(&lexicon);
        let mut at = |digit: char, topic| {
            let start = text.find(digit).unwrap();
            words.said(&text, (start, start + 1), topic).distance
        };
        assert_eq!(at('1', pass), Some(9));
        assert_eq!(at('1', account), Some(62));
        assert_eq!(at('2', account), Some(8));
        assert_eq!(at('2', pass), Some(20));
        assert_eq!(at('3', account), Some(8));
        assert_eq!(at('3', pass), None);
    }
}
