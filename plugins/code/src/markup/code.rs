//! What runs without a tag of its own: tags in an encoding, schemes, calls and templates.

use caponier_sdk::scan::words::AnyOf;

use crate::checks::Verdict;
use crate::site::Site;
use crate::text::contains_any;

use super::ATTACKS;

/// `%3Cscript`, `\x3cscript`, `\u003cimg onerror=`: a tag in an encoding. The site is the first byte.
pub(crate) fn encoded(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let marks: &[&[u8]] = &[b"%253c", b"%3c", b"\\x3c", b"\\u003c", b"\\74", b"+adw-"];
    let length = marks
        .iter()
        .find(|mark| text.starts(site.start, mark))
        .map(|mark| mark.len())?;
    let mut at = site.start + length;
    if text.starts(at, b"%2f") {
        at += 3;
    }
    if text.byte(at)? == b'/' {
        at += 1;
    }
    if !text.byte(at)?.is_ascii_alphabetic() {
        return None;
    }
    let end = text.word_end(at);
    let name = text.slice(at, end);
    if name.eq_ignore_ascii_case(b"script") {
        return Some((0.8, end));
    }
    // An event handler shortly behind.
    let mut place = end;
    while place < end + 160 {
        let byte = text.byte(place)?;
        if byte == b'=' || byte == b'%' && text.starts(place, b"%3d") {
            let handler = text.word_before(place);
            let handler = handler
                .strip_prefix(b"20")
                .unwrap_or(handler)
                .to_ascii_lowercase();
            if handler.len() > 4 && handler.starts_with(b"on") {
                return Some((0.8, place));
            }
        }
        place += 1;
    }
    None
}

/// `javascript:` outside of a tag.
pub(crate) fn scheme(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let next = text.byte(site.end)?;
    if next.is_ascii_whitespace() || site.fenced || matches!(next, b'`' | b'.' | b',' | b')') {
        return None;
    }
    let mut end = site.end;
    while end < site.end + 80
        && text
            .byte(end)
            .is_some_and(|byte| !byte.is_ascii_whitespace())
    {
        end += 1;
    }
    let value = text.slice(site.end, end);
    if value.starts_with(b"void(0)") || value.starts_with(b";") {
        return Some((0.2, end));
    }
    let attack = ATTACKS.is_in(value) || contains_any(value, &["%61", "\\u", "//", "*/"]);
    Some((if attack { 0.85 } else { 0.5 }, end))
}

/// `data:text/html,…` outside of a tag.
pub(crate) fn data(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    if site.fenced {
        return None;
    }
    let mut end = site.end;
    while end < site.end + 60
        && text
            .byte(end)
            .is_some_and(|byte| !byte.is_ascii_whitespace())
    {
        end += 1;
    }
    let value = text.slice(site.end, end);
    if !value.contains(&b',') {
        return None;
    }
    Some((
        if contains_any(value, &["script", "%3c", "<", "base64"]) {
            0.85
        } else {
            0.5
        },
        end,
    ))
}

/// `'-alert(1)-'`, `");alert(1)//`: a script's text is left, and a call follows. The site is the call.
pub(crate) fn call(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    if site.fenced {
        return None;
    }
    let near = text.behind(site.start, 12);
    let Some(quote) = near
        .iter()
        .rposition(|byte| matches!(byte, b'\'' | b'"' | b'`' | b'\\'))
    else {
        // The call and nothing else, spelled in a way that nobody writes who means it.
        let alone = site.offset == 0
            && site.start < 3
            && near
                .iter()
                .all(|byte| matches!(byte, b'(' | b';' | b' ' | b')'));
        return (alone && site.start > 0).then_some((0.6, site.end));
    };
    let between = near.get(quote + 1..).unwrap_or_default();
    let breaks = !between.is_empty()
        && between.iter().all(|byte| {
            matches!(
                byte,
                b'-' | b';'
                    | b'+'
                    | b'*'
                    | b'^'
                    | b'/'
                    | b'|'
                    | b'&'
                    | b')'
                    | b'}'
                    | b' '
                    | b']'
                    | b','
                    | b'('
            )
        })
        && between.iter().any(|byte| {
            matches!(
                byte,
                b'-' | b';' | b'+' | b'*' | b'^' | b'/' | b'|' | b'&' | b')' | b'}'
            )
        });
    // `x = 'a'; alert(x)` is a script of one line: what was left must be at the beginning.
    let early = site.offset == 0 && site.start < 14;
    let operator = between
        .iter()
        .all(|byte| matches!(byte, b'-' | b'+' | b'*' | b'^' | b'|' | b'&' | b' '));
    if !breaks || !(early || operator && !between.starts_with(b" ")) {
        return None;
    }
    Some((if early { 0.8 } else { 0.6 }, site.end))
}

/// `{{constructor.constructor('…')()}}`, `{{7*7}}`, `${7*7}`, `#{7*7}`. The site is the bracket.
pub(crate) fn template(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    if site.fenced {
        return None;
    }
    let double = text.byte(site.end)? == b'{';
    let marked = matches!(text.before(site.start), b'$' | b'#' | b'*' | b'@')
        || double
        || text.byte(site.end)? == b'%';
    if !marked {
        return None;
    }
    let from = site.end + usize::from(double);
    let mut end = from;
    while end < from + 200
        && text
            .byte(end)
            .is_some_and(|byte| !matches!(byte, b'}' | b'\n'))
    {
        end += 1;
    }
    let inside = text.slice(from, end);
    text.charge(inside.len());
    static REACHES: AnyOf = AnyOf::new(&[
        "constructor",
        "__class__",
        "__mro__",
        "__subclasses__",
        "__globals__",
        "__import__",
        "__builtins__",
        "getruntime",
        "java.lang",
        "t(java",
        "processbuilder",
        "freemarker.template.utility",
        "self.env",
        "_self.",
        "popen(",
        "os.system",
        "lipsum.",
        "cycler.",
        "joiner.",
        "namespace.",
        "$eval",
        "$on.",
        "request.application",
        "file_get_contents",
        "system(",
        "jndi:",
        "getclass(",
        "registerundefinedfiltercallback",
    ]);
    if REACHES.is_in(inside) {
        return Some((0.88, end));
    }
    let sum = inside.trim_ascii();
    let arithmetic = sum.len() <= 24
        && sum
            .iter()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'*' | b'\'' | b'"' | b' '))
        && sum.contains(&b'*');
    arithmetic.then_some((0.8, end))
}
