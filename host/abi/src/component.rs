//! From a component to the one core module that it is about.
//!
//! What wit-component puts around that module, a shim and a fixup that tie the knot of lowered
//! imports, is recognised by having no memory and no state, and left behind: who calls the module
//! without a component runtime has glue of its own.

use std::ops::Range;

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ExternalKind, Instance, Parser, Payload,
};

/// A component's core module, and the names by which the component calls it.
#[derive(Clone, Debug)]
pub struct CoreModule<'a> {
    /// The module.
    pub module: &'a [u8],
    /// Its place among the component's core modules.
    pub index: usize,
    /// The memory that arguments and results lie in.
    pub memory: &'a str,
    /// The function behind `inspect`: the address of its arguments for that of its result.
    pub inspect: &'a str,
    /// The function that finds room: `cabi_realloc`.
    pub realloc: &'a str,
    /// The function that is called with the result once it was read.
    pub post_return: Option<&'a str>,
}

/// Why a component is not about one core module that can be called without a component runtime.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotOneModule {
    /// No component.
    #[error("it is no WebAssembly component; hint: caponier plugin build")]
    NotComponent,
    /// Bytes that make no sense, or use proposals that are not accepted.
    #[error(
        "its code is not valid here: {0}; hint: build it for wasm32-unknown-unknown without target features that are not in WebAssembly 2.0, or run it in the standalone host"
    )]
    Malformed(#[from] wasmparser::BinaryReaderError),
    /// It asks for WASI.
    #[error(
        "it imports `{import}`; hint: build it for wasm32-unknown-unknown, or run it in the standalone host"
    )]
    Wasi {
        /// The import.
        import: String,
    },
    /// It asks for what no host has.
    #[error(
        "it imports `{import}`, which is not part of the contract; hint: caponier plugin inspect"
    )]
    Import {
        /// The import.
        import: String,
    },
    /// More than one module with a life of its own.
    #[error(
        "it is made of {count} core modules; hint: run it in the standalone host, or build it as one module for wasm32-unknown-unknown"
    )]
    Modules {
        /// How many.
        count: usize,
    },
    /// Resources, streams, futures, threads.
    #[error("it uses `{what}`; hint: run it in the standalone host")]
    Builtin {
        /// The canonical built-in.
        what: String,
    },
    /// No `inspect`.
    #[error(
        "it does not export `caponier:policy/guard@0.1.0`; hint: caponier plugin new shows a plugin that does"
    )]
    NoGuard,
    /// Its export is lifted in a way that is not expected.
    #[error(
        "its `inspect` is not lifted as the contract's tools do it: {0}; hint: build it with wit-bindgen and wit-component, strings as UTF-8"
    )]
    Lift(&'static str),
}

/// `describe`, `configure`, `inspect`.
const GUARD_FUNCTIONS: usize = 3;

#[derive(Default)]
struct Surface<'a> {
    modules: Vec<Range<usize>>,
    nested_modules: usize,
    imports: Vec<String>,
    /// The module that each core instance is of, if it is of one.
    instances: Vec<Option<u32>>,
    functions: Vec<Option<(u32, &'a str)>>,
    memories: Vec<(u32, &'a str)>,
    /// The instances that let others have one of their tables, or all they export.
    shared: Vec<u32>,
    /// Whether a nested component does more than to pass on what it is given.
    is_nested_code: bool,
    lifts: Vec<(u32, Box<[CanonicalOption]>)>,
    builtin: Option<String>,
}

impl Surface<'_> {
    /// Whether no more than one module has a life of its own.
    fn are_shims_but_one(&self, component: &[u8]) -> Result<bool, NotOneModule> {
        let mut alive = 0;
        for range in &self.modules {
            alive += usize::from(!is_shim(component.get(range.clone()).unwrap_or_default())?);
        }
        Ok(alive <= 1)
    }
}

/// Finds the core module behind `inspect`.
///
/// # Errors
/// If it is about none, or about several, or asks for what the contract does not have.
pub fn core_module(component: &[u8]) -> Result<CoreModule<'_>, NotOneModule> {
    if !component.starts_with(b"\0asm") || Parser::is_core_wasm(component) {
        return Err(NotOneModule::NotComponent);
    }
    let surface = read(component)?;
    for import in &surface.imports {
        check_import(import)?;
    }
    if let Some(what) = surface.builtin {
        return Err(NotOneModule::Builtin { what });
    }
    let mut lifts = surface.lifts.iter().filter_map(|(function, options)| {
        let (instance, name) = (*surface.functions.get(at(*function)?)?)?;
        is_inspect(name).then_some((instance, name, options))
    });
    let (instance, inspect, options) = lifts.next().ok_or(NotOneModule::NoGuard)?;
    // Which of several the component exports is not looked into, nor what a nested component makes
    // of them.
    if lifts.next().is_some() || surface.lifts.len() > GUARD_FUNCTIONS || surface.is_nested_code {
        // An interpreter with its libraries: that says more than what else is odd about it.
        let count = surface.modules.len() + surface.nested_modules;
        if surface.nested_modules > 0 || !surface.are_shims_but_one(component)? {
            return Err(NotOneModule::Modules { count });
        }
        return Err(NotOneModule::Lift(
            "there are more functions than the contract has",
        ));
    }
    if surface.shared.contains(&instance) {
        return Err(NotOneModule::Lift(
            "another module can change what its functions are",
        ));
    }
    let main = surface.instances.get(at(instance).unwrap_or(usize::MAX));
    let main = main
        .copied()
        .flatten()
        .and_then(at)
        .ok_or(NotOneModule::Lift("it is no function of a core module"))?;
    let of_main = surface.instances.iter().flatten();
    if of_main.filter(|module| at(**module) == Some(main)).count() != 1 {
        return Err(NotOneModule::Lift(
            "its module is instantiated more than once",
        ));
    }
    for (index, range) in surface.modules.iter().enumerate() {
        let module = component.get(range.clone()).unwrap_or_default();
        if index != main && !is_shim(module)? {
            return Err(NotOneModule::Modules {
                count: surface.modules.len() + surface.nested_modules,
            });
        }
    }
    if surface.nested_modules > 0 {
        return Err(NotOneModule::Modules {
            count: surface.modules.len() + surface.nested_modules,
        });
    }
    let named = |function: u32| -> Result<&str, NotOneModule> {
        match at(function).and_then(|place| surface.functions.get(place)) {
            Some(Some((of, name))) if *of == instance => Ok(*name),
            _ => Err(NotOneModule::Lift(
                "an option names a function of another module",
            )),
        }
    };
    let mut memory = None;
    let mut realloc = None;
    let mut post_return = None;
    for option in options {
        match option {
            CanonicalOption::UTF8 => {}
            CanonicalOption::Memory(index) => {
                let found = at(*index).and_then(|place| surface.memories.get(place));
                let own = found.filter(|(of, _)| *of == instance);
                memory = Some(
                    own.ok_or(NotOneModule::Lift("its memory is another module's"))?
                        .1,
                );
            }
            CanonicalOption::Realloc(function) => realloc = Some(named(*function)?),
            CanonicalOption::PostReturn(function) => post_return = Some(named(*function)?),
            _ => return Err(NotOneModule::Lift("an option that is not known")),
        }
    }
    let range = surface.modules.get(main).cloned().unwrap_or_default();
    let module = component.get(range).unwrap_or_default();
    Ok(CoreModule {
        module,
        index: main,
        memory: memory.ok_or(NotOneModule::Lift("it has no memory"))?,
        inspect,
        realloc: realloc.ok_or(NotOneModule::Lift("there is no function that finds room"))?,
        post_return,
    })
}

fn at(index: u32) -> Option<usize> {
    usize::try_from(index).ok()
}

fn read(component: &[u8]) -> Result<Surface<'_>, NotOneModule> {
    let mut surface = Surface::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(component) {
        let payload = payload?;
        match &payload {
            Payload::ModuleSection {
                unchecked_range, ..
            } => {
                if depth == 0 {
                    let start = usize::try_from(unchecked_range.start).unwrap_or(usize::MAX);
                    let end = usize::try_from(unchecked_range.end).unwrap_or(usize::MAX);
                    surface.modules.push(start..end);
                } else {
                    surface.nested_modules += 1;
                }
                depth += 1;
            }
            Payload::ComponentSection { .. } => depth += 1,
            Payload::End(_) => depth = depth.saturating_sub(1),
            Payload::InstanceSection(_) | Payload::ComponentCanonicalSection(_) if depth > 0 => {
                surface.is_nested_code = true;
            }
            _ if depth == 0 => top(&mut surface, payload)?,
            _ => {}
        }
    }
    Ok(surface)
}

fn top<'a>(surface: &mut Surface<'a>, payload: Payload<'a>) -> Result<(), NotOneModule> {
    match payload {
        Payload::ComponentImportSection(section) => {
            for import in section {
                surface.imports.push(import?.name.name.to_owned());
            }
        }
        Payload::InstanceSection(section) => {
            for instance in section {
                surface.instances.push(match instance? {
                    Instance::Instantiate { module_index, args } => {
                        surface.shared.extend(args.iter().map(|given| given.index));
                        Some(module_index)
                    }
                    Instance::FromExports(_) => None,
                });
            }
        }
        Payload::ComponentAliasSection(section) => {
            for alias in section {
                if let ComponentAlias::CoreInstanceExport {
                    kind,
                    instance_index,
                    name,
                } = alias?
                {
                    match kind {
                        ExternalKind::Func => surface.functions.push(Some((instance_index, name))),
                        ExternalKind::Memory => surface.memories.push((instance_index, name)),
                        ExternalKind::Table => surface.shared.push(instance_index),
                        _ => {}
                    }
                }
            }
        }
        Payload::ComponentCanonicalSection(section) => {
            for function in section {
                match function? {
                    CanonicalFunction::Lift {
                        core_func_index,
                        options,
                        ..
                    } => surface.lifts.push((core_func_index, options)),
                    CanonicalFunction::Lower { .. } => surface.functions.push(None),
                    other => {
                        surface.functions.push(None);
                        let name = format!("{other:?}");
                        let end = name.find([' ', '{', '(']).unwrap_or(name.len());
                        let name = name.get(..end).unwrap_or_default().to_owned();
                        surface.builtin.get_or_insert(name);
                    }
                }
            }
        }
        _ => {}
    }
    Ok(())
}

fn check_import(import: &str) -> Result<(), NotOneModule> {
    let import = import.to_owned();
    if import.starts_with("wasi:") {
        return Err(NotOneModule::Wasi { import });
    }
    let (path, version) = import.split_once('@').unwrap_or((&import, ""));
    let known = [
        "caponier:policy/types",
        "caponier:policy/log",
        "caponier:policy/data",
        "caponier:policy/counters",
    ];
    if known.contains(&path) && speaks(version) {
        Ok(())
    } else {
        Err(NotOneModule::Import { import })
    }
}

/// Whether this contract can talk to that version of it: before 1.0, a version speaks to those that differ in the last number only.
pub fn speaks(version: &str) -> bool {
    version
        .strip_prefix("0.1.")
        .is_some_and(|patch| patch.parse::<u32>().is_ok())
}

fn is_inspect(name: &str) -> bool {
    name.strip_prefix("caponier:policy/guard@")
        .and_then(|rest| rest.strip_suffix("#inspect"))
        .is_some_and(speaks)
}

/// Whether a module imports anything.
/// Whether a module has no memory and no state: what only passes calls on.
fn is_shim(module: &[u8]) -> Result<bool, NotOneModule> {
    for payload in Parser::new(0).parse_all(module) {
        match payload? {
            Payload::MemorySection(section) if section.count() > 0 => return Ok(false),
            // A snapshot adds sections with nothing in them.
            Payload::DataSection(section) if section.count() > 0 => return Ok(false),
            Payload::GlobalSection(section) if section.count() > 0 => return Ok(false),
            Payload::StartSection { .. } => return Ok(false),
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    if matches!(
                        import?.ty,
                        wasmparser::TypeRef::Memory(_) | wasmparser::TypeRef::Global(_)
                    ) {
                        return Ok(false);
                    }
                }
            }
            _ => {}
        }
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    const INSPECT: &str = "caponier:policy/guard@0.1.0#inspect";

    /// A component of one module, with more in the module and more behind its only lift.
    fn component(in_module: &str, behind: &str) -> Vec<u8> {
        let text = format!(
            r#"(component
                (core module $a
                  {in_module}
                  (memory (export "memory") 1)
                  (table (export "table") 1 funcref)
                  (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) i32.const 0)
                  (func (export "other") (param i32) (result i32) i32.const 0)
                  (func (export "{INSPECT}") (param i32) (result i32) i32.const 0))
                {}
                (type $f (func))
                {}
                {behind})"#,
            if in_module.contains("import") {
                r#"(core module $given (func (export "f")))
                   (core instance $g (instantiate $given))
                   (core instance $i (instantiate $a (with "given" (instance $g))))"#
            } else {
                "(core instance $i (instantiate $a))"
            },
            lift(INSPECT),
        );
        wat::parse_str(&text).unwrap()
    }

    fn lift(name: &str) -> String {
        format!(
            r#"(func (type $f) (canon lift (core func $i "{name}")
                 (memory (core memory $i "memory")) (realloc (core func $i "cabi_realloc"))))"#
        )
    }

    #[test]
    fn one_module_is_found_and_its_place() {
        let alone = component("", "");
        let found = core_module(&alone).unwrap();
        assert_eq!(found.index, 0);
        assert_eq!(
            (
                found.memory,
                found.realloc,
                found.inspect,
                found.post_return
            ),
            ("memory", "cabi_realloc", INSPECT, None)
        );
        let beside = component("", "(core module (func))");
        assert_eq!(core_module(&beside).unwrap().index, 0);
    }

    #[test]
    fn what_another_could_change_or_stand_for_is_refused() {
        let intruder = r#"(core module $b
            (import "a" "table" (table 1 funcref)) (func $f) (elem (i32.const 0) func $f))"#;
        let nested = r#"(component
            (import "x" (core module $m (export "f" (func))))
            (core instance $i (instantiate $m))
            (func (canon lift (core func $i "f"))))"#;
        let cases = [
            (
                "its instance is given away",
                format!(r#"{intruder} (core instance (instantiate $b (with "a" (instance $i))))"#),
            ),
            (
                "its table is given away",
                format!(
                    r#"{intruder} (alias core export $i "table" (core table $t)) (core instance (instantiate $b
                      (with "a" (instance (export "table" (table $t))))))"#
                ),
            ),
            ("two lifts of one function", lift(INSPECT)),
            ("more lifts than functions", lift("other").repeat(3)),
            ("a nested component that lifts", nested.to_owned()),
        ];
        for (what, behind) in cases {
            let refused = core_module(&component("", &behind)).err();
            assert!(
                matches!(refused, Some(NotOneModule::Lift(_))),
                "{what}: {refused:?}"
            );
        }
    }
}
