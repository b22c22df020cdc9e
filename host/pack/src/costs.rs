//! What code costs, instruction by instruction and loop by loop, and which instructions need more
//! than fuel.

use std::collections::BTreeMap;

use wasmparser::Operator;

use crate::access::fuel;
use crate::code::{Body, Facts, at};

/// What a function and its loops cost.
pub(crate) struct Costs {
    pub(crate) entry: u64,
    /// By the place of a loop's head.
    pub(crate) loops: BTreeMap<usize, Cost>,
}

/// What one round of a loop costs.
#[derive(Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) fuel: u64,
    /// Nothing in it spends fuel by itself.
    pub(crate) tight: bool,
    /// It is so, and no loop around it is.
    pub(crate) outermost: bool,
}

/// A loop that has not ended.
struct Open {
    head: usize,
    fuel: u64,
    tight: bool,
}

impl Costs {
    pub(crate) fn of(body: &Body<'_>, facts: &[Facts]) -> Self {
        let mut costs = Self {
            entry: 0,
            loops: BTreeMap::new(),
        };
        // For each open block: its loop, if it is one.
        let mut open: Vec<Option<Open>> = Vec::new();
        for (place, op) in body.ops.iter().enumerate() {
            match &op.operator {
                Operator::Loop { .. } => open.push(Some(Open {
                    head: place,
                    fuel: 1,
                    tight: true,
                })),
                Operator::Block { .. } | Operator::If { .. } => open.push(None),
                Operator::End => {
                    if let Some(Some(done)) = open.pop() {
                        costs.close(&done);
                    }
                }
                _ => {}
            }
            let mut cost = fuel(&op.operator);
            if let Operator::Call { function_index } = &op.operator
                && let Some(callee) = at(facts, *function_index)
                && callee.leaf
            {
                cost = cost.saturating_add(callee.cost);
            }
            if synced(&op.operator, facts) {
                open.iter_mut()
                    .flatten()
                    .for_each(|outer| outer.tight = false);
            }
            match open.iter_mut().rev().flatten().next() {
                Some(inner) => inner.fuel = inner.fuel.saturating_add(cost),
                None => costs.entry = costs.entry.saturating_add(cost),
            }
        }
        costs
    }

    fn close(&mut self, done: &Open) {
        if done.tight {
            for (_, inner) in self.loops.range_mut(done.head..) {
                inner.outermost = false;
            }
        }
        let cost = Cost {
            fuel: done.fuel,
            tight: done.tight,
            outermost: done.tight,
        };
        self.loops.insert(done.head, cost);
    }
}

/// Whether the instruction spends fuel by itself.
pub(crate) fn synced(operator: &Operator<'_>, facts: &[Facts]) -> bool {
    match operator {
        Operator::Call { function_index } => {
            at(facts, *function_index).is_none_or(|callee| !callee.leaf)
        }
        Operator::CallIndirect { .. }
        | Operator::MemoryCopy { .. }
        | Operator::MemoryFill { .. }
        | Operator::MemoryGrow { .. } => true,
        _ => false,
    }
}

/// Whether memory may be larger afterwards.
pub(crate) fn may_grow(operator: &Operator<'_>, facts: &[Facts]) -> bool {
    match operator {
        Operator::Call { function_index } => {
            at(facts, *function_index).is_none_or(|callee| callee.may_grow)
        }
        Operator::CallIndirect { .. } | Operator::MemoryGrow { .. } => true,
        _ => false,
    }
}

/// A division by integers, which can trap.
#[derive(Clone, Copy)]
pub(crate) struct Division {
    pub(crate) wide: bool,
    /// The smallest number divided by −1 is no number.
    pub(crate) overflows: bool,
}

/// The division that this instruction is.
pub(crate) fn division(operator: &Operator<'_>) -> Option<Division> {
    let (wide, overflows) = match operator {
        Operator::I32DivS => (false, true),
        Operator::I32DivU | Operator::I32RemS | Operator::I32RemU => (false, false),
        Operator::I64DivS => (true, true),
        Operator::I64DivU | Operator::I64RemS | Operator::I64RemU => (true, false),
        _ => return None,
    };
    Some(Division { wide, overflows })
}

/// Which of the guarded conversions stands for this one.
pub(crate) fn truncation(operator: &Operator<'_>) -> Option<u32> {
    Some(match operator {
        Operator::I32TruncF32S => 0,
        Operator::I32TruncF32U => 1,
        Operator::I32TruncF64S => 2,
        Operator::I32TruncF64U => 3,
        Operator::I64TruncF32S => 4,
        Operator::I64TruncF32U => 5,
        Operator::I64TruncF64S => 6,
        Operator::I64TruncF64U => 7,
        _ => return None,
    })
}
