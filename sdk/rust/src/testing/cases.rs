//! Cases in YAML.
//!
//! A file is a list of cases:
//!
//! ```yaml
//! - name: an address in a sentence
//!   stage: prompt                 # default; or retrieval, output
//!   settings: { entities: [email] }
//!   text: write to ann@example.org
//!   expect:
//!     - { rule: email, text: ann@example.org, min_confidence: 0.9 }
//! - name: two segments
//!   segments:
//!     - { role: user, text: hello }
//!     - { role: document, kind: document, name: a.txt, text: hello, attributes: { trust: low } }
//!   none: true
//! ```
//!
//! `text` is short for one segment of a user. An expectation names its `rule` and, where it
//! matters, the `segment` (its place in the list), the `text` found or its `span` in bytes,
//! `min_confidence`, `max_confidence` and `replacement`. What is found must be what is expected,
//! no more and no less, unless `more: true`. `none: true` says that nothing is. `applied` is the
//! text of the first segment after everything found in it has been replaced.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use crate::testing::{Found, Harness, Input, Outcome};
use crate::{Error, Kind, Plugin, Role, Stage};

/// One case.
///
/// See the [example](parse_cases).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Case {
    /// What it shows.
    pub name: String,
    /// The stage; `prompt` where it is left out.
    pub stage: Option<String>,
    /// The plugin's settings.
    pub settings: Option<serde_json::Value>,
    /// One segment of a user.
    pub text: Option<String>,
    /// The segments, where there is no `text`.
    #[serde(default)]
    pub segments: Vec<CaseSegment>,
    /// What must be found.
    #[serde(default)]
    pub expect: Vec<Expectation>,
    /// Whether nothing must be found.
    #[serde(default)]
    pub none: bool,
    /// Whether more may be found than `expect` names.
    #[serde(default)]
    pub more: bool,
    /// The first segment's text after everything found in it has been replaced.
    pub applied: Option<String>,
}

/// One segment of a case.
///
/// See the [example](parse_cases).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CaseSegment {
    /// Whose it is; `user` where it is left out.
    pub role: Option<String>,
    /// What sort it is; `text` where it is left out.
    pub kind: Option<String>,
    /// The tool's or document's name.
    pub name: Option<String>,
    /// The text.
    pub text: String,
    /// Provenance and labels.
    #[serde(default)]
    pub attributes: BTreeMap<String, String>,
}

/// Something that must be found.
///
/// See the [example](parse_cases).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expectation {
    /// By which rule.
    pub rule: String,
    /// In which segment, by its place in the list.
    #[serde(default)]
    pub segment: u32,
    /// The text it covers.
    pub text: Option<String>,
    /// The bytes it covers: the first, and the one after the last.
    pub span: Option<(usize, usize)>,
    /// The least confidence.
    pub min_confidence: Option<f64>,
    /// The most confidence.
    pub max_confidence: Option<f64>,
    /// What is put in its place.
    pub replacement: Option<String>,
}

/// The cases of one file.
///
/// ```
/// use caponier_sdk::testing::{Case, CaseSegment, Expectation, parse_cases};
/// # use caponier_sdk::Error;
/// let yaml = r"
/// - name: a badge in a sentence
///   text: I am BADGE-123456.
///   expect:
///     - { rule: badge, text: BADGE-123456, min_confidence: 0.9 }
///   applied: I am [badge].
/// - name: a document that names none
///   stage: retrieval
///   segments:
///     - { role: document, kind: document, name: a.txt, text: We have badges., attributes: { trust: low } }
///   none: true
/// ";
///
/// let cases: Vec<Case> = parse_cases(yaml)?;
/// let expected: &Expectation = &cases[0].expect[0];
/// assert_eq!(expected.text.as_deref(), Some("BADGE-123456"));
/// let shown: &CaseSegment = &cases[1].segments[0];
/// assert_eq!(shown.attributes["trust"], "low");
///
/// // A case that would hold whatever is found is a mistake.
/// let error = parse_cases("[{ name: forgotten, text: hello }]").unwrap_err();
/// assert!(error.message().contains("`forgotten`: it expects nothing"));
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// Where the text is not a list of cases, or a case says nothing or contradicts itself.
pub fn parse_cases(yaml: &str) -> Result<Vec<Case>, Error> {
    let cases: Vec<Case> = serde_saphyr::from_str(yaml).map_err(|error| {
        Error::new(format!(
            "{}\nhint: a file is a list of cases; `caponier plugin new` writes some that can be copied",
            error.without_snippet()
        ))
    })?;
    for case in &cases {
        let wrong = if case.text.is_some() != case.segments.is_empty() {
            "it needs either `text` or `segments`; hint: `text` is short for one segment of a user"
                .to_owned()
        } else if case.none && !case.expect.is_empty() {
            "`none: true` and `expect` contradict each other; hint: leave one of them out"
                .to_owned()
        } else if !case.none && case.expect.is_empty() && case.applied.is_none() {
            "it expects nothing; hint: say `none: true`".to_owned()
        } else if let Err(error) = stage(case).and_then(|_| inputs(case)) {
            format!("{error}; hint: use one of these words")
        } else {
            continue;
        };
        return Err(Error::new(format!("case `{}`: {wrong}", case.name)));
    }
    Ok(cases)
}

/// Runs the cases of every `.yaml` file in a folder and answers how many there were.
///
/// ```
/// use caponier_sdk::testing::run_cases;
/// # use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule};
/// # struct Badges;
/// # impl Plugin for Badges {
/// #     type Settings = ();
/// #     fn manifest((): &()) -> Manifest {
/// #         Manifest::new("badges", "1.0.0", "Badges.").rule(Rule::new("badge", "Badge").window(12))
/// #     }
/// #     fn configure((): (), _: &Data) -> Result<Self, Error> {
/// #         Ok(Self)
/// #     }
/// #     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
/// #         for segment in call.segments {
/// #             for (start, _) in segment.text().match_indices("BADGE-") {
/// #                 report.finding("badge", segment).at(start..start + 12);
/// #             }
/// #             for start in 0..segment.text().len() {
/// #                 let end = &segment.text()[start..];
/// #                 if end.len() < 12 && (end.starts_with("BADGE-") || "BADGE-".starts_with(end)) {
/// #                     report.hold(segment, start);
/// #                 }
/// #             }
/// #         }
/// #         Ok(())
/// #     }
/// # }
/// # let folder = std::env::temp_dir().join(format!("caponier-sdk-cases-{}", std::process::id()));
/// # std::fs::create_dir_all(&folder).unwrap();
/// // In a project: `concat!(env!("CARGO_MANIFEST_DIR"), "/cases")`.
/// std::fs::write(folder.join("badges.yaml"), "
/// - { name: a badge, text: I am BADGE-123456., expect: [{ rule: badge, text: BADGE-123456 }] }
/// - { name: none, text: I am Ann., none: true }
/// ").unwrap();
/// assert_eq!(run_cases::<Badges>(&folder)?, 2);
///
/// std::fs::write(folder.join("worse.yaml"), "[{ name: no badge, text: BADGE-123456, none: true }]").unwrap();
/// let error = run_cases::<Badges>(&folder).unwrap_err();
/// assert!(error.message().contains("worse.yaml: no badge: "));
/// # std::fs::remove_dir_all(&folder).unwrap();
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// Lists every case that fails, and every file that cannot be read.
pub fn run_cases<P: Plugin>(folder: impl AsRef<Path>) -> Result<usize, Error> {
    let folder = folder.as_ref();
    let unreadable = |error: std::io::Error| Error::new(format!("{}: {error}", folder.display()));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            files.push(path);
        }
    }
    files.sort();
    let (mut count, mut failures) = (0, Vec::new());
    for file in files {
        let cases = std::fs::read_to_string(&file)
            .map_err(|error| Error::new(error.to_string()))
            .and_then(|yaml| parse_cases(&yaml));
        match cases {
            Err(error) => failures.push(format!("{}: {error}", file.display())),
            Ok(cases) => {
                count += cases.len();
                for case in cases {
                    if let Err(error) = run_case::<P>(&case) {
                        failures.push(format!("{}: {}: {error}", file.display(), case.name));
                    }
                }
            }
        }
    }
    if count == 0 {
        failures.push(format!("{}: there is no case", folder.display()));
    }
    if failures.is_empty() {
        Ok(count)
    } else {
        Err(Error::new(failures.join("\n")))
    }
}

/// Runs one case natively.
///
/// ```
/// use caponier_sdk::testing::{parse_cases, run_case};
/// # use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule};
/// # struct Badges;
/// # impl Plugin for Badges {
/// #     type Settings = ();
/// #     fn manifest((): &()) -> Manifest {
/// #         Manifest::new("badges", "1.0.0", "Badges.").rule(Rule::new("badge", "Badge").window(12))
/// #     }
/// #     fn configure((): (), _: &Data) -> Result<Self, Error> {
/// #         Ok(Self)
/// #     }
/// #     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
/// #         for segment in call.segments {
/// #             for (start, _) in segment.text().match_indices("BADGE-") {
/// #                 report.finding("badge", segment).at(start..start + 12);
/// #             }
/// #             for start in 0..segment.text().len() {
/// #                 let end = &segment.text()[start..];
/// #                 if end.len() < 12 && (end.starts_with("BADGE-") || "BADGE-".starts_with(end)) {
/// #                     report.hold(segment, start);
/// #                 }
/// #             }
/// #         }
/// #         Ok(())
/// #     }
/// # }
/// let cases = parse_cases("[{ name: prose, text: A badge is not a number., none: true }]")?;
/// for case in &cases {
///     run_case::<Badges>(case)?;
/// }
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// Says what was expected and not found, or found and not expected.
pub fn run_case<P: Plugin>(case: &Case) -> Result<(), Error> {
    check_case(case, |settings, stage, inputs| {
        Harness::<P>::new(settings)?.inspect(stage, inputs)
    })
}

/// Holds one case against whatever runs the plugin: `inspect` is given its settings in JSON, the
/// stage and what to show.
///
/// ```
/// use caponier_sdk::testing::{Harness, check_case, parse_cases};
/// # use caponier_sdk::{Call, Data, Error, Manifest, Plugin, Report, Rule};
/// # struct Badges;
/// # impl Plugin for Badges {
/// #     type Settings = ();
/// #     fn manifest((): &()) -> Manifest {
/// #         Manifest::new("badges", "1.0.0", "Badges.").rule(Rule::new("badge", "Badge").window(12))
/// #     }
/// #     fn configure((): (), _: &Data) -> Result<Self, Error> {
/// #         Ok(Self)
/// #     }
/// #     fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
/// #         for segment in call.segments {
/// #             for (start, _) in segment.text().match_indices("BADGE-") {
/// #                 report.finding("badge", segment).at(start..start + 12);
/// #             }
/// #             for start in 0..segment.text().len() {
/// #                 let end = &segment.text()[start..];
/// #                 if end.len() < 12 && (end.starts_with("BADGE-") || "BADGE-".starts_with(end)) {
/// #                     report.hold(segment, start);
/// #                 }
/// #             }
/// #         }
/// #         Ok(())
/// #     }
/// # }
/// let cases = parse_cases("[{ name: a badge, text: BADGE-123456, expect: [{ rule: badge }] }]")?;
/// // The same plugin, held to its cases in the middle of an exchange.
/// check_case(&cases[0], |settings, stage, inputs| {
///     let mut exchange = Harness::<Badges>::new(settings)?;
///     exchange.prompt("Hello.")?;
///     exchange.inspect(stage, inputs)
/// })?;
/// # Ok::<(), Error>(())
/// ```
///
/// # Errors
/// As [`run_case`]; and what `inspect` fails with.
pub fn check_case(
    case: &Case,
    inspect: impl FnOnce(&str, Stage, &[Input]) -> Result<Outcome, Error>,
) -> Result<(), Error> {
    let settings = case
        .settings
        .as_ref()
        .map(ToString::to_string)
        .unwrap_or_default();
    let stage = stage(case)?;
    let inputs = inputs(case)?;
    let outcome = inspect(&settings, stage, &inputs)?;
    let mut left: Vec<&Found> = outcome.findings.iter().collect();
    for expected in &case.expect {
        match left
            .iter()
            .position(|found| matches(expected, found, &inputs))
        {
            Some(at) => {
                left.remove(at);
            }
            None => {
                return Err(Error::new(format!(
                    "expected {}; found {}",
                    wanted(expected),
                    describe(&outcome)
                )));
            }
        }
    }
    if !case.more && !left.is_empty() && (case.none || !case.expect.is_empty()) {
        return Err(Error::new(format!(
            "nothing more was expected; found {}",
            describe(&outcome)
        )));
    }
    if let (Some(applied), Some(first)) = (&case.applied, inputs.first()) {
        let text = outcome.applied(first.id, &first.text);
        if text != *applied {
            return Err(Error::new(format!(
                "expected the text {applied:?}; it became {text:?}"
            )));
        }
    }
    Ok(())
}

fn stage(case: &Case) -> Result<Stage, Error> {
    case.stage.as_deref().unwrap_or("prompt").parse()
}

fn inputs(case: &Case) -> Result<Vec<Input>, Error> {
    if let Some(text) = &case.text {
        return Ok(vec![Input::user(text)]);
    }
    (0_u32..)
        .zip(&case.segments)
        .map(|(id, segment)| {
            let role: Role = segment.role.as_deref().unwrap_or("user").parse()?;
            let kind: Kind = segment.kind.as_deref().unwrap_or("text").parse()?;
            let mut input = Input::new(role, kind, &segment.text).id(id);
            input.name.clone_from(&segment.name);
            input.attributes = segment.attributes.clone().into_iter().collect();
            Ok(input)
        })
        .collect()
}

fn matches(expected: &Expectation, found: &Found, inputs: &[Input]) -> bool {
    let text = || {
        let input = inputs.iter().find(|input| input.id == found.segment)?;
        input
            .text
            .get(found.span.clone().unwrap_or(0..input.text.len()))
    };
    expected.rule == found.rule
        && expected.segment == found.segment
        && expected
            .text
            .as_deref()
            .is_none_or(|wanted| text() == Some(wanted))
        && expected
            .span
            .is_none_or(|(start, end)| found.span == Some(start..end))
        && expected
            .min_confidence
            .is_none_or(|least| found.confidence >= least)
        && expected
            .max_confidence
            .is_none_or(|most| found.confidence <= most)
        && (expected.replacement.is_none() || expected.replacement == found.replacement)
}

/// An expectation in the words of [`describe`].
fn wanted(expected: &Expectation) -> String {
    let mut words = format!("{} in {}", expected.rule, expected.segment);
    if let Some(text) = &expected.text {
        words.push_str(&format!(" on {text:?}"));
    }
    if let Some((start, end)) = expected.span {
        words.push_str(&format!(" at {start}..{end}"));
    }
    if expected.min_confidence.is_some() || expected.max_confidence.is_some() {
        let least = expected.min_confidence.unwrap_or(0.0);
        let most = expected.max_confidence.unwrap_or(1.0);
        words.push_str(&format!(" ({least:.2} to {most:.2})"));
    }
    if let Some(replacement) = &expected.replacement {
        words.push_str(&format!(", to become {replacement:?}"));
    }
    words
}

fn describe(outcome: &Outcome) -> String {
    if outcome.findings.is_empty() {
        return "nothing".into();
    }
    let place = |found: &Found| match &found.span {
        Some(span) => format!("at {span:?}"),
        None => "as a whole".to_owned(),
    };
    let found: Vec<String> = outcome
        .findings
        .iter()
        .map(|found| {
            format!(
                "{} in {} {} ({:.2})",
                found.rule,
                found.segment,
                place(found),
                found.confidence
            )
        })
        .collect();
    found.join(", ")
}
