//! Signs that payloads are made of: quotes, operators, numbers of another base.

use crate::checks::Verdict;
use crate::site::Site;
use crate::text::is_word;

use super::{Before, before};

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
