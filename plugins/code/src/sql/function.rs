//! Functions that a payload calls: those that wait, that report, that put text together.

use crate::checks::Verdict;
use crate::site::Site;
use crate::text::contains_any;

use super::{Before, before, ends};

/// `sleep(5)`, `benchmark(…)`: an answer that comes late tells as much as one that can be read.
pub(crate) fn timed(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let made = site.made(site.end);
    if made.empty {
        return None;
    }
    let arguments = text.slice(site.end, made.end);
    if text.starts(site.start, b"benchmark(") {
        let digits = arguments
            .iter()
            .take_while(|byte| byte.is_ascii_digit())
            .count();
        return (digits >= 3 && arguments.contains(&b',')).then_some((0.95, made.end));
    }
    // Every language can wait: here it is a condition or a column.
    let digit = arguments
        .first()
        .is_some_and(|byte| byte.is_ascii_digit() || *byte == b'_');
    let at = text.back_space(site.start);
    let at = if text.before(at) == b'(' {
        text.back_space(at - 1)
    } else {
        at
    };
    let word = text.word_before(at).to_ascii_lowercase();
    let asked = matches!(
        word.as_slice(),
        b"or"
            | b"and"
            | b"select"
            | b"xor"
            | b"by"
            | b"if"
            | b"then"
            | b"else"
            | b"rlike"
            | b"union"
            | b"when"
    );
    let selects = matches!(
        word.as_slice(),
        b"select" | b"or" | b"and" | b"xor" | b"rlike" | b"by"
    );
    if digit && selects {
        return Some((0.9, made.end));
    }
    let sign = text.before(at);
    let joined = matches!(
        sign,
        b'\'' | b'"' | b'+' | b'|' | b',' | b'=' | b'-' | b'*' | b'&' | b'^'
    );
    let quoted = text
        .behind(site.start, 8)
        .iter()
        .any(|byte| matches!(byte, b'\'' | b'"'));
    if digit && (asked || joined && quoted) {
        return Some((0.75, made.end));
    }
    // `sleep(5)#`, `+ sleep(10) + '`: the rest of a statement is cut off, or a value goes on.
    let rest = text.skip_space(made.end + 1);
    let cut = matches!(text.byte(rest), Some(b'#' | b'\'' | b'"'))
        || text.byte(rest) == Some(b'-') && text.byte(rest + 1) == Some(b'-')
        || text.byte(rest) == Some(b'=') && matches!(text.byte(rest + 1), Some(b'"' | b'\''))
        || text.byte(rest) == Some(b'+')
            && matches!(text.byte(text.skip_space(rest + 1)), Some(b'"' | b'\''));
    if digit && cut && before(site) == Before::Start && !site.fenced {
        return Some((0.65, made.end));
    }
    // `;sleep(5)` or the call and nothing else.
    let start = before(site) == Before::Start;
    (digit && start && site.start < 6 && ends(text, made.end + 1))
        .then_some((if site.start > 0 { 0.6 } else { 0.4 }, made.end))
}

/// `waitfor delay '0:0:5'`.
pub(crate) fn waits(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let at = text.skip_space(site.end);
    let end = text.one_of(at, &["delay", "time"])?;
    let value = text.skip_space(end);
    (matches!(text.byte(value)?, b'\'' | b'"' | b'@') || text.starts(value, b"%27"))
        .then_some((0.93, value + 1))
}

/// XML functions whose errors show what was asked.
pub(crate) fn reported(site: &Site<'_, '_>) -> Verdict {
    let made = site.made(site.end);
    contains_any(
        site.text.slice(site.end, made.end),
        &["concat(", "0x", "version", "select"],
    )
    .then_some((0.92, made.end))
}

/// `create user` with one blank: in two lines they are words of a sentence.
pub(crate) fn created(site: &Site<'_, '_>) -> Verdict {
    let words = site.text.slice(site.start, site.end);
    words
        .eq_ignore_ascii_case(b"create user")
        .then(|| sensitive(site))?
}

/// Tables of a database about itself.
pub(crate) fn sensitive(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let near = text.behind(site.start, 160);
    let asked = contains_any(near, &["select", "from "]);
    let broken = contains_any(near, &["union", "' ", "'||", "1=", "--", "';", "\"; "]);
    let confidence = match (asked, broken, site.tool) {
        (true, true, _) => 0.85,
        (true, false, true) => 0.6,
        // A question about the database itself, and nothing else, is asked by tools and people alike.
        (true, false, false) if near.len() < 60 && site.offset == 0 => 0.55,
        (true, false, false) => 0.3,
        (false, true, _) => 0.6,
        _ if before(site) == Before::Start => 0.5,
        // What is read is named behind it.
        _ if text.starts(site.end, b" '") => 0.55,
        _ => 0.1,
    };
    Some((confidence, site.end))
}

/// `char(73)+char(78)`, `chr(1)||chr(2)`, `char(114,111,111,116)`: text that is not spelled out.
pub(crate) fn characters(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let made = site.made(site.end);
    let arguments = text.slice(site.end, made.end);
    let numbers = !arguments.is_empty()
        && arguments
            .iter()
            .all(|byte| byte.is_ascii_hexdigit() || matches!(byte, b',' | b' ' | b'x'));
    if !numbers || !arguments.iter().any(u8::is_ascii_digit) {
        return None;
    }
    let next = text.skip_space(made.end + 1);
    let joined = match text.byte(next) {
        Some(b'+') => text.starts(next + 1, b"char(") || text.starts(next + 1, b"nchar("),
        Some(b'|') => text.byte(next + 1) == Some(b'|'),
        _ => false,
    };
    let many = arguments.iter().filter(|byte| **byte == b',').count() >= 2;
    let asked = contains_any(
        text.behind(site.start, 80),
        &["select", "union", "where", "load_file", "exec("],
    );
    // A column's type has one number.
    let typed = contains_any(
        text.behind(site.start, 200),
        &["create table", "alter table", "cast("],
    );
    match (joined, many, asked) {
        _ if typed => None,
        (true, _, _) => Some((0.9, made.end)),
        (_, true, true) => Some((0.85, made.end)),
        (_, true, false) => Some((0.55, made.end)),
        _ => None,
    }
}

/// `concat(0x7e, (select …), …)`.
pub(crate) fn concatenated(site: &Site<'_, '_>) -> Verdict {
    let made = site.made(site.end);
    let arguments = site.text.slice(site.end, made.end);
    let probing = contains_any(
        arguments,
        &[
            "0x",
            "select",
            "char(",
            "version(",
            "user(",
            "database(",
            "@@",
        ],
    );
    let near = contains_any(site.text.behind(site.start, 80), &["union", "select", "'"]);
    (probing && near).then_some((0.75, made.end))
}

/// `ascii(substring((select …`, `substring(@@version,1,1)=…`: one bit an answer.
pub(crate) fn probed(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let made = site.made(site.end);
    let arguments = text.slice(site.end, made.end);
    // `if(7423=7423) select …`
    let numbers = arguments.contains(&b'=')
        && arguments
            .iter()
            .all(|byte| byte.is_ascii_digit() || *byte == b'=');
    if numbers && before(site) == Before::Start {
        return Some((0.75, made.end));
    }
    let asks = contains_any(
        arguments,
        &[
            "select",
            "@@",
            "benchmark(",
            "sleep(",
            "user(",
            "database(",
            "version(",
        ],
    );
    if !asks {
        return None;
    }
    let near = text.behind(site.start, 60);
    let broken = contains_any(near, &["and ", "or ", "'", "\"", "and(", "%20", "="])
        || before(site) == Before::Start;
    (broken || contains_any(arguments, &["benchmark("])).then_some((0.8, made.end))
}
