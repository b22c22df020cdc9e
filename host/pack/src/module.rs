//! A core module, read as far as merging needs it. Everything that could make an instance fail to
//! start, or that the rewritten code could not contain, is refused here or in [`crate::code`].

use std::collections::BTreeMap;

use caponier_abi::NotOneModule;
use wasmparser::{
    ConstExpr, DataKind, ElementItems, ElementKind, ExternalKind, FuncToValidate, FuncType,
    FunctionBody, GlobalType, Import, Operator, Parser, Payload, TypeRef, ValidPayload, Validator,
    ValidatorResources, WasmFeatures,
};

use crate::Problem;

/// One page of linear memory.
pub(crate) const PAGE: u64 = 64 << 10;

/// A constant, as the instruction that makes it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Const {
    I32(i32),
    I64(i64),
    F32(u32),
    F64(u64),
    V128(i128),
}

/// An imported function.
pub(crate) struct FunctionImport<'a> {
    pub(crate) module: &'a str,
    pub(crate) name: &'a str,
    pub(crate) ty: u32,
}

/// A table that never changes: each place's function.
pub(crate) struct Table {
    pub(crate) functions: Vec<Option<u32>>,
}

/// A plugin's core module.
pub(crate) struct Core<'a> {
    pub(crate) types: Vec<FuncType>,
    pub(crate) imports: Vec<FunctionImport<'a>>,
    /// The type of each function, imports first.
    pub(crate) functions: Vec<u32>,
    pub(crate) tables: Vec<Table>,
    /// Pages at the start, and the most it says it can use.
    pub(crate) pages: u64,
    pub(crate) most_pages: Option<u64>,
    pub(crate) globals: Vec<(GlobalType, Const)>,
    pub(crate) exports: BTreeMap<&'a str, (ExternalKind, u32)>,
    pub(crate) data: Vec<(u32, &'a [u8])>,
    pub(crate) bodies: Vec<(FuncToValidate<ValidatorResources>, FunctionBody<'a>)>,
}

/// What plugins may be written in.
fn features() -> WasmFeatures {
    WasmFeatures::WASM2
        .union(WasmFeatures::BULK_MEMORY_OPT)
        .union(WasmFeatures::CALL_INDIRECT_OVERLONG)
}

/// The most entries of all tables: as in the standalone host.
const MAX_TABLE: u64 = 100_000;

impl<'a> Core<'a> {
    pub(crate) fn read(module: &'a [u8]) -> Result<Self, Problem> {
        let mut core = Self {
            types: Vec::new(),
            imports: Vec::new(),
            functions: Vec::new(),
            tables: Vec::new(),
            pages: 0,
            most_pages: None,
            globals: Vec::new(),
            exports: BTreeMap::new(),
            data: Vec::new(),
            bodies: Vec::new(),
        };
        let mut memories = 0;
        let mut validator = Validator::new_with_features(features());
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload?;
            if matches!(payload, Payload::TagSection(_)) {
                return Err(Problem::code("exception handling"));
            }
            if let ValidPayload::Func(function, body) = validator.payload(&payload)? {
                core.bodies.push((function, body));
            }
            match payload {
                Payload::TypeSection(section) => {
                    for ty in section.into_iter_err_on_gc_types() {
                        core.types.push(ty?);
                    }
                }
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        core.import(import?)?;
                    }
                }
                Payload::FunctionSection(section) => {
                    for ty in section {
                        core.functions.push(ty?);
                    }
                }
                Payload::TableSection(section) => {
                    for table in section {
                        let size = table?.ty.initial;
                        let all: usize = core.tables.iter().map(|one| one.functions.len()).sum();
                        let all = u64::try_from(all).unwrap_or(u64::MAX);
                        if size.saturating_add(all) > MAX_TABLE {
                            return Err(Problem::code("a table of more than 100000 functions"));
                        }
                        let size = usize::try_from(size).unwrap_or(0);
                        core.tables.push(Table {
                            functions: vec![None; size],
                        });
                    }
                }
                Payload::MemorySection(section) => {
                    for memory in section {
                        let memory = memory?;
                        core.pages = memory.initial;
                        core.most_pages = memory.maximum;
                        memories += 1;
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        let global = global?;
                        core.globals.push((global.ty, constant(&global.init_expr)?));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        core.exports
                            .insert(export.name, (export.kind, export.index));
                    }
                }
                Payload::StartSection { .. } => return Err(Problem::code("a start function")),
                Payload::ElementSection(section) => {
                    for element in section {
                        core.element(element?)?;
                    }
                }
                Payload::DataSection(section) => {
                    for data in section {
                        let data = data?;
                        // A passive segment is of use to instructions that are refused only.
                        if let DataKind::Active { offset_expr, .. } = data.kind {
                            core.place(&offset_expr, data.data)?;
                        }
                    }
                }
                _ => {}
            }
        }
        if memories != 1 {
            return Err(Problem::code("a number of memories other than one"));
        }
        Ok(core)
    }

    fn import(&mut self, import: Import<'a>) -> Result<(), Problem> {
        match import.ty {
            TypeRef::Func(ty) => {
                self.functions.push(ty);
                self.imports.push(FunctionImport {
                    module: import.module,
                    name: import.name,
                    ty,
                });
                Ok(())
            }
            _ => Err(Problem::Component(NotOneModule::Import {
                import: format!("{} {}", import.module, import.name),
            })),
        }
    }

    fn element(&mut self, element: wasmparser::Element<'a>) -> Result<(), Problem> {
        let ElementKind::Active {
            table_index,
            offset_expr,
        } = element.kind
        else {
            return Ok(());
        };
        let items: Vec<Option<u32>> = match element.items {
            ElementItems::Functions(functions) => functions
                .into_iter()
                .map(|item| item.map(Some))
                .collect::<Result<_, _>>()?,
            ElementItems::Expressions(_, expressions) => expressions
                .into_iter()
                .map(|item| function(&item?))
                .collect::<Result<_, _>>()?,
        };
        let Const::I32(offset) = constant(&offset_expr)? else {
            return Err(Problem::code("a table segment without a constant place"));
        };
        let start = usize::try_from(offset.cast_unsigned()).unwrap_or(usize::MAX);
        let table = table_index
            .and_then(|index| usize::try_from(index).ok())
            .unwrap_or(0);
        let end = start.saturating_add(items.len());
        let places = self.tables.get_mut(table);
        let places = places.and_then(|table| table.functions.get_mut(start..end));
        let places = places.ok_or(Problem::code("a table segment that does not fit"))?;
        places.copy_from_slice(&items);
        Ok(())
    }

    fn place(&mut self, offset: &ConstExpr<'_>, data: &'a [u8]) -> Result<(), Problem> {
        let Const::I32(offset) = constant(offset)? else {
            return Err(Problem::code("a data segment without a constant place"));
        };
        let offset = offset.cast_unsigned();
        let len = u64::try_from(data.len()).unwrap_or(u64::MAX);
        if u64::from(offset).saturating_add(len) > self.pages.saturating_mul(PAGE) {
            return Err(Problem::code("a data segment that does not fit"));
        }
        self.data.push((offset, data));
        Ok(())
    }

    /// The type of a function.
    pub(crate) fn type_of(&self, function: u32) -> Option<&FuncType> {
        let ty = self.functions.get(usize::try_from(function).ok()?)?;
        self.types.get(usize::try_from(*ty).ok()?)
    }

    /// The function of this name.
    pub(crate) fn exported(&self, name: &str) -> Option<u32> {
        match self.exports.get(name) {
            Some((ExternalKind::Func, index)) => Some(*index),
            _ => None,
        }
    }
}

/// What a constant expression of one instruction gives.
pub(crate) fn constant(expression: &ConstExpr<'_>) -> Result<Const, Problem> {
    let mut operators = expression.get_operators_reader().into_iter();
    let value = match operators.next().transpose()? {
        Some(Operator::I32Const { value }) => Const::I32(value),
        Some(Operator::I64Const { value }) => Const::I64(value),
        Some(Operator::F32Const { value }) => Const::F32(value.bits()),
        Some(Operator::F64Const { value }) => Const::F64(value.bits()),
        Some(Operator::V128Const { value }) => Const::V128(value.i128()),
        _ => return Err(Problem::code("an initial value that is not constant")),
    };
    match operators.next().transpose()? {
        Some(Operator::End) => Ok(value),
        _ => Err(Problem::code("an initial value that is not constant")),
    }
}

fn function(expression: &ConstExpr<'_>) -> Result<Option<u32>, Problem> {
    match expression.get_operators_reader().into_iter().next() {
        Some(Ok(Operator::RefFunc { function_index })) => Ok(Some(function_index)),
        Some(Ok(Operator::RefNull { .. })) => Ok(None),
        _ => Err(Problem::code("a table entry that is not constant")),
    }
}
