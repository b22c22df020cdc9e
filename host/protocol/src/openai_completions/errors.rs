//! Answers of the host's own.

use crate::Filtered;
use crate::json::escaped;
use crate::openai_chat::Chunk;

/// What the format calls a chunk, and how one without text is written.
pub(crate) const CHUNK: Chunk = Chunk {
    object: "text_completion",
    nothing: r#""text":"""#,
};

/// The body of an answer in place of the model's.
pub(crate) fn filtered(filtered: &Filtered<'_>) -> String {
    let (model, exchange) = (escaped(filtered.model), escaped(filtered.exchange));
    let seconds = filtered.seconds;
    format!(
        r#"{{"id":"cmpl-{exchange}","object":"text_completion","created":{seconds},"model":"{model}","choices":[{{"index":0,"text":"","logprobs":null,"finish_reason":"content_filter"}}]}}"#
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_that_was_filtered_says_so() {
        let text = filtered(&Filtered {
            model: "m\"1",
            exchange: "abc",
            seconds: 7,
        });
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["id"], "cmpl-abc");
        assert_eq!(value["object"], "text_completion");
        assert_eq!(value["model"], "m\"1");
        assert_eq!(value["created"], 7);
        assert_eq!(value["choices"][0]["finish_reason"], "content_filter");
        assert_eq!(value["choices"][0]["text"], "");
    }
}
