//! Whole responses.

use super::RESPONSE;
use crate::anthropic_messages::VOCABULARY;
use crate::fields::Fields;
use crate::json::Document;
use crate::parts::Parts;
use crate::place::Place;
use crate::{Limits, Malformed, Response};

pub(crate) fn response(body: String, first: u32, limits: &Limits) -> Result<Response, Malformed> {
    let document = Document::parse(&body, limits, VOCABULARY)?;
    let root = document.root().object(&Place::ROOT, RESPONSE)?;
    let mut parts = Parts::new(first, limits.segments);
    // Without an id it is no batch but an error, of whatever shape.
    if root.get("id").is_some() {
        parts.rest(root, &Place::ROOT, &[]);
    } else {
        parts.error(root)?;
    }
    drop(document);
    Ok(Response::new(body, parts.checked()?, None))
}
