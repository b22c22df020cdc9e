//! Decisions by Rego rules.
