//! What is wrong with a configuration, and what is risky in it.

use std::fmt;

/// One thing that is wrong, with its place in the file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct ConfigError {
    /// The name of the file, as given to [`crate::parse`].
    pub file: String,
    /// The line, from 1; 0 where the place is not known.
    pub line: u64,
    /// The column, from 1; 0 where the place is not known.
    pub column: u64,
    /// The key: `plugins[0].limits.memory`. Empty for the file as a whole.
    pub key_path: String,
    /// What is wrong.
    pub message: String,
    /// How to put it right, where that is known.
    pub hint: Option<String>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        f.write_str(": ")?;
        if !self.key_path.is_empty() {
            write!(f, "{}: ", self.key_path)?;
        }
        f.write_str(&self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "; hint: {hint}")?;
        }
        Ok(())
    }
}

/// One thing that is allowed but weakens what the guard promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// The name of the file, as given to [`crate::parse`].
    pub file: String,
    /// The line, from 1; 0 where the place is not known.
    pub line: u64,
    /// The column, from 1; 0 where the place is not known.
    pub column: u64,
    /// The key: `plugins[0].on_error`.
    pub key_path: String,
    /// What is risky in it.
    pub message: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}: {}", self.key_path, self.message)
    }
}
