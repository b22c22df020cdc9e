//! A place in code that a rule looks at: what a call is given, and where that comes from.

use std::cell::LazyCell;

use caponier_sdk::normalise::{Fold, Trie, TrieError};
use caponier_sdk::scan::words::AnyOf;

use crate::fence::Languages;
use crate::shell::COMMANDS;
use crate::text::{Text, contains_any, is_word};

/// The longest list of arguments that is read.
const MOST_ARGUMENTS: usize = 512;

/// Where values come from that somebody outside chooses: requests, command lines, input. From the
/// documentation of each language's library and of its common frameworks.
const SOURCES: &[&str] = &[
    // Python: Flask, Django, the standard library.
    "request.",
    "flask.request",
    "input(",
    "raw_input(",
    "sys.argv",
    "sys.stdin",
    "self.request",
    "self.path",
    "self.headers",
    "self.rfile",
    "websocket.receive",
    ".recv(",
    "recv(",
    "event[",
    // JavaScript: Express, Koa, browsers.
    "req.",
    "ctx.query",
    "ctx.request",
    "ctx.params",
    "process.argv",
    "location.hash",
    "location.search",
    "location.href",
    "document.URL",
    "document.referrer",
    "window.name",
    "window.location",
    "URLSearchParams",
    "searchParams",
    "event.data",
    "event.body",
    "event.query",
    "prompt(",
    "url.parse(",
    // Java: servlets, Spring.
    "getParameter",
    "getQueryString",
    "getHeader",
    "getCookies",
    "getInputStream",
    "getPathInfo",
    "nextLine(",
    "readLine(",
    "getRequestURI",
    "args[",
    "System.in",
    "@RequestParam",
    "@PathVariable",
    "@RequestBody",
    // C#: ASP.NET.
    "Request.",
    "Request[",
    "Console.ReadLine",
    "Console.Read",
    "HttpContext.Request",
    "QueryString",
    "[FromQuery]",
    // PHP.
    "$_GET",
    "$_POST",
    "$_REQUEST",
    "$_COOKIE",
    "$_SERVER",
    "$_FILES",
    "php://input",
    "$argv",
    // Go.
    "r.URL",
    "r.FormValue",
    "r.Form",
    "r.PostFormValue",
    "r.Header",
    "r.Body",
    "req.URL",
    "req.FormValue",
    "c.Query(",
    "c.Param(",
    "c.PostForm(",
    "os.Args",
    "mux.Vars",
    "bufio.NewReader(os.Stdin",
    // C, C++.
    "argv",
    "gets(",
    "fgets(",
    "scanf(",
    "getenv(",
    "std::cin",
    "cin",
    "getline(",
    "fread(",
    "recvfrom(",
    // Rust.
    "env::args",
    "args()",
    "stdin()",
    "read_line(",
    "web::Query",
    "web::Path",
    "Query<",
    "Path<",
    "Form<",
    // Ruby.
    "params[",
    "params.",
    "ARGV",
    "gets",
    "cookies[",
];

/// Where values from outside begin, and what shell commands are called.
pub(crate) struct Sources {
    sources: Trie,
    commands: Trie,
}

impl Sources {
    pub(crate) fn new() -> Result<Self, TrieError> {
        Ok(Self {
            sources: Trie::build(Fold::Exact, SOURCES.iter().map(|word| (*word, 1)))?,
            commands: Trie::build(Fold::Prose, COMMANDS.iter().map(|word| (*word, 1)))?,
        })
    }

    /// Where the shell command that stands at `at` ends.
    pub(crate) fn command(&self, text: &Text<'_>, at: usize) -> Option<usize> {
        if !self.commands.starts_with(text.byte(at)?) {
            return None;
        }
        // Whether the longest of them is all there.
        _ = text.byte(at + 16);
        let mut whole = None;
        self.commands.walk(text.bytes(), at, |_, end| {
            let next = text.bytes().get(end).copied();
            if !next.is_some_and(is_word) {
                whole = Some(end);
            }
        });
        whole
    }

    /// Whether code names one.
    pub(crate) fn names_one(&self, code: &[u8]) -> bool {
        let mut last = 0;
        for (at, byte) in code.iter().enumerate() {
            if !is_word(last) && self.sources.starts_with(*byte) {
                let whole = self.sources.longest(code, at).is_some_and(|(_, end)| {
                    let ends_in_word = end.checked_sub(1).and_then(|end| code.get(end));
                    !ends_in_word.copied().is_some_and(is_word)
                        || !code
                            .get(end)
                            .copied()
                            .is_some_and(|byte| byte.is_ascii_lowercase())
                });
                if whole {
                    return true;
                }
            }
            last = *byte;
        }
        false
    }
}

/// How a value is made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Made {
    /// It has a string literal.
    pub(crate) literal: bool,
    /// A string is joined with something else, or has something else put into it.
    pub(crate) joined: bool,
    /// It names a variable or calls something.
    pub(crate) names: bool,
    /// The first argument is a literal and nothing else.
    pub(crate) first_literal: bool,
    /// There is nothing in it.
    pub(crate) empty: bool,
    /// Where it ends: at the closing bracket, or as far as was read.
    pub(crate) end: usize,
}

/// A place that a rule looks at: the token between `start` and `end`.
pub(crate) struct Site<'a, 't> {
    pub(crate) text: &'t Text<'a>,
    pub(crate) sources: &'t Sources,
    pub(crate) start: usize,
    pub(crate) end: usize,
    /// The languages that the code may be in.
    pub(crate) languages: Languages,
    /// Whether code is shown here, in a fence.
    pub(crate) fenced: bool,
    /// Whether it is an argument of a tool call.
    pub(crate) tool: bool,
    /// Where in the whole segment the text begins.
    pub(crate) offset: u64,
}

impl<'a> Site<'a, '_> {
    /// Reads from `from` to the bracket that closes what is open there, or to the end of a statement.
    pub(crate) fn made(&self, from: usize) -> Made {
        let text = self.text;
        let mut made = Made {
            empty: true,
            first_literal: true,
            ..Made::default()
        };
        let (mut at, mut depth, mut first) = (from, 0_u32, true);
        while at < from + MOST_ARGUMENTS {
            let Some(byte) = text.byte(at) else { break };
            match byte {
                b'(' | b'[' | b'{' => depth += 1,
                b')' | b']' | b'}' if depth == 0 => break,
                b')' | b']' | b'}' => depth -= 1,
                b';' if depth == 0 => break,
                // A statement without brackets ends with its line.
                b'\n' if depth == 0 && text.before(from) != b'(' => break,
                b',' if depth == 0 => first = false,
                b'"' | b'\'' | b'`' => {
                    made.empty = false;
                    made.literal = true;
                    let (end, joined) = self.string(at);
                    let next = text.skip_blank(end);
                    // Joined on either side, and not with another literal.
                    let operator = |byte: u8| matches!(byte, b'+' | b'%' | b'.');
                    let mut before = at;
                    while at - before < 16 && matches!(text.before(before), b' ' | b'\n' | b'\t') {
                        before -= 1;
                    }
                    let after_it = text.byte(next).is_some_and(operator)
                        && !matches!(
                            text.byte(text.skip_blank(next + 1)),
                            Some(b'"' | b'\'' | b'=')
                        );
                    let before_it = matches!(text.before(before), b'+' | b'.')
                        && before > from
                        && !matches!(text.before(text.back_space(before - 1)), b'"' | b'\'');
                    let joined = joined || after_it || before_it;
                    made.joined |= joined;
                    if first && joined {
                        made.first_literal = false;
                    }
                    at = end;
                    continue;
                }
                byte if byte.is_ascii_alphabetic() || byte == b'_' || byte == b'$' => {
                    let end = text.word_end(at + 1);
                    // The letters before a string belong to it.
                    let prefix = end - at <= 2 && matches!(text.byte(end), Some(b'"' | b'\''));
                    let named =
                        matches!(text.byte(end), Some(b'=')) && text.byte(end + 1) != Some(b'=');
                    if !prefix && !named && !is_constant(text.slice(at, end)) {
                        made.names = true;
                        if first {
                            made.first_literal = false;
                        }
                    }
                    made.empty = false;
                    at = end;
                    continue;
                }
                byte => made.empty &= byte.is_ascii_whitespace(),
            }
            at += 1;
        }
        text.charge(at - from);
        made.end = at.min(text.bytes().len());
        if made.empty {
            made.first_literal = false;
        }
        made
    }

    /// Where the string that begins at `quote` ends, and whether something is put into it.
    pub(crate) fn string(&self, quote: usize) -> (usize, bool) {
        let text = self.text;
        let Some(mark) = text.byte(quote) else {
            return (quote + 1, false);
        };
        let prefix = text.word_before(quote);
        let dollar = text.before(quote) == b'$' || text.behind(quote, 2).starts_with(b"$");
        let formatted = prefix.len() <= 2 && prefix.iter().any(|byte| matches!(byte, b'f' | b'F'));
        let triple = text.byte(quote + 1) == Some(mark) && text.byte(quote + 2) == Some(mark);
        let mut at = quote + if triple { 3 } else { 1 };
        let mut joined = false;
        while at < quote + MOST_ARGUMENTS {
            let Some(byte) = text.byte(at) else { break };
            match byte {
                b'\\' => at += 1,
                byte if byte == mark => {
                    if !triple {
                        return (at + 1, joined);
                    }
                    if text.byte(at + 1) == Some(mark) && text.byte(at + 2) == Some(mark) {
                        return (at + 3, joined);
                    }
                }
                b'\n' if !triple && mark == b'\'' => return (at, joined),
                b'{' if (formatted || dollar) && text.byte(at + 1) != Some(b'{') => joined = true,
                b'$' if mark == b'`' && text.byte(at + 1) == Some(b'{') => joined = true,
                b'#' if mark == b'"' && text.byte(at + 1) == Some(b'{') => joined = true,
                // PHP puts variables into double quotes, and so does a shell.
                b'$' if mark == b'"'
                    && text.byte(at + 1).is_some_and(|byte| {
                        byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'{')
                    }) =>
                {
                    joined = true;
                }
                _ => {}
            }
            at += 1;
        }
        (at, joined)
    }

    /// Whether the code between two places names a source, or a variable that was given one shortly
    /// before.
    pub(crate) fn is_tainted(&self, from: usize, to: usize) -> bool {
        let code = self.text.slice(from, to);
        self.text.charge(code.len());
        if self.sources.names_one(code) {
            return true;
        }
        let mut looks = 0;
        let mut at = 0;
        let mut quote = None;
        while let Some(byte) = code.get(at).copied() {
            // Words in a string are variables only where they are put into it.
            match quote {
                None if matches!(byte, b'"' | b'\'') => quote = Some(byte),
                Some(open) if open == byte => quote = None,
                _ => {}
            }
            let inside =
                quote.is_some() && !matches!(code.get(at.wrapping_sub(1)), Some(b'{' | b'$'));
            if !(byte.is_ascii_alphabetic() || byte == b'_') || inside {
                at += 1;
                continue;
            }
            let length = code
                .iter()
                .skip(at)
                .take_while(|byte| is_word(**byte))
                .count();
            let name = code.get(at..at + length).unwrap_or_default();
            at += length;
            if matches!(code.get(at), Some(b'(')) || is_constant(name) {
                continue;
            }
            looks += 1;
            if looks > 4 || self.text.is_spent() {
                return false;
            }
            if self.was_given_source(name) {
                return true;
            }
        }
        false
    }

    /// Whether a variable of this name was given a source in what stands before.
    fn was_given_source(&self, name: &[u8]) -> bool {
        let before = self.text.behind(self.start, crate::text::LOOK_BEHIND);
        self.text.charge(before.len());
        let Some(first) = name.first() else {
            return false;
        };
        let reads = LazyCell::new(|| {
            self.text.charge(before.len());
            READS.is_in(before)
        });
        for (at, byte) in before.iter().enumerate() {
            if byte != first || before.get(at..at + name.len()) != Some(name) {
                continue;
            }
            let last = at.checked_sub(1).and_then(|last| before.get(last));
            if last.copied().is_some_and(is_word) {
                continue;
            }
            let rest = before.get(at + name.len()..).unwrap_or_default();
            let blanks = |byte: &&u8| byte.is_ascii_whitespace() && **byte != b'\n';
            let blanks = rest.iter().take_while(blanks).count();
            let given = match rest.get(blanks..).unwrap_or_default() {
                [b'=', b'=', ..] => false,
                [b'=', value @ ..] | [b':', b'=', value @ ..] => {
                    let value = value.split(|byte| *byte == b'\n').next();
                    let value = value.unwrap_or_default();
                    self.text.charge(value.len());
                    self.sources.names_one(value)
                }
                // `cin >> name`, `scanf("%s", name)`, `@RequestParam String name`.
                _ => {
                    *reads && {
                        let near = before.get(at.saturating_sub(LINE)..at).unwrap_or_default();
                        let end = near.iter().rposition(|byte| *byte == b'\n');
                        let start = end.map(|end| end + 1).or((at < LINE).then_some(0));
                        start
                            .and_then(|start| near.get(start..))
                            .is_some_and(|line| {
                                self.text.charge(line.len());
                                READS.is_in(line)
                            })
                    }
                }
            };
            if given {
                return true;
            }
            if self.text.is_spent() {
                return false;
            }
        }
        false
    }

    /// Whether one of the words stands in the `reach` bytes before, or in the rest of the line.
    pub(crate) fn near(&self, reach: usize, words: &[&str]) -> bool {
        let text = self.text;
        let mut end = self.end;
        while end < self.end + 80 && text.byte(end).is_some_and(|byte| byte != b'\n') {
            end += 1;
        }
        text.charge(reach + words.len() * 16);
        contains_any(text.behind(self.start, reach), words)
            || contains_any(text.slice(self.start, end), words)
    }
}

/// What reads into the variable that is named behind it, in a line no longer than this.
static READS: AnyOf = AnyOf::new(&[
    "cin >>",
    "scanf(",
    "gets(",
    "@requestparam",
    "@pathvariable",
    "[fromquery]",
    "recv(",
    "read_line(",
    "fread(",
]);
const LINE: usize = 120;

/// Words that are no variables, and names of constants.
fn is_constant(word: &[u8]) -> bool {
    const WORDS: &[&str] = &[
        "true",
        "false",
        "none",
        "null",
        "nil",
        "undefined",
        "self",
        "this",
        "new",
        "string",
        "str",
        "sizeof",
        "mut",
        "as",
        "stdin",
        "stdout",
        "stderr",
    ];
    WORDS
        .iter()
        .any(|known| word.eq_ignore_ascii_case(known.as_bytes()))
        || (word.len() > 1
            && word
                .iter()
                .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fence::ANY;

    fn with<R>(code: &str, token: &str, look: impl Fn(&Site<'_, '_>) -> R) -> R {
        let text = Text::new(code.as_bytes());
        let sources = Sources::new().unwrap();
        let start = code.rfind(token).unwrap();
        let site = Site {
            text: &text,
            sources: &sources,
            start,
            end: start + token.len(),
            languages: ANY,
            fenced: false,
            tool: false,
            offset: 0,
        };
        look(&site)
    }

    #[test]
    fn literals_are_told_from_what_is_put_together() {
        for (code, joined, names, first_literal) in [
            ("f('ls')", false, false, true),
            ("f(\"a\" \"b\")", false, false, true),
            ("f(\"a\" + \"b\")", false, false, true),
            ("f('ls ' + x)", true, true, false),
            ("f(x + ' -l')", true, true, false),
            ("f(f'ls {x}')", true, false, false),
            ("f(`ls ${x}`)", true, false, false),
            ("f(\"ls $x\")", true, false, false),
            ("f(\"ls %s\" % x)", true, true, false),
            ("f(\"ls {}\".format(x))", true, true, false),
            ("f('ls', x)", false, true, true),
            ("f(['a', 'b'], shell=True)", false, false, true),
            ("f(CMD)", false, false, true),
            ("f(g(x), 'a')", false, true, false),
        ] {
            let text = Text::new(code.as_bytes());
            let sources = Sources::new().unwrap();
            let site = Site {
                text: &text,
                sources: &sources,
                start: 0,
                end: 2,
                languages: ANY,
                fenced: false,
                tool: false,
                offset: 0,
            };
            let made = site.made(2);
            assert_eq!(
                (made.joined, made.names, made.first_literal),
                (joined, names, first_literal),
                "{code}"
            );
            assert_eq!(made.end, code.len() - 1, "{code}");
        }
    }

    #[test]
    fn what_comes_from_outside_is_followed_to_its_name() {
        for (code, tainted) in [
            ("x = request.args['a']\nsink(x)", true),
            ("x := r.URL.Query().Get(\"a\")\nsink(x)", true),
            ("x = 'a'\nsink(x)", false),
            ("sink(req.query.a)", true),
            ("x == request.a\nsink(x)", false),
            ("char b[9]; gets(b);\nsink(b)", true),
            ("request = 1\nsink('request')", false),
        ] {
            let tainted_there = with(code, "sink(", |site| {
                let made = site.made(site.end);
                site.is_tainted(site.end, made.end)
            });
            assert_eq!(tainted_there, tainted, "{code}");
        }
    }
}
