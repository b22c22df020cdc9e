//! Keys that their providers have published themselves, and that open nothing.

/// FNV-1a of each, so that no file of ours looks as if it leaked them.
///
/// Google's are in the tests of its Firebase SDK for Android (firebase/firebase-android-sdk); the
/// last two are those of Azure's storage and Cosmos emulators, named in their documentation.
#[rustfmt::skip]
static PUBLISHED: &[u64] = &[
    0x6acb_d824_bd32_bbd4, 0x29a3_36c7_244f_48dd, 0x08b5_4596_2adc_7d8b, 0xe766_6dbb_286c_6c2e,
    0x99b2_7263_46a1_e92a, 0x1211_3c2e_6979_f447, 0x8288_18f8_3325_7868, 0x6835_e0f2_8883_2a40,
    0x816c_d10f_db11_ead0, 0xadbd_04e3_fe1b_6d49, 0xdb94_22f1_dd33_2dcc, 0x515c_b771_a423_8032,
    0xe754_678e_a2b1_4ef1, 0xc73f_1e61_952e_6987, 0x294c_63f8_344d_5df1,
    0x3f9d_1c99_6e62_0b67, 0x9f19_20c6_cd48_4714,
];

/// Whether the provider itself has published this very key.
pub(crate) fn is_published(key: &[u8]) -> bool {
    // `AccountKey=` stands before the key, not in it.
    let bare = key.strip_prefix(b"AccountKey=").unwrap_or(key);
    bare.len() >= 32 && PUBLISHED.contains(&fnv(bare))
}

fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_usual_one() {
        assert_eq!(fnv(b""), 0xcbf2_9ce4_8422_2325);
        assert_eq!(fnv(b"foobar"), 0x8594_4171_f739_67e8);
    }
}
