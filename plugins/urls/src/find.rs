//! Where URLs stand in a text, and what becomes of them there: drawn, followed at a click, or read.
//!
//! Markdown as CommonMark 0.31 has it (links, images, reference definitions, autolinks), HTML's
//! attributes that take URLs, and `url()` of style sheets.

use std::ops::Range;

use caponier_sdk::scan::bytes;
use caponier_sdk::scan::words::is_alphanumeric;

/// The longest URL, in bytes. What is longer is judged by its beginning.
pub(crate) const LONGEST: usize = 2048;

/// The longest label of a reference, in bytes, and the longest indentation before it.
const LABEL: usize = 120;

/// How far back it is looked for what a URL is part of.
pub(crate) const LOOK_BEHIND: usize = 640;

/// What becomes of a URL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// It is fetched as soon as the text is drawn: an image, a style sheet, a frame.
    Drawn,
    /// It is the target of a reference, which may be an image's.
    Reference,
    /// It is followed at a click.
    Link,
    /// It stands in the text by itself. Many applications make a link of it.
    Bare,
}

/// A URL in a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) span: Range<usize>,
    pub(crate) role: Role,
    /// It goes on to the end of the text.
    pub(crate) unfinished: bool,
}

/// Attributes that take a URL, and whether it is fetched without a click; `None`: it depends on the tag.
const ATTRIBUTES: &[(&str, Option<Role>)] = &[
    ("src", Some(Role::Drawn)),
    ("srcset", Some(Role::Drawn)),
    ("poster", Some(Role::Drawn)),
    ("background", Some(Role::Drawn)),
    ("data", Some(Role::Drawn)),
    ("ping", Some(Role::Drawn)),
    ("lowsrc", Some(Role::Drawn)),
    ("imagesrcset", Some(Role::Drawn)),
    ("href", None),
    ("xlink:href", None),
    ("action", Some(Role::Link)),
    ("formaction", Some(Role::Link)),
    ("cite", Some(Role::Link)),
];

/// Schemes without slashes that are worth a look.
const WITHOUT_SLASHES: &[&str] = &[
    "javascript",
    "vbscript",
    "data",
    "livescript",
    "jar",
    "view-source",
    "blob",
    "http",
    "https",
];

/// What has to stand in a text for a URL to be in it, unless a reference is: the marks that `each`
/// looks for, with what must follow them or stand before.
pub(crate) fn triggers() -> impl Iterator<Item = String> {
    let marks = [":/", ":\\", "](", "url(", "<"].map(str::to_owned);
    let schemes = WITHOUT_SLASHES.iter().map(|scheme| format!("{scheme}:"));
    // These need slashes all the same.
    let schemes = schemes.filter(|scheme| !scheme.starts_with("http"));
    marks.into_iter().chain(schemes)
}

/// Calls `found` with every URL from `from` on. An `open` text may go on behind its end.
pub(crate) fn each(text: &str, from: usize, open: bool, mut found: impl FnMut(Place)) {
    let bytes = text.as_bytes();
    let mut covered = from;
    let mut at = from;
    let mut labels = Labels::default();
    for chunk in bytes.get(from..).unwrap_or_default().chunks(64) {
        // Most of a text has none of these, and of a long URL all is known.
        let any = chunk
            .iter()
            .fold(false, |any, byte| any | matches!(byte, b':' | b'(' | b'='));
        if any && at + chunk.len() > covered {
            for (inside, byte) in chunk.iter().enumerate() {
                let place = at + inside;
                if !matches!(byte, b':' | b'(' | b'=')
                    || place < covered
                    || !may_stand_behind(*byte, last(bytes, place))
                {
                    continue;
                }
                let span = match byte {
                    b':' if last(bytes, place) == b']' => labels.at_colon(bytes, place),
                    b':' => at_colon(text, place, covered, open),
                    b'(' => at_bracket(bytes, place),
                    _ => at_equals(bytes, place),
                };
                if let Some(place) = span {
                    covered = place.span.end.max(covered);
                    found(place);
                }
            }
        }
        at += chunk.len();
    }
}

/// The byte before `at`; 0 at the beginning.
fn last(bytes: &[u8], at: usize) -> u8 {
    let last = at.checked_sub(1).and_then(|last| bytes.get(last));
    last.copied().unwrap_or(0)
}

/// Whether a mark behind this byte can belong to a URL: a scheme's colon stands behind its name, a
/// target's bracket behind another one or `url`, an attribute's sign behind its name.
const fn may_stand_behind(mark: u8, last: u8) -> bool {
    match mark {
        b':' => last.is_ascii_alphanumeric() || matches!(last, b']' | b'+' | b'-' | b'.'),
        b'(' => matches!(last, b']' | b'l' | b'L'),
        _ => last.is_ascii_alphabetic() || matches!(last, b' ' | b':' | b'-'),
    }
}

fn slice(bytes: &[u8], range: Range<usize>) -> &[u8] {
    bytes.get(range).unwrap_or_default()
}

/// The run of bytes that `inside` holds for, before `end`.
fn run_before(bytes: &[u8], end: usize, most: usize, inside: impl Fn(u8) -> bool) -> usize {
    let before = slice(bytes, end.saturating_sub(most)..end);
    end - before
        .iter()
        .rev()
        .take_while(|byte| inside(**byte))
        .count()
}

/// Where labels of references may begin: what stands before a colon is looked through once, however many
/// colons there are.
#[derive(Default)]
struct Labels {
    /// How far was looked, the last bracket that opens before there, and whether its line begins with it.
    upto: usize,
    open: Option<usize>,
    begins: bool,
}

impl Labels {
    /// `[label]:`.
    fn at_colon(&mut self, bytes: &[u8], colon: usize) -> Option<Place> {
        let from = self.upto.max(colon.saturating_sub(LABEL));
        let before = slice(bytes, from..colon);
        if let Some(open) = before.iter().rposition(|byte| *byte == b'[') {
            let open = from + open;
            let indent = run_before(bytes, open, LABEL, |byte| {
                matches!(byte, b' ' | b'>' | b'\t')
            });
            self.open = Some(open);
            self.begins = indent == 0 || last(bytes, indent) == b'\n';
        }
        self.upto = colon;
        let is_label = self.begins && self.open.is_some_and(|open| colon - open <= LABEL);
        is_label
            .then(|| destination(bytes, colon + 1, Role::Reference))
            .flatten()
    }
}

/// `scheme:` by itself.
fn at_colon(text: &str, colon: usize, covered: usize, open: bool) -> Option<Place> {
    let bytes = text.as_bytes();
    let start = run_before(bytes, colon, 24, |byte| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
    })
    .max(covered);
    // The scheme's letters, without what stands before them in one word.
    let start = start
        + slice(bytes, start..colon)
            .iter()
            .take_while(|byte| !byte.is_ascii_alphabetic())
            .count();
    let scheme = text.get(start..colon).filter(|scheme| !scheme.is_empty())?;
    let next = slice(bytes, colon + 1..colon + 3);
    let slashes = matches!(next, [b'/' | b'\\', b'/' | b'\\']);
    let open = open && bytes.len() <= colon + 2;
    if !slashes {
        let known = WITHOUT_SLASHES
            .iter()
            .any(|known| scheme.eq_ignore_ascii_case(known));
        let special = scheme
            .get(..4)
            .is_some_and(|first| first.eq_ignore_ascii_case("http"));
        if !(known || open) || special && !open && !matches!(next.first(), Some(b'/' | b'\\')) {
            return None;
        }
        if !open && next.first().is_none_or(|byte| byte.is_ascii_whitespace()) {
            return None;
        }
    }
    let role = if start > 0 && bytes.get(start - 1) == Some(&b'<') {
        Role::Link
    } else {
        Role::Bare
    };
    let (end, read) = bare_end(text, start, colon + 1);
    (end > colon + 1 || open).then_some(Place {
        span: start..end,
        role,
        unfinished: read >= bytes.len(),
    })
}

/// `](`: a link or an image; `url(`: a style.
fn at_bracket(bytes: &[u8], open: usize) -> Option<Place> {
    let before = slice(bytes, open.saturating_sub(3)..open);
    if before.last() == Some(&b']') {
        let role = if is_image(bytes, open - 1) {
            Role::Drawn
        } else {
            Role::Link
        };
        return destination(bytes, open + 1, role);
    }
    if before.eq_ignore_ascii_case(b"url") {
        let start = open
            + 1
            + slice(bytes, open + 1..open + 9)
                .iter()
                .take_while(|byte| matches!(byte, b' ' | b'"' | b'\'' | b'\n' | b'\t'))
                .count();
        let end = ended(bytes, start, |byte| {
            matches!(byte, b')' | b'"' | b'\'' | b'\n')
        });
        return (end > start).then_some(Place {
            span: start..end,
            role: Role::Drawn,
            unfinished: end >= bytes.len(),
        });
    }
    None
}

/// Whether the bracket that closes at `close` was opened behind a `!`.
fn is_image(bytes: &[u8], close: usize) -> bool {
    let mut depth = 0;
    for back in 1..=360 {
        let Some(at) = close.checked_sub(back - 1) else {
            return false;
        };
        match bytes.get(at) {
            Some(b']') => depth += 1,
            Some(b'[') => {
                depth -= 1;
                if depth == 0 {
                    return at > 0 && bytes.get(at - 1) == Some(&b'!');
                }
            }
            _ => {}
        }
    }
    // Too long for a text that describes an image: a way to hide that it is one.
    true
}

/// Where a link's target stands that may begin at `from`, behind blanks and `<`.
fn destination(bytes: &[u8], from: usize, role: Role) -> Option<Place> {
    let mut start = from;
    while start < from + 64 && matches!(bytes.get(start), Some(b' ' | b'\t' | b'\n' | b'\r')) {
        start += 1;
    }
    if bytes.get(start) == Some(&b'<') {
        start += 1;
        let end = ended(bytes, start, |byte| matches!(byte, b'>' | b'\n'));
        return (end > start).then_some(Place {
            span: start..end,
            role,
            unfinished: end >= bytes.len(),
        });
    }
    let mut depth = 0_u32;
    let mut end = start;
    while end < start + LONGEST {
        match bytes.get(end) {
            Some(b'(') => depth += 1,
            Some(b')') if depth == 0 => break,
            Some(b')') => depth -= 1,
            // A template's brackets and what stands between them are part of it.
            Some(b' ') if in_blank(slice(bytes, start..end)) => {}
            Some(byte) if byte.is_ascii_whitespace() || byte.is_ascii_control() => break,
            Some(_) => {}
            None => break,
        }
        end += 1;
    }
    let end = boundary(bytes, end);
    (end > start).then_some(Place {
        span: start..end,
        role,
        unfinished: end >= bytes.len(),
    })
}

/// Whether a bracket of a place to be filled is open: `…?q=[INSERT `.
fn in_blank(before: &[u8]) -> bool {
    let last = before
        .iter()
        .rposition(|byte| matches!(byte, b'[' | b'{' | b'<' | b']' | b'}' | b'>'));
    last.is_some_and(|last| {
        matches!(before.get(last), Some(b'[' | b'{' | b'<'))
            && before.contains(&b'?')
            && before.len() - last < 60
    })
}

/// The value of an attribute.
fn at_equals(bytes: &[u8], equals: usize) -> Option<Place> {
    let name_end = run_before(bytes, equals, 8, |byte| byte == b' ');
    let name_start = run_before(bytes, name_end, 16, |byte| {
        byte.is_ascii_alphabetic() || byte == b':' || byte == b'-'
    });
    let name = slice(bytes, name_start..name_end);
    let (_, role) = ATTRIBUTES
        .iter()
        .find(|(known, _)| name.eq_ignore_ascii_case(known.as_bytes()))?;
    // A tag has to be open: code has such names too.
    let before = slice(bytes, name_start.saturating_sub(400)..name_start);
    let open = before
        .iter()
        .rposition(|byte| matches!(byte, b'<' | b'>'))
        .filter(|at| before.get(*at) == Some(&b'<'))?;
    let tag = before.get(open + 1..).unwrap_or_default();
    let role = role.unwrap_or_else(|| match tag.first().map(u8::to_ascii_lowercase) {
        Some(b'a') => Role::Link,
        _ => Role::Drawn,
    });
    let mut start = equals + 1;
    while start < equals + 9 && matches!(bytes.get(start), Some(b' ' | b'\n' | b'\t')) {
        start += 1;
    }
    let (start, end) = match bytes.get(start) {
        Some(quote @ (b'"' | b'\'' | b'`')) => {
            (start + 1, ended(bytes, start + 1, |byte| byte == *quote))
        }
        _ => (
            start,
            ended(bytes, start, |byte| {
                byte.is_ascii_whitespace() || byte == b'>'
            }),
        ),
    };
    (end > start).then_some(Place {
        span: start..end,
        role,
        unfinished: end >= bytes.len(),
    })
}

/// Where a run ends that begins at `start`: before a byte that `stops`, or after the longest URL.
fn ended(bytes: &[u8], start: usize, stops: impl Fn(u8) -> bool) -> usize {
    let rest = slice(bytes, start..bytes.len().min(start + LONGEST));
    boundary(
        bytes,
        start + rest.iter().take_while(|byte| !stops(**byte)).count(),
    )
}

/// Back to where a character begins.
fn boundary(bytes: &[u8], at: usize) -> usize {
    let mut at = at.min(bytes.len());
    while bytes.get(at).is_some_and(|byte| byte & 0xc0 == 0x80) {
        at -= 1;
    }
    at
}

/// What belongs to a URL wherever it stands in it.
const fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(
            byte,
            b'/' | b'-'
                | b'.'
                | b'_'
                | b'?'
                | b'='
                | b'&'
                | b'%'
                | b':'
                | b'#'
                | b'+'
                | b'~'
                | b','
        )
}

/// Where a URL ends that stands by itself, without the punctuation of its sentence and with it.
fn bare_end(text: &str, start: usize, from: usize) -> (usize, usize) {
    let rest = text.get(from..).unwrap_or("");
    let longest = (start + LONGEST).saturating_sub(from);
    let near = slice(rest.as_bytes(), 0..longest.min(rest.len()));
    let (mut at, mut depth) = (0, 0_i32);
    loop {
        // Most of a URL is letters and marks that belong to it wherever they stand.
        at = bytes::run_end(near, at, is_plain);
        let mut characters = rest.get(at..).unwrap_or("").chars();
        let Some(character) = characters.next() else {
            break;
        };
        if at >= longest {
            return (from + at, from + at);
        }
        let next = characters.next();
        let inside = match character {
            '(' => {
                depth += 1;
                true
            }
            ')' => {
                depth -= 1;
                depth >= 0
            }
            '<' | '>' | '"' | '`' | '\'' | '|' | '^' => false,
            // An escape of a string ends what is in it; a browser takes other ones for slashes.
            '\\' => !matches!(next, Some('n' | 'r' | 't' | '"' | '\'' | 'u') | None),
            // A full stop of another script is one in a host's name, and ends a sentence behind it.
            '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => {
                let host = rest
                    .get(2..at)
                    .is_some_and(|host| !host.contains(['/', '?']));
                host && next.is_some_and(char::is_alphanumeric)
            }
            '\u{ad}' | '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => true,
            character if character.is_ascii() => {
                !character.is_ascii_whitespace() && !character.is_ascii_control()
            }
            character => is_alphanumeric(character),
        };
        if !inside {
            break;
        }
        at += character.len_utf8();
    }
    let end = from + at;
    let found = text.get(start..end).unwrap_or("");
    let trimmed = found.trim_end_matches(['.', ',', ';', ':', '!', '?', '*', '_', '~', ']', '}']);
    // A template's bracket belongs to it.
    if found.contains('{') || found.contains('[') && found.contains("=[") {
        return (end, end);
    }
    (start + trimmed.len().max(from - start), end)
}

#[cfg(test)]
#[expect(
    clippy::string_slice,
    reason = "a test cuts where it knows that characters begin"
)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<(&str, Role)> {
        let mut found = Vec::new();
        each(text, 0, false, |place| {
            found.push((&text[place.span], place.role))
        });
        found
    }

    #[test]
    fn markdown_has_links_images_and_references() {
        assert_eq!(
            all("![a](https://e.example/x.png) and [b](<https://f.example/a b>)."),
            [
                ("https://e.example/x.png", Role::Drawn),
                ("https://f.example/a b", Role::Link)
            ]
        );
        assert_eq!(
            all("[![a](https://e.example/x)](https://f.example/)"),
            [
                ("https://e.example/x", Role::Drawn),
                ("https://f.example/", Role::Link)
            ]
        );
        assert_eq!(
            all("![x][1]\n\n[1]: https://e.example/?q=1 'title'\n"),
            [("https://e.example/?q=1", Role::Reference)]
        );
        assert_eq!(
            all("<https://e.example/>"),
            [("https://e.example/", Role::Link)]
        );
        assert_eq!(all("![x](//e.example/a)"), [("//e.example/a", Role::Drawn)]);
    }

    #[test]
    fn html_and_styles() {
        assert_eq!(
            all("<img alt=x src='https://e.example/a.png'>"),
            [("https://e.example/a.png", Role::Drawn)]
        );
        assert_eq!(
            all("<a class=\"b\" href=https://e.example/a>x</a>"),
            [("https://e.example/a", Role::Link)]
        );
        assert_eq!(
            all("<link rel=prefetch href=\"https://e.example/a\">"),
            [("https://e.example/a", Role::Drawn)]
        );
        assert_eq!(
            all("<p style=\"background:url('https://e.example/a')\">"),
            [("https://e.example/a", Role::Drawn)]
        );
        assert_eq!(all("let src = get(x);"), []);
    }

    #[test]
    fn a_sentence_ends_behind_a_url() {
        assert_eq!(
            all("See https://e.example/a_(b), or (http://f.example/c)."),
            [
                ("https://e.example/a_(b)", Role::Bare),
                ("http://f.example/c", Role::Bare)
            ]
        );
        assert_eq!(all("Note: this is at 10:30, std::io is not one"), []);
        assert_eq!(
            all("参见https://e.example/中文。好"),
            [("https://e.example/中文", Role::Bare)]
        );
        assert_eq!(
            all("javascript:alert(1)"),
            [("javascript:alert(1)", Role::Bare)]
        );
    }
}
