//! Markup that runs a script, wherever an answer is drawn as a page.
//!
//! From the HTML standard (event handler content attributes; `javascript:` URLs; `srcdoc`), OWASP's
//! cheat sheets on cross-site scripting, and what browsers' tokenisers let pass between name and
//! value.

mod attribute;
mod code;
#[cfg(test)]
mod tests;

use caponier_sdk::scan::words::AnyOf;

use crate::checks::Verdict;
use crate::site::Site;
use crate::text::is_word;

use attribute::{Attributes, attributes};

pub(crate) use code::{call, data, encoded, scheme, template};

/// How far a tag is read.
const MOST_TAG: usize = 900;

/// Calls that only a proof makes, or that take something away.
static ATTACKS: AnyOf = AnyOf::new(&[
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
]);

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
    let attacking = |from: usize, to: usize| ATTACKS.is_in(text.slice(from, to));
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
