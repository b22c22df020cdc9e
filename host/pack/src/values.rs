//! Which loads and stores need a check of their own.
//!
//! Every value that a local can hold gets a number, as in single assignment form. A check of one
//! value holds wherever it dominates, for every smaller offset; a page mark likewise. Where ways
//! meet, what holds on all of them is kept.

use std::collections::{BTreeMap, BTreeSet};

use wasmparser::Operator;

use crate::access::access;
use crate::code::{Body, Facts, Op, at};

/// Bytes restored past every dirty page: a mark covers stores up to here from the marked address.
pub(crate) const OVERHANG: u64 = 1024;

/// More than this many (locals and accesses × branches) are not followed: every access then has a
/// check of its own.
const MAX_WORK: u64 = 4_000_000;

/// What one access needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Plan {
    /// Check that this many bytes from the address on are in bounds.
    pub(crate) check: Option<u64>,
    /// Mark the page of the byte this far from the address.
    pub(crate) mark: Option<u64>,
    /// A local that holds the address at this point.
    pub(crate) local: Option<u32>,
}

/// What holds for one value.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Known {
    checked: u64,
    marked: BTreeSet<u64>,
}

/// What holds at one point: the value of each local, and what is known of values.
#[derive(Clone, Debug)]
struct State {
    locals: Vec<u32>,
    known: BTreeMap<u32, Known>,
}

struct Frame {
    kind: Kind,
    /// What holds where the block's end is reached, as far as seen.
    join: Option<State>,
    /// For `if`: what held at its start.
    start: Option<State>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Block,
    Loop,
    If,
}

/// Where a value came from.
#[derive(Clone, Copy)]
struct Origin {
    value: u32,
    local: Option<u32>,
}

/// The plan of a function: one entry for each instruction.
pub(crate) fn plan(body: &Body<'_>, facts: &[Facts], bounds: bool, initial: u64) -> Vec<Plan> {
    let branches = body.ops.iter().map(|op| match &op.operator {
        Operator::BrTable { targets } => u64::from(targets.len()) + 1,
        Operator::Br { .. }
        | Operator::BrIf { .. }
        | Operator::Block { .. }
        | Operator::If { .. }
        | Operator::Else => 1,
        _ => 0,
    });
    let accesses = body.ops.iter().filter(|op| access(&op.operator).is_some());
    let width = u64::try_from(accesses.count()).unwrap_or(u64::MAX);
    let width = width.saturating_add(body.locals()).saturating_add(8);
    let follow = branches.sum::<u64>().saturating_mul(width) < MAX_WORK;
    let mut walk = Walk {
        facts,
        bounds,
        initial,
        follow,
        next: 0,
        region: 0,
        largest: BTreeMap::new(),
        deciding: false,
        state: State {
            locals: Vec::new(),
            known: BTreeMap::new(),
        },
        reachable: true,
        stack: Vec::new(),
        frames: Vec::new(),
        plans: Vec::new(),
    };
    walk.run(body);
    walk.deciding = true;
    walk.run(body);
    walk.plans
}

struct Walk<'a> {
    facts: &'a [Facts],
    bounds: bool,
    initial: u64,
    follow: bool,
    next: u32,
    /// Instructions of one region all run, or one of them faults.
    region: u32,
    /// The furthest byte that each value is used for in each region.
    largest: BTreeMap<(u32, u32), u64>,
    deciding: bool,
    state: State,
    reachable: bool,
    stack: Vec<Origin>,
    frames: Vec<Frame>,
    plans: Vec<Plan>,
}

impl Walk<'_> {
    fn run(&mut self, body: &Body<'_>) {
        self.next = 0;
        self.region = 0;
        self.reachable = true;
        self.stack.clear();
        self.frames.clear();
        self.plans.clear();
        let locals = if self.follow { body.locals() } else { 0 };
        self.state.known.clear();
        self.state.locals.clear();
        for _ in 0..locals {
            let value = self.fresh();
            self.state.locals.push(value);
        }
        self.frames.push(Frame {
            kind: Kind::Block,
            join: None,
            start: None,
        });
        let assigned = if self.follow {
            assigned_in_loops(&body.ops)
        } else {
            BTreeMap::new()
        };
        for (place, op) in body.ops.iter().enumerate() {
            let plan = self.step(place, op, &assigned);
            self.plans.push(plan);
        }
    }

    fn fresh(&mut self) -> u32 {
        self.next = self.next.wrapping_add(1);
        self.next
    }

    fn step(
        &mut self,
        place: usize,
        op: &Op<'_>,
        assigned: &BTreeMap<usize, BTreeSet<u32>>,
    ) -> Plan {
        let mut plan = Plan::default();
        let mut pushed = None;
        match &op.operator {
            Operator::LocalGet { local_index } => {
                pushed = self.value_of(*local_index).map(|value| Origin {
                    value,
                    local: Some(*local_index),
                });
            }
            Operator::LocalSet { local_index } => {
                let value = self.top(0).map(|origin| origin.value);
                self.assign(*local_index, value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.top(0).map(|origin| origin.value);
                let value = self.assign(*local_index, value);
                pushed = Some(Origin {
                    value,
                    local: Some(*local_index),
                });
            }
            Operator::Call { function_index }
                if at(self.facts, *function_index).is_none_or(|facts| facts.may_grow) =>
            {
                self.region += 1;
            }
            Operator::CallIndirect { .. } | Operator::MemoryGrow { .. } => self.region += 1,
            Operator::Block { .. } => self.open(Kind::Block),
            Operator::Loop { .. } => {
                for local in assigned.get(&place).into_iter().flatten() {
                    self.assign(*local, None);
                }
                self.open(Kind::Loop);
            }
            Operator::If { .. } => {
                self.region += 1;
                self.open(Kind::If);
            }
            Operator::Else => self.otherwise(),
            Operator::End => self.close(),
            Operator::Br { relative_depth } => {
                self.branch(*relative_depth);
                self.stop();
            }
            Operator::BrIf { relative_depth } => {
                self.branch(*relative_depth);
                self.region += 1;
            }
            Operator::BrTable { targets } => {
                for target in targets.targets().flatten() {
                    self.branch(target);
                }
                self.branch(targets.default());
                self.stop();
            }
            Operator::Return | Operator::Unreachable => self.stop(),
            other => {
                if let Some(access) = access(other) {
                    let depth = usize::from(access.value.is_some());
                    plan = self.access(access, self.top(depth));
                }
            }
        }
        self.settle(op, pushed);
        plan
    }

    /// Brings the stack of origins to where the operand stack is.
    fn settle(&mut self, op: &Op<'_>, pushed: Option<Origin>) {
        let pops = usize::try_from(op.pops).unwrap_or(usize::MAX);
        let height = usize::try_from(op.height).unwrap_or(0);
        let rest = self.stack.len().saturating_sub(pops).min(height);
        self.stack.truncate(rest);
        if let Some(origin) = pushed
            && self.stack.len() < height
        {
            while self.stack.len() + 1 < height {
                let value = self.fresh();
                self.stack.push(Origin { value, local: None });
            }
            self.stack.push(origin);
        }
        while self.stack.len() < height {
            let value = self.fresh();
            self.stack.push(Origin { value, local: None });
        }
    }

    fn access(&mut self, access: crate::access::Access, origin: Option<Origin>) -> Plan {
        let Some(origin) = origin.filter(|_| self.follow) else {
            return Plan {
                check: self.bounds.then_some(access.end()),
                mark: access.store.then_some(access.offset),
                local: None,
            };
        };
        let key = (origin.value, self.region);
        if !self.deciding {
            let largest = self.largest.entry(key).or_default();
            *largest = (*largest).max(access.end());
        }
        let mut plan = Plan {
            local: origin
                .local
                .filter(|local| self.value_of(*local) == Some(origin.value)),
            ..Plan::default()
        };
        let largest = self.largest.get(&key).copied().unwrap_or(0);
        let known = self.state.known.entry(origin.value).or_default();
        if self.bounds && known.checked < access.end() {
            let end = if largest <= self.initial {
                largest.max(access.end())
            } else {
                access.end()
            };
            known.checked = end;
            plan.check = Some(end);
        }
        if access.store {
            let covered = known
                .marked
                .iter()
                .any(|from| *from <= access.offset && access.end() - from <= OVERHANG);
            if !covered {
                let from = if access.end() <= OVERHANG {
                    0
                } else {
                    access.offset
                };
                known.marked.insert(from);
                plan.mark = Some(from);
            }
        }
        plan
    }

    fn value_of(&self, local: u32) -> Option<u32> {
        let place = usize::try_from(local).ok()?;
        self.state.locals.get(place).copied()
    }

    fn assign(&mut self, local: u32, value: Option<u32>) -> u32 {
        let value = value.unwrap_or_else(|| self.fresh());
        let place = usize::try_from(local).unwrap_or(usize::MAX);
        if let Some(slot) = self.state.locals.get_mut(place) {
            *slot = value;
        }
        value
    }

    fn top(&self, depth: usize) -> Option<Origin> {
        let place = self.stack.len().checked_sub(depth + 1)?;
        self.stack.get(place).copied()
    }

    fn open(&mut self, kind: Kind) {
        let start = (kind == Kind::If).then(|| self.snapshot());
        self.frames.push(Frame {
            kind,
            join: None,
            start,
        });
    }

    fn snapshot(&self) -> State {
        self.state.clone()
    }

    fn stop(&mut self) {
        self.reachable = false;
        self.region += 1;
    }

    /// What holds here holds at the end of that block, together with what held before.
    fn branch(&mut self, depth: u32) {
        if !self.reachable {
            return;
        }
        let depth = usize::try_from(depth).unwrap_or(usize::MAX);
        let Some(place) = self.frames.len().checked_sub(depth.saturating_add(1)) else {
            return;
        };
        // The function's own end needs nothing.
        if place == 0 {
            return;
        }
        let Some(frame) = self.frames.get_mut(place) else {
            return;
        };
        if frame.kind == Kind::Loop {
            return;
        }
        let before = frame.join.take();
        let met = match before {
            None => self.state.clone(),
            Some(before) => meet(before, &self.state, &mut self.next),
        };
        if let Some(frame) = self.frames.get_mut(place) {
            frame.join = Some(met);
        }
    }

    fn otherwise(&mut self) {
        self.branch(0);
        self.region += 1;
        if let Some(start) = self.frames.last_mut().and_then(|frame| frame.start.take()) {
            self.state = start;
        }
        self.reachable = true;
    }

    fn close(&mut self) {
        self.region += 1;
        let Some(mut frame) = self.frames.pop() else {
            return;
        };
        // An `if` without `else` is passed by, too.
        let ways = [frame.join.take(), frame.start.take()];
        for way in ways.into_iter().flatten() {
            self.state = if self.reachable {
                meet(way, &self.state, &mut self.next)
            } else {
                way
            };
            self.reachable = true;
        }
    }
}

/// What holds on both ways.
fn meet(mut left: State, right: &State, next: &mut u32) -> State {
    for (slot, other) in left.locals.iter_mut().zip(&right.locals) {
        if slot != other {
            *next = next.wrapping_add(1);
            *slot = *next;
        }
    }
    left.known.retain(|value, known| {
        let Some(other) = right.known.get(value) else {
            return false;
        };
        known.checked = known.checked.min(other.checked);
        known.marked.retain(|from| other.marked.contains(from));
        true
    });
    left
}

/// For each loop, by the place of its head: the locals that are assigned in it.
fn assigned_in_loops(ops: &[Op<'_>]) -> BTreeMap<usize, BTreeSet<u32>> {
    let mut found = BTreeMap::new();
    let mut open: Vec<Option<(usize, BTreeSet<u32>)>> = Vec::new();
    for (place, op) in ops.iter().enumerate() {
        match &op.operator {
            Operator::Block { .. } | Operator::If { .. } => open.push(None),
            Operator::Loop { .. } => open.push(Some((place, BTreeSet::new()))),
            Operator::LocalSet { local_index } | Operator::LocalTee { local_index } => {
                // The innermost loop; it hands on to the outer ones where it ends.
                let innermost = open.iter_mut().rev().flatten().next();
                if let Some((_, assigned)) = innermost {
                    assigned.insert(*local_index);
                }
            }
            Operator::End => {
                if let Some(Some((head, assigned))) = open.pop() {
                    if let Some((_, outer)) = open.iter_mut().rev().flatten().next() {
                        outer.extend(&assigned);
                    }
                    found.insert(head, assigned);
                }
            }
            _ => {}
        }
    }
    found
}
