//! Keccak-256, as Ethereum has it: the sponge of FIPS 202 with its earlier padding.

const ROUNDS: [u64; 24] = [
    0x0000000000000001,
    0x0000000000008082,
    0x800000000000808a,
    0x8000000080008000,
    0x000000000000808b,
    0x0000000080000001,
    0x8000000080008081,
    0x8000000000008009,
    0x000000000000008a,
    0x0000000000000088,
    0x0000000080008009,
    0x000000008000000a,
    0x000000008000808b,
    0x800000000000008b,
    0x8000000000008089,
    0x8000000000008003,
    0x8000000000008002,
    0x8000000000000080,
    0x000000000000800a,
    0x800000008000000a,
    0x8000000080008081,
    0x8000000000008080,
    0x0000000080000001,
    0x8000000080008008,
];

/// By how much each lane turns, and where it goes, on the way through all but the first.
const TURNS: [(u32, usize); 24] = [
    (1, 10),
    (3, 7),
    (6, 11),
    (10, 17),
    (15, 18),
    (21, 3),
    (28, 5),
    (36, 16),
    (45, 8),
    (55, 21),
    (2, 24),
    (14, 4),
    (27, 15),
    (41, 23),
    (56, 19),
    (8, 13),
    (25, 12),
    (43, 2),
    (62, 20),
    (18, 14),
    (39, 22),
    (61, 9),
    (20, 6),
    (44, 1),
];

/// Bytes that one round takes in.
const RATE: usize = 136;

/// The hash of a message of fewer than 136 bytes; of the beginning of a longer one.
pub(super) fn keccak256(message: &[u8]) -> [u8; 32] {
    let message = message.get(..RATE - 1).unwrap_or(message);
    let mut block = [0_u8; RATE];
    for (place, byte) in block.iter_mut().zip(message.iter().chain([&1])) {
        *place = *byte;
    }
    if let Some(last) = block.last_mut() {
        *last |= 0x80;
    }
    let mut lanes = [0_u64; 25];
    for (lane, bytes) in lanes.iter_mut().zip(block.chunks_exact(8)) {
        *lane = bytes
            .iter()
            .rev()
            .fold(0, |lane, byte| lane << 8 | u64::from(*byte));
    }
    for constant in ROUNDS {
        round(&mut lanes, constant);
    }
    let mut hash = [0; 32];
    for (place, byte) in hash
        .iter_mut()
        .zip(lanes.iter().flat_map(|lane| lane.to_le_bytes()))
    {
        *place = byte;
    }
    hash
}

fn round(lanes: &mut [u64; 25], constant: u64) {
    let get = |lanes: &[u64; 25], place: usize| lanes.get(place % 25).copied().unwrap_or(0);
    let mut columns = [0_u64; 5];
    for (place, lane) in lanes.iter().enumerate() {
        if let Some(column) = columns.get_mut(place % 5) {
            *column ^= lane;
        }
    }
    let column = |place: usize| columns.get(place % 5).copied().unwrap_or(0);
    for (place, lane) in lanes.iter_mut().enumerate() {
        *lane ^= column(place + 4) ^ column(place + 1).rotate_left(1);
    }
    let mut moving = get(lanes, 1);
    for (turn, to) in TURNS {
        if let Some(lane) = lanes.get_mut(to) {
            moving = std::mem::replace(lane, moving.rotate_left(turn));
        }
    }
    for row in lanes.chunks_exact_mut(5) {
        let mut before = [0_u64; 5];
        before.copy_from_slice(row);
        let at = |place: usize| before.get(place % 5).copied().unwrap_or(0);
        for (place, lane) in row.iter_mut().enumerate() {
            *lane ^= !at(place + 1) & at(place + 2);
        }
    }
    if let Some(first) = lanes.first_mut() {
        *first ^= constant;
    }
}

#[cfg(test)]
mod tests {
    use super::keccak256;

    #[test]
    fn the_hash_of_nothing() {
        let hex: String = keccak256(b"")
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        assert_eq!(
            hex,
            "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
        );
    }
}
