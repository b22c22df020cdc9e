//! Texts that come again: the last events of a stream may repeat what the first ones said.
//!
//! A text that was inspected is not inspected again, and what was changed in it is changed wherever
//! it stands. What differs by one byte is another text.

use std::collections::{BTreeMap, HashMap};

use caponier_core::{Kind, Role};

use super::part::CarrierEdit;
use crate::parts::Label;

/// Texts that are complete, and what was changed in them.
#[derive(Default)]
pub(super) struct Repeats {
    carriers: HashMap<Text, u32>,
    bytes: usize,
    /// Changes of carriers that have gone out.
    changes: BTreeMap<u32, Vec<CarrierEdit>>,
}

/// A text as it was shown: what plugins say of it holds for the same text in the same role only.
#[derive(PartialEq, Eq, Hash)]
struct Text {
    role: Role,
    kind: Kind,
    name: Option<String>,
    attributes: Vec<(String, String)>,
    /// It was shown as the leaves of some arguments.
    leaves: bool,
    text: String,
}

impl Text {
    fn new(label: &Label<'_>, leaves: bool, text: String) -> Self {
        Self {
            role: label.role,
            kind: label.kind,
            name: label.name.map(str::to_owned),
            attributes: label.attributes.clone(),
            leaves,
            text,
        }
    }
}

impl Repeats {
    /// The carrier of a text. Of several the last: it stands closest to what repeats it.
    pub(super) fn find(&self, label: &Label<'_>, leaves: bool, text: &str) -> Option<u32> {
        let key = Text::new(label, leaves, text.to_owned());
        self.carriers.get(&key).copied()
    }

    /// Keeps a complete text; gives how many bytes of them there are.
    pub(super) fn keep(
        &mut self,
        carrier: u32,
        label: &Label<'_>,
        leaves: bool,
        text: String,
    ) -> usize {
        self.bytes += text.len();
        let key = Text::new(label, leaves, text);
        self.carriers.insert(key, carrier);
        self.bytes
    }

    /// Keeps what was changed in a carrier.
    pub(super) fn changed(&mut self, carrier: u32, edits: Vec<CarrierEdit>) {
        if !edits.is_empty() {
            self.changes.insert(carrier, edits);
        }
    }

    /// What was changed in a carrier that has gone out.
    pub(super) fn changes(&self, carrier: u32) -> &[CarrierEdit] {
        self.changes.get(&carrier).map_or(&[], Vec::as_slice)
    }
}
