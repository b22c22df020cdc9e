//! One piece of text under inspection, and the words that say what it is.

use std::fmt;

/// Defines an enum whose variants have one spelling, used in JSON, YAML, Rego and metrics alike.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$variant_meta])* $variant),+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The one spelling of this value.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// Reads a value from its spelling.
            pub fn parse(word: &str) -> Option<Self> {
                match word { $($word => Some(Self::$variant),)+ _ => None }
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
    /// What sort of text a segment is.
    Kind {
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

/// A range of bytes: `start` is in, `end` is out. Both fall on character boundaries.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Span {
    /// A span from `start` up to `end`.
    pub const fn new(start: usize, end: usize) -> Self {
        Self { start, end }
    }

    /// How many bytes it covers.
    pub const fn len(self) -> usize {
        self.end.saturating_sub(self.start)
    }

    /// Whether it covers nothing.
    pub const fn is_empty(self) -> bool {
        self.end <= self.start
    }

    /// Whether the two share a byte.
    pub const fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

/// One piece of text in a stage, with what is known of it.
#[derive(Clone, PartialEq, Eq)]
pub struct Segment {
    /// Stable through all stages and windows of the exchange.
    pub id: u32,
    /// Who it speaks for.
    pub role: Role,
    /// What sort of text it is.
    pub kind: Kind,
    /// The tool's name, or the document's id or URI.
    pub name: Option<String>,
    /// The text, or the window of it that is shown now.
    pub text: String,
    /// Where `text` begins in the whole segment: more than 0 only in a stream.
    pub offset: u64,
    /// Bytes at the start of `text` that are out of reach for edits: released, or context only.
    pub settled: usize,
    /// True while more text may follow.
    pub open: bool,
    /// Provenance and labels: source, score, acl, trust, path.
    pub attributes: Vec<(String, String)>,
}

impl Segment {
    /// A whole, closed text.
    pub fn new(id: u32, role: Role, kind: Kind, text: impl Into<String>) -> Self {
        Self {
            id,
            role,
            kind,
            name: None,
            text: text.into(),
            offset: 0,
            settled: 0,
            open: false,
            attributes: Vec::new(),
        }
    }

    /// Whether nothing in it may be changed.
    pub fn is_read_only(&self) -> bool {
        self.kind == Kind::Structured || (self.settled >= self.text.len() && !self.text.is_empty())
    }
}

/// Shows everything but the text, which must not reach a log.
impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Segment")
            .field("id", &self.id)
            .field("role", &self.role)
            .field("kind", &self.kind)
            .field("bytes", &self.text.len())
            .field("offset", &self.offset)
            .field("settled", &self.settled)
            .field("open", &self.open)
            .finish_non_exhaustive()
    }
}
