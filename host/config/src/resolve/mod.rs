//! Raw types → resolved types: defaults filled in, values checked against one another.

mod gateway;
mod plugins;
mod rest;
mod verify;

use std::time::Duration;

use serde::Deserialize;

use crate::de::{NodeDeserializer, Problem};
use crate::error::{ConfigError, Warning};
use crate::root::{Cache, Config};
use crate::words::Mode;
use crate::yaml::{self, Node, Place, Segment, path_text};
use crate::{raw, secret};

/// No more errors than this are looked for in one file.
const MAX_ERRORS: usize = 20;

/// Text → configuration.
pub(crate) fn parse(name: &str, text: &str) -> Result<Config, Vec<ConfigError>> {
    let mut tree = yaml::read(text).map_err(|error| {
        vec![ConfigError {
            file: name.to_owned(),
            line: error.place.line,
            column: error.place.column,
            key_path: String::new(),
            message: error.message,
            hint: error.hint.map(str::to_owned),
        }]
    })?;
    if matches!(tree.value, yaml::Value::Null) {
        return Err(vec![ConfigError {
            file: name.to_owned(),
            line: 0,
            column: 0,
            key_path: String::new(),
            message: "is empty".to_owned(),
            hint: Some("begin with `version: 1`".to_owned()),
        }]);
    }
    let root = read_root(name, &mut tree)?;
    let mut scope = Scope {
        name,
        tree: &tree,
        errors: Vec::new(),
        warnings: Vec::new(),
    };
    let config = resolve(&mut scope, root);
    let Scope {
        mut errors,
        mut warnings,
        ..
    } = scope;
    if errors.is_empty() {
        warnings.sort_by_key(|warning| (warning.line, warning.column));
        Ok(Config { warnings, ..config })
    } else {
        errors.sort_by_key(|error| (error.line, error.column));
        Err(errors)
    }
}

/// Reads the raw types. What is wrong is taken out of the tree and reading begins anew, so that one
/// run reports more than the first error.
fn read_root(name: &str, tree: &mut Node) -> Result<raw::Root, Vec<ConfigError>> {
    let mut errors = Vec::new();
    loop {
        let problem = match raw::Root::deserialize(NodeDeserializer(tree)) {
            Ok(root) if errors.is_empty() => return Ok(root),
            Ok(_) => break,
            Err(problem) => problem,
        };
        let Problem {
            message,
            hint,
            place,
            missing,
            path,
            ..
        } = problem.outwards();
        let known = missing.is_some_and(|key| tree.find(&path).is_some_and(|node| node.lost(key)));
        if !known {
            let Place { line, column } = place.unwrap_or_else(|| tree.place_of(&path));
            errors.push(ConfigError {
                file: name.to_owned(),
                line,
                column,
                key_path: path_text(&path),
                message,
                hint,
            });
        }
        if path.is_empty() || !tree.remove(&path) || errors.len() >= MAX_ERRORS {
            break;
        }
    }
    errors.sort_by_key(|error| (error.line, error.column));
    Err(errors)
}

fn resolve(scope: &mut Scope<'_>, root: raw::Root) -> Config {
    if root.version != 1 {
        scope.error(
            &keys(["version"]),
            format!("version {} of this format is not known", root.version),
            Some("write `version: 1`"),
        );
    }
    let mode = root.mode.unwrap_or(Mode::Enforce);
    if mode == Mode::Monitor {
        scope.warn(&keys(["mode"]), "nothing acts: every text passes");
    }
    let limits = rest::limits(scope, root.limits);
    let plugins = plugins::plugins(scope, root.plugins);
    let gateway = root
        .gateway
        .map(|gateway| gateway::gateway(scope, gateway, &plugins, limits.hold_exceeded));
    let decision = root
        .decision
        .map(|decision| gateway::decision(scope, decision));
    let admin = root.admin.map(|admin| gateway::admin(scope, &admin));
    gateway::distinct_ports(scope, gateway.as_ref(), decision.as_ref(), admin.as_ref());
    let verify = verify::verify(scope, root.verify, &plugins);
    let threads = root
        .threads
        .map(|threads| scope.within(&keys(["threads"]), threads, 1, 1024));
    Config {
        name: scope.name.to_owned(),
        mode,
        gateway,
        decision,
        admin,
        plugins,
        rego: rest::rego(scope, root.rego),
        data: root
            .data
            .unwrap_or_default()
            .into_iter()
            .map(|path| path.0)
            .collect(),
        actions: rest::actions(scope, root.actions.unwrap_or_default()),
        limits,
        audit: root.audit.map(|audit| rest::audit(scope, audit)),
        verify,
        cache: root.cache.map_or(
            Cache {
                enabled: true,
                dir: None,
            },
            |cache| Cache {
                enabled: cache.enabled.unwrap_or(true),
                dir: cache.dir.map(|dir| dir.0),
            },
        ),
        threads: threads.map(as_usize),
        warnings: Vec::new(),
    }
}

/// What the checks of one file share.
struct Scope<'a> {
    name: &'a str,
    tree: &'a Node,
    errors: Vec<ConfigError>,
    warnings: Vec<Warning>,
}

impl Scope<'_> {
    fn place(&self, path: &[Segment]) -> Place {
        self.tree.place_of(path)
    }

    fn error(&mut self, path: &[Segment], message: impl Into<String>, hint: Option<&str>) {
        let Place { line, column } = self.place(path);
        self.errors.push(ConfigError {
            file: self.name.to_owned(),
            line,
            column,
            key_path: path_text(path),
            message: message.into(),
            hint: hint.map(str::to_owned),
        });
    }

    fn warn(&mut self, path: &[Segment], message: impl Into<String>) {
        let Place { line, column } = self.place(path);
        self.warnings.push(Warning {
            file: self.name.to_owned(),
            line,
            column,
            key_path: path_text(path),
            message: message.into(),
        });
    }

    /// The number, which must lie between two others.
    fn within(&mut self, path: &[Segment], value: u64, least: u64, most: u64) -> u64 {
        if !(least..=most).contains(&value) {
            self.error(
                path,
                format!("{value} is not between {least} and {most}"),
                None,
            );
        }
        value
    }

    /// The duration, which must not be zero.
    fn positive(&mut self, path: &[Segment], value: Duration) -> Duration {
        if value.is_zero() {
            self.error(
                path,
                "must be more than nothing",
                Some("0 does not mean \"no limit\""),
            );
        }
        value
    }
}

fn keys<const N: usize>(keys: [&str; N]) -> Vec<Segment> {
    keys.into_iter()
        .map(|key| Segment::Key(key.to_owned()))
        .collect()
}

fn join<const N: usize>(path: &[Segment], more: [&str; N]) -> Vec<Segment> {
    path.iter().cloned().chain(keys(more)).collect()
}

fn item(path: &[Segment], index: usize) -> Vec<Segment> {
    path.iter()
        .cloned()
        .chain([Segment::Index(index)])
        .collect()
}

fn as_usize(value: u64) -> usize {
    usize::try_from(value).unwrap_or(usize::MAX)
}

fn secret(raw: raw::Secret) -> secret::Secret {
    match raw {
        raw::Secret::Env(name) => secret::Secret::Env(name.0),
        raw::Secret::File(path) => secret::Secret::File(path.0),
    }
}
