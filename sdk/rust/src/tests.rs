//! The SDK's own promises.
#![expect(clippy::string_slice, reason = "a test may panic")]

use proptest::prelude::*;

use crate::testing::{Case, Harness, Input, check_splits, parse_cases, run_case};
use crate::{
    Call, Data, Error, Kind, Manifest, Plugin, Report, Role, Rule, Severity, Stage, hold, settings,
    state,
};

/// Finds `#` followed by digits, counts them in its state, and can be told to misbehave.
struct Numbers {
    settings: Settings,
}

#[derive(Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(default)]
struct Settings {
    /// How to misbehave.
    bad: Option<String>,
    inner: Inner,
}

#[derive(Default, serde::Deserialize, schemars::JsonSchema)]
#[serde(default)]
struct Inner {
    level: u8,
}

impl Plugin for Numbers {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        Manifest::new("numbers", "1.0.0", "Numbers after a hash.").rule(
            Rule::new("number", "A number")
                .severity(Severity::High)
                .window(16),
        )
    }

    fn configure(settings: Settings, data: &Data) -> Result<Self, Error> {
        if settings.bad.as_deref() == Some("data") {
            data.read("missing.txt")?;
        }
        Ok(Self { settings })
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        let mut count = call.state::<u32>()?;
        for segment in call.segments {
            let text = segment.text();
            let tail = hold::from_tail(text, segment.is_open(), 16, |byte| {
                byte == b'#' || byte.is_ascii_digit()
            });
            if let Some(tail) = tail {
                report.hold(segment, tail);
            }
            for (start, _) in text
                .match_indices('#')
                .filter(|(start, _)| *start >= segment.settled())
            {
                let digits = text[start + 1..]
                    .bytes()
                    .take(15)
                    .take_while(u8::is_ascii_digit)
                    .count();
                if digits > 0 && tail.is_none_or(|tail| start < tail) {
                    count += 1;
                    let part = &text[start..start + 1 + digits];
                    report
                        .finding("number", segment)
                        .at_text(part)
                        .replacement("#")
                        .confidence(f64::from(self.settings.inner.level.max(1)));
                }
            }
            match self.settings.bad.as_deref() {
                Some("rule") => drop(report.finding("other", segment)),
                Some("state") => report.set_state(&vec![0_u8; state::MAX_BYTES + 1])?,
                Some("error") => return Err("cannot judge".into()),
                _ => {}
            }
        }
        report.set_state(&count)
    }
}

#[test]
fn settings_are_strict_and_errors_name_the_key() {
    for (json, named) in [
        (r#"{"bda": "x"}"#, "settings.bda: unknown key"),
        (
            r#"{"inner": {"levle": 1}}"#,
            "settings.inner.levle: unknown key",
        ),
        (r#"{"inner": {"level": "high"}}"#, "settings.inner.level"),
        (r#"{"inner": {"level": 300}}"#, "settings.inner.level"),
        (r#"{"inner": {}} x"#, "settings:"),
        ("[", "settings"),
    ] {
        let error = Harness::<Numbers>::new(json).err().expect(json).to_string();
        assert!(error.starts_with(named), "{json}: {error}");
    }
    for json in ["", "null", "{}", " {} "] {
        assert!(settings::parse::<Settings>(json).is_ok(), "{json}");
    }
    let error = Harness::<Numbers>::new(r#"{"bad": "data"}"#).err().unwrap();
    assert!(error.message().contains("missing.txt"));
}

#[test]
fn state_is_carried_and_bounded() {
    let mut harness = Harness::<Numbers>::new("").unwrap();
    harness.prompt("#1 #2").unwrap();
    harness.prompt("#3").unwrap();
    assert_eq!(
        state::decode::<u32>(&state::encode(&3_u32).unwrap()).unwrap(),
        3
    );
    assert_eq!(harness.state_bytes(), 1);
    assert!(state::encode(&vec![0_u8; state::MAX_BYTES + 1]).is_err());
    assert!(state::decode::<String>(&[200]).is_err());
    assert_eq!(state::decode::<u32>(&[]).unwrap(), 0);
}

#[test]
fn the_harness_refuses_what_a_host_refuses() {
    for (bad, named) in [
        ("rule", "not declared"),
        ("state", "bytes"),
        ("error", "cannot judge"),
    ] {
        let mut harness = Harness::<Numbers>::new(&format!(r#"{{"bad": "{bad}"}}"#)).unwrap();
        let error = harness.prompt("#1").expect_err(bad).to_string();
        assert!(error.contains(named), "{bad}: {error}");
    }
}

#[test]
fn the_severity_is_the_manifests_and_confidence_is_in_range() {
    let outcome = Harness::<Numbers>::new(r#"{"inner": {"level": 9}}"#)
        .unwrap()
        .prompt("é #12")
        .unwrap();
    assert_eq!(outcome.findings[0].severity, Severity::High);
    assert_eq!(outcome.findings[0].span, Some(3..6));
    assert!((outcome.findings[0].confidence - 1.0).abs() < f64::EPSILON);
    assert_eq!(outcome.applied(0, "é #12"), "é #");
}

#[test]
fn a_manifest_describes_itself() {
    let instance = crate::__private::Instance::<Numbers>::new();
    let manifest = instance.describe();
    assert_eq!(manifest.rules.len(), 1);
    assert!(manifest.settings_schema.contains("How to misbehave"));
    assert!(
        instance
            .inspect(context(), Vec::new(), &[])
            .unwrap_err()
            .contains("not configured")
    );
    instance.configure("").unwrap();
    assert!(instance.configure("").unwrap_err().contains("already"));
}

fn context() -> crate::__private::types::Context {
    crate::__private::types::Context {
        exchange: "e".into(),
        stage: Stage::Prompt.into(),
        tenant: None,
        principal: None,
        route: String::new(),
        model: None,
        time: 0,
        seed: 0,
        attributes: Vec::new(),
    }
}

#[test]
fn streams_come_to_the_same_however_they_are_cut() {
    let streamed = check_splits(
        || Harness::<Numbers>::new(""),
        &Input::assistant(""),
        "é #123 and #4, not # or #é #56",
    )
    .unwrap();
    assert_eq!(streamed.released, "é # and #, not # or #é #");
    assert_eq!(streamed.findings.len(), 3);
}

/// Forgets to hold.
struct Careless;

impl Plugin for Careless {
    type Settings = Settings;

    fn manifest(settings: &Settings) -> Manifest {
        Numbers::manifest(settings)
    }

    fn configure(_: Settings, _: &Data) -> Result<Self, Error> {
        Ok(Self)
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        for segment in call.segments {
            if let Some(start) = segment.text().find("#12") {
                report.finding("number", segment).at(start..start + 3);
            }
        }
        Ok(())
    }
}

#[test]
fn a_missing_hold_is_noticed() {
    assert!(
        check_splits(
            || Harness::<Careless>::new(""),
            &Input::assistant(""),
            "a #12 b"
        )
        .is_err()
    );
}

#[test]
fn cases_are_strict() {
    for (yaml, named) in [
        ("- { name: a, text: x }", "expects nothing"),
        ("- { name: a, none: true }", "either `text` or `segments`"),
        (
            "- { name: a, text: x, none: true, expect: [{ rule: r }] }",
            "contradict",
        ),
        (
            "- { name: a, stage: later, text: x, none: true }",
            "`later` is none of prompt, retrieval, output",
        ),
        (
            "- { name: a, segments: [{ role: me, text: x }], none: true }",
            "`me` is none of system",
        ),
        (
            "- { name: a, segments: [{ kind: words, text: x }], none: true }",
            "`words` is none of text",
        ),
        (
            "- { name: a, text: x, expct: [] }",
            "more, applied at line 1, column 23",
        ),
        ("- { name: a, text: x, expect: [{ rul: r }] }", "`rul`"),
        ("name: a", "line 1"),
    ] {
        let error = parse_cases(yaml).expect_err(yaml).to_string();
        assert!(error.contains(named), "{yaml}: {error}");
        assert!(error.contains("hint: "), "{yaml}: {error}");
        assert!(error.lines().count() < 3, "{yaml}: {error}");
    }
    let run = |yaml: &str| {
        parse_cases(yaml)
            .unwrap()
            .iter()
            .try_for_each(run_case::<Numbers>)
    };
    run("- { name: a, text: 'x #12', expect: [{ rule: number, text: '#12', span: [2, 5] }], applied: 'x #' }").unwrap();
    run("- { name: a, text: x, none: true }").unwrap();
    run("- { name: a, segments: [{ role: tool, kind: tool-result, text: '#1' }], expect: [{ rule: number, segment: 0 }] }").unwrap();
    for (wrong, told) in [
        (
            "- { name: a, text: '#1', none: true }",
            "nothing more was expected; found number in 0 at 0..2 (1.00)",
        ),
        (
            "- { name: a, text: '#1 #2', expect: [{ rule: number, text: '#1' }] }",
            "nothing more was expected; found number in 0 at 0..2 (1.00), number in 0 at 3..5 (1.00)",
        ),
        (
            "- { name: a, text: '#1', expect: [{ rule: number, segment: 1, text: '#1', span: [0, 1] }] }",
            "expected number in 1 on \"#1\" at 0..1; found number in 0 at 0..2 (1.00)",
        ),
        (
            "- { name: a, text: '#1', expect: [{ rule: number, max_confidence: 0.5 }] }",
            "expected number in 0 (0.00 to 0.50); found",
        ),
        (
            "- { name: a, text: '#1', expect: [{ rule: number, replacement: x }] }",
            "expected number in 0, to become \"x\"; found",
        ),
        (
            "- { name: a, text: 'x', expect: [{ rule: number }] }",
            "expected number in 0; found nothing",
        ),
        (
            "- { name: a, text: '#1', expect: [{ rule: number }], applied: x }",
            "expected the text \"x\"",
        ),
    ] {
        let error = run(wrong).expect_err(wrong).to_string();
        assert!(error.contains(told), "{wrong}: {error}");
    }
    assert_eq!(Case::default().text, None);
}

#[test]
fn debug_shows_no_text() {
    let segment = Input::user("hush").segment("hush", 0, 0, false);
    assert!(!format!("{segment:?}").contains("hush"));
}

proptest! {
    /// No report can be malformed, whatever offsets a plugin comes up with.
    #[test]
    fn spans_are_always_sound(text in "\\PC{0,40}", settled in 0_usize..50, start in 0_usize..60, end in 0_usize..60) {
        let segment = Input::new(Role::User, Kind::Text, "").segment(&text, 0, settled, true);
        let rules = [Rule::new("number", "A number")];
        let mut report = Report::new(&rules);
        report.finding("number", &segment).at(start..end).confidence(f64::NAN);
        report.edit(&segment, start..end, "x");
        report.hold(&segment, start);
        report.hold(&segment, end);
        let manifest = Manifest::new("a", "1", "").rules(rules.clone());
        let outcome = crate::testing::Outcome::checked(report.raw, &manifest, std::slice::from_ref(&segment)).unwrap();
        prop_assert_eq!(outcome.holds.len(), 1);
        prop_assert!(text.is_char_boundary(outcome.holds[0].1) && outcome.holds[0].1 >= segment.settled());
        outcome.applied(0, &text);
    }

    #[test]
    fn a_slice_knows_its_place(text in "\\PC{1,40}", at in 0_usize..40) {
        let segment = Input::user("").segment(&text, 0, 0, false);
        let at = crate::segment::floor_boundary(segment.text(), at);
        prop_assert_eq!(segment.range_of(&segment.text()[at..]), Some(at..text.len()));
        let elsewhere = String::from("elsewhere");
        prop_assert_eq!(segment.range_of(&elsewhere), None);
    }
}
