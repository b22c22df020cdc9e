//! What stands in the memories at the start, compressed.
//!
//! Before anything runs it is unpacked into the memory that later holds the pristine copies, and
//! copied from there to where it belongs.

use std::io::Write;

use lzma_rust2::{EncodeMode, LzmaOptions, LzmaWriter, MfType};
use wasm_encoder::InstructionSink;

use crate::PackError;
use crate::helpers::offset;
use crate::places::SECOND;

/// Data: where it is put, and the bytes.
pub(crate) type Data<'a> = (u32, &'a [u8]);

/// Reads what is compressed here.
pub(crate) const UNPACK: &str = include_str!("lzma.wat");

/// Its tables.
const TABLES: u64 = 3552;

/// More zeros than this between two pieces of data are left out: fewer cost less than a copy.
const GAP: usize = 4096;

/// Bytes that go to one place.
#[derive(Debug, PartialEq, Eq)]
struct Run {
    memory: u32,
    at: u32,
    len: usize,
}

/// What all memories hold.
pub(crate) struct Filled {
    runs: Vec<Run>,
    len: usize,
    pub(crate) packed: Vec<u8>,
}

/// Where it is read and unpacked, in the second memory.
#[derive(Clone, Copy)]
pub(crate) struct Room {
    to: u64,
    from: u64,
    tables: u64,
}

impl Filled {
    /// Of memories by their index, what they hold.
    pub(crate) fn of(memories: &[(u32, &[Data<'_>])]) -> Result<Self, PackError> {
        let mut runs = Vec::new();
        let mut all = Vec::new();
        for (memory, data) in memories {
            let image = image(data);
            for (start, end) in spans(data) {
                let (Some(bytes), Ok(at)) = (image.get(start..end), u32::try_from(start)) else {
                    continue;
                };
                all.extend_from_slice(bytes);
                runs.push(Run {
                    memory: *memory,
                    at,
                    len: bytes.len(),
                });
            }
        }
        Ok(Self {
            packed: compress(&all).map_err(|error| PackError::Written(error.to_string()))?,
            len: all.len(),
            runs,
        })
    }

    /// Room from an address on, and the address after it.
    pub(crate) fn room(&self, at: u64) -> (Room, u64) {
        let bytes = |len: usize| u64::try_from(len).unwrap_or(u64::MAX);
        let from = at.saturating_add(bytes(self.len));
        let tables = from
            .saturating_add(bytes(self.packed.len()))
            .next_multiple_of(8);
        let room = Room {
            to: at,
            from,
            tables,
        };
        (room, tables.saturating_add(TABLES))
    }

    /// Fills the memories: with the function that unpacks, and the number of the data.
    pub(crate) fn fill(&self, sink: &mut InstructionSink<'_>, room: Room, unpack: u32, data: u32) {
        let end = i32::try_from(self.packed.len()).unwrap_or(i32::MAX);
        sink.i32_const(offset(room.from))
            .i32_const(0)
            .i32_const(end)
            .memory_init(SECOND, data)
            .i32_const(offset(room.from))
            .i32_const(offset(room.to))
            .i32_const(offset(room.from))
            .i32_const(offset(room.tables))
            .call(unpack);
        let mut from = room.to;
        for run in &self.runs {
            let len = u64::try_from(run.len).unwrap_or(u64::MAX);
            sink.i32_const(run.at.cast_signed())
                .i32_const(offset(from))
                .i32_const(offset(len))
                .memory_copy(run.memory, SECOND);
            from = from.saturating_add(len);
        }
    }
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

/// From where to where there is data, but for short gaps.
fn spans(data: &[Data<'_>]) -> Vec<(usize, usize)> {
    let mut places: Vec<(usize, usize)> = data
        .iter()
        .filter(|(_, bytes)| !bytes.is_empty())
        .map(|(at, bytes)| (*at as usize, *at as usize + bytes.len()))
        .collect();
    places.sort_unstable();
    let mut spans: Vec<(usize, usize)> = Vec::new();
    for (start, end) in places {
        match spans.last_mut() {
            Some((_, last)) if start <= last.saturating_add(GAP) => *last = end.max(*last),
            _ => spans.push((start, end)),
        }
    }
    spans
}

/// LZMA as `lzma.wat` reads it: without a header, and nothing taken from a byte's place or neighbours.
fn compress(bytes: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut options = LzmaOptions {
        lc: 0,
        lp: 0,
        pb: 0,
        mode: EncodeMode::Normal,
        mf: MfType::Bt4,
        ..LzmaOptions::with_preset(6)
    };
    options.dict_size = u32::try_from(bytes.len())
        .unwrap_or(u32::MAX)
        .next_power_of_two()
        .clamp(1 << 16, 1 << 26);
    let mut writer = LzmaWriter::new_no_header(Vec::new(), &options, false)?;
    writer.write_all(bytes)?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use wasmtime::{Engine, Instance, Memory, Module, Store};

    /// What `lzma.wat` makes of what was compressed.
    fn unpacked(filled: &Filled) -> Vec<u8> {
        let pages = (filled.len + filled.packed.len()) / 65_536 + 2;
        let text = UNPACK.replace(
            "(memory 0)",
            &format!("(memory (export \"memory\") {pages})"),
        );
        let engine = Engine::default();
        let mut store = Store::new(&engine, ());
        let module = Module::new(&engine, text).unwrap();
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let memory: Memory = instance.get_memory(&mut store, "memory").unwrap();
        let (room, _) = filled.room(8);
        let at = |address: u64| i32::try_from(address).unwrap();
        let from = usize::try_from(room.from).unwrap();
        memory.write(&mut store, from, &filled.packed).unwrap();
        let unpack = instance
            .get_typed_func::<(i32, i32, i32, i32), ()>(&mut store, "unpack")
            .unwrap();
        let places = (at(room.from), at(room.to), at(room.from), at(room.tables));
        unpack.call(&mut store, places).unwrap();
        let to = usize::try_from(room.to).unwrap();
        memory.data(&store)[to..to + filled.len].to_vec()
    }

    /// What the memories hold once the module has started.
    fn memories(filled: &Filled, lengths: &[usize]) -> Vec<Vec<u8>> {
        let mut memories: Vec<Vec<u8>> = lengths.iter().map(|length| vec![0; *length]).collect();
        let mut rest = unpacked(filled);
        for run in &filled.runs {
            let behind = rest.split_off(run.len);
            let at = run.at as usize;
            memories[run.memory as usize][at..at + run.len].copy_from_slice(&rest);
            rest = behind;
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
    fn what_two_have_takes_room_once() {
        let common = table(2, 50_000);
        let once = Filled::of(&[(0, &[(0, &common)])]).unwrap();
        let twice = Filled::of(&[(0, &[(0, &common)]), (1, &[(1024, &common)])]).unwrap();
        assert!(once.packed.len() >= common.len());
        assert!(twice.packed.len() < once.packed.len() + 100);
        assert_eq!(unpacked(&twice), [common.as_slice(), &common].concat());
    }

    #[test]
    fn long_gaps_are_left_out_and_short_ones_filled() {
        let (near, far) = (GAP as u32 + 10, 2 * GAP as u32 + 21);
        let data: [Data<'_>; 3] = [
            (far, b"0123456789"),
            (0, b"0123456789"),
            (near, b"0123456789"),
        ];
        let filled = Filled::of(&[(3, &data)]).unwrap();
        let run = |at, len| Run { memory: 3, at, len };
        assert_eq!(filled.runs, [run(0, GAP + 20), run(far, 10)]);
    }

    /// Every way that the format has to say something: far and near, long and short, the last four
    /// distances, and texts that are partly alike.
    #[test]
    fn a_long_text_is_read_as_it_was() {
        let mut text = Vec::new();
        for round in 0..4000_u32 {
            let word = table(round % 61, 3 + (round * 7 % 40) as usize);
            text.extend_from_slice(&word);
            if round % 5 == 0 {
                text.extend_from_slice(&word);
            }
            if round % 11 == 0 {
                text.extend(std::iter::repeat_n(b'=', (round % 700) as usize));
            }
            if round % 13 == 0 {
                let from = text.len() * (round % 7) as usize / 8;
                let behind = text[from..(from + 600).min(text.len())].to_vec();
                text.extend(behind.iter().enumerate().map(|(place, byte)| {
                    if place % 17 == 0 { byte ^ 1 } else { *byte }
                }));
            }
        }
        let filled = Filled::of(&[(0, &[(0, &text)])]).unwrap();
        assert!(filled.packed.len() < text.len() / 2);
        assert_eq!(unpacked(&filled), text);
    }

    #[test]
    fn nothing_is_nothing() {
        let filled = Filled::of(&[(0, &[]), (1, &[(70, b"")])]).unwrap();
        assert_eq!(filled.runs, []);
        assert_eq!(unpacked(&filled), b"");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn memories_are_filled_as_they_were(
            plans in prop::collection::vec(
                prop::collection::vec((0u32..6, 0usize..700, 0u32..30_000), 0..6),
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
            let all: Vec<(u32, &[Data<'_>])> = (0..).zip(&data).map(|(at, data)| (at, data.as_slice())).collect();
            let images: Vec<Vec<u8>> = data.iter().map(|data| image(data)).collect();
            let lengths: Vec<usize> = images.iter().map(Vec::len).collect();
            prop_assert_eq!(memories(&Filled::of(&all).unwrap(), &lengths), images);
        }
    }
}
