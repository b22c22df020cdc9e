//! Markup that runs a script, wherever an answer is drawn as a page.
//!
//! From the HTML standard (event handler content attributes; `javascript:` URLs; `srcdoc`), OWASP's
//! cheat sheets on cross-site scripting, and what browsers' tokenisers let pass between name and
//! value.

use crate::checks::Verdict;
use crate::site::Site;
use crate::text::{Text, contains_any, is_word};

/// How far a tag is read.
const MOST_TAG: usize = 900;

/// Calls that only a proof makes, or that take something away.
const ATTACKS: &[&str] = &[
    "alert(",
    "alert`",
    "alert&",
    "prompt(",
    "confirm(",
    "eval(",
    "document.cookie",
    "document.domain",
    "document.location",
    "window.location",
    "location=",
    "location.href=",
    "fromcharcode",
    "atob(",
    "fetch(",
    "xmlhttprequest",
    "import(",
    "new image",
    "onerror=",
    "localstorage",
    "xss",
];

/// Elements that load or run something by being there.
const ACTIVE: &[(&str, f64)] = &[
    ("script", 0.93),
    ("iframe", 0.7),
    ("frame", 0.7),
    ("frameset", 0.6),
    ("object", 0.65),
    ("embed", 0.65),
    ("applet", 0.75),
    ("base", 0.65),
    ("portal", 0.6),
    ("meta", 0.0),
    ("link", 0.4),
    ("form", 0.35),
    ("foreignobject", 0.5),
    ("xss", 0.9),
    ("bgsound", 0.5),
    ("layer", 0.5),
    ("ilayer", 0.5),
    ("isindex", 0.6),
    ("eval", 0.6),
    ("xml", 0.5),
    ("import", 0.5),
    ("vmlframe", 0.7),
];

/// A tag that begins at `<`.
pub(crate) fn tag(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let mut at = site.end;
    let first = text.byte(at)?;
    match first {
        b'!' => return declaration(site),
        b'?' => return instruction(site),
        b'/' => at += 1,
        b'<' if text.starts(at + 1, b"scr") => at += 1,
        _ => {}
    }
    if !text.byte(at)?.is_ascii_alphabetic() {
        return None;
    }
    let name_start = at;
    while at < name_start + 32
        && text
            .byte(at)
            .is_some_and(|byte| is_word(byte) || matches!(byte, b':' | b'-'))
    {
        at += 1;
    }
    let name = text.slice(name_start, at).to_ascii_lowercase();
    // Types of generic code, mail addresses, comparisons: no blank, slash or bracket behind the name.
    let after = text.byte(at)?;
    let separated = after.is_ascii_whitespace()
        || matches!(
            after,
            b'/' | b'>' | b'%' | b'"' | b'\'' | b'+' | b'\\' | 0 | 0x0b | 0x0c | b'<' | b'(' | b'&'
        );
    if !separated && !name.starts_with(b"scr") {
        return None;
    }
    let element = ACTIVE
        .iter()
        .find(|(active, _)| name == active.as_bytes())
        .map_or(0.0, |(_, confidence)| *confidence);
    let attributes = if after == b'>' {
        Attributes {
            worst: 0.0,
            end: at + 1,
        }
    } else {
        attributes(text, at)
    };
    text.charge(attributes.end - site.start);
    let element = if first == b'/' { 0.0 } else { element };
    // `Vec<Object>`: a type.
    if after == b'>' && is_word(text.before(site.start)) {
        return None;
    }
    let name_odd = if name.starts_with(b"scr") && after == b'\\' {
        0.7
    } else {
        0.0
    };
    let mut confidence = element.max(attributes.worst).max(name_odd);
    if confidence < 0.05 {
        return None;
    }
    let mut end = attributes.end;
    let attacking = |from: usize, to: usize| contains_any(text.slice(from, to), ATTACKS);
    if site.fenced {
        // Shown, not run: only a proof of an attack is worth a word.
        let proof = attacking(site.start, end)
            || name == b"script" && {
                _ = text.byte(end + 60);
                attacking(end, (end + 60).min(text.bytes().len()))
            };
        return (proof && attributes.worst.max(element) >= 0.6).then_some((0.3, end));
    }
    if attacking(site.start, end) && attributes.worst > 0.0 {
        confidence = confidence.max(0.95);
    }
    end = end.min(site.start + MOST_TAG);
    Some((confidence, end))
}

/// What a tag's attributes say.
struct Attributes {
    worst: f64,
    end: usize,
}

/// Reads from behind a tag's name to where the tag ends.
fn attributes(text: &Text<'_>, from: usize) -> Attributes {
    let mut found = Attributes {
        worst: 0.0,
        end: from,
    };
    let mut at = from;
    while at < from + MOST_TAG {
        let Some(byte) = text.byte(at) else { break };
        match byte {
            b'>' => {
                at += 1;
                break;
            }
            // A tag that is not closed, and another.
            b'<' => break,
            b'%' if text
                .byte(at + 1)
                .is_some_and(|byte| byte.is_ascii_hexdigit())
                && text
                    .byte(at + 2)
                    .is_some_and(|byte| byte.is_ascii_hexdigit()) =>
            {
                if text.starts(at + 1, b"3e") {
                    at += 3;
                    break;
                }
                at += 3;
            }
            b'&' => {
                let end = entity(text, at);
                at = end.unwrap_or(at + 1);
            }
            byte if byte.is_ascii_alphabetic() => {
                let start = at;
                while at < start + 40
                    && text
                        .byte(at)
                        .is_some_and(|byte| is_word(byte) || matches!(byte, b'-' | b':'))
                {
                    at += 1;
                }
                let name = text.slice(start, at).to_ascii_lowercase();
                // A name's last letters may be written as an entity.
                let mut behind = at;
                if text.byte(behind) == Some(b'&')
                    && !text.starts(behind, b"&equals;")
                    && !text.starts(behind, b"&#61")
                {
                    behind = entity(text, behind).unwrap_or(behind);
                    behind = text.word_end(behind);
                }
                let value = assigned(text, behind);
                if let Some(value) = value {
                    let (end, worst) = judge_value(text, &name, value);
                    found.worst = found.worst.max(worst);
                    at = end;
                } else {
                    at = at.max(behind);
                }
            }
            _ => at += 1,
        }
    }
    found.end = at.min(text.bytes().len());
    found
}

/// Where the value of an attribute begins, if there is one.
fn assigned(text: &Text<'_>, from: usize) -> Option<usize> {
    let at = text.skip_space(from);
    let at = match text.byte(at)? {
        b'=' => at + 1,
        b'&' if text.starts(at, b"&equals;") => at + 8,
        b'%' if text.starts(at, b"%3d") => at + 3,
        _ => return None,
    };
    Some(text.skip_space(at))
}

/// Where a character reference that begins at `&` ends.
fn entity(text: &Text<'_>, from: usize) -> Option<usize> {
    let mut at = from + 1;
    while at < from + 14
        && text
            .byte(at)
            .is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'#')
    {
        at += 1;
    }
    (at > from + 1).then(|| at + usize::from(text.byte(at) == Some(b';')))
}

/// Where a value ends, and how bad it is.
fn judge_value(text: &Text<'_>, name: &[u8], from: usize) -> (usize, f64) {
    let quote = text
        .byte(from)
        .filter(|byte| matches!(byte, b'"' | b'\'' | b'`'));
    let start = from + usize::from(quote.is_some());
    let mut end = start;
    while end < start + MOST_TAG {
        match (text.byte(end), quote) {
            (None, _) => break,
            (Some(byte), Some(quote)) if byte == quote => break,
            (Some(b'>' | b' ' | b'\n' | b'\t' | b'\r'), None) => break,
            _ => end += 1,
        }
    }
    let value = text.slice(start, end.min(text.bytes().len()));
    let after = end + usize::from(quote.is_some() && text.byte(end).is_some());
    let handler =
        name.len() > 4 && name.starts_with(b"on") && name.iter().all(u8::is_ascii_alphabetic);
    if handler {
        return (
            after,
            if contains_any(value, ATTACKS) {
                0.96
            } else {
                0.8
            },
        );
    }
    let worst = match name {
        b"srcdoc" => 0.85,
        b"style" => {
            let folded = plain(value);
            if contains_any(
                &folded,
                &[
                    "expression(",
                    "-moz-binding",
                    "behavior:",
                    "javascript:",
                    "vbscript:",
                ],
            ) {
                0.85
            } else {
                0.0
            }
        }
        b"content" | b"values" | b"from" | b"to"
            if contains_any(value, &["url=", "javascript:", "data:text"]) =>
        {
            let folded = plain(value);
            if contains_any(
                &folded,
                &["javascript:", "vbscript:", "data:text", "data:image/svg"],
            ) {
                0.93
            } else {
                0.6
            }
        }
        b"http-equiv" if contains_any(value, &["refresh", "set-cookie"]) => 0.55,
        _ => address(value),
    };
    (after, worst)
}

/// How bad an address is: whether its scheme runs something.
pub(crate) fn address(value: &[u8]) -> f64 {
    // Most addresses have a path, and few of these letters.
    let head = value.get(..value.len().min(160)).unwrap_or_default();
    let folded = plain(head);
    let starts = |word: &str| folded.starts_with(word.as_bytes());
    let later = |word: &str| contains_any(&folded, &[word]);
    if starts("javascript:void(0)") || starts("javascript:;") || folded == b"javascript:" {
        return 0.3;
    }
    if starts("javascript:")
        || starts("vbscript:")
        || starts("livescript:")
        || starts("mocha:")
        || starts("jar:javascript")
    {
        return 0.95;
    }
    if starts("data:")
        && [
            "text/html",
            "text/xml",
            "image/svg",
            "application/x",
            "application/javascript",
            "text/javascript",
            "text/vbscript",
            "text/xsl",
            "application/xml",
        ]
        .iter()
        .any(|kind| later(kind))
    {
        return 0.85;
    }
    if starts("data:,") || starts("data:;") {
        return 0.6;
    }
    if later("javascript:") || later("feed:javascript") {
        return 0.7;
    }
    0.0
}

/// A value as a browser reads it: references decoded, blanks and control characters left out, in lower
/// case.
fn plain(value: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(value.len().min(256));
    let mut at = 0;
    while let Some(byte) = value.get(at).copied() {
        if out.len() >= 256 {
            break;
        }
        if byte == b'&'
            && let Some((decoded, length)) = reference(value.get(at..).unwrap_or_default())
        {
            if decoded > b' ' {
                out.push(decoded.to_ascii_lowercase());
            }
            at += length;
            continue;
        }
        if byte == b'%'
            && let Some(decoded) = value.get(at + 1..at + 3).and_then(hex)
        {
            if decoded > b' ' {
                out.push(decoded.to_ascii_lowercase());
            }
            at += 3;
            continue;
        }
        // Comments of style sheets part words too.
        if byte == b'/' && value.get(at + 1) == Some(&b'*') {
            let rest = value.get(at + 2..).unwrap_or_default();
            if let Some(end) = rest.windows(2).position(|pair| pair == b"*/") {
                at += end + 4;
                continue;
            }
        }
        if byte > b' ' && byte != b'\\' {
            out.push(byte.to_ascii_lowercase());
        }
        at += 1;
    }
    out
}

fn hex(digits: &[u8]) -> Option<u8> {
    let text = std::str::from_utf8(digits).ok()?;
    u8::from_str_radix(text, 16).ok()
}

/// A character reference of one byte, and its length.
fn reference(bytes: &[u8]) -> Option<(u8, usize)> {
    const NAMED: &[(&[u8], u8)] = &[
        (b"&colon;", b':'),
        (b"&tab;", b'\t'),
        (b"&newline;", b'\n'),
        (b"&lpar;", b'('),
        (b"&rpar;", b')'),
        (b"&sol;", b'/'),
        (b"&quot;", b'"'),
        (b"&apos;", b'\''),
        (b"&lt;", b'<'),
        (b"&gt;", b'>'),
        (b"&amp;", b'&'),
    ];
    for (name, byte) in NAMED {
        if bytes
            .get(..name.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(name))
        {
            return Some((*byte, name.len()));
        }
    }
    let digits = bytes.strip_prefix(b"&#")?;
    let (radix, skip) = match digits.first()? {
        b'x' | b'X' => (16, 1),
        _ => (10, 0),
    };
    let digits = digits.get(skip..)?;
    let length = digits
        .iter()
        .take(10)
        .take_while(|byte| char::from(**byte).is_digit(radix))
        .count();
    let value =
        u32::from_str_radix(std::str::from_utf8(digits.get(..length)?).ok()?, radix).ok()?;
    let semicolon = usize::from(digits.get(length) == Some(&b';'));
    let value = u8::try_from(value).unwrap_or(b'?');
    Some((value, 2 + skip + length + semicolon))
}

/// `<!--#exec …`, `<!DOCTYPE … [<!ENTITY …`, `<![CDATA[`.
fn declaration(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let at = site.end + 1;
    if site.fenced {
        return None;
    }
    if text.starts(at, b"--#exec") || text.starts(at, b"--#include") {
        return Some((0.9, at + 8));
    }
    if text.starts(at, b"entity") || text.starts(at, b"attlist") || text.starts(at, b"element") {
        return Some((0.7, at + 6));
    }
    if text.starts(at, b"doctype") {
        let mut end = at + 7;
        while end < at + 120
            && text
                .byte(end)
                .is_some_and(|byte| !matches!(byte, b'>' | b'['))
        {
            end += 1;
        }
        return (text.byte(end) == Some(b'[')).then_some((0.75, end));
    }
    // A comment that holds a tag, or one that only some browsers take for a comment.
    if text.starts(at, b"--") {
        let mut end = at + 2;
        while end < at + 60
            && text
                .byte(end)
                .is_some_and(|byte| !matches!(byte, b'>' | b'<'))
        {
            end += 1;
        }
        return (text.starts(end, b"<img")
            || text.starts(end, b"<script")
            || text.starts(end, b"<![cdata["))
        .then_some((0.6, end));
    }
    text.starts(at, b"[cdata[<").then_some((0.5, at + 8))
}

/// `<?xml-stylesheet …`, `<?php` outside of a fence.
fn instruction(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let at = site.end + 1;
    if site.fenced {
        return None;
    }
    if text.starts(at, b"xml-stylesheet") {
        return Some((0.75, at + 14));
    }
    if text.starts(at, b" echo(") || text.starts(at, b"import") {
        return Some((0.65, at + 5));
    }
    None
}

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
    let attack = contains_any(value, ATTACKS) || contains_any(value, &["%61", "\\u", "//", "*/"]);
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
    const REACHES: &[&str] = &[
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
    ];
    if contains_any(inside, REACHES) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fence::ANY;
    use crate::site::Sources;

    fn look(
        text: &str,
        start: usize,
        length: usize,
        fenced: bool,
        check: fn(&Site<'_, '_>) -> Verdict,
    ) -> f64 {
        let read = Text::new(text.as_bytes());
        let sources = Sources::new().unwrap();
        let site = Site {
            text: &read,
            sources: &sources,
            start,
            end: start + length,
            languages: ANY,
            fenced,
            tool: false,
            offset: 0,
        };
        check(&site).map_or(0.0, |(confidence, _)| confidence)
    }

    #[test]
    fn tags_that_run_something() {
        for text in [
            "<script>alert(1)</script>",
            "<img src=x onerror=alert(1)>",
            "<svg/onload=alert(1)>",
            "<a href=\"javascript:alert(1)\">x</a>",
            "<a href=\"java&#x09;script&colon;alert(1)\">",
            "<IFRAME SRC=\"jAvAsCrIpT:alert(1)\">",
            "<iframe srcdoc=\"<b>\">",
            "<x onclick = go()>",
            "<div style=\"width:expression(alert(1))\">",
            "<body\nonload=alert(1)>",
            "<embed src=\"data:image/svg+xml;base64,AAAA\">",
            "<meta http-equiv=refresh content=\"0;url=javascript:alert(1)\">",
            "<math><a xlink:href=\"javascript:x()\">",
        ] {
            let start = text.rfind("<a xlink").unwrap_or(0);
            assert!(look(text, start, 1, false, tag) >= 0.6, "{text}");
        }
        for text in [
            "<b>bold</b>",
            "<br/>",
            "<details open>",
            "<img src=\"https://example.org/a.png\" alt=\"one\">",
            "<a href=\"https://example.org\">",
            "a < b and c > d",
            "<T extends A>",
            "<ann@example.org>",
            "Vec<String>",
        ] {
            let start = text.find('<').unwrap();
            assert!(look(text, start, 1, false, tag) < 0.3, "{text}");
        }
    }

    #[test]
    fn what_is_shown_in_a_fence_is_not_run() {
        assert_eq!(
            look(
                "<script src=\"app.js\"></script><p>some text that follows here</p> and more, and more of it",
                0,
                1,
                true,
                tag
            ),
            0.0
        );
        assert_eq!(look("<button onclick=\"save()\">", 0, 1, true, tag), 0.0);
        assert!(look("<img src=x onerror=alert(1)>", 0, 1, true, tag) > 0.2);
    }

    #[test]
    fn tags_in_an_encoding_and_calls_out_of_a_string() {
        assert!(look("%3Cscript%3E", 0, 1, false, encoded) > 0.7);
        assert!(look("\\u003cimg src=1 onerror=x", 0, 1, false, encoded) > 0.7);
        assert_eq!(
            look(
                "%3Cb%3E bold, and then much text that follows it, so that nothing is missing. And more of it, and more of it, and more of it, and more of it, and more of it, and more of it.",
                0,
                1,
                false,
                encoded
            ),
            0.0
        );
        assert!(look("'-alert(1)-'", 2, 6, false, call) > 0.7);
        assert!(look("\\\";alert('XSS');//", 3, 6, false, call) > 0.7);
        assert_eq!(look("say \"hi\" with alert(1)", 14, 6, false, call), 0.0);
        assert!(look("{{constructor.constructor('x')()}}", 0, 1, false, template) > 0.8);
        assert!(look("${7*7}", 1, 1, false, template) > 0.7);
        assert_eq!(look("Hello {{name}}", 6, 1, false, template), 0.0);
    }
}
