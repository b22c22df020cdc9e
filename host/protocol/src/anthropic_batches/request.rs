//! Requests.

use caponier_core::RequestFacts;

use super::{PART, TOP};
use crate::anthropic_messages::{VOCABULARY, params};
use crate::fields::Fields;
use crate::json::Document;
use crate::parts::Parts;
use crate::place::Place;
use crate::{Limits, Malformed, Problem, Request};

pub(crate) fn request(body: String, limits: &Limits) -> Result<Request, Malformed> {
    let document = Document::parse(&body, limits, VOCABULARY)?;
    let root = document.root().object(&Place::ROOT, TOP)?;
    let requests = root
        .get("requests")
        .ok_or_else(|| root.refuse(&Place::ROOT, Problem::Missing("requests")))?;
    let mut parts = Parts::new(0, limits.segments);
    let mut facts = RequestFacts::default();
    let place = Place::of("requests");
    for (index, part) in requests.array(&place)?.items().enumerate() {
        let place = place.item(index);
        part.object(&place, PART)?;
        parts.token(part.get("custom_id"), &place.key("custom_id"))?;
        let value = part
            .get("params")
            .ok_or_else(|| part.refuse(&place, Problem::Missing("params")))?;
        let here = place.key("params");
        let before = (index > 0).then(|| facts.model.take());
        params(value, &here, &mut parts, &mut facts)?;
        if before.is_some_and(|model| model != facts.model) {
            let problem = Problem::Type("the model of the other requests");
            return Err(value.refuse(&here.key("model"), problem));
        }
        parts.rest(part, &place, PART);
    }
    parts.rest(root, &Place::ROOT, TOP);
    drop(document);
    Ok(Request::new(body, parts.checked()?, facts, Vec::new(), &[]))
}
