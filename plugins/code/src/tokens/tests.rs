//! The table is in order.

use super::*;
use crate::rules::RULES;

#[test]
fn every_row_names_a_rule() {
    for row in ROWS {
        assert!(RULES.iter().any(|(id, ..)| *id == row.rule), "{}", row.rule);
    }
}
