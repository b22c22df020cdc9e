//! Plugins, and the secrets in their settings.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::{Scope, as_usize, item, join, keys};
use crate::plugins::{
    Bounds, Grants, Plugin, PluginLimits, PluginSource, SettingSecret, Settings, TimeLimit,
    default_chain,
};
use crate::raw;
use crate::scalars::{Span, is_env_name};
use crate::secret::Secret;
use crate::words::{Mode, OnError};
use crate::yaml::Segment;

const MIB: u64 = 1 << 20;

pub(super) fn plugins(scope: &mut Scope<'_>, raw: Option<Vec<raw::Plugin>>) -> Vec<Plugin> {
    let path = keys(["plugins"]);
    let Some(raw) = raw else {
        return default_chain().map(builtin).collect();
    };
    if raw.is_empty() {
        scope.warn(&path, "no plugin inspects anything");
    }
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    let mut plugins = Vec::new();
    for (index, raw) in raw.into_iter().enumerate() {
        let at = item(&path, index);
        let plugin = plugin(scope, &at, raw);
        if let Some(name) = plugin.known_name()
            && let Some(first) = names.insert(name.to_owned(), index)
        {
            let line = scope.place(&item(&path, first)).line;
            scope.error(
                &at,
                format!("the plugin in line {line} is called `{name}` too"),
                Some("give one of the two another `name`"),
            );
        }
        plugins.push(plugin);
    }
    plugins
}

fn builtin(name: &str) -> Plugin {
    let mut settings = serde_json::Map::new();
    if name == "pii" {
        settings.insert("restore".to_owned(), Value::Bool(true));
    }
    Plugin {
        source: PluginSource::Builtin(name.to_owned()),
        name: None,
        stages: None,
        settings: Settings {
            value: Value::Object(settings),
            secrets: Vec::new(),
        },
        limits: PluginLimits::default(),
        on_error: OnError::Deny,
        mode: Mode::Enforce,
        grants: None,
        digest: None,
        bounds: Bounds::Trusted,
        place: (0, 0),
    }
}

fn plugin(scope: &mut Scope<'_>, path: &[Segment], raw: raw::Plugin) -> Plugin {
    let source = raw.source.0;
    let is_builtin = matches!(source, PluginSource::Builtin(_));
    if is_builtin && raw.digest.is_some() {
        scope.error(
            &join(path, ["digest"]),
            "a built-in plugin has no file",
            Some("remove it"),
        );
    }
    if raw.stages.as_ref().is_some_and(Vec::is_empty) {
        scope.error(
            &join(path, ["stages"]),
            "names no stage",
            Some("remove the key for all stages it declares"),
        );
    }
    let on_error = raw.on_error.unwrap_or(OnError::Deny);
    if on_error == OnError::Allow {
        scope.warn(
            &join(path, ["on_error"]),
            "whoever makes this plugin fail gets past it",
        );
    }
    let mode = raw.mode.unwrap_or(Mode::Enforce);
    if mode == Mode::Monitor {
        scope.warn(&join(path, ["mode"]), "what this plugin finds does not act");
    }
    let bounds = raw.bounds.unwrap_or(if is_builtin {
        Bounds::Trusted
    } else {
        Bounds::Checked
    });
    if bounds == Bounds::Trusted && !is_builtin {
        scope.warn(
            &join(path, ["bounds"]),
            "a stray memory access of this plugin can stop a whole Envoy worker's filter",
        );
    }
    let grants = raw.grants.map(|raw| Grants {
        data: raw.data.map(|path| path.0),
        counters: raw.counters.unwrap_or(false),
        // The built-in ones word their replacements, whatever else they are granted.
        rewrite: raw.rewrite.unwrap_or(is_builtin),
        log: raw.log.unwrap_or(false),
    });
    if grants.as_ref().is_some_and(|grants| grants.log) {
        scope.warn(
            &join(path, ["grants", "log"]),
            "this plugin can write what it sees to the log",
        );
    }
    let place = scope.place(path);
    Plugin {
        source,
        name: raw.name.map(|name| name.0),
        stages: raw.stages,
        settings: settings(
            scope,
            &join(path, ["settings"]),
            raw.settings.unwrap_or_default(),
        ),
        limits: limits(scope, &join(path, ["limits"]), raw.limits),
        on_error,
        mode,
        grants,
        digest: raw.digest.map(|digest| digest.0),
        bounds,
        place: (place.line, place.column),
    }
}

impl Default for PluginLimits {
    fn default() -> Self {
        Self {
            memory: 64 * MIB,
            time: TimeLimit {
                base: Duration::from_millis(20),
                per_mib: Duration::from_millis(150),
            },
            host_call_bytes: 16 * MIB,
            findings: 10_000,
            output: 8 * MIB,
            state: 256 << 10,
        }
    }
}

fn limits(scope: &mut Scope<'_>, path: &[Segment], raw: Option<raw::PluginLimits>) -> PluginLimits {
    let default = PluginLimits::default();
    let Some(raw) = raw else { return default };
    let at = |key: &str| join(path, [key]);
    let mut time = default.time;
    if let Some(raw) = raw.time {
        let mut read = |key: &str, value: Option<Span>, default: Duration| {
            scope.positive(
                &join(path, ["time", key]),
                value.map_or(default, |value| value.0),
            )
        };
        time = TimeLimit {
            base: read("base", raw.base, time.base),
            per_mib: read("per_mib", raw.per_mib, time.per_mib),
        };
    }
    let mut size = |key: &str, value: Option<u64>, default: u64, least: u64, most: u64| {
        scope.within(&at(key), value.unwrap_or(default), least, most)
    };
    PluginLimits {
        memory: size(
            "memory",
            raw.memory.map(|size| size.0),
            default.memory,
            MIB,
            4096 * MIB,
        ),
        time,
        host_call_bytes: size(
            "host_call_bytes",
            raw.host_call_bytes.map(|size| size.0),
            default.host_call_bytes,
            1 << 10,
            1024 * MIB,
        ),
        findings: as_usize(size(
            "findings",
            raw.findings,
            default.findings as u64,
            1,
            1_000_000,
        )),
        output: size(
            "output",
            raw.output.map(|size| size.0),
            default.output,
            1 << 10,
            1024 * MIB,
        ),
        state: size(
            "state",
            raw.state.map(|size| size.0),
            default.state,
            0,
            256 << 10,
        ),
    }
}

/// Takes the secrets out of the settings.
fn settings(scope: &mut Scope<'_>, path: &[Segment], raw: BTreeMap<String, Value>) -> Settings {
    let mut value = Value::Object(raw.into_iter().collect());
    let mut secrets = Vec::new();
    if let Value::Object(map) = &mut value {
        // The settings as a whole are not a secret, whatever they are called.
        for (key, value) in map {
            take_secrets(
                scope,
                &join(path, [key.as_str()]),
                &format!("/{}", escaped(key)),
                value,
                &mut secrets,
            );
        }
    }
    Settings { value, secrets }
}

fn take_secrets(
    scope: &mut Scope<'_>,
    path: &[Segment],
    pointer: &str,
    value: &mut Value,
    secrets: &mut Vec<SettingSecret>,
) {
    if let Some(secret) = as_secret(value) {
        let usable = match &secret {
            Secret::Env(name) => is_env_name(name),
            Secret::File(path) => !path.is_empty() && !path.contains('\0'),
        };
        if !usable {
            scope.error(
                path,
                "names neither an environment variable nor a file",
                Some("write `{ env: NAME }` or `{ file: PATH }`"),
            );
        }
        secrets.push(SettingSecret {
            pointer: pointer.to_owned(),
            secret,
        });
        *value = Value::Null;
        return;
    }
    match value {
        Value::Array(items) => {
            for (index, value) in items.iter_mut().enumerate() {
                take_secrets(
                    scope,
                    &item(path, index),
                    &format!("{pointer}/{index}"),
                    value,
                    secrets,
                );
            }
        }
        Value::Object(map) => {
            for (key, value) in map {
                take_secrets(
                    scope,
                    &join(path, [key.as_str()]),
                    &format!("{pointer}/{}", escaped(key)),
                    value,
                    secrets,
                );
            }
        }
        Value::String(_) if looks_secret(path) => {
            scope.warn(path, "looks like a secret in the file itself: `{ env: NAME }` or `{ file: PATH }` keep it out");
        }
        _ => {}
    }
}

/// A mapping with `env` or `file` as its only key and a string as its value.
fn as_secret(value: &Value) -> Option<Secret> {
    let map = value.as_object().filter(|map| map.len() == 1)?;
    let (key, value) = map.iter().next()?;
    let text = value.as_str()?.to_owned();
    match key.as_str() {
        "env" => Some(Secret::Env(text)),
        "file" => Some(Secret::File(text)),
        _ => None,
    }
}

fn looks_secret(path: &[Segment]) -> bool {
    let Some(Segment::Key(key)) = path.last() else {
        return false;
    };
    key.to_ascii_lowercase().split(['_', '-', '.']).any(|part| {
        matches!(
            part,
            "key"
                | "apikey"
                | "token"
                | "password"
                | "passwd"
                | "secret"
                | "credential"
                | "credentials"
        )
    })
}

/// A key as a part of a JSON Pointer.
fn escaped(key: &str) -> String {
    key.replace('~', "~0").replace('/', "~1")
}
