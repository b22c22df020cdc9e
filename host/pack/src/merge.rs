//! Shell and plugins into one module: a memory each, of which only the shell's is exported.

use wasm_encoder::{
    CodeSection, CustomSection, DataCountSection, DataSection, ElementSection, ExportSection,
    FunctionSection, GlobalSection, ImportSection, InstructionSink, MemorySection, MemoryType,
    Module, StartSection, TableSection, TagKind, TagSection, TagType, TypeSection, ValType,
};

use crate::contract::OFFERS;
use crate::filled::{Data, Filled, UNPACK};
use crate::glue::{SHELL, offered, start, trampoline};
use crate::helpers::{Made, shared};
use crate::module::PAGE;
use crate::places::{Places, SECOND, Shared, Types};
use crate::plugin::{Cursor, MOST_PAGES, Ready};
use crate::shell::{Shell, count};
use crate::{Cover, Input, PackError};

/// The one tag there is.
const TAG: u32 = 0;

/// Data: what the shell reads as its configuration, and what all memories hold.
const CONFIG: u32 = 0;
const FILLED: u32 = 1;

/// Functions and their code, which go side by side.
#[derive(Default)]
pub(crate) struct Functions {
    pub(crate) types: FunctionSection,
    pub(crate) code: CodeSection,
}

impl Functions {
    fn add(&mut self, made: Made, types: &mut Types) {
        let (params, results, bytes) = made.finish();
        self.types.function(types.of(params, results));
        self.code.raw(&bytes);
    }
}

pub(crate) fn merge(input: &Input<'_>, cover: Cover) -> Result<Vec<u8>, PackError> {
    let shell = Shell::read(input.shell)?;
    let plugins: Vec<Ready<'_>> = input
        .plugins
        .iter()
        .map(|plugin| Ready::read(plugin).map_err(|problem| problem.of(plugin.name)))
        .collect::<Result<_, _>>()?;

    let unpack = wat::parse_str(UNPACK).map_err(|error| PackError::Written(error.to_string()))?;
    let unpack = Shell::read(&unpack)?;

    // Functions: the shell's imports and own, what it is offered, what plugins share, what unpacks,
    // the start; then each plugin's.
    let mut types = Types::default();
    let offered_at = shell.kept() + shell.function_count();
    let shared_at = offered_at + count(OFFERS.len());
    let unpack_at = shared_at + Shared::COUNT;
    let start_at = unpack_at + unpack.function_count();
    let mut moved = shell.place(shell.kept(), offered_at, &mut types)?;
    let mut unpack_moved = unpack.place(unpack_at, 0, &mut types)?;
    unpack_moved.memory = SECOND;
    unpack_moved.globals = shell.global_count();
    let mut cursor = Cursor {
        function: start_at + 1,
        table: shell.table_count(),
        memory: SECOND + 1,
        global: shell.global_count() + unpack.global_count(),
        second: 0,
    };
    let mut all: Vec<Places> = Vec::new();
    for plugin in &plugins {
        let places = cursor.place(plugin, cover, Shared::at(shared_at), &mut types);
        all.push(places.map_err(|problem| problem.of(plugin.name()))?);
    }
    let empty = cursor.second;
    for places in &mut all {
        cursor.keep(places);
    }
    let filled = filled(&shell, &plugins, &all)?;
    let (room, end) = filled.room(all.first().map_or(empty, |places| places.pristine));
    cursor.second = cursor.second.max(end);
    if cursor.second > MOST_PAGES * PAGE {
        return Err(PackError::TooLarge(
            "the plugins' memories are more than one module can keep copies of; hint: pack fewer plugins",
        ));
    }
    let config_len = u32::try_from(input.config.len())
        .map_err(|_| PackError::TooLarge("the configuration has more than 4 GiB"))?;

    let mut functions = Functions::default();
    shell.functions(&mut functions.types, &moved);
    shell.code(&mut functions.code, &mut moved)?;
    for made in offered(&all, CONFIG, config_len) {
        functions.add(made, &mut types);
    }
    for made in shared(shared_at, TAG) {
        functions.add(made, &mut types);
    }
    unpack.functions(&mut functions.types, &unpack_moved);
    unpack.code(&mut functions.code, &mut unpack_moved)?;
    let unpacks = unpack.exported("unpack", &[ValType::I32; 4], &[], &unpack_moved)?;
    let fill = |sink: &mut InstructionSink<'_>| filled.fill(sink, room, unpacks, FILLED);
    functions.add(start(&all, shell.start(&moved), fill), &mut types);
    for ((place, plugin), places) in (0_i32..).zip(&plugins).zip(&all) {
        for made in plugin.entries(places, TAG) {
            functions.add(made, &mut types);
        }
        for import in plugin.imports() {
            let mut params = vec![ValType::I32];
            params.extend(import.params);
            let answer = shell.exported(import.shell, &params, &[ValType::I32], &moved)?;
            functions.add(trampoline(places, place, import, answer), &mut types);
        }
        plugin
            .code(places, &mut types, &mut functions)
            .map_err(|problem| problem.of(plugin.name()))?;
    }

    let mut imports = ImportSection::new();
    shell.imports(&mut imports, &moved);
    let mut tables = TableSection::new();
    shell.tables(&mut tables, &mut moved)?;
    let mut globals = GlobalSection::new();
    shell.globals(&mut globals, &mut moved)?;
    unpack.globals(&mut globals, &mut unpack_moved)?;
    let mut exports = ExportSection::new();
    shell.exports(&mut exports, &mut moved)?;
    let mut elements = ElementSection::new();
    shell.elements(&mut elements, &mut moved)?;
    let mut data = DataSection::new();
    data.passive(input.config.iter().copied());
    data.passive(filled.packed.iter().copied());
    let mut memories = MemorySection::new();
    memories.memory(memory(shell.memory.initial, shell.memory.maximum));
    let second = cursor.second.div_ceil(PAGE);
    memories.memory(memory(second, Some(second)));
    for (plugin, places) in plugins.iter().zip(&all) {
        let (pages, most) = plugin.pages();
        memories.memory(memory(pages, Some(most)));
        plugin.tables(places, &mut tables, &mut elements);
        plugin.globals(places, &mut globals);
        plugin.type_maps(places, &mut data);
    }

    let mut type_section = TypeSection::new();
    let throws = types.of([ValType::I32], []);
    for ty in types.list() {
        type_section.ty().func_type(ty);
    }
    let mut tags = TagSection::new();
    tags.tag(TagType {
        kind: TagKind::Exception,
        func_type_idx: throws,
    });
    let mut module = Module::new();
    module
        .section(&type_section)
        .section(&imports)
        .section(&functions.types)
        .section(&tables)
        .section(&memories)
        .section(&tags)
        .section(&globals)
        .section(&exports)
        .section(&StartSection {
            function_index: start_at,
        })
        .section(&elements)
        .section(&DataCountSection { count: data.len() })
        .section(&functions.code)
        .section(&data);
    for (name, bytes) in input.sections {
        module.section(&CustomSection {
            name: (*name).into(),
            data: (*bytes).into(),
        });
    }
    Ok(module.finish())
}

fn filled(shell: &Shell<'_>, plugins: &[Ready<'_>], all: &[Places]) -> Result<Filled, PackError> {
    let own = shell.memory()?;
    let mut memories: Vec<(u32, &[Data<'_>])> = vec![(SHELL, &own)];
    for (plugin, places) in plugins.iter().zip(all) {
        memories.push((places.memory, plugin.memory()));
    }
    Filled::of(&memories)
}

fn memory(minimum: u64, maximum: Option<u64>) -> MemoryType {
    MemoryType {
        minimum,
        maximum,
        memory64: false,
        shared: false,
        page_size_log2: None,
    }
}
