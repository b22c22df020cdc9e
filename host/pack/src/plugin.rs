//! One plugin: read, given its places, written out.

use std::collections::BTreeMap;

use caponier_abi::{NotOneModule, core_module};
use wasm_encoder::reencode::Reencode;
use wasm_encoder::{
    ConstExpr, DataSection, ElementSection, Elements, GlobalSection, GlobalType, Ieee32, Ieee64,
    RefType, TableSection, TableType, ValType,
};

use crate::code::{Body, Facts, at, decode, facts};
use crate::contract::Import;
use crate::filled::Data;
use crate::glue::Entries;
use crate::helpers::{Made, offset};
use crate::live::live;
use crate::merge::Functions;
use crate::module::{Const, Core, PAGE};
use crate::places::{Control, InPlace, Own, Places, SECOND, Shared, Types};
use crate::rewrite::{rewrite, unreached};
use crate::shell::count;
use crate::{Cover, Plugin, Problem};

/// The most pages of a memory whose size still fits 32 bits.
pub(crate) const MOST_PAGES: u64 = 65_535;

/// A plugin, read and checked.
pub(crate) struct Ready<'a> {
    input: &'a Plugin<'a>,
    core: Core<'a>,
    bodies: Vec<Body<'a>>,
    facts: Vec<Facts>,
    /// Which of its functions a call can reach.
    live: Vec<bool>,
    imports: Vec<&'static Import>,
    inspect: u32,
    realloc: u32,
    post_return: Option<u32>,
    /// Pages that it may have, and that it says it can use.
    limit: u64,
    most: u64,
}

impl<'a> Ready<'a> {
    pub(crate) fn read(input: &'a Plugin<'a>) -> Result<Self, Problem> {
        let names = core_module(input.component)?;
        let mut core = Core::read(names.module)?;
        let mut imports = Vec::new();
        for import in &core.imports {
            imports.push(check_import(input, &core, import)?);
        }
        let i32s = |count: usize| vec![wasmparser::ValType::I32; count];
        let function = |name: &str, params: usize, results: usize| {
            let missing = || Problem::Signature {
                name: name.to_owned(),
            };
            let index = core.exported(name).ok_or_else(missing)?;
            let ty = core.type_of(index).ok_or_else(missing)?;
            if ty.params() == i32s(params) && ty.results() == i32s(results) {
                Ok(index)
            } else {
                Err(missing())
            }
        };
        let inspect = function(names.inspect, 1, 1)?;
        let realloc = function(names.realloc, 4, 1)?;
        let post_return = match names.post_return {
            Some(name) => Some(function(name, 1, 0)?),
            None => None,
        };
        let limit = (input.memory / PAGE).min(MOST_PAGES);
        if core.pages > limit {
            return Err(Problem::Memory {
                bytes: core.pages.saturating_mul(PAGE),
                limit: input.memory,
            });
        }
        let most = core.most_pages.unwrap_or(MOST_PAGES).min(MOST_PAGES);
        let mut bodies = Vec::new();
        for (function, body) in std::mem::take(&mut core.bodies) {
            bodies.push(decode(function, &body, &core)?);
        }
        let facts = facts(&core, &bodies);
        let mut roots = vec![inspect, realloc];
        roots.extend(post_return);
        let live = live(&core, &bodies, &roots);
        Ok(Self {
            input,
            core,
            bodies,
            facts,
            live,
            imports,
            inspect,
            realloc,
            post_return,
            limit,
            most,
        })
    }

    pub(crate) fn name(&self) -> &str {
        self.input.name
    }

    pub(crate) fn imports(&self) -> &[&'static Import] {
        &self.imports
    }

    /// Pages at the start, and the most that there can be.
    pub(crate) fn pages(&self) -> (u64, u64) {
        let most = self.limit.min(self.most).max(self.core.pages);
        (self.core.pages, most)
    }

    /// The functions by which it is entered, and those that its code calls.
    pub(crate) fn entries(&self, places: &Places, tag: u32) -> Vec<Made> {
        let changing = (places.globals..).zip(&self.core.globals);
        let globals: Vec<(u32, Const)> = changing
            .filter(|(_, (ty, _))| ty.mutable)
            .map(|(index, (_, value))| (index, *value))
            .collect();
        Entries {
            places,
            inspect: places.function(self.inspect),
            realloc: places.function(self.realloc),
            post_return: self.post_return.map(|index| places.function(index)),
            base: self.input.fuel.base,
            per_mib: self.input.fuel.per_mib,
            tag,
            most_pages: self.most,
            globals: &globals,
        }
        .make()
    }

    /// Its own functions.
    pub(crate) fn code(
        &self,
        places: &Places,
        types: &mut Types,
        functions: &mut Functions,
    ) -> Result<(), Problem> {
        let bodies = self.bodies.iter().zip(&self.live);
        for (index, (body, is_live)) in (places.imports..).zip(bodies) {
            let own = at(&self.facts, index).unwrap_or_default();
            let ty = self.core.functions.get(usize::try_from(index).unwrap_or(0));
            let ty = ty.and_then(|ty| places.types.get(usize::try_from(*ty).ok()?));
            functions.types.function(ty.copied().unwrap_or(u32::MAX));
            if !is_live {
                functions.code.raw(&unreached(places));
                continue;
            }
            let results = self.core.type_of(index).map(|ty| ty.results().to_vec());
            let results = results.unwrap_or_default();
            let bytes = rewrite(body, own, &self.facts, places, &results, types)?;
            functions.code.raw(&bytes);
        }
        Ok(())
    }

    pub(crate) fn tables(
        &self,
        places: &Places,
        tables: &mut TableSection,
        elements: &mut ElementSection,
    ) {
        for (place, table) in (places.tables..).zip(&self.core.tables) {
            let size = u64::from(count(table.functions.len()));
            tables.table(TableType {
                element_type: RefType::FUNCREF,
                table64: false,
                minimum: size,
                maximum: Some(size),
                shared: false,
            });
            // Runs of functions; what lies between stays empty and is never called.
            let mut run: Vec<u32> = Vec::new();
            let mut first = 0_i32;
            let ends = std::iter::once(None);
            let all = table.functions.iter().copied().chain(ends);
            for (index, function) in (0_i32..).zip(all) {
                match function {
                    Some(function) => {
                        if run.is_empty() {
                            first = index;
                        }
                        run.push(places.function(function));
                    }
                    None if !run.is_empty() => {
                        let functions = std::mem::take(&mut run);
                        elements.active(
                            Some(place),
                            &ConstExpr::i32_const(first),
                            Elements::Functions(functions.into()),
                        );
                    }
                    None => {}
                }
            }
        }
    }

    pub(crate) fn globals(&self, places: &Places, globals: &mut GlobalSection) {
        for (ty, value) in &self.core.globals {
            let val_type = InPlace(places).val_type(ty.content_type);
            globals.global(
                GlobalType {
                    val_type: val_type.unwrap_or(ValType::I32),
                    mutable: ty.mutable,
                    shared: false,
                },
                &expression(*value),
            );
        }
        let i32 = |value: i32| (ValType::I32, ConstExpr::i32_const(value));
        // In the order of `Control`.
        for (val_type, value) in [
            (ValType::I64, ConstExpr::i64_const(0)),
            i32(0),
            i32(offset(places.initial)),
            i32(0),
            i32(0),
            i32(0),
            i32(0),
        ] {
            globals.global(
                GlobalType {
                    val_type,
                    mutable: true,
                    shared: false,
                },
                &value,
            );
        }
    }

    /// What stands in its memory at the start.
    pub(crate) fn memory(&self) -> &[Data<'a>] {
        &self.core.data
    }

    /// Which functions its tables hold.
    pub(crate) fn type_maps(&self, places: &Places, data: &mut DataSection) {
        for (table, (map, _)) in self.core.tables.iter().zip(&places.type_maps) {
            let kinds = table.functions.iter().map(|function| {
                let kind = function.and_then(|index| {
                    let ty = self.core.functions.get(usize::try_from(index).ok()?)?;
                    let ty = places.types.get(usize::try_from(*ty).ok()?)?;
                    places.kinds.get(ty).copied()
                });
                kind.unwrap_or(0)
            });
            let kinds: Vec<u8> = kinds.collect();
            data.active(SECOND, &ConstExpr::i32_const(offset(*map)), kinds);
        }
    }
}

fn check_import(
    input: &Plugin<'_>,
    core: &Core<'_>,
    import: &crate::module::FunctionImport<'_>,
) -> Result<&'static Import, Problem> {
    let shown = format!("{} {}", import.module, import.name);
    if import.module.starts_with("wasi") {
        return Err(NotOneModule::Wasi { import: shown }.into());
    }
    let Some(known) = Import::find(import.module, import.name) else {
        return Err(NotOneModule::Import { import: shown }.into());
    };
    if known.is_counter() && !input.counters {
        return Err(Problem::NotGranted { import: shown });
    }
    let ty = usize::try_from(import.ty)
        .ok()
        .and_then(|ty| core.types.get(ty));
    let same = ty.is_some_and(|ty| {
        let params = ty.params().iter().map(|ty| match ty {
            wasmparser::ValType::I32 => Some(ValType::I32),
            wasmparser::ValType::I64 => Some(ValType::I64),
            _ => None,
        });
        ty.results().is_empty() && params.eq(known.params.iter().map(|ty| Some(*ty)))
    });
    if same {
        Ok(known)
    } else {
        Err(Problem::Signature { name: shown })
    }
}

fn expression(value: Const) -> ConstExpr {
    match value {
        Const::I32(value) => ConstExpr::i32_const(value),
        Const::I64(value) => ConstExpr::i64_const(value),
        Const::F32(bits) => ConstExpr::f32_const(Ieee32::new(bits)),
        Const::F64(bits) => ConstExpr::f64_const(Ieee64::new(bits)),
        Const::V128(value) => ConstExpr::v128_const(value),
    }
}

/// Where the next plugin goes.
pub(crate) struct Cursor {
    pub(crate) function: u32,
    pub(crate) table: u32,
    pub(crate) memory: u32,
    pub(crate) global: u32,
    /// In the second memory.
    pub(crate) second: u64,
}

impl Cursor {
    /// Gives the next plugin its places.
    pub(crate) fn place(
        &mut self,
        plugin: &Ready<'_>,
        cover: Cover,
        shared: Shared,
        types: &mut Types,
    ) -> Result<Places, Problem> {
        let core = &plugin.core;
        let mut moved = Vec::new();
        for ty in &core.types {
            let mut same = wasm_encoder::reencode::RoundtripReencoder;
            let ty = same
                .func_type(ty.clone())
                .map_err(|_| Problem::code("a type that is not known"))?;
            moved.push(types.of(ty.params().iter().copied(), ty.results().iter().copied()));
        }
        let mut kinds: BTreeMap<u32, u8> = BTreeMap::new();
        let functions = core.tables.iter().flat_map(|table| &table.functions);
        for function in functions.flatten() {
            let ty = usize::try_from(*function).ok();
            let ty = ty.and_then(|place| core.functions.get(place));
            let ty = ty.and_then(|ty| moved.get(usize::try_from(*ty).ok()?));
            let next = u8::try_from(kinds.len() + 1)
                .map_err(|_| Problem::code("more than 254 types of function in its tables"))?;
            kinds.entry(ty.copied().unwrap_or(u32::MAX)).or_insert(next);
        }
        let initial = core.pages * PAGE;
        let bounds = plugin.input.bounds && cover.guards;
        // What is not checked may mark any page there could be.
        let marked = if bounds { plugin.limit * PAGE } else { 1 << 32 };
        let map = self.take((marked >> 12) + 16, 8);
        let mut type_maps = Vec::new();
        for table in &core.tables {
            let size = count(table.functions.len());
            // One more, of no type, for what lies outside.
            type_maps.push((self.take(u64::from(size) + 1, 1), size));
        }
        let own = Own::at(self.function);
        let trampolines = self.function + Own::COUNT;
        let imports = count(core.imports.len());
        let functions = trampolines + imports;
        let globals = self.global;
        let control = Control::at(globals + count(core.globals.len()));
        let places = Places {
            types: moved,
            imports,
            trampolines,
            functions,
            tables: self.table,
            memory: self.memory,
            globals,
            control,
            shared,
            own,
            map,
            pristine: 0,
            type_maps,
            kinds,
            bounds,
            cover,
            initial,
            limit: plugin.limit * PAGE,
        };
        self.function = functions + count(plugin.bodies.len());
        self.table += count(core.tables.len());
        self.memory += 1;
        self.global += count(core.globals.len()) + Control::COUNT;
        Ok(places)
    }

    /// Gives a plugin's pristine copy its place: behind what is empty at the start, side by side.
    pub(crate) fn keep(&mut self, places: &mut Places) {
        places.pristine = self.take(places.initial, 4096);
    }

    /// Room in the second memory.
    fn take(&mut self, size: u64, align: u64) -> u64 {
        let at = self.second.next_multiple_of(align);
        self.second = at.saturating_add(size);
        at
    }
}
