//! What belongs to names of tools.

use std::cmp::Reverse;

use caponier_sdk::scan::glob::Glob;

/// What belongs to names: of several patterns that match, the closest counts.
#[derive(Debug)]
pub(crate) struct Table<T> {
    rows: Vec<(Glob, T)>,
}

impl<T: Copy> Table<T> {
    pub(crate) fn new(rows: impl IntoIterator<Item = (String, T)>) -> Self {
        let mut rows: Vec<(Glob, T)> = rows
            .into_iter()
            .map(|(glob, value)| (Glob::new(&glob), value))
            .collect();
        rows.sort_by_key(|(glob, _)| Reverse(glob.closeness()));
        Self { rows }
    }

    pub(crate) fn find(&self, name: &str) -> Option<T> {
        let row = self.rows.iter().find(|(glob, _)| glob.matches(name));
        row.map(|(_, value)| *value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_pattern_counts() {
        let rows = [("*", 1), ("file_*", 2), ("file_read", 3), ("file_r*", 4)];
        let table = Table::new(rows.map(|(glob, value)| (glob.to_owned(), value)));
        assert_eq!(table.find("file_read"), Some(3));
        assert_eq!(table.find("file_remove"), Some(4));
        assert_eq!(table.find("file_write"), Some(2));
        assert_eq!(table.find("search"), Some(1));
    }
}
