//! SQL as a payload: what breaks out of a value, asks for more than it should, or tries how a
//! database answers. Written from OWASP's Web Security Testing Guide (testing for SQL injection) and
//! the documentation of MySQL, PostgreSQL, SQL Server, Oracle, Db2 and SQLite.
//!
//! A statement by itself is no payload: applications have models write those.

use crate::checks::Verdict;
use crate::site::Site;
use crate::text::{Text, contains_any, is_word};

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
    if left.literal && right.literal {
        // `1 in 5`, `2 is 3`: sentences.
        let symbol = !text
            .slice(left.end, sign)
            .iter()
            .any(u8::is_ascii_alphabetic);
        if !symbol && before == Before::Word {
            return None;
        }
        let confidence = match before {
            // A builder of queries begins with `WHERE 1=1`.
            _ if is_where && before != Before::Start => 0.35,
            Before::Break | Before::Start | Before::Operator => 0.95,
            Before::Value => 0.9,
            Before::Word if symbol && in_statement(site) => 0.7,
            Before::Word if symbol => 0.75,
            Before::Word => 0.3,
        };
        return Some((confidence, right.end));
    }
    if same && !left_text.is_empty() && right_text.len() < 24 {
        let confidence = if before == Before::Word { 0.6 } else { 0.85 };
        return Some((confidence, right.end));
    }
    // A subquery or a function is asked: its own tokens say more.
    let code = text.byte(left.end) == Some(b'(') || text.byte(right.end) == Some(b'(');
    // `is`, `in` and `like` join words of sentences too.
    let symbol = !text
        .slice(left.end, sign)
        .iter()
        .any(u8::is_ascii_alphabetic);
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
    let call = text.byte(left.end) == Some(b'(')
        || text.byte(left.end) == Some(b' ') && text.byte(left.end + 1) == Some(b'(')
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
            && text
                .byte(left.end)
                .is_some_and(|byte| matches!(byte, b'(' | b' ' | b')'));
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

/// XML functions whose errors show what was asked.
pub(crate) fn reported(site: &Site<'_, '_>) -> Verdict {
    let made = site.made(site.end);
    contains_any(
        site.text.slice(site.end, made.end),
        &["concat(", "0x", "version", "select"],
    )
    .then_some((0.92, made.end))
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
    let selected = contains_any(text.behind(site.start, 24), &["select"]);
    let is_asked_for = name.len() >= 5 && selected;
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

/// `[$ne]=1`, `', $where: '1 == 1'`: operators of MongoDB where a value should be.
pub(crate) fn operator(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    if text.before(site.start) == b'[' && text.byte(site.end)? == b']' {
        return (text.byte(site.end + 1)? == b'=').then_some((0.85, site.end + 1));
    }
    let value = text.skip_space(site.end);
    if text.byte(value)? != b':' || site.fenced {
        return None;
    }
    let start = before(site) == Before::Start || site.offset == 0 && site.start < 8;
    start.then_some((0.6, value + 1))
}

/// `0x730065006c00…` and nothing else: text that is not spelled out.
pub(crate) fn hexadecimal(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let end = text.word_end(site.end);
    let digits = text.slice(site.end, end);
    let long = digits.len() >= 24 && digits.iter().all(u8::is_ascii_hexdigit);
    (long && site.start < 2 && site.offset == 0).then_some((0.55, end))
}

/// `uni/**/on`: a word that only a database reads as one. The site is the comment.
pub(crate) fn parted(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let inside =
        text.before(site.start).is_ascii_alphabetic() && text.byte(site.end)?.is_ascii_alphabetic();
    (inside && !site.fenced).then_some((0.7, site.end))
}

/// `*(|(objectclass=*))`: a filter of LDAP is left. The site is the first bracket.
pub(crate) fn filter(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let end = text.word_end(site.end);
    let asks = text.byte(end)? == b'=' && text.byte(end + 1)? == b'*';
    let left = matches!(text.before(site.start), b'*' | b')') && site.start < 24;
    (asks && left && site.offset == 0).then_some((0.75, end + 2))
}

/// A quote that ends a value early: what follows ends the statement, or begins another. The site is
/// the quote.
pub(crate) fn quote(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    // Most quotes have a letter behind them, or a blank and a letter.
    let mut at = site.end;
    for _ in 0..8 {
        match text.byte(at) {
            Some(b')') => at += 1,
            _ => break,
        }
    }
    let at = text.skip_space(at);
    let word = is_word(text.before(site.start));
    match text.byte(at) {
        Some(b'-') if text.byte(at + 1) == Some(b'-') => {
            // `--` is a comment where a blank or nothing follows; `'--flag'` is not.
            let rest = at + 2;
            match text.byte(rest) {
                None | Some(b'\n' | b'\r' | b'+') => {
                    Some((if word || site.start < 4 { 0.8 } else { 0.6 }, rest))
                }
                Some(b' ' | b'-') if word && at == site.end => Some((0.65, rest)),
                Some(b' ') if site.start < 6 && site.offset == 0 => Some((0.65, rest)),
                _ => None,
            }
        }
        Some(b'#') => match text.byte(at + 1) {
            None => Some((0.7, at + 1)),
            Some(b'\n') if word => Some((0.4, at + 1)),
            _ => None,
        },
        Some(b'/') if text.byte(at + 1) == Some(b'*') => match text.byte(at + 2) {
            None | Some(b'\n') => Some((0.75, at + 2)),
            _ => None,
        },
        Some(b';') => {
            let next = text.skip_space(at + 1);
            if text.byte(next) == Some(b'-') && text.byte(next + 1) == Some(b'-') {
                let alone = site.start < 24 && site.offset == 0;
                return alone.then_some((0.75, next + 2));
            }
            let end = text.one_of(
                next,
                &[
                    "drop", "insert", "update", "delete", "exec", "shutdown", "waitfor",
                    "truncate", "alter", "execute", "declare", "if", "begin", "select", "sleep",
                    "create", "grant", "desc",
                ],
            )?;
            // Code has such lines too: `x = 'a'; if …`.
            let own_line = text.slice(at + 1, next).contains(&b'\n');
            let verb = text.slice(next, end);
            let weak = verb.eq_ignore_ascii_case(b"if");
            let confidence = match (own_line, weak) {
                (true, _) => return None,
                (false, false) if !site.fenced => 0.8,
                (false, _) => 0.3,
            };
            Some((confidence, end))
        }
        Some(b'|') if text.byte(at + 1) == Some(b'|') => {
            let next = text.skip_space(at + 2);
            (text.starts(next, b"(select")
                || text.starts(next, b"utl_")
                || text.byte(next) == Some(b'\'') && site.start < 12)
                .then_some((0.75, next))
        }
        None => alone(site, at),
        _ => None,
    }
}

/// A text that is nothing but a quote and what may close brackets or begin a comment.
fn alone(site: &Site<'_, '_>, end: usize) -> Verdict {
    let text = site.text;
    let head = text.slice(0, site.start);
    let odd = head.iter().all(|byte| {
        matches!(
            byte,
            b'\'' | b'"' | b')' | b'(' | b' ' | b'`' | b'\\' | b'%' | b',' | b';' | b'-' | b'+'
        )
    });
    (site.offset == 0 && odd && site.start < 16).then_some((0.5, end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fence::ANY;
    use crate::site::Sources;

    fn look(text: &str, token: &str, check: fn(&Site<'_, '_>) -> Verdict) -> f64 {
        let read = Text::new(text.as_bytes());
        let sources = Sources::new().unwrap();
        let start = text.to_ascii_lowercase().find(token).unwrap();
        let site = Site {
            text: &read,
            sources: &sources,
            start,
            end: start + token.len(),
            languages: ANY,
            fenced: false,
            tool: false,
            offset: 0,
        };
        check(&site).map_or(0.0, |(confidence, _)| confidence)
    }

    #[test]
    fn conditions_that_are_always_so() {
        for text in [
            "' or 1=1 --",
            "x' OR 'a'='a",
            "1 or 1=1",
            "admin\" or \"1\"=\"1\"/*",
            "') or ('x'='x",
            "AND 7300=7300 AND ('pKlZ'='pKlZ",
            "%27%20or%201=1",
            "'/**/or/**/1=1",
            "or 2 > 1",
            "' or username like '%",
            "' or true--",
            "hi or a=a",
        ] {
            let token = if text.to_ascii_lowercase().contains("or") && !text.starts_with("AND") {
                "or"
            } else {
                "and"
            };
            assert!(look(text, token, condition) >= 0.6, "{text}");
        }
        for text in [
            "one or two",
            "black or white = no colour",
            "if a or b == 1",
            "now or never",
            "or maybe 5 of them",
            "it is 3 or 4",
            "either one or 2 in 5 cases",
            "SELECT a FROM b WHERE c = 1 or d = 2",
        ] {
            assert!(look(text, "or", condition) < 0.5, "{text}");
        }
    }

    #[test]
    fn unions_behind_a_value_and_in_a_statement() {
        assert!(look("' UNION ALL SELECT 1,2,3--", "union", union) > 0.9);
        assert!(look("UNION ALL SELECT NULL", "union", union) > 0.8);
        assert!(look("1/**/union/**/select/**/1", "union", union) > 0.8);
        assert!(look("SELECT a FROM b\nUNION\nSELECT c FROM d", "union", union) < 0.5);
        assert!(look("the European Union selects", "union", union) < 0.1);
    }

    #[test]
    fn waiting_is_asked_of_a_database_or_of_a_program() {
        assert!(look("1' and sleep(5)#", "sleep(", timed) > 0.8);
        assert!(look("(select(sleep(5)))", "sleep(", timed) > 0.8);
        assert!(look("'+(sleep(10))+'", "sleep(", timed) > 0.7);
        assert!(look("time.sleep(5)", "sleep(", timed) < 0.1);
        assert!(look("await sleep(1000);", "sleep(", timed) < 0.1);
        assert!(look("'));waitfor delay '0:0:5'--", "waitfor", waits) > 0.9);
    }

    #[test]
    fn quotes_that_leave_a_value() {
        assert!(look("admin'--", "'", quote) > 0.7);
        assert!(look("1'; DROP TABLE users", "'", quote) > 0.7);
        for text in [
            "use '--verbose' here",
            "color: '#fff'",
            "it's -- as they say -- fine",
            "let a = 'b';\nif (c) {",
            "say \"yes\" -- or no",
        ] {
            let token = if text.contains('"') { "\"" } else { "'" };
            assert!(look(text, token, quote) < 0.5, "{text}");
        }
    }
}
