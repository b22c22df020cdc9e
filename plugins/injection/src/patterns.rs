//! Which words, standing together in a sentence, mean what.

use crate::lexicon::{
    ANSWER, AUTHORITY, COMING, EVERYTHING, IMAGE, MODEL, NO_REFUSAL, NOW, ORDERS, OVERRIDE,
    PERSONA, POLICY, PRIVATE, REFERENCE, REVEAL, REVOKED, ROLE, ROLE_MARK, SAY, SECRECY, SEND,
    SHAPE, SYSTEM_PROMPT, TASK, TEMPLATE, TOLD, TOOL, UNBOUND, URGENT, URL,
};

/// Where a pattern counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Where {
    /// In every text.
    Anywhere,
    /// In documents and tool results only: from a user it is an ordinary request.
    Data,
    /// In what a user says only.
    Prompt,
}

/// Classes that follow one another in a sentence, no further apart than `gap` bytes.
pub(crate) struct Pattern {
    pub(crate) rule: &'static str,
    pub(crate) place: Where,
    pub(crate) order: &'static [u64],
    /// Classes that must be in the sentence too, wherever.
    pub(crate) with: &'static [u64],
    pub(crate) gap: usize,
    pub(crate) confidence: f64,
}

const fn pattern(
    rule: &'static str,
    place: Where,
    order: &'static [u64],
    with: &'static [u64],
    gap: usize,
    confidence: f64,
) -> Pattern {
    Pattern {
        rule,
        place,
        order,
        with,
        gap,
        confidence,
    }
}

use Where::{Anywhere, Data, Prompt};

pub(crate) const OVERRIDE_RULE: &str = "instruction-override";
pub(crate) const EXTRACTION_RULE: &str = "prompt-extraction";

pub(crate) static PATTERNS: &[Pattern] = &[
    pattern(
        OVERRIDE_RULE,
        Anywhere,
        &[OVERRIDE, REFERENCE, ORDERS],
        &[],
        28,
        0.96,
    ),
    pattern(
        OVERRIDE_RULE,
        Anywhere,
        &[REFERENCE, ORDERS | TASK, OVERRIDE],
        &[],
        20,
        0.91,
    ),
    pattern(
        OVERRIDE_RULE,
        Anywhere,
        &[OVERRIDE, ORDERS, REFERENCE],
        &[],
        20,
        0.95,
    ),
    pattern(
        OVERRIDE_RULE,
        Anywhere,
        &[OVERRIDE, REFERENCE, TASK],
        &[],
        24,
        0.92,
    ),
    pattern(
        OVERRIDE_RULE,
        Anywhere,
        &[OVERRIDE, ORDERS],
        &[NOW | SAY],
        12,
        0.91,
    ),
    pattern(OVERRIDE_RULE, Anywhere, &[OVERRIDE, ORDERS], &[], 12, 0.8),
    pattern(
        OVERRIDE_RULE,
        Anywhere,
        &[OVERRIDE, EVERYTHING],
        &[SAY | REFERENCE | TOLD | TASK | NOW | MODEL],
        12,
        0.92,
    ),
    pattern(
        OVERRIDE_RULE,
        Anywhere,
        &[OVERRIDE, EVERYTHING],
        &[],
        6,
        0.8,
    ),
    pattern(
        OVERRIDE_RULE,
        Anywhere,
        &[ORDERS, REVOKED],
        &[REFERENCE],
        80,
        0.92,
    ),
    pattern(
        OVERRIDE_RULE,
        Prompt,
        &[COMING, URGENT, TASK],
        &[NOW],
        16,
        0.75,
    ),
    pattern("role-hijack", Anywhere, &[ROLE, PERSONA], &[], 90, 0.92),
    pattern(
        "role-hijack",
        Anywhere,
        &[ROLE, UNBOUND],
        &[MODEL | POLICY | NO_REFUSAL],
        160,
        0.91,
    ),
    pattern("role-hijack", Anywhere, &[NOW, ROLE], &[UNBOUND], 60, 0.85),
    pattern("role-hijack", Data, &[ROLE, MODEL], &[], 24, 0.65),
    pattern(
        EXTRACTION_RULE,
        Anywhere,
        &[REVEAL, SYSTEM_PROMPT],
        &[],
        48,
        0.92,
    ),
    pattern(
        EXTRACTION_RULE,
        Anywhere,
        &[SYSTEM_PROMPT, REVEAL],
        &[SAY | REVEAL],
        12,
        0.6,
    ),
    pattern("template-tokens", Anywhere, &[TEMPLATE], &[], 0, 0.92),
    pattern("template-tokens", Prompt, &[ROLE_MARK], &[], 0, 0.5),
    pattern("template-tokens", Data, &[ROLE_MARK], &[], 0, 0.68),
    pattern(
        "exfiltration",
        Anywhere,
        &[SEND, PRIVATE, URL],
        &[],
        90,
        0.9,
    ),
    pattern(
        "exfiltration",
        Anywhere,
        &[IMAGE, URL],
        &[PRIVATE],
        120,
        0.85,
    ),
    pattern(
        "exfiltration",
        Data,
        &[SEND, PRIVATE],
        &[URL | MODEL | SECRECY],
        60,
        0.85,
    ),
    pattern("tool-smuggling", Data, &[MODEL, TOOL], &[], 60, 0.64),
    pattern(
        "tool-smuggling",
        Data,
        &[TOOL, URL],
        &[SEND | OVERRIDE | SECRECY],
        40,
        0.64,
    ),
    pattern(
        "false-authority",
        Anywhere,
        &[AUTHORITY, OVERRIDE | REVEAL],
        &[SYSTEM_PROMPT | ORDERS],
        60,
        0.9,
    ),
    pattern(
        "false-authority",
        Anywhere,
        &[AUTHORITY, UNBOUND],
        &[MODEL | POLICY],
        80,
        0.8,
    ),
    pattern("instruction-in-data", Data, &[SECRECY], &[ANSWER], 0, 0.85),
    pattern("instruction-in-data", Data, &[SECRECY], &[], 0, 0.62),
    pattern(
        "instruction-in-data",
        Data,
        &[SHAPE | SAY, REFERENCE, ANSWER],
        &[],
        60,
        0.8,
    ),
    pattern(
        "instruction-in-data",
        Data,
        &[SHAPE | SAY, ANSWER],
        &[REFERENCE],
        40,
        0.66,
    ),
    pattern(
        "instruction-in-data",
        Data,
        &[MODEL, SAY | SHAPE | SEND | OVERRIDE],
        &[],
        32,
        0.64,
    ),
    pattern(
        "instruction-in-data",
        Data,
        &[URGENT, TASK],
        &[COMING],
        40,
        0.85,
    ),
    pattern(
        "instruction-in-data",
        Data,
        &[TASK, COMING | URGENT],
        &[URGENT],
        60,
        0.66,
    ),
    pattern("instruction-in-data", Data, &[URGENT, TASK], &[], 24, 0.66),
    pattern(
        "instruction-in-data",
        Data,
        &[URGENT, COMING],
        &[REFERENCE],
        50,
        0.66,
    ),
    pattern(
        "instruction-in-data",
        Data,
        &[OVERRIDE, TASK | ANSWER],
        &[],
        40,
        0.64,
    ),
];
