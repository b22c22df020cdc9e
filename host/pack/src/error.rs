//! Why something cannot be packed.

/// Why there is no packed module.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PackError {
    /// A plugin that this host cannot run.
    #[error("plugin `{plugin}`: {problem}")]
    Plugin {
        /// The plugin's name.
        plugin: String,
        /// What is wrong with it.
        #[source]
        problem: Problem,
    },
    /// The shell is not what it must be: a fault of the build, not of the operator.
    #[error("the shell cannot be packed: {0}; hint: cargo xtask build")]
    Shell(String),
    /// Too much to fit one module.
    #[error("{0}")]
    TooLarge(&'static str),
    /// A part could not be written: a fault of this crate.
    #[error(
        "the packed module cannot be written: {0}; hint: report it, with the plugins that were packed"
    )]
    Written(String),
    /// What came out is not valid: a fault of this crate.
    #[error(
        "the packed module is not valid: {0}; hint: report it, with the plugins that were packed"
    )]
    Invalid(wasmparser::BinaryReaderError),
}

/// What keeps a plugin from being packed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// A component that is not about one core module.
    #[error(transparent)]
    Component(#[from] caponier_abi::NotOneModule),
    /// Bytes that make no sense, or use proposals that are not accepted.
    #[error(
        "its code is not valid here: {0}; hint: build it for wasm32-unknown-unknown without target features that are not in WebAssembly 2.0, or run it in the standalone host"
    )]
    Malformed(#[from] wasmparser::BinaryReaderError),
    /// It asks for what it was not granted.
    #[error("it imports `{import}`, which is not granted; hint: grants: {{ counters: true }}")]
    NotGranted {
        /// The import.
        import: String,
    },
    /// An import or export whose type is not the contract's.
    #[error(
        "`{name}` has another type than the contract's; hint: build it against caponier:policy@0.1.0"
    )]
    Signature {
        /// The import or export.
        name: String,
    },
    /// Something in its code that this host cannot contain.
    #[error("its code uses `{what}`; hint: {hint}")]
    Code {
        /// The instruction or section.
        what: &'static str,
        /// What to do about it.
        hint: &'static str,
    },
    /// It begins with more memory than it may have.
    #[error(
        "its snapshot has {bytes} bytes of memory, its limit is {limit}; hint: raise limits.memory"
    )]
    Memory {
        /// What it has.
        bytes: u64,
        /// What it may have.
        limit: u64,
    },
}

impl Problem {
    pub(crate) fn code(what: &'static str) -> Self {
        Self::Code {
            what,
            hint: "run it in the standalone host",
        }
    }

    pub(crate) fn of(self, plugin: &str) -> PackError {
        PackError::Plugin {
            plugin: plugin.to_owned(),
            problem: self,
        }
    }
}
