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
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word for it.
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
    Scope = wit::Scope {
        /// On that segment alone: the host may keep what was found and reuse it.
        Segment = "segment",
        /// On other segments of the stage, the context or `state` too.
        Stage = "stage",
    }
}
