//! What can go wrong for an author, and what to do about it.

use std::path::{Path, PathBuf};

use caponier_component::{EngineError, LoadError};

/// Why there is no plugin, or why it is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A name that no plugin can have.
    #[error(
        "`{name}` is not a usable name{}\nhint: kebab-case: lower-case letters, digits and single hyphens, beginning with a letter, at most 64 bytes: `ticket-numbers`",
        suggestion.as_ref().map_or(String::new(), |name| format!("; did you mean `{name}`?"))
    )]
    Name {
        /// The name.
        name: String,
        /// One like it that would do.
        suggestion: Option<String>,
    },
    /// The folder has something in it.
    #[error("{}: is there already, and not empty\nhint: name another folder with --dir, or empty this one", path.display())]
    NotEmpty {
        /// The folder.
        path: PathBuf,
    },
    /// No project is in the folder.
    #[error(
        "{}: there is no plugin project\nhint: it is known by its Cargo.toml, pyproject.toml, package.json or Makefile; `caponier plugin new NAME` makes one",
        path.display()
    )]
    NoProject {
        /// The folder.
        path: PathBuf,
    },
    /// Something of the project says nothing, or nothing usable.
    #[error("{}: {problem}\nhint: {hint}", path.display())]
    Project {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
        /// What would do.
        hint: String,
    },
    /// A tool is not there.
    #[error("{tool} is needed and not there\nhint: {install}")]
    Toolchain {
        /// The tool.
        tool: String,
        /// The command that installs it.
        install: String,
    },
    /// A tool ended with an error, and has said why.
    #[error("`{command}` failed: {status}\nhint: what it says above names the place")]
    Tool {
        /// What was run.
        command: String,
        /// How it ended.
        status: String,
    },
    /// What was built speaks no contract.
    #[error(
        "what was built does not export `caponier:policy/guard`\nhint: name the plugin's type once in `caponier_sdk::export!(…)`, or the like of it in the other SDKs"
    )]
    ExportsNothing,
    /// What was built cannot be wrapped.
    #[error("no component can be made of what was built: {0}")]
    Wrap(String),
    /// A file cannot be read or written.
    #[error("{}: {cause}\nhint: check that it is there, and may be read or written", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        cause: std::io::Error,
    },
    /// The sandbox does not start.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The sandbox does not take the component.
    #[error("{}", chained(.0))]
    Load(LoadError),
    /// The schema of the settings is none.
    #[error(
        "the schema of the plugin's settings is not a JSON Schema: {0}\nhint: the SDKs make it of the type of the settings"
    )]
    Schema(String),
    /// Cases that cannot be run.
    #[error("{0}")]
    Cases(String),
    /// A call failed where none may.
    #[error("the plugin failed: {0}")]
    Fault(String),
}

impl Error {
    pub(crate) fn file(path: &Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        move |cause| Self::File { path, cause }
    }
}

/// What it came from is said already.
impl From<LoadError> for Error {
    fn from(error: LoadError) -> Self {
        Self::Load(error)
    }
}

/// An error with what it came from; its hint, if it has one, last.
pub(crate) fn chained(error: &dyn std::error::Error) -> String {
    let text = error.to_string();
    let (message, hint) = text.split_once("\nhint: ").unwrap_or((&text, ""));
    let mut whole = message.to_owned();
    let mut source = error.source();
    while let Some(cause) = source {
        whole.push_str(": ");
        whole.push_str(&cause.to_string());
        source = cause.source();
    }
    if !hint.is_empty() {
        whole.push_str("\nhint: ");
        whole.push_str(hint);
    }
    whole
}
