//! Text as a detector wants it, and the way back to the text as it came.
//!
//! Attackers write the same words in a hundred ways: full-width letters, Cyrillic look-alikes,
//! characters nobody sees, base64, ROT13. [`fold`] undoes what Unicode allows, the functions of
//! [`decode`] undo encodings, and every result is a [`View`]: text with a map from each of its
//! bytes to the span it was made from, so that a finding points at the original. [`Unveil`] looks
//! through all of them, one inside of another.
//!
//! Plain ASCII, which is most text, is borrowed as it is: nothing is copied. [`Trie`] folds ASCII
//! case and white space while it walks, so a view keeps them.

mod blocks;
mod clues;
mod confusables;
pub mod decode;
mod features;
mod runs;
mod scan;
mod sentences;
mod sorts;
mod trie;
mod unicode;
mod unveil;
mod view;

pub use features::{Features, Signs, around, features, signs};
pub use sentences::sentence_end;
pub use trie::{Fold, Trie, TrieError};
pub use unicode::{fold, is_invisible};
pub use unveil::{Layer, Unveil};
pub use view::{View, ViewBuilder};
