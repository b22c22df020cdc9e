//! SQL as a payload: what breaks out of a value, asks for more than it should, or tries how a
//! database answers. Written from OWASP's Web Security Testing Guide (testing for SQL injection) and
//! the documentation of MySQL, PostgreSQL, SQL Server, Oracle, Db2 and SQLite.
//!
//! A statement by itself is no payload: applications have models write those.

mod condition;
mod function;
mod query;
mod sign;
#[cfg(test)]
mod tests;

use crate::site::Site;
use crate::text::{Text, is_word};

pub(crate) use condition::{always, condition};
pub(crate) use function::{
    characters, concatenated, created, probed, reported, sensitive, timed, waits,
};
pub(crate) use query::{executed, order, select, union, variable};
pub(crate) use sign::{filter, hexadecimal, operator, parted, quote};

/// What stands before a place, as far as it matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    /// Nothing but blanks, quotes and brackets: the text begins here.
    Start,
    /// A quote, perhaps with brackets behind it: a value was left.
    Break,
    /// A number or a bracket: perhaps a value that needs no quotes.
    Value,
    /// A comment's end, a separator, an operator.
    Operator,
    /// A word.
    Word,
}

fn before(site: &Site<'_, '_>) -> Before {
    let text = site.text;
    if site.offset == 0 && site.start < 40 {
        let head = text.slice(0, site.start);
        let blank = |byte: &u8| {
            byte.is_ascii_whitespace()
                || matches!(
                    byte,
                    b'\''
                        | b'"'
                        | b'`'
                        | b'('
                        | b')'
                        | b'%'
                        | b'2'
                        | b'0'
                        | b'7'
                        | b'+'
                        | b'-'
                        | b';'
                        | b','
                        | b'/'
                        | b'*'
                        | b'\\'
                        | b'|'
                        | b'&'
                )
        };
        if head.iter().all(blank) {
            return Before::Start;
        }
    }
    let mut at = text.back_space(site.start);
    for _ in 0..12 {
        if !matches!(text.before(at), b')' | b'(') {
            break;
        }
        at = text.back_space(at - 1);
    }
    match text.before(at) {
        b'\'' | b'"' => Before::Break,
        b'7' | b'2' if text.behind(at, 3).starts_with(b"%2") => Before::Break,
        byte if byte.is_ascii_digit() => Before::Value,
        byte if is_word(byte) => {
            // `-1 or`, `1' or`: what is asked is the byte before the word.
            Before::Word
        }
        0 => Before::Start,
        b'.' | b'!' | b'?' | b':' => Before::Word,
        _ => Before::Operator,
    }
}

/// Whether the place lies in a statement that began as one.
fn in_statement(site: &Site<'_, '_>) -> bool {
    let near = site.text.behind(site.start, 400);
    site.text.charge(near.len());
    let first = near.trim_ascii_start();
    // What the statement itself begins with: a line that begins with a verb.
    first
        .split(|byte| *byte == b'\n')
        .rev()
        .take(8)
        .any(|line| {
            let line = line.trim_ascii_start();
            [
                "select ", "with ", "insert ", "update ", "delete ", "from ", "where ", "create ",
            ]
            .iter()
            .any(|verb| {
                line.get(..verb.len())
                    .is_some_and(|start| start.eq_ignore_ascii_case(verb.as_bytes()))
            })
        })
}

/// A number, a quoted text, a call or a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Operand {
    start: usize,
    end: usize,
    literal: bool,
}

/// Reads one operand.
fn operand(text: &Text<'_>, from: usize) -> Option<Operand> {
    let mut at = text.skip_space(from);
    for _ in 0..8 {
        if text.byte(at)? != b'(' {
            break;
        }
        at = text.skip_space(at + 1);
    }
    let start = at;
    match text.byte(at)? {
        quote @ (b'\'' | b'"' | b'`') => {
            at += 1;
            while at < start + 48
                && text
                    .byte(at)
                    .is_some_and(|byte| byte != quote && byte != b'\n')
            {
                at += 1;
            }
            let closed = text.byte(at) == Some(quote);
            let end = at + usize::from(closed);
            Some(Operand {
                start: start + 1,
                end,
                literal: true,
            })
        }
        b'%' if text.starts(at + 1, b"27") || text.starts(at + 1, b"22") => {
            at += 3;
            while at < start + 48 && text.byte(at).is_some_and(is_word) {
                at += 1;
            }
            if text.starts(at, b"%27") || text.starts(at, b"%22") {
                at += 3;
            }
            Some(Operand {
                start: start + 3,
                end: at,
                literal: true,
            })
        }
        byte if byte.is_ascii_digit()
            || byte == b'-' && text.byte(at + 1).is_some_and(|next| next.is_ascii_digit()) =>
        {
            at += 1;
            while at < start + 32
                && text
                    .byte(at)
                    .is_some_and(|byte| is_word(byte) || byte == b'.')
            {
                at += 1;
            }
            Some(Operand {
                start,
                end: at,
                literal: true,
            })
        }
        byte if is_word(byte) || byte == b'@' => {
            at = text.word_end(at + 1);
            while text.byte(at) == Some(b'.') && at < start + 64 {
                at = text.word_end(at + 1);
            }
            Some(Operand {
                start,
                end: at,
                literal: false,
            })
        }
        _ => None,
    }
}

/// A comparison's sign, and where it ends.
fn compared(text: &Text<'_>, from: usize) -> Option<usize> {
    let at = text.skip_space(from);
    let mut at = at;
    // Brackets and a quote that was left open may close first.
    for _ in 0..4 {
        if matches!(text.byte(at), Some(b')')) {
            at = text.skip_space(at + 1);
        }
    }
    match text.byte(at)? {
        b'=' if text.byte(at + 1) == Some(b'=') => None,
        b'=' => Some(at + 1),
        b'<' | b'>' | b'!' if matches!(text.byte(at + 1), Some(b'=' | b'>')) => Some(at + 2),
        b'<' | b'>' => Some(at + 1),
        b'%' if text.starts(at + 1, b"3d") => Some(at + 3),
        _ => text.one_of(
            at,
            &[
                "like", "rlike", "regexp", "is not", "is", "in", "between", "not like",
            ],
        ),
    }
}

/// Whether what follows ends a statement: a comment, or nothing.
fn ends(text: &Text<'_>, from: usize) -> bool {
    let at = text.skip_space(from);
    match text.byte(at) {
        None => true,
        Some(b'#' | b';' | b'\n') => true,
        Some(b'-') => text.byte(at + 1) == Some(b'-'),
        Some(b'/') => text.byte(at + 1) == Some(b'*'),
        Some(b'%') => text.starts(at + 1, b"23") || text.starts(at + 1, b"00"),
        Some(_) => false,
    }
}
