//! The cases, and text of any sort.

use caponier_plugin_quota::Quota;
use caponier_sdk::testing::{Counting, Harness, Input, parse_cases, run_case};
use caponier_sdk::{Principal, Stage};

#[test]
fn cases_hold() {
    let mut count = 0;
    for file in ["found", "passed"] {
        let path = format!("{}/cases/{file}.yaml", env!("CARGO_MANIFEST_DIR"));
        for case in parse_cases(&std::fs::read_to_string(path).unwrap()).unwrap() {
            // Each begins with nothing counted, as it does in a sandbox of its own.
            let _counting = Counting::start();
            run_case::<Quota>(&case).unwrap_or_else(|error| panic!("{}: {error}", case.name));
            count += 1;
        }
    }
    assert!(count >= 15, "{count}");
}

proptest::proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}|([\"'`“”«»0-9A-Za-zé世。.: \n]|the ){0,120}") {
        let _counting = Counting::start();
        let settings = r#"{"limits":[{"tokens":50,"requests":2,"window":60,"cut":true}],
            "theft":{"distinct":1,"short":1,"templated":1,"sequential":1}}"#;
        let mut plugin = Harness::<Quota>::new(settings).unwrap();
        plugin.context.principal = Some(Principal { id: text.clone(), roles: Vec::new() });
        let outcome = plugin.inspect(Stage::Prompt, &[Input::user(text.as_str())]).unwrap();
        proptest::prop_assert!(outcome.findings.iter().all(|finding| finding.span.is_none()));
        plugin.stream(&Input::assistant("").id(1), &[&text, &text]).unwrap();
    }
}
