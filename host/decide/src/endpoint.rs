//! What a request is, by the route it takes, its method and its path.

use caponier_config::Protocol;
use caponier_protocol::{Asked, Format, path};

/// The format of a request that is inspected. The path is to be [plain](path::is_plain).
pub fn format_of(protocol: &Protocol, method: &str, path: &str) -> Option<Format> {
    match protocol {
        Protocol::Models if method == "POST" => Format::of_path(path),
        Protocol::Models => None,
        // Whatever is said to a server is said in messages, and so is what it says.
        Protocol::Mcp => {
            let is_message = matches!(method, "POST" | "GET" | "DELETE");
            (is_message && !is_metadata(path)).then(|| Format::Mcp(Asked::default()))
        }
    }
}

/// The format that answers of the host's own have on a path.
pub fn shape_of(protocol: &Protocol, path: &str) -> Format {
    match protocol {
        Protocol::Models => Format::of_path(path).unwrap_or(Format::OpenAiChat),
        Protocol::Mcp => Format::Mcp(Asked::default()),
    }
}

/// Whether a lenient server could take a path for that of an endpoint that is inspected, whatever
/// the method.
pub fn is_like_inspected(protocol: &Protocol, path: &str) -> bool {
    let path = path::lenient(path);
    match protocol {
        Protocol::Models => Format::of_path(&path).is_some(),
        Protocol::Mcp => !is_metadata(&path),
    }
}

/// What clients read of a server before they speak to it: who gives out its tokens.
fn is_metadata(path: &str) -> bool {
    path.starts_with("/.well-known/")
}
