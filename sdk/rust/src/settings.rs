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
        let path = error.path().to_string();
        Error::new(if path == "." {
            format!("settings: {}", error.inner())
        } else {
            format!("settings.{path}: {}", error.inner())
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
