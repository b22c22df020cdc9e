//! Texts that the configuration lets pass.
//!
//! Words without sense read like an attack once in a thousand texts or so. Where a request has to be
//! answered, such a text is left out.

use caponier_core::{Action, Kind, Role, Segment, Stage};

use super::Bench;
use super::texts::Texts;
use crate::evaluate::{evaluate, exchange};

/// Texts that may be denied by chance, one after the other.
pub(super) const TRIES: usize = 20;

/// A text of this many bytes, or very few less.
pub(super) fn plain(bench: &Bench, texts: &mut Texts, bytes: usize) -> anyhow::Result<String> {
    for _ in 0..TRIES {
        let text = texts.prose(bytes);
        if passes(bench, text.clone())? {
            return Ok(text);
        }
        tracing::debug!("a text is denied");
    }
    anyhow::bail!("the configuration denies {TRIES} plain texts in a row");
}

/// Whether a user may say this.
pub(super) fn passes(bench: &Bench, text: String) -> anyhow::Result<bool> {
    let policy = &bench.revision.policy;
    let mut exchange = exchange(policy, Stage::Prompt)?;
    let segment = Segment::new(0, Role::User, Kind::Text, text);
    let outcome = evaluate(policy, &mut exchange, Stage::Prompt, vec![segment]);
    Ok(outcome.action() != Action::Deny)
}
