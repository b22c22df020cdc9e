//! Why a request is not answered by a model, and how that is said.

use caponier_core::{Action, Decision};
use caponier_protocol::{EditError, ErrorKind, ErrorShape, Format, Malformed};

use crate::DenialKind;

/// Why a request is not answered by a model.
#[derive(Debug)]
pub struct Refusal {
    /// The shape of the answer.
    pub kind: ErrorKind,
    /// For the client.
    pub message: String,
    /// Where it is not the kind's own.
    pub status: Option<u16>,
    /// What the policy made of the request, where it got that far.
    pub action: Action,
    /// Where the format of the answer is known better than from the request's path.
    format: Option<Box<Format>>,
}

impl Refusal {
    /// A refusal of this kind.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            status: None,
            action: Action::Deny,
            format: None,
        }
    }

    /// The same as an answer in this format, unless another is known already.
    #[must_use]
    pub fn speaking(mut self, format: &Format) -> Self {
        self.format.get_or_insert_with(|| Box::new(format.clone()));
        self
    }

    /// The same with another status.
    #[must_use]
    pub fn status(mut self, status: u16) -> Self {
        self.status = Some(status);
        self
    }

    /// The same, where the policy made something else of the request than to deny it.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.action = action;
        self
    }

    /// A decision that denies.
    pub fn denied(decision: &Decision, kind: DenialKind) -> Self {
        // A policy may name any status; the shape follows where it means something.
        let shape = match (decision.status, kind) {
            (Some(401), _) => ErrorKind::Unauthenticated,
            (Some(403), _) => ErrorKind::Access,
            (Some(413), _) => ErrorKind::TooLarge,
            (Some(429), _) => ErrorKind::Budget,
            (_, DenialKind::Content) => ErrorKind::Content,
            (_, DenialKind::Access) => ErrorKind::Access,
            (_, DenialKind::Size) => ErrorKind::TooLarge,
            (_, DenialKind::Fault) => ErrorKind::Unavailable,
        };
        Self {
            kind: shape,
            message: message(decision),
            status: decision.status,
            action: Action::Deny,
            format: None,
        }
    }

    /// The HTTP status.
    pub fn code(&self) -> u16 {
        self.status
            .filter(|status| (400..600).contains(status))
            .or_else(|| self.format.as_ref()?.error_status(self.kind))
            .unwrap_or_else(|| self.kind.status())
    }

    /// The body of the answer, in the wire format's own shape: this one, unless a better is known.
    pub fn body(&self, format: &Format) -> Vec<u8> {
        let format = self.format.as_deref().unwrap_or(format);
        format.error(&ErrorShape::new(self.kind, self.message.as_str()))
    }

    /// Headers that go with it, beside those that every answer has.
    pub fn headers(&self) -> &'static [(&'static str, &'static str)] {
        match self.kind {
            ErrorKind::Unauthenticated => &[("www-authenticate", "Bearer")],
            ErrorKind::Unavailable => &[("retry-after", "1")],
            _ => &[],
        }
    }
}

/// What a client is told of a denial: the policy author's words.
pub fn message(decision: &Decision) -> String {
    if decision.reason.is_empty() {
        "denied by policy".to_owned()
    } else {
        format!("denied by policy: {}", decision.reason)
    }
}

impl From<Malformed> for Refusal {
    fn from(error: Malformed) -> Self {
        Self::new(ErrorKind::Malformed, error.to_string())
    }
}

impl From<EditError> for Refusal {
    fn from(error: EditError) -> Self {
        Self::new(
            ErrorKind::Unavailable,
            format!("the decision cannot be carried out: {error}"),
        )
    }
}

/// Refuses a message whose `content-type`s name another charset than JSON's own: whoever believes
/// it would read another text than was inspected.
///
/// # Errors
/// The refusal.
pub fn check_charset<'h>(mut types: impl Iterator<Item = &'h [u8]>) -> Result<(), Refusal> {
    let is_utf8 = |value: &[u8]| {
        let bytes = value.to_ascii_lowercase();
        let text = String::from_utf8_lossy(&bytes);
        text.split(';').skip(1).all(|parameter| {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let value = value.trim().trim_matches(['"', '\'']);
            !name.contains("charset") || matches!(value, "utf-8" | "utf8" | "us-ascii")
        })
    };
    if types.all(is_utf8) {
        return Ok(());
    }
    let message = "the charset is not supported; hint: encode the body as UTF-8";
    Err(Refusal::new(ErrorKind::UnsupportedEncoding, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_charset_is_read() {
        let check = |value: &str| {
            check_charset([&b"application/json"[..], value.as_bytes()].into_iter()).is_ok()
        };
        for value in [
            "application/json",
            "application/json; charset=utf-8",
            "Application/JSON;Charset=\"UTF-8\"",
            "text/plain; charset=us-ascii; x=y",
            "",
        ] {
            assert!(check(value), "{value}");
        }
        for value in [
            "application/json; charset=utf-7",
            "application/json; x=y; charset = utf-16le",
            "application/json;CHARSET=\"iso-8859-1\"",
            "application/json; charset*=utf-8''x",
            "application/json; charset",
        ] {
            assert!(!check(value), "{value}");
        }
    }
}
