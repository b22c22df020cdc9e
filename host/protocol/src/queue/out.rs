//! Events that go out.

use super::part::{CarrierEdit, Seen, Shadow, Written};
use super::{Event, Queue};
use crate::splice::{Splice, apply_into};

impl Queue {
    /// Writes every event that may go out. Gives how many did, and what they tell the client.
    pub(crate) fn drain(&mut self, out: &mut Vec<u8>, seen: &mut Vec<Seen>) -> usize {
        let mut count = 0;
        while let Some(event) = self.events.front() {
            let free = event.parts.iter().all(|part| {
                part.text.is_empty()
                    || self
                        .carriers
                        .get(&part.carrier)
                        .is_none_or(|carrier| part.text.end <= carrier.released)
            });
            if !free {
                break;
            }
            let Some(event) = self.events.pop_front() else {
                break;
            };
            self.bytes -= event.bytes.len();
            seen.extend(&event.tells);
            self.write(&event, out);
            count += 1;
        }
        count
    }

    fn write(&mut self, event: &Event, out: &mut Vec<u8>) {
        let mut splices = Vec::new();
        let mut shadows = Vec::new();
        for part in &event.parts {
            let before = splices.len();
            if part.again {
                let mut edits = self.changes(part.carrier);
                part.splice(&event.bytes, &mut edits, &mut splices);
            } else if let Some(carrier) = self.carriers.get_mut(&part.carrier) {
                if !carrier.edits.is_empty() {
                    part.splice(&event.bytes, &mut carrier.edits, &mut splices);
                    let is_past =
                        |edit: &mut CarrierEdit| edit.written && edit.span.end <= part.text.end;
                    let past: Vec<CarrierEdit> = carrier.edits.extract_if(.., is_past).collect();
                    carrier
                        .past
                        .extend(past.into_iter().filter(|_| carrier.kept));
                }
                carrier.edited |= splices.len() > before;
                if part.written == Written::Seal {
                    carrier.seals = carrier.seals.saturating_sub(1);
                    if carrier.edited {
                        splices.push(Splice::new(part.raw, ""));
                    }
                }
                carrier.gone = carrier.gone.max(part.text.end);
            }
            if splices.len() > before {
                shadows.extend(part.shadow);
            }
        }
        self.edited |= !splices.is_empty();
        shadows.extend(event.retells.filter(|_| self.edited));
        shadows.sort_unstable();
        shadows.dedup();
        let gone = |shadow: Shadow| Splice::new(shadow.span, shadow.with);
        splices.extend(shadows.into_iter().map(gone));
        splices.sort_by_key(|splice| splice.span);
        apply_into(out, &event.bytes, &splices);
    }

    /// Everything that is changed in a carrier, to be written once more.
    fn changes(&self, carrier: u32) -> Vec<CarrierEdit> {
        let here = self.carriers.get(&carrier);
        let here = here.map(|carrier| carrier.past.iter().chain(&carrier.edits));
        let gone = self.repeats.changes(carrier);
        let mut edits: Vec<CarrierEdit> = here.into_iter().flatten().chain(gone).cloned().collect();
        for edit in &mut edits {
            edit.written = false;
        }
        edits.sort_by_key(|edit| edit.span);
        edits
    }
}
