//! OpenAI Completions.
//!
//! One text that the model goes on with.
//!
//! # What becomes of each part
//!
//! | part | stage | role | kind |
//! |---|---|---|---|
//! | `prompt`, a string or an array of them | prompt | user | `text` |
//! | `suffix` | prompt | user | `other`, `field`=`suffix` |
//! | `stop`, `user`, `metadata` | prompt | other | `other`, with `field` |
//! | `text` of a choice | output | assistant | `text` |
//! | `error.message` of an upstream's error | output | other | `other`, `field`=`error` |
//!
//! A `prompt` of tokens is a gap, and so is every field that is not known and holds text.
//! `logprobs` repeat the text: they become `null` when the text they stand for is edited. With
//! `echo` an answer begins with the prompt, and is judged as what the model says.
//!
//! All else is read as in Chat Completions: some servers take messages here, too, or answer with
//! them.

mod errors;
mod request;

pub(crate) use errors::{CHUNK, filtered};
pub(crate) use request::{request, row};
