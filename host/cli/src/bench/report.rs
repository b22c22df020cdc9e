//! How the rows look.

use serde_json::json;

use super::Row;
use crate::args::Format;
use crate::style::{BAD, BOLD, DIM, GOOD};

pub(super) fn print(rows: &[Row], format: Format) {
    match format {
        Format::Json => {
            let list: Vec<_> = rows
                .iter()
                .map(|row| {
                    json!({
                        "name": row.name,
                        "value": row.value.map(rounded),
                        "unit": row.unit,
                        "budget": row.budget,
                        "holds": row.holds(),
                    })
                })
                .collect();
            anstream::println!("{:#}", json!(list));
        }
        Format::Text => text(rows),
    }
}

fn text(rows: &[Row]) {
    let width = rows.iter().map(|row| row.name.len()).max().unwrap_or(0);
    for row in rows {
        let (word, style) = match (row.holds(), row.value) {
            (true, _) => ("holds", GOOD),
            (false, Some(_)) => ("over", BAD),
            (false, None) => ("none", BAD),
        };
        let value = row
            .value
            .map_or("-".to_owned(), |value| rounded(value).to_string());
        anstream::println!(
            "{style}{word:5}{style:#}  {:width$}  {BOLD}{value:>9}{BOLD:#} {:8}  {DIM}budget {}{DIM:#}",
            row.name,
            row.unit,
            row.budget,
        );
    }
    let held = rows.iter().filter(|row| row.holds()).count();
    anstream::println!("{held} of {} budgets hold", rows.len());
}

fn rounded(value: f64) -> f64 {
    (value * 1000.0).round() / 1000.0
}
