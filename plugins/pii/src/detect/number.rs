//! Digits in groups, as people write long numbers.

use super::classes::Classes;
use super::text::at;

/// The most groups and digits that any number here has.
pub(super) const MAX_GROUPS: usize = 8;
const MAX_DIGITS: usize = 19;

/// Bytes that are copied at once: at least as many as most groups have digits. A copy of some other
/// length is a call.
const COPIED: usize = 16;

/// The most digits of a number in a row of others that no card and no wallet could be.
const MOST_IN_ROW: usize = 11;

/// What stands between two groups.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Separator {
    Space,
    Dash,
    Dot,
    Slash,
    /// A bracket, or more than one character.
    Mixed,
}

/// One group of digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Group {
    /// The byte after its last digit.
    pub(super) end: usize,
    /// How many digits it has.
    pub(super) length: u8,
    /// What stands before it. The first group has nothing.
    pub(super) separator: Option<Separator>,
    /// How many digits there are up to its end.
    pub(super) total: u8,
}

/// A first group of digits and those that follow it.
#[derive(Clone, Debug)]
pub(super) struct Groups {
    /// The first digit's place.
    pub(super) start: usize,
    groups: [Group; MAX_GROUPS],
    count: usize,
    /// A bit for each group that is a single digit, and for each before which there is not just a space.
    singles: u32,
    marked: u32,
    /// What is behind the last of them is of no meaning.
    digits: [u8; MAX_DIGITS + COPIED],
    /// Whether a bracket closes between the first and the second group.
    pub(super) closes: bool,
}

impl Groups {
    /// Reads on from a first digit, as far as groups follow one another, and no more than `most` of
    /// them. A group that would make the number too long is left out; a first group that does leaves
    /// nothing.
    pub(super) fn read(bytes: &[u8], start: usize, most: usize, classes: &mut Classes<'_>) -> Self {
        let none = Group {
            end: 0,
            length: 0,
            separator: None,
            total: 0,
        };
        let mut read = Self {
            start,
            groups: [none; MAX_GROUPS],
            count: 0,
            singles: 0,
            marked: 0,
            digits: [0; MAX_DIGITS + COPIED],
            closes: false,
        };
        let (mut place, mut separator, mut total) = (start, None, 0);
        for group in read.groups.iter_mut().take(most) {
            let length = classes.from(place).digits().trailing_ones() as usize;
            let end = place + length;
            if length == 0 || total + length > MAX_DIGITS {
                break;
            }
            let slots = read.digits.get_mut(total..).unwrap_or_default();
            copy(bytes.get(place..).unwrap_or_default(), length, slots);
            total += length;
            *group = Group {
                end,
                length: length as u8,
                separator,
                total: total as u8,
            };
            read.singles |= u32::from(length == 1) << read.count;
            read.marked |=
                u32::from(!matches!(separator, None | Some(Separator::Space))) << read.count;
            read.count += 1;
            let Some((width, kind, closes)) = separator_at(bytes, end) else {
                break;
            };
            read.closes |= read.count == 1 && closes;
            place = end + width;
            separator = Some(kind);
        }
        read
    }

    /// The groups.
    pub(super) fn all(&self) -> &[Group] {
        self.groups.get(..self.count).unwrap_or_default()
    }

    /// The digits of the first groups, `total` of them.
    pub(super) fn digits(&self, total: u8) -> &[u8] {
        self.digits.get(..usize::from(total)).unwrap_or_default()
    }

    /// The lengths of the first `count` groups fit, and one and the same separator is between them.
    pub(super) fn uniform(&self, count: usize) -> Option<Separator> {
        let first = self.all().get(1)?.separator?;
        let same = self
            .all()
            .get(1..count)?
            .iter()
            .all(|group| group.separator == Some(first));
        (same && first != Separator::Mixed).then_some(first)
    }

    /// A bit for each of the first `count` groups that is a single digit.
    pub(super) fn singles(&self, count: usize) -> u32 {
        self.singles & ((1 << count) - 1)
    }

    /// Whether nothing but spaces sets the first `count` groups apart.
    pub(super) fn is_spaced(&self, count: usize) -> bool {
        self.marked & ((1 << count) - 1) == 0
    }

    /// The lengths of the first `count` groups.
    pub(super) fn lengths(&self, count: usize) -> impl Iterator<Item = u8> {
        self.all().iter().take(count).map(|group| group.length)
    }
}

/// Whether the groups of four before a place, each set apart by a space, are those of a longer code
/// with letters, such as an account number with a wrong check digit.
pub(super) fn is_in_code(bytes: &[u8], start: usize) -> bool {
    let mut end = start;
    for _ in 0..3 {
        let Some(group) = end.checked_sub(5).and_then(|first| bytes.get(first..end)) else {
            return false;
        };
        let Some((b' ', group)) = group.split_last() else {
            return false;
        };
        if !group
            .iter()
            .all(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase())
        {
            return false;
        }
        end -= 5;
        if end > 0 && at(bytes, end - 1).is_ascii_alphanumeric() {
            return false;
        }
        let has = |class: fn(&u8) -> bool| group.iter().any(class);
        if has(u8::is_ascii_digit) && has(u8::is_ascii_uppercase) {
            return true;
        }
    }
    false
}

/// Copies the first `length` bytes, and perhaps some that follow them.
#[inline]
fn copy(from: &[u8], length: usize, to: &mut [u8]) {
    match (from.first_chunk::<COPIED>(), to.first_chunk_mut()) {
        (Some(from), Some(to)) if length <= COPIED => *to = *from,
        _ => copy_each(from, length, to),
    }
}

/// The same of a group that is longer, or stands at the end of the text.
#[cold]
#[inline(never)]
fn copy_each(from: &[u8], length: usize, to: &mut [u8]) {
    for (to, from) in to.iter_mut().zip(from).take(length) {
        *to = *from;
    }
}

/// Whether the digits from `hit` to `end` are one of many numbers in a row, with nothing but spaces
/// between them as far as any number goes, and too few for a card's in one piece.
pub(super) fn is_in_row(bytes: &[u8], (hit, end): (usize, usize)) -> bool {
    let is_plain = |byte: &u8| (*byte == b' ') | byte.is_ascii_digit();
    let reach = bytes.get(hit.wrapping_sub(1)..hit + MAX_DIGITS + MAX_GROUPS);
    at(bytes, hit.wrapping_sub(1)) == b' '
        && at(bytes, hit.wrapping_sub(2)).is_ascii_digit()
        && at(bytes, end) == b' '
        && end - hit <= MOST_IN_ROW
        && reach.is_some_and(|reach| {
            reach
                .iter()
                .fold(true, |plain, byte| plain & is_plain(byte))
        })
}

/// Whether a digit may follow the digits that end here, with separators between them.
#[inline]
pub(super) fn may_go_on(bytes: &[u8], end: usize) -> bool {
    let is_separator =
        |byte: u8| matches!(byte, b' ' | b'-' | b'.' | b'/' | b'(' | b')') || byte >= 0x80;
    let next = at(bytes, end + 1);
    is_separator(at(bytes, end)) && (next.is_ascii_digit() || is_separator(next))
}

/// By byte: what it is between two groups, if it stands there alone.
#[expect(clippy::indexing_slicing, reason = "each byte has its place")]
const MARKS: [Option<Separator>; 256] = {
    let mut marks = [None; 256];
    marks[b' ' as usize] = Some(Separator::Space);
    marks[b'-' as usize] = Some(Separator::Dash);
    marks[b'.' as usize] = Some(Separator::Dot);
    marks[b'/' as usize] = Some(Separator::Slash);
    marks[b'(' as usize] = Some(Separator::Mixed);
    marks[b')' as usize] = Some(Separator::Mixed);
    marks[0xc2] = Some(Separator::Mixed);
    marks[0xe2] = Some(Separator::Mixed);
    marks
};

/// The separator at a place, where a digit follows it: its width, what it is, and whether it
/// closes a bracket.
#[inline]
fn separator_at(bytes: &[u8], place: usize) -> Option<(usize, Separator, bool)> {
    let kind = MARKS.get(usize::from(at(bytes, place))).copied()??;
    if at(bytes, place + 1).is_ascii_digit() && kind != Separator::Mixed {
        return Some((1, kind, false));
    }
    separators_at(bytes, place)
}

/// The same of more characters, or of those that are no mark by themselves.
fn separators_at(bytes: &[u8], place: usize) -> Option<(usize, Separator, bool)> {
    let (mut width, mut parts) = (0, 0);
    let mut kind = None;
    let (mut spaces, mut marks, mut opened, mut closed) = (0, 0, false, false);
    while !at(bytes, place + width).is_ascii_digit() {
        let (step, part) = match (
            at(bytes, place + width),
            at(bytes, place + width + 1),
            at(bytes, place + width + 2),
        ) {
            (b' ', ..) => (1, Some(Separator::Space)),
            (0xc2, 0xa0, _) => (2, Some(Separator::Space)),
            (0xe2, 0x80, 0xaf) => (3, Some(Separator::Space)),
            (b'-', ..) => (1, Some(Separator::Dash)),
            (0xe2, 0x80, 0x90..=0x93) => (3, Some(Separator::Dash)),
            (b'.', ..) => (1, Some(Separator::Dot)),
            (b'/', ..) => (1, Some(Separator::Slash)),
            (b'(', ..) if !opened => {
                opened = true;
                (1, None)
            }
            (b')', ..) if !closed => {
                closed = true;
                (1, None)
            }
            _ => return None,
        };
        match part {
            Some(Separator::Space) => spaces += 1,
            Some(_) => marks += 1,
            None => kind = Some(Separator::Mixed),
        }
        kind = kind.or(part);
        parts += 1;
        width += step;
        if parts > 3 || marks > 1 || spaces > 2 {
            return None;
        }
    }
    let kind = if parts > 1 { Separator::Mixed } else { kind? };
    // Two spaces and nothing else set two columns apart.
    if parts > 1 && marks == 0 && !opened && !closed {
        return None;
    }
    Some((width, kind, closed))
}
