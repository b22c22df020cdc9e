//! How the results of cases look.

use serde_json::json;

use super::Verdict;
use crate::args::TestFormat;
use crate::style::{BAD, DIM, GOOD, shown};

pub(crate) fn print(verdicts: &[Verdict], format: TestFormat) {
    match format {
        TestFormat::Text => text(verdicts),
        TestFormat::Json => {
            let cases: Vec<_> = verdicts
                .iter()
                .map(|verdict| {
                    json!({
                        "file": verdict.file.display().to_string(),
                        "name": verdict.name,
                        "passed": verdict.failures.is_empty(),
                        "failures": verdict.failures,
                        "seconds": verdict.seconds,
                    })
                })
                .collect();
            anstream::println!(
                "{}",
                json!({"cases": cases, "passed": passed(verdicts), "failed": verdicts.len() - passed(verdicts)})
            );
        }
        TestFormat::Junit => anstream::println!("{}", junit(verdicts)),
    }
}

fn passed(verdicts: &[Verdict]) -> usize {
    verdicts
        .iter()
        .filter(|verdict| verdict.failures.is_empty())
        .count()
}

fn text(verdicts: &[Verdict]) {
    for verdict in verdicts {
        let file = verdict.file.display();
        let name = shown(&verdict.name);
        if verdict.failures.is_empty() {
            anstream::println!("{GOOD}ok{GOOD:#}     {name} {DIM}{file}{DIM:#}");
        } else {
            anstream::println!("{BAD}failed{BAD:#} {name} {DIM}{file}{DIM:#}");
            for failure in &verdict.failures {
                anstream::println!("       {}", shown(failure));
            }
        }
    }
    let passed = passed(verdicts);
    anstream::println!("{passed} passed, {} failed", verdicts.len() - passed);
}

fn junit(verdicts: &[Verdict]) -> String {
    let mut xml = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    xml.push_str(&format!(
        "<testsuite name=\"caponier\" tests=\"{}\" failures=\"{}\">\n",
        verdicts.len(),
        verdicts.len() - passed(verdicts)
    ));
    for verdict in verdicts {
        xml.push_str(&format!(
            "  <testcase classname=\"{}\" name=\"{}\" time=\"{:.6}\"",
            escaped(&verdict.file.display().to_string()),
            escaped(&verdict.name),
            verdict.seconds
        ));
        if verdict.failures.is_empty() {
            xml.push_str("/>\n");
        } else {
            let failures = escaped(&verdict.failures.join("\n"));
            xml.push_str(&format!(
                ">\n    <failure>{failures}</failure>\n  </testcase>\n"
            ));
        }
    }
    xml.push_str("</testsuite>");
    xml
}

fn escaped(text: &str) -> String {
    text.chars()
        // XML 1.0 has no way to write most control characters.
        .filter(|char| !char.is_control() || matches!(char, '\n' | '\t'))
        .map(|char| match char {
            '&' => "&amp;".to_owned(),
            '<' => "&lt;".to_owned(),
            '>' => "&gt;".to_owned(),
            '"' => "&quot;".to_owned(),
            other => other.to_string(),
        })
        .collect()
}
