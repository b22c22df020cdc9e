//! Regular expressions as automata of one step a byte: built when the plugin is configured, without
//! any backtracking, and refused where they would be too large.

use std::ops::Range;

use regex_automata::dfa::regex::Regex;
use regex_automata::dfa::{Automaton, StartKind, dense};
use regex_automata::util::start;
use regex_automata::util::syntax;
use regex_automata::{Anchored, Input};

/// The largest automaton of one expression, in bytes, and what may be used to build it.
const LARGEST: usize = 1 << 20;
const WORKSPACE: usize = 8 << 20;

/// The most bytes of a match that streams count on, unless the settings say otherwise.
pub(crate) const WINDOW: usize = 256;

/// One expression.
pub(crate) struct Expression {
    regex: Regex,
    window: usize,
}

impl Expression {
    /// Builds the automaton.
    ///
    /// # Errors
    /// What is wrong with the expression, in words for the operator.
    pub(crate) fn build(pattern: &str, any_case: bool, window: usize) -> Result<Self, String> {
        let dense = dense::Config::new()
            .start_kind(StartKind::Both)
            .specialize_start_states(true)
            .dfa_size_limit(Some(LARGEST))
            .determinize_size_limit(Some(WORKSPACE));
        let regex = Regex::builder()
            .syntax(syntax::Config::new().case_insensitive(any_case))
            .dense(dense)
            .build(pattern)
            .map_err(|error| explain(&error))?;
        // At an end of a text too, where assertions hold.
        if ["", "a", " ", "a a"]
            .iter()
            .any(|text| regex.find_iter(*text).any(|one| one.is_empty()))
        {
            return Err("it matches where there is nothing; hint: write `+` for `*`, or say what must stand there".into());
        }
        Ok(Self { regex, window })
    }

    /// Tells of every match from `from` on, one after another. Answers where a match may have begun
    /// that is not at its end, where more of the text may come.
    pub(crate) fn walk(
        &self,
        text: &str,
        from: usize,
        is_open: bool,
        mut found: impl FnMut(Range<usize>),
    ) -> Option<usize> {
        let mut hold: Option<usize> = None;
        let mut at = from;
        for one in self
            .regex
            .find_iter(Input::new(text).span(from..text.len()))
        {
            if one.is_empty() {
                continue;
            }
            at = one.end();
            if is_open && self.may_grow(text, one.start()) {
                hold.get_or_insert(one.start());
                continue;
            }
            found(one.range());
        }
        if is_open {
            hold = hold.into_iter().chain(self.begun(text, at)).min();
        }
        hold
    }

    /// Whether the match that begins at `start` may go on beyond the text.
    fn may_grow(&self, text: &str, start: usize) -> bool {
        if start + self.window < text.len() {
            return false;
        }
        let dfa = self.regex.forward();
        let Some(mut state) = self.start(text, start, Anchored::Yes) else {
            return true;
        };
        for byte in text.as_bytes().get(start..).unwrap_or_default() {
            state = dfa.next_state(state, *byte);
            if dfa.is_special_state(state) && dfa.is_dead_state(state) {
                return false;
            }
        }
        true
    }

    /// Where a match may have begun that the text ends in, from `from` on and within the window.
    fn begun(&self, text: &str, from: usize) -> Option<usize> {
        let dfa = self.regex.forward();
        let mut begun = from.max(floor(text, text.len().saturating_sub(self.window)));
        let Some(mut state) = self.start(text, begun, Anchored::No) else {
            return Some(begun);
        };
        let rest = text.as_bytes().get(begun..).unwrap_or_default();
        for (at, byte) in (begun + 1..).zip(rest) {
            state = dfa.next_state(state, *byte);
            if dfa.is_special_state(state) {
                if dfa.is_quit_state(state) {
                    return Some(begun);
                }
                if dfa.is_start_state(state) || dfa.is_dead_state(state) {
                    begun = at;
                }
            }
        }
        (begun < text.len()).then(|| floor(text, begun))
    }

    fn start(
        &self,
        text: &str,
        at: usize,
        anchored: Anchored,
    ) -> Option<regex_automata::util::primitives::StateID> {
        let before = at
            .checked_sub(1)
            .and_then(|before| text.as_bytes().get(before))
            .copied();
        let config = start::Config::new().anchored(anchored).look_behind(before);
        self.regex.forward().start_state(&config).ok()
    }
}

fn floor(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

/// What the builder says, in one line, and what to do about it.
fn explain(error: &regex_automata::dfa::dense::BuildError) -> String {
    let mut said = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(error) = source {
        said = error.to_string();
        source = error.source();
    }
    // The last line says what is wrong; those before show where, over several lines.
    let last = said.lines().last().unwrap_or_default();
    let what = last.strip_prefix("error: ").unwrap_or(last).to_owned();
    let hint = if error.is_size_limit_exceeded() {
        "hint: it would need a large automaton; shorten what is counted, as in `.{0,40}`, or write `.*?`"
    } else if what.contains("word boundar") {
        "hint: write `(?-u:\\b)`, or leave `\\b` out: matches begin and end where words do"
    } else {
        "hint: the syntax is that of Rust's `regex`; there are no look-arounds and back-references"
    };
    format!("{what}; {hint}")
}
