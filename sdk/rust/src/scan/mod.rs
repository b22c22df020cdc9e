//! Scanners that detectors share. None of them allocates while it looks.

pub mod blocks;
pub mod bytes;
pub mod checksum;
pub mod glob;
mod repeats;
pub mod words;

pub use repeats::{Repeat, repeats};
