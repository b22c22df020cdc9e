//! `caponier pin-tools`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Read as _;
use std::process::ExitCode;

use anyhow::{Context as _, bail, ensure};
use caponier_protocol::{Asked, Format, Limits};
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::args::PinTools;

/// What compares. Every file of pins has it, so that each works by itself.
const RULES: &str = r#"
unpinned_tools contains segment.id if {
	pins := pinned_tools[input.context.route]
	some segment in input.segments
	segment.attributes.list == "tools"
	object.get(pins, object.get(segment, "name", ""), "") != segment.attributes.digest
}

drop contains segment if some segment in unpinned_tools

flag contains "a tool is not as it was pinned" if count(unpinned_tools) > 0
"#;

pub(crate) fn run(command: &PinTools) -> anyhow::Result<ExitCode> {
    let mut pins = BTreeMap::new();
    if command.files.is_empty() {
        let mut text = String::new();
        std::io::stdin()
            .read_to_string(&mut text)
            .context("cannot read standard input")?;
        read(&text, &mut pins).context("standard input")?;
    }
    for path in &command.files {
        let text = std::fs::read_to_string(path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        read(&text, &mut pins).with_context(|| path.display().to_string())?;
    }
    ensure!(
        !pins.is_empty(),
        "there is no tool in it\nhint: give the server's answer to `tools/list`"
    );
    anstream::print!("{}", policy(&command.route, &pins)?);
    Ok(ExitCode::SUCCESS)
}

/// An answer, or the part of one that holds the tools.
#[derive(Deserialize)]
struct Answer<'a> {
    #[serde(borrow)]
    tools: Option<&'a RawValue>,
}

/// Reads the tools of answers, which are bodies or events.
fn read(text: &str, pins: &mut BTreeMap<String, String>) -> anyhow::Result<()> {
    let text = text.trim_start_matches('\u{feff}').trim();
    if text.starts_with(['{', '[']) {
        return bodies(text, pins);
    }
    let data = |line: &str| line.strip_prefix("data:").map(str::to_owned);
    let data: Vec<String> = text.lines().filter_map(data).collect();
    bodies(&data.join("\n"), pins)
}

const NO_ANSWER: &str = "it is no answer to `tools/list`\nhint: each body is a JSON object";

fn bodies(text: &str, pins: &mut BTreeMap<String, String>) -> anyhow::Result<()> {
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let body = value.context("it is no JSON")?.get();
        // Serde also reads a structure from an array.
        ensure!(body.starts_with('{'), NO_ANSWER);
        let answer: Answer<'_> = serde_json::from_str(body).context(NO_ANSWER)?;
        let body = match answer.tools {
            Some(tools) => format!(r#"{{"jsonrpc":"2.0","id":1,"result":{{"tools":{tools}}}}}"#),
            None => body.to_owned(),
        };
        tools(body, pins)?;
    }
    Ok(())
}

/// The tools of one answer, as they are when they pass through.
fn tools(body: String, pins: &mut BTreeMap<String, String>) -> anyhow::Result<()> {
    let format = Format::Mcp(Asked::default());
    let mut answer = format.response(body.into_bytes(), 0, &Limits::default())?;
    for segment in answer.take() {
        let attribute = |name: &str| {
            let found = segment.attributes.iter().find(|(key, _)| key == name);
            found.map(|(_, value)| value.clone())
        };
        if attribute("list").as_deref() != Some("tools") {
            continue;
        }
        let digest = attribute("digest").unwrap_or_default();
        let Some(name) = segment.name else {
            bail!("a tool whose name is no plain word cannot be pinned");
        };
        let known = pins.entry(name.clone()).or_insert_with(|| digest.clone());
        ensure!(*known == digest, "two tools are named `{name}`");
    }
    Ok(())
}

fn policy(route: &str, pins: &BTreeMap<String, String>) -> anyhow::Result<String> {
    let mut text = String::from(
        "# Pins of an MCP server's tools, by `caponier pin-tools`: a tool that is not as it was is dropped.\n\
         # To accept what has changed, look at it and write this file anew.\n\
         package caponier\n\n",
    );
    let route = serde_json::to_string(route)?;
    writeln!(text, "pinned_tools[{route}] := {{")?;
    for (name, digest) in pins {
        let name = serde_json::to_string(name)?;
        writeln!(text, "\t{name}: \"{digest}\",")?;
    }
    text.push_str("}\n");
    text.push_str(RULES);
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOL: &str =
        r#"{"name": "echo", "description": "Says it again.", "inputSchema": {"type": "object"}}"#;

    fn pins(text: &str) -> anyhow::Result<BTreeMap<String, String>> {
        let mut pins = BTreeMap::new();
        read(text, &mut pins).map(|()| pins)
    }

    #[test]
    fn an_answer_is_read_in_every_form() {
        let body = format!(r#"{{"jsonrpc": "2.0", "id": 7, "result": {{"tools": [{TOOL}]}}}}"#);
        let wanted = pins(&body).unwrap();
        assert_eq!(wanted.keys().collect::<Vec<_>>(), ["echo"]);
        for other in [
            format!(r#"{{"tools": [{TOOL}]}}"#),
            format!("event: message\ndata: {body}\n\n"),
            format!("{body}\n{body}"),
            body.replace(": ", " :\n"),
        ] {
            assert_eq!(pins(&other).unwrap(), wanted, "{other}");
        }
        let changed = body.replace("again", "twice");
        assert_ne!(pins(&changed).unwrap(), wanted);
    }

    #[test]
    fn what_cannot_be_pinned_is_refused() {
        for (text, why) in [
            ("no", None),
            ("{", Some("no JSON")),
            ("[1]", Some("no answer")),
            (
                r#"{"tools": [{"name": "two words", "description": "x"}]}"#,
                Some("plain word"),
            ),
            (
                r#"{"tools": [{"name": "a", "description": "x y"}, {"name": "a"}]}"#,
                Some("two tools are named `a`"),
            ),
        ] {
            match (pins(text), why) {
                (Ok(pins), None) => assert!(pins.is_empty()),
                (Err(error), Some(why)) => {
                    assert!(format!("{error:#}").contains(why), "{error:#}");
                }
                (pins, _) => panic!("{text}: {pins:?}"),
            }
        }
    }

    #[test]
    fn the_policy_is_one() {
        let pins = BTreeMap::from([("echo".to_owned(), "sha256:00".to_owned())]);
        let text = policy("/mcp", &pins).unwrap();
        assert!(text.contains("pinned_tools[\"/mcp\"] := {\n\t\"echo\": \"sha256:00\",\n}"));
    }
}
