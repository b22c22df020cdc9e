#![doc = include_str!("../ABI.md")]
