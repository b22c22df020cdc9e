//! Hostile guests that no compiler would make: core modules written by hand, and files that are
//! not components at all.
//!
//! `tests/guests/wat/base.wat` is a plugin that reports nothing. Each file beside it replaces one
//! or more of the base's parts; a part begins with a line `;; part: <name>`.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, anyhow};
use wit_component::{StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::compile::{component, write_if_changed};
use crate::place;

const MARK: &str = ";; part: ";

/// Writes all of them below `directory` and says how many there are.
pub(crate) fn write(directory: &Path) -> Result<usize> {
    let source = place::root().join("tests/guests/wat");
    let wit = std::fs::read_to_string(place::root().join("wit/policy.wit"))?;
    let base = std::fs::read_to_string(source.join("base.wat"))?;
    let mut written = 0;
    let mut put = |name: &str, bytes: &[u8]| -> Result<()> {
        written += 1;
        write_if_changed(&directory.join(format!("{name}.wasm")), bytes)?;
        Ok(())
    };
    for entry in std::fs::read_dir(&source)? {
        let path = entry?.path();
        let name = path
            .file_stem()
            .and_then(|stem| stem.to_str())
            .ok_or_else(|| anyhow!("a file name that is not UTF-8: {}", path.display()))?;
        let text = std::fs::read_to_string(&path)?;
        let bytes = if name == "base" {
            policy(&base, &wit)
        } else if text.starts_with("(component") {
            wat::parse_str(&text).map_err(Into::into)
        } else {
            variant(&base, &text, &wit)
        }
        .with_context(|| format!("assembling {}", path.display()))?;
        put(name, &bytes)?;
    }

    let plain = policy(&base, &wit)?;
    let later = |text: &str| text.replace("caponier:policy@0.1.0", "caponier:policy@9.0.0");
    let version = policy(&base.replace("guard@0.1.0", "guard@9.0.0"), &later(&wit))?;
    put("other-version", &version)?;
    put("core-module", &wat::parse_str(&base)?)?;
    put(
        "truncated",
        plain.get(..plain.len() / 2).unwrap_or_default(),
    )?;
    put("empty", &[])?;
    put("not-wasm", b"#!/bin/sh\necho this is no WebAssembly\n")?;
    Ok(written)
}

/// Puts the parts of a variant in the place of the base's. The parts `world` and `package` are WIT:
/// imports of the world, and the packages that they come from.
fn variant(base: &str, variant: &str, wit: &str) -> Result<Vec<u8>> {
    let mut parts: BTreeMap<String, String> = split(variant).into_iter().collect();
    parts.remove("");
    let mut wit = wit.to_owned();
    if let Some(imports) = parts.remove("world") {
        wit = wit.replace("world policy {", &format!("world policy {{ {imports}"));
    }
    if let Some(package) = parts.remove("package") {
        wit.push_str(&package);
    }
    let mut text = String::new();
    for (name, body) in split(base) {
        text.push_str(&parts.remove(&name).unwrap_or(body));
    }
    match parts.keys().next() {
        Some(name) => Err(anyhow!("the base has no part `{name}`")),
        None => policy(&text, &wit),
    }
}

fn split(text: &str) -> Vec<(String, String)> {
    let mut parts = vec![(String::new(), String::new())];
    for line in text.lines() {
        if let Some(name) = line.trim_start().strip_prefix(MARK) {
            parts.push((name.trim().to_owned(), String::new()));
        } else if let Some((_, body)) = parts.last_mut() {
            body.push_str(line);
            body.push('\n');
        }
    }
    parts
}

/// A component of a core module in text form that implements the `policy` world.
fn policy(text: &str, wit: &str) -> Result<Vec<u8>> {
    let mut module = wat::parse_str(text)?;
    let mut resolve = Resolve::default();
    let package = resolve.push_source("policy.wit", wit)?;
    let world = resolve.select_world(&[package], Some("policy"))?;
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8)?;
    component(&module)
}
