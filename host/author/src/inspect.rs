//! What a component is, what it asks for and what it finds.

use std::path::Path;

use caponier_component::{LoadError, Plugin};
use caponier_core::Manifest;
use caponier_pack::{Fuel, Input};
use serde_json::Value;

use crate::sandbox::{Sandbox, options};
use crate::{Error, Metadata};

/// Whether a plugin can run inside Envoy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Packs {
    /// It can, and makes the module this many bytes larger.
    Yes {
        /// The bytes.
        bytes: usize,
    },
    /// It cannot, and why.
    No {
        /// The import or the code that keeps it from it, and what to do.
        reason: String,
    },
}

/// What is known of a component.
#[derive(Debug)]
pub struct Facts {
    /// What the plugin says of itself under the settings it was given.
    pub manifest: Manifest,
    /// JSON Schema of its settings; nothing where it has none.
    pub schema: Option<Value>,
    /// What the component says of where it comes from.
    pub metadata: Metadata,
    /// Its digest: `sha256:…`.
    pub digest: String,
    /// Bytes.
    pub size: usize,
    /// The interfaces that it imports.
    pub imports: Vec<String>,
    /// The grants without which it is refused.
    pub needs: Vec<&'static str>,
    /// The grants that it can use, and works without.
    pub uses: Vec<&'static str>,
    /// How new instances are made: `snapshot` or `warm-spares`.
    pub runs_as: &'static str,
    /// Why it is no snapshot, where it is none.
    pub reason: Option<String>,
    /// Whether it packs.
    pub packs: Packs,
}

/// Looks at a component: loads it in the sandbox with every grant, and tries to pack it beside
/// `shell`.
///
/// # Errors
/// What keeps it from being loaded; a schema of settings that is none.
pub fn inspect(
    component: &[u8],
    settings: &str,
    data: Option<&Path>,
    shell: &[u8],
) -> Result<Facts, Error> {
    let sandbox = Sandbox::new()?;
    let (plugin, _) = sandbox.load(component, settings, data)?;
    let manifest = Manifest::clone(plugin.manifest());
    let schema = schema(&manifest.settings_schema)?;
    let imports = plugin.info().imports.clone();
    let has = |interface: &str| {
        let path = format!("caponier:policy/{interface}@");
        imports.iter().any(|import| import.starts_with(&path))
    };
    let needs = ["counters"].into_iter().filter(|name| has(name)).collect();
    let uses = ["log", "data"]
        .into_iter()
        .filter(|name| has(name))
        .collect();
    Ok(Facts {
        schema,
        metadata: Metadata::read(component)?,
        digest: plugin.digest().to_owned(),
        size: component.len(),
        needs,
        uses,
        runs_as: plugin.kind().as_str(),
        reason: plugin.info().reason.clone(),
        packs: packs(&sandbox, component, settings, data, shell, &plugin)?,
        imports,
        manifest,
    })
}

/// A schema has to be one: editors and `check` rely on it.
fn schema(text: &str) -> Result<Option<Value>, Error> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let schema: Value =
        serde_json::from_str(text).map_err(|error| Error::Schema(error.to_string()))?;
    jsonschema::meta::validate(&schema).map_err(|error| Error::Schema(error.to_string()))?;
    Ok(Some(schema))
}

fn packs(
    sandbox: &Sandbox,
    component: &[u8],
    settings: &str,
    data: Option<&Path>,
    shell: &[u8],
    plugin: &Plugin,
) -> Result<Packs, Error> {
    let no = |reason: String| Ok(Packs::No { reason });
    let snapshot = match sandbox.engine.snapshot(component, options(settings, data)) {
        Ok(snapshot) => snapshot,
        Err(error @ LoadError::NoSnapshot { .. }) => return no(error.to_string()),
        Err(error) => return Err(error.into()),
    };
    let limits = &plugin.info().limits;
    let packed = caponier_pack::Plugin {
        name: &snapshot.manifest.name,
        component: &snapshot.component,
        memory: u64::try_from(limits.memory).unwrap_or(u64::MAX),
        fuel: Fuel::for_time(limits.time_base, limits.time_per_mib),
        counters: true,
        bounds: true,
    };
    let module = |plugins: &[caponier_pack::Plugin<'_>]| {
        caponier_pack::pack(&Input {
            shell,
            plugins,
            config: &[],
            sections: &[],
        })
    };
    let with = match module(&[packed]) {
        Ok(module) => module.len(),
        Err(error) => return no(error.to_string()),
    };
    let without = module(&[]).map_or(shell.len(), |module| module.len());
    Ok(Packs::Yes {
        bytes: with.saturating_sub(without),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schema_is_one_or_is_refused() {
        assert_eq!(schema(" ").unwrap(), None);
        assert!(schema(r#"{"type": "object"}"#).unwrap().is_some());
        for bad in ["{", r#"{"type": "thing"}"#, r#"{"properties": 1}"#] {
            let error = schema(bad).unwrap_err().to_string();
            assert!(error.contains("not a JSON Schema"), "{bad}: {error}");
        }
    }
}
