//! Responses: what is known of a batch.

use super::RESPONSE;
use crate::anthropic_messages::VOCABULARY;
use crate::fields::Fields as _;
use crate::json::Document;
use crate::parts::Parts;
use crate::place::Place;
use crate::{Limits, Malformed, Response};

pub(crate) fn response(body: String, first: u32, limits: &Limits) -> Result<Response, Malformed> {
    let document = Document::parse(&body, limits, VOCABULARY)?;
    let root = document.root().object(&Place::ROOT, RESPONSE)?;
    let mut parts = Parts::new(first, limits.segments);
    parts.kept(root, &[])?;
    drop(document);
    Ok(Response::new(body, parts.checked()?, None))
}
