use super::*;
use crate::{Mode, OnError, ReportLimits, Scope};
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
    Triggers::new(&specs)
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
        assert!(triggers.has_role(0, Stage::Prompt, [Role::User].into_iter()));
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
    let triggers = of(&[&[("trigger-role", "system"), ("trigger-role", "developer")]]);
    let has = |stage, roles: &[Role]| triggers.has_role(0, stage, roles.iter().copied());
    assert!(!has(Stage::Prompt, &[Role::User]));
    assert!(!has(Stage::Retrieval, &[]));
    assert!(has(Stage::Prompt, &[Role::User, Role::Developer]));
    assert!(has(Stage::Output, &[Role::Assistant]));
}

#[test]
fn more_plugins_than_are_told_apart_are_shown_everything() {
    let triggers = Triggers::new(&vec![spec(&[("trigger", "x")]); PLUGINS + 2]);
    assert_eq!(
        shown(&triggers, &segment("a")),
        [PLUGINS, PLUGINS + 1],
        "no bit was left for these"
    );
    assert_eq!(shown(&triggers, &segment("x")).len(), PLUGINS + 2);
}

#[test]
fn triggers_are_told_by_few_rare_bytes() {
    let told_by = |texts: &[&str]| {
        let marks = marks(texts.iter().copied())?;
        let mut marks = marks.to_vec();
        marks.sort_unstable();
        marks.dedup();
        String::from_utf8(marks).ok()
    };
    assert_eq!(told_by(&["data:", "](", ":/"]).as_deref(), Some("/:]"));
    assert_eq!(told_by(&["max"]).as_deref(), Some("Xx"));
    let letters = ["a", "b", "c", "d", "e"];
    assert_eq!(told_by(&letters), None, "ten bytes with the capitals");
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
        prop_assert_eq!(shown(&Triggers::new(&specs), &segment(&text)), wanted);
    }
}
