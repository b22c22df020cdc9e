//! Everything public is shown in use: by an example of its own, or by one that it links and that
//! uses it. The examples are run with the tests, so that none of them goes stale.

#![expect(clippy::unwrap_used, reason = "a test that cannot read should fail")]

mod support;

/// What the link to an example begins with.
const LINK: &str = "See the [example](";

/// How the `words!` macro calls what it makes.
const WORD: &str = "$name";

/// A public type, trait, function, method, macro or constant.
struct Item {
    name: String,
    /// The type or trait that it belongs to.
    parent: Option<String>,
    docs: String,
    /// Whether the `words!` macro makes it.
    is_word: bool,
}

impl Item {
    fn full_name(&self) -> String {
        match &self.parent {
            Some(parent) => format!("{parent}::{}", self.name),
            None => self.name.clone(),
        }
    }

    /// The code of its examples. What is fenced with a word is not run, and shows nothing.
    fn code(&self) -> String {
        let (mut code, mut fence) = (String::new(), None);
        for line in self.docs.lines() {
            match (line.strip_prefix("```"), fence) {
                (Some(word), None) => fence = Some(word),
                (Some(_), Some(_)) => fence = None,
                (None, Some("")) => {
                    code.push_str(line);
                    code.push('\n');
                }
                (None, _) => {}
            }
        }
        code
    }

    /// Which items' examples the docs send to: `Self#example` and `Report::note` name them.
    fn linked(&self) -> Option<String> {
        let (_, rest) = self.docs.split_once(LINK)?;
        let (target, _) = rest.split_once(')')?;
        let target = target.trim_start_matches("crate::").trim_end_matches('(');
        let target = target.split('#').next()?;
        let parent = self.parent.as_deref().unwrap_or_default();
        Some(match target.strip_prefix("Self") {
            Some("") => parent.to_owned(),
            Some(member) => format!("{parent}{member}"),
            None => target.to_owned(),
        })
    }

    /// Whether code uses it, and does not only hold its name within another.
    fn is_used_in(&self, code: &str) -> bool {
        let word = |letter: char| letter.is_alphanumeric() || letter == '_';
        code.match_indices(&self.name).any(|(start, name)| {
            let (before, rest) = code.split_at(start);
            let (_, after) = rest.split_at(name.len());
            let called = self.parent.is_none()
                || [".", "::", "fn ", "type "]
                    .iter()
                    .any(|mark| before.ends_with(mark));
            called && !before.ends_with(word) && !after.starts_with(word)
        })
    }
}

/// What in these files has no example.
fn not_shown(files: &[(String, String)]) -> (usize, Vec<String>) {
    let items: Vec<(&str, Item)> = files
        .iter()
        .flat_map(|(name, text)| items(text).into_iter().map(|item| (name.as_str(), item)))
        .collect();
    let shown = |item: &Item| {
        if item.docs.contains("```") {
            return !item.code().is_empty();
        }
        let Some(target) = item.linked() else {
            return false;
        };
        let mut examples = items
            .iter()
            // What a macro makes for each type is shown by the examples of all of them.
            .filter(|(_, other)| other.full_name() == target || (target == WORD && other.is_word))
            .map(|(_, other)| other.code())
            .filter(|code| !code.is_empty())
            .peekable();
        examples.peek().is_some() && examples.all(|code| item.is_used_in(&code))
    };
    let missing = items.iter().filter(|(_, item)| !shown(item));
    let missing = missing.map(|(file, item)| format!("{file}: {}", item.full_name()));
    (items.len(), missing.collect())
}

/// What a file makes public. It is read line by line: declarations stand at the start of a line,
/// and docs right above them.
fn items(text: &str) -> Vec<Item> {
    let (mut found, mut docs) = (Vec::new(), String::new());
    let (mut parent, mut in_trait) = (None, false);
    for line in text.lines() {
        let trimmed = line.trim_start();
        if let Some(doc) = trimmed.strip_prefix("///") {
            docs.push_str(doc.strip_prefix(' ').unwrap_or(doc));
            docs.push('\n');
            continue;
        }
        if trimmed.starts_with("#[") {
            continue;
        }
        let docs = std::mem::take(&mut docs);
        if line == "}" {
            (parent, in_trait) = (None, false);
        } else if trimmed.starts_with("impl") {
            parent = owner(trimmed);
        }
        let is_word = trimmed.ends_with('{') && trimmed.contains(" = wit::");
        let declared = match trimmed {
            _ if is_word => trimmed.split(' ').next().map(str::to_owned),
            _ if trimmed.starts_with("macro_rules! ") && !docs.is_empty() => declared(trimmed),
            _ if in_trait || trimmed.starts_with("pub ") => declared(trimmed),
            _ => None,
        };
        let Some(name) = declared.filter(|name| name != WORD) else {
            continue;
        };
        found.push(Item {
            name,
            parent: parent.clone().filter(|_| !is_word),
            docs,
            is_word,
        });
        if trimmed.starts_with("pub trait ") {
            (parent, in_trait) = (found.last().map(|item| item.name.clone()), true);
        }
    }
    found
}

/// Whose members an `impl` holds; nobody's, where it is a trait's: what is public there, the trait
/// declares.
fn owner(line: &str) -> Option<String> {
    let mut rest = line.strip_prefix("impl")?;
    if rest.starts_with('<') {
        rest = rest.split_once("> ")?.1;
    }
    let letter = |letter: char| letter.is_alphanumeric() || letter == '$' || letter == '_';
    let name = rest.trim_start().split(|other| !letter(other)).next()?;
    (!line.contains(" for ")).then(|| name.to_owned())
}

/// What a line declares: `None` for a field, a module or what is only named again.
fn declared(line: &str) -> Option<String> {
    let mut words = line.split([' ', '(', '<', ':', ';', '{', '=']);
    words.find(|word| {
        [
            "struct",
            "enum",
            "trait",
            "fn",
            "type",
            "const",
            "static",
            "macro_rules!",
        ]
        .contains(word)
    })?;
    let name = words.find(|word| !["fn", ""].contains(word))?;
    Some(name.to_owned())
}

#[test]
fn everything_public_is_shown_in_use() {
    let (count, missing) = not_shown(&support::files());
    assert!(count > 150, "only {count} items were found");
    assert!(
        missing.is_empty(),
        "no example shows\n{}",
        missing.join("\n")
    );
}

#[test]
fn what_is_not_shown_is_named() {
    let shown = "/// A.\n/// # Example\n/// ```\n/// A::new().look();\n/// ```\npub struct A;\n\n";
    for (text, expected) in [
        ("/// Does.\npub fn bare() {}\n", "bare"),
        (
            "/// Does.\n///\n/// ```no_run\n/// stale();\n/// ```\npub fn stale() {}\n",
            "stale",
        ),
        (
            "/// Does.\n///\n/// ```text\n/// stale();\n/// ```\npub fn stale() {}\n",
            "stale",
        ),
        (
            "/// ```\n/// ok();\n/// ```\n#[inline]\npub const fn ok() {}\n",
            "",
        ),
        (
            "impl<'a> A {\n    /// See the [example](Self#example).\n    pub fn look(&self) {}\n}\n",
            "",
        ),
        (
            "impl A {\n    /// See the [example](Self#example).\n    pub fn see(&self) {}\n}\n",
            "A::see",
        ),
        (
            "impl A {\n    /// See the [example](Self#example).\n    pub fn loo(&self) {}\n}\n",
            "A::loo",
        ),
        ("/// See the [example](A#example).\npub struct B;\n", "B"),
        ("/// See the [example](gone).\npub fn late() {}\n", "late"),
        ("/// See the [example](A::look).\npub fn new() {}\n", "new"),
        (
            "/// ```\n/// fn f(&self) {}\n/// ```\npub trait T {\n    /// See the [example](Self#example).\n    fn f(&self);\n    /// More.\n    fn g(&self);\n}\n",
            "T::g",
        ),
        (
            "pub struct C {\n    /// A field.\n    pub field: u8,\n}\n",
            "C",
        ),
        ("#[macro_export]\nmacro_rules! mine {\n", ""),
        ("/// Makes.\n#[macro_export]\nmacro_rules! mine {\n", "mine"),
    ] {
        let (_, missing) = not_shown(&[("a.rs".to_owned(), format!("{shown}{text}"))]);
        let expected: Vec<String> = match expected {
            "" => Vec::new(),
            name => vec![format!("a.rs: {name}")],
        };
        assert_eq!(missing, expected, "{text}");
    }
}
