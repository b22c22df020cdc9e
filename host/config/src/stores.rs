//! Stores of documents with a JSON API of their own: what stands where in it.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{Deserialize, Deserializer, Error};
use serde::{Serialize, Serializer};

use crate::gateway::PathPattern;

/// An endpoint of a JSON API.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonEndpoint {
    /// An exact path, or a prefix that ends in `/*`.
    #[serde(with = "pattern")]
    #[schemars(with = "String")]
    pub path: PathPattern,
    /// The method. Default: POST.
    #[serde(default = "post")]
    pub method: String,
    /// What is asked, in the request: every string below is a query.
    #[serde(default)]
    pub queries: Vec<JsonPath>,
    /// The documents that the request writes.
    #[serde(default)]
    pub written: Option<JsonDocuments>,
    /// The documents of the answer.
    #[serde(default)]
    pub answer: Option<JsonDocuments>,
}

/// Where documents stand in a body. All strings of a document are its text.
#[derive(Clone, Debug, PartialEq, Eq, serde::Deserialize, serde::Serialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JsonDocuments {
    /// Each document, in the body: `$.hits[*]`. What is no item of an array stands alone: it cannot be
    /// dropped, and its answer is denied.
    pub documents: JsonPath,
    /// Its id, in the document.
    #[serde(default)]
    pub id: JsonPath,
    /// Its score, in the document.
    #[serde(default)]
    pub score: Option<JsonPath>,
    /// What holds the small values that rules see of it, in the document. Default: the document.
    #[serde(default)]
    pub attributes: JsonPath,
    /// Numbers of documents in the body, which follow when some are dropped.
    #[serde(default)]
    pub totals: Vec<JsonPath>,
}

fn post() -> String {
    "POST".to_owned()
}

/// A JSONPath of names and wildcards: `$.hits[*].text`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonPath {
    /// Names of members; `None`: all members or items.
    pub steps: Vec<Option<String>>,
}

impl JsonPath {
    /// Reads one.
    ///
    /// # Errors
    /// Where the text has anything else in it.
    pub fn parse(text: &str) -> Result<Self, &'static str> {
        const WRONG: &str = "not a JSONPath of names and wildcards such as $.hits[*].text";
        let mut rest = text.strip_prefix('$').ok_or(WRONG)?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            if let Some(after) = rest.strip_prefix("[*]").or_else(|| rest.strip_prefix(".*")) {
                steps.push(None);
                rest = after;
            } else if let Some(after) = rest.strip_prefix("['") {
                let (name, after) = after.split_once("']").ok_or(WRONG)?;
                if name.is_empty() || name.contains(['\'', '\\']) {
                    return Err(WRONG);
                }
                steps.push(Some(name.to_owned()));
                rest = after;
            } else {
                let after = rest.strip_prefix('.').ok_or(WRONG)?;
                let (name, after) = after.split_at(after.find(['.', '[']).unwrap_or(after.len()));
                let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
                if name.is_empty() || !name.chars().all(is_name) {
                    return Err(WRONG);
                }
                steps.push(Some(name.to_owned()));
                rest = after;
            }
        }
        Ok(Self { steps })
    }
}

impl fmt::Display for JsonPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("$")?;
        self.steps.iter().try_for_each(|step| match step {
            Some(name) => write!(f, "['{name}']"),
            None => f.write_str("[*]"),
        })
    }
}

impl<'de> Deserialize<'de> for JsonPath {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(D::Error::custom)
    }
}

impl Serialize for JsonPath {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl JsonSchema for JsonPath {
    fn schema_name() -> Cow<'static, str> {
        "JsonPath".into()
    }
    fn inline_schema() -> bool {
        true
    }
    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^\\$" })
    }
}

/// A path pattern as it is written.
mod pattern {
    use super::{Deserialize, Deserializer, Error, PathPattern, Serializer};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<PathPattern, D::Error> {
        PathPattern::parse(&String::deserialize(from)?).map_err(D::Error::custom)
    }

    pub(super) fn serialize<S: Serializer>(path: &PathPattern, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_and_written() {
        for (text, written) in [
            ("$", "$"),
            ("$.hits[*].text", "$['hits'][*]['text']"),
            ("$['a b'].*", "$['a b'][*]"),
        ] {
            let path = JsonPath::parse(text).unwrap();
            assert_eq!(path.to_string(), written);
            assert_eq!(JsonPath::parse(written), Ok(path));
        }
        for text in [
            "",
            "hits",
            "$hits",
            "$.",
            "$..text",
            "$.a[0]",
            "$.a[?(@.b)]",
            "$['a",
            "$['']",
        ] {
            assert!(JsonPath::parse(text).is_err(), "{text}");
        }
    }
}
