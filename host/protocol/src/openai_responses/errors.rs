//! Errors and ends of the host's own, as Responses clients expect them.
//!
//! The body of an error is that of Chat Completions. The error event has its fields twice: by
//! themselves, as the API describes it, and under `error`, where the official clients look for what
//! they throw.

use std::collections::BTreeMap;

use crate::json::escaped;
use crate::openai_chat::{error_body, error_code};
use crate::{ErrorShape, Filtered};

/// Writes an error event.
pub(super) fn event(shape: &ErrorShape, number: u64, out: &mut Vec<u8>) {
    let message = escaped(&shape.message);
    let code = error_code(shape.kind);
    let body = error_body(shape);
    let error = body
        .strip_prefix('{')
        .and_then(|body| body.strip_suffix('}'))
        .unwrap_or_default();
    let data = format!(
        r#"{{"type":"error","code":"{code}","message":"{message}","param":null,"sequence_number":{number},{error}}}"#
    );
    out.extend_from_slice(format!("event: error\ndata: {data}\n\n").as_bytes());
}

/// What is the same in all events about one answer, as JSON: `id`, `created_at` and `model`.
pub(super) type Envelope = BTreeMap<&'static str, String>;

/// Writes an event about the answer as a whole.
pub(super) fn lifecycle(kind: &str, envelope: &Envelope, number: u64, out: &mut Vec<u8>) {
    let response = answer(kind, envelope);
    let event = format!("response.{kind}");
    out.extend_from_slice(
        format!(
            "event: {event}\ndata: {{\"type\":\"{event}\",\"sequence_number\":{number},\"response\":{response}}}\n\n"
        )
        .as_bytes(),
    );
}

/// An answer without output.
fn answer(kind: &str, envelope: &Envelope) -> String {
    let field = |key, default: &str| {
        let value: Option<&String> = envelope.get(key);
        value.cloned().unwrap_or_else(|| default.to_owned())
    };
    let (status, details) = match kind {
        "incomplete" => ("incomplete", r#"{"reason":"content_filter"}"#),
        _ => ("in_progress", "null"),
    };
    format!(
        r#"{{"id":{},"object":"response","created_at":{},"status":"{status}","error":null,"incomplete_details":{details},"instructions":null,"metadata":{{}},"model":{},"output":[],"parallel_tool_calls":true,"temperature":null,"tool_choice":"auto","tools":[],"top_p":null,"usage":null}}"#,
        field("id", "\"\""),
        field("created_at", "0"),
        field("model", "\"\""),
    )
}

/// The body of an answer in place of the model's.
pub(crate) fn filtered(filtered: &Filtered<'_>) -> String {
    let quoted = |text: &str| format!("\"{}\"", escaped(text));
    let envelope = Envelope::from([
        ("id", quoted(&format!("resp_{}", filtered.exchange))),
        ("created_at", filtered.seconds.to_string()),
        ("model", quoted(filtered.model)),
    ]);
    answer("incomplete", &envelope)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    #[test]
    fn an_answer_that_was_filtered_says_so() {
        let text = filtered(&Filtered {
            model: "m\"1",
            exchange: "abc",
            seconds: 7,
        });
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["id"], "resp_abc");
        assert_eq!(value["model"], "m\"1");
        assert_eq!(value["created_at"], 7);
        assert_eq!(value["status"], "incomplete");
        assert_eq!(value["incomplete_details"]["reason"], "content_filter");
        assert_eq!(value["output"], serde_json::json!([]));
    }

    #[test]
    fn an_error_event_has_the_error_in_both_places() {
        for kind in ErrorKind::ALL {
            let mut out = Vec::new();
            event(&ErrorShape::new(*kind, "say \"why\"\n"), 5, &mut out);
            let text = String::from_utf8(out).unwrap();
            let data = text.strip_prefix("event: error\ndata: ").unwrap();
            let value: serde_json::Value = serde_json::from_str(data).unwrap();
            assert_eq!(value["type"], "error");
            assert_eq!(value["sequence_number"], 5);
            assert_eq!(value["message"], "say \"why\"\n");
            for key in ["message", "code", "param"] {
                assert_eq!(value[key], value["error"][key]);
            }
        }
    }
}
