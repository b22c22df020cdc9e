//! Limits, rules, actions and audit.

use std::collections::BTreeMap;
use std::time::Duration;

use super::{Scope, as_usize, join, keys, secret};
use crate::actions::{ActionRule, Glob};
use crate::audit::{Audit, OnFull, Rotation};
use crate::limits::{HoldExceeded, Limits, OpaqueParts, OverLimit, Treatment};
use crate::raw;
use crate::root::Rego;
use crate::scalars::{Size, read_glob};
use crate::words::{Mode, Severity};
use crate::yaml::Segment;

const MIB: u64 = 1 << 20;

impl Default for Limits {
    fn default() -> Self {
        Self {
            body: 32 * MIB,
            text: 4 * MIB,
            over_limit: OverLimit::Deny,
            unrecognized: Treatment::Flag,
            opaque: OpaqueParts {
                image: Treatment::Allow,
                audio: Treatment::Flag,
                file: Treatment::Deny,
            },
            hold: 256 << 10,
            hold_exceeded: HoldExceeded::Deny,
            rego: Duration::from_millis(5),
            depth: 128,
            segments: 16_384,
            findings: 1_000,
            inline: 16 << 10,
            queue: 1_024,
        }
    }
}

pub(super) fn limits(scope: &mut Scope<'_>, raw: Option<raw::Limits>) -> Limits {
    let default = Limits::default();
    let Some(raw) = raw else { return default };
    let path = keys(["limits"]);
    let over_limit = raw.over_limit.unwrap_or(default.over_limit);
    if over_limit == OverLimit::Allow {
        scope.warn(
            &join(&path, ["over_limit"]),
            "whoever makes a text long enough gets past everything",
        );
    }
    let unrecognized = raw.unrecognized.unwrap_or(default.unrecognized);
    if unrecognized == Treatment::Allow {
        scope.warn(
            &join(&path, ["unrecognized"]),
            "parts of unknown meaning pass uninspected and unmarked",
        );
    }
    let opaque = match raw.opaque {
        Some(raw) => OpaqueParts {
            image: raw.image.unwrap_or(default.opaque.image),
            audio: raw.audio.unwrap_or(default.opaque.audio),
            file: raw.file.unwrap_or(default.opaque.file),
        },
        None => default.opaque,
    };
    if opaque.file == Treatment::Allow {
        scope.warn(
            &join(&path, ["opaque", "file"]),
            "files pass uninspected and unmarked",
        );
    }
    let rego = scope.positive(
        &join(&path, ["rego"]),
        raw.rego.map_or(default.rego, |span| span.0),
    );
    let mut within = |key: &str, value: Option<u64>, default: u64, least: u64, most: u64| {
        scope.within(&join(&path, [key]), value.unwrap_or(default), least, most)
    };
    let size = |size: Option<Size>| size.map(|size| size.0);
    Limits {
        body: within("body", size(raw.body), default.body, 1 << 10, 4096 * MIB),
        text: within("text", size(raw.text), default.text, 1 << 10, 1024 * MIB),
        over_limit,
        unrecognized,
        opaque,
        hold: within("hold", size(raw.hold), default.hold, 1 << 10, 64 * MIB),
        hold_exceeded: raw.hold_exceeded.unwrap_or(default.hold_exceeded),
        rego,
        depth: as_usize(within("depth", raw.depth, default.depth as u64, 8, 512)),
        segments: as_usize(within(
            "segments",
            raw.segments,
            default.segments as u64,
            1,
            1_000_000,
        )),
        findings: as_usize(within(
            "findings",
            raw.findings,
            default.findings as u64,
            1,
            100_000,
        )),
        inline: within("inline", size(raw.inline), default.inline, 0, MIB),
        queue: as_usize(within(
            "queue",
            raw.queue,
            default.queue as u64,
            1,
            1_000_000,
        )),
    }
}

pub(super) fn rego(scope: &mut Scope<'_>, raw: Option<raw::Rego>) -> Rego {
    let (paths, expose_text) = match raw {
        None => return Rego::default(),
        Some(raw::Rego::Short(paths)) => (paths, false),
        Some(raw::Rego::Long(raw)) => (
            raw.paths.unwrap_or_default(),
            raw.expose_text.unwrap_or(false),
        ),
    };
    if expose_text {
        scope.warn(
            &keys(["rego", "expose_text"]),
            "rules see the text, and can put it into reasons and labels",
        );
    }
    Rego {
        paths: paths.into_iter().map(|path| path.0).collect(),
        expose_text,
    }
}

pub(super) fn actions(
    scope: &mut Scope<'_>,
    raw: BTreeMap<String, raw::ActionEntry>,
) -> Vec<ActionRule> {
    let mut rules: Vec<ActionRule> = Vec::new();
    for (key, entry) in raw {
        let path = join(&keys(["actions"]), [key.as_str()]);
        let glob = match read_glob(&key) {
            Ok(glob) => glob,
            Err(text) => {
                let (message, hint) = text
                    .split_once("; hint: ")
                    .map_or((text.as_str(), None), |(m, h)| (m, Some(h)));
                scope.error(&path, message, hint);
                continue;
            }
        };
        let rule = action_rule(scope, &path, glob, entry);
        for other in rules
            .iter()
            .filter(|other| other.glob.ties_with(&rule.glob))
        {
            // The later one of the file is the one to look at.
            let (first, second) = if other.place <= rule.place {
                (other, &rule)
            } else {
                (&rule, other)
            };
            scope.error(
                &join(&keys(["actions"]), [second.glob.as_str()]),
                format!(
                    "covers rules that `{}` in line {} covers too, and neither is more specific",
                    first.glob, first.place.0
                ),
                Some("name the rule itself, or make one of the two longer before its `*`"),
            );
        }
        rules.push(rule);
    }
    rules
}

fn action_rule(
    scope: &mut Scope<'_>,
    path: &[Segment],
    glob: Glob,
    entry: raw::ActionEntry,
) -> ActionRule {
    let place = scope.place(path);
    let section = match entry {
        raw::ActionEntry::Long(section) => section,
        raw::ActionEntry::Short(action) => raw::ActionSection {
            action,
            min_confidence: None,
            flag_confidence: None,
            min_severity: None,
            stages: None,
            roles: None,
            trust: None,
            mode: None,
        },
    };
    let min_confidence = section.min_confidence.unwrap_or(0.0);
    if !(0.0..=1.0).contains(&min_confidence) {
        scope.error(
            &join(path, ["min_confidence"]),
            format!("{min_confidence} is not between 0 and 1"),
            None,
        );
    }
    if let Some(least) = section.flag_confidence
        && !(0.0..=min_confidence).contains(&least)
    {
        scope.error(
            &join(path, ["flag_confidence"]),
            format!("{least} is not between 0 and `min_confidence`, which is {min_confidence}"),
            Some("findings from `min_confidence` on have the action itself"),
        );
    }
    let mode = section.mode.unwrap_or(Mode::Enforce);
    if mode == Mode::Monitor {
        scope.warn(&join(path, ["mode"]), "findings of these rules do not act");
    }
    let mut empty = |key: &str, is_empty: bool| {
        if is_empty {
            scope.error(
                &join(path, [key]),
                "names nothing, so the entry would never apply",
                Some("remove the key for all"),
            );
        }
    };
    let stages = section.stages.map(raw::OneOrMany::into_vec);
    let roles = section.roles.map(raw::OneOrMany::into_vec);
    let trust = section.trust.map(raw::OneOrMany::into_vec);
    empty("stages", stages.as_ref().is_some_and(Vec::is_empty));
    empty("roles", roles.as_ref().is_some_and(Vec::is_empty));
    empty("trust", trust.as_ref().is_some_and(Vec::is_empty));
    ActionRule {
        glob,
        action: section.action,
        min_confidence,
        flag_confidence: section.flag_confidence,
        min_severity: section.min_severity.unwrap_or(Severity::Info),
        stages,
        roles,
        trust,
        mode,
        place: (place.line, place.column),
    }
}

pub(super) fn audit(scope: &mut Scope<'_>, raw: raw::Audit) -> Audit {
    let path = keys(["audit"]);
    let queue = scope.within(
        &join(&path, ["queue"]),
        raw.queue.unwrap_or(8192),
        1,
        1_000_000,
    );
    let rotate = raw.rotate.map(|raw| {
        let size = raw.size.map_or(100 * MIB, |size| size.0);
        let keep = raw.keep.unwrap_or(5);
        Rotation {
            size: scope.within(&join(&path, ["rotate", "size"]), size, 64 << 10, 1 << 40),
            keep: as_usize(scope.within(&join(&path, ["rotate", "keep"]), keep, 1, 1000)),
        }
    });
    Audit {
        path: raw.path.0,
        on_full: raw.on_full.unwrap_or(OnFull::Drop),
        queue: as_usize(queue),
        rotate,
        key: raw.key.map(secret),
    }
}
