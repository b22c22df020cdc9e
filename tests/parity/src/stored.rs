//! The cases that are stored: the policy's, each plugin's, and published texts where they are at
//! hand.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::{Value, json};

use crate::Result;
use crate::case::{Answer, Case, Manner, answer_of, asked, events, pieces, retrieved, stream_of};
use crate::hosts::root;
use crate::json::Style;
use crate::random::Random;

/// What the route `v1` has with the settings that they have by default; cases of the policy are for
/// it, too.
const BY_DEFAULT: &[&str] = &["policy", "pii", "secrets", "injection"];
/// What these find hangs on when they are asked, which is never the same moment in two hosts.
const BY_THE_CLOCK: &[&str] = &["quota"];
/// About as many cases of each plugin take part.
const CASES: usize = 16;
/// As many different settings of each plugin do.
const SETTINGS: usize = 2;

/// A case of either form. What it expects is its own tests' affair: here, hosts are compared.
#[derive(Debug, Deserialize)]
struct Stored {
    name: String,
    settings: Option<Value>,
    #[serde(default)]
    steps: Vec<Step>,
    #[serde(flatten)]
    own: Step,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Step {
    stage: Option<String>,
    text: Option<String>,
    #[serde(default)]
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, Deserialize)]
struct Segment {
    role: Option<String>,
    kind: Option<String>,
    name: Option<String>,
    text: String,
}

/// Everything that is stored.
#[derive(Debug, Default)]
pub struct Collection {
    /// The cases, in every way in which their texts may come.
    pub cases: Vec<Case>,
    /// How many they were in the files.
    pub stored: usize,
    /// Their texts, for other cases to be made of.
    pub texts: Vec<String>,
    /// Settings of plugins that some cases need, each with a route of that name: plugin, route,
    /// settings.
    pub settings: Vec<(String, String, Value)>,
}

/// Reads the cases of the policy and of every plugin.
///
/// # Errors
/// Where a file cannot be read, or says something else than cases.
pub fn collect() -> Result<Collection> {
    let mut folders = vec![("policy".to_owned(), root().join("tests/cases"))];
    for entry in std::fs::read_dir(root().join("plugins"))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        folders.push((name, entry.path().join("cases")));
    }
    folders.sort();
    let mut all = Collection::default();
    for (plugin, folder) in folders {
        let mut cases: Vec<Stored> = Vec::new();
        for file in yaml(&folder)? {
            let text = std::fs::read_to_string(&file)?;
            let read: Vec<Stored> = serde_saphyr::from_str(&text)
                .map_err(|error| format!("{}: {error}", file.display()))?;
            cases.extend(read);
        }
        for case in few(cases) {
            all.add(&plugin, case);
        }
    }
    Ok(all)
}

/// Cases from all over a plugin's, with few different settings: what each plugin finds in all of
/// them is its own tests' affair.
fn few(mut cases: Vec<Stored>) -> Vec<Stored> {
    let mut settings: Vec<Value> = Vec::new();
    cases.retain(|case| match &case.settings {
        Some(own) if !settings.contains(own) => {
            settings.push(own.clone());
            settings.len() <= SETTINGS
        }
        Some(own) => settings.iter().take(SETTINGS).any(|known| known == own),
        None => true,
    });
    let every = cases.len().div_ceil(CASES).max(1);
    cases.into_iter().step_by(every).collect()
}

fn yaml(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in
        std::fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?
    {
        let path = entry?.path();
        if path
            .extension()
            .is_some_and(|extension| extension == "yaml")
        {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

impl Collection {
    /// The route where the plugin alone looks, with these settings.
    fn route(&mut self, plugin: &str, settings: Value) -> String {
        let same = |(of, _, known): &&(String, String, Value)| of == plugin && *known == settings;
        if let Some((_, route, _)) = self.settings.iter().find(same) {
            return route.clone();
        }
        let route = format!("{plugin}-{}", self.settings.len());
        let entry = (plugin.to_owned(), route.clone(), settings);
        self.settings.push(entry);
        route
    }

    fn add(&mut self, plugin: &str, case: Stored) {
        self.stored += 1;
        let is_there = case.settings.is_none() && BY_DEFAULT.contains(&plugin);
        let route = if is_there || BY_THE_CLOCK.contains(&plugin) {
            "v1".to_owned()
        } else {
            self.route(plugin, case.settings.unwrap_or_else(|| json!({})))
        };
        let steps = if case.steps.is_empty() {
            vec![case.own]
        } else {
            case.steps
        };
        let name = format!("{plugin}: {}", case.name);
        let as_stored = exchange(&steps);
        for (way, body, answer) in as_stored {
            self.cases
                .push(Case::new(format!("{name}, {way}"), &body, answer).on(&route));
        }
        for text in steps.iter().flat_map(texts) {
            if !self.texts.contains(&text) {
                self.cases.extend(
                    everywhere(&name, &text)
                        .into_iter()
                        .map(|case| case.on(&route)),
                );
                self.texts.push(text);
            }
        }
    }
}

fn texts(step: &Step) -> Vec<String> {
    let segments = step.segments.iter().map(|segment| segment.text.clone());
    segments.chain(step.text.clone()).collect()
}

/// The steps of a case as one exchange: whole, and with a streamed answer.
fn exchange(steps: &[Step]) -> Vec<(&'static str, Value, Answer)> {
    let mut messages = Vec::new();
    let mut tools = Vec::new();
    let mut said = Vec::new();
    for step in steps {
        let own = step.text.iter().map(|text| Segment {
            role: None,
            kind: None,
            name: None,
            text: text.clone(),
        });
        for segment in step.segments.iter().cloned().chain(own) {
            match step.stage.as_deref().unwrap_or("prompt") {
                "output" => said.push(output(&segment)),
                stage => prompt(&segment, stage == "retrieval", &mut messages, &mut tools),
            }
        }
    }
    if messages.is_empty() {
        messages.push(json!({"role": "user", "content": "Go on, please."}));
    }
    let body = |is_streamed: bool| {
        let mut body = json!({"model": "m", "messages": messages, "stream": is_streamed});
        if let (Some(members), false) = (body.as_object_mut(), tools.is_empty()) {
            members.insert("tools".to_owned(), json!(tools));
        }
        body
    };
    if said.is_empty() {
        let manner = Manner {
            characters: 3,
            cut: None,
        };
        return vec![
            ("as stored", body(false), Answer::Echo(None)),
            (
                "as stored, streamed",
                body(true),
                Answer::Echo(Some(manner)),
            ),
        ];
    }
    let whole = answer_of(&said).to_string().into_bytes();
    let deltas = said.into_iter().enumerate().collect();
    let streamed = stream_of(deltas, Style::Plain, &mut Random::new(0));
    vec![
        ("as stored", body(false), Answer::Whole(200, whole)),
        (
            "as stored, streamed",
            body(true),
            Answer::Stream(streamed, None),
        ),
    ]
}

fn prompt(
    segment: &Segment,
    is_retrieved: bool,
    messages: &mut Vec<Value>,
    tools: &mut Vec<Value>,
) {
    let role = segment.role.as_deref().unwrap_or("user");
    let name = segment.name.as_deref().unwrap_or("search");
    let text = &segment.text;
    let id = format!("call_{}", messages.len());
    let call = |arguments: &str| {
        let function = json!({"name": name, "arguments": arguments});
        let call = json!({"id": id, "type": "function", "function": function});
        json!({"role": "assistant", "content": null, "tool_calls": [call]})
    };
    match segment.kind.as_deref() {
        Some("tool-call") => messages.push(call(text)),
        Some("tool-description") => {
            tools
                .push(json!({"type": "function", "function": {"name": name, "description": text}}));
        }
        Some("reasoning") => {
            messages.push(json!({"role": "assistant", "content": "", "reasoning_content": text}));
        }
        _ if is_retrieved || matches!(role, "tool" | "document") => {
            messages.push(call("{}"));
            messages.push(json!({"role": "tool", "tool_call_id": id, "content": text}));
        }
        _ => messages.push(json!({"role": role, "content": text})),
    }
}

fn output(segment: &Segment) -> Value {
    let text = &segment.text;
    match segment.kind.as_deref() {
        Some("tool-call") => {
            let function =
                json!({"name": segment.name.as_deref().unwrap_or("act"), "arguments": text});
            let call =
                json!({"index": 0, "id": "call_1", "type": "function", "function": function});
            json!({"role": "assistant", "content": null, "tool_calls": [call]})
        }
        Some("refusal") => json!({"role": "assistant", "content": null, "refusal": text}),
        Some("reasoning") => json!({"role": "assistant", "content": "", "reasoning_content": text}),
        _ => json!({"role": "assistant", "content": text}),
    }
}

/// A text wherever one may stand, and in a stream in several pieces and cuts.
fn everywhere(name: &str, text: &str) -> Vec<Case> {
    let ask = asked("Go on, please.", false);
    let answer = |fields| Answer::Whole(200, crate::case::whole(fields));
    let mut all = vec![
        Case::new(
            format!("{name}, asked"),
            &asked(text, false),
            Answer::Echo(None),
        ),
        Case::new(
            format!("{name}, retrieved"),
            &retrieved(&["Fine.", text]),
            Answer::Echo(None),
        ),
        Case::new(
            format!("{name}, answered"),
            &ask,
            answer(&[("content", text)]),
        ),
        Case::new(
            format!("{name}, reasoned"),
            &ask,
            answer(&[("content", "Well."), ("reasoning_content", text)]),
        ),
    ];
    for (characters, cut) in [
        (1, None),
        (3, None),
        (17, None),
        (100_000, None),
        (4, Some(61)),
        (5, Some(400)),
    ] {
        let name = format!("{name}, streamed by {characters} {cut:?}");
        let short = Manner {
            characters: characters.max(text.chars().count() / 40),
            cut,
        };
        all.push(Case::new(
            &name,
            &asked("Go on.", true),
            Answer::Stream(events(text, short), cut),
        ));
        if characters < 10 {
            all.push(Case::new(
                format!("{name}, echoed"),
                &asked(text, true),
                Answer::Echo(Some(short)),
            ));
        }
    }
    if text.len() < 200 {
        let manner = Manner {
            characters: 8,
            cut: Some(1),
        };
        all.push(Case::new(
            format!("{name}, byte by byte"),
            &asked("Go on.", true),
            Answer::Stream(events(text, manner), manner.cut),
        ));
    }
    let arguments = json!({"to": text, "n": [1, text]}).to_string();
    let call = json!({"index": 0, "id": "call_1", "type": "function", "function": {"name": "send", "arguments": ""}});
    let mut deltas = vec![(0, json!({"tool_calls": [call]}))];
    deltas.extend(
        pieces(&arguments, 5.max(arguments.len() / 40))
            .into_iter()
            .map(|piece| {
                (
                    0,
                    json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}),
                )
            }),
    );
    let streamed = stream_of(deltas, Style::Plain, &mut Random::new(0));
    all.push(Case::new(
        format!("{name}, called"),
        &asked("Go on.", true),
        Answer::Stream(streamed, None),
    ));
    all
}

/// Texts of published sets, where the folder is there: `CAPONIER_DATA`, or `../shared/data` beside
/// the checkout.
///
/// # Errors
/// Where a set is there and cannot be read.
pub fn published() -> Result<BTreeMap<String, Vec<String>>> {
    let folder = std::env::var_os("CAPONIER_DATA")
        .map_or_else(|| root().join("../shared/data"), PathBuf::from);
    let mut sets = BTreeMap::new();
    let Ok(entries) = std::fs::read_dir(&folder) else {
        return Ok(sets);
    };
    for entry in entries {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(name) = name.strip_suffix(".jsonl.gz") else {
            continue;
        };
        let mut lines = String::new();
        flate2::read::GzDecoder::new(std::fs::File::open(entry.path())?)
            .read_to_string(&mut lines)?;
        let mut texts = Vec::new();
        for line in lines.lines() {
            let row: Value = serde_json::from_str(line)?;
            texts.extend(row.get("text").and_then(Value::as_str).map(str::to_owned));
        }
        sets.insert(name.to_owned(), texts);
    }
    Ok(sets)
}
