//! What a component asks for, before anything of it runs.

use wasmparser::{Parser, Payload};

use crate::{Grants, LoadError};

/// The version of the contract that this host speaks.
pub(crate) const SUPPORTED: &str = "0.1.0";

const PACKAGE: &str = "caponier:policy";
const WASI: [&str; 6] = [
    "wasi:cli",
    "wasi:clocks",
    "wasi:filesystem",
    "wasi:io",
    "wasi:random",
    "wasi:sockets",
];

/// What a component asks for, checked against what it was granted.
pub(crate) struct Imports {
    /// The interfaces, as the component names them.
    pub(crate) names: Vec<String>,
    /// Whether it asks for WASI, which it gets empty.
    pub(crate) wasi: bool,
}

/// What a component imports, in its own order, whoever may have it.
///
/// # Errors
/// Where it is no component, speaks another version of the contract, or imports what no grant gives.
pub fn surface(component: &[u8]) -> Result<Vec<String>, LoadError> {
    let all = Grants {
        counters: true,
        rewrite: true,
        log: true,
    };
    check(component, all, usize::MAX).map(|checked| checked.names)
}

/// Reads a component's imports and exports and compares them with its grants.
pub(crate) fn check(component: &[u8], grants: Grants, limit: usize) -> Result<Imports, LoadError> {
    if component.len() > limit {
        return Err(LoadError::TooLarge {
            bytes: component.len(),
            limit,
        });
    }
    if !component.starts_with(b"\0asm") {
        return Err(LoadError::NotWasm);
    }
    if Parser::is_core_wasm(component) {
        return Err(LoadError::CoreModule);
    }
    let surface =
        read(component).map_err(|error| LoadError::Malformed(wasmtime::Error::new(error)))?;
    let mut wasi = false;
    for import in &surface.imports {
        wasi |= allowed(import, grants)?;
    }
    check_exports(&surface.exports)?;
    Ok(Imports {
        names: surface.imports,
        wasi,
    })
}

#[derive(Default)]
struct Surface {
    imports: Vec<String>,
    exports: Vec<String>,
}

fn read(component: &[u8]) -> Result<Surface, wasmparser::BinaryReaderError> {
    let mut surface = Surface::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        match payload? {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::ComponentImportSection(section) if depth == 0 => {
                for import in section {
                    surface.imports.push(import?.name.name.to_owned());
                }
            }
            Payload::ComponentExportSection(section) if depth == 0 => {
                for export in section {
                    surface.exports.push(export?.name.name.to_owned());
                }
            }
            _ => {}
        }
    }
    Ok(surface)
}

/// Whether the import may be had, and whether it is WASI's.
fn allowed(import: &str, grants: Grants) -> Result<bool, LoadError> {
    let (path, version) = import.split_once('@').unwrap_or((import, ""));
    let (package, interface) = path.split_once('/').unwrap_or((path, ""));
    if package == PACKAGE {
        if !speaks(version) {
            return Err(LoadError::Version {
                interface: import.to_owned(),
                supported: SUPPORTED,
            });
        }
        return match interface {
            "types" | "log" | "data" => Ok(false),
            "counters" if grants.counters => Ok(false),
            "counters" => Err(LoadError::NotGranted {
                import: import.to_owned(),
                grant: "counters",
            }),
            _ => Err(LoadError::UnknownImport {
                import: import.to_owned(),
            }),
        };
    }
    if WASI.contains(&package) && version.starts_with("0.2.") {
        return Ok(true);
    }
    Err(LoadError::UnknownImport {
        import: import.to_owned(),
    })
}

fn check_exports(exports: &[String]) -> Result<(), LoadError> {
    let guard = exports.iter().find_map(|export| {
        let (path, version) = export.split_once('@').unwrap_or((export, ""));
        (path == "caponier:policy/guard").then_some((export, version))
    });
    match guard {
        Some((_, version)) if speaks(version) => Ok(()),
        Some((export, _)) => Err(LoadError::Version {
            interface: export.clone(),
            supported: SUPPORTED,
        }),
        None => Err(LoadError::NoGuard {
            supported: SUPPORTED,
        }),
    }
}

/// Before 1.0, a version speaks to those that differ in the last number only.
fn speaks(version: &str) -> bool {
    let mut parts = version.split('.');
    parts.next() == Some("0")
        && parts.next() == Some("1")
        && parts
            .next()
            .is_some_and(|patch| patch.parse::<u32>().is_ok())
        && parts.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: Grants = Grants {
        counters: false,
        rewrite: false,
        log: false,
    };
    const ALL: Grants = Grants {
        counters: true,
        rewrite: true,
        log: true,
    };

    #[test]
    fn imports_against_grants() {
        let cases = [
            ("caponier:policy/log@0.1.0", NONE, Ok(false)),
            ("caponier:policy/types@0.1.7", NONE, Ok(false)),
            ("caponier:policy/data@0.1.0", NONE, Ok(false)),
            ("caponier:policy/counters@0.1.0", ALL, Ok(false)),
            (
                "caponier:policy/counters@0.1.0",
                NONE,
                Err("counters: true"),
            ),
            ("caponier:policy/secrets@0.1.0", ALL, Err("no grant gives")),
            (
                "caponier:policy/log@0.2.0",
                ALL,
                Err("speaks caponier:policy 0.1.0"),
            ),
            (
                "caponier:policy/log@1.0.0",
                ALL,
                Err("speaks caponier:policy 0.1.0"),
            ),
            (
                "caponier:policy/log",
                ALL,
                Err("speaks caponier:policy 0.1.0"),
            ),
            ("wasi:cli/environment@0.2.6", NONE, Ok(true)),
            (
                "wasi:http/outgoing-handler@0.2.6",
                ALL,
                Err("no grant gives"),
            ),
            ("wasi:cli/environment@0.3.0", ALL, Err("no grant gives")),
            ("env", ALL, Err("no grant gives")),
        ];
        for (import, grants, expected) in cases {
            let found = allowed(import, grants).map_err(|error| error.to_string());
            match (found, expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected, "{import}"),
                (Err(found), Err(expected)) => {
                    assert!(
                        found.contains(expected) && found.contains(import),
                        "{import}: {found}"
                    );
                }
                (found, _) => panic!("{import}: {found:?}"),
            }
        }
    }

    #[test]
    fn what_is_no_component_is_named() {
        let refused = |bytes: &[u8]| check(bytes, NONE, 100).err().unwrap().to_string();
        assert!(refused(b"").contains("not a WebAssembly component"));
        assert!(refused(b"(component)").contains("not a WebAssembly component"));
        assert!(refused(b"\0asm\x01\0\0\0").contains("core WebAssembly module"));
        assert!(refused(b"\0asm\x0d\0\x01\0\x07").contains("damaged"));
        assert!(refused(b"\0asm\x0d\0\x01\0").contains("does not export"));
        assert!(refused(&[0; 101]).contains("101 bytes"));
    }
}
