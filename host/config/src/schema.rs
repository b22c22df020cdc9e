//! The JSON Schema of the file.

use serde_json::{Value, json};

use crate::raw::Root;

/// The JSON Schema (draft 2020-12) of the file, for editors and for checks in a pipeline.
///
/// It knows keys, words and shapes; what values mean for one another only [`crate::parse`] knows.
pub fn schema() -> Value {
    let mut schema = schemars::schema_for!(Root).to_value();
    strip_null(&mut schema);
    if let Value::Object(map) = &mut schema {
        map.insert("title".to_owned(), json!("Caponier configuration"));
        if let Some(version) = map
            .get_mut("properties")
            .and_then(|properties| properties.get_mut("version"))
        {
            *version = json!({ "const": 1, "description": "The version of this format: 1." });
        }
    }
    schema
}

/// A key that may be left out may still not stand there without a value.
fn strip_null(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(strip_null),
        Value::Object(map) => {
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|kind| kind != "null");
                if let [only] = types.as_slice() {
                    let only = only.clone();
                    map.insert("type".to_owned(), only);
                }
            }
            if let Some(Value::Array(choices)) = map.get_mut("enum") {
                choices.retain(|choice| !choice.is_null());
            }
            let lone = match map.get_mut("anyOf") {
                Some(Value::Array(choices)) => {
                    choices.retain(|choice| choice.get("type") != Some(&json!("null")));
                    if choices.len() == 1 {
                        choices.pop()
                    } else {
                        None
                    }
                }
                _ => None,
            };
            if let Some(Value::Object(lone)) = lone {
                map.remove("anyOf");
                for (key, value) in lone {
                    map.entry(key).or_insert(value);
                }
            }
            map.values_mut().for_each(strip_null);
        }
        _ => {}
    }
}
