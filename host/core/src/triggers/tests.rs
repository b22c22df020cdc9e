use super::*;
use crate::{Mode, OnError, Plugins, ReportLimits, Scope};
use proptest::prelude::*;

fn spec(attributes: &[(&str, &str)]) -> Arc<PluginSpec> {
    let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    let manifest = Manifest {
        name: "p".into(),
        version: "1.0.0".into(),
        description: String::new(),
        stages: Stage::ALL.to_vec(),
        kinds: Kind::ALL.to_vec(),
        scope: Scope::Segment,
        rules: vec![],
        settings_schema: "{}".into(),
        attributes: attributes.iter().map(pair).collect(),
    };
    Arc::new(PluginSpec {
        stages: manifest.stages.clone(),
        manifest: Arc::new(manifest),
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        rewrite: false,
        limits: ReportLimits::default(),
    })
}

fn segment(text: &str) -> Segment {
    Segment::new(1, Role::User, Kind::Text, text.to_owned())
}

/// The plugins that are shown a segment.
fn shown(triggers: &Triggers, segment: &Segment) -> Vec<usize> {
    let all: Vec<usize> = (0..triggers.plugins.len()).collect();
    let concerned = triggers.concerned(segment, triggers.looked_for(&all));
    let is_shown = |plugin: &usize| triggers.is_shown(*plugin, segment, concerned);
    all.into_iter().filter(is_shown).collect()
}

fn of(plugins: &[&[(&str, &str)]]) -> Triggers {
    let specs: Vec<_> = plugins.iter().map(|attributes| spec(attributes)).collect();
    Triggers::new(&specs, Stage::Prompt)
}

#[test]
fn each_plugin_has_its_own_triggers() {
    let triggers = of(&[
        &[],
        &[("homepage", "x")],
        &[("trigger", "://"), ("trigger", "]("), ("homepage", "a")],
        &[("trigger", ":/"), ("trigger", "script:")],
        &[("trigger-class", "non-ascii")],
        &[("trigger-class", "control"), ("trigger", "]")],
        &[("trigger-class", "digit")],
    ]);
    for (text, wanted) in [
        ("", &[][..]),
        ("a: // b\t\r\n", &[]),
        ("see ftp://a", &[2, 3]),
        ("JavaScript:a", &[3]),
        ("[a](b)", &[2, 5]),
        ("caf\u{e9}", &[4]),
        ("\u{1b}[1m", &[5, 6]),
        ("cafe 7", &[6]),
    ] {
        let all = [&[0, 1], wanted].concat();
        assert_eq!(shown(&triggers, &segment(text)), all, "{text:?}");
    }
}

#[test]
fn classes_are_told_from_prose() {
    let rows: [(&str, &[&str], &[&str]); 6] = [
        (
            "non-latin",
            &[
                "p\u{430}ypal",
                "e\u{301}",
                "a\u{ad}b",
                "a\u{200b}b",
                "\u{202e}",
                "\u{1f600}",
                "\u{85}",
                "\u{fe0f}",
            ],
            &[
                "",
                "Z\u{fc}rich, caf\u{e9}, na\u{ef}ve",
                "\u{201e}so\u{201c} \u{2026} 5 \u{20ac}\u{2192}\u{a0}6",
            ],
        ),
        (
            "token",
            &[
                "AKIAQYLPMN5HFZAM",
                "see a1b2c3d4e5f6g7h8.",
                "abcdefghijklmnopqrst",
                "\u{e9}sk_live_0123456789",
            ],
            &[
                "A1b2c3d4e5f6g7h",
                "responsibilities",
                "Telecommunications, 34712",
                "a1b2c3d4 e5f6g7h8",
            ],
        ),
        (
            "assigned",
            &[
                "p=abc123",
                "p:\t\"abc 12\", 'Abc-12'",
                "<p>\n  abc123\n</p>",
                "f(\"p\", \"abc123\")",
                "x: Bearer abc123",
                "x: well-known",
                "p = \"a(b)cd1\"",
                "n: 1234567890123456",
                "f(a.b(c), d: e-f-g-h)",
            ],
            &[
                "p=abc12",
                "Note: the garden, at 12:30",
                "it is as follows:\nabc123",
                "x = call.me(1)",
                "n: 123456789",
                "f('a', 1)",
                "answer: Photosynthesis.",
                "a: b: c, 34712 ab12cd",
            ],
        ),
        (
            "code",
            &[
                "a = b", "f(x)", "x)(y", "a%20b", "a_b", "`a`", "a1; b", "a ;b", "a\\b",
            ],
            &[
                "prose (of 45 %), \"quoted\", isn't it? 12% - yes!\n\n* a #1 [2]",
                "so they say; and so it is: caf\u{e9}; no",
            ],
        ),
        (
            "sql",
            &[
                "x' or 1",
                "x\" )\n and",
                "'--",
                "\"#",
                "')/**/or",
                "( select",
            ],
            &[
                "this \"one\", or that",
                "it's so",
                "A \"b\" is (or was) a b",
                "selected \"orders\"",
            ],
        ),
        (
            "reference",
            &[
                "\n[a]: //b.c",
                "\n\t> [a b\nc]:\n  d",
                "\n>[]:a",
                "\n  [a[b]\n[c]:d",
            ],
            &[
                "for a in b[:c]:",
                "see [1]: it is so",
                "\n[a] : b",
                "\n[a [b]: c",
                "a[\nb]: c",
                "\n[[a]: b",
            ],
        ),
    ];
    for (class, some, none) in rows {
        let triggers = of(&[&[("trigger-class", class)]]);
        let is_shown = |text: &str| !shown(&triggers, &segment(text)).is_empty();
        let prose = "the garden is in bloom and nobody is there to see it at this hour ";
        for text in some {
            for words in [0, 1, 29, 40] {
                let text = format!("{}{text}", "it ".repeat(words));
                assert!(is_shown(&text), "{class}: {text:?}");
            }
        }
        for text in none {
            for text in [
                (*text).to_owned(),
                format!("{prose}{text}"),
                format!("{text} {prose}"),
            ] {
                assert!(!is_shown(&text), "{class}: {text:?}");
            }
        }
    }
}

#[test]
fn a_text_may_begin_with_sql_or_be_without_words() {
    let triggers = of(&[&[("trigger-class", "sql")]]);
    for text in ["Order by 5", "20) OR 1", " DROP table", "'", "12.", ""] {
        assert_eq!(shown(&triggers, &segment(text)), [0], "{text:?}");
    }
    for text in ["Orders", "I order", "no, or yes", "\u{e9}", "dropped"] {
        assert_eq!(shown(&triggers, &segment(text)), [0; 0], "{text:?}");
    }
}

/// What is looked at once more costs a multiple of its length at most.
#[test]
fn floods_are_judged_in_time() {
    for class in ["non-latin", "token", "assigned", "code", "sql", "reference"] {
        let triggers = of(&[&[("trigger-class", class)]]);
        for piece in [
            ":",
            "a:",
            "a:b(",
            "\"",
            "\",",
            "\",\"",
            "((",
            "'(",
            "=\\",
            "> > ",
            "aaaaaaaaaaaaaaa ",
            "\u{e9}",
            "%",
            "(",
            ": aaaaaaaa",
            "\n[",
            "\n [a",
            " [",
            "]:",
        ] {
            let took = |count: usize| {
                let text = segment(&format!("a{}", piece.repeat(count)));
                let start = std::time::Instant::now();
                shown(&triggers, &text);
                start.elapsed()
            };
            // On a busy machine one measurement says little.
            let in_time = (0..5).any(|_| {
                let short = took(10_000);
                took(80_000) < short * 24 + std::time::Duration::from_millis(20)
            });
            assert!(in_time, "{class}: {piece:?}");
        }
    }
}

#[test]
fn what_is_not_known_is_not_held_against_a_text() {
    for attribute in [
        ("trigger-class", "emoji"),
        ("trigger-exempt", "video"),
        ("trigger-role", "clown"),
        ("trigger-state", "encore"),
        ("trigger", ""),
    ] {
        let triggers = of(&[&[("trigger", "x"), ("trigger-role", "system"), attribute]]);
        assert_eq!(shown(&triggers, &segment("a")), [0], "{attribute:?}");
        assert!(triggers.roles(0).is_empty());
    }
}

#[test]
fn what_has_not_come_yet_may_have_a_trigger_and_so_may_what_has_gone() {
    let triggers = of(&[&[("trigger", "x")]]);
    let mut open = segment("a");
    open.open = true;
    assert_eq!(shown(&triggers, &open), [0]);
    let mut last = segment("a");
    last.offset = 7;
    assert_eq!(shown(&triggers, &last), [0]);
}

#[test]
fn an_exempt_kind_is_always_shown() {
    let triggers = of(&[&[("trigger", "x"), ("trigger-exempt", "tool-call")]]);
    let mut call = segment("a");
    assert_eq!(shown(&triggers, &call), [0; 0]);
    call.kind = Kind::ToolCall;
    assert_eq!(shown(&triggers, &call), [0]);
}

#[test]
fn roles_count_before_the_output() {
    let specs = [spec(&[
        ("trigger-role", "system"),
        ("trigger-role", "developer"),
    ])];
    let both = [Role::System, Role::Developer];
    for (stage, roles) in [
        (Stage::Prompt, both.as_slice()),
        (Stage::Retrieval, &both),
        (Stage::Output, &[]),
    ] {
        assert_eq!(Triggers::new(&specs, stage).roles(0), roles);
    }
}

#[test]
fn each_stage_has_the_triggers_of_those_who_work_in_it() {
    let mut late = spec(&[("trigger", "b"), ("trigger-state", "output")]);
    if let Some(late) = Arc::get_mut(&mut late) {
        late.stages = vec![Stage::Output];
    }
    let plugins = Plugins::new([spec(&[("trigger", "a")]), late]);
    let concerned = |text: &str, stage: Stage| {
        let wanted = plugins.looked_for(&[0, 1], stage);
        plugins.concerned(&segment(text), stage, wanted)
    };
    for (stage, both) in [
        (Stage::Prompt, 1),
        (Stage::Retrieval, 1),
        (Stage::Output, 2),
    ] {
        assert_eq!(plugins.looked_for(&[0, 1], stage).count_ones(), both);
        assert_eq!(concerned("a b", stage).count_ones(), both);
        assert_eq!(concerned("b", stage).count_ones(), both - 1);
        assert_eq!(concerned("c", stage), 0);
    }
}

#[test]
fn more_plugins_than_are_told_apart_are_shown_everything() {
    let specs = vec![spec(&[("trigger", "x")]); PLUGINS + 2];
    let triggers = Triggers::new(&specs, Stage::Prompt);
    assert_eq!(
        shown(&triggers, &segment("a")),
        [PLUGINS, PLUGINS + 1],
        "no bit was left for these"
    );
    assert_eq!(shown(&triggers, &segment("x")).len(), PLUGINS + 2);
}

#[test]
fn a_flood_of_separators_costs_no_more_than_a_plugin_would() {
    let triggers = of(&[&[("trigger-class", "assigned")]]);
    for piece in [":", ": ", "=a", ">\n", "\",\"", ":.", "a: b: "] {
        let flood = segment(&piece.repeat((4 << 20) / piece.len()));
        let started = std::time::Instant::now();
        shown(&triggers, &flood);
        assert!(started.elapsed().as_secs() < 2, "{piece:?}");
    }
    // Beside a value it makes no difference.
    let value = format!("{} p=abc123", ": ".repeat(3000));
    assert_eq!(shown(&triggers, &segment(&value)), [0]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The pass over a text comes to the same as looking for one trigger after the other.
    #[test]
    fn one_pass_finds_what_many_find(
        plugins in prop::collection::vec(prop::collection::vec("[abX:/(<é]{1,4}", 0..4), 1..6),
        pieces in prop::collection::vec(("[ab:é]{0,3}", 0usize..150, "[abxX:/(<é]{0,5}"), 0..6),
    ) {
        let text: String = pieces
            .iter()
            .map(|(start, blanks, end)| format!("{start}{}{end}", " ".repeat(*blanks)))
            .collect();
        let specs: Vec<_> = plugins
            .iter()
            .map(|texts| {
                let attributes = texts.iter().map(|text| ("trigger", text.as_str()));
                spec(&attributes.collect::<Vec<_>>())
            })
            .collect();
        let lower = text.to_ascii_lowercase();
        let occurs = |trigger: &String| lower.contains(&trigger.to_ascii_lowercase());
        let wanted: Vec<usize> = plugins
            .iter()
            .enumerate()
            .filter(|(_, texts)| texts.is_empty() || texts.iter().any(occurs))
            .map(|(plugin, _)| plugin)
            .collect();
        prop_assert_eq!(shown(&Triggers::new(&specs, Stage::Prompt), &segment(&text)), wanted);
    }

    /// A token is found wherever it begins, as if one run after the other were measured.
    #[test]
    fn tokens_are_runs(
        pieces in prop::collection::vec(("[a-f]{0,12}|[a-fA-F0-9_%/.-]{0,24}|[a-f]{14,22}", "[ ,!é\n\"]{0,2}"), 0..12),
    ) {
        let text: String = pieces.iter().map(|(run, blanks)| format!("{run}{blanks}")).collect();
        let is_token = |run: &str| {
            let inner = run.get(1..).unwrap_or_default();
            let is_marked = run.contains(|c: char| c.is_ascii_digit() || c == '_')
                || inner.contains(|c: char| c.is_ascii_uppercase());
            run.len() >= 20 || run.len() >= 16 && is_marked
        };
        let wanted = text.split([' ', ',', '!', 'é', '\n', '"']).any(is_token);
        let triggers = of(&[&[("trigger-class", "token")]]);
        prop_assert_eq!(!shown(&triggers, &segment(&text)).is_empty(), wanted);
    }
}
