//! What `$ref` refers to: a place in the same text, an anchor in it, or another text by its name.

use caponier_sdk::Error;

use super::Compiler;
use crate::json::{Item, Kind};
use crate::schema::Id;

impl Compiler {
    /// The schema that the reference at `node` names.
    pub(super) fn reference(&mut self, source: u32, node: u32) -> Result<Id, Error> {
        let place = (source, node);
        let Some(reference) = self.item(source, node).and_then(Item::string) else {
            return Err(self.wrong(place, "it must be a string"));
        };
        let reference = reference.into_owned();
        let (name, fragment) = reference.split_once('#').unwrap_or((&reference, ""));
        let target = if name.is_empty() || self.is_id_of(source, name) {
            source
        } else {
            self.source(name).ok_or_else(|| {
                let what = format!(
                    "there is no schema `{name}`; hint: name it in `schemas`, nothing is fetched"
                );
                self.wrong(place, what)
            })?
        };
        let found = if fragment.is_empty() {
            Some(0)
        } else if fragment.starts_with('/') {
            self.item(target, 0)
                .and_then(|root| followed(root, fragment))
        } else {
            self.anchor(target, fragment)
        };
        match found {
            Some(found) => self.schema(target, found),
            None => Err(self.wrong(place, format!("there is nothing at `{reference}`"))),
        }
    }

    /// Whether the text calls itself so.
    fn is_id_of(&self, source: u32, name: &str) -> bool {
        let root = self.item(source, 0);
        let id = root.and_then(|root| root.get("$id")?.string());
        id.is_some_and(|id| id.strip_suffix('#').unwrap_or(&id) == name)
    }

    /// The schema in a text that has this `$anchor`.
    fn anchor(&self, source: u32, anchor: &str) -> Option<u32> {
        let nodes = &self.schemas.sources.get(source as usize)?.nodes;
        let objects = (0_u32..)
            .zip(nodes)
            .filter(|(_, node)| node.kind == Kind::Object);
        let is_anchored = |item: &Item<'_>| {
            item.members().any(|(key, value)| {
                key.string()
                    .is_some_and(|key| key == "$anchor" || key == "$dynamicAnchor")
                    && value.string().as_deref() == Some(anchor)
            })
        };
        objects
            .filter_map(|(index, _)| self.item(source, index))
            .find(is_anchored)
            .map(|item| item.index)
    }
}

/// Where a JSON pointer (RFC 6901) in a URI's fragment leads.
fn followed(root: Item<'_>, fragment: &str) -> Option<u32> {
    let pointer = decoded(fragment)?;
    let mut at = root;
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        at = match at.kind() {
            Kind::Object => at.get(&step)?,
            Kind::Array => at.items().nth(step.parse().ok()?)?,
            _ => return None,
        };
    }
    Some(at.index)
}

/// A fragment without percent signs.
fn decoded(fragment: &str) -> Option<String> {
    let mut out = Vec::with_capacity(fragment.len());
    let mut bytes = fragment.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let mut digit = || char::from(bytes.next()?).to_digit(16);
        out.push((digit()? * 16 + digit()?) as u8);
    }
    String::from_utf8(out).ok()
}
