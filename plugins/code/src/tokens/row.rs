//! A row of the table of tokens.

use crate::checks::{self, Check};
use crate::fence::{ANY, Languages};
use crate::site::Site;

/// A token and what it means where the check holds.
pub(crate) struct Row {
    pub(crate) token: &'static str,
    pub(crate) rule: &'static str,
    pub(crate) check: Check,
    pub(crate) confidence: f64,
    pub(crate) languages: Languages,
    /// Whether the token's case counts.
    pub(crate) exact: bool,
    /// Whether it may be the end of a longer name.
    pub(crate) tail: bool,
    /// Whether it is a payload, and no weakness of code that is shown.
    pub(crate) payload: bool,
}

/// A check of its own.
pub(super) type Look = fn(&Site<'_, '_>) -> checks::Verdict;

pub(super) const fn row(
    token: &'static str,
    rule: &'static str,
    check: Check,
    confidence: f64,
) -> Row {
    Row {
        token,
        rule,
        check,
        confidence,
        languages: ANY,
        exact: true,
        tail: false,
        payload: false,
    }
}

pub(super) const fn payload(token: &'static str, check: Look) -> Row {
    payload_of("sql-injection", token, check)
}

pub(super) const fn payload_of(rule: &'static str, token: &'static str, check: Look) -> Row {
    let row = row(token, rule, Check::With(check), 0.0);
    Row {
        exact: false,
        payload: true,
        ..row
    }
}

impl Row {
    pub(super) const fn of(mut self, languages: Languages) -> Self {
        self.languages = languages;
        self
    }

    pub(super) const fn any_case(mut self) -> Self {
        self.exact = false;
        self
    }

    pub(super) const fn tail(mut self) -> Self {
        self.tail = true;
        self.exact = false;
        self
    }
}
