//! The files of new projects, which the build script gathers.

use crate::Language;

/// Path below the project, and content.
type File = (&'static str, &'static [u8]);

const RUST: &[File] = include!(concat!(env!("OUT_DIR"), "/rust.rs"));
const PYTHON: &[File] = include!(concat!(env!("OUT_DIR"), "/python.rs"));
const JS: &[File] = include!(concat!(env!("OUT_DIR"), "/js.rs"));
const C: &[File] = include!(concat!(env!("OUT_DIR"), "/c.rs"));

/// The template of a language, and its SDK.
pub(crate) fn files(language: Language) -> &'static [File] {
    match language {
        Language::Rust => RUST,
        Language::Python => PYTHON,
        Language::Js => JS,
        Language::C => C,
    }
}
