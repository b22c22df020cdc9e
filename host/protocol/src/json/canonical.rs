//! One spelling for all that mean the same.

use super::{Type, Value, escape_into};

/// A value in one spelling, after RFC 8785 (JSON Canonicalization Scheme): members in the order of
/// their names, strings with no more escapes than they need, nothing between the parts. Unlike there,
/// names are ordered by their bytes, and numbers stay as they are written.
pub(crate) fn canonical(value: Value<'_>) -> String {
    let mut out = String::with_capacity(value.raw().len());
    write(value, &mut out);
    out
}

fn write(value: Value<'_>, out: &mut String) {
    match value.kind() {
        Type::Object => {
            let members = value.members();
            let mut members: Vec<_> = members
                .filter_map(|(key, value)| Some((key.string()?, value)))
                .collect();
            members.sort_by(|(a, _), (b, _)| a.cmp(b));
            out.push('{');
            for (index, (key, value)) in members.into_iter().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                string(&key, out);
                out.push(':');
                write(value, out);
            }
            out.push('}');
        }
        Type::Array => {
            out.push('[');
            for (index, item) in value.items().enumerate() {
                if index > 0 {
                    out.push(',');
                }
                write(item, out);
            }
            out.push(']');
        }
        Type::String => string(&value.string().unwrap_or_default(), out),
        Type::Number | Type::True | Type::False | Type::Null => out.push_str(value.raw()),
    }
}

fn string(text: &str, out: &mut String) {
    out.push('"');
    escape_into(out, text);
    out.push('"');
}

#[cfg(test)]
mod tests {
    use super::canonical;
    use crate::Limits;
    use crate::json::Document;

    fn spelled(text: &str) -> String {
        let document = Document::parse(text, &Limits::default(), &[]).unwrap();
        canonical(document.root())
    }

    #[test]
    fn what_means_the_same_is_spelled_the_same() {
        let one = spelled(r#"{"b": [1, true, {"d": null, "c": "é\n"}], "a": "x"}"#);
        assert_eq!(one, r#"{"a":"x","b":[1,true,{"c":"é\n","d":null}]}"#);
        let other = spelled(
            "{ \"\\u0061\" : \"\\u0078\", \"b\":[1,true,{\"c\":\"\\u00e9\\u000a\",\"d\":null}]}\n",
        );
        assert_eq!(one, other);
    }

    #[test]
    fn what_means_something_else_is_spelled_otherwise() {
        let all = [
            r#"{"a":1}"#,
            r#"{"a":"1"}"#,
            r#"{"a":[1]}"#,
            r#"{"a":{"1":null}}"#,
            r#"{"a":1,"b":2}"#,
            r#"{"a":"\",\"b\":2"}"#,
        ];
        let mut spelled: Vec<String> = all.iter().map(|text| spelled(text)).collect();
        spelled.sort();
        spelled.dedup();
        assert_eq!(spelled.len(), all.len());
    }
}
