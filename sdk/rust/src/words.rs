//! The contract's enumerations, with the words by which people and files name them.

use crate::bindings::caponier::policy::types as wit;

macro_rules! words {
    ($(#[$doc:meta])* $name:ident = $wit:path { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $name {
            /// Every value, in order.
            ///
            /// See the [example](Self#example).
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word for it.
            ///
            /// See the [example](Self#example).
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        impl std::str::FromStr for $name {
            type Err = crate::Error;

            fn from_str(word: &str) -> Result<Self, crate::Error> {
                match word {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(crate::Error::new(format!(
                        "`{word}` is none of {}",
                        [$($word),+].join(", ")
                    ))),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl From<$wit> for $name {
            fn from(value: $wit) -> Self {
                match value {
                    $(<$wit>::$variant => Self::$variant,)+
                }
            }
        }

        impl From<$name> for $wit {
            fn from(value: $name) -> Self {
                match value {
                    $($name::$variant => <$wit>::$variant,)+
                }
            }
        }
    };
}

words! {
    /// Where in the application's data flow a text was seen.
    ///
    /// # Example
    ///
    /// ```
    /// use caponier_sdk::{Error, Stage};
    ///
    /// // Settings name stages by their words.
    /// let stages: Result<Vec<Stage>, Error> = "prompt output".split(' ').map(str::parse).collect();
    /// assert_eq!(stages, Ok(vec![Stage::Prompt, Stage::Output]));
    /// assert!("reply".parse::<Stage>().unwrap_err().message().contains("prompt, retrieval, output"));
    /// assert_eq!(Stage::Output.as_str(), "output");
    /// assert_eq!(Stage::ALL.len(), 3);
    /// ```
    Stage = wit::Stage {
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
    ///
    /// # Example
    ///
    /// ```
    /// use caponier_sdk::Role;
    ///
    /// // Everything but what the application itself says.
    /// let strangers = Role::ALL.iter().filter(|role| !matches!(role, Role::System | Role::Developer));
    /// let words: Vec<&str> = strangers.map(|role| role.as_str()).collect();
    /// assert_eq!(words, ["user", "assistant", "tool", "document", "other"]);
    /// ```
    Role = wit::Role {
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
    /// What sort of text a segment is.
    ///
    /// # Example
    ///
    /// ```
    /// use caponier_sdk::{Kind, Manifest};
    ///
    /// // A plugin that looks at what tools are told and what they answer.
    /// let of_tools = Kind::ALL.iter().copied().filter(|kind| kind.as_str().starts_with("tool-"));
    /// let manifest = Manifest::new("tools", "1.0.0", "What tools are told.").kinds(of_tools.clone());
    /// assert!(of_tools.eq([Kind::ToolCall, Kind::ToolResult, Kind::ToolDescription]));
    /// ```
    Kind = wit::Kind {
        /// Plain text of a message.
        Text = "text",
        /// What a retrieval was asked for.
        Query = "query",
        /// One string, number or key of a tool call's arguments, unescaped.
        ToolCall = "tool-call",
        /// What a tool answered.
        ToolResult = "tool-result",
        /// What a tool says of itself.
        ToolDescription = "tool-description",
        /// A document or a search hit.
        Document = "document",
        /// The model's reasoning.
        Reasoning = "reasoning",
        /// The model's refusal.
        Refusal = "refusal",
        /// A citation.
        Citation = "citation",
        /// A whole JSON value as text. Read-only.
        Structured = "structured",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// How bad a finding is.
    ///
    /// # Example
    ///
    /// ```
    /// use caponier_sdk::Severity;
    ///
    /// // They are in order, so that the worst of several is the greatest.
    /// assert_eq!([Severity::Low, Severity::High].into_iter().max(), Some(Severity::High));
    /// let at_least_high = Severity::ALL.iter().filter(|severity| **severity >= Severity::High);
    /// let words: Vec<&str> = at_least_high.map(|severity| severity.as_str()).collect();
    /// assert_eq!(words, ["high", "critical"]);
    /// ```
    Severity = wit::Severity {
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

words! {
    /// What a plugin's findings in a segment depend on.
    ///
    /// # Example
    ///
    /// ```
    /// use caponier_sdk::{Manifest, Scope};
    ///
    /// // What was found in a message last turn depends on who asks: it must be looked at anew.
    /// let manifest = Manifest::new("clearance", "1.0.0", "Words above the caller's clearance.")
    ///     .scope(Scope::Stage);
    /// let words: Vec<&str> = Scope::ALL.iter().map(|scope| scope.as_str()).collect();
    /// assert_eq!(words, ["segment", "stage"]);
    /// ```
    Scope = wit::Scope {
        /// On that segment and the stage alone: the host may keep what was found and reuse it.
        Segment = "segment",
        /// On other segments of the stage, the context or `state` too.
        Stage = "stage",
    }
}
