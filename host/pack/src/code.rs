//! Function bodies, decoded and validated, and what holds for a module's functions as a whole.

use std::collections::BTreeSet;

use wasmparser::{FuncToValidate, FunctionBody, Operator, ValType, ValidatorResources};

use crate::Problem;
use crate::access::{fuel, refused};
use crate::module::Core;

/// An instruction, and what it does to the operand stack.
pub(crate) struct Op<'a> {
    pub(crate) operator: Operator<'a>,
    /// Operands that it takes.
    pub(crate) pops: u32,
    /// Operands on the stack after it.
    pub(crate) height: u32,
}

/// One function.
pub(crate) struct Body<'a> {
    pub(crate) ops: Vec<Op<'a>>,
    pub(crate) params: Vec<ValType>,
    /// In runs, as they are declared.
    pub(crate) locals: Vec<(u32, ValType)>,
    max_height: u64,
    wide: bool,
    calls: BTreeSet<u32>,
    indirect: bool,
    loops: bool,
    bulk: bool,
    grows: bool,
}

/// What is known of a function once all are known.
#[derive(Clone, Copy, Default)]
pub(crate) struct Facts {
    /// It is charged by its callers, for fuel and stack: it calls nothing, has no loop, and only
    /// direct calls reach it.
    pub(crate) leaf: bool,
    /// What one run of it costs, if it is such a function.
    pub(crate) cost: u64,
    /// Bytes of stack, with those of the deepest such function that it calls.
    pub(crate) frame: u64,
    /// Memory may be larger when it returns.
    pub(crate) may_grow: bool,
    /// It calls functions that take stack for themselves.
    pub(crate) descends: bool,
}

/// Bytes of a frame that holds nothing: return address, saved registers, and the locals that the
/// rewritten code adds.
const FRAME: u64 = 96 + 14 * 8;

/// The most parameters and locals of a function: as engines have it.
const MAX_LOCALS: u64 = 50_000;

/// Decodes one function, validating it.
pub(crate) fn decode<'a>(
    function: FuncToValidate<ValidatorResources>,
    source: &FunctionBody<'a>,
    core: &Core<'a>,
) -> Result<Body<'a>, Problem> {
    let index = function.index;
    let mut validator = function.into_validator(wasmparser::FuncValidatorAllocations::default());
    let mut body = Body {
        ops: Vec::new(),
        params: core
            .type_of(index)
            .map(|ty| ty.params().to_vec())
            .unwrap_or_default(),
        locals: Vec::new(),
        max_height: 0,
        wide: false,
        calls: BTreeSet::new(),
        indirect: false,
        loops: false,
        bulk: false,
        grows: false,
    };
    let mut reader = source.get_binary_reader();
    validator.read_locals(&mut reader)?;
    for run in source.get_locals_reader()? {
        let (count, ty) = run?;
        body.locals.push((count, ty));
    }
    let all = body
        .locals
        .iter()
        .map(|(count, _)| u64::from(*count))
        .sum::<u64>();
    if all > MAX_LOCALS {
        return Err(Problem::code("a function of more than 50000 locals"));
    }
    let mut operators = source.get_operators_reader()?;
    while !operators.eof() {
        let offset = operators.original_position();
        let operator = operators.read()?;
        if let Some(what) = refused(&operator) {
            return Err(Problem::code(what));
        }
        let (pops, pushes) = operator.operator_arity(&validator).unwrap_or((0, 0));
        validator.op(offset, &operator)?;
        let height = validator.operand_stack_height();
        body.max_height = body.max_height.max(u64::from(height));
        // Not the topmost alone: a call or a block may give several values.
        body.wide |= (0..usize::try_from(pushes).unwrap_or(usize::MAX))
            .map_while(|depth| validator.get_operand_type(depth))
            .any(|ty| ty == Some(ValType::V128));
        match &operator {
            Operator::Call { function_index } => {
                body.calls.insert(*function_index);
            }
            Operator::CallIndirect { .. } => body.indirect = true,
            Operator::Loop { .. } => body.loops = true,
            Operator::MemoryCopy { .. } | Operator::MemoryFill { .. } => body.bulk = true,
            Operator::MemoryGrow { .. } => body.grows = true,
            _ => {}
        }
        body.ops.push(Op {
            operator,
            pops,
            height,
        });
    }
    operators.finish()?;
    let types = body
        .params
        .iter()
        .chain(body.locals.iter().map(|(_, ty)| ty));
    body.wide |= types.into_iter().any(|ty| *ty == ValType::V128);
    Ok(body)
}

impl Body<'_> {
    /// Parameters and locals.
    pub(crate) fn locals(&self) -> u64 {
        let declared = self.locals.iter().map(|(count, _)| u64::from(*count));
        declared.sum::<u64>() + u64::try_from(self.params.len()).unwrap_or(u64::MAX)
    }

    /// Bytes of stack that any engine may give to one frame.
    fn frame(&self) -> u64 {
        let slot = if self.wide { 16 } else { 8 };
        (self.locals() + self.max_height) * slot + FRAME
    }
}

/// What holds for each function of the module, imports first.
pub(crate) fn facts(core: &Core<'_>, bodies: &[Body<'_>]) -> Vec<Facts> {
    let imports = core.imports.len();
    let in_table = core.tables.iter().flat_map(|table| table.functions.iter());
    let exported = core
        .exports
        .values()
        .filter(|(kind, _)| *kind == wasmparser::ExternalKind::Func)
        .map(|(_, index)| *index);
    let reachable: BTreeSet<u32> = in_table.flatten().copied().chain(exported).collect();

    // An import may find room in the plugin's memory, which may grow it.
    let import = Facts {
        may_grow: true,
        ..Facts::default()
    };
    let mut all = vec![import; imports];
    for (index, body) in (imports..).zip(bodies) {
        let named = u32::try_from(index).is_ok_and(|index| reachable.contains(&index));
        let calls = !body.calls.is_empty() || body.indirect;
        all.push(Facts {
            leaf: !named && !calls && !body.loops && !body.bulk && !body.grows,
            cost: body.ops.iter().map(|op| fuel(&op.operator)).sum(),
            frame: body.frame(),
            may_grow: body.grows,
            descends: false,
        });
    }
    grow(&mut all, bodies, imports, &reachable);
    for (index, body) in (imports..).zip(bodies) {
        let callees = body.calls.iter().filter_map(|callee| at(&all, *callee));
        let (mut deepest, mut descends) = (0, body.indirect || body.bulk || body.grows);
        for callee in callees {
            if callee.leaf {
                deepest = deepest.max(callee.frame);
            } else {
                descends = true;
            }
        }
        if let Some(facts) = all.get_mut(index) {
            facts.frame += deepest;
            facts.descends = descends;
        }
    }
    all
}

/// Spreads from those that grow memory to those that call them, until nothing changes.
fn grow(all: &mut [Facts], bodies: &[Body<'_>], imports: usize, reachable: &BTreeSet<u32>) {
    loop {
        let indirect = reachable
            .iter()
            .any(|index| at(all, *index).is_some_and(|facts| facts.may_grow));
        let mut changed = false;
        for (index, body) in (imports..).zip(bodies) {
            let grows = (body.indirect && indirect)
                || body
                    .calls
                    .iter()
                    .any(|callee| at(all, *callee).is_some_and(|facts| facts.may_grow));
            if let Some(facts) = all.get_mut(index)
                && grows
                && !facts.may_grow
            {
                facts.may_grow = true;
                changed = true;
            }
        }
        if !changed {
            return;
        }
    }
}

/// The facts of one function.
pub(crate) fn at(all: &[Facts], function: u32) -> Option<Facts> {
    all.get(usize::try_from(function).ok()?).copied()
}

#[cfg(test)]
mod tests {
    use wasmparser::{Parser, Payload, Validator, WasmFeatures};

    use super::decode;
    use crate::module::Core;

    fn frames(module: &str) -> Vec<u64> {
        let module = wat::parse_str(module).unwrap();
        let core = Core::read(&module).unwrap();
        let mut validator = Validator::new_with_features(WasmFeatures::WASM2);
        let mut frames = Vec::new();
        for payload in Parser::new(0).parse_all(&module) {
            let payload = payload.unwrap();
            let function = validator.payload(&payload).unwrap();
            if let (wasmparser::ValidPayload::Func(function, body), Payload::CodeSectionEntry(_)) =
                (function, &payload)
            {
                frames.push(decode(function, &body, &core).unwrap().frame());
            }
        }
        frames
    }

    #[test]
    fn a_wide_value_below_the_topmost_makes_a_frame_wide() {
        let with = |ty: &str, value: &str| {
            let drops = "drop ".repeat(200);
            let calls = "call $pair ".repeat(100);
            let blocks = format!("block (result {ty} i32) {value} i32.const 1 end ").repeat(100);
            let loops = format!("{value} i32.const 1 loop (param {ty} i32) (result {ty} i32) end ")
                .repeat(100);
            frames(&format!(
                "(module
                    (import \"x\" \"pair\" (func $pair (result {ty} i32)))
                    (memory 1)
                    (func {calls} {drops})
                    (func {blocks} {drops})
                    (func {loops} {drops}))"
            ))
        };
        let narrow = with("i64", "i64.const 1");
        let wide = with("v128", "v128.const i64x2 1 1");
        for (narrow, wide) in narrow.iter().zip(&wide) {
            assert_eq!(wide - narrow, 200 * 8);
        }
        assert_eq!((narrow.len(), wide.len()), (3, 3));
    }
}
