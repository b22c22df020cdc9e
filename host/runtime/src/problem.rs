//! What is wrong with a revision.

use caponier_config::ConfigError;

/// One thing that keeps a revision from being built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The file it is in, and the line where there is one: `caponier.yaml:12:5`.
    pub place: String,
    /// The key: `plugins[0].settings`. Empty for a file as a whole.
    pub key: String,
    /// What is wrong.
    pub message: String,
    /// How to put it right, where that is known.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem with a key of the configuration.
    pub fn new(
        place: impl Into<String>,
        key: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let message: String = message.into();
        // Messages of the layers below carry their hint in a line of its own.
        let (message, hint) = match message.split_once("\nhint: ") {
            Some((message, hint)) => (message.to_owned(), Some(hint.to_owned())),
            None => (message, None),
        };
        Self {
            place: place.into(),
            key: key.into(),
            message,
            hint,
        }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl From<ConfigError> for Problem {
    fn from(error: ConfigError) -> Self {
        let place = match error.line {
            0 => error.file,
            line => format!("{}:{line}:{}", error.file, error.column),
        };
        Self {
            place,
            key: error.key_path,
            message: error.message,
            hint: error.hint,
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", self.place)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {hint}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Problem {}

/// An error with all its causes, for people.
pub(crate) fn chained(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            // The hint stays at the end.
            match text.find("\nhint: ") {
                Some(at) => text.insert_str(at, &format!(": {cause_text}")),
                None => text.push_str(&format!(": {cause_text}")),
            }
        }
        source = cause.source();
    }
    text
}
