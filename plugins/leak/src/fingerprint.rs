//! What is kept of a system prompt until the answer comes: hashes, and no text.

use caponier_sdk::{Call, Error, Report};
use serde::de::{SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::filter::Filter;

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fingerprint {
    /// How many runs of four words are in it, for what share of them an answer has.
    pub(crate) grams: u32,
    /// Values that the prompt says are secret, plain, turned (ROT13) and backwards.
    pub(crate) secrets: Vec<u32>,
    #[serde(serialize_with = "write", deserialize_with = "read")]
    pub(crate) filter: Filter,
}

impl Fingerprint {
    /// That of the exchange; `None` where it has none.
    pub(crate) fn of(call: &Call<'_>) -> Result<Option<Self>, Error> {
        if call.has_state() {
            call.state().map(Some)
        } else {
            Ok(None)
        }
    }

    /// Keeps it for the exchange.
    pub(crate) fn keep(&self, report: &mut Report<'_>) -> Result<(), Error> {
        report.set_state(self)
    }
}

fn write<S: Serializer>(filter: &Filter, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_bytes(filter.as_bytes())
}

/// Takes the bits over in one go, and not byte by byte.
fn read<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Filter, D::Error> {
    struct Bytes;

    impl<'de> Visitor<'de> for Bytes {
        type Value = Filter;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("bytes")
        }

        fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Filter, E> {
            Ok(Filter::from_bytes(bytes.to_vec()))
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut bytes: A) -> Result<Filter, A::Error> {
            let mut all = Vec::new();
            while let Some(byte) = bytes.next_element()? {
                all.push(byte);
            }
            Ok(Filter::from_bytes(all))
        }
    }

    deserializer.deserialize_bytes(Bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::Sort;
    use caponier_sdk::state;

    #[test]
    fn it_survives_the_way() {
        let mut print = Fingerprint {
            grams: 7,
            secrets: vec![1, 2],
            filter: Filter::with_room(100),
        };
        print.filter.insert(Sort::Gram, 5);
        let bytes = state::encode(&print).unwrap();
        assert_eq!(state::decode::<Fingerprint>(&bytes).unwrap(), print);
        assert!(state::decode::<Fingerprint>(&bytes[..4]).is_err());
    }
}
