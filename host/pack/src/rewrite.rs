//! A plugin's functions, written anew so that nothing they do traps.
//!
//! Where the original would trap, the new code throws; where it would go on for ever or sink too
//! deep, likewise. A store marks its page, so that a reset finds it.

use wasm_encoder::reencode::Reencode;
use wasm_encoder::{BlockType, Encode, Instruction, InstructionSink, MemArg, ValType};
use wasmparser::Operator;

use crate::Problem;
use crate::access::{Access, access};
use crate::code::{Body, Facts};
use crate::costs::{Cost, Costs, Division, division, may_grow, truncation};
use crate::places::{InPlace, Places, SECOND, Types};
use crate::values::{Plan, plan};

/// Locals that the new code needs beside the old one's.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Temp {
    Fuel,
    Limit,
    Scratch,
    Address,
    Left,
    Right,
    Left64,
    Right64,
    ValueI32,
    ValueI64,
    ValueF32,
    ValueF64,
    ValueV128,
}

impl Temp {
    fn ty(self) -> ValType {
        match self {
            Self::Fuel | Self::Left64 | Self::Right64 | Self::ValueI64 => ValType::I64,
            Self::ValueF32 => ValType::F32,
            Self::ValueF64 => ValType::F64,
            Self::ValueV128 => ValType::V128,
            _ => ValType::I32,
        }
    }

    fn value(ty: wasmparser::ValType) -> Self {
        match ty {
            wasmparser::ValType::I64 => Self::ValueI64,
            wasmparser::ValType::F32 => Self::ValueF32,
            wasmparser::ValType::F64 => Self::ValueF64,
            wasmparser::ValType::V128 => Self::ValueV128,
            _ => Self::ValueI32,
        }
    }
}

/// Writes one function: the bytes of its body, without their length.
pub(crate) fn rewrite(
    body: &Body<'_>,
    own: Facts,
    facts: &[Facts],
    places: &Places,
    results: &[wasmparser::ValType],
    types: &mut Types,
) -> Result<Vec<u8>, Problem> {
    let mut plans = plan(body, facts, places.bounds, places.initial);
    if !places.cover.marks {
        plans.iter_mut().for_each(|plan| plan.mark = None);
    }
    let checks = plans.iter().filter(|plan| plan.check.is_some()).count();
    let costs = Costs::of(body, facts);
    let mut writer = Writer {
        places,
        facts,
        bytes: Vec::new(),
        first_temp: u32::try_from(body.locals()).unwrap_or(u32::MAX),
        temps: Vec::new(),
        local_limit: checks > 2,
        nesting: 0,
        wrapped: false,
    };
    if places.cover.guards {
        writer.enter(own, costs.entry);
        writer.wrapped = own.descends;
    }
    if writer.wrapped {
        let mut results = results.iter().map(|ty| InPlace(places).val_type(*ty));
        let results: Result<Vec<ValType>, _> = results.by_ref().collect();
        let results = results.map_err(|_| Problem::code("a type that is not known"))?;
        let ty = match results.as_slice() {
            [] => BlockType::Empty,
            [one] => BlockType::Result(*one),
            _ => BlockType::FunctionType(types.of([], results)),
        };
        writer.sink().block(ty);
    }
    let mut before = None;
    for (place, (op, plan)) in body.ops.iter().zip(plans).enumerate() {
        let last = place + 1 == body.ops.len();
        if !last {
            let cost = costs.loops.get(&place).copied();
            writer.one(&op.operator, before, plan, cost)?;
        }
        before = Some(&op.operator);
    }
    if writer.wrapped {
        writer.sink().end();
        writer.leave(own);
    }
    writer.sink().end();
    Ok(writer.assemble(body))
}

/// The body of a function that no call can reach.
pub(crate) fn unreached(places: &Places) -> Vec<u8> {
    let mut bytes = Vec::new();
    0_usize.encode(&mut bytes);
    let mut sink = InstructionSink::new(&mut bytes);
    if places.cover.guards {
        sink.call(places.shared.trap);
    }
    sink.unreachable().end();
    bytes
}

struct Writer<'a> {
    places: &'a Places,
    facts: &'a [Facts],
    bytes: Vec<u8>,
    first_temp: u32,
    temps: Vec<Temp>,
    local_limit: bool,
    nesting: u32,
    wrapped: bool,
}

impl Writer<'_> {
    fn sink(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.bytes)
    }

    fn temp(&mut self, temp: Temp) -> u32 {
        let place = self.temps.iter().position(|known| *known == temp);
        let place = place.unwrap_or_else(|| {
            self.temps.push(temp);
            self.temps.len() - 1
        });
        self.first_temp
            .wrapping_add(u32::try_from(place).unwrap_or(u32::MAX))
    }

    fn assemble(self, body: &Body<'_>) -> Vec<u8> {
        let mut runs: Vec<(u32, ValType)> = Vec::new();
        for (count, ty) in &body.locals {
            if let Ok(ty) = InPlace(self.places).val_type(*ty) {
                runs.push((*count, ty));
            }
        }
        runs.extend(self.temps.iter().map(|temp| (1, temp.ty())));
        let mut bytes = Vec::with_capacity(self.bytes.len() + 16);
        runs.len().encode(&mut bytes);
        for (count, ty) in runs {
            count.encode(&mut bytes);
            ty.encode(&mut bytes);
        }
        bytes.extend(self.bytes);
        bytes
    }

    /// With a condition on the stack: a trap, if it holds.
    fn trap_if(&mut self) {
        let trap = self.places.shared.trap;
        self.sink()
            .if_(BlockType::Empty)
            .call(trap)
            .unreachable()
            .end();
    }

    /// Charges fuel: where it is `known`, what is left is in a local already.
    fn charge(&mut self, cost: u64, known: bool) {
        let cost = i64::try_from(cost).unwrap_or(i64::MAX);
        let (global, timeout) = (self.places.control.fuel, self.places.shared.timeout);
        let local = self.temp(Temp::Fuel);
        if known {
            self.sink().local_get(local);
        } else {
            self.sink().global_get(global);
        }
        self.sink()
            .i64_const(cost)
            .i64_sub()
            .local_tee(local)
            .global_set(global)
            .local_get(local);
        self.sink()
            .i64_const(0)
            .i64_lt_s()
            .if_(BlockType::Empty)
            .call(timeout)
            .unreachable()
            .end();
    }

    fn enter(&mut self, own: Facts, cost: u64) {
        let control = self.places.control;
        let frame = i32::try_from(own.frame).unwrap_or(i32::MAX);
        if !own.leaf {
            if cost > 0 {
                self.charge(cost, false);
            }
            if own.descends {
                let scratch = self.temp(Temp::Scratch);
                self.sink()
                    .global_get(control.stack)
                    .i32_const(frame)
                    .i32_sub()
                    .local_tee(scratch)
                    .i32_const(0)
                    .i32_lt_s();
                self.trap_if();
                self.sink().local_get(scratch).global_set(control.stack);
            } else {
                self.sink()
                    .global_get(control.stack)
                    .i32_const(frame)
                    .i32_lt_s();
                self.trap_if();
            }
        }
        self.refresh_limit();
    }

    fn leave(&mut self, own: Facts) {
        let control = self.places.control;
        let frame = i32::try_from(own.frame).unwrap_or(i32::MAX);
        if own.descends {
            self.sink()
                .global_get(control.stack)
                .i32_const(frame)
                .i32_add()
                .global_set(control.stack);
        }
    }

    fn refresh_limit(&mut self) {
        if self.local_limit {
            let global = self.places.control.size;
            let local = self.temp(Temp::Limit);
            self.sink().global_get(global).local_set(local);
        }
    }

    fn one(
        &mut self,
        operator: &Operator<'_>,
        before: Option<&Operator<'_>>,
        plan: Plan,
        loop_cost: Option<Cost>,
    ) -> Result<(), Problem> {
        let cover = self.places.cover;
        let loop_cost = loop_cost.filter(|_| cover.guards);
        if loop_cost.is_some_and(|cost| cost.outermost) {
            let (global, local) = (self.places.control.fuel, self.temp(Temp::Fuel));
            self.sink().global_get(global).local_set(local);
        }
        match operator {
            // What may grow memory is asked for by other parts, too.
            Operator::MemorySize { .. } | Operator::MemoryGrow { .. } if !cover.guards => {
                self.grown(operator);
            }
            Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } if cover.marks => {
                self.bulk(operator);
            }
            other if !cover.guards => match access(other) {
                Some(access) => {
                    self.guard_access(access, plan);
                    self.copy(other)?;
                }
                None => self.copy(other)?,
            },
            Operator::Unreachable => {
                let trap = self.places.shared.trap;
                self.sink().call(trap).unreachable();
            }
            Operator::Return if self.wrapped => {
                let depth = self.nesting;
                self.sink().br(depth);
            }
            Operator::MemorySize { .. } | Operator::MemoryGrow { .. } => self.grown(operator),
            Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => self.bulk(operator),
            Operator::CallIndirect {
                type_index,
                table_index,
            } => {
                self.guard_indirect(*type_index, *table_index);
                self.copy(operator)?;
            }
            other => {
                if let Some(helper) = truncation(other) {
                    self.call(self.places.shared.truncate + helper);
                } else if let Some(division) = division(other) {
                    self.guard_division(division, before);
                    self.copy(other)?;
                } else if let Some(access) = access(other) {
                    self.guard_access(access, plan);
                    self.copy(other)?;
                } else {
                    self.copy(other)?;
                }
            }
        }
        match operator {
            Operator::Block { .. } | Operator::If { .. } => self.nesting += 1,
            Operator::Loop { .. } => {
                self.nesting += 1;
                if let Some(cost) = loop_cost {
                    self.charge(cost.fuel, cost.tight);
                }
            }
            Operator::End => self.nesting = self.nesting.saturating_sub(1),
            _ => {}
        }
        if may_grow(operator, self.facts) {
            self.refresh_limit();
        }
        Ok(())
    }

    fn grown(&mut self, operator: &Operator<'_>) {
        let size = self.places.control.size;
        if matches!(operator, Operator::MemoryGrow { .. }) {
            self.call(self.places.own.grow);
        } else {
            self.sink().global_get(size).i32_const(16).i32_shr_u();
        }
    }

    fn bulk(&mut self, operator: &Operator<'_>) {
        let own = self.places.own;
        let is_copy = matches!(operator, Operator::MemoryCopy { .. });
        self.call(if is_copy { own.copy } else { own.fill });
    }

    fn call(&mut self, function: u32) {
        self.sink().call(function);
    }

    fn copy(&mut self, operator: &Operator<'_>) -> Result<(), Problem> {
        let instruction: Instruction<'_> = InPlace(self.places)
            .instruction(operator.clone())
            .map_err(|_| Problem::code("an instruction that is not known"))?;
        instruction.encode(&mut self.bytes);
        Ok(())
    }

    fn guard_access(&mut self, access: Access, plan: Plan) {
        if plan.check.is_none() && plan.mark.is_none() {
            return;
        }
        if let Some(local) = plan.local {
            self.guard_address(local, plan);
            return;
        }
        let value = access.value.map(|ty| self.temp(Temp::value(ty)));
        let address = self.temp(Temp::Address);
        if let Some(value) = value {
            self.sink().local_set(value);
        }
        self.sink().local_set(address);
        self.guard_address(address, plan);
        self.sink().local_get(address);
        if let Some(value) = value {
            self.sink().local_get(value);
        }
    }

    fn guard_address(&mut self, address: u32, plan: Plan) {
        if let Some(end) = plan.check {
            let limit = self.local_limit.then(|| self.temp(Temp::Limit));
            let size = self.places.control.size;
            let push_limit = |mut sink: InstructionSink<'_>| match limit {
                Some(local) => {
                    sink.local_get(local);
                }
                None => {
                    sink.global_get(size);
                }
            };
            match i32::try_from(end) {
                Ok(small) if end <= self.places.initial => {
                    self.sink().local_get(address);
                    push_limit(self.sink());
                    self.sink().i32_const(small).i32_sub().i32_gt_u();
                }
                _ => {
                    self.sink()
                        .local_get(address)
                        .i64_extend_i32_u()
                        .i64_const(i64::try_from(end).unwrap_or(i64::MAX >> 1))
                        .i64_add();
                    push_limit(self.sink());
                    self.sink().i64_extend_i32_u().i64_gt_u();
                }
            }
            self.trap_if();
        }
        if let Some(from) = plan.mark {
            let map = self.places.map;
            self.sink().local_get(address);
            if from > 0 {
                // A sum that wraps belongs to a store that is out of bounds.
                let from = u32::try_from(from).unwrap_or(u32::MAX);
                self.sink().i32_const(from.cast_signed()).i32_add();
            }
            self.sink()
                .i32_const(12)
                .i32_shr_u()
                .i32_const(1)
                .i32_store8(MemArg {
                    offset: map,
                    align: 0,
                    memory_index: SECOND,
                });
        }
    }

    fn guard_indirect(&mut self, ty: u32, table: u32) {
        let table = usize::try_from(table).unwrap_or(usize::MAX);
        let (map, count) = self
            .places
            .type_maps
            .get(table)
            .copied()
            .unwrap_or_default();
        let ty = usize::try_from(ty).ok().and_then(|ty| {
            let ty = self.places.types.get(ty)?;
            self.places.kinds.get(ty)
        });
        // What no function of the table has is a number that is not in the map.
        let kind = ty.map_or(256, |kind| i32::from(*kind));
        let index = self.temp(Temp::Scratch);
        let count = count.cast_signed();
        self.sink()
            .local_tee(index)
            .i32_const(count)
            .local_get(index)
            .i32_const(count)
            .i32_lt_u()
            .select()
            .local_tee(index)
            .i32_load8_u(MemArg {
                offset: map,
                align: 0,
                memory_index: SECOND,
            })
            .i32_const(kind)
            .i32_ne();
        self.trap_if();
        self.sink().local_get(index);
    }

    fn guard_division(&mut self, division: Division, before: Option<&Operator<'_>>) {
        let known = match before {
            Some(Operator::I32Const { value }) if !division.wide => Some(i64::from(*value)),
            Some(Operator::I64Const { value }) if division.wide => Some(*value),
            _ => None,
        };
        if known.is_some_and(|value| value != 0 && (value != -1 || !division.overflows)) {
            return;
        }
        let (left, right) = if division.wide {
            (Temp::Left64, Temp::Right64)
        } else {
            (Temp::Left, Temp::Right)
        };
        let right = self.temp(right);
        if !division.overflows {
            let mut sink = self.sink();
            sink.local_tee(right).local_get(right);
            if division.wide {
                sink.i64_eqz();
            } else {
                sink.i32_eqz();
            }
            // The divisor stays on the stack below the condition.
            self.trap_if();
            return;
        }
        let left = self.temp(left);
        let mut sink = self.sink();
        sink.local_set(right).local_set(left).local_get(right);
        if division.wide {
            sink.i64_eqz()
                .local_get(left)
                .i64_const(i64::MIN)
                .i64_eq()
                .local_get(right)
                .i64_const(-1)
                .i64_eq();
        } else {
            sink.i32_eqz()
                .local_get(left)
                .i32_const(i32::MIN)
                .i32_eq()
                .local_get(right)
                .i32_const(-1)
                .i32_eq();
        }
        sink.i32_and().i32_or();
        self.trap_if();
        self.sink().local_get(left).local_get(right);
    }
}
