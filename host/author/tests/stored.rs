//! A component that was built when the contract became 0.1.0 runs as it did then, whatever has become
//! of SDKs and host since. `stored/` is never built again.

use std::path::Path;

use sha2::{Digest as _, Sha256};

#[test]
fn a_plugin_of_the_first_contract_still_runs() {
    let stored = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/stored");
    let component = std::fs::read(stored.join("badges-0.1.0.wasm")).unwrap();
    assert_eq!(
        format!("{:x}", Sha256::digest(&component)),
        "45d49b63d558f40faf4338746db70d284814d15c66feb29bcf1e59e7884869fc",
        "it is the one that was built then"
    );
    let verdicts =
        caponier_author::test(&component, &stored.join("cases"), None, &|_| true).unwrap();
    assert_eq!(verdicts.len(), 4);
    for verdict in verdicts {
        assert_eq!(verdict.failure, None, "{}", verdict.name);
    }
}
