//! What a component shows of itself: whether it is one, what it imports and exports.

use serde::{Deserialize, Serialize};
use wasmparser::{ComponentExternalKind, Parser, Payload, Validator, WasmFeatures};

use crate::error::Error;

/// The names that a component imports and exports.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub struct Surface {
    /// Its imports.
    pub imports: Vec<String>,
    /// Its exports.
    pub exports: Vec<String>,
    /// The world it was built for, where that is known.
    #[serde(default)]
    pub target: Option<String>,
}

/// What bytes are that are no component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A core module.
    Module,
    /// A component that ends too early or is damaged.
    Damaged,
    /// No WebAssembly at all.
    Foreign,
}

impl Kind {
    pub(crate) fn says(self) -> &'static str {
        match self {
            Self::Module => "a core WebAssembly module, not a component",
            Self::Damaged => "a component that is cut off or damaged",
            Self::Foreign => "not WebAssembly",
        }
    }

    pub(crate) fn hint(self) -> &'static str {
        match self {
            Self::Module => {
                "make a component of it with `caponier plugin build`, or push a packed module with --target envoy"
            }
            Self::Damaged => "build it again with `caponier plugin build`",
            Self::Foreign => "name the `.wasm` file that `caponier plugin build` makes",
        }
    }
}

const MODULE: &[u8] = b"\0asm\x01\0\0\0";
const COMPONENT: &[u8] = b"\0asm\x0d\0\x01\0";

/// Whether bytes begin as a component does.
pub(crate) fn check_preamble(what: &str, bytes: &[u8]) -> Result<(), Error> {
    let kind = if bytes.starts_with(COMPONENT) {
        return Ok(());
    } else if bytes.starts_with(MODULE) {
        Kind::Module
    } else {
        Kind::Foreign
    };
    Err(Error::NotAComponent {
        what: what.to_owned(),
        kind,
    })
}

/// Reads the outermost imports and exports.
///
/// # Errors
/// [`Error::NotAComponent`].
pub fn surface(what: &str, bytes: &[u8]) -> Result<Surface, Error> {
    check_preamble(what, bytes)?;
    let damaged = |_| Error::NotAComponent {
        what: what.to_owned(),
        kind: Kind::Damaged,
    };
    let mut surface = Surface {
        imports: Vec::new(),
        exports: Vec::new(),
        target: None,
    };
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(bytes) {
        match payload.map_err(damaged)? {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 1 => {
                for import in section {
                    surface
                        .imports
                        .push(import.map_err(damaged)?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 1 => {
                for export in section {
                    let export = export.map_err(damaged)?;
                    // Types are exported for others' use of them, not to be called.
                    if export.kind != ComponentExternalKind::Type {
                        surface.exports.push(export.name.name.to_owned());
                    }
                }
            }
            _ => {}
        }
    }
    Ok(surface)
}

/// Checks everything down to the code, by whatever features there are: which of them a host offers
/// is the host's affair.
///
/// # Errors
/// [`Error::NotAComponent`].
pub(crate) fn check(what: &str, bytes: &[u8]) -> Result<(), Error> {
    let valid = Validator::new_with_features(WasmFeatures::all()).validate_all(bytes);
    valid.map(|_| ()).map_err(|_| Error::NotAComponent {
        what: what.to_owned(),
        kind: Kind::Damaged,
    })
}

#[cfg(test)]
mod tests {
    use super::{Kind, check, surface};
    use crate::error::Error;

    fn kind(bytes: &[u8]) -> Option<Kind> {
        match surface("x", bytes) {
            Err(Error::NotAComponent { kind, .. }) => Some(kind),
            _ => None,
        }
    }

    #[test]
    fn only_the_outermost_names_count() {
        let bytes = wat::parse_str(
            r#"(component
                (import "a:b/c@1.0.0" (instance $i (export "f" (func))))
                (component (import "x:y/inner" (func)))
                (core module (func (export "core")))
                (alias export $i "f" (func $f))
                (export "g" (func $f)))"#,
        )
        .unwrap();
        let found = surface("x", &bytes).unwrap();
        assert_eq!(found.imports, ["a:b/c@1.0.0"]);
        assert_eq!(found.exports, ["g"]);
        // Each prefix is refused, or ends between two sections: nothing panics.
        for end in 0..bytes.len() {
            assert!(kind(&bytes[..end]).is_some() || surface("x", &bytes[..end]).is_ok());
        }
        assert_eq!(kind(&bytes[..bytes.len() - 1]), Some(Kind::Damaged));
    }

    #[test]
    fn what_is_no_component_is_named() {
        assert_eq!(
            kind(&wat::parse_str("(module)").unwrap()),
            Some(Kind::Module)
        );
        assert_eq!(kind(b""), Some(Kind::Foreign));
        assert_eq!(kind(b"#!/bin/sh"), Some(Kind::Foreign));
        assert_eq!(kind(b"\0asm\x0d\0\x01\0\xff\xff"), Some(Kind::Damaged));
    }

    /// Sections that lie where they should say nothing of what is in them.
    #[test]
    fn damage_in_the_code_is_found() {
        let good =
            wat::parse_str(r#"(component (core module (func (result i32) i32.const 0x1234567)))"#)
                .unwrap();
        assert!(check("x", &good).is_ok());
        let constant = good
            .windows(5)
            .position(|bytes| bytes == [0x41, 0xe7, 0x8a, 0x8d, 0x09]);
        for changed in [0x0b, 0x42, 0xff] {
            let mut bad = good.clone();
            bad[constant.unwrap()] = changed;
            assert!(surface("x", &bad).is_ok());
            assert!(check("x", &bad).is_err(), "{changed:#x}");
        }
    }
}
