//! The official test suite, as far as its files are in `tests/suite`.

use std::path::{Path, PathBuf};

use crate::compile::Compiler;
use crate::json::{Item, Kind, Limits, parse};
use crate::validate::validate;

/// Groups whose schemas are refused, since they refer to elsewhere, change the base of references
/// half-way, or need backtracking.
const REFUSED: usize = 0;
/// Tests, over all files.
const TESTS: usize = 0;

/// Tests that are judged otherwise than the suite says, and why.
const OTHERWISE: &[(&str, &str)] = &[];

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
                let is_known = OTHERWISE.iter().any(|(known, _)| *known == name);
                let as_told = is_valid == (test.get("valid").unwrap().kind() == Kind::True);
                if as_told == is_known {
                    wrong.push(format!("{name}: {is_valid}"));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {tests}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    assert_eq!(
        (refused.len(), tests),
        (REFUSED, TESTS),
        "{}",
        refused.join("\n")
    );
}
