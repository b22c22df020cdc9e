//! Whatever goes, what is left of each column belongs together.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::{format, response};
use crate::Store;

proptest! {
    #[test]
    fn columns_stay_in_step(
        texts in proptest::collection::vec(("[a-z\"\\\\é ]{1,6}", any::<bool>(), any::<bool>()), 0..8),
        second in proptest::collection::vec(any::<bool>(), 0..4),
        spaces in " {0,3}",
    ) {
        let first: Vec<(String, bool)> = texts.iter().map(|(text, goes, _)| (format!("{text}!"), *goes)).collect();
        let second: Vec<(String, bool)> = second.iter().enumerate().map(|(at, goes)| (format!("{at} of two"), *goes)).collect();
        let column = |rows: &[(String, bool)], of: &dyn Fn(usize, &str) -> Value| -> Value {
            rows.iter().enumerate().map(|(at, (text, _))| of(at, text)).collect()
        };
        let columns = |first: &[(String, bool)], second: &[(String, bool)]| {
            json!({
                "ids": [column(first, &|_, text| json!(text)), column(second, &|_, text| json!(text))],
                "documents": [column(first, &|_, text| json!(text)), Value::Null],
                "metadatas": [column(first, &|_, text| json!({"k": text})), column(second, &|_, _| Value::Null)],
                "distances": [column(first, &|_, text| json!(text.len())), column(second, &|_, text| json!(text.len()))],
                "embeddings": null,
            })
        };
        let body = columns(&first, &second).to_string().replace(',', &format!("{spaces},{spaces}"));
        let format = format(Store::Chroma, "POST", "/api/v2/tenants/t/databases/d/collections/c/query");
        let parsed = response(&format, &body);
        let goes = |text: &str| first.iter().chain(&second).any(|(other, goes)| other == text && *goes);
        let dropped = parsed.segments().iter().filter(|placed| goes(&placed.segment.text));
        let dropped: Vec<u32> = dropped.map(|placed| placed.segment.id).collect();
        let left = parsed.edited(&[], &dropped).unwrap();
        let stays = |rows: &[(String, bool)]| -> Vec<(String, bool)> {
            rows.iter().filter(|(text, _)| !goes(text)).cloned().collect()
        };
        let left: Value = serde_json::from_slice(&left).unwrap();
        prop_assert_eq!(left, columns(&stays(&first), &stays(&second)));
    }
}
