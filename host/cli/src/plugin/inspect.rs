//! `caponier plugin inspect`

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context as _, bail};
use caponier_author::{Facts, Packs};
use serde_json::{Value, json};

use super::args::Inspect;
use super::{builtin_name, read};
use crate::args::Format;
use crate::pack::SHELL;
use crate::style::{BOLD, DIM, GOOD, WARN, shown};

pub(super) fn run(command: &Inspect) -> anyhow::Result<ExitCode> {
    if command.sbom {
        return sbom(command.look.component.file.as_deref());
    }
    let command = &command.look;
    let (path, component) = read(&command.component)?;
    let data = command.component.data.as_deref();
    let facts = caponier_author::inspect(&component, &command.settings, data, SHELL)
        .with_context(|| path.display().to_string())?;
    match command.format {
        Format::Json => anstream::println!("{}", as_json(&facts)),
        Format::Text => {
            anstream::println!("{DIM}{}{DIM:#}", path.display());
            text(&facts);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn sbom(file: Option<&Path>) -> anyhow::Result<ExitCode> {
    let bill = file
        .and_then(builtin_name)
        .and_then(caponier_runtime::builtin_sbom);
    let Some(bill) = bill else {
        let known: Vec<&str> = caponier_runtime::builtin_names().collect();
        bail!(
            "only built-in plugins come with a bill of materials\nhint: name one: builtin: and {}",
            known.join(", ")
        );
    };
    anstream::print!("{bill}");
    Ok(ExitCode::SUCCESS)
}

fn as_json(facts: &Facts) -> Value {
    let manifest = &facts.manifest;
    let metadata = &facts.metadata;
    let rules = manifest.rules.iter().map(|rule| {
        json!({
            "id": &*rule.id,
            "title": rule.title,
            "severity": rule.severity.as_str(),
            "category": rule.category.as_deref(),
            "window": rule.window,
        })
    });
    let (packs, reason) = match &facts.packs {
        Packs::Yes { bytes } => (Some(bytes), None),
        Packs::No { reason } => (None, Some(reason)),
    };
    json!({
        "name": &*manifest.name,
        "version": manifest.version,
        "description": manifest.description,
        "licence": metadata.licence,
        "source": metadata.source,
        "tools": metadata.tools.iter().map(|(name, version)| format!("{name} {version}")).collect::<Vec<_>>(),
        "digest": facts.digest,
        "bytes": facts.size,
        "stages": manifest.stages.iter().map(|stage| stage.as_str()).collect::<Vec<_>>(),
        "kinds": manifest.kinds.iter().map(|kind| kind.as_str()).collect::<Vec<_>>(),
        "scope": manifest.scope.as_str(),
        "rules": rules.collect::<Vec<_>>(),
        "settings_schema": facts.schema,
        "imports": facts.imports,
        "needs": facts.needs,
        "uses": facts.uses,
        "runs_as": facts.runs_as,
        "reason": facts.reason,
        "packs": packs.is_some(),
        "packed_bytes": packs,
        "packs_not_because": reason,
    })
}

fn text(facts: &Facts) {
    let manifest = &facts.manifest;
    let words = |list: Vec<&str>| match list.is_empty() {
        true => "none".to_owned(),
        false => list.join(", "),
    };
    let row =
        |name: &str, value: &str| anstream::println!("{DIM}{name:<12}{DIM:#} {}", shown(value));
    anstream::println!(
        "{BOLD}{} {}{BOLD:#} {}",
        manifest.name,
        shown(&manifest.version),
        shown(&manifest.description)
    );
    row("digest", &facts.digest);
    row("size", &format!("{} KiB", facts.size.div_ceil(1024)));
    let metadata = &facts.metadata;
    if let Some(licence) = &metadata.licence {
        row("licence", licence);
    }
    if let Some(source) = &metadata.source {
        row("source", source);
    }
    let tools: Vec<String> = metadata
        .tools
        .iter()
        .map(|(name, version)| format!("{name} {version}").trim().to_owned())
        .collect();
    row(
        "built with",
        &words(tools.iter().map(String::as_str).collect()),
    );
    row(
        "stages",
        &words(manifest.stages.iter().map(|stage| stage.as_str()).collect()),
    );
    row(
        "sees",
        &words(manifest.kinds.iter().map(|kind| kind.as_str()).collect()),
    );
    row("scope", manifest.scope.as_str());
    row(
        "imports",
        &words(facts.imports.iter().map(String::as_str).collect()),
    );
    match facts.needs.as_slice() {
        [] => row("grants", "it needs none"),
        needs => {
            let keys: Vec<String> = needs.iter().map(|need| format!("{need}: true")).collect();
            anstream::println!(
                "{DIM}{:<12}{DIM:#} {WARN}it needs{WARN:#} grants: {{ {} }}",
                "grants",
                keys.join(", ")
            );
        }
    }
    if !facts.uses.is_empty() {
        row("", &format!("it can use {}", facts.uses.join(", ")));
    }
    let reason = facts.reason.as_deref().map(|reason| format!(": {reason}"));
    row(
        "runs as",
        &format!("{}{}", facts.runs_as, reason.unwrap_or_default()),
    );
    match &facts.packs {
        Packs::Yes { bytes } => anstream::println!(
            "{DIM}{:<12}{DIM:#} {GOOD}yes{GOOD:#}, as {} KiB of a module",
            "in Envoy",
            bytes.div_ceil(1024)
        ),
        Packs::No { reason } => {
            let reason = reason.replace("\nhint: ", "; hint: ");
            anstream::println!(
                "{DIM}{:<12}{DIM:#} {WARN}no{WARN:#}: {}",
                "in Envoy",
                shown(&reason)
            );
        }
    }
    anstream::println!("\n{BOLD}rules{BOLD:#}");
    for rule in &manifest.rules {
        let window = rule
            .window
            .map_or("whole text".to_owned(), |window| format!("{window} bytes"));
        let category = rule.category.as_deref().unwrap_or_default();
        anstream::println!(
            "  {:<24} {:<9} {:<11} {:<12} {DIM}{}{DIM:#}",
            shown(&rule.id),
            rule.severity.as_str(),
            shown(category),
            window,
            shown(&rule.title)
        );
    }
    anstream::println!("\n{BOLD}settings{BOLD:#}");
    let rows = facts.schema.as_ref().map(settings).unwrap_or_default();
    if rows.is_empty() {
        anstream::println!("  none");
    }
    for [name, kind, default, description] in rows {
        anstream::println!("  {name:<24} {kind:<20} {default:<16} {DIM}{description}{DIM:#}");
    }
}

/// Each setting: name, type, default and description.
fn settings(schema: &Value) -> Vec<[String; 4]> {
    let properties = schema.get("properties").and_then(Value::as_object);
    let row = |(name, value): (&String, &Value)| {
        let target = value.get("$ref").and_then(Value::as_str);
        let target = target.and_then(|path| schema.pointer(path.strip_prefix('#')?));
        let get = |key: &str| value.get(key).or_else(|| target?.get(key));
        let kind = match (get("type"), get("enum")) {
            (_, Some(Value::Array(words))) => {
                let words: Vec<&str> = words.iter().filter_map(Value::as_str).collect();
                words.join("|")
            }
            (Some(Value::String(kind)), _) => kind.clone(),
            (Some(Value::Array(kinds)), _) => {
                let kinds: Vec<&str> = kinds.iter().filter_map(Value::as_str).collect();
                kinds.join("|")
            }
            _ => "any".to_owned(),
        };
        let default = get("default").map(ToString::to_string).unwrap_or_default();
        let description = get("description")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let first = description.lines().next().unwrap_or_default();
        [name, &kind, &default, first].map(|text| shown(text).into_owned())
    };
    properties.into_iter().flatten().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_a_table() {
        let schema = json!({
            "properties": {
                "mode": {"$ref": "#/$defs/Mode", "description": "How.\nMore."},
                "prefix": {"type": "string", "default": "T-"},
                "limit": {"type": ["integer", "null"]},
            },
            "$defs": {"Mode": {"enum": ["a", "b"]}},
        });
        let rows = settings(&schema);
        assert!(rows.contains(&["mode", "a|b", "", "How."].map(str::to_owned)));
        assert!(rows.contains(&["prefix", "string", "\"T-\"", ""].map(str::to_owned)));
        assert!(rows.contains(&["limit", "integer|null", "", ""].map(str::to_owned)));
        assert!(settings(&json!({"type": "object"})).is_empty());
    }
}
