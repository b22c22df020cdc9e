//! Reading settings strictly.

use serde::de::DeserializeOwned;

use crate::Error;

/// Settings from JSON. Nothing at all, or `null`, stands for the default.
///
/// [`export!`](crate::export) calls it for a plugin; who reads settings of an own sort calls it too.
///
/// ```
/// use caponier_sdk::settings;
///
/// #[derive(Debug, Default, serde::Deserialize)]
/// #[serde(default)]
/// struct Settings {
///     prefix: String,
/// }
///
/// let given: Settings = settings::parse(r#"{ "prefix": "BADGE-" }"#)?;
/// assert_eq!(given.prefix, "BADGE-");
/// let default: Settings = settings::parse("")?;
/// assert_eq!(default.prefix, "");
/// let error = settings::parse::<Settings>(r#"{ "prefx": "BADGE-" }"#).unwrap_err();
/// assert!(error.message().starts_with("settings.prefx: unknown key"));
/// # Ok::<(), caponier_sdk::Error>(())
/// ```
///
/// # Errors
/// Names the key that is unknown or whose value does not fit.
pub fn parse<T: DeserializeOwned + Default>(json: &str) -> Result<T, Error> {
    let json = json.trim();
    if json.is_empty() || json == "null" {
        return Ok(T::default());
    }
    let mut unknown = None;
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let mut note = |path: serde_ignored::Path<'_>| {
        unknown.get_or_insert_with(|| path.to_string());
    };
    let strict = serde_ignored::Deserializer::new(&mut deserializer, &mut note);
    let settings = serde_path_to_error::deserialize(strict).map_err(|error| {
        let (path, message) = (error.path().to_string(), unquoted(error.inner()));
        Error::new(if path == "." {
            format!("settings: {message}")
        } else {
            format!("settings.{path}: {message}")
        })
    })?;
    deserializer
        .end()
        .map_err(|error| Error::new(format!("settings: {error}")))?;
    match unknown {
        None => Ok(settings),
        Some(path) => Err(Error::new(format!(
            "settings.{path}: unknown key; hint: `caponier plugin inspect` lists the keys that exist"
        ))),
    }
}

/// What does not fit, without the value: it may be a secret that the operator has named elsewhere.
/// Nor does it tell a place, which would be one of a text that nobody sees.
fn unquoted(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let message = message
        .rsplit_once(" at line ")
        .map_or(message.as_str(), |(message, _)| message);
    let kind = message
        .strip_prefix("invalid type: ")
        .and_then(|rest| rest.split([' ', ',']).next());
    let quotes = ["invalid value: ", "unknown variant "];
    let expected = (kind.is_some() || quotes.iter().any(|start| message.starts_with(start)))
        // What is expected comes last, and the value cannot speak after it.
        .then(|| message.rsplit_once(", expected "))
        .flatten();
    match (expected, kind) {
        (Some((_, expected)), Some(kind)) => format!("expected {expected}, and this is: {kind}"),
        (Some((_, expected)), None) => format!("expected {expected}"),
        (None, _) => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(default)]
    struct Settings {
        words: Vec<String>,
        mode: Mode,
        count: u8,
    }

    #[derive(Debug, Default, serde::Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Mode {
        #[default]
        Mask,
        Hash,
    }

    #[test]
    fn what_does_not_fit_is_told_without_its_value() {
        for (given, told) in [
            (
                r#"{"words":"s3cret, expected nothing"}"#,
                "settings.words: expected a sequence, and this is: string",
            ),
            (
                r#"{"words":[{"s3cret":1}]}"#,
                "settings.words[0]: expected a string, and this is: map",
            ),
            (
                r#"{"mode":"s3cret"}"#,
                "settings.mode: expected `mask` or `hash`",
            ),
            (r#"{"count":300}"#, "settings.count: expected u8"),
            (
                r#"{"count":true}"#,
                "settings.count: expected u8, and this is: boolean",
            ),
        ] {
            let error = parse::<Settings>(given).unwrap_err();
            assert_eq!(error.message(), told, "{given}");
        }
    }
}
