//! Where in a text a pattern may begin, told from four bytes by tables: most bytes go no further.

use std::ops::Range;

use crate::shape::Class;

/// Positions judged in one step, a bit each.
const STEP: usize = 64;
/// The bytes that eight positions are judged by.
const EIGHT: usize = 8 + 3;

/// A bit for each group of patterns that two bytes fit in their place. A position stays if one
/// group fits at both pairs of its bytes.
pub(crate) struct Filter {
    /// By the first byte and the second, seven bits of each.
    first: Box<[u8; PAIRS]>,
    /// By the third and the fourth.
    second: Box<[u8; PAIRS]>,
}

/// Two bytes of seven bits.
const PAIRS: usize = 1 << 14;
/// The group of separators, behind which anything may stand.
const SINGLES: u8 = 1;
/// Prefixes of two bytes and of three are groups of their own: what may follow them would widen
/// any other.
const TWO: u8 = 2;
const THREE: u8 = 4;
/// The first group of longer prefixes, and how many there are.
const LONGER: u8 = 8;
const GROUPS: usize = 5;

impl Filter {
    /// For single bytes and for prefixes, each with what may follow it; `None` where anything may.
    pub(crate) fn new<'a>(
        singles: &[u8],
        prefixes: impl Iterator<Item = (&'a str, Option<Class>)>,
    ) -> Self {
        let mut filter = Self {
            first: Box::new([0; PAIRS]),
            second: Box::new([0; PAIRS]),
        };
        for single in singles {
            filter.add(&[*single], None, SINGLES);
        }
        let (short, mut long): (Vec<_>, Vec<_>) =
            prefixes.partition(|(prefix, _)| prefix.len() < 4);
        for (prefix, class) in short {
            let group = if prefix.len() < 3 { TWO } else { THREE };
            filter.add(prefix.as_bytes(), class, group);
        }
        // Neighbours share a group: their bytes are alike, and few strange ones get in between.
        long.sort_by_key(|(prefix, _)| *prefix);
        let count = long.len().max(1);
        for (at, (prefix, class)) in long.into_iter().enumerate() {
            filter.add(prefix.as_bytes(), class, LONGER << (at * GROUPS / count));
        }
        filter
    }

    fn add(&mut self, prefix: &[u8], class: Option<Class>, group: u8) {
        let fits = |place: usize, byte: u8| match prefix.get(place) {
            Some(own) => *own == byte,
            None => class.is_none_or(|class| class.has(byte)),
        };
        for (place, table) in [(0, &mut self.first), (2, &mut self.second)] {
            for one in (0..128).filter(|byte| fits(place, *byte)) {
                for two in (0..128).filter(|byte| fits(place + 1, *byte)) {
                    if let Some(slot) = table.get_mut(pair(one, two)) {
                        *slot |= group;
                    }
                }
            }
        }
    }

    /// Calls `found` with every position of the range where a pattern may begin.
    pub(crate) fn each(&self, bytes: &[u8], range: Range<usize>, mut found: impl FnMut(usize)) {
        let end = range.end.min(bytes.len());
        let mut at = range.start;
        let whole = end.min(bytes.len().saturating_sub(3)).saturating_sub(at);
        for _ in 0..whole / STEP {
            if let Some(block) = bytes
                .get(at..)
                .and_then(|rest| rest.first_chunk::<{ STEP + 3 }>())
            {
                self.step(block, at, &mut found);
            }
            at += STEP;
        }
        // What is left, with nothing behind it at the end of the text.
        while at < end {
            let mut block = [0; STEP + 3];
            let left = bytes.get(at..).unwrap_or_default();
            for (slot, byte) in block.iter_mut().zip(left) {
                *slot = *byte;
            }
            self.step(&block, at, &mut |at| {
                if at < end {
                    found(at);
                }
            });
            at += STEP;
        }
    }

    #[inline]
    fn step(&self, block: &[u8; STEP + 3], at: usize, found: &mut impl FnMut(usize)) {
        let mut fits = self.fits(block);
        while fits != 0 {
            found(at + fits.trailing_zeros() as usize);
            fits &= fits - 1;
        }
    }

    /// Which places of a block fit. A function of its own, and eight places at a time: its few
    /// variables stay in registers, and the sandbox looks at its clock once for all eight.
    #[inline(never)]
    fn fits(&self, block: &[u8; STEP + 3]) -> u64 {
        let mut fits = 0u64;
        for bytes in block.windows(EIGHT).step_by(8) {
            if let Some([a, b, c, d, e, f, g, h, i, j, k]) = bytes.first_chunk() {
                let eight = self.fit(*a, *b, *c, *d)
                    | self.fit(*b, *c, *d, *e) << 1
                    | self.fit(*c, *d, *e, *f) << 2
                    | self.fit(*d, *e, *f, *g) << 3
                    | self.fit(*e, *f, *g, *h) << 4
                    | self.fit(*f, *g, *h, *i) << 5
                    | self.fit(*g, *h, *i, *j) << 6
                    | self.fit(*h, *i, *j, *k) << 7;
                fits = fits >> 8 | u64::from(eight) << 56;
            }
        }
        fits
    }

    /// 1 where a pattern may begin with these four bytes.
    #[inline(always)]
    fn fit(&self, first: u8, second: u8, third: u8, fourth: u8) -> u32 {
        let one = self.first.get(pair(first, second)).copied();
        let two = self.second.get(pair(third, fourth)).copied();
        u32::from(one.unwrap_or(0) & two.unwrap_or(0) != 0)
    }
}

const fn pair(first: u8, second: u8) -> usize {
    (first as usize & 127) << 7 | (second as usize & 127)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn no_place_is_lost(text in "[a-c=s. é-]{0,150}", from in 0usize..8, left in 0usize..99) {
            let prefixes = [("ab", None), ("abcb", None), ("bcc", None), ("sa", Some(Class::Alnum)), ("-a", None)];
            let filter = Filter::new(b"=", prefixes.into_iter());
            let bytes = text.as_bytes();
            let end = bytes.len().saturating_sub(left).max(from);
            let mut found = Vec::new();
            filter.each(bytes, from..end, |at| found.push(at));
            for at in from..end.min(bytes.len()) {
                let rest = &bytes[at..];
                let wanted = rest[0] == b'='
                    || prefixes.iter().any(|(prefix, class)| {
                        rest.starts_with(prefix.as_bytes())
                            && class.is_none_or(|class| rest.len() >= 4 && rest[2..4].iter().all(|byte| class.has(*byte)))
                    });
                proptest::prop_assert!(!wanted || found.contains(&at));
            }
            proptest::prop_assert!(found.iter().all(|at| (from..end).contains(at)));
            proptest::prop_assert!(found.is_sorted());
        }
    }
}
