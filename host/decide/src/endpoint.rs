//! What a request is, by the route it takes, its method and its path.

use caponier_config::Protocol;
use caponier_protocol::{Format, path};

/// The format of a request that is inspected. The path is to be [plain](path::is_plain).
pub fn format_of(protocol: &Protocol, method: &str, path: &str) -> Option<Format> {
    match protocol {
        Protocol::Models if method == "POST" => Format::of_path(path),
        Protocol::Models => None,
    }
}

/// The format that answers of the host's own have on a path.
pub fn shape_of(protocol: &Protocol, path: &str) -> Format {
    match protocol {
        Protocol::Models => Format::of_path(path).unwrap_or(Format::OpenAiChat),
    }
}

/// Whether a lenient server could take a path for that of an endpoint that is inspected, whatever
/// the method.
pub fn is_like_inspected(protocol: &Protocol, path: &str) -> bool {
    let path = path::lenient(path);
    match protocol {
        Protocol::Models => Format::of_path(&path).is_some(),
    }
}
