//! What a signature of an image is made over: the "simple signing" text that cosign writes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::Digest;
use crate::json::Unique;
use crate::text::shown;

const TYPE: &str = "cosign container image signature";

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Payload<O> {
    critical: Critical,
    optional: Option<O>,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
struct Critical {
    identity: Identity,
    image: Image,
    #[serde(rename = "type")]
    kind: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Identity {
    docker_reference: String,
}

#[derive(Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Image {
    docker_manifest_digest: Digest,
}

/// The text that a signature of the manifest `image` in the repository `name` is made over.
pub(crate) fn write(
    name: &str,
    image: Digest,
    annotations: &BTreeMap<String, String>,
) -> serde_json::Result<Vec<u8>> {
    serde_json::to_vec(&Payload {
        critical: Critical {
            identity: Identity {
                docker_reference: name.to_owned(),
            },
            image: Image {
                docker_manifest_digest: image,
            },
            kind: TYPE.to_owned(),
        },
        optional: (!annotations.is_empty()).then_some(annotations),
    })
}

/// Checks that the text speaks of this manifest, this repository (`None`: of any) and has these
/// annotations; says what is wrong.
pub(crate) fn check(
    text: &[u8],
    name: Option<&str>,
    image: &Digest,
    annotations: &BTreeMap<String, String>,
) -> Result<(), String> {
    let payload: Payload<Unique<Value>> = serde_json::from_slice(text).map_err(|error| {
        let error = shown(&error.to_string(), 200);
        format!("what it signed is not a statement about an image: {error}")
    })?;
    let Critical {
        identity,
        image: signed,
        kind,
    } = payload.critical;
    if kind != TYPE {
        return Err("what it signed is a statement of another type".to_owned());
    }
    if signed.docker_manifest_digest != *image {
        return Err(format!(
            "it signed another image: {}",
            signed.docker_manifest_digest
        ));
    }
    if let Some(name) = name
        && identity.docker_reference != name
    {
        return Err(format!(
            "it signed for another repository: `{}`",
            shown(&identity.docker_reference, 100)
        ));
    }
    let found = payload
        .optional
        .map(|optional| optional.0)
        .unwrap_or_default();
    for (key, value) in annotations {
        match found.get(key) {
            Some(Value::String(found)) if found == value => {}
            Some(_) => return Err(format!("its annotation `{key}` is not `{value}`")),
            None => return Err(format!("it has no annotation `{key}`")),
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_is_the_one_that_cosign_writes() {
        let image = Digest::of(b"");
        let none = write("h.example/r", image, &BTreeMap::new()).unwrap();
        let expected = format!(
            r#"{{"critical":{{"identity":{{"docker-reference":"h.example/r"}},"image":{{"docker-manifest-digest":"{image}"}},"type":"cosign container image signature"}},"optional":null}}"#
        );
        assert_eq!(String::from_utf8(none).unwrap(), expected);
        let env = BTreeMap::from([("env".to_owned(), "prod".to_owned())]);
        let text = write("h.example/r", image, &env).unwrap();
        assert!(check(&text, Some("h.example/r"), &image, &env).is_ok());
        assert!(check(&text, None, &image, &BTreeMap::new()).is_ok());
    }

    #[test]
    fn a_text_that_can_be_read_in_two_ways_is_refused() {
        let image = Digest::of(b"");
        let other = Digest::of(b"x");
        let good = String::from_utf8(write("h/r", image, &BTreeMap::new()).unwrap()).unwrap();
        let ours = format!(r#""docker-manifest-digest":"{image}""#);
        let optional =
            |text: &str| good.replace("\"optional\":null", &format!("\"optional\":{text}"));
        let demanded = BTreeMap::from([("env".to_owned(), "prod".to_owned())]);
        let none = BTreeMap::new();
        for (text, wanted) in [
            (
                good.replace(
                    &ours,
                    &format!(r#""docker-manifest-digest":"{other}",{ours}"#),
                ),
                &none,
            ),
            (
                good.replace(&ours, &format!(r#""docker-manifest-digest":"{other}""#)),
                &none,
            ),
            (
                good.replace(&ours, &format!(r#""Docker-manifest-digest":"{image}""#)),
                &none,
            ),
            (good.replace("container image", "blob"), &none),
            (good.replace("h/r", "h/other"), &none),
            (
                good.replace("{\"critical\"", "{\"critical\":{},\"critical\""),
                &none,
            ),
            (format!("{good} {good}"), &none),
            (good.trim_end_matches('}').to_owned(), &none),
            ("[]".to_owned(), &none),
            (String::new(), &none),
            (optional(r#"{"env":"test","env":"prod"}"#), &demanded),
            (optional(r#"{"env":["prod"]}"#), &demanded),
            (optional(r#"{"env":"test"}"#), &demanded),
            (optional("{}"), &demanded),
            (good.clone(), &demanded),
        ] {
            assert_ne!((text.as_str(), wanted.len()), (good.as_str(), 0));
            assert!(
                check(text.as_bytes(), Some("h/r"), &image, wanted).is_err(),
                "{text}"
            );
        }
        assert!(check(good.as_bytes(), Some("h/r"), &image, &none).is_ok());
        let right = optional(r#"{"creator":{"name":"x"},"env":"prod"}"#);
        assert!(check(right.as_bytes(), Some("h/r"), &image, &demanded).is_ok());
    }
}
