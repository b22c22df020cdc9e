//! Words around a value that say what it is.
//!
//! All lists are looked up together: each word near a number is compared once with the few known
//! ones that begin as it does, however many kinds of number there are. Most words are passed over
//! for their first three letters alone, by a filter of half a kilobyte.

use caponier_sdk::scan::blocks::{BLOCK, in_ranges};

use super::text::floor;

/// How many bytes before and after a value its words count.
const BEFORE: usize = 60;
const AFTER: usize = 40;

/// More than enough to cover what stands before a value and the chunks that lead it.
const BACK: usize = BEFORE + 16;

/// How many bytes before a value its words count that nothing else speaks for.
const CLOSE: usize = 24;

/// Words between the one that names a number and the number.
const LEADING: &[&[u8]] = &[
    b"is", b"code", b"no", b"nr", b"number", b"ist", b"lautet", b"est", b"es", b"my", b"in",
];

/// Bits of the filter.
const FILTER: usize = 4096;

/// A list of words, as a set of one bit; and two bits of which both must be there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Topic {
    any: u128,
    both: u128,
}

impl Topic {
    /// Whether words of these topics, or of parts of them, may speak for it.
    fn is_touched(self, topics: u128) -> bool {
        topics & (self.any | self.both) != 0
    }

    /// Whether words of these topics speak for it.
    fn is_said(self, topics: u128) -> bool {
        topics & self.any != 0 || (self.both != 0 && topics & self.both == self.both)
    }
}

/// What the words just before a value speak for.
#[derive(Clone, Copy)]
pub(super) struct Close(u128);

impl Close {
    pub(super) fn says_any(self) -> bool {
        self.0 != 0
    }

    pub(super) fn says(self, topic: Topic) -> bool {
        topic.is_said(self.0)
    }
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
    /// In the order of their first bytes.
    known: Vec<Known>,
    /// By first byte: where the words begin that have it.
    first: [u16; 257],
    /// A bit for each beginning that a known word has.
    filter: [u64; FILTER / 64],
    lists: Vec<(&'static [&'static str], Topic)>,
    bits: u32,
}

impl Lexicon {
    pub(super) fn new() -> Self {
        Self {
            known: Vec::new(),
            first: [0; 257],
            filter: [0; FILTER / 64],
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
        let Some(first) = word.bytes().next().map(usize::from) else {
            return;
        };
        let bucket = self.bucket(first);
        let end = bucket.end;
        let same = |known: &&mut Known| known.word == word && known.is_prefix == is_prefix;
        match self
            .known
            .get_mut(bucket)
            .and_then(|known| known.iter_mut().find(same))
        {
            Some(known) => known.topics |= topics,
            None => {
                self.known.insert(
                    end,
                    Known {
                        word,
                        is_prefix,
                        topics,
                    },
                );
                for place in self.first.iter_mut().skip(first + 1) {
                    *place += 1;
                }
            }
        }
        let bit = beginning(word.as_bytes());
        if let Some(bits) = self.filter.get_mut(bit / 64) {
            *bits |= 1 << (bit % 64);
        }
    }

    /// Where the words are that begin with a byte.
    fn bucket(&self, first: usize) -> std::ops::Range<usize> {
        let place = |at: usize| self.first.get(at).copied().map_or(0, usize::from);
        place(first)..place(first + 1)
    }

    /// The words of scripts without spaces that a text begins with.
    fn run_on<'a>(&'a self, rest: &'a [u8]) -> impl Iterator<Item = &'a Known> {
        let first = rest.first().copied().map_or(0, usize::from);
        let bucket = self.known.get(self.bucket(first)).unwrap_or_default();
        bucket
            .iter()
            .filter(move |known| is_run_on(known.word) && rest.starts_with(known.word.as_bytes()))
    }

    /// Whether a known word may begin so.
    #[inline]
    fn may_know(&self, word: &[u8]) -> bool {
        let bit = beginning(word);
        let bits = self.filter.get(bit / 64).copied().unwrap_or(0);
        bits >> (bit % 64) & 1 != 0
    }

    /// The topics that a word belongs to.
    #[inline]
    fn topics(&self, word: &[u8]) -> u128 {
        if self.may_know(word) {
            self.look_up(word)
        } else {
            0
        }
    }

    fn look_up(&self, word: &[u8]) -> u128 {
        let first = word.first().map_or(0, u8::to_ascii_lowercase);
        let bucket = self.known.get(self.bucket(usize::from(first)));
        let bucket = bucket.unwrap_or_default();
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

/// The bit of the filter for a word's first three bytes, in either case.
#[inline]
fn beginning(word: &[u8]) -> usize {
    let byte = |at: usize| word.get(at).map_or(0, |byte| u32::from(byte | 0x20));
    let bytes = byte(0) | byte(1) << 8 | byte(2) << 16;
    (bytes.wrapping_mul(0x9e37_79b1) >> 20) as usize
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
    /// The block that was looked at last, and a bit for each of its bytes that is inside a word.
    block: (usize, u64),
}

impl<'a> Words<'a> {
    pub(super) fn new(lexicon: &'a Lexicon) -> Self {
        Self {
            lexicon,
            upto: 0,
            hits: Vec::new(),
            last: ((usize::MAX, usize::MAX), 0, false),
            block: (usize::MAX, 0),
        }
    }

    /// Whether words around a value could speak for a topic, now or when more text has come.
    pub(super) fn may_say(&mut self, text: &str, span: (usize, usize), topic: Topic) -> bool {
        self.look_around(text, span);
        let (_, all, more) = self.last;
        more || topic.is_touched(all)
    }

    /// The same of any topic, as far as that is known without looking up words that are not yet.
    pub(super) fn may_say_any(&mut self, text: &str, span: (usize, usize)) -> bool {
        if self.upto < span.0 {
            return true;
        }
        self.look_around(text, span);
        let (_, all, more) = self.last;
        more || all != 0
    }

    /// Looks up the topics of all words around a value.
    #[inline]
    fn look_around(&mut self, text: &str, span: (usize, usize)) {
        if self.last.0 != span {
            self.look(text, span.0, span.1 + AFTER);
            let upto = self.hits.partition_point(|hit| hit.start < span.1 + AFTER);
            let near = self.hits.get(..upto).unwrap_or_default().iter().rev();
            let all = near
                .take_while(|hit| hit.start + BACK >= span.0)
                .fold(0, |all, hit| all | hit.topics);
            self.last = (span, all, span.1 + AFTER >= text.len());
        }
    }

    /// The topics of the word just before a place, and of those before it as long as nothing but
    /// what leads from a word to its number lies between.
    pub(super) fn just_before(&self, text: &str, place: usize) -> Close {
        let bytes = text.as_bytes().get(place.saturating_sub(CLOSE)..place);
        let mut rest = bytes.unwrap_or_default();
        let mut topics = 0;
        for _ in 0..4 {
            let marks = rest
                .iter()
                .rev()
                .take_while(|byte| !is_inside(**byte))
                .count();
            rest = rest.get(..rest.len() - marks).unwrap_or_default();
            let length = rest
                .iter()
                .rev()
                .take_while(|byte| is_inside(**byte))
                .count();
            let (before, word) = rest
                .split_at_checked(rest.len() - length)
                .unwrap_or_default();
            let found = match word.first() {
                Some(0xe0..) => self.run_topics(word),
                _ => self.lexicon.topics(word),
            };
            topics |= found;
            let leads_on = LEADING.iter().any(|lead| lead.eq_ignore_ascii_case(word));
            if found == 0 && !leads_on {
                break;
            }
            rest = before;
        }
        Close(topics)
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
        while let Some((first, after)) = self.next_word(bytes, place, to) {
            place = after;
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
        self.upto = place.max(to.min(bytes.len())).max(self.upto);
    }

    /// The next run of letters and digits that begins before `to`: its first byte, and the one after
    /// its last.
    #[inline]
    fn next_word(&mut self, bytes: &[u8], from: usize, to: usize) -> Option<(usize, usize)> {
        let first = self.next(bytes, from, to, |inside| inside)?;
        let after = self.next(bytes, first, bytes.len(), |inside| !inside);
        Some((first, after.unwrap_or(bytes.len())))
    }

    /// The first byte from a place on, and before `to`, that is told by whether it is inside a word.
    #[inline]
    fn next(
        &mut self,
        bytes: &[u8],
        from: usize,
        to: usize,
        wanted: impl Fn(u64) -> u64,
    ) -> Option<usize> {
        let mut start = from - from % BLOCK;
        let mut mask = u64::MAX << (from % BLOCK);
        while start < to.min(bytes.len()) {
            if self.block.0 != start {
                let word = [b'0'..=b'9', b'A'..=b'Z', b'a'..=b'z', 0x80..=0xff];
                self.block = (start, in_ranges(bytes, start, word).unwrap_or(0));
            }
            let bits = wanted(self.block.1) & mask;
            if bits != 0 {
                return Some(start + bits.trailing_zeros() as usize).filter(|place| *place < to);
            }
            (start, mask) = (start + BLOCK, u64::MAX);
        }
        None
    }

    /// Looks up words inside a run without spaces.
    fn run_on(&mut self, run: &[u8], from: usize) {
        for (place, byte) in run.iter().enumerate() {
            // Only where a character begins.
            if byte & 0xc0 == 0x80 {
                continue;
            }
            let rest = run.get(place..).unwrap_or_default();
            if !self.lexicon.may_know(rest) {
                continue;
            }
            let hits = self.lexicon.run_on(rest).map(|known| Hit {
                start: from + place,
                end: from + place + known.word.len(),
                topics: known.topics,
            });
            self.hits.extend(hits);
        }
    }

    /// The topics of the words inside a run without spaces.
    fn run_topics(&self, run: &[u8]) -> u128 {
        let rests = (0..run.len()).filter_map(|place| run.get(place..));
        rests
            .filter(|rest| self.lexicon.may_know(rest))
            .flat_map(|rest| self.lexicon.run_on(rest))
            .fold(0, |topics, known| topics | known.topics)
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
