//! Whose signatures plugins need.

use std::collections::{BTreeMap, BTreeSet};

use super::{Scope, item, join, keys};
use crate::plugins::{Plugin, PluginSource};
use crate::raw;
use crate::spelling;
use crate::verify::{Signers, Verify};
use crate::yaml::Segment;

const SHAPE: &str = "write one of `key: FILE`, `all_of: […]` and `any_of: […]`";

pub(super) fn verify(
    scope: &mut Scope<'_>,
    raw: Option<Vec<raw::Verify>>,
    plugins: &[Plugin],
) -> Vec<Verify> {
    let path = keys(["verify"]);
    let Some(raw) = raw else { return Vec::new() };
    let mut entries: Vec<Verify> = Vec::new();
    for (index, entry) in raw.into_iter().enumerate() {
        let at = item(&path, index);
        let place = scope.place(&at);
        let sources = entry.sources.0;
        let raw = raw::Signers {
            key: entry.key,
            annotations: entry.annotations,
            all_of: entry.all_of,
            any_of: entry.any_of,
        };
        let of_files = sources.as_str().starts_with("file:");
        let signers = signers(scope, &at, raw, of_files);
        if let Some(first) = entries.iter().find(|first| first.sources.covers(&sources)) {
            scope.error(
                &join(&at, ["match"]),
                format!(
                    "never counts: `{}` in line {} covers these sources first",
                    first.sources, first.place.0
                ),
                Some("move it up, or join the two with `all_of` or `any_of`"),
            );
        }
        entries.extend(signers.map(|signers| Verify {
            sources,
            signers,
            place: (place.line, place.column),
        }));
    }
    let mut counting = BTreeSet::new();
    for (index, plugin) in plugins.iter().enumerate() {
        if matches!(plugin.source, PluginSource::Builtin(_)) {
            continue;
        }
        let place = plugin.source.place();
        match entries
            .iter()
            .position(|entry| entry.sources.matches(&place))
        {
            Some(entry) => {
                counting.insert(entry);
            }
            None => scope.warn(
                &join(&item(&keys(["plugins"]), index), ["use"]),
                "no entry of `verify` covers it: it needs no signature",
            ),
        }
    }
    for index in (0..entries.len()).filter(|index| !counting.contains(index)) {
        scope.warn(
            &join(&item(&path, index), ["match"]),
            "covers no plugin of this configuration that no entry before it covers",
        );
    }
    entries
}

fn signers(
    scope: &mut Scope<'_>,
    path: &[Segment],
    raw: raw::Signers,
    of_files: bool,
) -> Option<Signers> {
    let raw::Signers {
        key,
        annotations,
        all_of,
        any_of,
    } = raw;
    let named = [key.is_some(), all_of.is_some(), any_of.is_some()];
    match named.into_iter().filter(|is_there| *is_there).count() {
        1 => {}
        0 => {
            scope.error(path, "names nobody who must have signed", Some(SHAPE));
            return None;
        }
        _ => {
            scope.error(path, "names who must have signed in two ways", Some(SHAPE));
            return None;
        }
    }
    if let Some(annotations) = &annotations {
        let at = join(path, ["annotations"]);
        if key.is_none() {
            scope.error(
                &at,
                "belong to one key",
                Some("write them beside the `key` that they are demanded of"),
            );
        } else if annotations.is_empty() {
            scope.error(&at, "demand nothing", Some("remove the key"));
        } else if of_files {
            scope.error(
                &at,
                "cannot be demanded: the signature of a file carries none",
                Some("remove the key, or fetch the plugin from a registry"),
            );
        }
    }
    if let Some(key) = key {
        return Some(Signers::Key {
            file: key.0,
            annotations: annotations.unwrap_or_default(),
        });
    }
    let (name, list) = match (all_of, any_of) {
        (Some(list), _) => ("all_of", list),
        (None, list) => ("any_of", list.unwrap_or_default()),
    };
    let at = join(path, [name]);
    if list.is_empty() {
        scope.error(&at, "names nobody", Some("name at least one key"));
        return None;
    }
    let count = list.len();
    let found: Vec<Signers> = list
        .into_iter()
        .enumerate()
        .filter_map(|(index, raw)| signers(scope, &item(&at, index), raw, of_files))
        .collect();
    refuse_twice(scope, &at, name == "all_of", &found);
    // One that is wrong must not make the others enough; the error ends this anyway.
    (found.len() == count).then_some(match name {
        "all_of" => Signers::AllOf(found),
        _ => Signers::AnyOf(found),
    })
}

/// Refuses a key that is named twice in a list: one signer would be counted as two. Where one of the
/// list is enough, the same key may be asked for different annotations.
fn refuse_twice(scope: &mut Scope<'_>, path: &[Segment], all: bool, list: &[Signers]) {
    let mut seen = Vec::new();
    for (index, inner) in list.iter().enumerate() {
        let mut named = Vec::new();
        demanded(inner, all, &mut named);
        if named.iter().any(|key| seen.contains(key)) {
            scope.error(
                &item(path, index),
                "names a key that the list names before: one signer would count twice",
                Some("remove it, or name another key; annotations of one key go in one entry"),
            );
        }
        seen.append(&mut named);
    }
}

/// The keys without which it is not met: files, and where one of several is enough, annotations.
fn demanded<'s>(
    signers: &'s Signers,
    all: bool,
    found: &mut Vec<(String, Option<&'s BTreeMap<String, String>>)>,
) {
    match signers {
        Signers::Key { file, annotations } => {
            found.push((spelling::path(file), (!all).then_some(annotations)));
        }
        Signers::AllOf(list) if all => list.iter().for_each(|inner| demanded(inner, all, found)),
        Signers::AllOf(_) | Signers::AnyOf(_) => {}
    }
}
