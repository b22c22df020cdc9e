//! Answers of the host's own.

use super::Endpoint;
use crate::json::escaped;
use crate::{ErrorShape, Filtered};

/// The body of an error response. The format has no word for a kind of error.
pub(crate) fn body(shape: &ErrorShape) -> String {
    format!(r#"{{"error":"{}"}}"#, escaped(&shape.message))
}

/// An error in a stream: its last line.
pub(super) fn error_line(shape: &ErrorShape) -> String {
    body(shape) + "\n"
}

/// The body of an answer in place of the model's.
pub(crate) fn filtered(endpoint: Endpoint, filtered: &Filtered<'_>) -> String {
    let model = format!("\"{}\"", escaped(filtered.model));
    let created = format!("\"{}\"", time(filtered.seconds));
    end(endpoint, Some(&model), Some(&created))
}

/// An answer, or the rest of one, that says nothing; the parameters are JSON.
pub(super) fn end(endpoint: Endpoint, model: Option<&str>, created: Option<&str>) -> String {
    let model = model.unwrap_or("\"\"");
    let nothing = match endpoint {
        Endpoint::Chat => r#""message":{"role":"assistant","content":""}"#,
        Endpoint::Generate => r#""response":"""#,
        Endpoint::Embed => return format!(r#"{{"model":{model},"embeddings":[]}}"#),
    };
    let created = match created {
        Some(created) => format!(r#""created_at":{created},"#),
        None => String::new(),
    };
    format!(r#"{{"model":{model},{created}{nothing},"done":true,"done_reason":"content_filter"}}"#)
}

/// A time of the Unix epoch, as clients read it.
fn time(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let (hour, minute, second) = (rest / 3600, rest % 3600 / 60, rest % 60);
    // Years that begin in March have their leap day at the end: four hundred of them are an era.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let from_march = (5 * day + 2) / 153;
    let day = day - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 {
        from_march + 3
    } else {
        from_march - 9
    };
    let year = era * 400 + year + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use serde_json::Value;

    #[test]
    fn every_kind_has_the_formats_shape() {
        for kind in ErrorKind::ALL {
            let text = body(&ErrorShape::new(*kind, "say \"why\"\n"));
            let value: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(value, serde_json::json!({"error": "say \"why\"\n"}));
            assert!(!text.contains('\n'));
        }
    }

    #[test]
    fn an_answer_that_was_filtered_says_so() {
        let filtered = |endpoint| -> Value {
            let text = filtered(
                endpoint,
                &Filtered {
                    model: "m\"1",
                    exchange: "abc",
                    seconds: 1_709_210_096,
                },
            );
            serde_json::from_str(&text).unwrap()
        };
        let chat = filtered(Endpoint::Chat);
        assert_eq!(chat["model"], "m\"1");
        assert_eq!(chat["created_at"], "2024-02-29T12:34:56Z");
        assert_eq!(chat["message"]["content"], "");
        assert_eq!(chat["done"], true);
        assert_eq!(chat["done_reason"], "content_filter");
        let generated = filtered(Endpoint::Generate);
        assert_eq!(generated["response"], "");
        assert_eq!(generated["done_reason"], "content_filter");
        assert_eq!(
            filtered(Endpoint::Embed)["embeddings"],
            serde_json::json!([])
        );
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_399, "2000-02-28T23:59:59Z"),
            (951_868_799, "2000-02-29T23:59:59Z"),
            (951_868_800, "2000-03-01T00:00:00Z"),
            (1_735_689_599, "2024-12-31T23:59:59Z"),
            (1_735_689_600, "2025-01-01T00:00:00Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(time(seconds), text);
        }
    }
}
