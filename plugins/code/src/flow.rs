//! String literals in another language — SQL, HTML, LDAP — that variables are put into.

use crate::fence::{PHP, RUBY, SHELL};
use crate::site::Site;
use crate::text::{contains, contains_any};

/// How far a string and what is joined to it are followed.
const REACH: usize = 700;

/// What statements about the database itself are about.
const OBJECTS: &[&str] = &[
    "table ",
    "database ",
    "user ",
    "role ",
    "schema ",
    "view ",
    "index ",
    "trigger ",
];

/// Functions that put values into a format, as they stand before the string.
const FORMATTERS: &[&str] = &["printf(", "format(", "format!(", "write!(", "strconcat("];

/// What becomes of a string literal.
struct Flow {
    /// Where the string begins.
    quote: usize,
    /// Where what was read ends.
    end: usize,
    /// Something that is no literal is put into it or joined to it.
    joined: bool,
}

impl Flow {
    /// Follows the string whose content begins at the site, perhaps behind blanks.
    fn of(site: &Site<'_, '_>) -> Option<Self> {
        let text = site.text;
        let mut at = site.start;
        for _ in 0..64 {
            if !matches!(text.before(at), b' ' | b'\n' | b'\t' | b'\r' | b'(') {
                break;
            }
            at -= 1;
        }
        let mark = text.before(at);
        if !matches!(mark, b'"' | b'\'' | b'`') {
            return None;
        }
        let triple = text.behind(at, 3) == [mark; 3];
        let quote = at - if triple { 3 } else { 1 };
        // A tag before a template makes it a statement with parameters.
        if mark == b'`' && text.before(quote).is_ascii_alphanumeric() {
            return None;
        }
        let (mut end, mut joined) = site.string(quote);
        // A shell and PHP put variables into double quotes; where `$` is no more than a character,
        // nothing is.
        if joined && mark == b'"' && contains(text.slice(quote, end), "$") {
            let fits = site.languages & (PHP | SHELL | RUBY) != 0
                || matches!(text.before(quote), b'$' | b'f' | b'F' | b'@');
            joined &= fits;
        }
        let placeholders = contains_any(
            text.slice(quote, end),
            &["%s", "%d", "%v", "%q", "{}", "{0}"],
        );
        let called = || {
            let before = text.behind(quote, 64);
            let line = before
                .iter()
                .rposition(|byte| matches!(byte, b'\n' | b';' | b')'));
            contains_any(
                before
                    .get(line.map_or(0, |last| last + 1)..)
                    .unwrap_or_default(),
                FORMATTERS,
            )
        };
        joined |= placeholders && called();
        for _ in 0..12 {
            if end > quote + REACH {
                break;
            }
            let next = text.skip_blank(end);
            match text.byte(next) {
                Some(b'"' | b'\'') if next > end && !joined => {
                    let (after, more) = site.string(next);
                    (end, joined) = (after, joined || more);
                }
                Some(b'+' | b'&') => {
                    let operand =
                        text.skip_blank(next + usize::from(text.byte(next + 1) == Some(b'=')) + 1);
                    match text.byte(operand) {
                        Some(b'"' | b'\'' | b'`') => {
                            let (after, more) = site.string(operand);
                            (end, joined) = (after, joined || more);
                        }
                        Some(byte)
                            if byte.is_ascii_alphabetic() || matches!(byte, b'_' | b'$' | b'(') =>
                        {
                            joined = true;
                            end = text.word_end(operand + 1);
                            break;
                        }
                        _ => break,
                    }
                }
                Some(b'%') if placeholders => {
                    joined = true;
                    end = next + 1;
                    break;
                }
                Some(b'.') if text.starts(next + 1, b"format(") => {
                    joined = true;
                    end = next + 8;
                    break;
                }
                Some(b'.') => {
                    let operand = text.skip_blank(next + 1);
                    match text.byte(operand) {
                        Some(b'"' | b'\'') => {
                            let (after, more) = site.string(operand);
                            (end, joined) = (after, joined || more);
                        }
                        Some(b'$') => {
                            joined = true;
                            end = text.word_end(operand + 1);
                            break;
                        }
                        _ => break,
                    }
                }
                _ => break,
            }
        }
        text.charge(end - quote);
        Some(Self { quote, end, joined })
    }

    fn is_tainted(&self, site: &Site<'_, '_>) -> bool {
        let mut end = self.end;
        while end < self.end + 160
            && site
                .text
                .byte(end)
                .is_some_and(|byte| !matches!(byte, b'\n' | b';'))
        {
            end += 1;
        }
        site.is_tainted(self.quote, end)
    }
}

/// SQL that a variable is put into: CWE-89.
pub(crate) fn sql(site: &Site<'_, '_>) -> Option<(f64, usize)> {
    let flow = Flow::of(site).filter(|flow| flow.joined)?;
    let text = site.text;
    let statement = text.slice(site.start, flow.end);
    let upper = text.byte(site.start)?.is_ascii_uppercase()
        && text.byte(site.start + 1)?.is_ascii_uppercase();
    let verb = statement.get(..6)?;
    let whole = match verb.to_ascii_lowercase().as_slice() {
        b"select" => {
            contains(statement, "from ")
                && (upper
                    || contains_any(statement, &["where", "*", "=", "limit", "order by", "join"]))
        }
        b"insert" | b"replac" => contains(statement, "into "),
        b"update" => contains(statement, "set "),
        b"delete" => contains(statement, "from "),
        b"grant " => contains(statement, " on ") && contains(statement, " to ") && upper,
        _ => contains_any(statement, OBJECTS) && upper,
    };
    if !whole {
        return None;
    }
    let confidence = if flow.is_tainted(site) { 0.95 } else { 0.8 };
    Some((confidence, flow.end))
}

/// An LDAP filter that a variable is put into: CWE-90.
pub(crate) fn ldap(site: &Site<'_, '_>) -> Option<(f64, usize)> {
    let flow = Flow::of(site).filter(|flow| flow.joined)?;
    Some((if flow.is_tainted(site) { 0.9 } else { 0.7 }, flow.end))
}

/// Markup that something from outside is put into, on its way to a page: CWE-79. The site begins
/// with `<`.
pub(crate) fn markup(site: &Site<'_, '_>) -> Option<(f64, usize)> {
    let flow = Flow::of(site).filter(|flow| flow.joined)?;
    let text = site.text;
    let before = text.behind(flow.quote, 48);
    let line = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map_or(0, |last| last + 1);
    let before = before.get(line..).unwrap_or_default();
    if contains_any(
        text.slice(flow.quote, flow.end),
        &["escape(", "sanitize", "encode"],
    ) {
        return None;
    }
    if flow.is_tainted(site) {
        return Some((0.85, flow.end));
    }
    let written = [
        "return ",
        "send(",
        "write(",
        "echo ",
        "print(",
        "println(",
        "make_response(",
        "httpresponse(",
        "innerhtml",
        ".html(",
        "append(",
        "fprintf(w",
    ];
    contains_any(before, &written).then_some((0.4, flow.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fence::ANY;
    use crate::site::Sources;
    use crate::text::Text;

    fn look(
        code: &str,
        token: &str,
        check: fn(&Site<'_, '_>) -> Option<(f64, usize)>,
    ) -> Option<f64> {
        let text = Text::new(code.as_bytes());
        let sources = Sources::new().unwrap();
        let start = code.find(token).unwrap();
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
        check(&site).map(|(confidence, _)| confidence)
    }

    #[test]
    fn statements_with_variables_are_found_in_every_language() {
        for code in [
            "cursor.execute(\"SELECT * FROM users WHERE name = '\" + name + \"'\")",
            "cursor.execute(f\"SELECT * FROM users WHERE id = {user_id}\")",
            "cursor.execute(\"SELECT * FROM users WHERE id = %s\" % user_id)",
            "cursor.execute('SELECT * FROM t WHERE id = {}'.format(i))",
            "q = \"\"\"\n  SELECT a FROM t\n  WHERE b = '%s'\"\"\" % b",
            "db.query(`SELECT * FROM t WHERE id = ${req.params.id}`)",
            "String q = \"SELECT a FROM t WHERE b = '\" + b + \"'\";",
            "string.Format(\"SELECT a FROM t WHERE b = {0}\", b)",
            "var q = $\"SELECT a FROM t WHERE b = {b}\";",
            "$q = \"SELECT a FROM t WHERE b = '$b'\";",
            "$q = \"SELECT a FROM t WHERE b = \" . $b;",
            "fmt.Sprintf(\"SELECT a FROM t WHERE b = %s\", b)",
            "sprintf(q, \"SELECT a FROM t WHERE b = '%s'\", b);",
            "let q = format!(\"SELECT a FROM t WHERE b = {}\", b);",
            "std::string q = \"SELECT a FROM t WHERE b = '\" + b;",
        ] {
            assert!(
                look(code, "SELECT", sql).is_some_and(|confidence| confidence >= 0.8),
                "{code}"
            );
        }
    }

    #[test]
    fn statements_with_parameters_are_not() {
        for code in [
            "cursor.execute(\"SELECT * FROM users WHERE id = %s\", (user_id,))",
            "cursor.execute(\"SELECT * FROM users WHERE id = ?\", [user_id])",
            "db.query('SELECT * FROM t WHERE id = $1', [id])",
            "await sql`SELECT * FROM t WHERE id = ${id}`",
            "String q = \"SELECT a \" + \"FROM t\";",
            "label = \"SELECT a file \" + name",
        ] {
            assert_eq!(look(code, "SELECT", sql), None, "{code}");
        }
    }

    #[test]
    fn markup_from_outside_is_found() {
        assert!(
            look(
                "return \"<h1>\" + request.args.get('a') + \"</h1>\"",
                "<h1",
                markup
            )
            .is_some_and(|confidence| confidence > 0.8)
        );
        assert_eq!(look("x = \"<h1>\" + \"</h1>\"", "<h1", markup), None);
        assert!(look("f\"(uid={user})\"", "(uid", ldap).is_some());
    }
}
