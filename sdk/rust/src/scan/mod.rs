//! Scanners that detectors share. None of them allocates.

pub mod bytes;
pub mod checksum;
pub mod words;
