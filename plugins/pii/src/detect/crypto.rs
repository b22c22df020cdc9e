//! Addresses of cryptocurrencies.
//!
//! Bitcoin: Base58Check (version and four bytes of a double SHA-256) and bech32 or bech32m
//! (BIP 173, BIP 350). Ethereum: forty hexadecimal digits, with the capitals of EIP-55 where they
//! are mixed. Litecoin, Dogecoin, Dash and Tron are Base58Check too; Ripple has an alphabet of its
//! own; Cardano, Cosmos and Litecoin use bech32.

mod base58;
mod bech32;

use sha3::{Digest as _, Keccak256};

use super::text::{begins_freely, ends_freely};
use super::{Match, context};
use crate::Entity;

/// How long one may be.
pub(super) const LENGTHS: std::ops::RangeInclusive<usize> = 25..=90;

const WORDS: context::List = context::List::of(&[
    "btc", "bitcoin", "wallet", "wallets", "eth", "ethereum", "ether", "ltc", "litecoin", "doge",
    "dogecoin", "tron", "trx", "usdt", "xrp", "ripple", "crypto", "coin", "address", "payment",
]);

/// What the run of letters and digits from `start` to `end` is.
pub(super) fn at_run(text: &str, start: usize, end: usize) -> Option<Match> {
    let run = text.as_bytes().get(start..end)?;
    let confidence = match *run {
        [b'0', b'x' | b'X', ..] if run.len() == 42 => ethereum(run.get(2..)?)?,
        [
            b'1' | b'3' | b'L' | b'M' | b'D' | b'X' | b'A' | b'9' | b'7' | b'T',
            ..,
        ] if run.len() <= 36 => base58::is_address(run).then_some(0.99)?,
        [b'r', ..] if run.len() <= 35 => base58::is_ripple(run).then_some(0.99)?,
        _ if run.len() >= 14 => bech32::is_address(run).then_some(0.99)?,
        _ => return None,
    };
    if !begins_freely(text, start) || !ends_freely(text, end) {
        return None;
    }
    let confidence = if confidence < 0.9 && context::near(text, start, &WORDS) {
        0.9
    } else {
        confidence
    };
    Some(Match {
        entity: Entity::Crypto,
        start,
        end,
        confidence,
    })
}

/// How sure forty digits are an Ethereum address.
fn ethereum(digits: &[u8]) -> Option<f64> {
    if !digits.iter().all(u8::is_ascii_hexdigit)
        || digits.iter().all(|digit| Some(digit) == digits.first())
    {
        return None;
    }
    let small = digits.iter().any(u8::is_ascii_lowercase);
    let capital = digits.iter().any(u8::is_ascii_uppercase);
    if !(small && capital) {
        // Without capitals there is no check: other hashes of twenty bytes look the same.
        return Some(0.5);
    }
    let lower: Vec<u8> = digits.iter().map(u8::to_ascii_lowercase).collect();
    let hash = Keccak256::digest(&lower);
    let right = digits.iter().enumerate().all(|(place, digit)| {
        let byte = hash.get(place / 2).copied().unwrap_or(0);
        let nibble = if place % 2 == 0 { byte >> 4 } else { byte & 15 };
        digit.is_ascii_digit() || digit.is_ascii_uppercase() == (nibble >= 8)
    });
    right.then_some(0.99)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_addresses_are_right() {
        for address in [
            // Bitcoin wiki, BIP 173, BIP 350, EIP-55.
            "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
            "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "tb1qrp33g0q5c5txsp9arysrx4k6zdkfs4nce4xj0gdcccefvpysxf3q0sl5k7",
            "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
            "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
            "0x52908400098527886E0F7030069857D2E4169EE7",
        ] {
            assert!(at_run(address, 0, address.len()).is_some(), "{address}");
            let last = address.chars().next_back().unwrap();
            let other = if last == '2' { '3' } else { '2' };
            let wrong = format!("{}{other}", address.strip_suffix(last).unwrap());
            if !address.contains("E0F7") {
                assert!(at_run(&wrong, 0, wrong.len()).is_none(), "{wrong}");
            }
        }
        let capitals = "0x5AAeb6053F3E94C9b9A09f33669435E7Ef1BeAed";
        assert!(at_run(capitals, 0, capitals.len()).is_none());
    }
}
