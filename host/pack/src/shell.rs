//! Modules that we build ourselves, the shell before all, moved to their places with their imports
//! answered.

use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{
    CodeSection, ElementSection, EntityType, ExportSection, FunctionSection, GlobalSection,
    ImportSection, TableSection, ValType,
};
use wasmparser::{
    DataKind, DataSectionReader, ElementSectionReader, Export, ExternalKind, FunctionBody,
    GlobalSectionReader, MemoryType, Parser, Payload, TableSectionReader, TypeRef,
};

use crate::PackError;
use crate::contract::{MODULE, OFFERS};
use crate::filled::Data;
use crate::module::{Const, PAGE, constant};
use crate::places::Types;

/// Such a module, taken apart.
pub(crate) struct Shell<'a> {
    types: Vec<wasmparser::FuncType>,
    imports: Vec<Import<'a>>,
    functions: Vec<u32>,
    tables: Option<TableSectionReader<'a>>,
    table_count: u32,
    pub(crate) memory: MemoryType,
    globals: Option<GlobalSectionReader<'a>>,
    global_count: u32,
    exports: Vec<Export<'a>>,
    start: Option<u32>,
    elements: Option<ElementSectionReader<'a>>,
    bodies: Vec<FunctionBody<'a>>,
    data: Option<DataSectionReader<'a>>,
}

struct Import<'a> {
    module: &'a str,
    name: &'a str,
    ty: u32,
}

fn bad(error: impl std::fmt::Display) -> PackError {
    PackError::Shell(error.to_string())
}

impl<'a> Shell<'a> {
    pub(crate) fn read(module: &'a [u8]) -> Result<Self, PackError> {
        let mut shell = Self {
            types: Vec::new(),
            imports: Vec::new(),
            functions: Vec::new(),
            tables: None,
            table_count: 0,
            memory: MemoryType {
                memory64: false,
                shared: false,
                initial: 0,
                maximum: None,
                page_size_log2: None,
            },
            globals: None,
            global_count: 0,
            exports: Vec::new(),
            start: None,
            elements: None,
            bodies: Vec::new(),
            data: None,
        };
        let mut memories = 0;
        for payload in Parser::new(0).parse_all(module) {
            match payload.map_err(bad)? {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        shell.types.push(ty.map_err(bad)?);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        let import = import.map_err(bad)?;
                        let TypeRef::Func(ty) = import.ty else {
                            return Err(bad(format_args!(
                                "it imports `{}`, which is no function",
                                import.name
                            )));
                        };
                        shell.imports.push(Import {
                            module: import.module,
                            name: import.name,
                            ty,
                        });
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        shell.functions.push(ty.map_err(bad)?);
                    }
                }
                Payload::TableSection(section) => {
                    shell.table_count = section.count();
                    shell.tables = Some(section);
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        shell.memory = memory.map_err(bad)?;
                        memories += 1;
                    }
                }
                Payload::TagSection(_) => return Err(bad("it throws exceptions")),
                Payload::GlobalSection(section) => {
                    shell.global_count = section.count();
                    shell.globals = Some(section);
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        shell.exports.push(export.map_err(bad)?);
                    }
                }
                Payload::StartSection { func, .. } => shell.start = Some(func),
                Payload::ElementSection(section) => shell.elements = Some(section),
                Payload::CodeSectionEntry(body) => shell.bodies.push(body),
                Payload::DataSection(section) => shell.data = Some(section),
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => {
                    return Err(bad("it is a component"));
                }
                _ => {}
            }
        }
        if memories != 1 || shell.memory.memory64 || shell.memory.shared {
            return Err(bad("it has not one plain memory"));
        }
        Ok(shell)
    }

    /// Functions that it imports and that are not ours to answer.
    pub(crate) fn kept(&self) -> u32 {
        let kept = self.imports.iter().filter(|import| import.module != MODULE);
        count(kept.count())
    }

    pub(crate) fn function_count(&self) -> u32 {
        count(self.functions.len())
    }

    pub(crate) fn table_count(&self) -> u32 {
        self.table_count
    }

    pub(crate) fn global_count(&self) -> u32 {
        self.global_count
    }

    /// Where its functions go: its own from `functions` on, those that it is offered at `offered`.
    pub(crate) fn place(
        &self,
        functions: u32,
        offered: u32,
        types: &mut Types,
    ) -> Result<Moved, PackError> {
        let mut moved = Moved {
            functions: Vec::new(),
            types: Vec::new(),
            memory: 0,
            globals: 0,
        };
        for ty in &self.types {
            let params = plain(ty.params())?;
            let results = plain(ty.results())?;
            moved.types.push(types.of(params, results));
        }
        let mut next = 0;
        for import in &self.imports {
            if import.module != MODULE {
                moved.functions.push(next);
                next += 1;
                continue;
            }
            let found = (0_u32..)
                .zip(OFFERS)
                .find(|(_, offer)| offer.name == import.name);
            let ty = usize::try_from(import.ty)
                .ok()
                .and_then(|ty| self.types.get(ty));
            let (Some((place, offer)), Some(ty)) = (found, ty) else {
                return Err(bad(format_args!("it imports `{MODULE}` `{}`", import.name)));
            };
            if plain(ty.params())? != offer.params || plain(ty.results())? != offer.results {
                return Err(bad(format_args!(
                    "its import `{}` has another type",
                    import.name
                )));
            }
            moved.functions.push(offered + place);
        }
        moved
            .functions
            .extend(functions..functions.saturating_add(self.function_count()));
        Ok(moved)
    }

    /// The function that it exports under this name, if its type is this.
    pub(crate) fn exported(
        &self,
        name: &str,
        params: &[ValType],
        results: &[ValType],
        moved: &Moved,
    ) -> Result<u32, PackError> {
        let missing = || bad(format_args!("it does not export `{name}`"));
        let export = self
            .exports
            .iter()
            .find(|export| export.name == name && export.kind == ExternalKind::Func)
            .ok_or_else(missing)?;
        let place = usize::try_from(export.index).map_err(bad)?;
        let ty = match place.checked_sub(self.imports.len()) {
            Some(own) => self.functions.get(own).copied(),
            None => self.imports.get(place).map(|import| import.ty),
        };
        let ty = ty.and_then(|ty| self.types.get(usize::try_from(ty).ok()?));
        let ty = ty.ok_or_else(missing)?;
        if plain(ty.params())? != params || plain(ty.results())? != results {
            return Err(bad(format_args!("its export `{name}` has another type")));
        }
        moved.functions.get(place).copied().ok_or_else(missing)
    }

    pub(crate) fn imports(&self, section: &mut ImportSection, moved: &Moved) {
        for import in self.imports.iter().filter(|import| import.module != MODULE) {
            let ty = usize::try_from(import.ty).unwrap_or(usize::MAX);
            let ty = moved.types.get(ty).copied().unwrap_or(u32::MAX);
            section.import(import.module, import.name, EntityType::Function(ty));
        }
    }

    pub(crate) fn functions(&self, section: &mut FunctionSection, moved: &Moved) {
        for ty in &self.functions {
            let ty = usize::try_from(*ty).unwrap_or(usize::MAX);
            section.function(moved.types.get(ty).copied().unwrap_or(u32::MAX));
        }
    }

    pub(crate) fn tables(
        &self,
        section: &mut TableSection,
        moved: &mut Moved,
    ) -> Result<(), PackError> {
        match &self.tables {
            Some(tables) => moved
                .parse_table_section(section, tables.clone())
                .map_err(bad),
            None => Ok(()),
        }
    }

    pub(crate) fn globals(
        &self,
        section: &mut GlobalSection,
        moved: &mut Moved,
    ) -> Result<(), PackError> {
        match &self.globals {
            Some(globals) => moved
                .parse_global_section(section, globals.clone())
                .map_err(bad),
            None => Ok(()),
        }
    }

    /// All but what is for the glue alone.
    pub(crate) fn exports(
        &self,
        section: &mut ExportSection,
        moved: &mut Moved,
    ) -> Result<(), PackError> {
        for export in &self.exports {
            if !export.name.starts_with("caponier_") {
                moved.parse_export(section, *export).map_err(bad)?;
            }
        }
        Ok(())
    }

    pub(crate) fn start(&self, moved: &Moved) -> Option<u32> {
        let start = usize::try_from(self.start?).ok()?;
        moved.functions.get(start).copied()
    }

    pub(crate) fn elements(
        &self,
        section: &mut ElementSection,
        moved: &mut Moved,
    ) -> Result<(), PackError> {
        match &self.elements {
            Some(elements) => moved
                .parse_element_section(section, elements.clone())
                .map_err(bad),
            None => Ok(()),
        }
    }

    pub(crate) fn code(
        &self,
        section: &mut CodeSection,
        moved: &mut Moved,
    ) -> Result<(), PackError> {
        for body in &self.bodies {
            moved
                .parse_function_body(section, body.clone())
                .map_err(bad)?;
        }
        Ok(())
    }

    /// What stands in its memory at the start.
    pub(crate) fn memory(&self) -> Result<Vec<Data<'a>>, PackError> {
        let mut all = Vec::new();
        for segment in self.data.iter().flat_map(|data| data.clone()) {
            let segment = segment.map_err(bad)?;
            let DataKind::Active { offset_expr, .. } = &segment.kind else {
                return Err(bad("it has data that is not in its memory at the start"));
            };
            let Ok(Const::I32(at)) = constant(offset_expr) else {
                return Err(bad("it has data without a constant place"));
            };
            let (at, len) = (at.cast_unsigned(), segment.data.len() as u64);
            if u64::from(at) + len > self.memory.initial.saturating_mul(PAGE) {
                return Err(bad("it has data that does not fit its memory"));
            }
            all.push((at, segment.data));
        }
        Ok(all)
    }
}

pub(crate) fn count(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

/// Number and vector types, as the encoder has them.
fn plain(types: &[wasmparser::ValType]) -> Result<Vec<ValType>, PackError> {
    let mut same = wasm_encoder::reencode::RoundtripReencoder;
    types
        .iter()
        .map(|ty| same.val_type(*ty).map_err(bad))
        .collect()
}

/// Where such a module's parts went.
pub(crate) struct Moved {
    functions: Vec<u32>,
    types: Vec<u32>,
    /// Its memory.
    pub(crate) memory: u32,
    /// The first of its globals.
    pub(crate) globals: u32,
}

impl Reencode for Moved {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Result<u32, Error<Infallible>> {
        let place = usize::try_from(function).unwrap_or(usize::MAX);
        Ok(self.functions.get(place).copied().unwrap_or(u32::MAX))
    }

    fn memory_index(&mut self, _: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.memory)
    }

    fn global_index(&mut self, global: u32) -> Result<u32, Error<Infallible>> {
        Ok(self.globals.wrapping_add(global))
    }

    fn type_index(&mut self, ty: u32) -> Result<u32, Error<Infallible>> {
        let place = usize::try_from(ty).unwrap_or(usize::MAX);
        Ok(self.types.get(place).copied().unwrap_or(u32::MAX))
    }
}
