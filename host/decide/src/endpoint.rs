//! What a request is, by the route it takes, its method and its path.

use caponier_config::{PathPattern, Protocol, UnknownEndpoints};
use caponier_core::Action;
use caponier_protocol::{Asked, Format, Store, path};

use crate::stores;

/// The format of a request that is inspected. The path is to be [plain](path::is_plain).
pub fn format_of(protocol: &Protocol, method: &str, path: &str) -> Option<Format> {
    match protocol {
        Protocol::Models if method == "POST" => Format::of_path(path),
        Protocol::Models if method == "GET" => Format::of_read(path),
        Protocol::Models => None,
        // Whatever is said to a server is said in messages, and so is what it says.
        Protocol::Mcp => {
            let is_message = matches!(method, "POST" | "GET" | "DELETE");
            (is_message && !is_metadata(path)).then(|| Format::Mcp(Asked::default()))
        }
        Protocol::Chroma => Store::Chroma.format(method, path),
        Protocol::Qdrant => Store::Qdrant.format(method, path),
        Protocol::OpenSearch => Store::OpenSearch.format(method, path),
        Protocol::PostgRest => Store::PostgRest.format(method, path),
        Protocol::Json(endpoints) => stores::json(endpoints, method, path),
    }
}

/// The format that answers of the host's own have on a path.
pub fn shape_of(protocol: &Protocol, path: &str) -> Format {
    match protocol {
        Protocol::Models => Format::of_path(path).unwrap_or(Format::OpenAiChat),
        Protocol::Mcp => Format::Mcp(Asked::default()),
        Protocol::Chroma => Store::Chroma.errors(),
        Protocol::Qdrant => Store::Qdrant.errors(),
        Protocol::OpenSearch => Store::OpenSearch.errors(),
        Protocol::PostgRest => Store::PostgRest.errors(),
        Protocol::Json(_) => Format::json_store(None),
    }
}

/// Whether a lenient server could take a path for that of an endpoint that is inspected, whatever
/// the method. `is_read`: no more than a `GET` can come of it.
fn is_like_inspected(protocol: &Protocol, path: &str, is_read: bool) -> bool {
    const METHODS: &[&str] = &["GET", "POST", "PUT", "PATCH", "DELETE"];
    let path = path::lenient(path);
    let is_inspected = |method: &str| format_of(protocol, method, &path).is_some();
    match protocol {
        Protocol::Models => {
            let is_asked = || Format::of_path(&path).is_some();
            Format::of_read(&path).is_some() || (!is_read && is_asked())
        }
        Protocol::Mcp => !is_metadata(&path),
        Protocol::Json(endpoints) => endpoints
            .iter()
            .any(|endpoint| stores::is_like(&endpoint.path, &path)),
        Protocol::Chroma | Protocol::Qdrant | Protocol::OpenSearch | Protocol::PostgRest => {
            METHODS.iter().any(|method| is_inspected(method))
        }
    }
}

/// What becomes of a request that is not inspected; `None`: it is refused. `is_read`: no more than a
/// `GET` can come of it.
///
/// Moderations pass unlisted: what is there to judge unwanted text has to get it. What only a lenient
/// server takes for a guarded endpoint never passes.
pub fn uninspected(
    protocol: &Protocol,
    pass: &[PathPattern],
    unknown: UnknownEndpoints,
    (method, path): (&str, &str),
    is_read: bool,
) -> Option<Action> {
    if is_like_inspected(protocol, path, is_read) {
        return None;
    }
    let is_judge =
        *protocol == Protocol::Models && method == "POST" && path.ends_with("/moderations");
    if is_judge || pass.iter().any(|pattern| pattern.matches(path)) {
        return Some(Action::Allow);
    }
    match unknown {
        UnknownEndpoints::Deny => None,
        UnknownEndpoints::Flag => Some(Action::Flag),
        UnknownEndpoints::Pass => Some(Action::Allow),
    }
}

/// What clients read of a server before they speak to it: who gives out its tokens.
fn is_metadata(path: &str) -> bool {
    path.starts_with("/.well-known/")
}

/// The content type of a request; nothing where it has none, or several.
pub fn content_type<'h>(mut types: impl Iterator<Item = &'h [u8]>) -> String {
    let only = types.next().filter(|_| types.next().is_none());
    let text = only.map(|value| String::from_utf8(value.to_vec()));
    text.and_then(Result::ok).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moderations_pass_and_nothing_like_them() {
        let passes = |protocol: &Protocol, method, path| {
            uninspected(protocol, &[], UnknownEndpoints::Deny, (method, path), false)
        };
        let (models, store) = (Protocol::Models, Protocol::Chroma);
        assert_eq!(
            passes(&models, "POST", "/v1/moderations"),
            Some(Action::Allow)
        );
        assert_eq!(passes(&models, "GET", "/v1/moderations"), None);
        assert_eq!(passes(&models, "POST", "/v1/moderations/x"), None);
        assert_eq!(passes(&models, "POST", "/v1/xmoderations"), None);
        assert_eq!(passes(&store, "POST", "/v1/moderations"), None);
    }

    #[test]
    fn a_body_hides_no_file_that_is_read() {
        for path in ["/v1/files/file-1/content/", "/v1//files/file-1/content"] {
            for is_read in [true, false] {
                assert!(
                    is_like_inspected(&Protocol::Models, path, is_read),
                    "{path}"
                );
            }
        }
        let chat = "/v1/chat/completions/";
        assert!(is_like_inspected(&Protocol::Models, chat, false));
        assert!(!is_like_inspected(&Protocol::Models, chat, true));
        assert!(!is_like_inspected(
            &Protocol::Models,
            "/v1/files/file-1",
            false
        ));
    }
}
