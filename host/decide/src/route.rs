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
