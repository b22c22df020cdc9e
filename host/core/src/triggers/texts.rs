//! Texts that are looked for all at once.
//!
//! Each is told by five of its bytes, the rarest that stand together: four of them begin at an even
//! place. A table of two bytes says where such four may stand, which is next to nowhere in most text.
//! There the text is looked at, and around what is one an automaton reads whose it is, and what else
//! there is.

use std::ops::Range;

use aho_corasick::AhoCorasick;
use aho_corasick::automaton::OverlappingState;

use super::Set;

/// A stretch of so many bytes is read before more is added to it: what has triggers all over is known
/// early.
const READ: usize = 512;
/// Bytes that are judged in one step, two at a time.
const STEP: usize = 32;

/// Texts, each with its owners.
#[derive(Debug)]
pub(super) struct Texts {
    automaton: AhoCorasick,
    /// Whose the patterns are.
    owners: Vec<Set>,
    /// All of those.
    all: Set,
    marks: Marks,
}

impl Texts {
    /// Lower case, in ASCII, stands for both cases.
    pub(super) fn new(texts: Vec<(String, Set)>) -> Option<Self> {
        let automaton = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .build(texts.iter().map(|(text, _)| text))
            .ok()?;
        Some(Self {
            automaton,
            marks: Marks::new(texts.iter().map(|(text, _)| text.as_bytes())),
            all: texts.iter().fold(0, |all, (_, owners)| all | owners),
            owners: texts.into_iter().map(|(_, owners)| owners).collect(),
        })
    }

    /// The owners of what occurs, of those that are `wanted`; perhaps others too.
    pub(super) fn find(&self, bytes: &[u8], wanted: Set) -> Set {
        let wanted = wanted & self.all;
        let mut found = 0;
        if wanted == 0 {
            return found;
        }
        // What is to be read: a stretch around marks, those that touch as one.
        let mut stretch = 0..0;
        self.marks.each(bytes, |at| {
            let start = at.saturating_sub(self.marks.before);
            if start > stretch.end || stretch.len() >= READ {
                self.read(slice(bytes, &stretch), wanted, &mut found);
                stretch.start = start;
            }
            stretch.end = at + self.marks.behind;
            found & wanted != wanted
        });
        self.read(slice(bytes, &stretch), wanted, &mut found);
        found
    }

    /// Adds the owners of what occurs, until all that are wanted are there.
    fn read(&self, bytes: &[u8], wanted: Set, found: &mut Set) {
        let mut state = OverlappingState::start();
        while *found & wanted != wanted {
            self.automaton.find_overlapping(bytes, &mut state);
            let Some(matched) = state.get_match() else {
                return;
            };
            let owners = self.owners.get(matched.pattern().as_usize());
            *found |= owners.copied().unwrap_or(0);
        }
    }
}

fn slice<'a>(bytes: &'a [u8], range: &Range<usize>) -> &'a [u8] {
    let end = range.end.min(bytes.len());
    bytes.get(range.start..end).unwrap_or_default()
}

/// Two bytes of six bits: a table of 16 KiB, so that it stays near beside all else that a request reads.
const PAIRS: usize = 1 << 12;
/// Four bytes are told apart by groups, a bit each: those of which some may be anything have a group
/// for each way to be so, and the others share the rest.
const OPEN: usize = 6;
const WHOLE: usize = 10;
const GROUPS: usize = OPEN + WHOLE;
/// Bits that tell most of what is no four bytes of a text.
const KNOWN: usize = 1 << 13;
/// With more that may be told by the same four bytes, a place is read closely and not compared with
/// each.
const MANY: usize = 64;

/// Four bytes that a text is told by; anything may stand before its beginning and behind its end.
type Four = [Option<u8>; 4];

/// A text, and where in it the four bytes begin that it is told by; `None`: one place before it.
#[derive(Clone)]
struct Told {
    text: Box<[u8]>,
    at: Option<usize>,
    /// The four bytes as a number, and which of its bits count.
    number: u32,
    mask: u32,
}

/// Where four bytes stand that a text is told by.
struct Marks {
    /// For two bytes, the groups that they may begin; in the upper half those that they may go on.
    pairs: Box<[u32; PAIRS]>,
    /// What the groups hold of whose four bytes some may be anything.
    open: [Vec<Told>; OPEN],
    /// What all others hold, by number, with a bit for each.
    whole: Vec<Told>,
    known: Box<[u64; KNOWN / 64]>,
    /// How far before such a place a text may begin, and how far behind it may end.
    before: usize,
    behind: usize,
}

impl std::fmt::Debug for Marks {
    fn fmt(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.debug_struct("Marks")
            .field("before", &self.before)
            .field("behind", &self.behind)
            .finish_non_exhaustive()
    }
}

impl Marks {
    fn new<'a>(texts: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut marks = Self {
            pairs: Box::new([0; PAIRS]),
            open: Default::default(),
            whole: Vec::new(),
            known: Box::new([0; KNOWN / 64]),
            before: 0,
            behind: 0,
        };
        let mut all: Vec<Told> = Vec::new();
        for text in texts {
            let at = rarest(text);
            marks.before = marks.before.max(at);
            marks.behind = marks.behind.max(text.len() - at + 1);
            all.extend([at.checked_sub(1), Some(at)].map(|at| Told::new(text, at)));
        }
        // Neighbours share a group: their bytes are alike, and few strange ones get in between.
        all.sort_by_key(Told::four);
        let is_open = |told: &Told| told.four().contains(&None);
        let (open, whole): (Vec<_>, Vec<_>) = all.into_iter().partition(is_open);
        for told in open {
            let four = told.four();
            let begins = usize::from(four.first().is_some_and(Option::is_some));
            let count = four.iter().flatten().count();
            let group = count.saturating_sub(1) * 2 + begins;
            marks.add(&told, group);
            if let Some(all) = marks.open.get_mut(group) {
                all.push(told);
            }
        }
        let count = whole.len().max(1);
        for (place, told) in whole.iter().enumerate() {
            marks.add(told, OPEN + place * WHOLE / count);
            let (word, bit) = known(told.number);
            if let Some(word) = marks.known.get_mut(word) {
                *word |= bit;
            }
        }
        marks.whole = whole;
        marks.whole.sort_by_key(|told| told.number);
        marks
    }

    fn add(&mut self, told: &Told, group: usize) {
        let [one, two, three, four] = told.four();
        for (first, second, shift) in [(one, two, 0), (three, four, GROUPS)] {
            for left in (0..128).filter(|byte| fits(first, *byte)) {
                for right in (0..128).filter(|byte| fits(second, *byte)) {
                    if let Some(slot) = self.pairs.get_mut(usize::from(pair([left, right]))) {
                        *slot |= 1 << (group + shift);
                    }
                }
            }
        }
    }

    /// Calls `found` with each even place where a text may be told, as long as it wants more.
    fn each(&self, bytes: &[u8], mut found: impl FnMut(usize) -> bool) {
        let mut at = 0;
        while at < bytes.len() {
            let rest = bytes.get(at..).unwrap_or_default();
            let padded;
            let window = match rest.first_chunk() {
                Some(window) => window,
                None => {
                    padded = self::padded(rest);
                    &padded
                }
            };
            let mut told = [0; STEP / 2];
            if self.told(window, &mut told) != 0 {
                for (place, told) in (at..).step_by(2).zip(told) {
                    if told != 0 && self.stands(bytes, place, told) && !found(place) {
                        return;
                    }
                }
            }
            at += STEP;
        }
    }

    /// Whether a text of one of the groups is told by what stands at a place.
    fn stands(&self, bytes: &[u8], at: usize, groups: u32) -> bool {
        let rest = bytes.get(at..).unwrap_or_default();
        let four = rest.first_chunk().copied();
        let four = number(four.unwrap_or_else(|| padded(rest)));
        let (word, bit) = known(four);
        if groups >> OPEN != 0 && self.known.get(word).is_some_and(|known| known & bit != 0) {
            let alike = numbered(&self.whole, four);
            if alike.len() > MANY || alike.iter().any(|told| told.stands(bytes, at)) {
                return true;
            }
        }
        let told = |told: &Told| four & told.mask == told.number && told.stands(bytes, at);
        let open = self.open.iter().enumerate();
        groups & ((1 << OPEN) - 1) != 0
            && open
                .filter(|(group, _)| groups >> group & 1 != 0)
                .any(|(_, all)| all.len() > MANY || all.iter().any(told))
    }

    /// The groups of which four bytes may begin at each even place; and all of those together.
    fn told(&self, window: &[u8; STEP + 2], told: &mut [u32; STEP / 2]) -> u32 {
        let (pairs, _) = window.as_chunks();
        // In a step of its own, which becomes vector code.
        let mut places = [0; STEP / 2 + 1];
        for (place, bytes) in places.iter_mut().zip(pairs) {
            *place = pair(*bytes);
        }
        let groups = |place: u16| {
            let groups = self.pairs.get(usize::from(place) % PAIRS);
            groups.copied().unwrap_or(0)
        };
        let [first, others @ ..] = places;
        let (mut any, mut before) = (0, groups(first));
        for (told, place) in told.iter_mut().zip(others) {
            let after = groups(place);
            *told = before & (after >> GROUPS);
            any |= *told;
            before = after;
        }
        any
    }
}

/// Where the bit of a number is. (Multiplicative hashing, Knuth, volume 3, 6.4.)
const fn known(number: u32) -> (usize, u64) {
    let hash = number.wrapping_mul(0x9e37_79b9) >> (u32::BITS - KNOWN.ilog2());
    (hash as usize / 64, 1 << (hash % 64))
}

/// Those with a number, of some in its order.
fn numbered(all: &[Told], number: u32) -> &[Told] {
    let from = all.partition_point(|told| told.number < number);
    let rest = all.get(from..).unwrap_or_default();
    let count = rest.iter().take_while(|told| told.number == number).count();
    rest.get(..count).unwrap_or_default()
}

/// The end of a text, with nothing behind it.
fn padded<const LENGTH: usize>(rest: &[u8]) -> [u8; LENGTH] {
    let mut window = [0; LENGTH];
    for (slot, byte) in window.iter_mut().zip(rest) {
        *slot = *byte;
    }
    window
}

/// Four bytes as a number, in which letters have no case.
const fn number(four: [u8; 4]) -> u32 {
    u32::from_le_bytes(four) | 0x2020_2020
}

impl Told {
    fn new(text: &[u8], at: Option<usize>) -> Self {
        let mut told = Self {
            text: text.into(),
            at,
            number: 0,
            mask: 0,
        };
        let four = told.four();
        let mask = four.map(|byte| if byte.is_some() { u8::MAX } else { 0 });
        told.mask = u32::from_le_bytes(mask);
        told.number = number(four.map(Option::unwrap_or_default)) & told.mask;
        told
    }

    fn four(&self) -> Four {
        [0, 1, 2, 3].map(|place| {
            let place = match self.at {
                Some(at) => at + place,
                None => place.checked_sub(1)?,
            };
            self.text.get(place).copied()
        })
    }

    /// Whether the text stands where its four bytes would begin at a place.
    fn stands(&self, bytes: &[u8], place: usize) -> bool {
        let start = match self.at {
            Some(at) => place.checked_sub(at),
            None => Some(place + 1),
        };
        let found = start.and_then(|start| bytes.get(start..start + self.text.len()));
        found.is_some_and(|found| found.eq_ignore_ascii_case(&self.text))
    }
}

fn fits(own: Option<u8>, byte: u8) -> bool {
    own.is_none_or(|own| (own & 127).eq_ignore_ascii_case(&byte))
}

/// Two bytes in twelve bits, six of each: letters have no case, and controls count as the digits and
/// marks that they share five bits with.
const fn pair(bytes: [u8; 2]) -> u16 {
    let both = u16::from_le_bytes(bytes);
    let folded = both & 0x1f1f | (both & 0x4040) >> 1;
    folded & 0x3f | folded >> 2 & 0xfc0
}

/// Where the second of the five bytes stands that are the rarest; 0 in a text that has no more than
/// four.
fn rarest(text: &[u8]) -> usize {
    let commonness = |five: &[u8; 5]| -> u32 { five.iter().map(|byte| common(*byte)).product() };
    let fives = text.array_windows::<5>().enumerate();
    fives
        .min_by_key(|(_, five)| commonness(five))
        .map_or(0, |(at, _)| at + 1)
}

/// How common a byte is in prose, of a hundred.
const fn common(byte: u8) -> u32 {
    match byte {
        b' ' => 18,
        b'e' => 11,
        b't' | b'a' | b'o' | b'i' | b'n' | b's' | b'r' | b'h' => 7,
        b'd' | b'l' | b'c' | b'u' | b'm' => 4,
        b'w' | b'f' | b'g' | b'y' | b'p' | b'b' | b'v' => 3,
        b'k' | b'.' | b',' | b'-' | b'\'' | b'"' | b'\n' | b'0'..=b'9' => 2,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_told_by_their_rarest_bytes() {
        for (text, place) in [
            ("://", 0),
            ("see ftp://", 6),
            ("-----begin", 1),
            ("javascript:", 1),
        ] {
            assert_eq!(rarest(text.as_bytes()), place, "{text}");
        }
    }

    #[test]
    fn many_texts_that_are_alike_are_read_by_the_automaton() {
        let texts = (0..2000).map(|number| (format!("see {number:05}"), 1 << (number % 64)));
        let texts = Texts::new(texts.collect()).unwrap();
        for (text, wanted) in [
            ("one may see 00012", 1 << 12),
            ("to see 01999.", 1 << 15),
            ("see 2", 0),
        ] {
            for blanks in ["", " "] {
                let text = format!("{blanks}{text}");
                assert_eq!(texts.find(text.as_bytes(), Set::MAX), wanted, "{text}");
            }
        }
    }

    #[test]
    fn prose_has_next_to_no_marks() {
        let texts: [&[u8]; 5] = [b"://", b"](", b"mysql", b"password is ", b"token is "];
        let marks = Marks::new(texts.into_iter());
        let mut places = Vec::new();
        let mut look = |text: &[u8]| {
            places.clear();
            marks.each(text, |at| {
                places.push(at);
                true
            });
            places.clone()
        };
        let prose =
            b"It is a matter of taste, some say (and others: of time), whether one takes the \
                      train to Zurich at 12.34 or at 14.56; both have a dining car.";
        assert_eq!(look(prose), [0; 0]);
        assert_eq!(look(b"a://b and MySQL]("), [0, 10, 14]);
    }
}
