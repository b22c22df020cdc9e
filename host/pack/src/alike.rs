//! Bytes that several plugins have in their memories stand in the module once: tables of the SDK, for
//! the most part. Before anything runs, they are copied from one memory to the other.

use std::collections::HashMap;

/// Bytes that a place is recognised by, and how far apart such places are among what is known.
const WINDOW: usize = 32;
const STEP: usize = 16;
/// The most bytes to either side of such a place that are compared at a time.
const MOST: usize = 64 << 10;
/// The fewest bytes of data that are worth a copy, which takes some bytes of code itself.
const WORTH: usize = 128;

/// Data: where it is put, and the bytes.
pub(crate) type Data<'a> = (u32, &'a [u8]);

/// What is copied from another memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Copied {
    /// Whose memory it is in, by the plugin's place.
    pub(crate) from: usize,
    /// Where it is there.
    pub(crate) source: usize,
    /// Where it goes.
    pub(crate) target: usize,
    pub(crate) length: usize,
}

/// How the memory of one plugin is filled.
#[derive(Debug)]
pub(crate) struct Filling<'a> {
    /// What stands in the module.
    pub(crate) data: Vec<Data<'a>>,
    /// What is then copied, from plugins before this one.
    pub(crate) copied: Vec<Copied>,
}

/// How the memories of all plugins are filled, in their order.
pub(crate) fn fillings<'a>(memories: &[&[Data<'a>]]) -> Vec<Filling<'a>> {
    let mut known = Known::default();
    memories
        .iter()
        .map(|data| {
            let image = image(data);
            let copied = known.copies(&image, data);
            known.add(image);
            Filling {
                data: data
                    .iter()
                    .flat_map(|part| without(part, &copied))
                    .collect(),
                copied,
            }
        })
        .collect()
}

/// A memory from its beginning to the last byte of data.
fn image(data: &[Data<'_>]) -> Vec<u8> {
    let mut image = Vec::new();
    for (at, bytes) in data {
        let start = *at as usize;
        let end = start + bytes.len();
        if image.len() < end {
            image.resize(end, 0);
        }
        if let Some(place) = image.get_mut(start..end) {
            place.copy_from_slice(bytes);
        }
    }
    image
}

/// What is left of data without what is copied, which is in the order of its targets.
fn without<'a>(part: &Data<'a>, copied: &[Copied]) -> Vec<Data<'a>> {
    let (at, bytes) = *part;
    let (start, end) = (at as usize, at as usize + bytes.len());
    let mut left = Vec::new();
    let mut keep = |from: usize, to: usize| {
        let bytes = bytes.get(from - start..to.max(from) - start);
        let bytes = bytes.filter(|bytes| !bytes.is_empty());
        left.extend(bytes.and_then(|bytes| Some((u32::try_from(from).ok()?, bytes))));
    };
    let mut from = start;
    let first = copied.partition_point(|copy| copy.target + copy.length <= start);
    for copy in copied.get(first..).unwrap_or_default() {
        if copy.target >= end {
            break;
        }
        keep(from, copy.target.clamp(from, end));
        from = (copy.target + copy.length).min(end);
    }
    keep(from, end);
    left
}

/// The memories of plugins so far.
#[derive(Default)]
struct Known {
    images: Vec<Vec<u8>>,
    /// Where some bytes stand: in which image, and at which place.
    windows: HashMap<[u8; WINDOW], (usize, usize)>,
}

impl Known {
    fn add(&mut self, image: Vec<u8>) {
        let number = self.images.len();
        for at in (0..image.len()).step_by(STEP) {
            if let Some(window) = window(&image, at) {
                self.windows.entry(window).or_insert((number, at));
            }
        }
        self.images.push(image);
    }

    /// What of an image is known, in its order and without overlaps.
    fn copies(&self, image: &[u8], data: &[Data<'_>]) -> Vec<Copied> {
        let mut places: Vec<(usize, usize)> = data
            .iter()
            .map(|(at, bytes)| (*at as usize, *at as usize + bytes.len()))
            .collect();
        places.sort_unstable();
        let mut copies: Vec<Copied> = Vec::new();
        let mut done = 0;
        for (start, end) in &places {
            let mut at = (*start).max(done);
            while at < *end {
                let copy = self.at(image, at, done);
                match copy.filter(|copy| covered(&places, copy) >= WORTH) {
                    Some(copy) => {
                        done = copy.target + copy.length;
                        at = done;
                        copies.push(copy);
                    }
                    None => at += 1,
                }
            }
        }
        copies
    }

    /// The known bytes around a place of an image, from `least` on.
    fn at(&self, image: &[u8], at: usize, least: usize) -> Option<Copied> {
        let (from, found) = *self.windows.get(&window(image, at)?)?;
        let known = self.images.get(from)?;
        let before = known.get(..found)?.iter().rev();
        let back = before
            .zip(image.get(least..at)?.iter().rev())
            .take(MOST)
            .take_while(|(known, own)| known == own)
            .count();
        let behind = known.get(found..)?.iter();
        let length = behind
            .zip(image.get(at..)?)
            .take(MOST)
            .take_while(|(known, own)| known == own)
            .count();
        Some(Copied {
            from,
            source: found - back,
            target: at - back,
            length: back + length,
        })
    }
}

/// The bytes from `at` on, unless they are all zero, as memory is anyway.
fn window(image: &[u8], at: usize) -> Option<[u8; WINDOW]> {
    let window = image.get(at..)?.first_chunk::<WINDOW>()?;
    window.iter().any(|byte| *byte != 0).then_some(*window)
}

/// How many bytes of data a copy stands for.
fn covered(places: &[(usize, usize)], copy: &Copied) -> usize {
    let (start, end) = (copy.target, copy.target + copy.length);
    let first = places.partition_point(|(_, last)| *last <= start);
    let touched = places.get(first..).unwrap_or_default().iter();
    touched
        .take_while(|(from, _)| *from < end)
        .map(|(from, to)| (*to).min(end) - (*from).max(start))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What the memories hold once the module has started.
    fn filled(fillings: &[Filling<'_>], lengths: &[usize]) -> Vec<Vec<u8>> {
        let mut memories: Vec<Vec<u8>> = Vec::new();
        for (filling, length) in fillings.iter().zip(lengths) {
            let mut memory = image(&filling.data);
            memory.resize(*length, 0);
            for copy in &filling.copied {
                let source = &memories[copy.from][copy.source..copy.source + copy.length];
                memory[copy.target..copy.target + copy.length].copy_from_slice(source);
            }
            memories.push(memory);
        }
        memories
    }

    fn table(seed: u32, length: usize) -> Vec<u8> {
        let mixed = |at: u32| {
            let mixed = (at + (seed << 16)).wrapping_mul(2_654_435_761);
            ((mixed ^ (mixed >> 15)).wrapping_mul(2_246_822_519) >> 24) as u8
        };
        (0..length as u32).map(mixed).collect()
    }

    #[test]
    fn what_two_have_stands_there_once() {
        let (own, common, other) = (table(1, 500), table(2, 5000), table(3, 300));
        let first = [own.as_slice(), &common].concat();
        let second = [other.as_slice(), &common, &[7; 40]].concat();
        let memories: [&[Data<'_>]; 2] = [&[(1024, &first)], &[(8, &second)]];
        let fillings = fillings(&memories);
        assert_eq!(
            fillings[1].copied,
            [Copied {
                from: 0,
                source: 1524,
                target: 308,
                length: 5000
            }]
        );
        let left: usize = fillings[1].data.iter().map(|(_, bytes)| bytes.len()).sum();
        assert_eq!(left, 340);
    }

    #[test]
    fn little_is_not_worth_a_copy() {
        let common = table(2, WORTH - 1);
        let memories: [&[Data<'_>]; 2] = [&[(0, &common)], &[(0, &common)]];
        assert_eq!(fillings(&memories)[1].copied, []);
    }

    proptest! {
        #[test]
        fn memories_are_filled_as_they_were(
            plans in prop::collection::vec(
                prop::collection::vec((0u32..6, 0usize..700, 0u32..3000), 0..6),
                1..5,
            ),
        ) {
            let parts: Vec<Vec<(u32, Vec<u8>)>> = plans
                .iter()
                .map(|plan| {
                    let part = |(seed, length, at): &(u32, usize, u32)| (*at, table(*seed, *length));
                    plan.iter().map(part).collect()
                })
                .collect();
            let data: Vec<Vec<Data<'_>>> = parts
                .iter()
                .map(|parts| parts.iter().map(|(at, bytes)| (*at, bytes.as_slice())).collect())
                .collect();
            let memories: Vec<&[Data<'_>]> = data.iter().map(Vec::as_slice).collect();
            let images: Vec<Vec<u8>> = memories.iter().map(|data| image(data)).collect();
            let lengths: Vec<usize> = images.iter().map(Vec::len).collect();
            prop_assert_eq!(filled(&fillings(&memories), &lengths), images);
        }
    }
}
