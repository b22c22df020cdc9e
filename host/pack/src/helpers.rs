//! Functions that rewritten code calls: throwing, guarded conversions, bulk memory, growth, reset.

use wasm_encoder::{BlockType, Ieee32, Ieee64, InstructionSink, MemArg, ValType};

use crate::module::Const;
use crate::places::{Places, SECOND};
use crate::values::OVERHANG;

/// The faults, as they cross between modules.
pub(crate) mod status {
    pub(crate) const TRAP: i32 = 1;
    pub(crate) const TIMEOUT: i32 = 2;
    pub(crate) const MEMORY: i32 = 3;
    pub(crate) const OUTPUT: i32 = 4;
    pub(crate) const REFUSED: i32 = 5;
}

/// A function that is made up: its type's parts, its locals, its code.
pub(crate) struct Made {
    pub(crate) params: Vec<ValType>,
    pub(crate) results: Vec<ValType>,
    pub(crate) locals: Vec<ValType>,
    pub(crate) bytes: Vec<u8>,
}

impl Made {
    pub(crate) fn new(params: &[ValType], results: &[ValType]) -> Self {
        Self {
            params: params.to_vec(),
            results: results.to_vec(),
            locals: Vec::new(),
            bytes: Vec::new(),
        }
    }

    /// A new local.
    pub(crate) fn local(&mut self, ty: ValType) -> u32 {
        let place = self.params.len() + self.locals.len();
        self.locals.push(ty);
        u32::try_from(place).unwrap_or(u32::MAX)
    }

    pub(crate) fn sink(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.bytes)
    }

    /// The body's bytes, without their length.
    pub(crate) fn finish(mut self) -> (Vec<ValType>, Vec<ValType>, Vec<u8>) {
        use wasm_encoder::Encode;
        self.sink().end();
        let mut bytes = Vec::with_capacity(self.bytes.len() + 8);
        self.locals.len().encode(&mut bytes);
        for ty in &self.locals {
            1_u32.encode(&mut bytes);
            ty.encode(&mut bytes);
        }
        bytes.extend(self.bytes);
        (self.params, self.results, bytes)
    }
}

/// Fuel for a bulk instruction, beside its bytes: engines leave their own code for it.
const CALL: i64 = 24;

const I32: ValType = ValType::I32;
const I64: ValType = ValType::I64;

/// The functions that all plugins share, in the order of [`crate::places::Shared`].
pub(crate) fn shared(throw: u32, tag: u32) -> Vec<Made> {
    let mut all = Vec::new();
    let mut one = Made::new(&[I32], &[]);
    one.sink().local_get(0).throw(tag);
    all.push(one);
    for code in [status::TRAP, status::TIMEOUT] {
        let mut one = Made::new(&[], &[]);
        one.sink().i32_const(code).throw(tag);
        all.push(one);
    }
    all.extend(truncations(throw));
    all
}

/// Conversions that throw where the plain ones trap: not a number, or none that fits.
fn truncations(throw: u32) -> Vec<Made> {
    // The largest floats below the range and the smallest above it, in both widths.
    let bounds: [(bool, Const, Const); 8] = [
        (false, f32(-2_147_483_904.0), f32(2_147_483_648.0)),
        (false, f32(-1.0), f32(4_294_967_296.0)),
        (true, f64(-2_147_483_649.0), f64(2_147_483_648.0)),
        (true, f64(-1.0), f64(4_294_967_296.0)),
        (
            false,
            f32(-9_223_373_136_366_403_584.0),
            f32(9_223_372_036_854_775_808.0),
        ),
        (false, f32(-1.0), f32(18_446_744_073_709_551_616.0)),
        (
            true,
            f64(-9_223_372_036_854_777_856.0),
            f64(9_223_372_036_854_775_808.0),
        ),
        (true, f64(-1.0), f64(18_446_744_073_709_551_616.0)),
    ];
    let mut all = Vec::new();
    for (number, (double, below, above)) in (0_u32..).zip(bounds) {
        let result = if number < 4 { I32 } else { I64 };
        let param = if double { ValType::F64 } else { ValType::F32 };
        let mut one = Made::new(&[param], &[result]);
        let mut sink = one.sink();
        // Both comparisons are false for what is no number.
        sink.local_get(0);
        push(&mut sink, below);
        if double {
            sink.f64_gt();
        } else {
            sink.f32_gt();
        }
        sink.local_get(0);
        push(&mut sink, above);
        if double {
            sink.f64_lt();
        } else {
            sink.f32_lt();
        }
        sink.i32_and()
            .i32_eqz()
            .if_(BlockType::Empty)
            .i32_const(status::TRAP)
            .call(throw)
            .unreachable()
            .end()
            .local_get(0);
        match number {
            0 => sink.i32_trunc_f32_s(),
            1 => sink.i32_trunc_f32_u(),
            2 => sink.i32_trunc_f64_s(),
            3 => sink.i32_trunc_f64_u(),
            4 => sink.i64_trunc_f32_s(),
            5 => sink.i64_trunc_f32_u(),
            6 => sink.i64_trunc_f64_s(),
            _ => sink.i64_trunc_f64_u(),
        };
        all.push(one);
    }
    all
}

fn f32(value: f32) -> Const {
    Const::F32(value.to_bits())
}

fn f64(value: f64) -> Const {
    Const::F64(value.to_bits())
}

/// The instruction that makes a constant.
pub(crate) fn push(sink: &mut InstructionSink<'_>, value: Const) {
    match value {
        Const::I32(value) => sink.i32_const(value),
        Const::I64(value) => sink.i64_const(value),
        Const::F32(bits) => sink.f32_const(Ieee32::new(bits)),
        Const::F64(bits) => sink.f64_const(Ieee64::new(bits)),
        Const::V128(value) => sink.v128_const(value),
    };
}

/// Charges fuel for a helper: a constant and a part of the bytes in a local.
pub(crate) fn charge(made: &mut Made, places: &Places, fixed: i64, bytes: Option<(u32, i64)>) {
    let fuel = places.control.fuel;
    let timeout = places.shared.timeout;
    let mut sink = made.sink();
    sink.global_get(fuel).i64_const(fixed).i64_sub();
    if let Some((local, shift)) = bytes {
        sink.local_get(local)
            .i64_extend_i32_u()
            .i64_const(shift)
            .i64_shr_u()
            .i64_sub();
    }
    sink.global_set(fuel)
        .global_get(fuel)
        .i64_const(0)
        .i64_lt_s()
        .if_(BlockType::Empty)
        .call(timeout)
        .unreachable()
        .end();
}

/// Pushes whether a range of the plugin's memory is out of bounds.
pub(crate) fn push_outside(sink: &mut InstructionSink<'_>, places: &Places, at: u32, len: u32) {
    sink.local_get(at)
        .i64_extend_i32_u()
        .local_get(len)
        .i64_extend_i32_u()
        .i64_add()
        .global_get(places.control.size)
        .i64_extend_i32_u()
        .i64_gt_u();
}

fn trap_if_outside(made: &mut Made, places: &Places, at: u32, len: u32) {
    let trap = places.shared.trap;
    let mut sink = made.sink();
    push_outside(&mut sink, places, at, len);
    sink.if_(BlockType::Empty).call(trap).unreachable().end();
}

/// `memory.copy`: to, from, length.
pub(crate) fn copy(places: &Places) -> Made {
    let mut made = Made::new(&[I32, I32, I32], &[]);
    trap_if_outside(&mut made, places, 0, 2);
    trap_if_outside(&mut made, places, 1, 2);
    charge(&mut made, places, CALL, Some((2, 3)));
    let (mark, memory) = (places.own.mark, places.memory);
    made.sink()
        .local_get(0)
        .local_get(2)
        .call(mark)
        .local_get(0)
        .local_get(1)
        .local_get(2)
        .memory_copy(memory, memory);
    made
}

/// `memory.fill`: to, value, length.
pub(crate) fn fill(places: &Places) -> Made {
    let mut made = Made::new(&[I32, I32, I32], &[]);
    trap_if_outside(&mut made, places, 0, 2);
    charge(&mut made, places, CALL, Some((2, 3)));
    let (mark, memory) = (places.own.mark, places.memory);
    made.sink()
        .local_get(0)
        .local_get(2)
        .call(mark)
        .local_get(0)
        .local_get(1)
        .local_get(2)
        .memory_fill(memory);
    made
}

/// Marks every page of a range that is in bounds: address, length.
pub(crate) fn mark(places: &Places) -> Made {
    let mut made = Made::new(&[I32, I32], &[]);
    let first = made.local(I32);
    let pages = made.local(I32);
    let map = map(places);
    made.sink()
        .local_get(1)
        .i32_eqz()
        .if_(BlockType::Empty)
        .return_()
        .end()
        .local_get(0)
        .i32_const(12)
        .i32_shr_u()
        .local_set(first)
        .local_get(0)
        .local_get(1)
        .i32_add()
        .i32_const(1)
        .i32_sub()
        .i32_const(12)
        .i32_shr_u()
        .local_get(first)
        .i32_sub()
        .local_set(pages)
        // Most ranges lie in one page.
        .local_get(first)
        .i32_const(1)
        .i32_store8(map)
        .local_get(pages)
        .if_(BlockType::Empty)
        .local_get(first)
        .i32_const(offset(places.map))
        .i32_add()
        .i32_const(1)
        .local_get(pages)
        .i32_const(1)
        .i32_add()
        .memory_fill(SECOND)
        .end();
    made
}

fn map(places: &Places) -> MemArg {
    MemArg {
        offset: places.map,
        align: 0,
        memory_index: SECOND,
    }
}

/// An address in the second memory, which has less than 4 GiB.
pub(crate) fn offset(address: u64) -> i32 {
    u32::try_from(address).unwrap_or(u32::MAX).cast_signed()
}

/// `memory.grow`, up to the limit. Memory that is there from an earlier call is clean: the reset
/// has seen to it.
pub(crate) fn grow(places: &Places, most_pages: u64) -> Made {
    let mut made = Made::new(&[I32], &[I32]);
    let old = made.local(I32);
    let new = made.local(I64);
    charge(&mut made, places, 100, None);
    let control = places.control;
    let memory = places.memory;
    let limit = i64::try_from(places.limit >> 16).unwrap_or(0);
    let most = i64::try_from(most_pages).unwrap_or(0);
    made.sink()
        .global_get(control.size)
        .i32_const(16)
        .i32_shr_u()
        .local_tee(old)
        .i64_extend_i32_u()
        .local_get(0)
        .i64_extend_i32_u()
        .i64_add()
        .local_tee(new)
        .i64_const(limit)
        .i64_gt_u()
        .if_(BlockType::Empty)
        .i32_const(1)
        .global_set(control.denied)
        .i32_const(-1)
        .return_()
        .end()
        // What the module itself rules out is no denial.
        .local_get(new)
        .i64_const(most)
        .i64_gt_u()
        .if_(BlockType::Empty)
        .i32_const(-1)
        .return_()
        .end()
        .local_get(new)
        .memory_size(memory)
        .i64_extend_i32_u()
        .i64_gt_u()
        .if_(BlockType::Empty)
        .local_get(new)
        .i32_wrap_i64()
        .memory_size(memory)
        .i32_sub()
        .memory_grow(memory)
        .i32_const(-1)
        .i32_eq()
        .if_(BlockType::Empty)
        .i32_const(1)
        .global_set(control.denied)
        .i32_const(-1)
        .return_()
        .end()
        .end()
        .local_get(new)
        .i32_wrap_i64()
        .i32_const(16)
        .i32_shl()
        .global_set(control.size)
        .local_get(old);
    made
}

/// Puts back what lies from one address up to another: from the copy where there is one, else zero.
pub(crate) fn restore(places: &Places) -> Made {
    let mut made = Made::new(&[I32, I32], &[]);
    let middle = made.local(I32);
    let initial = offset(places.initial);
    let memory = places.memory;
    made.sink()
        .local_get(1)
        .i32_const(initial)
        .local_get(1)
        .i32_const(initial)
        .i32_lt_u()
        .select()
        .local_set(middle)
        .local_get(0)
        .local_get(middle)
        .i32_lt_u()
        .if_(BlockType::Empty)
        .local_get(0)
        .local_get(0)
        .i32_const(offset(places.pristine))
        .i32_add()
        .local_get(middle)
        .local_get(0)
        .i32_sub()
        .memory_copy(memory, SECOND)
        .local_get(middle)
        .local_set(0)
        .end()
        .local_get(0)
        .local_get(1)
        .i32_lt_u()
        .if_(BlockType::Empty)
        .local_get(0)
        .i32_const(0)
        .local_get(1)
        .local_get(0)
        .i32_sub()
        .memory_fill(memory)
        .end();
    made
}

/// Memory and globals back to where they were: run by run of dirty pages, up to the size that the
/// plugin had.
pub(crate) fn reset(places: &Places, globals: &[(u32, Const)]) -> Made {
    let mut made = Made::new(&[], &[]);
    let (page, pages, first, end) = (
        made.local(I32),
        made.local(I32),
        made.local(I32),
        made.local(I64),
    );
    let control = places.control;
    let marks = map(places);
    let eight = MemArg { align: 3, ..marks };
    let (memory, restore) = (places.memory, places.own.restore);
    let mut sink = made.sink();
    if !places.cover.reset {
        for global in [control.fault, control.denied, control.used] {
            sink.i32_const(0).global_set(global);
        }
        return made;
    }
    if places.bounds {
        sink.global_get(control.size);
    } else {
        // What is not checked may have written wherever there is memory.
        sink.memory_size(memory).i32_const(16).i32_shl();
    }
    sink.i32_const(12)
        .i32_shr_u()
        .local_set(pages)
        .block(BlockType::Empty)
        .loop_(BlockType::Empty)
        .local_get(page)
        .local_get(pages)
        .i32_ge_u()
        .br_if(1)
        // Eight clean pages at once. Their number is a multiple of sixteen.
        .local_get(page)
        .i32_const(7)
        .i32_and()
        .i32_eqz()
        .if_(BlockType::Empty)
        .local_get(page)
        .i64_load(eight)
        .i64_eqz()
        .if_(BlockType::Empty)
        .local_get(page)
        .i32_const(8)
        .i32_add()
        .local_set(page)
        .br(2)
        .end()
        .end()
        .local_get(page)
        .i32_load8_u(marks)
        .i32_eqz()
        .if_(BlockType::Empty)
        .local_get(page)
        .i32_const(1)
        .i32_add()
        .local_set(page)
        .br(1)
        .end()
        .local_get(page)
        .local_set(first)
        .loop_(BlockType::Empty)
        .local_get(page)
        .i32_const(0)
        .i32_store8(marks)
        .local_get(page)
        .i32_const(1)
        .i32_add()
        .local_tee(page)
        .local_get(pages)
        .i32_lt_u()
        .if_(BlockType::Empty)
        .local_get(page)
        .i32_load8_u(marks)
        .br_if(1)
        .end()
        .end()
        // A run's last store may reach past it; never past the end of memory.
        .local_get(page)
        .i64_extend_i32_u()
        .i64_const(12)
        .i64_shl()
        .i64_const(i64::try_from(OVERHANG).unwrap_or(0))
        .i64_add()
        .local_tee(end)
        .local_get(pages)
        .i64_extend_i32_u()
        .i64_const(12)
        .i64_shl()
        .i64_gt_u()
        .if_(BlockType::Empty)
        .local_get(pages)
        .i64_extend_i32_u()
        .i64_const(12)
        .i64_shl()
        .local_set(end)
        .end()
        .local_get(first)
        .i32_const(12)
        .i32_shl()
        .local_get(end)
        .i32_wrap_i64()
        .call(restore)
        .br(0)
        .end()
        .end();
    for (global, value) in globals {
        push(&mut sink, *value);
        sink.global_set(*global);
    }
    sink.i32_const(offset(places.initial))
        .global_set(control.size)
        .i32_const(0)
        .global_set(control.fault)
        .i32_const(0)
        .global_set(control.denied)
        .i32_const(0)
        .global_set(control.used);
    made
}
