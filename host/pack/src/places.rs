//! Where everything lies in the packed module.

use std::collections::BTreeMap;
use std::convert::Infallible;

use wasm_encoder::reencode::{Error, Reencode};
use wasm_encoder::{FuncType, ValType};

use crate::Cover;

/// Function types, each once.
#[derive(Default)]
pub(crate) struct Types {
    list: Vec<FuncType>,
    index: BTreeMap<(Vec<u8>, Vec<u8>), u32>,
}

impl Types {
    /// The place of this type.
    pub(crate) fn of(
        &mut self,
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> u32 {
        let params: Vec<ValType> = params.into_iter().collect();
        let results: Vec<ValType> = results.into_iter().collect();
        let bytes = |types: &[ValType]| {
            let mut bytes = Vec::new();
            for ty in types {
                wasm_encoder::Encode::encode(ty, &mut bytes);
            }
            bytes
        };
        let key = (bytes(&params), bytes(&results));
        let next = u32::try_from(self.list.len()).unwrap_or(u32::MAX);
        let list = &mut self.list;
        *self.index.entry(key).or_insert_with(|| {
            list.push(FuncType::new(params, results));
            next
        })
    }

    pub(crate) fn list(&self) -> &[FuncType] {
        &self.list
    }
}

/// Globals that bound one plugin.
#[derive(Clone, Copy)]
pub(crate) struct Control {
    /// Fuel left: i64.
    pub(crate) fuel: u32,
    /// Bytes of stack left.
    pub(crate) stack: u32,
    /// Bytes of memory as the plugin sees it.
    pub(crate) size: u32,
    /// Whether it was refused memory.
    pub(crate) denied: u32,
    /// The fault of this call.
    pub(crate) fault: u32,
    /// Whether it may call out.
    pub(crate) leave: u32,
    /// Whether it was called since its last reset.
    pub(crate) used: u32,
}

impl Control {
    pub(crate) const COUNT: u32 = 7;

    pub(crate) fn at(base: u32) -> Self {
        Self {
            fuel: base,
            stack: base + 1,
            size: base + 2,
            denied: base + 3,
            fault: base + 4,
            leave: base + 5,
            used: base + 6,
        }
    }
}

/// Functions that all plugins share.
#[derive(Clone, Copy)]
pub(crate) struct Shared {
    /// Throws its argument.
    pub(crate) throw: u32,
    /// Throws a trap.
    pub(crate) trap: u32,
    /// Throws a timeout.
    pub(crate) timeout: u32,
    /// The first of eight guarded conversions.
    pub(crate) truncate: u32,
}

impl Shared {
    pub(crate) const COUNT: u32 = 11;

    pub(crate) fn at(base: u32) -> Self {
        Self {
            throw: base,
            trap: base + 1,
            timeout: base + 2,
            truncate: base + 3,
        }
    }
}

/// Functions of one plugin that are not its own.
#[derive(Clone, Copy)]
pub(crate) struct Own {
    pub(crate) copy: u32,
    pub(crate) fill: u32,
    pub(crate) grow: u32,
    pub(crate) mark: u32,
    pub(crate) restore: u32,
    pub(crate) reset: u32,
    pub(crate) begin: u32,
    pub(crate) alloc: u32,
    pub(crate) write: u32,
    pub(crate) read: u32,
    pub(crate) inspect: u32,
    pub(crate) post_return: u32,
}

impl Own {
    pub(crate) const COUNT: u32 = 12;

    pub(crate) fn at(base: u32) -> Self {
        Self {
            copy: base,
            fill: base + 1,
            grow: base + 2,
            mark: base + 3,
            restore: base + 4,
            reset: base + 5,
            begin: base + 6,
            alloc: base + 7,
            write: base + 8,
            read: base + 9,
            inspect: base + 10,
            post_return: base + 11,
        }
    }
}

/// Where one plugin lies.
pub(crate) struct Places {
    /// Its types, in the packed module.
    pub(crate) types: Vec<u32>,
    /// How many functions it imports.
    pub(crate) imports: u32,
    /// What they are answered by.
    pub(crate) trampolines: u32,
    /// The first of its own functions.
    pub(crate) functions: u32,
    pub(crate) tables: u32,
    pub(crate) memory: u32,
    pub(crate) globals: u32,
    pub(crate) control: Control,
    pub(crate) shared: Shared,
    pub(crate) own: Own,
    /// Marks of dirty pages, in the second memory.
    pub(crate) map: u64,
    /// Its memory as it was packed, in the second memory.
    pub(crate) pristine: u64,
    /// For each table: where its map of types is, and how many functions it has.
    pub(crate) type_maps: Vec<(u64, u32)>,
    /// What stands in those maps for each type of the packed module.
    pub(crate) kinds: BTreeMap<u32, u8>,
    /// Whether loads and stores are checked.
    pub(crate) bounds: bool,
    /// Whether the rest is.
    pub(crate) cover: Cover,
    /// Bytes of memory at the start, and the most it may have.
    pub(crate) initial: u64,
    pub(crate) limit: u64,
}

/// The memory that holds marks, maps and pristine copies.
pub(crate) const SECOND: u32 = 1;

impl Places {
    /// A function of the plugin, in the packed module.
    pub(crate) fn function(&self, index: u32) -> u32 {
        match index.checked_sub(self.imports) {
            Some(own) => self.functions.wrapping_add(own),
            None => self.trampolines.wrapping_add(index),
        }
    }
}

/// Puts a plugin's indices in their places.
pub(crate) struct InPlace<'a>(pub(crate) &'a Places);

type Moved = Result<u32, Error<Infallible>>;

impl Reencode for InPlace<'_> {
    type Error = Infallible;

    fn function_index(&mut self, function: u32) -> Moved {
        Ok(self.0.function(function))
    }

    fn global_index(&mut self, global: u32) -> Moved {
        Ok(self.0.globals.wrapping_add(global))
    }

    fn memory_index(&mut self, _: u32) -> Moved {
        Ok(self.0.memory)
    }

    fn table_index(&mut self, table: u32) -> Moved {
        Ok(self.0.tables.wrapping_add(table))
    }

    fn type_index(&mut self, ty: u32) -> Moved {
        let place = usize::try_from(ty).unwrap_or(usize::MAX);
        Ok(self.0.types.get(place).copied().unwrap_or(u32::MAX))
    }
}
