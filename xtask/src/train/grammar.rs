//! The grammars that rows are made of: `plugins/injection/training/*.txt`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};

/// A generator of numbers that is the same everywhere (splitmix64).
pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Less than `end`.
    pub(super) fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }

    /// True in so many of a hundred.
    pub(super) fn percent(&mut self, chance: usize) -> bool {
        self.below(100) < chance
    }

    pub(super) fn one_of<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// The file of paragraphs, which is no grammar.
const PROSE: &str = "prose";

/// What the rows of a section are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// An attack wherever it stands.
    Attack,
    /// An order to the model: a user's right, an attack in data.
    Order,
    /// What users ask for honestly.
    Request,
    /// Honest text of any origin.
    Text,
}

enum Piece {
    Text(String),
    Slot(String),
    Choice(Vec<Template>),
}

type Template = Vec<Piece>;

/// Templates of one sort, and how many rows are made of them.
pub(super) struct Section {
    pub(super) kind: Kind,
    pub(super) name: String,
    pub(super) rows: usize,
    templates: Vec<Template>,
}

/// One language, or one sort of document.
pub(super) struct Grammar {
    pub(super) language: String,
    pub(super) sections: Vec<Section>,
    slots: BTreeMap<String, Vec<Template>>,
}

/// Every grammar, in the order of the files' names.
pub(super) fn read_all(directory: &Path) -> Result<Vec<Grammar>> {
    let mut grammars = Vec::new();
    let entries =
        std::fs::read_dir(directory).with_context(|| format!("reading {}", directory.display()))?;
    let mut paths = entries
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<Vec<_>>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        if path.extension().is_some_and(|end| end == "txt") && name != PROSE {
            let text = std::fs::read_to_string(&path)?;
            let grammar = Grammar::parse(&name, &text);
            grammars.push(grammar.with_context(|| format!("in {}", path.display()))?);
        }
    }
    Ok(grammars)
}

impl Grammar {
    fn parse(language: &str, text: &str) -> Result<Self> {
        let mut grammar = Self {
            language: language.to_owned(),
            sections: Vec::new(),
            slots: BTreeMap::new(),
        };
        for line in text.lines() {
            if line.trim().is_empty() || line.starts_with("# ") {
                continue;
            }
            if let Some(slot) = line.strip_prefix("= ") {
                let (name, alternatives) = slot.split_once(':').context("a slot without `:`")?;
                let mut rest = alternatives.chars().peekable();
                let mut templates = alternatives_of(&mut rest, None)?;
                templates.iter_mut().for_each(trim);
                grammar.slots.insert(name.to_owned(), templates);
                continue;
            }
            let kind = match line.get(..2) {
                Some("+ ") => Some(Kind::Attack),
                Some("! ") => Some(Kind::Order),
                Some("~ ") => Some(Kind::Request),
                Some("- ") => Some(Kind::Text),
                _ => None,
            };
            let head = kind.zip(line.get(2..).and_then(|rest| rest.rsplit_once(' ')));
            if let Some((kind, (name, rows))) = head {
                grammar.sections.push(Section {
                    kind,
                    name: name.to_owned(),
                    rows: rows.parse().with_context(|| format!("rows of {name}"))?,
                    templates: Vec::new(),
                });
                continue;
            }
            let section = grammar
                .sections
                .last_mut()
                .context("a template before any section")?;
            let mut rest = line.chars().peekable();
            section.templates.push(template(&mut rest, None)?);
        }
        grammar.check()?;
        Ok(grammar)
    }

    /// Whether every slot is there.
    fn check(&self) -> Result<()> {
        let sections = self.sections.iter().flat_map(|section| &section.templates);
        let mut open: Vec<&Template> = sections.chain(self.slots.values().flatten()).collect();
        while let Some(template) = open.pop() {
            for piece in template {
                match piece {
                    Piece::Slot(name) if !self.slots.contains_key(name) => {
                        bail!("no slot {{{name}}}")
                    }
                    Piece::Choice(templates) => open.extend(templates),
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// One row of a section, and a number that rows of the same template share.
    pub(super) fn row(&self, section: &Section, dice: &mut Dice) -> (String, u64) {
        let index = dice.below(section.templates.len());
        let mut text = String::new();
        self.expand(&section.templates[index], dice, &mut text);
        let key = format!("{}/{}/{index}", self.language, section.name);
        (text, super::rows::group(&key))
    }

    /// A row of any section of a kind.
    pub(super) fn any(&self, kind: Kind, dice: &mut Dice) -> String {
        let sections: Vec<&Section> = self.sections.iter().filter(|s| s.kind == kind).collect();
        if sections.is_empty() {
            return String::new();
        }
        let section = *dice.one_of(&sections);
        self.row(section, dice).0
    }

    fn expand(&self, template: &Template, dice: &mut Dice, text: &mut String) {
        for piece in template {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Choice(templates) => self.expand(dice.one_of(templates), dice, text),
                Piece::Slot(name) => {
                    if let Some(templates) = self.slots.get(name) {
                        self.expand(dice.one_of(templates), dice, text);
                    }
                }
            }
        }
    }
}

type Letters<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// Alternatives parted by `|`, up to `end`.
fn alternatives_of(rest: &mut Letters<'_>, end: Option<char>) -> Result<Vec<Template>> {
    let mut templates = Vec::new();
    loop {
        templates.push(template(rest, Some(end))?);
        match rest.next() {
            Some('|') => {}
            found if found == end => return Ok(templates),
            _ => bail!("a `[` without `]`"),
        }
    }
}

/// A template, up to the end of its alternative where it is one: `inside` says what ends them all.
fn template(rest: &mut Letters<'_>, inside: Option<Option<char>>) -> Result<Template> {
    let mut pieces = Vec::new();
    let mut text = String::new();
    while let Some(next) = rest.peek().copied() {
        if inside.is_some_and(|end| next == '|' || Some(next) == end) {
            break;
        }
        rest.next();
        match next {
            '\\' => match rest.next() {
                Some('n') => text.push('\n'),
                Some(other) => text.push(other),
                None => bail!("a `\\` at the end"),
            },
            '[' => {
                pieces.push(Piece::Text(std::mem::take(&mut text)));
                pieces.push(Piece::Choice(alternatives_of(rest, Some(']'))?));
            }
            '{' => {
                let ahead = rest.clone();
                let name: String = ahead.take_while(char::is_ascii_alphanumeric).collect();
                if !name.is_empty() && rest.clone().nth(name.len()) == Some('}') {
                    rest.nth(name.len());
                    pieces.push(Piece::Text(std::mem::take(&mut text)));
                    pieces.push(Piece::Slot(name));
                } else {
                    text.push('{');
                }
            }
            other => text.push(other),
        }
    }
    pieces.push(Piece::Text(text));
    Ok(pieces)
}

/// Alternatives of a slot are written with a space to either side.
fn trim(template: &mut Template) {
    if let Some(Piece::Text(first)) = template.first_mut() {
        *first = first.trim_start().to_owned();
    }
    if let Some(Piece::Text(last)) = template.last_mut() {
        *last = last.trim_end().to_owned();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grammars_are_read() {
        let text =
            "# A test.\n= who: you | [all|none] of us\n+ first 3\nHi {who}, {x\\|y}\\n[a|]\n";
        let grammar = Grammar::parse("en", text).unwrap();
        let section = &grammar.sections[0];
        assert_eq!((section.kind, section.rows), (Kind::Attack, 3));
        let mut dice = Dice(1);
        let rows: std::collections::BTreeSet<String> = (0..200)
            .map(|_| grammar.row(section, &mut dice).0)
            .collect();
        let all: Vec<&str> = rows.iter().map(String::as_str).collect();
        assert_eq!(
            all,
            [
                "Hi all of us, {x|y}\n",
                "Hi all of us, {x|y}\na",
                "Hi none of us, {x|y}\n",
                "Hi none of us, {x|y}\na",
                "Hi you, {x|y}\n",
                "Hi you, {x|y}\na"
            ]
        );
    }

    #[test]
    fn what_is_wrong_is_said() {
        for text in ["+ a 1\n{nobody}", "+ a 1\n[open", "row", "+ a many\n"] {
            assert!(Grammar::parse("en", text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_grammars_of_the_plugin_are_well_formed() {
        let directory = crate::place::root().join("plugins/injection/training");
        assert!(read_all(&directory).unwrap().len() >= 15);
    }
}
