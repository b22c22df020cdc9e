//! SHA-256 (FIPS 180-4), for short messages.

const K: [u32; 64] = [
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
];

const FIRST: [u32; 8] = [
    0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
];

/// The hash of a message of at most 55 bytes; of the beginning of a longer one.
pub(super) fn sha256(message: &[u8]) -> [u8; 32] {
    let message = message.get(..55).unwrap_or(message);
    let mut block = [0_u8; 64];
    for (place, byte) in block.iter_mut().zip(message.iter().chain([&0x80])) {
        *place = *byte;
    }
    let bits = (message.len() as u64 * 8).to_be_bytes();
    for (place, byte) in block.iter_mut().skip(56).zip(bits) {
        *place = byte;
    }
    let mut words = [0_u32; 16];
    for (word, bytes) in words.iter_mut().zip(block.chunks_exact(4)) {
        *word = bytes
            .iter()
            .fold(0, |word, byte| word << 8 | u32::from(*byte));
    }
    let [mut a, mut b, mut c, mut d, mut e, mut f, mut g, mut h] = FIRST;
    for (round, constant) in K.iter().enumerate() {
        let word = word(&words, round);
        let one = e.rotate_right(6) ^ e.rotate_right(11) ^ e.rotate_right(25);
        let choice = (e & f) ^ (!e & g);
        let first = h
            .wrapping_add(one)
            .wrapping_add(choice)
            .wrapping_add(*constant)
            .wrapping_add(word);
        let zero = a.rotate_right(2) ^ a.rotate_right(13) ^ a.rotate_right(22);
        let second = zero.wrapping_add((a & b) ^ (a & c) ^ (b & c));
        (h, g, f, e, d, c, b, a) = (
            g,
            f,
            e,
            d.wrapping_add(first),
            c,
            b,
            a,
            first.wrapping_add(second),
        );
        // The schedule is a ring: the word that was used makes room for the one sixteen rounds on.
        let get = |back: usize| words.get((round + back) % 16).copied().unwrap_or(0);
        let (near, far) = (get(1), get(14));
        let next = word
            .wrapping_add(near.rotate_right(7) ^ near.rotate_right(18) ^ (near >> 3))
            .wrapping_add(get(9))
            .wrapping_add(far.rotate_right(17) ^ far.rotate_right(19) ^ (far >> 10));
        if let Some(place) = words.get_mut(round % 16) {
            *place = next;
        }
    }
    let mut hash = [0; 32];
    let sums = FIRST
        .iter()
        .zip([a, b, c, d, e, f, g, h])
        .map(|(first, last)| first.wrapping_add(last));
    for (place, byte) in hash.iter_mut().zip(sums.flat_map(u32::to_be_bytes)) {
        *place = byte;
    }
    hash
}

fn word(words: &[u32; 16], round: usize) -> u32 {
    words.get(round % 16).copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::sha256;

    #[test]
    fn the_standards_examples() {
        let hex = |hash: [u8; 32]| {
            hash.iter()
                .map(|byte| format!("{byte:02x}"))
                .collect::<String>()
        };
        assert_eq!(
            hex(sha256(b"abc")),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(
            hex(sha256(b"")),
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        );
    }
}
