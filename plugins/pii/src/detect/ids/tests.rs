//! The table itself.

use super::all;
use crate::detect::token::MAX;

#[test]
fn every_row_can_be_reached() {
    for row in all() {
        assert!(
            *row.lengths().start() >= 4 && *row.lengths().end() <= MAX,
            "{row:?}"
        );
        assert!(row.said > 0.0 && row.said <= 0.99, "{row:?}");
        assert!(row.bare <= row.said && row.grouped <= row.said, "{row:?}");
        for word in row.words {
            assert_eq!(word.to_lowercase(), **word, "{row:?}");
        }
    }
}

#[test]
fn masks_grow_with_the_length() {
    let plate = all()
        .find(|row| row.lengths() == (6..=8) && row.masks(6).0 == 0b1111)
        .unwrap();
    assert_eq!(plate.masks(6), (0b1111, 0b11_0000));
    assert_eq!(plate.masks(8), (0b1111, 0b1111_0000));
}
