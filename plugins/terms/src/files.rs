//! Terms from granted files.

use std::collections::BTreeMap;

use caponier_sdk::{Data, Error};
use serde::Deserialize;

/// A term, what it counts, and where it stands, for messages.
#[derive(Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) term: String,
    pub(crate) weight: u32,
    pub(crate) place: String,
}

/// What a file in JSON may hold.
#[derive(Deserialize)]
#[serde(untagged)]
enum Json {
    Plain(Vec<String>),
    Weighted(BTreeMap<String, u32>),
}

/// The terms of one file. `place` names where the settings ask for it.
pub(crate) fn read(data: &Data, file: &str, place: &str) -> Result<Vec<Entry>, Error> {
    let bytes = data.read(file).map_err(|error| {
        let names = data.names();
        let hint = if names.is_empty() {
            "hint: grant the directory it lies in: `grants: { data: DIRECTORY }`".to_owned()
        } else {
            let names: Vec<&str> = names.iter().map(String::as_str).take(8).collect();
            format!("hint: granted are {}", names.join(", "))
        };
        Error::new(format!("{place}: `{file}` cannot be read: {error}; {hint}"))
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let lines = error
            .as_bytes()
            .iter()
            .take(valid)
            .filter(|byte| **byte == b'\n');
        Error::new(format!(
            "{place}: `{file}`, line {}: it is not UTF-8; hint: save it as UTF-8",
            lines.count() + 1
        ))
    })?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    if file.ends_with(".json") {
        json(text, file, place)
    } else {
        lines(text, file, place)
    }
}

fn json(text: &str, file: &str, place: &str) -> Result<Vec<Entry>, Error> {
    let terms: Json = serde_json::from_str(text).map_err(|_| {
        Error::new(format!(
            "{place}: `{file}`: it is neither a list of terms nor an object of terms and what they \
             count; hint: `[\"one\", \"two\"]` or `{{\"one\": 2}}`"
        ))
    })?;
    let terms: Vec<(String, u32)> = match terms {
        Json::Plain(terms) => terms.into_iter().map(|term| (term, 1)).collect(),
        Json::Weighted(terms) => terms.into_iter().collect(),
    };
    let entry = |(number, (term, weight))| Entry {
        term,
        weight,
        place: format!("{place}: `{file}`, entry {number}"),
    };
    Ok((1..).zip(terms).map(entry).collect())
}

/// One term to a line; behind a tab what it counts. `#` begins a comment, `\#` a term.
fn lines(text: &str, file: &str, place: &str) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let place = format!("{place}: `{file}`, line {number}");
        let (term, weight) = match line.rsplit_once('\t') {
            None => (line, 1),
            Some((term, weight)) => {
                let weight = weight.trim().parse().map_err(|_| {
                    Error::new(format!(
                        "{place}: behind the tab stands no whole number; hint: it is what the term \
                         counts in a topic"
                    ))
                })?;
                (term, weight)
            }
        };
        let term = term
            .strip_prefix('\\')
            .filter(|rest| rest.starts_with('#'))
            .unwrap_or(term);
        entries.push(Entry {
            term: term.to_owned(),
            weight,
            place,
        });
    }
    Ok(entries)
}
