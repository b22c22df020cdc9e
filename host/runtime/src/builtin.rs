//! The plugins that are part of the program.

/// Name, component and bill of materials of each, in the order of the default chain.
const BUILTIN: &[(&str, &[u8], &str)] = include!(concat!(env!("OUT_DIR"), "/builtin.rs"));

/// The component of this name.
pub fn builtin(name: &str) -> Option<&'static [u8]> {
    BUILTIN
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, bytes, _)| *bytes)
}

/// The bill of materials of the component of this name: CycloneDX, as JSON.
pub fn builtin_sbom(name: &str) -> Option<&'static str> {
    BUILTIN
        .iter()
        .find(|(known, ..)| *known == name)
        .map(|(_, _, bill)| *bill)
}

/// The names of the built-in plugins, in the order of the default chain.
pub fn builtin_names() -> impl Iterator<Item = &'static str> {
    BUILTIN.iter().map(|(name, ..)| *name)
}
