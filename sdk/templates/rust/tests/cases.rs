//! The cases natively, which is quick and shows in a debugger. `caponier plugin test` runs them in
//! the sandbox.

use caponier_sdk::testing::{Harness, Input, check_splits, run_cases};
use my_plugin::MyPlugin;

#[test]
fn cases() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/cases");
    assert!(run_cases::<MyPlugin>(folder).unwrap() > 0);
}

/// However a stream is cut, the same goes out.
#[test]
fn streams() {
    for text in ["it is BADGE-123456, see", "BADGE-1234567", "XBADGE-123456", "BADGE-123456"] {
        let make = || Harness::<MyPlugin>::new("");
        check_splits(make, &Input::assistant(""), text).unwrap();
    }
}
