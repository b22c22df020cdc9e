//! The cases natively, and streams cut at every place.

use caponier_sdk::testing::{Harness, Input, check_splits, run_cases};
use number_plates::NumberPlates;

#[test]
fn cases() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
    assert!(run_cases::<NumberPlates>(folder).unwrap() > 0);
}

#[test]
fn streams() {
    for text in [
        "Der Wagen B-MW 1234 stand da.",
        "TÖL-A 7E",
        "HH XY 99H und K-AA 1",
        "B-MW 12345",
    ] {
        let make = || Harness::<NumberPlates>::new("");
        check_splits(make, &Input::assistant(""), text).unwrap();
    }
}
