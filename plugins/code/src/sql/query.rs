//! What goes on behind a value that ends early: another query, another statement.

use crate::checks::Verdict;
use crate::site::Site;
use crate::text::{contains_any, is_word};

use super::{Before, before, ends, in_statement, operand};

/// `union select`.
pub(crate) fn union(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let mut at = text.skip_space(site.end);
    if matches!(text.byte(at)?, b'(') {
        at = text.skip_space(at + 1);
    }
    for word in ["all", "distinct"] {
        if text.starts(at, word.as_bytes()) {
            at = text.skip_space(at + word.len());
        }
    }
    if text.byte(at)? == b'(' {
        at = text.skip_space(at + 1);
    }
    if !text.starts(at, b"select") {
        return None;
    }
    let end = at + 6;
    // `SELECTCHAR(…)` is read by some databases; `selects` is a word.
    if text.byte(end).is_some_and(is_word) && !text.starts(end, b"char(") {
        return None;
    }
    let before = before(site);
    if before == Before::Start {
        return Some((0.93, end));
    }
    let what = text.skip_space(end);
    let probing = match text.byte(what) {
        Some(byte) if byte.is_ascii_digit() => true,
        Some(b'@' | b'\'' | b'"') => true,
        _ => [
            "null",
            "char(",
            "chr(",
            "concat(",
            "group_concat(",
            "load_file(",
            "user(",
            "database(",
            "version(",
            "table_name",
            "column_name",
            "password",
            "username",
        ]
        .iter()
        .any(|word| text.starts(what, word.as_bytes())),
    };
    // What is joined with a statement that began as one is a statement.
    let statement = in_statement(site);
    let confidence = match (before, probing, statement) {
        (_, false, true) => return None,
        (_, true, true) => 0.45,
        (Before::Break | Before::Operator, true, false) => 0.95,
        (Before::Break, false, false) => 0.9,
        (_, true, false) => 0.85,
        (Before::Operator | Before::Value, false, false) => 0.7,
        _ => 0.25,
    };
    Some((confidence, end))
}

/// `order by 12--`, `group by x having 1=1`: how many columns there are.
pub(crate) fn order(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let at = text.skip_space(site.end);
    if !text.starts(at, b"by") {
        return None;
    }
    let before = before(site);
    let column = operand(text, at + 2)?;
    if before == Before::Word || before != Before::Start && in_statement(site) {
        return None;
    }
    // Parted by more than one blank, they are two words of a statement that was laid out.
    let gap = text.slice(site.end, at);
    let is_laid_out = gap != b" " && gap.iter().all(u8::is_ascii_whitespace);
    if is_laid_out && matches!(before, Before::Operator | Before::Value) {
        return None;
    }
    let number = text
        .slice(column.start, column.end)
        .iter()
        .all(u8::is_ascii_digit)
        && column.literal;
    let confidence = match before {
        Before::Start if number => 0.8,
        Before::Start if site.tool => 0.4,
        Before::Break => 0.85,
        Before::Operator if number && ends(text, column.end) => 0.8,
        Before::Value if number && ends(text, column.end) => 0.7,
        _ => return None,
    };
    Some((confidence, column.end))
}

/// `'; exec …`, `declare @x …; exec(@x)`, `; shutdown --`: a statement behind a value.
pub(crate) fn executed(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let at = text.back_space(site.start);
    let stacked = text.before(at) == b';' && {
        let value = text.back_space(at - 1);
        let value = if text.before(value) == b')' {
            text.back_space(value - 1)
        } else {
            value
        };
        matches!(text.before(value), b'\'' | b'"' | b'`' | 0)
            || text.before(value).is_ascii_digit() && !in_statement(site)
    };
    let what = text.skip_space(site.end);
    let word = text.slice(site.start, site.end).to_ascii_lowercase();
    let start = before(site) == Before::Start;
    match word.as_slice() {
        b"print" => (text.starts(what, b"@@")).then_some((0.7, what + 2)),
        b"declare" => {
            let variable = text.byte(what)? == b'@';
            let begun = text.word_before(at).eq_ignore_ascii_case(b"begin");
            (variable && (stacked || start || begun))
                .then_some((if stacked { 0.85 } else { 0.6 }, what + 1))
        }
        b"drop" => {
            let end = text.one_of(what, &["table", "database", "user", "schema", "view"])?;
            let confidence = match (stacked, site.tool) {
                (true, _) => 0.93,
                (false, true) if start => 0.6,
                (false, _) if start && site.start > 0 => 0.7,
                _ => return None,
            };
            Some((confidence, end))
        }
        b"shutdown" => (stacked || start && text.one_of(what, &["with", "--", ";"]).is_some())
            .then_some((0.7, site.end)),
        _ => {
            let procedure = text
                .one_of(what, &["master", "immediate", "sp_executesql"])
                .is_some()
                || ["xp_", "sp_", "(char(", "(@", "('", "(\"", "master."]
                    .iter()
                    .any(|word| text.starts(what, word.as_bytes()));
            let own = text.starts(what, b"xp_") || text.starts(what, b"master");
            match (stacked, start) {
                _ if own => Some((0.85, what)),
                (true, _) => Some((if procedure { 0.9 } else { 0.5 }, what)),
                (false, true)
                    if procedure && !text.starts(what, b"('") && !text.starts(what, b"(\"") =>
                {
                    Some((0.7, what))
                }
                (false, true) => text.one_of(what, &["sp"]).map(|end| (0.6, end)),
                _ => None,
            }
        }
    }
}

/// `@@version`: what a server says of itself.
pub(crate) fn variable(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let end = text.word_end(site.end);
    let name = text.slice(site.end, end);
    const NAMES: &[&str] = &[
        "version",
        "servername",
        "hostname",
        "datadir",
        "basedir",
        "global",
        "variable",
    ];
    let known = NAMES
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known.as_bytes()));
    let selected = || contains_any(text.behind(site.start, 24), &["select"]);
    let is_asked_for = name.len() >= 5 && selected();
    if !known && !is_asked_for {
        return None;
    }
    let near = text.behind(site.start, 80);
    let broken = contains_any(
        near,
        &["union", "'", "and ", "or ", "convert(", "substring("],
    );
    Some((if broken { 0.85 } else { 0.55 }, end))
}

/// `(select …` behind an operator: a value that asks for another.
pub(crate) fn select(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let at = text.back_space(site.start);
    // A value was left, and a statement follows by itself.
    if matches!(text.before(at), b'\'' | b'"') && at < site.start {
        let what = text.skip_space(site.end);
        let asks =
            matches!(text.byte(what)?, b'*' | b'@' | b'(') || text.byte(what)?.is_ascii_digit();
        return asks.then_some((0.7, what));
    }
    if text.before(at) == b';' {
        let value = text.before(text.back_space(at - 1));
        let left =
            matches!(value, b'\'' | b'"') || value.is_ascii_digit() && at < 12 && site.offset == 0;
        return left.then_some((0.7, site.end));
    }
    if text.before(at) != b'(' {
        // `1 select`, at the beginning of a value.
        return None;
    }
    let outer = text.back_space(at - 1);
    let sign = text.before(outer);
    let operator = matches!(
        sign,
        b'|' | b'+' | b',' | b'=' | b'*' | b'-' | b'&' | b'^' | b'<' | b'>' | b'\'' | b'"'
    );
    let quoted = text
        .behind(outer, 4)
        .iter()
        .any(|byte| matches!(byte, b'\'' | b'"'));
    if operator && quoted && !in_statement(site) {
        return Some((0.8, site.end));
    }
    // The text is an expression and nothing else.
    let start = before(site) == Before::Start && site.offset == 0 && !in_statement(site);
    start.then_some((0.65, site.end))
}
