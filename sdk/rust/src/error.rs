//! The one error type of the plugin's side.

use std::fmt;

/// Why a plugin refuses its settings, or cannot judge a text.
///
/// The message goes to a person: say what, where, and how to fix it. Never put inspected text in
/// it. The host treats an error in `inspect` as a fault of the plugin.
///
/// # Example
///
/// ```
/// use caponier_sdk::Error;
///
/// fn threshold(percent: u8) -> Result<f64, Error> {
///     match percent {
///         0..=100 => Ok(f64::from(percent) / 100.0),
///         // Any text becomes an error with `into()` or `?` too.
///         _ => Err(Error::new("settings.percent: more than 100; hint: leave it out for 50")),
///     }
/// }
///
/// assert_eq!(threshold(80), Ok(0.8));
/// let error = threshold(120).unwrap_err();
/// assert!(error.message().starts_with("settings.percent"));
/// assert_eq!(error.to_string(), error.message());
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
}

impl Error {
    /// An error with this message.
    ///
    /// See the [example](Self#example).
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }

    /// The message.
    ///
    /// See the [example](Self#example).
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl From<String> for Error {
    fn from(message: String) -> Self {
        Self { message }
    }
}

impl From<&str> for Error {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}
