//! Requests.

use caponier_core::RequestFacts;

use crate::draft::{Draft, Names};
use crate::json::{Type, Value};
use crate::openai_chat;
use crate::parts::Parts;
use crate::{Limits, Malformed, Request};

const NAMES: Names = Names {
    top: openai_chat::TOP,
    // Without a prompt the model begins where documents begin.
    required: None,
    vocabulary: openai_chat::VOCABULARY,
    settable: &[
        "best_of",
        "echo",
        "frequency_penalty",
        "logprobs",
        "max_tokens",
        "metadata",
        "model",
        "n",
        "presence_penalty",
        "seed",
        "stop",
        "store",
        "stream_options",
        "temperature",
        "top_p",
        "user",
    ],
    streams: false,
};

pub(crate) fn request(body: String, limits: &Limits) -> Result<Request, Malformed> {
    Draft::read(body, limits, &NAMES, field)
}

/// Reads a request that is a value of another body.
pub(crate) fn row(parts: Parts, value: Value<'_>) -> Result<(Parts, RequestFacts), Malformed> {
    Draft::row(parts, value, &NAMES, field)
}

fn field(draft: &mut Draft, name: &str, value: Value<'_>) -> Result<(), Malformed> {
    match (name, value.kind()) {
        // How many alternatives: without any, the probability of what was said is still told.
        ("logprobs", Type::Number) => {
            draft.facts.logprobs = true;
            draft.facts.top_logprobs = value.unsigned();
            Ok(())
        }
        _ => openai_chat::field(draft, name, value),
    }
}
