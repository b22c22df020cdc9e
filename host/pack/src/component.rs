//! From a component to the one core module that it is about.
//!
//! What wit-component puts around that module, a shim and a fixup that tie the knot of lowered
//! imports, is recognised by having no memory and no state, and left behind: the packed module has
//! glue of its own.

use std::ops::Range;

use wasmparser::{
    CanonicalFunction, CanonicalOption, ComponentAlias, ExternalKind, Instance, Parser, Payload,
};

use crate::Problem;

/// The core module, and the names by which the component calls it.
pub(crate) struct Extracted<'a> {
    pub(crate) module: &'a [u8],
    pub(crate) inspect: String,
    pub(crate) realloc: String,
    pub(crate) post_return: Option<String>,
}

#[derive(Default)]
struct Surface<'a> {
    modules: Vec<Range<usize>>,
    nested_modules: usize,
    imports: Vec<String>,
    /// The module that each core instance is of, if it is of one.
    instances: Vec<Option<u32>>,
    functions: Vec<Option<(u32, &'a str)>>,
    memories: Vec<(u32, &'a str)>,
    lifts: Vec<(u32, Box<[CanonicalOption]>)>,
    builtin: Option<String>,
}

/// Takes the core module out.
pub(crate) fn extract(component: &[u8]) -> Result<Extracted<'_>, Problem> {
    if !component.starts_with(b"\0asm") || Parser::is_core_wasm(component) {
        return Err(Problem::NotComponent);
    }
    let surface = read(component)?;
    for import in &surface.imports {
        check_import(import)?;
    }
    if let Some(what) = surface.builtin {
        return Err(Problem::Builtin { what });
    }
    let lift = surface.lifts.iter().find_map(|(function, options)| {
        let (instance, name) = (*surface.functions.get(at(*function)?)?)?;
        is_inspect(name).then_some((instance, name, options))
    });
    let (instance, inspect, options) = lift.ok_or(Problem::NoGuard)?;
    let main = surface.instances.get(at(instance).unwrap_or(usize::MAX));
    let main = main
        .copied()
        .flatten()
        .and_then(at)
        .ok_or(Problem::Lift("it is no function of a core module"))?;
    let of_main = surface.instances.iter().flatten();
    if of_main.filter(|module| at(**module) == Some(main)).count() != 1 {
        return Err(Problem::Lift("its module is instantiated more than once"));
    }
    for (index, range) in surface.modules.iter().enumerate() {
        let module = component.get(range.clone()).unwrap_or_default();
        if index != main && !is_shim(module)? {
            return Err(Problem::Modules {
                count: surface.modules.len() + surface.nested_modules,
            });
        }
    }
    if surface.nested_modules > 0 {
        return Err(Problem::Modules {
            count: surface.modules.len() + surface.nested_modules,
        });
    }
    let named = |function: u32| -> Result<String, Problem> {
        match at(function).and_then(|place| surface.functions.get(place)) {
            Some(Some((of, name))) if *of == instance => Ok((*name).to_owned()),
            _ => Err(Problem::Lift(
                "an option names a function of another module",
            )),
        }
    };
    let mut realloc = None;
    let mut post_return = None;
    for option in options {
        match option {
            CanonicalOption::UTF8 => {}
            CanonicalOption::Memory(memory) => {
                let memory = at(*memory).and_then(|place| surface.memories.get(place));
                if memory.is_none_or(|(of, _)| *of != instance) {
                    return Err(Problem::Lift("its memory is another module's"));
                }
            }
            CanonicalOption::Realloc(function) => realloc = Some(named(*function)?),
            CanonicalOption::PostReturn(function) => post_return = Some(named(*function)?),
            _ => return Err(Problem::Lift("an option that is not known")),
        }
    }
    let range = surface.modules.get(main).cloned().unwrap_or_default();
    Ok(Extracted {
        module: component.get(range).unwrap_or_default(),
        inspect: inspect.to_owned(),
        realloc: realloc.ok_or(Problem::Lift("there is no function that finds room"))?,
        post_return,
    })
}

fn at(index: u32) -> Option<usize> {
    usize::try_from(index).ok()
}

fn read(component: &[u8]) -> Result<Surface<'_>, Problem> {
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
            _ if depth == 0 => top(&mut surface, payload)?,
            _ => {}
        }
    }
    Ok(surface)
}

fn top<'a>(surface: &mut Surface<'a>, payload: Payload<'a>) -> Result<(), Problem> {
    match payload {
        Payload::ComponentImportSection(section) => {
            for import in section {
                surface.imports.push(import?.name.name.to_owned());
            }
        }
        Payload::InstanceSection(section) => {
            for instance in section {
                surface.instances.push(match instance? {
                    Instance::Instantiate { module_index, .. } => Some(module_index),
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

fn check_import(import: &str) -> Result<(), Problem> {
    let import = import.to_owned();
    if import.starts_with("wasi:") {
        return Err(Problem::Wasi { import });
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
        Err(Problem::Import { import })
    }
}

/// Before 1.0, a version speaks to those that differ in the last number only.
pub(crate) fn speaks(version: &str) -> bool {
    version
        .strip_prefix("0.1.")
        .is_some_and(|patch| patch.parse::<u32>().is_ok())
}

fn is_inspect(name: &str) -> bool {
    name.strip_prefix("caponier:policy/guard@")
        .and_then(|rest| rest.strip_suffix("#inspect"))
        .is_some_and(speaks)
}

/// Whether a module has no memory and no state: what only passes calls on.
fn is_shim(module: &[u8]) -> Result<bool, Problem> {
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
