//! What each instruction does to memory, and what it costs.

use wasmparser::{MemArg, Operator, ValType};

/// A load or store.
#[derive(Clone, Copy)]
pub(crate) struct Access {
    /// The constant part of the address.
    pub(crate) offset: u64,
    /// Bytes.
    pub(crate) size: u64,
    /// Whether it writes.
    pub(crate) store: bool,
    /// What lies on the stack above the address.
    pub(crate) value: Option<ValType>,
}

impl Access {
    /// The byte after the last, from the dynamic part of the address.
    pub(crate) fn end(&self) -> u64 {
        self.offset.saturating_add(self.size)
    }
}

/// The access that this instruction makes.
pub(crate) fn access(operator: &Operator<'_>) -> Option<Access> {
    use Operator as O;
    use ValType::{F32, F64, I32, I64, V128};
    let load = |memarg: &MemArg, size| Access {
        offset: memarg.offset,
        size,
        store: false,
        value: None,
    };
    let store = |memarg: &MemArg, size, value| Access {
        offset: memarg.offset,
        size,
        store: true,
        value: Some(value),
    };
    let lane = |memarg: &MemArg, size| Access {
        offset: memarg.offset,
        size,
        store: false,
        value: Some(V128),
    };
    Some(match operator {
        O::I32Load8S { memarg }
        | O::I32Load8U { memarg }
        | O::I64Load8S { memarg }
        | O::I64Load8U { memarg }
        | O::V128Load8Splat { memarg } => load(memarg, 1),
        O::I32Load16S { memarg }
        | O::I32Load16U { memarg }
        | O::I64Load16S { memarg }
        | O::I64Load16U { memarg }
        | O::V128Load16Splat { memarg } => load(memarg, 2),
        O::I32Load { memarg }
        | O::F32Load { memarg }
        | O::I64Load32S { memarg }
        | O::I64Load32U { memarg }
        | O::V128Load32Splat { memarg }
        | O::V128Load32Zero { memarg } => load(memarg, 4),
        O::I64Load { memarg }
        | O::F64Load { memarg }
        | O::V128Load64Splat { memarg }
        | O::V128Load64Zero { memarg }
        | O::V128Load8x8S { memarg }
        | O::V128Load8x8U { memarg }
        | O::V128Load16x4S { memarg }
        | O::V128Load16x4U { memarg }
        | O::V128Load32x2S { memarg }
        | O::V128Load32x2U { memarg } => load(memarg, 8),
        O::V128Load { memarg } => load(memarg, 16),
        O::V128Load8Lane { memarg, .. } => lane(memarg, 1),
        O::V128Load16Lane { memarg, .. } => lane(memarg, 2),
        O::V128Load32Lane { memarg, .. } => lane(memarg, 4),
        O::V128Load64Lane { memarg, .. } => lane(memarg, 8),
        O::I32Store8 { memarg } => store(memarg, 1, I32),
        O::I32Store16 { memarg } => store(memarg, 2, I32),
        O::I32Store { memarg } => store(memarg, 4, I32),
        O::I64Store8 { memarg } => store(memarg, 1, I64),
        O::I64Store16 { memarg } => store(memarg, 2, I64),
        O::I64Store32 { memarg } => store(memarg, 4, I64),
        O::I64Store { memarg } => store(memarg, 8, I64),
        O::F32Store { memarg } => store(memarg, 4, F32),
        O::F64Store { memarg } => store(memarg, 8, F64),
        O::V128Store { memarg } => store(memarg, 16, V128),
        O::V128Store8Lane { memarg, .. } => store(memarg, 1, V128),
        O::V128Store16Lane { memarg, .. } => store(memarg, 2, V128),
        O::V128Store32Lane { memarg, .. } => store(memarg, 4, V128),
        O::V128Store64Lane { memarg, .. } => store(memarg, 8, V128),
        _ => return None,
    })
}

/// What this host cannot contain, by the name that people know it by.
pub(crate) fn refused(operator: &Operator<'_>) -> Option<&'static str> {
    use Operator as O;
    Some(match operator {
        O::TableGet { .. } => "table.get",
        O::TableSet { .. } => "table.set",
        O::TableGrow { .. } => "table.grow",
        O::TableSize { .. } => "table.size",
        O::TableFill { .. } => "table.fill",
        O::TableCopy { .. } => "table.copy",
        O::TableInit { .. } => "table.init",
        O::ElemDrop { .. } => "elem.drop",
        O::MemoryInit { .. } => "memory.init",
        O::DataDrop { .. } => "data.drop",
        O::RefNull { .. } => "ref.null",
        O::RefIsNull => "ref.is_null",
        O::RefFunc { .. } => "ref.func",
        _ => return None,
    })
}

/// Fuel for one instruction: what only names a value or a place is free.
pub(crate) fn fuel(operator: &Operator<'_>) -> u64 {
    use Operator as O;
    match operator {
        O::Block { .. }
        | O::Loop { .. }
        | O::Else
        | O::End
        | O::Nop
        | O::Drop
        | O::LocalGet { .. }
        | O::LocalSet { .. }
        | O::LocalTee { .. }
        | O::I32Const { .. }
        | O::I64Const { .. }
        | O::F32Const { .. }
        | O::F64Const { .. } => 0,
        O::Call { .. } => 3,
        O::CallIndirect { .. } => 6,
        O::I32DivS
        | O::I32DivU
        | O::I32RemS
        | O::I32RemU
        | O::I64DivS
        | O::I64DivU
        | O::I64RemS
        | O::I64RemU
        | O::F32Div
        | O::F64Div
        | O::F32Sqrt
        | O::F64Sqrt => 8,
        O::F32x4Div | O::F64x2Div | O::F32x4Sqrt | O::F64x2Sqrt => 16,
        _ => 1,
    }
}
