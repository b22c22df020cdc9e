//! Which functions a call can reach.
//!
//! What a plugin does once, to describe itself and to read its settings, is done before it is packed,
//! and is some half of its code. A function in a table is reached where anything that is reached
//! calls a function of its type through a table.

use wasmparser::{FuncType, Operator};

use crate::code::Body;
use crate::module::Core;
use crate::shell::count;

/// For each of a module's own functions, whether any of `roots` can reach it.
pub(crate) fn live(core: &Core<'_>, bodies: &[Body<'_>], roots: &[u32]) -> Vec<bool> {
    let imports = count(core.imports.len());
    let mut live = vec![false; bodies.len()];
    let mut called: Vec<&FuncType> = Vec::new();
    let mut due = roots.to_vec();
    while let Some(function) = due.pop() {
        let own = function.checked_sub(imports);
        let own = own.and_then(|own| usize::try_from(own).ok());
        let Some((place, body)) = own.and_then(|own| Some((own, bodies.get(own)?))) else {
            continue;
        };
        if live
            .get_mut(place)
            .is_none_or(|live| std::mem::replace(live, true))
        {
            continue;
        }
        for op in &body.ops {
            match &op.operator {
                Operator::Call { function_index } | Operator::RefFunc { function_index } => {
                    due.push(*function_index);
                }
                Operator::CallIndirect { type_index, .. } => {
                    let ty = usize::try_from(*type_index);
                    let ty = ty.ok().and_then(|ty| core.types.get(ty));
                    let Some(ty) = ty.filter(|ty| !called.contains(ty)) else {
                        continue;
                    };
                    called.push(ty);
                    let functions = core.tables.iter().flat_map(|table| &table.functions);
                    let functions = functions.flatten().copied();
                    due.extend(functions.filter(|function| core.type_of(*function) == Some(ty)));
                }
                _ => {}
            }
        }
    }
    live
}
