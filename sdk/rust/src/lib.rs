//! Write a Caponier policy plugin in Rust.
