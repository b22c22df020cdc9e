//! Which route a path belongs to.

use caponier_config::PathPattern;
use caponier_protocol::path;

/// What a path is to a list of routes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found {
    /// It belongs to the route of this number.
    Route(usize),
    /// It belongs to none.
    None,
    /// Two readers could take it for different paths, and one of them for a guarded one.
    Ambiguous,
}

/// Whether a path that belongs to no route is one that a lenient server could take for a guarded one.
pub fn is_lookalike<'p>(patterns: impl Iterator<Item = &'p PathPattern>, path: &str) -> bool {
    let lenient = path::lenient(path);
    patterns.into_iter().any(|pattern| match pattern {
        PathPattern::Exact(exact) => lenient == path::lenient(exact),
        PathPattern::Prefix(prefix) => {
            let prefix = path::lenient(prefix);
            let rest = lenient.strip_prefix(&prefix);
            rest.is_some_and(|rest| rest.is_empty() || prefix == "/" || rest.starts_with('/'))
        }
    })
}

/// Finds the route of a path: the first whose pattern it matches.
pub fn find<'p>(patterns: impl Iterator<Item = &'p PathPattern> + Clone, path: &str) -> Found {
    let place = patterns.clone().position(|pattern| pattern.matches(path));
    if path::is_plain(path) {
        return place.map_or(Found::None, Found::Route);
    }
    let lenient = path::lenient(path);
    let is_guarded = place.is_some()
        || patterns
            .map(ToString::to_string)
            .any(|literal| lenient.starts_with(&path::lenient(literal.trim_end_matches('*'))));
    if is_guarded {
        Found::Ambiguous
    } else {
        Found::None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns() -> Vec<PathPattern> {
        ["/v1/*", "/exact"]
            .map(|text| PathPattern::parse(text).unwrap())
            .to_vec()
    }

    #[test]
    fn what_two_readers_could_take_for_different_paths_has_no_route() {
        for (path, found) in [
            ("/v1/chat/completions", Found::Route(0)),
            ("/exact", Found::Route(1)),
            ("/v2/x", Found::None),
            ("/v1//chat", Found::Ambiguous),
            ("/x/../v1/chat", Found::Ambiguous),
            ("/v2//x", Found::None),
        ] {
            assert_eq!(find(patterns().iter(), path), found, "{path}");
        }
    }

    #[test]
    fn a_lenient_server_is_not_given_what_it_would_take_for_guarded() {
        for (path, is) in [
            ("/V1/Chat/Completions", true),
            ("/v1", true),
            ("/EXACT/", true),
            ("/v10/chat", false),
            ("/exactly", false),
            ("/health", false),
        ] {
            assert_eq!(is_lookalike(patterns().iter(), path), is, "{path}");
        }
    }
}
