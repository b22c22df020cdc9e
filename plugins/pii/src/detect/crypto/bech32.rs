//! Bech32 and bech32m: a prefix, a `1`, five bits a character, six characters of check.

const ALPHABET: &[u8; 32] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";

/// What the addresses of a network begin with: Bitcoin and its test networks, Litecoin, Cardano,
/// Cosmos and others are told by their prefix.
const PREFIXES: &[&[u8]] = &[
    b"bc", b"tb", b"bcrt", b"ltc", b"addr", b"cosmos", b"osmo", b"one",
];

/// Whether it is an address with a known prefix.
pub(super) fn is_address(text: &[u8]) -> bool {
    let small = text.iter().any(u8::is_ascii_lowercase);
    if small && text.iter().any(u8::is_ascii_uppercase) {
        return false;
    }
    let Some(split) = text.iter().rposition(|byte| *byte == b'1') else {
        return false;
    };
    let (Some(prefix), Some(data)) = (text.get(..split), text.get(split + 1..)) else {
        return false;
    };
    if data.len() < 14
        || !PREFIXES
            .iter()
            .any(|known| known.eq_ignore_ascii_case(prefix))
    {
        return false;
    }
    let high = prefix
        .iter()
        .map(|byte| u32::from(byte.to_ascii_lowercase() >> 5));
    let low = prefix
        .iter()
        .map(|byte| u32::from(byte.to_ascii_lowercase() & 31));
    let mut check = 1;
    for value in high.chain([0]).chain(low) {
        check = step(check, value);
    }
    for byte in data {
        let Some(value) = ALPHABET
            .iter()
            .position(|known| *known == byte.to_ascii_lowercase())
        else {
            return false;
        };
        check = step(check, value as u32);
    }
    matches!(check, 1 | 0x2bc8_30a3)
}

fn step(check: u32, value: u32) -> u32 {
    const GENERATORS: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let top = check >> 25;
    GENERATORS
        .iter()
        .enumerate()
        .filter(|(bit, _)| top >> bit & 1 == 1)
        .fold(
            (check & 0x01ff_ffff) << 5 ^ value,
            |check, (_, generator)| check ^ generator,
        )
}
