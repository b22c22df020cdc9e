//! No text gets by in the formats whose own tests do not put it everywhere.

use super::skipping::{in_event, in_request, in_response};
use crate::Format;

#[test]
fn in_chat_completions() {
    in_request(
        Format::OpenAiChat,
        r#"{"model": "gpt-x", "stream": true, "temperature": 0.5, "top_p": 1, "max_tokens": 9, "n": 2, "seed": 1,
          "logprobs": true, "top_logprobs": 2, "parallel_tool_calls": false, "tool_choice": {"type": "function", "function": {"name": "mail"}},
          "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "name": "bob", "content": [{"type": "text", "text": "What is in it?"}]},
            {"role": "assistant", "content": null, "refusal": "no", "reasoning_content": "hmm",
             "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "mail", "arguments": {"to": [{"email": "a@b.c"}], "n": 42}}}]},
            {"role": "tool", "tool_call_id": "c1", "content": "sent"}],
          "tools": [{"type": "function", "function": {"name": "mail", "description": "Sends mail.", "strict": true,
            "parameters": {"type": "object", "properties": {"to": {"type": "string", "enum": ["a"], "description": "Who gets it."}}}}}],
          "user": "u@x.y", "metadata": {"k": "v"}, "stop": ["END"], "prediction": {"type": "content", "content": "maybe"},
          "response_format": {"type": "json_schema", "json_schema": {"name": "s", "description": "Shape."}},
          "stream_options": {"include_usage": true}, "logit_bias": {"1": 2}, "modalities": ["text"]}"#,
    );
    in_response(
        Format::OpenAiChat,
        r#"{"id":"x","object":"chat.completion","created":1,"model":"m","service_tier":"s","choices":[
          {"index":0,"message":{"role":"assistant","content":"Hi","refusal":null,"annotations":[{"type":"url_citation","url_citation":{"url":"https://x.y","start_index":1}}],
            "tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":{"a":1}}}]},
           "logprobs":null,"finish_reason":"stop"}],
          "usage":{"prompt_tokens":3,"completion_tokens":4,"details":{"cached":1}}}"#,
    );
    in_event(
        Format::OpenAiChat,
        r#"{"id":"x","object":"chat.completion.chunk","created":1,"model":"m","choices":[
          {"index":0,"delta":{"role":"assistant","content":"Hi","refusal":null,
            "tool_calls":[{"index":0,"id":"c","type":"function","function":{"name":"f","arguments":"{}"}}]},
           "logprobs":null,"finish_reason":null}],"usage":{"prompt_tokens":3,"completion_tokens":4}}"#,
        |event| format!("data: {event}\n\n"),
    );
}

#[test]
fn in_messages() {
    in_request(
        Format::AnthropicMessages,
        r#"{"model": "claude", "max_tokens": 9, "temperature": 0.5, "top_k": 1, "top_p": 1, "stream": true,
          "system": [{"type": "text", "text": "Be kind.", "cache_control": {"type": "ephemeral"}}],
          "messages": [
            {"role": "user", "content": [{"type": "text", "text": "What is it?"}]},
            {"role": "assistant", "content": [{"type": "thinking", "thinking": "hm m", "signature": "c2ln"},
              {"type": "tool_use", "id": "t1", "name": "mail", "input": {"to": ["a@b.c"], "n": 4}}]},
            {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "is_error": false, "content": "sent it"}]}],
          "tools": [{"name": "mail", "description": "Sends mail.", "input_schema": {"type": "object", "properties": {"to": {"description": "Who."}}}}],
          "tool_choice": {"type": "auto"}, "metadata": {"user_id": "u 1"}, "stop_sequences": ["THE END"],
          "thinking": {"type": "enabled", "budget_tokens": 5}}"#,
    );
    in_response(
        Format::AnthropicMessages,
        r#"{"id":"msg_1","type":"message","role":"assistant","model":"m","content":[
          {"type":"text","text":"Hi","citations":[{"type":"char_location","cited_text":"a b","document_index":0,"document_title":"t t","start_char_index":1,"end_char_index":2}]},
          {"type":"tool_use","id":"t","name":"f","input":{"a":1}}],
          "stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":1,"output_tokens":2}}"#,
    );
}
