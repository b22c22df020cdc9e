//! The official test suite, as far as its files are in `tests/suite`.

use std::path::{Path, PathBuf};

use crate::compile::Compiler;
use crate::json::{Item, Kind, Limits, parse};
use crate::validate::validate;

/// Tests whose schemas are not refused, over all files.
const TESTS: usize = 1353;

/// What a schema is refused for: references to elsewhere, a base of references that changes
/// half-way, what needs backtracking or the names of characters.
const REFUSED: &[&str] = &[
    "is not supported",
    "there is no schema",
    "there is nothing at",
    "/pattern",
];

/// Where the suite says otherwise, how often, and why.
const OTHERWISE: &[(&str, usize)] = &[
    // Quoted names and address literals are addresses that nobody has.
    ("email: ", 5),
    // What a label in Punycode stands for is not looked at.
    ("hostname: validation of A-label", 23),
];

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|ending| ending == "json") {
            found.push(path);
        }
    }
    found.sort();
}

#[test]
fn values_are_judged_as_the_suite_says() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/suite");
    let mut paths = Vec::new();
    files(Path::new(folder), &mut paths);
    let (mut refused, mut tests, mut wrong) = (Vec::new(), 0, Vec::new());
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let document = parse(&text, Limits { depth: 128 }).unwrap();
        let file = path.file_stem().unwrap().to_string_lossy().into_owned();
        for group in document.root(&text).items() {
            let told = |item: Item<'_>| {
                item.get("description")
                    .unwrap()
                    .string()
                    .unwrap()
                    .into_owned()
            };
            let name = format!("{file}: {}", told(group));
            let mut compiler = Compiler::new(true);
            compiler
                .add("test", group.get("schema").unwrap().raw().to_owned())
                .unwrap();
            let made = compiler.root(0).and_then(|id| Ok((id, compiler.finish()?)));
            let (id, schemas) = match made {
                Ok(made) => made,
                Err(error) => {
                    refused.push(format!("{name}: {error}"));
                    continue;
                }
            };
            for test in group.get("tests").unwrap().items() {
                tests += 1;
                let data = test.get("data").unwrap().raw();
                let value = parse(data, Limits { depth: 128 }).unwrap();
                let verdict = validate(&schemas, id, value.root(data));
                assert!(!verdict.exhausted, "{name}");
                let is_valid = verdict.violations.is_empty();
                let name = format!("{name}: {}", told(test));
                if is_valid != (test.get("valid").unwrap().kind() == Kind::True) {
                    wrong.push(format!("{name}: {is_valid}"));
                }
            }
        }
    }
    for (start, count) in OTHERWISE {
        let before = wrong.len();
        wrong.retain(|name| !name.starts_with(start));
        assert_eq!(before - wrong.len(), *count, "{start}");
    }
    assert!(
        wrong.is_empty(),
        "{} of {tests}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    let is_known = |told: &String| REFUSED.iter().any(|reason| told.contains(reason));
    let odd: Vec<&String> = refused.iter().filter(|told| !is_known(told)).collect();
    assert!(odd.is_empty(), "{odd:#?}");
    assert_eq!(tests, TESTS, "{refused:#?}");
}
