//! Secrets are named, never held.

/// Where a secret comes from. Its value is never part of a configuration.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Secret {
    /// The environment variable of this name.
    Env(String),
    /// The file at this path, without its trailing line break.
    File(String),
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) => write!(f, "environment variable {name}"),
            Self::File(path) => write!(f, "file {path}"),
        }
    }
}
