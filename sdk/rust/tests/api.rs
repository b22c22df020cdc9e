//! What is public is written down: who changes it sees that, and says so in CHANGELOG.md.
//!
//! The list is of declarations as they stand in the source. To accept a change:
//! `INSTA_UPDATE=always cargo test --package caponier-sdk --test api`.

#![expect(clippy::unwrap_used, reason = "a test that cannot read should fail")]

mod support;

#[test]
fn the_public_interface_is_as_written_down() {
    let mut list = String::new();
    for (name, text) in support::files() {
        for declaration in declarations(&text) {
            list.push_str(&format!("{name}: {declaration}\n"));
        }
    }
    for must in [
        "plugin.rs: pub trait Plugin",
        "plugin.rs: fn inspect(",
        "words.rs: Prompt = \"prompt\"",
    ] {
        assert!(list.contains(must), "{must} is not in the list:\n{list}");
    }
    insta::assert_snapshot!(list);
}

/// Each `pub` item, field and method, up to where its body begins; and the members of traits and
/// enumerations, which are public with them.
fn declarations(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut open: Option<String> = None;
    let mut has_members = false;
    for line in text.lines() {
        let trimmed = line.trim();
        if let Some(declaration) = &mut open {
            declaration.push(' ');
            declaration.push_str(trimmed);
        } else if trimmed.starts_with("pub ") || (has_members && is_member(trimmed)) {
            open = Some(trimmed.to_owned());
        }
        if let Some(declaration) = open.take_if(|declaration| is_whole(declaration)) {
            has_members |= ["pub trait", "pub enum"]
                .iter()
                .any(|start| declaration.starts_with(start));
            let declaration = declaration.trim_end_matches(['{', ';', ',', ' ']);
            found.push(declaration.to_owned());
        } else if trimmed.starts_with("words! {") {
            has_members = true;
        } else if line == "}" {
            has_members = false;
        }
    }
    found
}

fn is_member(line: &str) -> bool {
    ["fn ", "type ", "const "]
        .iter()
        .any(|start| line.starts_with(start))
        || line.starts_with(|letter: char| letter.is_ascii_uppercase())
}

fn is_whole(declaration: &str) -> bool {
    [";", "{", ",", "}"]
        .iter()
        .any(|end| declaration.ends_with(end))
        && declaration.matches('(').count() == declaration.matches(')').count()
}
