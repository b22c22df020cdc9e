//! Where the contract's types lie in memory, and how big they are.
//!
//! A record's fields follow one another, each aligned to its own size; an option is a byte and
//! then its payload, a list or string an address and a count, four bytes each.

use caponier_core::FaultKind;

/// Address and count of a list or string.
pub(crate) const PAIR: usize = 8;

/// `tuple<context, list<segment>, list<u8>>`.
pub(crate) mod arguments {
    pub(crate) const SIZE: usize = 104;
    pub(crate) const ALIGN: u32 = 8;
    pub(crate) const EXCHANGE: usize = 0;
    pub(crate) const STAGE: usize = 8;
    pub(crate) const TENANT: usize = 12;
    pub(crate) const PRINCIPAL: usize = 24;
    pub(crate) const PRINCIPAL_ID: usize = 28;
    pub(crate) const PRINCIPAL_ROLES: usize = 36;
    pub(crate) const ROUTE: usize = 44;
    pub(crate) const MODEL: usize = 52;
    pub(crate) const TIME: usize = 64;
    pub(crate) const SEED: usize = 72;
    pub(crate) const ATTRIBUTES: usize = 80;
    pub(crate) const SEGMENTS: usize = 88;
    pub(crate) const STATE: usize = 96;
}

/// `segment`.
pub(crate) mod segment {
    pub(crate) const SIZE: usize = 64;
    pub(crate) const ALIGN: u32 = 8;
    pub(crate) const ID: usize = 0;
    pub(crate) const ROLE: usize = 4;
    pub(crate) const KIND: usize = 5;
    pub(crate) const NAME: usize = 8;
    pub(crate) const TEXT: usize = 20;
    pub(crate) const OFFSET: usize = 32;
    pub(crate) const SETTLED: usize = 40;
    pub(crate) const OPEN: usize = 44;
    pub(crate) const ATTRIBUTES: usize = 48;
    pub(crate) const NOTE: usize = 56;
}

/// `result<report, string>`.
pub(crate) mod answer {
    pub(crate) const SIZE: usize = 56;
    pub(crate) const ALIGN: u32 = 4;
    pub(crate) const ERROR: usize = 4;
    pub(crate) const FINDINGS: usize = 4;
    pub(crate) const EDITS: usize = 12;
    pub(crate) const HOLDS: usize = 20;
    pub(crate) const SKIPPED: usize = 28;
    pub(crate) const NOTES: usize = 36;
    pub(crate) const STATE: usize = 44;
}

/// `finding`.
pub(crate) mod finding {
    pub(crate) const SIZE: usize = 72;
    pub(crate) const RULE: usize = 0;
    pub(crate) const SEVERITY: usize = 8;
    pub(crate) const CONFIDENCE: usize = 16;
    pub(crate) const SEGMENT: usize = 24;
    pub(crate) const SPAN: usize = 28;
    pub(crate) const MESSAGE: usize = 40;
    pub(crate) const REPLACEMENT: usize = 48;
    pub(crate) const ATTRIBUTES: usize = 60;
}

/// `edit`.
pub(crate) mod edit {
    pub(crate) const SIZE: usize = 20;
    pub(crate) const SEGMENT: usize = 0;
    pub(crate) const SPAN: usize = 4;
    pub(crate) const REPLACEMENT: usize = 12;
}

/// `hold`.
pub(crate) mod hold {
    pub(crate) const SIZE: usize = 16;
    pub(crate) const SEGMENT: usize = 0;
    pub(crate) const START: usize = 4;
    pub(crate) const WAKE: usize = 8;
}

/// `skip`.
pub(crate) mod skip {
    pub(crate) const SIZE: usize = 12;
    pub(crate) const SEGMENT: usize = 0;
    pub(crate) const REASON: usize = 4;
}

/// `note`.
pub(crate) mod note {
    pub(crate) const SIZE: usize = 12;
    pub(crate) const SEGMENT: usize = 0;
    pub(crate) const CONTENT: usize = 4;
}

/// A value that is being laid out.
pub(crate) struct Bytes<'a>(pub(crate) &'a mut [u8]);

impl Bytes<'_> {
    pub(crate) fn put<const N: usize>(&mut self, at: usize, value: [u8; N]) {
        if let Some(place) = self.0.get_mut(at..).and_then(<[u8]>::first_chunk_mut) {
            *place = value;
        }
    }

    pub(crate) fn put_u8(&mut self, at: usize, value: u8) {
        self.put(at, [value]);
    }

    pub(crate) fn put_u32(&mut self, at: usize, value: u32) {
        self.put(at, value.to_le_bytes());
    }

    pub(crate) fn put_u64(&mut self, at: usize, value: u64) {
        self.put(at, value.to_le_bytes());
    }

    pub(crate) fn put_pair(&mut self, at: usize, (address, count): (u32, u32)) {
        self.put_u32(at, address);
        self.put_u32(at + 4, count);
    }

    /// An option whose payload is aligned to four bytes.
    pub(crate) fn put_option(&mut self, at: usize, pair: Option<(u32, u32)>) {
        if let Some(pair) = pair {
            self.put_u8(at, 1);
            self.put_pair(at + 4, pair);
        }
    }
}

/// A value that was read.
#[derive(Clone, Copy)]
pub(crate) struct Record<'a>(pub(crate) &'a [u8]);

impl Record<'_> {
    pub(crate) fn get<const N: usize>(self, at: usize) -> Result<[u8; N], FaultKind> {
        let place = self.0.get(at..).and_then(<[u8]>::first_chunk);
        place.copied().ok_or(FaultKind::Output)
    }

    pub(crate) fn u8(self, at: usize) -> Result<u8, FaultKind> {
        self.get::<1>(at).map(u8::from_le_bytes)
    }

    pub(crate) fn u32(self, at: usize) -> Result<u32, FaultKind> {
        self.get(at).map(u32::from_le_bytes)
    }

    pub(crate) fn f64(self, at: usize) -> Result<f64, FaultKind> {
        self.get(at).map(f64::from_le_bytes)
    }

    pub(crate) fn pair(self, at: usize) -> Result<(u32, u32), FaultKind> {
        Ok((self.u32(at)?, self.u32(at + 4)?))
    }

    /// Whether an option or result has its second case.
    pub(crate) fn flag(self, at: usize) -> Result<bool, FaultKind> {
        match self.u8(at)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(FaultKind::Output),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use wit_parser::{Resolve, SizeAlign, Type, TypeDefKind, TypeId};

    use super::{answer, arguments, edit, finding, hold, note, segment, skip};

    const CONTRACT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../wit/policy.wit");

    struct Contract {
        resolve: Resolve,
        sizes: SizeAlign,
    }

    impl Contract {
        fn read() -> Self {
            let mut resolve = Resolve::default();
            resolve.push_file(CONTRACT).unwrap();
            let mut sizes = SizeAlign::default();
            sizes.fill(&resolve);
            Self { resolve, sizes }
        }

        fn named(&self, name: &str) -> TypeId {
            let mut types = self.resolve.types.iter();
            let found = types.find(|(_, ty)| ty.name.as_deref() == Some(name));
            found.unwrap().0
        }

        /// The fields of a record with their places, then its size under an empty name.
        fn record(&self, name: &str) -> BTreeMap<String, usize> {
            let TypeDefKind::Record(record) = &self.resolve.types[self.named(name)].kind else {
                panic!("{name} is no record");
            };
            let places = self
                .sizes
                .field_offsets(record.fields.iter().map(|field| &field.ty));
            let fields = record.fields.iter().zip(places);
            let mut places: BTreeMap<String, usize> = fields
                .map(|(field, (place, _))| (field.name.clone(), place.size_wasm32()))
                .collect();
            let size = self.sizes.size(&Type::Id(self.named(name)));
            places.insert(String::new(), size.size_wasm32());
            places
        }
    }

    fn check(record: &str, ours: &[(&str, usize)], shift: usize) {
        let ours = ours
            .iter()
            .map(|(name, place)| ((*name).to_owned(), place - shift));
        let theirs = Contract::read().record(record);
        assert_eq!(ours.collect::<BTreeMap<_, _>>(), theirs, "{record}");
    }

    #[test]
    fn records_lie_as_the_contract_says() {
        check(
            "segment",
            &[
                ("id", segment::ID),
                ("role", segment::ROLE),
                ("kind", segment::KIND),
                ("name", segment::NAME),
                ("text", segment::TEXT),
                ("offset", segment::OFFSET),
                ("settled", segment::SETTLED),
                ("open", segment::OPEN),
                ("attributes", segment::ATTRIBUTES),
                ("note", segment::NOTE),
                ("", segment::SIZE),
            ],
            0,
        );
        check(
            "context",
            &[
                ("exchange", arguments::EXCHANGE),
                ("stage", arguments::STAGE),
                ("tenant", arguments::TENANT),
                ("principal", arguments::PRINCIPAL),
                ("route", arguments::ROUTE),
                ("model", arguments::MODEL),
                ("time", arguments::TIME),
                ("seed", arguments::SEED),
                ("attributes", arguments::ATTRIBUTES),
                // What follows the context in the arguments: its size is a multiple of theirs.
                ("", arguments::SEGMENTS),
            ],
            0,
        );
        check(
            "principal",
            &[
                ("id", arguments::PRINCIPAL_ID - arguments::PRINCIPAL - 4),
                (
                    "roles",
                    arguments::PRINCIPAL_ROLES - arguments::PRINCIPAL - 4,
                ),
                ("", arguments::ROUTE - arguments::PRINCIPAL - 4),
            ],
            0,
        );
        check(
            "report",
            &[
                ("findings", answer::FINDINGS),
                ("edits", answer::EDITS),
                ("holds", answer::HOLDS),
                ("skipped", answer::SKIPPED),
                ("notes", answer::NOTES),
                ("state", answer::STATE),
                ("", answer::SIZE),
            ],
            answer::ERROR,
        );
        check(
            "finding",
            &[
                ("rule", finding::RULE),
                ("severity", finding::SEVERITY),
                ("confidence", finding::CONFIDENCE),
                ("segment", finding::SEGMENT),
                ("span", finding::SPAN),
                ("message", finding::MESSAGE),
                ("replacement", finding::REPLACEMENT),
                ("attributes", finding::ATTRIBUTES),
                ("", finding::SIZE),
            ],
            0,
        );
        check(
            "edit",
            &[
                ("segment", edit::SEGMENT),
                ("span", edit::SPAN),
                ("replacement", edit::REPLACEMENT),
                ("", edit::SIZE),
            ],
            0,
        );
        check(
            "hold",
            &[
                ("segment", hold::SEGMENT),
                ("start", hold::START),
                ("wake", hold::WAKE),
                ("", hold::SIZE),
            ],
            0,
        );
        check(
            "skip",
            &[
                ("segment", skip::SEGMENT),
                ("reason", skip::REASON),
                ("", skip::SIZE),
            ],
            0,
        );
    }

    #[test]
    fn notes_lie_as_the_contract_says() {
        check(
            "note",
            &[
                ("segment", note::SEGMENT),
                ("content", note::CONTENT),
                ("", note::SIZE),
            ],
            0,
        );
    }

    #[test]
    fn arguments_lie_in_order() {
        assert_eq!(arguments::STATE, arguments::SEGMENTS + 8);
        assert_eq!(arguments::SIZE, arguments::STATE + 8);
    }
}
