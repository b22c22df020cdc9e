//! Responses.

use caponier_core::{Kind, Role, Stage};

use super::{RESPONSE, VOCABULARY};
use crate::fields::Fields as _;
use crate::json::Document;
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::{Limits, Malformed, Response};

pub(crate) fn response(body: String, first: u32, limits: &Limits) -> Result<Response, Malformed> {
    let document = Document::parse(&body, limits, VOCABULARY)?;
    let root = document.root().object(&Place::ROOT, RESPONSE)?;
    let mut parts = Parts::new(first, limits.segments);
    // Without an id it is no batch but an error, of whatever shape.
    if root.get("id").is_some() {
        for field in ["error", "errors", "metadata"] {
            if let Some(value) = root.get(field) {
                let label = Label::new(Stage::Output, Role::Other, Kind::Other);
                parts.texts(value, &Place::of(field), &label.with("field", field))?;
            }
        }
        parts.rest(root, &Place::ROOT, &["error", "errors", "metadata"]);
    } else {
        parts.error(root)?;
    }
    drop(document);
    Ok(Response::new(body, parts.checked()?, None))
}
