//! Conditions that are always true, and those that a blind attacker asks by.

use crate::checks::Verdict;
use crate::site::Site;
use crate::text::{contains_any, is_word};

use super::{Before, Operand, before, compared, ends, in_statement, operand};

/// `or 1=1`, `and 'a'='a`, `having 1=1`, `or true--`: a condition that is what it is.
pub(crate) fn condition(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let word = text.slice(site.start, site.end);
    // Most of these words stand in sentences, before a letter.
    let next = text.byte(site.end)?;
    if !matches!(
        next,
        b' ' | b'\t' | b'\n' | b'\r' | b'%' | b'+' | b'/' | b'(' | b'\'' | b'"'
    ) {
        return None;
    }
    let at = text.skip_space(site.end);
    let first = text.byte(at)?;
    if (first.is_ascii_alphabetic() || first >= 0x80)
        && before(site) == Before::Word
        && !matches!(word, b"OR" | b"or" | b"AND" | b"and")
    {
        return None;
    }
    let left = operand(text, at)?;
    let Some(sign) = compared(text, left.end) else {
        return lone(site, left);
    };
    let left_text = text.slice(left.start, left.end);
    // Reading on costs a look at the next words, and most sentences end here.
    let right = operand(text, sign)?;
    let right_text = text.slice(right.start, right.end);
    let before = before(site);
    let is_where = word.eq_ignore_ascii_case(b"where");
    let plain = |bytes: &[u8]| {
        bytes
            .trim_ascii_end()
            .strip_suffix(b"'")
            .or(bytes.strip_suffix(b"\""))
            .unwrap_or(bytes)
            .to_ascii_lowercase()
    };
    let same = plain(left_text) == plain(right_text);
    let symbol = !text
        .slice(left.end, sign)
        .iter()
        .any(u8::is_ascii_alphabetic);
    // `is`, `in` and `like` join words of sentences: `, or 1 in 5`, `and enough is enough`.
    if !symbol && !matches!(before, Before::Break | Before::Start) {
        return None;
    }
    if left.literal && right.literal {
        let confidence = match before {
            // A builder of queries begins with `WHERE 1=1`.
            _ if is_where && before != Before::Start => 0.35,
            Before::Break | Before::Start | Before::Operator => 0.95,
            Before::Value => 0.9,
            Before::Word if in_statement(site) => 0.7,
            Before::Word => 0.75,
        };
        return Some((confidence, right.end));
    }
    if same && !left_text.is_empty() && right_text.len() < 24 {
        let confidence = if before == Before::Word { 0.6 } else { 0.85 };
        return Some((confidence, right.end));
    }
    // A subquery or a function is asked: its own tokens say more.
    let code = text.byte(left.end) == Some(b'(') || text.byte(right.end) == Some(b'(');
    let asked = symbol || right.literal || right_text.eq_ignore_ascii_case(b"null") || code;
    match before {
        Before::Break if asked && !site.fenced && !in_statement(site) => {
            Some((if code { 0.85 } else { 0.75 }, right.end))
        }
        Before::Start if site.offset == 0 && !is_where => Some((0.6, right.end)),
        _ => None,
    }
}

/// `or true--`, `' or 1#`, `and (select …`.
fn lone(site: &Site<'_, '_>, left: Operand) -> Verdict {
    let text = site.text;
    let value = text.slice(left.start, left.end);
    let before = before(site);
    // These stand in sentences too: what they are asked follows in brackets.
    let is_left = matches!(before, Before::Break | Before::Start);
    let next = text.byte(left.end);
    let call = next == Some(b'(')
        || next == Some(b' ') && is_left && text.byte(left.end + 1) == Some(b'(')
        || text.starts(left.end, b"%20(");
    const FUNCTIONS: &[&str] = &[
        "sleep",
        "benchmark",
        "substring",
        "substr",
        "ascii",
        "updatexml",
        "extractvalue",
        "row",
        "user",
        "user_name",
        "db_name",
        "database",
        "version",
        "length",
        "ord",
        "isnull",
        "if",
        "mid",
    ];
    let is = |word: &str| value.eq_ignore_ascii_case(word.as_bytes());
    let asks = call && FUNCTIONS.iter().any(|word| is(word))
        || is("select")
            && text.slice(site.end, left.start).contains(&b'(')
            && !text.byte(left.end).is_some_and(is_word)
        || is("exists")
            && (next == Some(b'(')
                || is_left && matches!(next, Some(b' ' | b')'))
                || text.starts(left.end, b" (select"));
    if asks {
        return match before {
            Before::Word => None,
            _ if in_statement(site) && before != Before::Start => None,
            Before::Start if is("if") => None,
            _ if site.fenced => None,
            _ => Some((0.85, left.end)),
        };
    }
    // A text in quotes may be the next of a list.
    let number = left.literal && value.first().is_some_and(u8::is_ascii_digit);
    let constant = number || is("true") || is("false");
    if !constant {
        return None;
    }
    match before {
        Before::Break if ends(text, left.end) => Some((0.85, left.end)),
        Before::Start if ends(text, left.end) => Some((0.7, left.end)),
        _ => None,
    }
}

/// Functions and procedures that reach out of the database, or that only make it wait.
pub(crate) fn always(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    // The name of one, in a sentence.
    let next = text.byte(site.end);
    let call = text.before(site.end) == b'('
        || matches!(next, Some(b'(' | b'.' | b' ' | b'\'' | b'"' | b';'));
    let near = text.behind(site.start, 64);
    let used = contains_any(
        near,
        &[
            "select", "exec", "or ", "and ", "union", "'", "\"", ";", "||", "master..",
        ],
    );
    let confidence = match (call, used, before(site)) {
        (_, true, _) => 0.9,
        (true, false, Before::Start | Before::Operator | Before::Break) => 0.75,
        (true, false, _) => 0.5,
        _ => 0.2,
    };
    Some((confidence, site.end))
}
