//! Answers of the host's own.

use crate::Filtered;
use crate::json::escaped;

/// The body of an answer in place of the model's. The format has no word for why it is empty;
/// clients that find no vector in it say so.
pub(crate) fn filtered(filtered: &Filtered<'_>) -> String {
    let model = escaped(filtered.model);
    format!(
        r#"{{"object":"list","data":[],"model":"{model}","usage":{{"prompt_tokens":0,"total_tokens":0}}}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_was_filtered_has_no_vector() {
        let text = filtered(&Filtered {
            model: "m\"1",
            exchange: "abc",
            seconds: 7,
        });
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["model"], "m\"1");
        assert_eq!(value["data"], serde_json::json!([]));
    }
}
