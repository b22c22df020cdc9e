//! What a request's earlier messages say about its later ones.

use std::collections::HashMap;

use caponier_core::{Kind, Role, Stage};

use crate::parts::{Label, Parts};

/// Names of tools that were called, and what the user asked last.
#[derive(Default)]
pub(crate) struct History {
    /// Names of called tools by the id of the call.
    names: HashMap<String, String>,
    /// What the last user message says.
    query: Option<String>,
}

impl History {
    /// A tool was called.
    pub(crate) fn called(&mut self, id: &str, name: &str) {
        self.names.insert(id.to_owned(), name.to_owned());
    }

    /// The name of the tool that a call's id stands for.
    pub(crate) fn tool(&self, id: &str) -> Option<String> {
        self.names.get(id).cloned()
    }

    /// The texts that the user says in the prompt, from the segment at `first` on, are the latest.
    pub(crate) fn asked(&mut self, parts: &Parts, first: usize) {
        let said: Vec<&str> = parts
            .segments
            .get(first..)
            .unwrap_or_default()
            .iter()
            .filter(|placed| placed.stage == Stage::Prompt)
            .map(|placed| placed.segment.text.as_str())
            .collect();
        if !said.is_empty() {
            self.query = Some(said.join("\n"));
        }
    }

    /// What was retrieved, from the segment at `first` on, is judged beside what the user asked for.
    pub(crate) fn add_query(self, parts: &mut Parts, first: usize) {
        let retrieved = parts
            .segments
            .get(first..)
            .unwrap_or_default()
            .iter()
            .any(|placed| placed.stage == Stage::Retrieval);
        if let (true, Some(query)) = (retrieved, self.query) {
            let label = Label::new(Stage::Retrieval, Role::User, Kind::Query);
            parts.read_only(query, &label);
        }
    }
}
