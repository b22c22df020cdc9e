//! Files with a JSON value to each line.

use caponier_core::Span;

use crate::json::{Document, Value};
use crate::parts::{Parts, joined};
use crate::{Limits, Malformed, Problem};

/// Characters that some readers take for the end of a line.
const ENDS: [char; 3] = ['\u{85}', '\u{2028}', '\u{2029}'];

/// Reads each row of a part of a body; `row` is told where its gaps are. An error names the row.
pub(crate) fn each(
    parts: &mut Parts,
    body: &str,
    part: Span,
    limits: &Limits,
    vocabulary: &'static [&'static str],
    mut row: impl FnMut(&mut Parts, usize, Value<'_>) -> Result<(), Malformed>,
) -> Result<(), Malformed> {
    let text = crate::json::cut(body, part);
    let mut at = part.start;
    for (number, line) in text.split('\n').enumerate() {
        let span = Span::new(at, at + line.len());
        at += line.len() + 1;
        if line.bytes().all(|byte| b" \t\r".contains(&byte)) {
            continue;
        }
        let place = place(number);
        if let Some(found) = line.find(ENDS) {
            return Err(Malformed {
                place,
                at: span.start + found,
                problem: Problem::Expected("an escape: some readers end the row here"),
            });
        }
        let document = Document::parse_within(body, span, limits, vocabulary)
            .map_err(|malformed| within(&place, malformed))?;
        parts.enter(number, &place);
        row(parts, number, document.root()).map_err(|malformed| within(&place, malformed))?;
        parts.leave();
    }
    Ok(())
}

/// Where a row is.
pub(crate) fn place(number: usize) -> String {
    format!("row[{number}]")
}

/// An error in something that stands at a place.
pub(crate) fn within(place: &str, malformed: Malformed) -> Malformed {
    Malformed {
        place: joined(place, &malformed.place),
        ..malformed
    }
}
