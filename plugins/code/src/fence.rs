//! Where an answer's fenced code is, and in which language.
//!
//! A fence is told by the beginning of its line (CommonMark 0.31, section 4.5). What is known of a
//! stream's fences travels in `state`: the host says only with the next window how much of this one
//! has been released, so every change is kept with its place.

use std::ops::Range;

use caponier_sdk::Segment;
use serde::{Deserialize, Serialize};

use crate::text::{Text, contains};

/// Languages, a bit each.
pub(crate) type Languages = u16;

pub(crate) const PYTHON: Languages = 1;
pub(crate) const SCRIPT: Languages = 1 << 1;
pub(crate) const JAVA: Languages = 1 << 2;
pub(crate) const C: Languages = 1 << 3;
pub(crate) const SHARP: Languages = 1 << 4;
pub(crate) const PHP: Languages = 1 << 5;
pub(crate) const RUST: Languages = 1 << 6;
pub(crate) const GO: Languages = 1 << 7;
pub(crate) const RUBY: Languages = 1 << 8;
pub(crate) const SHELL: Languages = 1 << 9;
pub(crate) const OTHER: Languages = 1 << 10;
/// What is not labelled may be any.
pub(crate) const ANY: Languages = Languages::MAX;

/// What follows an opening fence, in lower case, and the language it names.
const LABELS: &[(&str, Languages)] = &[
    ("python", PYTHON),
    ("python3", PYTHON),
    ("py", PYTHON),
    ("django", PYTHON),
    ("javascript", SCRIPT),
    ("js", SCRIPT),
    ("jsx", SCRIPT),
    ("mjs", SCRIPT),
    ("node", SCRIPT),
    ("typescript", SCRIPT),
    ("ts", SCRIPT),
    ("tsx", SCRIPT),
    ("vue", SCRIPT),
    ("svelte", SCRIPT),
    ("html", SCRIPT | PHP),
    ("ejs", SCRIPT),
    ("java", JAVA),
    ("jsp", JAVA),
    ("kotlin", JAVA),
    ("scala", JAVA),
    ("groovy", JAVA),
    ("c", C),
    ("h", C),
    ("cpp", C),
    ("c++", C),
    ("cc", C),
    ("cxx", C),
    ("hpp", C),
    ("objc", C),
    ("csharp", SHARP),
    ("c#", SHARP),
    ("cs", SHARP),
    ("razor", SHARP),
    ("php", PHP),
    ("rust", RUST),
    ("rs", RUST),
    ("go", GO),
    ("golang", GO),
    ("ruby", RUBY),
    ("rb", RUBY),
    ("erb", RUBY),
    ("bash", SHELL),
    ("sh", SHELL),
    ("shell", SHELL),
    ("zsh", SHELL),
    ("console", SHELL),
    ("dockerfile", SHELL),
    ("powershell", SHELL),
    ("code", ANY),
];

/// The most changes of a window's fences that are kept.
const MOST_CHANGES: usize = 512;

/// The fence that a place is inside of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Fence {
    /// How many characters the opening one has; 0: there is none.
    width: u8,
    tilde: bool,
    languages: Languages,
}

impl Fence {
    /// The languages of the code that is shown here; `None` outside of fences.
    pub(crate) fn shown(self) -> Option<Languages> {
        (self.width > 0).then_some(self.languages)
    }

    /// The fence that is open after the line that begins at `start`.
    fn after_line(self, text: &Text<'_>, start: usize) -> Self {
        let mut at = start;
        // Fences may stand in quotes and lists.
        while at < start + 16 && matches!(text.byte(at), Some(b' ' | b'\t' | b'>')) {
            at += 1;
        }
        let Some(mark @ (b'`' | b'~')) = text.byte(at) else {
            return self;
        };
        let from = at;
        while at < from + 200 && text.byte(at) == Some(mark) {
            at += 1;
        }
        let width = u8::try_from(at - from).unwrap_or(u8::MAX);
        if width < 3 {
            return self;
        }
        let tilde = mark == b'~';
        let label = at;
        while at < label + 64 && text.byte(at).is_some_and(|byte| byte != b'\n') {
            at += 1;
        }
        let label = text.slice(label, at);
        if self.width > 0 {
            let closes = self.tilde == tilde
                && width >= self.width
                && label.iter().all(u8::is_ascii_whitespace);
            return if closes { Self::default() } else { self };
        }
        if !tilde && label.contains(&b'`') {
            return self;
        }
        Self {
            width,
            tilde,
            languages: languages(label),
        }
    }
}

fn languages(label: &[u8]) -> Languages {
    let word = label
        .trim_ascii_start()
        .split(|byte| byte.is_ascii_whitespace() || matches!(byte, b'{' | b',' | b':' | b'='))
        .next()
        .unwrap_or_default();
    if word.is_empty() {
        return ANY;
    }
    let known = LABELS
        .iter()
        .find(|(name, _)| word.eq_ignore_ascii_case(name.as_bytes()));
    known.map_or(OTHER, |(_, languages)| *languages)
}

/// What is known of each open segment of a stream: where lines begin that changed the fence.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    segments: Vec<(u32, Vec<(u64, Fence)>)>,
}

impl Progress {
    fn of(&self, segment: u32) -> &[(u64, Fence)] {
        let known = self.segments.iter().find(|(id, _)| *id == segment);
        known.map_or(&[], |(_, changes)| changes)
    }

    /// Replaces what is known of a segment. Answers whether that changed anything.
    pub(crate) fn set(&mut self, segment: u32, changes: Vec<(u64, Fence)>) -> bool {
        if self.of(segment) == changes {
            return false;
        }
        self.segments.retain(|(id, _)| *id != segment);
        if !changes.is_empty() {
            self.segments.push((segment, changes));
        }
        true
    }
}

/// The fences of one window.
pub(crate) struct Fences {
    offset: u64,
    pub(crate) now: Fence,
    /// Where in the segment a line begins that changed the fence, and what it is since.
    pub(crate) changes: Vec<(u64, Fence)>,
    /// Where the last line begins, if what is still to come of it can make it a fence, or none.
    pub(crate) unsure: Option<usize>,
}

impl Fences {
    /// The fence at `from`, the first place that has not been released.
    pub(crate) fn begin(segment: &Segment, text: &Text<'_>, from: usize, known: &Progress) -> Self {
        let offset = segment.offset();
        let released = text.slice(0, from);
        // The line that `from` is in is read once more: its end may not have been there.
        let line = match released.iter().rposition(|byte| *byte == b'\n') {
            Some(last) => Some(last + 1),
            None => (offset == 0).then_some(0),
        };
        let place = offset + line.unwrap_or(from) as u64;
        let known = known.of(segment.id());
        let before = known.iter().rev().find(|(at, _)| *at < place).copied();
        let mut fences = Self {
            offset,
            now: before.map_or(Fence::default(), |(_, fence)| fence),
            changes: before.into_iter().collect(),
            unsure: None,
        };
        if let Some(line) = line {
            fences.line(text, line);
        }
        fences
    }

    /// A line begins at `start`.
    pub(crate) fn line(&mut self, text: &Text<'_>, start: usize) {
        let after = if self.offset + start as u64 == 0 && is_page(text) {
            // A page by itself is code, to its end.
            Fence {
                width: u8::MAX,
                tilde: true,
                languages: SCRIPT | PHP,
            }
        } else {
            self.now.after_line(text, start)
        };
        self.unsure = text.take_starved().then_some(start);
        if after != self.now {
            self.now = after;
            // A fence needs seven bytes at least, and state is bounded: the oldest tell nothing more.
            if self.changes.len() >= MOST_CHANGES {
                self.changes.drain(..MOST_CHANGES / 2);
            }
            self.changes.push((self.offset + start as u64, after));
        }
    }
}

/// How a page begins that is no part of another.
const PAGE: &[u8] = b"<!doctype html";

fn is_page(text: &Text<'_>) -> bool {
    text.starts(0, PAGE)
}

/// Whether a text that is still to grow may become a page.
pub(crate) fn may_become_page(text: &[u8]) -> bool {
    text.len() < PAGE.len()
        && PAGE
            .get(..text.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(text))
}

/// How far to either side of a place its line is looked at.
const NEAR: usize = 400;

/// Whether `at` lies in a code span of its own line: behind backticks that as many close (CommonMark
/// 0.31, section 6.1). Backticks that nothing closes are shown as they are, and what follows them is
/// no code.
pub(crate) fn inline(text: &Text<'_>, at: usize) -> bool {
    let before = line_before(text, at);
    if !before.contains(&b'`') {
        return false;
    }
    let start = at - before.len();
    let mut end = at;
    while end < at + NEAR && text.byte(end).is_some_and(|byte| byte != b'\n') {
        end += 1;
    }
    let line = text.slice(start, end);
    let place = before.len();
    // Widths that nothing further on in the line has.
    let mut unclosed = 0_u64;
    let mut left = 0;
    while let Some(open) = run(line, left).filter(|open| open.start < place) {
        left = open.end;
        let escaped = usize::from(is_escaped(line, open.start));
        let width = open.len() - escaped;
        let seen = 1_u64.checked_shl(width as u32).unwrap_or(0);
        if width == 0 || unclosed & seen != 0 {
            continue;
        }
        let mut behind = open.end;
        let closing = std::iter::from_fn(|| {
            let next = run(line, behind)?;
            behind = next.end;
            Some(next)
        });
        match closing.into_iter().find(|next| next.len() == width) {
            Some(close) if close.start >= place => return true,
            Some(close) => left = close.end,
            None => unclosed |= seen,
        }
    }
    false
}

/// The next backticks in a row, from `from` on.
fn run(line: &[u8], from: usize) -> Option<Range<usize>> {
    let rest = line.get(from..)?;
    let start = from + rest.iter().position(|byte| *byte == b'`')?;
    let rest = line.get(start..)?;
    let width = rest.iter().position(|byte| *byte != b'`');
    Some(start..start + width.unwrap_or(rest.len()))
}

/// Whether a backslash takes from what stands at `at` what it means.
fn is_escaped(line: &[u8], at: usize) -> bool {
    let before = line.get(..at).unwrap_or_default();
    let slashes = before.iter().rev().take_while(|byte| **byte == b'\\');
    slashes.count() % 2 == 1
}

/// What stands before `at` in its line.
pub(crate) fn line_before<'a>(text: &Text<'a>, at: usize) -> &'a [u8] {
    let near = text.behind(at, NEAR);
    let start = near.iter().rposition(|byte| *byte == b'\n');
    near.get(start.map_or(0, |last| last + 1)..)
        .unwrap_or_default()
}

/// Whether the line up to `at` reads like a sentence, or is a comment.
pub(crate) fn is_prose(text: &Text<'_>, at: usize) -> bool {
    let line = line_before(text, at).trim_ascii_start();
    if [&b"#"[..], b"//", b"*", b"--", b"/*", b"<!--"]
        .iter()
        .any(|mark| line.starts_with(mark))
        && !line.starts_with(b"#include")
        && !line.starts_with(b"#define")
    {
        return true;
    }
    let spaces = line.iter().filter(|byte| **byte == b' ').count();
    let code = line
        .iter()
        .filter(|byte| {
            matches!(
                byte,
                b'=' | b';' | b'(' | b')' | b'{' | b'}' | b'$' | b'<' | b'"'
            )
        })
        .count();
    let keyword = [
        "return ", "if ", "else ", "for ", "while ", "import ", "from ", "public ", "private ",
        "static ", "await ", "const ", "let ", "var ", "def ", "echo ", "select ", "insert ",
        "update ", "delete ", "declare ", "exec ", "union ",
    ]
    .iter()
    .any(|word| {
        line.len() >= word.len() && contains(line.get(..word.len()).unwrap_or_default(), word)
    });
    spaces >= 3 && code == 0 && !keyword
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<Option<Languages>> {
        let text = Text::new(text.as_bytes());
        let mut fence = Fence::default();
        let mut start = 0;
        text.bytes()
            .split_inclusive(|byte| *byte == b'\n')
            .map(|line| {
                fence = fence.after_line(&text, start);
                start += line.len();
                fence.shown()
            })
            .collect()
    }

    #[test]
    fn fences_open_and_close() {
        assert_eq!(
            shown("a\n```python\nx\n```\nb"),
            [None, Some(PYTHON), Some(PYTHON), None, None]
        );
        // A shorter one, or another character, does not close it.
        assert_eq!(
            shown("````\n```\n~~~~\n````\n"),
            [Some(ANY), Some(ANY), Some(ANY), None]
        );
        // Code between backticks on one line is no fence.
        assert_eq!(shown("```x``` y\nz"), [None, None]);
        assert_eq!(shown("- item\n  ~~~ C++\n"), [None, Some(C)]);
        assert_eq!(shown("```{.mermaid}\n"), [Some(ANY)]);
        assert_eq!(shown("```json\n"), [Some(OTHER)]);
    }

    #[test]
    fn sentences_and_comments_are_told_from_code() {
        for (line, prose) in [
            ("Never call os.system with it: ", true),
            ("  # unsafe: ", true),
            ("    result = ", false),
            ("return ", false),
            ("", false),
        ] {
            let text = Text::new(line.as_bytes());
            assert_eq!(is_prose(&text, line.len()), prose, "{line}");
        }
    }

    #[test]
    fn inline_code_is_seen() {
        for (line, place, wanted) in [
            ("use `eval(x)` never", "eval", true),
            ("use `eval` never eval(x)", "eval(x", false),
            ("a ` alone and eval(x)", "eval", false),
            ("a ` alone and ``eval(x)`` too", "eval", true),
            ("``eval(x)` is not closed", "eval", false),
            ("``` eval(x) ` nor is this", "eval", false),
            ("\\`eval(x)` is escaped", "eval", false),
            ("\\``eval(x)` is not", "eval", true),
            ("`a` eval(x) `b`", "eval", false),
            ("`a`\n`eval(x)\n`", "eval", false),
        ] {
            let text = Text::new(line.as_bytes());
            let at = line.find(place).unwrap();
            assert_eq!(inline(&text, at), wanted, "{line}");
        }
    }

    #[test]
    fn a_line_that_is_not_there_yet_is_waited_for() {
        let text = Text::new(b"use `eval(x) and");
        assert!(!inline(&text, 5) && text.take_starved());
        let text = Text::new(b"eval(x) and");
        assert!(!inline(&text, 0) && !text.take_starved());
    }
}
