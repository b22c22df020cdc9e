//! What can be found: one rule for each sort of payload, and one for each weakness of MITRE's CWE.

use caponier_sdk::{Rule, Severity};

/// The most text that decides a match: what a check looks back at, and what it looks ahead at.
pub(crate) const WINDOW: u32 = 2048;

/// Id, title and severity.
pub(crate) const RULES: &[(&str, &str, Severity)] = &[
    ("cwe-22", "CWE-22: path from outside", Severity::High),
    (
        "cwe-78",
        "CWE-78: command made of variables",
        Severity::High,
    ),
    ("cwe-79", "CWE-79: markup made of variables", Severity::High),
    ("cwe-89", "CWE-89: SQL made of variables", Severity::High),
    (
        "cwe-90",
        "CWE-90: LDAP filter made of variables",
        Severity::High,
    ),
    ("cwe-95", "CWE-95: text run as code", Severity::High),
    ("cwe-117", "CWE-117: log line from outside", Severity::Low),
    ("cwe-120", "CWE-120: copy without a bound", Severity::High),
    ("cwe-134", "CWE-134: format from a variable", Severity::High),
    (
        "cwe-209",
        "CWE-209: error shown to the caller",
        Severity::Low,
    ),
    (
        "cwe-295",
        "CWE-295: certificates not checked",
        Severity::High,
    ),
    ("cwe-319", "CWE-319: sent in clear text", Severity::Medium),
    ("cwe-326", "CWE-326: key too short", Severity::Medium),
    (
        "cwe-327",
        "CWE-327: weak cipher or protocol",
        Severity::Medium,
    ),
    ("cwe-328", "CWE-328: weak hash", Severity::Medium),
    (
        "cwe-338",
        "CWE-338: random numbers that can be guessed",
        Severity::Medium,
    ),
    ("cwe-347", "CWE-347: signature not checked", Severity::High),
    (
        "cwe-352",
        "CWE-352: request forgery not prevented",
        Severity::Medium,
    ),
    (
        "cwe-367",
        "CWE-367: checked first, used later",
        Severity::Low,
    ),
    (
        "cwe-377",
        "CWE-377: temporary file with a known name",
        Severity::Medium,
    ),
    (
        "cwe-434",
        "CWE-434: upload under its own name",
        Severity::Medium,
    ),
    ("cwe-489", "CWE-489: debug mode on", Severity::Medium),
    (
        "cwe-502",
        "CWE-502: objects from untrusted data",
        Severity::High,
    ),
    ("cwe-601", "CWE-601: redirect to anywhere", Severity::Medium),
    ("cwe-611", "CWE-611: XML external entities", Severity::High),
    (
        "cwe-614",
        "CWE-614: cookie without protection",
        Severity::Low,
    ),
    (
        "cwe-643",
        "CWE-643: XPath made of variables",
        Severity::High,
    ),
    ("cwe-676", "CWE-676: dangerous function", Severity::Medium),
    ("cwe-732", "CWE-732: everybody may write", Severity::Medium),
    ("cwe-798", "CWE-798: credential in code", Severity::Medium),
    (
        "cwe-918",
        "CWE-918: request to an address from outside",
        Severity::High,
    ),
    ("cwe-942", "CWE-942: any origin allowed", Severity::Low),
    (
        "cwe-1333",
        "CWE-1333: pattern that can take for ever",
        Severity::Low,
    ),
    (
        "path-traversal",
        "Path that leaves its directory",
        Severity::High,
    ),
    (
        "shell-injection",
        "Shell command as a payload",
        Severity::High,
    ),
    ("sql-injection", "SQL as a payload", Severity::High),
    (
        "template-injection",
        "Template expression as a payload",
        Severity::High,
    ),
    ("xss", "Markup that runs a script", Severity::High),
];

/// The rules as the manifest lists them.
pub(crate) fn rules() -> impl Iterator<Item = Rule> {
    RULES.iter().map(|(id, title, severity)| {
        Rule::new(*id, *title)
            .severity(*severity)
            .category("LLM05:2025")
            .window(WINDOW)
    })
}
