//! What lies between shell and plugins: entries that catch, trampolines that bound, and the choice
//! of the plugin by its place.

use wasm_encoder::{BlockType, Catch, InstructionSink, ValType};

use crate::contract::{Import, OFFERS, Offer};
use crate::helpers::{Made, charge, mark, offset, push_outside, status};
use crate::helpers::{copy, fill, grow, reset, restore};
use crate::module::Const;
use crate::places::{Places, SECOND};

const I32: ValType = ValType::I32;
const I64: ValType = ValType::I64;

/// The shell's memory.
pub(crate) const SHELL: u32 = 0;

/// Bytes of stack that a plugin may use: less than half of what there is, for the shell needs some
/// before and after.
pub(crate) const STACK: i32 = 400 << 10;

/// What is made up for one plugin.
pub(crate) struct Entries<'a> {
    pub(crate) places: &'a Places,
    /// Its functions, in the packed module.
    pub(crate) inspect: u32,
    pub(crate) realloc: u32,
    pub(crate) post_return: Option<u32>,
    /// Fuel: at all events, and for each MiB of text.
    pub(crate) base: u64,
    pub(crate) per_mib: u64,
    pub(crate) tag: u32,
    pub(crate) most_pages: u64,
    /// Its globals that change, with what they were packed with.
    pub(crate) globals: &'a [(u32, Const)],
}

impl Entries<'_> {
    /// All of them, in the order of [`crate::places::Own`].
    pub(crate) fn make(&self) -> Vec<Made> {
        let places = self.places;
        vec![
            copy(places),
            fill(places),
            grow(places, self.most_pages),
            mark(places),
            restore(places),
            reset(places, self.globals),
            self.begin(),
            self.alloc(),
            write(places),
            read(places),
            self.inspect(),
            self.post_return(),
        ]
    }

    fn begin(&self) -> Made {
        let mut made = Made::new(&[I32], &[]);
        let control = self.places.control;
        let reset = self.places.own.reset;
        let signed = |fuel: u64| i64::try_from(fuel).unwrap_or(i64::MAX).min(1 << 40);
        made.sink()
            .global_get(control.used)
            .if_(BlockType::Empty)
            .call(reset)
            .end()
            .i32_const(1)
            .global_set(control.used)
            .i32_const(1)
            .global_set(control.leave)
            .i32_const(STACK)
            .global_set(control.stack)
            // At most 2^40 for each MiB and 2^12 MiB: no overflow.
            .local_get(0)
            .i64_extend_i32_u()
            .i64_const(10)
            .i64_shr_u()
            .i64_const(signed(self.per_mib))
            .i64_mul()
            .i64_const(10)
            .i64_shr_u()
            .i64_const(signed(self.base))
            .i64_add()
            .global_set(control.fuel);
        made
    }

    /// Runs `call` so that what it throws is a status: `params` are the entry's own. `call` leaves
    /// an `i32`, which becomes the answer's lower half.
    fn caught(
        &self,
        params: &[ValType],
        may_leave: bool,
        call: impl Fn(&mut InstructionSink<'_>),
    ) -> Made {
        let control = self.places.control;
        let mut made = Made::new(params, &[I64]);
        let (stack, leave, code) = (made.local(I32), made.local(I32), made.local(I32));
        let tag = self.tag;
        let mut sink = made.sink();
        sink.global_get(control.fault)
            .i32_eqz()
            .if_(BlockType::Empty)
            .global_get(control.stack)
            .local_set(stack)
            .global_get(control.leave)
            .local_set(leave)
            .i32_const(i32::from(may_leave))
            .global_set(control.leave)
            .block(BlockType::Result(I32))
            .try_table(BlockType::Empty, [Catch::One { tag, label: 0 }]);
        call(&mut sink);
        sink.local_get(leave)
            .global_set(control.leave)
            .i64_extend_i32_u()
            .return_()
            .end()
            .unreachable()
            .end()
            .local_set(code)
            .local_get(stack)
            .global_set(control.stack)
            .local_get(leave)
            .global_set(control.leave)
            // Whoever was refused memory fails for that, unless time ran out.
            .i32_const(status::MEMORY)
            .local_get(code)
            .global_get(control.denied)
            .local_get(code)
            .i32_const(status::TIMEOUT)
            .i32_ne()
            .i32_and()
            .select()
            .global_set(control.fault)
            .end()
            .global_get(control.fault)
            .i64_extend_i32_u()
            .i64_const(32)
            .i64_shl();
        made
    }

    fn alloc(&self) -> Made {
        self.caught(&[I32, I32], false, |sink| {
            sink.i32_const(0)
                .i32_const(0)
                .local_get(0)
                .local_get(1)
                .call(self.realloc);
        })
    }

    fn inspect(&self) -> Made {
        self.caught(&[I32], true, |sink| {
            sink.local_get(0).call(self.inspect);
        })
    }

    fn post_return(&self) -> Made {
        let function = self.post_return;
        self.caught(&[I32], false, |sink| {
            if let Some(function) = function {
                sink.local_get(0).call(function);
            }
            sink.i32_const(0);
        })
    }
}

/// To, from, length: from the shell's memory to the plugin's.
fn write(places: &Places) -> Made {
    let mut made = Made::new(&[I32, I32, I32], &[I32]);
    let mut sink = made.sink();
    push_outside(&mut sink, places, 0, 2);
    sink.if_(BlockType::Empty)
        .i32_const(status::OUTPUT)
        .return_()
        .end()
        .local_get(0)
        .local_get(2)
        .call(places.own.mark)
        .local_get(0)
        .local_get(1)
        .local_get(2)
        .memory_copy(places.memory, SHELL)
        .i32_const(0);
    made
}

/// From, to, length: from the plugin's memory to the shell's.
fn read(places: &Places) -> Made {
    let mut made = Made::new(&[I32, I32, I32], &[I32]);
    let mut sink = made.sink();
    push_outside(&mut sink, places, 0, 2);
    sink.if_(BlockType::Empty)
        .i32_const(status::OUTPUT)
        .return_()
        .end()
        .local_get(1)
        .local_get(0)
        .local_get(2)
        .memory_copy(SHELL, places.memory)
        .i32_const(0);
    made
}

/// Answers an import of the plugin: bounds what it hands over, asks the shell, and throws only once
/// the shell has returned.
pub(crate) fn trampoline(places: &Places, plugin: i32, import: &Import, shell: u32) -> Made {
    let mut made = Made::new(import.params, &[]);
    let answer = made.local(I32);
    let control = places.control;
    let shared = places.shared;
    made.sink()
        .global_get(control.leave)
        .i32_eqz()
        .if_(BlockType::Empty)
        .call(shared.trap)
        .unreachable()
        .end();
    charge(&mut made, places, import.fuel, None);
    let throw_if = |sink: &mut InstructionSink<'_>| {
        sink.if_(BlockType::Empty)
            .i32_const(status::OUTPUT)
            .call(shared.throw)
            .unreachable()
            .end();
    };
    for text in import.texts {
        let mut sink = made.sink();
        push_outside(&mut sink, places, *text, *text + 1);
        throw_if(&mut sink);
        charge(&mut made, places, 0, Some((*text + 1, 2)));
    }
    let mut sink = made.sink();
    if let Some((result, size, align)) = import.result {
        sink.local_get(result)
            .i64_extend_i32_u()
            .i64_const(i64::from(size))
            .i64_add()
            .global_get(control.size)
            .i64_extend_i32_u()
            .i64_gt_u();
        throw_if(&mut sink);
        sink.local_get(result)
            .i32_const(offset(u64::from(align) - 1))
            .i32_and();
        throw_if(&mut sink);
    }
    if let Some((choice, below)) = import.choice {
        sink.local_get(choice)
            .i32_const(offset(u64::from(below)))
            .i32_ge_u();
        throw_if(&mut sink);
    }
    sink.i32_const(plugin);
    for param in (0_u32..).zip(import.params).map(|(place, _)| place) {
        sink.local_get(param);
    }
    sink.call(shell)
        .local_set(answer)
        // What failed inside counts, whatever the shell makes of it.
        .global_get(control.fault)
        .local_get(answer)
        .global_get(control.fault)
        .select()
        .local_tee(answer)
        .if_(BlockType::Empty)
        .local_get(answer)
        .call(shared.throw)
        .unreachable()
        .end();
    made
}

/// The functions that the shell imports, in the order of [`OFFERS`].
pub(crate) fn offered(plugins: &[Places], config: u32, config_len: u32) -> Vec<Made> {
    OFFERS
        .iter()
        .map(|offer| one_offer(offer, plugins, config, config_len))
        .collect()
}

fn one_offer(offer: &Offer, plugins: &[Places], config: u32, config_len: u32) -> Made {
    let mut made = Made::new(offer.params, offer.results);
    let mut sink = made.sink();
    let plain = match offer.name {
        "count" => {
            sink.i32_const(offset(u64::try_from(plugins.len()).unwrap_or(0)));
            true
        }
        "config_len" => {
            sink.i32_const(config_len.cast_signed());
            true
        }
        "config_read" => {
            sink.local_get(0)
                .i32_const(0)
                .i32_const(config_len.cast_signed())
                .memory_init(SHELL, config);
            true
        }
        _ => false,
    };
    if plain {
        return made;
    }
    for (place, places) in (0_i32..).zip(plugins) {
        sink.local_get(0)
            .i32_const(place)
            .i32_eq()
            .if_(BlockType::Empty);
        choose(&mut sink, offer, places);
        sink.return_().end();
    }
    // No such plugin.
    match (offer.name, offer.results) {
        ("alloc" | "inspect", _) => {
            sink.i64_const(i64::from(status::REFUSED) << 32);
        }
        ("write" | "read" | "post_return", _) => {
            sink.i32_const(status::REFUSED);
        }
        (_, [ValType::I64]) => {
            sink.i64_const(0);
        }
        (_, [_]) => {
            sink.i32_const(0);
        }
        _ => {}
    }
    made
}

fn choose(sink: &mut InstructionSink<'_>, offer: &Offer, places: &Places) {
    let function = match offer.name {
        "memory_len" => {
            sink.global_get(places.control.size);
            return;
        }
        "denied" => {
            sink.global_get(places.control.denied);
            return;
        }
        "fuel_left" => {
            sink.global_get(places.control.fuel);
            return;
        }
        "begin" => places.own.begin,
        "alloc" => places.own.alloc,
        "write" => places.own.write,
        "read" => places.own.read,
        "inspect" => places.own.inspect,
        "post_return" => places.own.post_return,
        _ => places.own.reset,
    };
    for param in (0_u32..).zip(offer.params).skip(1).map(|(place, _)| place) {
        sink.local_get(param);
    }
    sink.call(function);
    if offer.name == "post_return" {
        sink.i64_const(32).i64_shr_u().i32_wrap_i64();
    }
}

/// Runs first: fills all memories, keeps a copy of each plugin's, then starts the shell.
pub(crate) fn start(
    plugins: &[Places],
    shell: Option<u32>,
    fill: impl FnOnce(&mut InstructionSink<'_>),
) -> Made {
    let mut made = Made::new(&[], &[]);
    let mut sink = made.sink();
    fill(&mut sink);
    for places in plugins {
        sink.i32_const(offset(places.pristine))
            .i32_const(0)
            .i32_const(offset(places.initial))
            .memory_copy(SECOND, places.memory);
    }
    if let Some(shell) = shell {
        sink.call(shell);
    }
    made
}
