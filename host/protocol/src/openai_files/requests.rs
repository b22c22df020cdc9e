//! Rows of a batch: requests.

use std::collections::HashSet;

use caponier_core::{RequestFacts, Span};

use super::{ROW, VOCABULARY};
use crate::fields::Fields as _;
use crate::json::Value;
use crate::parts::Parts;
use crate::place::Place;
use crate::{
    Format, Limits, Malformed, Problem, openai_chat, openai_completions, openai_embeddings,
    openai_moderations, openai_responses, path, rows,
};

pub(super) fn read(
    body: &str,
    file: Span,
    parts: &mut Parts,
    limits: &Limits,
) -> Result<RequestFacts, Malformed> {
    let mut all: Option<RequestFacts> = None;
    let mut tools = HashSet::new();
    rows::each(
        parts,
        body,
        file,
        limits,
        VOCABULARY,
        |parts, number, value| {
            let mut facts = row(parts, number, value)?;
            facts.tools.retain(|tool| tools.insert(tool.clone()));
            let Some(all) = &mut all else {
                all = Some(facts);
                return Ok(());
            };
            if all.model != facts.model {
                let value = value.get("body").unwrap_or(value);
                let problem = Problem::Type("the model of the other rows");
                return Err(value.refuse(&Place::of("body").key("model"), problem));
            }
            most(all, facts);
            Ok(())
        },
    )?;
    Ok(all.unwrap_or_default())
}

fn row(parts: &mut Parts, number: usize, value: Value<'_>) -> Result<RequestFacts, Malformed> {
    value.object(&Place::ROOT, ROW)?;
    let there = |key| {
        let missing = || value.refuse(&Place::ROOT, Problem::Missing(key));
        value.get(key).ok_or_else(missing)
    };
    parts.token(value.get("custom_id"), &Place::of("custom_id"))?;
    let method = there("method")?;
    if method.string().as_deref() != Some("POST") {
        return Err(method.refuse(&Place::of("method"), Problem::Type("\"POST\"")));
    }
    parts.rest(value, &Place::ROOT, ROW);
    let url = there("url")?;
    let target = url.string().filter(|url| path::is_plain(url));
    let target = target.as_deref().unwrap_or_default();
    let read = match Format::of_path(target) {
        Some(Format::OpenAiChat) => openai_chat::row,
        Some(Format::OpenAiCompletions) => openai_completions::row,
        Some(Format::OpenAiEmbeddings) => openai_embeddings::row,
        None if target.ends_with("/moderations") => openai_moderations::row,
        Some(Format::OpenAiResponses) => openai_responses::row,
        _ => {
            let what = "the path of an endpoint whose requests are inspected";
            return Err(url.refuse(&Place::of("url"), Problem::Type(what)));
        }
    };
    let asked = there("body")?;
    let place = rows::place(number);
    parts.enter(number, &format!("{place}.body"));
    let (read, facts) =
        read(std::mem::take(parts), asked).map_err(|malformed| rows::within("body", malformed))?;
    *parts = read;
    Ok(facts)
}

/// The most that any of the rows asks for. The row's tools are those that no other has.
fn most(all: &mut RequestFacts, row: RequestFacts) {
    all.n = all.n.max(row.n);
    all.max_tokens = all.max_tokens.max(row.max_tokens);
    all.logprobs |= row.logprobs;
    all.top_logprobs = all.top_logprobs.max(row.top_logprobs);
    for (known, more) in [
        (&mut all.temperature, row.temperature),
        (&mut all.top_p, row.top_p),
    ] {
        if known.is_none() || more > *known {
            *known = more;
        }
    }
    all.tools.extend(row.tools);
    all.response_format = row.response_format.or(all.response_format.take());
    all.stream |= row.stream;
}
