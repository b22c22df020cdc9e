//! What must hold around a token for it to be a weakness.

use crate::site::Site;
use crate::text::{contains_any, is_word};

/// A finding's confidence and where it ends.
pub(crate) type Verdict = Option<(f64, usize)>;

/// A condition. Tokens of those that read arguments end with an opening bracket, or stand before one.
#[derive(Clone, Copy)]
pub(crate) enum Check {
    /// The token is enough.
    Always,
    /// The arguments are not a literal; worse where they are put together or come from outside.
    Variable,
    /// The arguments come from outside, directly or through a variable.
    Outside,
    /// One of these words stands in the arguments.
    Has(&'static [&'static str]),
    /// None of these words stands in the arguments, and there are some.
    Lacks(&'static [&'static str]),
    /// None of these words stands in the 500 bytes behind.
    LacksAfter(&'static [&'static str]),
    /// One of these stands near, before or behind it on its line.
    Near(&'static [&'static str]),
    /// What is assigned begins with one of these.
    Value(&'static [&'static str]),
    /// What is assigned is no literal.
    AssignedVariable,
    /// What is assigned is a literal that may be a credential.
    AssignedSecret,
    /// Anything else.
    With(fn(&Site<'_, '_>) -> Verdict),
}

impl Check {
    pub(crate) fn judge(self, site: &Site<'_, '_>, confidence: f64) -> Verdict {
        let text = site.text;
        match self {
            Self::Always => Some((confidence, site.end)),
            Self::With(check) => check(site),
            Self::Variable => {
                let made = site.made(site.end);
                if made.empty || !(made.names || made.joined) {
                    return None;
                }
                let scale = if site.is_tainted(site.end, made.end) {
                    1.12
                } else if made.joined || !made.first_literal {
                    1.0
                } else {
                    0.4
                };
                Some(((confidence * scale).min(0.97), made.end))
            }
            Self::Outside => {
                let made = site.made(site.end);
                site.is_tainted(site.end, made.end)
                    .then_some((confidence, made.end))
            }
            Self::Has(words) => {
                let made = site.made(site.end);
                contains_any(text.slice(site.end, made.end), words)
                    .then_some((confidence, made.end))
            }
            Self::Lacks(words) => {
                let made = site.made(site.end);
                (!made.empty && !contains_any(text.slice(site.end, made.end), words))
                    .then_some((confidence, made.end))
            }
            Self::LacksAfter(words) => {
                // The last byte tells whether all of them are there.
                _ = text.byte(site.end + 500);
                let end = (site.end + 500).min(text.bytes().len());
                text.charge(500);
                (!contains_any(text.slice(site.end, end), words)).then_some((confidence, site.end))
            }
            Self::Near(words) => site.near(160, words).then_some((confidence, site.end)),
            Self::Value(values) => {
                let value = value_start(site)?;
                let end = text.one_of(value, values)?;
                Some((confidence, end))
            }
            Self::AssignedVariable => {
                let mut value = value_start(site)?;
                if text.byte(value) == Some(b'=') {
                    value += 1;
                }
                let made = site.made(value);
                if !(made.names || made.joined) {
                    return None;
                }
                if contains_any(
                    text.slice(value, made.end),
                    &["sanitize", "escape", "purify", "encode"],
                ) {
                    return None;
                }
                let scale = if site.is_tainted(value, made.end) {
                    1.5
                } else if made.joined {
                    1.2
                } else {
                    1.0
                };
                Some(((confidence * scale).min(0.95), made.end))
            }
            Self::AssignedSecret => secret(site, confidence),
        }
    }
}

/// Where the value behind a name begins: past `=`, `:`, `,`, `(` and quotes that close a key or open a
/// value.
fn value_start(site: &Site<'_, '_>) -> Option<usize> {
    let text = site.text;
    let mut at = site.end;
    if site.text.before(at).is_ascii_alphanumeric() && text.byte(at).is_some_and(is_word) {
        return None;
    }
    let mut separated = matches!(text.before(at), b'=' | b':' | b'(' | b',' | b' ');
    for _ in 0..24 {
        match text.byte(at)? {
            b' ' | b'\t' | b'\'' | b'"' | b']' => {}
            b'=' | b':' | b',' | b'(' => separated = true,
            _ => break,
        }
        at += 1;
    }
    separated.then_some(at)
}

/// A literal behind a name that says it is secret, and no stand-in.
fn secret(site: &Site<'_, '_>, confidence: f64) -> Verdict {
    let text = site.text;
    let mut at = site.end;
    // `DB_PASSWORD`, `password_hash`: the name may go on a little, and means something else if it does.
    if matches!(text.byte(at), Some(b'\'' | b'"')) {
        at += 1;
        // `form["password"] = `.
        at += usize::from(text.byte(at) == Some(b']'));
    }
    at = text.skip_blank(at);
    match text.byte(at)? {
        b'=' if text.byte(at + 1) != Some(b'=') && text.byte(at + 1) != Some(b'>') => at += 1,
        b':' if text.byte(at + 1) == Some(b'=') => at += 2,
        b':' => at += 1,
        b'=' if text.byte(at + 1) == Some(b'>') => at += 2,
        _ => return None,
    }
    at = text.skip_blank(at);
    let quote = text
        .byte(at)
        .filter(|byte| matches!(byte, b'"' | b'\'' | b'`'))?;
    let start = at + 1;
    let mut end = start;
    while end < start + 120 {
        match text.byte(end)? {
            byte if byte == quote => break,
            b'\n' | b' ' | b'{' | b'<' | b'$' | b'%' | b'(' | b'\\' => return None,
            _ => end += 1,
        }
    }
    let value = text.slice(start, end);
    const STAND_INS: &[&str] = &[
        "your",
        "example",
        "xxx",
        "***",
        "...",
        "placeholder",
        "change",
        "insert",
        "dummy",
        "here",
        "password",
        "passwd",
        "todo",
        "none",
        "null",
        "env",
        "text",
        "hidden",
        "required",
        "field",
        "submit",
        "bearer",
    ];
    let digits = value.iter().any(u8::is_ascii_digit);
    if value.len() < 4 || contains_any(value, STAND_INS) && !digits {
        return None;
    }
    let scale = match (digits, value.len()) {
        (true, 8..) => 1.0,
        (true, _) | (false, 10..) => 0.85,
        (false, _) => 0.7,
    };
    Some((confidence * scale, end))
}

/// A weak hash: worse where passwords are meant, harmless where it is said to be for something else.
pub(crate) fn weak_hash(site: &Site<'_, '_>) -> Verdict {
    let made = site.made(site.end);
    if contains_any(site.text.slice(site.end, made.end), &["usedforsecurity"]) {
        return None;
    }
    let words = [
        "password",
        "passwd",
        "token",
        "secret",
        "credential",
        "sign",
        "pwd",
        "auth",
    ];
    Some((if site.near(200, &words) { 0.85 } else { 0.6 }, made.end))
}

/// A process that a shell is asked to run.
pub(crate) fn shell_process(site: &Site<'_, '_>) -> Verdict {
    let made = site.made(site.end);
    let arguments = site.text.slice(site.end, made.end);
    if !contains_any(
        arguments,
        &["shell=true", "shell = true", "shell: true", "shell:true"],
    ) {
        return None;
    }
    if site.is_tainted(site.end, made.end) {
        return Some((0.95, made.end));
    }
    let confidence = if made.joined || !made.first_literal {
        0.85
    } else {
        0.45
    };
    Some((confidence, made.end))
}

/// `exec.Command("sh", "-c", …)` and its like in other languages.
pub(crate) fn shell_command(site: &Site<'_, '_>) -> Verdict {
    let made = site.made(site.end);
    let text = site.text;
    let arguments = text.slice(site.end, made.end);
    let shell = contains_any(
        arguments,
        &[
            "\"-c\"",
            "'-c'",
            "\"/c\"",
            "'/c'",
            "\"/bin/sh\"",
            "\"sh\"",
            "\"bash\"",
            "\"cmd",
        ],
    );
    if site.is_tainted(site.end, made.end) {
        return Some((if shell { 0.95 } else { 0.8 }, made.end));
    }
    if !made.names && !made.joined {
        return None;
    }
    // Rust hands arguments over one by one.
    let after = text.slice(made.end, (made.end + 120).min(text.bytes().len()));
    let chained = shell && contains_any(after, &["format!("]);
    match (shell, made.joined || chained) {
        (true, true) => Some((0.85, made.end)),
        (true, false) => Some((0.6, made.end)),
        (false, true) => Some((0.5, made.end)),
        (false, false) if !made.first_literal => Some((0.4, made.end)),
        _ => None,
    }
}

/// `eval(…)`, `exec(…)`: text run as code. A method of that name is something else.
pub(crate) fn evaluated(site: &Site<'_, '_>) -> Verdict {
    if matches!(site.text.before(site.start), b'.' | b'>' | b':' | b'_')
        && !site.text.behind(site.start, 7).ends_with(b"window.")
    {
        return None;
    }
    let before = site.text.behind(site.start, 9);
    if contains_any(before, &["def ", "function ", "func ", "fn "]) {
        return None;
    }
    let made = site.made(site.end);
    if made.empty || (made.first_literal && !made.joined) || !(made.names || made.joined) {
        return None;
    }
    let confidence = if site.is_tainted(site.end, made.end) {
        0.95
    } else {
        0.7
    };
    Some((confidence, made.end))
}

/// `system(…)` and its like: a command of which a shell makes sense. A method of another object is
/// something else.
pub(crate) fn command(site: &Site<'_, '_>) -> Verdict {
    if matches!(site.text.before(site.start), b'.' | b'>' | b'_') {
        return None;
    }
    let before = site.text.behind(site.start, 9);
    if contains_any(before, &["def ", "function ", "func ", "fn ", "int "]) {
        return None;
    }
    let made = site.made(site.end);
    if made.empty {
        return None;
    }
    if site.is_tainted(site.end, made.end) {
        return Some((0.95, made.end));
    }
    if made.joined {
        return Some((0.85, made.end));
    }
    (!made.first_literal).then_some((0.65, made.end))
}

/// A format that is a variable, and the first or second argument.
pub(crate) fn format_from_variable(site: &Site<'_, '_>) -> Verdict {
    if matches!(site.text.before(site.start), b'.' | b'>' | b':' | b'_') {
        return None;
    }
    let text = site.text;
    let mut at = text.skip_blank(site.end);
    // `fprintf(stream, …)`, `snprintf(buffer, size, …)`, `syslog(priority, …)`.
    let token = text.slice(site.start, site.end);
    let skipped = match token {
        b"fprintf(" | b"sprintf(" | b"syslog(" | b"vfprintf(" => 1,
        b"snprintf(" => 2,
        _ => 0,
    };
    for _ in 0..skipped {
        let from = at;
        while at < from + 64 && text.byte(at)? != b',' {
            if matches!(text.byte(at)?, b'"' | b')') {
                return None;
            }
            at += 1;
        }
        at = text.skip_blank(at + 1);
    }
    let first = text.byte(at)?;
    if !(first.is_ascii_alphabetic() || first == b'_') {
        return None;
    }
    let mut end = text.word_end(at);
    // An element or a member is a variable too.
    if text.byte(end)? == b'[' {
        while end < at + 64 && text.byte(end)? != b']' {
            end += 1;
        }
        end += 1;
    }
    let end = text.skip_blank(end);
    let name = text.slice(at, end);
    if name
        .iter()
        .all(|byte| byte.is_ascii_uppercase() || *byte == b'_')
    {
        return None;
    }
    (text.byte(end)? == b')').then_some((if skipped == 0 { 0.75 } else { 0.7 }, end))
}

/// `strcpy(…)`, `strcat(…)`: into a buffer, from something whose length nobody knows.
pub(crate) fn copied(site: &Site<'_, '_>) -> Verdict {
    let made = site.made(site.end);
    if made.empty {
        return None;
    }
    let arguments = site.text.slice(site.end, made.end);
    let source = arguments.iter().position(|byte| *byte == b',')?;
    let source = arguments.get(source + 1..)?.trim_ascii();
    Some((if source.starts_with(b"\"") { 0.35 } else { 0.8 }, made.end))
}

/// `sprintf(buffer, "…%s…", …)` of C: the string may be longer than the buffer.
pub(crate) fn printed(site: &Site<'_, '_>) -> Verdict {
    if matches!(site.text.before(site.start), b'.' | b'>' | b':' | b'_') {
        return None;
    }
    let made = site.made(site.end);
    if made.empty || made.first_literal {
        return None;
    }
    contains_any(site.text.slice(site.end, made.end), &["%s"]).then_some((0.65, made.end))
}

/// `scanf("%s", …)`: as many bytes as there come.
pub(crate) fn scanned(site: &Site<'_, '_>) -> Verdict {
    let made = site.made(site.end);
    contains_any(site.text.slice(site.end, made.end), &["%s", "%["]).then_some((0.8, made.end))
}

/// Modes that let everybody write.
pub(crate) fn mode(site: &Site<'_, '_>) -> Verdict {
    let made = site.made(site.end);
    let words = [
        "0o777", "0777", "0o666", "0666", "0x1ff", "0o776", "0o767", "s_irwxo", "s_iwoth", "777)",
        "511)",
    ];
    contains_any(site.text.slice(site.end, made.end + 1), &words).then_some((0.85, made.end))
}

/// Numbers that can be guessed, where a secret is made of them.
pub(crate) fn guessable(site: &Site<'_, '_>) -> Verdict {
    let words = [
        "password",
        "passwd",
        "token",
        "secret",
        "session",
        "otp",
        "nonce",
        "salt",
        "csrf",
        "api_key",
        "apikey",
        "auth",
        "verification",
        "credential",
        "passcode",
        "pin_",
        "encryption",
        "private_key",
        "captcha",
    ];
    site.near(200, &words).then_some((0.75, site.end))
}

/// A string that the pattern of names says may go on for ever: `(a+)+`. The site is the bracket.
pub(crate) fn nested_repeat(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let inner = text.before(site.start);
    let outer = text.byte(site.start + 1)?;
    let item = text.before(site.start - 1);
    let repeats = inner == b'+' && matches!(outer, b'+' | b'*')
        || inner == b'*' && matches!(outer, b'+' | b'*' | b'{');
    let behind = text.behind(site.start, 3);
    let class = matches!(item, b']' | b'.')
        || (item.is_ascii_alphanumeric() && (inner == b'+' || behind.first() == Some(&b'\\')));
    if !repeats || !class {
        return None;
    }
    let quoted = crate::fence::line_before(text, site.start);
    contains_any(quoted, &["\"", "'", "/", "`"]).then_some((0.45, site.start + 2))
}
