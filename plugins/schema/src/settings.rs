//! What an operator may set.

use std::collections::BTreeMap;

use caponier_sdk::{Data, Error};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::compile::Compiler;
use crate::names::Table;
use crate::schema::{Id, Schemas};

/// The deepest that `depth` may say: what is deeper is not judged anywhere.
const DEEPEST: usize = 128;

/// What an operator may set.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// JSON Schemas by name, for `tools`, `results`, `answer` and `$ref`. Every file of the granted
    /// directory whose name ends in `.json` is one too, by its name without the ending.
    pub schemas: BTreeMap<String, Value>,
    /// What the arguments of tool calls must be, by the tool's name; `*` stands for any
    /// characters. A JSON Schema, or the name of one.
    pub tools: BTreeMap<String, Value>,
    /// What the structured results of MCP tools must be, in the same way; only with `mcp`.
    pub results: BTreeMap<String, Value>,
    /// What answers in text must be: JSON that fits this schema. A JSON Schema, or the name of one.
    pub answer: Option<Value>,
    /// Whether an answer may stand in a Markdown fence of its own.
    pub fenced: bool,
    /// What a call of a tool is that neither `tools` nor `known_tools` names.
    pub unknown_tools: UnknownTools,
    /// Tools that may be called with any arguments; `*` stands for any characters.
    pub known_tools: Vec<String>,
    /// Whether `format` decides; otherwise it is an annotation.
    pub formats: bool,
    /// How deep JSON may nest.
    pub depth: usize,
    /// Whether calls of MCP tools (stage `prompt`) and their structured results (`retrieval`) are
    /// judged too.
    pub mcp: bool,
}

/// What a call of an unknown tool is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownTools {
    /// Nothing to tell of.
    #[default]
    Allow,
    /// A finding.
    Report,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            schemas: BTreeMap::new(),
            tools: BTreeMap::new(),
            results: BTreeMap::new(),
            answer: None,
            fenced: false,
            unknown_tools: UnknownTools::default(),
            known_tools: Vec::new(),
            formats: true,
            depth: 64,
            mcp: false,
        }
    }
}

/// The settings, ready to judge by.
pub(crate) struct Compiled {
    pub(crate) schemas: Schemas,
    /// `None`: a tool that may be called with anything.
    pub(crate) tools: Table<Option<Id>>,
    pub(crate) results: Table<Option<Id>>,
    pub(crate) answer: Option<Id>,
}

impl Settings {
    /// Whether segments of plain text are of interest.
    pub(crate) fn judges_answers(&self) -> bool {
        self.answer.is_some()
    }

    pub(crate) fn compile(&self, data: &Data) -> Result<Compiled, Error> {
        if self.depth == 0 || self.depth > DEEPEST {
            return Err(Error::new(format!(
                "settings.depth: it must be from 1 to {DEEPEST}; hint: leave it out for 64"
            )));
        }
        if !self.results.is_empty() && !self.mcp {
            return Err(
                "settings.results: nothing reads it without `mcp`; hint: add `mcp: true`".into(),
            );
        }
        if self.fenced && self.answer.is_none() {
            return Err(
                "settings.fenced: nothing reads it without `answer`; hint: add `answer`".into(),
            );
        }
        if self.unknown_tools == UnknownTools::Report
            && self.tools.is_empty()
            && self.known_tools.is_empty()
        {
            return Err(
                "settings.unknown_tools: every tool would be unknown; hint: name them in `tools` or `known_tools`"
                    .into(),
            );
        }
        let mut compiler = Compiler::new(self.formats);
        for (name, schema) in &self.schemas {
            compiler
                .add(name, schema.to_string())
                .map_err(|error| in_setting("schemas", &error))?;
        }
        self.add_files(data, &mut compiler)?;
        let mut tools = roots(&mut compiler, "settings.tools", &self.tools)?;
        tools.extend(self.known_tools.iter().map(|name| (name.clone(), None)));
        let results = roots(&mut compiler, "settings.results", &self.results)?;
        let answer = self
            .answer
            .as_ref()
            .map(|answer| root(&mut compiler, "settings.answer", answer))
            .transpose()?;
        // One that nobody uses must be right as well: it will be used.
        for name in self.schemas.keys() {
            if let Some(source) = compiler.source(name) {
                compiler
                    .root(source)
                    .map_err(|error| in_setting("schemas", &error))?;
            }
        }
        Ok(Compiled {
            schemas: compiler.finish()?,
            tools: Table::new(tools),
            results: Table::new(results),
            answer,
        })
    }

    fn add_files(&self, data: &Data, compiler: &mut Compiler) -> Result<(), Error> {
        for file in data.names() {
            let Some(name) = file.strip_suffix(".json") else {
                continue;
            };
            if self.schemas.contains_key(name) {
                return Err(Error::new(format!(
                    "settings.schemas.{name}: the file {file} has the same name; hint: rename one of them"
                )));
            }
            let text = String::from_utf8(data.read(&file)?).map_err(|_| {
                Error::new(format!("{file}: it is not UTF-8; hint: save it as UTF-8"))
            })?;
            compiler.add(name, text)?;
        }
        Ok(())
    }
}

fn in_setting(key: &str, error: &Error) -> Error {
    Error::new(format!("settings.{key}.{error}"))
}

fn roots(
    compiler: &mut Compiler,
    place: &str,
    schemas: &BTreeMap<String, Value>,
) -> Result<Vec<(String, Option<Id>)>, Error> {
    let named = schemas.iter();
    named
        .map(|(name, schema)| {
            let id = root(compiler, &format!("{place}.{name}"), schema)?;
            Ok((name.clone(), Some(id)))
        })
        .collect()
}

/// A schema, or the name of one.
fn root(compiler: &mut Compiler, place: &str, schema: &Value) -> Result<Id, Error> {
    let source = match schema {
        Value::String(name) => compiler.source(name).ok_or_else(|| {
            Error::new(format!(
                "{place}: there is no schema `{name}`; hint: add it to `schemas`, or grant a directory with {name}.json"
            ))
        })?,
        schema => {
            compiler.add(place, schema.to_string())?;
            // What was added last is found by its name: places are unique.
            compiler.source(place).ok_or_else(|| Error::new(format!("{place}: it is not there")))?
        }
    };
    compiler.root(source)
}
