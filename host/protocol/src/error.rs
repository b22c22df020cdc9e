//! What can be wrong with bytes, and with edits.

/// Bytes that are not what the format says, or that two parsers could read differently.
///
/// The message names places in the host's own words and never repeats what the bytes held.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Malformed {
    /// Where: a path such as `messages[2].content`. Empty for the body as a whole.
    pub place: String,
    /// The byte of the body, or of the stream's event, at which it was seen.
    pub at: usize,
    /// What.
    pub problem: Problem,
}

impl Malformed {
    /// More bytes than the limit of a stream.
    pub(crate) fn too_long(limit: usize) -> Self {
        Self {
            place: String::new(),
            at: 0,
            problem: Problem::TooLong(limit),
        }
    }

    /// An event in a place where the format has none.
    pub(crate) fn sequence(what: &'static str) -> Self {
        Self {
            place: String::new(),
            at: 0,
            problem: Problem::Sequence(what),
        }
    }
}

impl std::fmt::Display for Malformed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.place.is_empty() {
            write!(f, "{}: ", self.place)?;
        }
        write!(f, "{} at byte {}", self.problem, self.at)?;
        match self.problem.hint() {
            Some(hint) => write!(f, "; hint: {hint}"),
            None => Ok(()),
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The body is not UTF-8.
    #[error("not UTF-8")]
    NotUtf8,
    /// A byte order mark before the JSON.
    #[error("byte order mark before the JSON")]
    ByteOrderMark,
    /// The JSON ends before it is complete.
    #[error("unexpected end of the JSON")]
    UnexpectedEnd,
    /// Something that JSON does not allow here.
    #[error("expected {0}")]
    Expected(&'static str),
    /// A number that JSON does not allow.
    #[error("invalid number")]
    Number,
    /// An escape that JSON does not allow.
    #[error("invalid escape")]
    Escape,
    /// Half a surrogate pair.
    #[error("lone surrogate")]
    LoneSurrogate,
    /// A raw control character in a string.
    #[error("control character in a string")]
    ControlCharacter,
    /// Something after the JSON.
    #[error("trailing data after the JSON")]
    TrailingData,
    /// Arrays and objects within one another, deeper than the limit.
    #[error("nested deeper than {0}")]
    TooDeep(usize),
    /// More values than the limit.
    #[error("more than {0} JSON values")]
    TooManyValues(usize),
    /// More pieces of text than the limit.
    #[error("more than {0} pieces of text")]
    TooManySegments(usize),
    /// More bytes than can be addressed, or than the limit of the stream.
    #[error("more than {0} bytes")]
    TooLong(usize),
    /// A key that stands twice in one object. Only keys the format knows are named.
    #[error("duplicate key{}", quoted(*.0))]
    DuplicateKey(Option<&'static str>),
    /// A key that only Unicode case folding makes equal to one the format knows.
    #[error("ambiguous key, it reads as \"{0}\" after case folding")]
    AmbiguousKey(&'static str),
    /// A value of the wrong type.
    #[error("must be {0}")]
    Type(&'static str),
    /// A field that has to be there.
    #[error("missing field \"{0}\"")]
    Missing(&'static str),
    /// Something that readers of a form could take for different things.
    #[error("{0}")]
    Form(&'static str),
    /// A stream event in a place where the format has none.
    #[error("{0}")]
    Sequence(&'static str),
}

impl Problem {
    fn hint(&self) -> Option<&'static str> {
        Some(match self {
            Self::ByteOrderMark => "send the JSON without it",
            Self::NotUtf8 => "encode the body as UTF-8",
            Self::LoneSurrogate => {
                "write characters beyond U+FFFF as a pair of escapes, or as UTF-8"
            }
            Self::DuplicateKey(_) => "give each key once",
            Self::AmbiguousKey(_) => "spell the key exactly",
            _ => return None,
        })
    }
}

fn quoted(key: Option<&'static str>) -> String {
    key.map(|key| format!(" \"{key}\"")).unwrap_or_default()
}

/// Edits that cannot be applied.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// No segment has this id.
    #[error("segment {0} does not exist")]
    UnknownSegment(u32),
    /// The segment is there to be read only.
    #[error("segment {0} is read-only; hint: edit the leaves of the arguments instead")]
    ReadOnly(u32),
    /// The span is outside of the text, or off its character boundaries.
    #[error("an edit of segment {0} is out of range or off a character boundary")]
    Span(u32),
    /// Two edits share a byte.
    #[error("two edits of segment {0} overlap")]
    Overlap(u32),
    /// The edited body would be read as other parts than those that were inspected.
    #[error("an edit would change what the parts of the body are")]
    Form,
    /// The request field may not be set or taken out.
    #[error(
        "the field `{0}` may not be changed; hint: see the list of fields that a decision may set"
    )]
    Field(String),
    /// The value to set is not JSON.
    #[error("the value for the field `{0}` is not JSON")]
    Value(String),
}
