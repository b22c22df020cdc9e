//! From lists to what is searched with: each term in the form in which it is compared, each
//! expression as an automaton.

use std::collections::{BTreeMap, BTreeSet};

use caponier_sdk::normalise::fold;
use caponier_sdk::{Data, Error};

use crate::expressions::{Expression, WINDOW};
use crate::files::{self, Entry};
use crate::matcher::{Matcher, normal};
use crate::settings::{Case, List, Matching, Settings};

/// The most terms of all lists, and the longest, in bytes of the form in which it is compared.
const TERMS: usize = 20_000;
pub(crate) const LONGEST: usize = 256;
/// The most bytes of all terms together.
const BYTES: usize = 1 << 20;
/// The most expressions of all lists: each is a pass over the text.
const EXPRESSIONS: usize = 64;

/// Whose term it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Owner {
    /// The list's place; `None`: an allowed phrase.
    pub(crate) list: Option<usize>,
    /// The term's number among all.
    pub(crate) term: u32,
    pub(crate) weight: u32,
}

/// Terms that are compared in one way.
pub(crate) struct Group {
    pub(crate) matcher: Matcher,
    /// Who has each term of the matcher.
    pub(crate) owners: Vec<Vec<Owner>>,
}

/// Everything that is searched for.
#[derive(Default)]
pub(crate) struct Lists {
    /// In any case and any way to write it.
    pub(crate) folded: Option<Group>,
    /// As it is written.
    pub(crate) exact: Option<Group>,
    pub(crate) expressions: Vec<(Owner, Expression)>,
}

/// Terms on their way into a group.
#[derive(Default)]
struct Gathered {
    terms: BTreeMap<String, Vec<Owner>>,
}

impl Gathered {
    fn add(&mut self, term: String, owner: Owner) {
        let owners = self.terms.entry(term).or_default();
        if !owners.iter().any(|known| known.list == owner.list) {
            owners.push(owner);
        }
    }

    fn build(self, folds_case: bool) -> Result<Option<Group>, Error> {
        if self.terms.is_empty() {
            return Ok(None);
        }
        let (terms, owners): (Vec<String>, Vec<Vec<Owner>>) = self.terms.into_iter().unzip();
        let matcher = Matcher::build(&terms, folds_case).map_err(|error| {
            Error::new(format!("settings.lists: {error}; hint: take fewer terms"))
        })?;
        Ok(Some(Group { matcher, owners }))
    }
}

impl Lists {
    pub(crate) fn build(settings: &Settings, data: &Data) -> Result<Self, Error> {
        if settings.lists.is_empty() && !settings.allow.is_empty() {
            return Err(
                "settings.allow: there is no list whose terms it allows; hint: add one to `lists`"
                    .into(),
            );
        }
        let (mut folded, mut exact) = (Gathered::default(), Gathered::default());
        let mut expressions = Vec::new();
        let mut names = BTreeMap::new();
        let (mut count, mut bytes) = (0_u32, 0);
        for (index, list) in settings.lists.iter().enumerate() {
            let place = format!("settings.lists[{index}]");
            check(list, &place)?;
            if let Some(first) = names.insert(list.name.as_str(), index) {
                return Err(Error::new(format!(
                    "{place}.name: `{}` is the name of settings.lists[{first}] too; hint: findings \
                     are told apart by it",
                    list.name
                )));
            }
            let mut seen = BTreeSet::new();
            for entry in entries(list, &place, data)? {
                count += 1;
                let owner = Owner {
                    list: Some(index),
                    term: count,
                    weight: entry.weight,
                };
                let forms = forms(&entry, list.case)?;
                bytes += forms.iter().map(String::len).sum::<usize>();
                // The same term twice, in two ways to write it, counts once.
                if !forms.first().is_some_and(|form| seen.insert(form.clone())) {
                    continue;
                }
                for form in forms {
                    match list.case {
                        Case::Ignore => folded.add(form, owner),
                        Case::Exact => exact.add(form, owner),
                    }
                }
            }
            if count as usize > TERMS || bytes > BYTES {
                return Err(Error::new(format!(
                    "{place}: with it there are more than {TERMS} terms or {BYTES} bytes of them; hint: \
                     that many belong into an index of their own"
                )));
            }
            for (number, pattern) in list.regex.iter().enumerate() {
                count += 1;
                let owner = Owner {
                    list: Some(index),
                    term: count,
                    weight: 1,
                };
                let window = list.window.map_or(WINDOW, |window| window as usize);
                let expression = Expression::build(pattern, list.case == Case::Ignore, window)
                    .map_err(|error| {
                        Error::new(format!(
                            "{place}.regex[{number}] of `{}`: {error}",
                            list.name
                        ))
                    })?;
                expressions.push((owner, expression));
            }
            if expressions.len() > EXPRESSIONS {
                return Err(Error::new(format!(
                    "{place}.regex: more than {EXPRESSIONS} expressions; hint: join some with `|`, or \
                     write terms"
                )));
            }
        }
        for (number, phrase) in settings.allow.iter().enumerate() {
            let entry = Entry {
                term: phrase.clone(),
                weight: 0,
                place: format!("settings.allow[{number}]"),
            };
            for form in forms(&entry, Case::Ignore)? {
                let owner = Owner {
                    list: None,
                    term: 0,
                    weight: 0,
                };
                folded.add(form, owner);
            }
        }
        Ok(Self {
            folded: folded.build(true)?,
            exact: exact.build(false)?,
            expressions,
        })
    }
}

/// What can be said of a list without its terms.
fn check(list: &List, place: &str) -> Result<(), Error> {
    let wrong = |what: String| Err(Error::new(format!("{place}{what}")));
    if !is_rule_id(&list.name) {
        return wrong(format!(
            ".name: `{}` is no name of a rule; hint: lower-case letters, digits and single hyphens, at \
             most 64",
            list.name
                .chars()
                .take(64)
                .flat_map(char::escape_debug)
                .collect::<String>()
        ));
    }
    let name = &list.name;
    if list.terms.is_empty()
        && list.weighted.is_empty()
        && list.files.is_empty()
        && list.regex.is_empty()
    {
        return wrong(format!(
            ": `{name}` has no terms; hint: give it `terms`, `weighted`, `files` or `regex`"
        ));
    }
    if !(0.05..=1.0).contains(&list.confidence) {
        return wrong(format!(
            ".confidence: of `{name}` it is not between 0.05 and 1; hint: leave it out for 0.9"
        ));
    }
    if list.threshold == Some(0) {
        return wrong(format!(
            ".threshold: of `{name}` it is 0, which every text reaches; hint: at least 1"
        ));
    }
    if list.threshold.is_none() && !list.weighted.is_empty() {
        return wrong(format!(
            ".weighted: `{name}` is no topic; hint: give it a `threshold`, or use `terms`"
        ));
    }
    if list.threshold.is_some() && list.replacement.is_some() {
        return wrong(format!(
            ".replacement: the topic `{name}` is found as a whole segment; hint: leave it out"
        ));
    }
    if list
        .window
        .is_some_and(|window| !(16..=2048).contains(&window))
    {
        return wrong(format!(
            ".window: of `{name}` it is not between 16 and 2048 bytes; hint: leave it out for {WINDOW}"
        ));
    }
    if list.window.is_some() && list.regex.is_empty() {
        return wrong(format!(
            ".window: `{name}` has no `regex`, and terms are as long as they are; hint: leave it out"
        ));
    }
    if list.leet && list.case == Case::Exact {
        return wrong(format!(
            ".leet: `{name}` is compared as it is written; hint: take `case: ignore`"
        ));
    }
    Ok(())
}

pub(crate) fn is_rule_id(name: &str) -> bool {
    name.len() <= 64
        && name.split('-').all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        })
}

/// The terms of a list, wherever they stand.
fn entries(list: &List, place: &str, data: &Data) -> Result<Vec<Entry>, Error> {
    let mut entries = Vec::new();
    for (number, term) in list.terms.iter().enumerate() {
        entries.push(Entry {
            term: term.clone(),
            weight: 1,
            place: format!("{place}.terms[{number}] of `{}`", list.name),
        });
    }
    for (number, (term, weight)) in (1..).zip(&list.weighted) {
        entries.push(Entry {
            term: term.clone(),
            weight: *weight,
            place: format!("{place}.weighted of `{}`, entry {number}", list.name),
        });
    }
    for (number, file) in list.files.iter().enumerate() {
        let place = format!("{place}.files[{number}] of `{}`", list.name);
        let read = files::read(data, file, &place)?;
        if read.is_empty() {
            return Err(Error::new(format!(
                "{place}: `{file}` has no terms; hint: one to a line"
            )));
        }
        entries.extend(read);
    }
    Ok(entries)
}

/// The forms in which a term is compared: two where its letters pass for Latin ones, since texts of
/// its own language keep them.
fn forms(entry: &Entry, case: Case) -> Result<Vec<String>, Error> {
    let place = &entry.place;
    if entry.term.trim().is_empty() {
        return Err(Error::new(format!(
            "{place}: the term is empty; hint: leave it out"
        )));
    }
    let forms = match case {
        Case::Exact => vec![normal(&entry.term, false)],
        Case::Ignore => {
            let mut forms = vec![normal(fold(&entry.term).text(), true)];
            // Beside a letter that nobody takes for a Latin one, words stay in their script.
            let kept = format!("ж {}", entry.term);
            let kept = normal(
                fold(&kept).text().strip_prefix("ж").unwrap_or_default(),
                true,
            );
            if !forms.contains(&kept) {
                forms.push(kept);
            }
            forms
        }
    };
    if forms.iter().any(String::is_empty) {
        return Err(Error::new(format!(
            "{place}: nothing of the term is left without marks and characters that nobody sees; hint: \
             take `case: exact`, or leave it out"
        )));
    }
    if forms.iter().any(|form| form.len() > LONGEST) {
        return Err(Error::new(format!(
            "{place}: the term has more than {LONGEST} bytes; hint: take the part that tells it apart"
        )));
    }
    Ok(forms)
}

/// Whether the list's matches must begin and end where words do.
pub(crate) fn by_word(list: &List) -> bool {
    list.matching == Matching::Word
}
