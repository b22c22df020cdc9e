//! What was found in a segment before, for plugins whose findings depend on the segment alone; for
//! others, what they noted of it.
//!
//! An agent sends its whole history with every turn. What has been inspected under the same
//! plugin, settings and text needs no second look.

use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use caponier_core::{Context, Edit, RawFinding, Report, Segment, Skip};
use highway::{HighwayHash, HighwayHasher};
use quick_cache::Weighter;
use quick_cache::sync::{Cache, DefaultLifecycle};
use zeroize::Zeroizing;

/// What identifies a plugin with its settings, data and grants.
pub(crate) type Key = [u8; 32];

/// What identifies a segment of an owner: HighwayHash under a key of this process, a pseudo-random
/// function (Alakuijala, Cox and Wassenberg, "Fast keyed hash/pseudo-random function using SIMD
/// multiply and permute", 2016). It never leaves the process, so nobody can look for a text that
/// answers for another; and it costs a fraction of a hash that must do without a secret.
type Place = u128;

/// What one plugin said of one segment.
#[derive(Clone, Default)]
struct Known {
    findings: Vec<RawFinding>,
    edits: Vec<Edit>,
    skipped: Vec<Skip>,
    note: Vec<u8>,
}

/// One plugin's part of what is known of a segment. `None`: there was nothing to say.
#[derive(Clone)]
struct Part {
    plugin: Key,
    known: Option<Box<Known>>,
}

impl Part {
    fn note(&self) -> &[u8] {
        self.known.as_ref().map_or(&[], |known| &known.note)
    }

    fn weight(&self) -> u64 {
        1 + self.known.as_ref().map_or(0, |known| {
            known.findings.len() + known.edits.len() + known.skipped.len() + known.note.len() / 64
        }) as u64
    }

    /// Says the same of a segment that now goes by the id `segment`.
    fn tell(&self, segment: u32, report: &mut Report) {
        let Some(known) = &self.known else { return };
        report
            .findings
            .extend(known.findings.iter().map(|finding| RawFinding {
                segment,
                ..finding.clone()
            }));
        report.edits.extend(known.edits.iter().map(|edit| Edit {
            segment,
            ..edit.clone()
        }));
        report.skipped.extend(known.skipped.iter().map(|skip| Skip {
            segment,
            ..skip.clone()
        }));
    }
}

/// Which plugins of a chain may find something in a segment, a bit each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Concern {
    /// The chain.
    pub(crate) chain: Key,
    /// The plugins that it was asked of.
    pub(crate) wanted: u64,
    /// Those of them that may.
    pub(crate) plugins: u64,
}

/// What is known of one segment.
#[derive(Default)]
struct Entry {
    concern: Option<Concern>,
    parts: Vec<Part>,
}

#[derive(Clone)]
struct ByParts;

impl Weighter<Place, Arc<Entry>> for ByParts {
    fn weight(&self, _: &Place, entry: &Arc<Entry>) -> u64 {
        1 + entry.parts.iter().map(Part::weight).sum::<u64>()
    }
}

/// Takes a place as it is: it is spread evenly, in a way that nobody outside can tell.
#[derive(Default)]
struct AsItIs(u64);

impl Hasher for AsItIs {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.rotate_left(8) ^ u64::from(*byte);
        }
    }

    fn write_u128(&mut self, place: u128) {
        self.0 = (place >> 64) as u64 ^ place as u64;
    }
}

type Entries = Cache<Place, Arc<Entry>, ByParts, BuildHasherDefault<AsItIs>>;

/// A bounded store of what was found.
pub(crate) struct Findings {
    known: Entries,
    hash: HighwayHasher,
}

impl Findings {
    /// Room for about this many clean segments under three plugins; findings take room too. The
    /// key must be nobody else's.
    pub(crate) fn new(segments: usize, key: &Zeroizing<Key>) -> Self {
        let items = segments.saturating_mul(4);
        Self {
            known: Cache::with(
                segments / 2,
                items as u64,
                ByParts,
                BuildHasherDefault::default(),
                DefaultLifecycle::default(),
            ),
            hash: HighwayHasher::new(words(key)),
        }
    }

    /// Begins a stage of an exchange. What a plugin said of one caller's text is never handed to
    /// another, so that it cannot carry anything from one to the other; nor what it said in one stage in
    /// another: what is no matter in a history may be one in an answer.
    fn owner(&self, context: &Context) -> HighwayHasher {
        let mut names = Vec::with_capacity(64);
        names.push(context.stage as u8);
        let principal = context.principal.as_ref().map(|principal| &principal.id);
        for name in [context.tenant.as_ref(), principal] {
            names.push(u8::from(name.is_some()));
            field(&mut names, name.map_or("", String::as_str));
        }
        let mut hash = self.hash.clone();
        hash.append(&names);
        hash
    }
}

/// Where a segment of an owner is: everything that a plugin is shown of it but its id. Whatever
/// has no fixed length says how long it is, so no two segments give the same bytes.
fn place(owner: &HighwayHasher, segment: &Segment) -> Place {
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
    head.extend((segment.text.len() as u64).to_le_bytes());
    let mut hash = owner.clone();
    hash.append(&head);
    hash.append(segment.text.as_bytes());
    let [low, high] = hash.finalize128();
    u128::from(high) << 64 | u128::from(low)
}

fn words(key: &Key) -> highway::Key {
    let mut words = [0; 4];
    for (word, bytes) in words.iter_mut().zip(key.as_chunks().0) {
        *word = u64::from_le_bytes(*bytes);
    }
    highway::Key(words)
}

fn field(head: &mut Vec<u8>, text: &str) {
    head.extend((text.len() as u64).to_le_bytes());
    head.extend(text.as_bytes());
}

/// What is known of the segments of one stage while it goes through the chain.
#[derive(Default)]
pub struct Memo {
    owner: Option<HighwayHasher>,
    /// In the order of their ids.
    slots: Vec<Slot>,
}

struct Slot {
    id: u32,
    place: Place,
    known: Option<Arc<Entry>>,
    /// What is new of it.
    fresh: Entry,
}

impl Slot {
    fn part(&self, plugin: &Key) -> Option<&Part> {
        let known = self.known.as_deref()?;
        known.parts.iter().find(|part| part.plugin == *plugin)
    }
}

/// What one plugin is still to be asked, and what it need not be.
pub(crate) struct Recall<'a> {
    memo: &'a mut Memo,
    plugin: Key,
    /// Slots of the segments that it must be shown.
    shown: Vec<usize>,
    /// Slots of which it has spoken before.
    told: Vec<usize>,
}

impl Memo {
    /// Where what is known of a segment is, and whether it was looked up just now.
    fn slot(&mut self, store: &Findings, context: &Context, segment: &Segment) -> (usize, bool) {
        let at = self.slots.partition_point(|slot| slot.id < segment.id);
        if self.slots.get(at).is_some_and(|slot| slot.id == segment.id) {
            return (at, false);
        }
        let owner = self.owner.get_or_insert_with(|| store.owner(context));
        let place = place(owner, segment);
        let slot = Slot {
            id: segment.id,
            place,
            known: store.known.get(&place),
            fresh: Entry::default(),
        };
        self.slots.insert(at, slot);
        (at, true)
    }

    /// Which plugins of the chain may find something in a segment; `look` tells where that is not known
    /// from before.
    pub(crate) fn concern(
        &mut self,
        store: &Findings,
        context: &Context,
        (chain, wanted): (&Key, u64),
        segment: &Segment,
        look: impl Fn(&Segment) -> u64,
    ) -> u64 {
        let (at, _) = self.slot(store, context, segment);
        let Some(slot) = self.slots.get_mut(at) else {
            return look(segment);
        };
        let known = slot.known.as_deref().and_then(|known| known.concern);
        match known.filter(|known| known.chain == *chain && known.wanted == wanted) {
            Some(known) => known.plugins,
            None => {
                let plugins = look(segment);
                slot.fresh.concern = Some(Concern {
                    chain: *chain,
                    wanted,
                    plugins,
                });
                plugins
            }
        }
    }

    /// What `plugin` said of these segments before: of the very segment, if it looks at each alone;
    /// otherwise whether it noted that it need not be shown again.
    pub(crate) fn recall<'s>(
        &mut self,
        store: &Findings,
        context: &Context,
        plugin: &Key,
        is_local: bool,
        segments: &[&'s Segment],
    ) -> (Recall<'_>, Vec<&'s Segment>) {
        let (mut shown, mut told, mut to_show) = (Vec::new(), Vec::new(), Vec::new());
        for segment in segments {
            let (at, is_new) = self.slot(store, context, segment);
            if is_new {
                // Ids go up in a stage; where they do not, what was listed before moves on.
                for before in shown.iter_mut().chain(&mut told) {
                    *before += usize::from(*before >= at);
                }
            }
            let part = self.slots.get(at).and_then(|slot| slot.part(plugin));
            match part {
                Some(_) if is_local => told.push(at),
                Some(part) if part.note().is_empty() => {}
                _ => {
                    shown.push(at);
                    to_show.push(*segment);
                }
            }
        }
        let recall = Recall {
            memo: self,
            plugin: *plugin,
            shown,
            told,
        };
        (recall, to_show)
    }
}

impl Recall<'_> {
    /// The plugin's notes of what it is shown, in that order.
    pub(crate) fn notes(&self) -> Vec<&[u8]> {
        let slot = |at: &usize| self.memo.slots.get(*at);
        self.shown
            .iter()
            .map(|at| slot(at).and_then(|slot| slot.part(&self.plugin)))
            .map(|part| part.map_or(&[][..], Part::note))
            .collect()
    }

    /// Remembers what a plugin that looks at each segment alone said now.
    pub(crate) fn keep(&mut self, report: &Report) {
        for at in &self.shown {
            if let Some(slot) = self.memo.slots.get_mut(*at) {
                slot.fresh.parts.push(Part {
                    plugin: self.plugin,
                    known: None,
                });
            }
        }
        for finding in &report.findings {
            if let Some(known) = self.fresh(finding.segment) {
                known.findings.push(finding.clone());
            }
        }
        for edit in &report.edits {
            if let Some(known) = self.fresh(edit.segment) {
                known.edits.push(edit.clone());
            }
        }
        for skip in &report.skipped {
            if let Some(known) = self.fresh(skip.segment) {
                known.skipped.push(skip.clone());
            }
        }
    }

    /// What is kept of a segment that the plugin was shown now.
    fn fresh(&mut self, segment: u32) -> Option<&mut Known> {
        let slots = &mut self.memo.slots;
        let at = slots.binary_search_by_key(&segment, |slot| slot.id).ok()?;
        let part = slots.get_mut(at)?.fresh.parts.last_mut()?;
        (part.plugin == self.plugin).then(|| &mut **part.known.get_or_insert_default())
    }

    /// Remembers what a plugin noted of segments that it was shown for the first time.
    pub(crate) fn keep_notes(&mut self, report: &mut Report) {
        let slots = &mut self.memo.slots;
        for note in report.notes.drain(..) {
            let found = slots.binary_search_by_key(&note.segment, |slot| slot.id);
            let Some(slot) = found.ok().and_then(|at| slots.get_mut(at)) else {
                continue;
            };
            let is_known = slot.part(&self.plugin).is_some();
            if is_known
                || slot
                    .fresh
                    .parts
                    .iter()
                    .any(|part| part.plugin == self.plugin)
            {
                continue;
            }
            let known = (!note.content.is_empty()).then(|| {
                Box::new(Known {
                    note: note.content,
                    ..Known::default()
                })
            });
            slot.fresh.parts.push(Part {
                plugin: self.plugin,
                known,
            });
        }
    }

    /// Adds what the plugin said of the other segments before.
    pub(crate) fn tell(&self, report: &mut Report) {
        for at in &self.told {
            if let Some(slot) = self.memo.slots.get(*at)
                && let Some(part) = slot.part(&self.plugin)
            {
                part.tell(slot.id, report);
            }
        }
    }
}

impl Findings {
    /// Keeps what was learnt in a stage. Parts of plugins that are not `current` any more go.
    pub(crate) fn learn(&self, memo: Memo, current: impl Fn(&Key) -> bool) {
        for slot in memo.slots {
            let Entry { concern, parts } = slot.fresh;
            if concern.is_none() && parts.is_empty() {
                continue;
            }
            let known = slot.known.as_deref();
            let before = known.map_or(&[][..], |known| &known.parts);
            let kept = before.iter().filter(|part| current(&part.plugin)).cloned();
            let entry = Entry {
                parts: kept.chain(parts).collect(),
                concern: concern.or(known.and_then(|known| known.concern)),
            };
            self.known.insert(slot.place, Arc::new(entry));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use caponier_core::{Kind, Note, Principal, Role, Severity, Span, Stage};

    const PLUGIN: Key = [7; 32];

    fn store() -> Findings {
        Findings::new(100, &Zeroizing::new([3; 32]))
    }

    fn context(tenant: Option<&str>, principal: Option<&str>) -> Context {
        Context {
            exchange: String::new(),
            stage: Stage::Prompt,
            tenant: tenant.map(str::to_owned),
            principal: principal.map(|id| Principal {
                id: id.to_owned(),
                roles: vec![],
                claims: vec![],
            }),
            route: String::new(),
            model: None,
            time: 0,
            seed: 0,
            attributes: vec![],
        }
    }

    fn finding(segment: u32) -> RawFinding {
        RawFinding {
            rule: "email".into(),
            severity: Severity::High,
            confidence: 0.9,
            segment,
            span: Some(Span::new(0, 2)),
            message: String::new(),
            replacement: None,
            attributes: vec![],
        }
    }

    #[test]
    fn fields_do_not_run_into_each_other() {
        let owner = store().owner(&context(None, None));
        let mut first = Segment::new(1, Role::User, Kind::Text, "text");
        let mut second = first.clone();
        first.attributes = vec![("ab".into(), "c".into())];
        second.attributes = vec![("a".into(), "bc".into())];
        assert_ne!(place(&owner, &first), place(&owner, &second));
        second.attributes = first.attributes.clone();
        second.id = 9;
        let same = place(&owner, &first) == place(&owner, &second);
        assert!(same, "the id is not part of it");
        second.role = Role::Tool;
        let same = place(&owner, &first) == place(&owner, &second);
        assert!(!same, "provenance is");
        let (mut short, mut long) = (first.clone(), first);
        short.text = "text\0".into();
        long.text = "text\0\0".into();
        assert_ne!(place(&owner, &short), place(&owner, &long));
    }

    #[test]
    fn owners_are_kept_apart() {
        let store = store();
        let segment = Segment::new(1, Role::User, Kind::Text, "text");
        let places = [
            context(None, None),
            context(Some(""), None),
            context(None, Some("")),
            context(Some("ab"), Some("c")),
            context(Some("a"), Some("bc")),
        ]
        .map(|context| place(&store.owner(&context), &segment));
        for (at, one) in places.iter().enumerate() {
            assert!(!places[..at].contains(one), "{at}");
        }
    }

    #[test]
    fn stages_are_kept_apart() {
        let (store, prompt) = (store(), context(None, None));
        let output = Context {
            stage: Stage::Output,
            ..prompt.clone()
        };
        let segment = Segment::new(1, Role::Assistant, Kind::Text, "text");
        let learn = |context: &Context| {
            let mut memo = Memo::default();
            let (mut recall, shown) = memo.recall(&store, context, &PLUGIN, true, &[&segment]);
            let is_new = !shown.is_empty();
            if is_new {
                recall.keep(&Report::default());
            }
            store.learn(memo, |_| true);
            is_new
        };
        assert!(learn(&prompt));
        assert!(
            learn(&output),
            "what was said of a history is not said of an answer"
        );
        assert!(!learn(&prompt) && !learn(&output));
    }

    #[test]
    fn what_was_found_is_told_under_the_new_id_and_to_the_same_plugin() {
        let (store, context) = (store(), context(None, None));
        let text = |id, text| Segment::new(id, Role::User, Kind::Text, text);
        let (clean, dirty) = (text(1, "clean"), text(2, "dirty"));
        let mut memo = Memo::default();
        let (mut recall, shown) = memo.recall(&store, &context, &PLUGIN, true, &[&clean, &dirty]);
        assert_eq!(shown.len(), 2);
        // What it says of a segment that it was not shown is not kept.
        recall.keep(&Report {
            findings: vec![finding(2), finding(4)],
            ..Report::default()
        });
        store.learn(memo, |_| true);

        let (again, clean) = (text(5, "dirty"), text(6, "clean"));
        let mut memo = Memo::default();
        let (recall, shown) = memo.recall(&store, &context, &PLUGIN, true, &[&again, &clean]);
        assert!(shown.is_empty());
        let mut told = Report::default();
        recall.tell(&mut told);
        assert!(told.findings == [finding(5)]);
        let (_, shown) = memo.recall(&store, &context, &[8; 32], true, &[&again]);
        assert_eq!(shown.len(), 1, "another plugin has not seen it");
    }

    #[test]
    fn who_is_concerned_is_looked_for_once_for_a_chain() {
        let (store, context) = (store(), context(None, None));
        let segment = Segment::new(1, Role::User, Kind::Text, "text");
        let ask = |chain: Key, wanted: u64, answer: u64| {
            let mut memo = Memo::default();
            let told = memo.concern(&store, &context, (&chain, wanted), &segment, |_| answer);
            store.learn(memo, |_| true);
            told
        };
        assert_eq!(ask([1; 32], 0b11, 0b01), 0b01);
        assert_eq!(ask([1; 32], 0b11, 0b10), 0b01, "it is known");
        assert_eq!(ask([1; 32], 0b10, 0b10), 0b10, "other plugins");
        assert_eq!(ask([2; 32], 0b10, 0b00), 0b00, "another chain");

        // What plugins said stays.
        let mut memo = Memo::default();
        let (mut recall, _) = memo.recall(&store, &context, &PLUGIN, true, &[&segment]);
        recall.keep(&Report::default());
        store.learn(memo, |_| true);
        assert_eq!(ask([2; 32], 0b10, 0b10), 0b00, "so does this");
        let mut memo = Memo::default();
        assert_eq!(ask([3; 32], 0b10, 0b10), 0b10);
        let (_, shown) = memo.recall(&store, &context, &PLUGIN, true, &[&segment]);
        assert!(shown.is_empty());
    }

    #[test]
    fn segments_in_any_order_keep_what_is_theirs() {
        let (store, context) = (store(), context(None, None));
        let segments =
            [5, 2, 9, 1, 7].map(|id| Segment::new(id, Role::User, Kind::Text, format!("{id}")));
        let listed: Vec<&Segment> = segments.iter().collect();
        for round in 0..2 {
            let mut memo = Memo::default();
            let (mut recall, shown) = memo.recall(&store, &context, &PLUGIN, true, &listed);
            let mut report = Report::default();
            if round == 0 {
                assert_eq!(shown.len(), 5);
                report.findings = vec![finding(1), finding(9)];
                recall.keep(&report);
            } else {
                recall.tell(&mut report);
            }
            let mut ids: Vec<u32> = report.findings.iter().map(|found| found.segment).collect();
            ids.sort_unstable();
            assert_eq!(ids, [1, 9]);
            store.learn(memo, |_| true);
        }
    }

    #[test]
    fn a_note_is_handed_back_and_an_empty_one_spares_the_look() {
        let (store, context) = (store(), context(None, None));
        let text = |id, text| Segment::new(id, Role::User, Kind::Text, text);
        let segments = [text(1, "a"), text(2, "b"), text(3, "c")];
        let listed: Vec<&Segment> = segments.iter().collect();
        let mut memo = Memo::default();
        let (mut recall, _) = memo.recall(&store, &context, &PLUGIN, false, &listed);
        let note = |segment, content: &[u8]| Note {
            segment,
            content: content.to_vec(),
        };
        recall.keep_notes(&mut Report {
            notes: vec![note(1, b""), note(2, b"mail"), note(8, b"not shown")],
            ..Report::default()
        });
        store.learn(memo, |_| true);
        let mut memo = Memo::default();
        let (recall, shown) = memo.recall(&store, &context, &PLUGIN, false, &listed);
        let ids: Vec<u32> = shown.iter().map(|segment| segment.id).collect();
        assert_eq!(ids, [2, 3]);
        assert_eq!(recall.notes(), [&b"mail"[..], b""]);
    }

    #[test]
    fn what_a_plugin_said_goes_with_the_plugin() {
        let (store, context) = (store(), context(None, None));
        let segment = Segment::new(1, Role::User, Kind::Text, "text");
        let learn = |plugin: Key| {
            let mut memo = Memo::default();
            let (mut recall, shown) = memo.recall(&store, &context, &plugin, true, &[&segment]);
            let is_new = !shown.is_empty();
            if is_new {
                recall.keep(&Report::default());
            }
            store.learn(memo, |current| *current == plugin);
            is_new
        };
        assert!(learn([1; 32]));
        assert!(!learn([1; 32]));
        assert!(learn([2; 32]), "a new plugin");
        assert!(learn([1; 32]), "the one before has gone");
    }
}
