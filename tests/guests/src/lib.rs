//! A plugin that misbehaves in every way it is told to.
//!
//! The settings name the misbehaviour, `{"mode": "endless-loop"}`, and when it happens: `when` is
//! `configure`, `describe` (after `configure`), `always` (every `inspect`, the host's own warm-up
//! included) or, left out, `told`: only where a text says so, with the word `misbehave`. In all
//! other calls the plugin reports one honest finding of the rule `seen` for each text, so that a
//! test can tell a plugin that works from one that is ignored.

// Its exports have names that a native linker does not take.
#![cfg(target_arch = "wasm32")]

#[expect(unsafe_code, reason = "generated code")]
mod bindings {
    wit_bindgen::generate!({ path: "../../wit", world: "policy" });
    export!(Hostile with_types_in self);
    use super::Hostile;
}
mod burn;
mod leak;
mod lies;

use std::sync::{Mutex, MutexGuard, PoisonError};

use bindings::caponier::policy::types::{
    Context, Kind, Manifest, Report, Rule, Scope, Segment, Severity, Stage,
};
use bindings::exports::caponier::policy::guard::Guest;

/// The word that sets the misbehaviour off.
const WORD: &str = "misbehave";

#[derive(Clone, Default)]
struct Settings {
    mode: String,
    when: String,
}

static SETTINGS: Mutex<Settings> = Mutex::new(Settings {
    mode: String::new(),
    when: String::new(),
});

fn settings() -> MutexGuard<'static, Settings> {
    SETTINGS.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Hostile;

impl Guest for Hostile {
    fn describe() -> Manifest {
        let settings = settings().clone();
        if settings.when == "describe" {
            burn::act(&settings.mode, "");
            return lies::manifest(&settings.mode, manifest());
        }
        manifest()
    }

    fn configure(json: String) -> Result<(), String> {
        let value: serde_json::Value =
            serde_json::from_str(&json).map_err(|error| error.to_string())?;
        let text = |key: &str, otherwise: &str| {
            let found = value.get(key).and_then(serde_json::Value::as_str);
            found.unwrap_or(otherwise).to_owned()
        };
        let chosen = Settings {
            mode: text("mode", "none"),
            when: text("when", "told"),
        };
        if chosen.when == "configure" {
            if chosen.mode == "error" {
                return Err(format!("settings were {json}"));
            }
            burn::act(&chosen.mode, &json);
            leak::read_files(&chosen.mode)?;
        }
        *settings() = chosen;
        Ok(())
    }

    fn inspect(
        _context: Context,
        segments: Vec<Segment>,
        state: Vec<u8>,
    ) -> Result<Report, String> {
        let Settings { mode, when } = settings().clone();
        let told = when == "told" && segments.iter().any(|segment| segment.text.contains(WORD));
        let mut report = lies::honest(&segments);
        leak::remember(&mode, &segments, &state, &mut report);
        if told || when == "always" {
            let text = segments.first().map_or("", |segment| segment.text.as_str());
            burn::act(&mode, text);
            leak::copy(&mode, &segments, &mut report)?;
            lies::tell(&mode, &segments, &mut report);
        }
        Ok(report)
    }
}

fn manifest() -> Manifest {
    let rule = |id: &str, window| Rule {
        id: id.to_owned(),
        title: format!("The rule {id}"),
        severity: Severity::Low,
        category: None,
        window,
    };
    Manifest {
        name: "hostile".to_owned(),
        version: "1.0.0".to_owned(),
        description: "Misbehaves.".to_owned(),
        stages: vec![Stage::Prompt, Stage::Retrieval, Stage::Output],
        kinds: vec![
            Kind::Text,
            Kind::Query,
            Kind::ToolCall,
            Kind::ToolResult,
            Kind::ToolDescription,
            Kind::Document,
            Kind::Reasoning,
            Kind::Refusal,
            Kind::Citation,
            Kind::Structured,
            Kind::Other,
        ],
        scope: Scope::Stage,
        rules: vec![rule("seen", Some(64)), rule("remembered", None)],
        settings_schema: String::new(),
        attributes: Vec::new(),
    }
}
