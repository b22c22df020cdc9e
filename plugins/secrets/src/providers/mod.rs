//! What providers' credentials look like, one row each, from the providers' own documentation.

mod ai;
mod cloud;
mod code;
mod commerce;
mod named;
mod services;

use crate::shape::Shape;

pub(crate) use named::NAMED;

/// Every shape. A prefix stands in one row only.
pub(crate) static SHAPES: &[&[Shape]] = &[
    ai::SHAPES,
    cloud::SHAPES,
    code::SHAPES,
    commerce::SHAPES,
    services::SHAPES,
];

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn a_prefix_stands_in_one_row() {
        let mut all: Vec<&str> = SHAPES
            .iter()
            .copied()
            .flatten()
            .flat_map(|shape| shape.prefixes)
            .copied()
            .collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn a_name_stands_in_one_row() {
        let mut all: Vec<&str> = NAMED.iter().flat_map(|row| row.names).copied().collect();
        let count = all.len();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn lengths_are_in_order_and_ids_are_plain() {
        let mut titles: BTreeMap<&str, &str> = BTreeMap::new();
        for shape in SHAPES.iter().copied().flatten() {
            assert!(shape.length.0 <= shape.length.1, "{}", shape.rule);
            assert!(!shape.prefixes.is_empty(), "{}", shape.rule);
            titles.entry(shape.rule).or_insert(shape.title);
        }
        for row in NAMED {
            assert!(row.values.iter().all(|(_, least, most)| least <= most));
            titles.entry(row.rule).or_insert(row.title);
        }
        for id in titles.keys() {
            let plain =
                |byte: u8| byte == b'-' || byte.is_ascii_digit() || byte.is_ascii_lowercase();
            assert!(id.bytes().all(plain), "{id}");
        }
    }
}
