//! What was found in a segment before, for plugins whose findings depend on the segment alone; for
//! others, what they noted of it.
//!
//! An agent sends its whole history with every turn. What has been inspected under the same
//! plugin, settings and text needs no second look.

use std::sync::Arc;

use caponier_core::{Context, Edit, RawFinding, Report, Segment, Skip};
use quick_cache::Weighter;
use quick_cache::sync::Cache;

/// What identifies an inspected segment: a BLAKE3 hash, so that nobody can craft another text that
/// answers for it.
pub(crate) type Key = [u8; 32];

/// A plugin with its settings and the owner of the exchange, and a segment.
pub(crate) type Place = (Key, Key);

/// What one plugin said of one segment.
#[derive(Clone, Default)]
pub(crate) struct Known {
    findings: Vec<RawFinding>,
    edits: Vec<Edit>,
    skipped: Vec<Skip>,
    note: Vec<u8>,
}

#[derive(Clone)]
struct ByItems;

impl Weighter<Place, Arc<Known>> for ByItems {
    fn weight(&self, _: &Place, known: &Arc<Known>) -> u64 {
        1 + (known.findings.len() + known.edits.len() + known.note.len() / 64) as u64
    }
}

/// A bounded store of what was found.
pub(crate) struct Findings {
    known: Cache<Place, Arc<Known>, ByItems>,
}

impl Findings {
    /// Room for this many clean segments; findings take room too.
    pub(crate) fn new(items: usize) -> Self {
        Self {
            known: Cache::with_weighter(items / 2, items as u64, ByItems),
        }
    }

    pub(crate) fn get(&self, place: &Place) -> Option<Arc<Known>> {
        self.known.get(place)
    }

    /// Keeps the parts of a report that are about `segment`.
    pub(crate) fn keep(&self, place: Place, segment: u32, report: &Report) {
        let known = Known {
            findings: report
                .findings
                .iter()
                .filter(|finding| finding.segment == segment)
                .cloned()
                .collect(),
            edits: report
                .edits
                .iter()
                .filter(|edit| edit.segment == segment)
                .cloned()
                .collect(),
            skipped: report
                .skipped
                .iter()
                .filter(|skip| skip.segment == segment)
                .cloned()
                .collect(),
            note: Vec::new(),
        };
        self.known.insert(place, Arc::new(known));
    }

    /// Keeps what a plugin noted of a segment.
    pub(crate) fn keep_note(&self, place: Place, note: Vec<u8>) {
        let known = Known {
            note,
            ..Known::default()
        };
        self.known.insert(place, Arc::new(known));
    }
}

impl Known {
    /// What the plugin noted. Empty: the segment need not be shown.
    pub(crate) fn note(&self) -> &[u8] {
        &self.note
    }

    /// Says the same of a segment that now goes by the id `segment`.
    pub(crate) fn tell(&self, segment: u32, report: &mut Report) {
        report
            .findings
            .extend(self.findings.iter().map(|finding| RawFinding {
                segment,
                ..finding.clone()
            }));
        report.edits.extend(self.edits.iter().map(|edit| Edit {
            segment,
            ..edit.clone()
        }));
        report.skipped.extend(self.skipped.iter().map(|skip| Skip {
            segment,
            ..skip.clone()
        }));
    }
}

/// The digest of everything that a plugin is shown of a segment but its id.
pub(crate) fn digest(segment: &Segment) -> Key {
    // Long histories have thousands of short segments: one pass over few bytes each.
    let mut head = Vec::with_capacity(128);
    head.extend([segment.role as u8, segment.kind as u8]);
    head.push(u8::from(segment.name.is_some()));
    field(&mut head, segment.name.as_deref().unwrap_or_default());
    head.extend((segment.settled as u64).to_le_bytes());
    head.extend((segment.attributes.len() as u64).to_le_bytes());
    for (name, value) in &segment.attributes {
        field(&mut head, name);
        field(&mut head, value);
    }
    let mut hasher = blake3::Hasher::new();
    hasher.update(&head);
    hasher.update(segment.text.as_bytes());
    *hasher.finalize().as_bytes()
}

fn field(head: &mut Vec<u8>, text: &str) {
    head.extend((text.len() as u64).to_le_bytes());
    head.extend(text.as_bytes());
}

/// Whose exchange it is: tenant and principal. What a plugin said of one caller's text is never
/// handed to another, so that it cannot carry anything from one to the other.
pub(crate) fn owner(context: &Context) -> Key {
    let mut names = Vec::with_capacity(64);
    let principal = context.principal.as_ref().map(|principal| &principal.id);
    for name in [context.tenant.as_ref(), principal] {
        names.push(u8::from(name.is_some()));
        field(&mut names, name.map_or("", String::as_str));
    }
    *blake3::hash(&names).as_bytes()
}

/// What a plugin is called by for one owner.
pub(crate) fn speaker(plugin: &Key, owner: &Key) -> Key {
    *blake3::keyed_hash(plugin, owner).as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;
    use caponier_core::{Kind, Role, Severity, Span};

    #[test]
    fn fields_do_not_run_into_each_other() {
        let mut first = Segment::new(1, Role::User, Kind::Text, "text");
        let mut second = first.clone();
        first.attributes = vec![("ab".into(), "c".into())];
        second.attributes = vec![("a".into(), "bc".into())];
        assert_ne!(digest(&first), digest(&second));
        second.attributes = first.attributes.clone();
        second.id = 9;
        assert_eq!(digest(&first), digest(&second), "the id is not part of it");
        second.role = Role::Tool;
        assert_ne!(digest(&first), digest(&second), "provenance is");
    }

    #[test]
    fn owners_are_kept_apart() {
        let context = |tenant: Option<&str>, principal: Option<&str>| Context {
            exchange: String::new(),
            stage: caponier_core::Stage::Prompt,
            tenant: tenant.map(str::to_owned),
            principal: principal.map(|id| caponier_core::Principal {
                id: id.to_owned(),
                roles: vec![],
                claims: vec![],
            }),
            route: String::new(),
            model: None,
            time: 0,
            seed: 0,
            attributes: vec![],
        };
        let owners = [
            context(None, None),
            context(Some(""), None),
            context(None, Some("")),
            context(Some("ab"), Some("c")),
            context(Some("a"), Some("bc")),
        ]
        .map(|context| owner(&context));
        for (at, one) in owners.iter().enumerate() {
            assert!(!owners[..at].contains(one), "{at}");
        }
    }

    #[test]
    fn what_was_found_is_told_under_the_new_id() {
        let store = Findings::new(100);
        let finding = |segment| RawFinding {
            rule: "email".into(),
            severity: Severity::High,
            confidence: 0.9,
            segment,
            span: Some(Span::new(0, 2)),
            message: String::new(),
            replacement: None,
            attributes: vec![],
        };
        let report = Report {
            findings: vec![finding(1), finding(2)],
            ..Report::default()
        };
        store.keep(([7; 32], [1; 32]), 1, &report);
        let mut told = Report::default();
        store.get(&([7; 32], [1; 32])).unwrap().tell(5, &mut told);
        assert!(told.findings == [finding(5)]);
        assert!(store.get(&([8; 32], [1; 32])).is_none());
    }
}
