//! A plugin's cases, run in the sandbox.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use caponier_component::{Call, Plugin};
use caponier_core::{
    Context, Kind, Mode, OnError, PluginSpec, Report, ReportLimits, Role, Segment, Severity, Stage,
    check,
};
use caponier_sdk::testing::{Change, Found, Input, Outcome, check_case, parse_cases};

use crate::Error;
use crate::sandbox::Sandbox;

/// How one case ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// The file that it stands in.
    pub file: PathBuf,
    /// What it shows.
    pub name: String,
    /// What was not as expected; nothing where it passed.
    pub failure: Option<String>,
    /// How long it took, the loading of the plugin not counted.
    pub seconds: f64,
}

/// Runs the cases of every YAML file below `folder`, or of one file, against a component, in the sandbox. The plugin
/// has every grant, and `data` as its directory, if there is one.
///
/// # Errors
/// A component that cannot be loaded, cases that cannot be read, no case at all.
pub fn test(
    component: &[u8],
    folder: &Path,
    data: Option<&Path>,
    wanted: &dyn Fn(&str) -> bool,
) -> Result<Vec<Verdict>, Error> {
    // Once, and not for each case.
    crate::check(component)?;
    let sandbox = Sandbox::new()?;
    // Cases with the same settings share a plugin: each call has an instance of its own.
    let mut loaded: BTreeMap<String, Result<Plugin, String>> = BTreeMap::new();
    let mut verdicts = Vec::new();
    for file in files(folder)? {
        let text = std::fs::read_to_string(&file).map_err(Error::file(&file))?;
        let cases = parse_cases(&text)
            .map_err(|error| Error::Cases(format!("{}: {error}", file.display())))?;
        for case in cases.iter().filter(|case| wanted(&case.name)) {
            let mut seconds = 0.0;
            let result = check_case(case, |settings, stage, inputs| {
                if !loaded.contains_key(settings) {
                    let plugin = if loaded.is_empty() {
                        sandbox
                            .load(component, settings, data)
                            .map(|(plugin, _)| plugin)
                    } else {
                        sandbox.load_quickly(component, settings, data)
                    };
                    loaded.insert(
                        settings.to_owned(),
                        plugin.map_err(|error| error.to_string()),
                    );
                }
                let plugin = match loaded.get(settings) {
                    Some(Ok(plugin)) => plugin,
                    Some(Err(error)) => return Err(error.as_str().into()),
                    None => return Err("it is not loaded".into()),
                };
                let started = std::time::Instant::now();
                let outcome = inspect(plugin, stage.as_str(), inputs);
                seconds = started.elapsed().as_secs_f64();
                outcome.map_err(|problem| problem.as_str().into())
            });
            let heard = sandbox.heard.take();
            let failure = result.err().map(|error| {
                let said = heard.iter().map(|line| format!("\nthe plugin logs {line}"));
                error.to_string() + &said.collect::<String>()
            });
            verdicts.push(Verdict {
                file: file.clone(),
                name: case.name.clone(),
                failure,
                seconds,
            });
        }
    }
    if verdicts.is_empty() {
        return Err(Error::Cases(format!(
            "{}: there is no such case\nhint: cases are YAML lists in files that end in .yaml or .yml; the plugin author's guide has their keys",
            folder.display()
        )));
    }
    Ok(verdicts)
}

/// The files below a folder; or the one file.
fn files(place: &Path) -> Result<Vec<PathBuf>, Error> {
    if place.is_file() {
        return Ok(vec![place.to_owned()]);
    }
    let mut files = Vec::new();
    for entry in std::fs::read_dir(place).map_err(Error::file(place))? {
        let path = entry.map_err(Error::file(place))?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        if path.is_dir() {
            files.extend(self::files(&path)?);
        } else if matches!(extension, Some("yaml" | "yml")) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// One call in a sandbox of its own, held against the contract as a host does.
fn inspect(plugin: &Plugin, stage: &str, inputs: &[Input]) -> Result<Outcome, String> {
    let stage = Stage::parse(stage).ok_or("no such stage")?;
    let manifest = plugin.manifest();
    if !manifest.stages.contains(&stage) {
        return Err(format!("the plugin does not work in stage {stage}"));
    }
    let segments: Vec<Segment> = inputs.iter().filter_map(segment).collect();
    // As in a host: it is shown the kinds that it asks for, and no others.
    let shown: Vec<&Segment> = segments
        .iter()
        .filter(|segment| manifest.kinds.contains(&segment.kind))
        .collect();
    let context = context(stage);
    let call = Call::new(&context, &shown, &[]);
    let report = plugin.inspect(&call).map_err(|fault| fault.to_string())?;
    let spec = PluginSpec {
        manifest: manifest.clone(),
        stages: manifest.stages.clone(),
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        rewrite: true,
        limits: ReportLimits::default(),
    };
    let report = check(report, &spec, &shown).map_err(|fault| fault.to_string())?;
    Ok(outcome(report))
}

/// What a plugin is told of the exchange, the same each time.
pub(crate) fn context(stage: Stage) -> Context {
    Context {
        exchange: "test".to_owned(),
        stage,
        tenant: None,
        principal: None,
        route: "/v1/*".to_owned(),
        model: None,
        time: 1_700_000_000_000,
        seed: 0x5eed_cafe_f00d_0001,
        attributes: Vec::new(),
    }
}

fn segment(input: &Input) -> Option<Segment> {
    let role = Role::parse(input.role.as_str())?;
    let kind = Kind::parse(input.kind.as_str())?;
    let mut segment = Segment::new(input.id, role, kind, &input.text);
    segment.name.clone_from(&input.name);
    segment.attributes.clone_from(&input.attributes);
    Some(segment)
}

fn outcome(report: Report) -> Outcome {
    let severity = |severity: Severity| match severity {
        Severity::Info => caponier_sdk::Severity::Info,
        Severity::Low => caponier_sdk::Severity::Low,
        Severity::Medium => caponier_sdk::Severity::Medium,
        Severity::High => caponier_sdk::Severity::High,
        Severity::Critical => caponier_sdk::Severity::Critical,
    };
    let findings = report.findings.into_iter().map(|finding| Found {
        rule: finding.rule,
        severity: severity(finding.severity),
        confidence: finding.confidence,
        segment: finding.segment,
        span: finding.span.map(|span| span.start..span.end),
        replacement: finding.replacement,
        message: finding.message,
        attributes: finding.attributes,
    });
    let edits = report.edits.into_iter().map(|edit| Change {
        segment: edit.segment,
        span: edit.span.start..edit.span.end,
        replacement: edit.replacement,
    });
    Outcome {
        findings: findings.collect(),
        edits: edits.collect(),
        holds: report
            .holds
            .iter()
            .map(|hold| (hold.segment, hold.start))
            .collect(),
        skipped: report.skipped.iter().map(|skip| skip.segment).collect(),
        notes: report
            .notes
            .into_iter()
            .map(|note| (note.segment, note.content))
            .collect(),
    }
}
