//! Words that the configuration shares with decisions, metrics and Rego: one spelling everywhere.

/// Defines an enum whose variants have one spelling.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[derive(serde::Deserialize, serde::Serialize, schemars::JsonSchema)]
        pub enum $name { $($(#[$variant_meta])* #[serde(rename = $word)] $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The one spelling of this value.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words;

words! {
    /// What happens to the text. Later values are stronger.
    Action {
        /// It passes.
        Allow = "allow",
        /// It passes, and is marked.
        Flag = "flag",
        /// Parts of it are replaced.
        Redact = "redact",
        /// It does not pass.
        Deny = "deny",
    }
}

words! {
    /// Whether a plugin, a rule or the whole revision acts.
    Mode {
        /// It acts.
        Enforce = "enforce",
        /// It only says what it would have done.
        Monitor = "monitor",
    }
}

words! {
    /// What a plugin's fault means.
    OnError {
        /// The text does not pass.
        Deny = "deny",
        /// The text passes without this plugin's verdict; coverage says so.
        Allow = "allow",
    }
}

words! {
    /// Where in the application's data flow a text was seen.
    Stage {
        /// What the application sends to the model.
        Prompt = "prompt",
        /// What came from outside the conversation: documents, search hits, tool results.
        Retrieval = "retrieval",
        /// What the model produced.
        Output = "output",
    }
}

words! {
    /// Who a text speaks for.
    Role {
        /// The application's instructions.
        System = "system",
        /// The application's instructions, by their newer name.
        Developer = "developer",
        /// The person.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// A tool's answer.
        Tool = "tool",
        /// A document.
        Document = "document",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// How bad a finding is.
    Severity {
        /// Worth a note.
        Info = "info",
        /// Minor.
        Low = "low",
        /// Noticeable.
        Medium = "medium",
        /// Serious.
        High = "high",
        /// As bad as it gets.
        Critical = "critical",
    }
}
