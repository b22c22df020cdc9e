//! Base58Check: a version, a payload, and four bytes of a double SHA-256.

use sha2::{Digest as _, Sha256};

const BITCOIN: &[u8; 58] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const RIPPLE: &[u8; 58] = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz";

/// Version bytes: Bitcoin, Litecoin, Dogecoin, Dash, Tron.
const VERSIONS: &[u8] = &[0, 5, 48, 50, 30, 22, 76, 16, 65];

/// Whether it is an address of one of the known versions.
pub(super) fn is_address(text: &[u8]) -> bool {
    decode(text, BITCOIN).is_some_and(|bytes| {
        is_whole(&bytes)
            && VERSIONS
                .iter()
                .any(|version| bytes.first() == Some(version))
    })
}

/// Whether it is a Ripple address.
pub(super) fn is_ripple(text: &[u8]) -> bool {
    decode(text, RIPPLE).is_some_and(|bytes| is_whole(&bytes) && bytes.first() == Some(&0))
}

/// Version, twenty bytes, and the first four of the hash of both.
const LENGTH: usize = 25;

fn is_whole(bytes: &[u8; LENGTH]) -> bool {
    let (payload, check) = bytes.split_at(LENGTH - 4);
    Sha256::digest(Sha256::digest(payload)).starts_with(check)
}

/// The 25 bytes that the digits stand for, if there are neither more nor fewer.
fn decode(text: &[u8], alphabet: &[u8; 58]) -> Option<[u8; LENGTH]> {
    // Four bytes at a time, the highest first, with three to spare.
    let mut limbs = [0_u32; 7];
    for character in text {
        let digit = alphabet.iter().position(|known| known == character)?;
        let mut carry = digit as u64;
        for limb in limbs.iter_mut().rev() {
            carry += u64::from(*limb) * 58;
            *limb = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            return None;
        }
    }
    let mut bytes = [0_u8; LENGTH];
    let mut spare = limbs.iter().flat_map(|limb| limb.to_be_bytes());
    if spare.by_ref().take(3).any(|byte| byte != 0) {
        return None;
    }
    for (place, byte) in bytes.iter_mut().zip(spare) {
        *place = byte;
    }
    // Each zero byte in front is a first digit of its own.
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    let firsts = text
        .iter()
        .take_while(|character| Some(*character) == alphabet.first())
        .count();
    (zeros == firsts).then_some(bytes)
}
