//! What stands around a token whose row asks for a look of its own.

use crate::checks::{self, Check};
use crate::flow;
use crate::site::Site;
use crate::text::contains_any;

pub(super) fn rust_shell(site: &Site<'_, '_>) -> checks::Verdict {
    let made = site.made(site.end);
    let text = site.text;
    let shell = contains_any(
        text.slice(site.end, made.end),
        &["\"sh\"", "\"bash\"", "/sh\"", "\"cmd", "\"powershell"],
    );
    if !shell {
        return (made.names && site.is_tainted(site.end, made.end)).then_some((0.7, made.end));
    }
    // The command follows as an argument.
    _ = text.byte(made.end + 160);
    let end = (made.end + 160).min(text.bytes().len());
    contains_any(
        text.slice(made.end, end),
        &[
            "format!(",
            ".arg(&",
            ".arg(cmd",
            ".arg(command",
            ".arg(input",
            ".arg(user",
        ],
    )
    .then_some((0.8, made.end))
}

pub(super) fn function_made(site: &Site<'_, '_>) -> checks::Verdict {
    if !site.text.behind(site.start, 4).ends_with(b"new ") {
        return None;
    }
    let made = site.made(site.end);
    (made.names || made.joined).then_some((0.75, made.end))
}

pub(super) fn timer_text(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    let at = text.skip_blank(site.end);
    if !matches!(text.byte(at)?, b'"' | b'\'' | b'`') {
        return None;
    }
    let made = site.made(site.end);
    Some((if made.joined { 0.85 } else { 0.5 }, made.end))
}

pub(super) fn dollar_where(site: &Site<'_, '_>) -> checks::Verdict {
    let made = site.made(site.text.skip_blank(site.end + 1));
    (made.joined).then_some((0.75, made.end))
}

pub(super) fn adjacent(site: &Site<'_, '_>) -> checks::Verdict {
    let made = site.made(site.end);
    if !(made.names || made.joined) {
        return None;
    }
    Some((
        if site.is_tainted(site.end, made.end) {
            0.9
        } else {
            0.5
        },
        made.end,
    ))
}

pub(super) fn servlet_output(site: &Site<'_, '_>) -> checks::Verdict {
    if site.text.behind(site.start, 7).ends_with(b"System.") {
        return None;
    }
    let made = site.made(site.end);
    site.is_tainted(site.end, made.end)
        .then_some((0.75, made.end))
}

pub(super) fn echoed(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    if !matches!(text.byte(site.end)?, b' ' | b'(' | b'"' | b'\'') {
        return None;
    }
    let mut end = site.end;
    while end < site.end + 300 && !matches!(text.byte(end)?, b';' | b'\n') {
        end += 1;
    }
    let code = text.slice(site.end, end);
    if !code.contains(&b'$')
        || contains_any(
            code,
            &[
                "htmlspecialchars",
                "htmlentities",
                "intval",
                "strip_tags",
                "esc_",
                "json_encode",
                "(int)",
            ],
        )
    {
        return None;
    }
    if contains_any(
        code,
        &["$_get", "$_post", "$_request", "$_cookie", "$_server"],
    ) {
        return Some((0.9, end));
    }
    site.is_tainted(site.end, end).then_some((0.8, end))
}

pub(super) fn included(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    if !matches!(text.byte(site.end)?, b' ' | b'_') {
        return None;
    }
    let mut end = site.end;
    while end < site.end + 200 && !matches!(text.byte(end)?, b';' | b'\n') {
        end += 1;
    }
    let code = text.slice(site.end, end);
    if !code.contains(&b'$') {
        return None;
    }
    site.is_tainted(site.end, end).then_some((0.85, end))
}

pub(super) fn old_protocol(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    let newer = text.starts(site.end, b"_2") || text.starts(site.end, b"_3");
    (!newer).then_some((0.85, site.end))
}

pub(super) fn key_pair(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    _ = text.byte(site.end + 160);
    let end = (site.end + 160).min(text.bytes().len());
    contains_any(
        text.slice(site.end, end),
        &["initialize(1024", "initialize(512"],
    )
    .then_some((0.9, end))
}

pub(super) fn verify_off(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    let mut at = site.end;
    while matches!(text.byte(at)?, b' ' | b'=') {
        at += 1;
    }
    let end = text.one_of(at, &["false"])?;
    (at > site.end && matches!(text.behind(at, 2).last(), Some(b'=' | b' '))).then_some((0.9, end))
}

pub(super) fn trusts_all(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    let made = site.made(site.end);
    let mut at = made.end;
    while at < made.end + 80 && text.byte(at)? != b'{' {
        at += 1;
    }
    let body = text.skip_blank(at + 1);
    (text.byte(body)? == b'}').then_some((0.9, body))
}

pub(super) fn callback_true(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    let mut end = site.end;
    while end < site.end + 160 && !matches!(text.byte(end)?, b';' | b'\n') {
        end += 1;
    }
    contains_any(
        text.slice(site.end, end),
        &["=> true", "return true", "=> { return true"],
    )
    .then_some((0.95, end))
}

pub(super) fn location_header(site: &Site<'_, '_>) -> checks::Verdict {
    let made = site.made(site.end);
    (contains_any(site.text.slice(site.end, made.end), &["location:"])
        && site.is_tainted(site.end, made.end))
    .then_some((0.85, made.end))
}

pub(super) fn c_gets(site: &Site<'_, '_>) -> checks::Verdict {
    if matches!(site.text.before(site.start), b'.' | b'>' | b':' | b'_') {
        return None;
    }
    let made = site.made(site.end);
    (made.names && !made.literal).then_some((0.95, made.end))
}

pub(super) fn access_then_open(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    if matches!(text.before(site.start), b'.' | b'>' | b'_') {
        return None;
    }
    _ = text.byte(site.end + 300);
    let end = (site.end + 300).min(text.bytes().len());
    let after = text.slice(site.end, end);
    (contains_any(after, &["_ok"]) && contains_any(after, &["open("])).then_some((0.6, site.end))
}

pub(super) fn c_mktemp(site: &Site<'_, '_>) -> checks::Verdict {
    (!matches!(site.text.before(site.start), b'.' | b'_')).then_some((0.75, site.end))
}

pub(super) fn umask_zero(site: &Site<'_, '_>) -> checks::Verdict {
    let made = site.made(site.end);
    let value = site.text.slice(site.end, made.end).trim_ascii();
    (matches!(value, b"0" | b"0o0" | b"000" | b"0000" | b"0o000")).then_some((0.8, made.end))
}

pub(super) fn cookie_secure(site: &Site<'_, '_>) -> checks::Verdict {
    let verdict = Check::Value(&["false"]).judge(site, 0.75)?;
    site.near(120, &["cookie", "session"]).then_some(verdict)
}

pub(super) fn any_origin(site: &Site<'_, '_>) -> checks::Verdict {
    let text = site.text;
    let mut at = site.end;
    while at < site.end + 12 && text.byte(at)? != b'*' {
        at += 1;
    }
    (text.byte(at)? == b'*').then_some((0.55, at + 1))
}

pub(super) fn ldap_filter(site: &Site<'_, '_>) -> checks::Verdict {
    if site.text.before(site.start) != b'(' {
        return None;
    }
    flow::ldap(site)
}

pub(super) fn xpath(site: &Site<'_, '_>) -> checks::Verdict {
    let made = site.made(site.end);
    made.joined.then_some((
        if site.is_tainted(site.end, made.end) {
            0.9
        } else {
            0.7
        },
        made.end,
    ))
}
