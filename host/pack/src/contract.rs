//! The functions that a plugin may import, and what stands behind each in the shell.

use wasm_encoder::ValType::{self, I32, I64};

use caponier_abi::speaks;

/// One import.
pub(crate) struct Import {
    interface: &'static str,
    name: &'static str,
    /// As the component's core module imports it.
    pub(crate) params: &'static [ValType],
    /// The shell's function: the plugin's place, then the same parameters; gives a status.
    pub(crate) shell: &'static str,
    /// Parameters that are an address, each followed by a length.
    pub(crate) texts: &'static [u32],
    /// The parameter that is the address of the result, with its size and alignment.
    pub(crate) result: Option<(u32, u32, u32)>,
    /// A parameter that is less than this.
    pub(crate) choice: Option<(u32, u32)>,
    /// Fuel for a call, beside its bytes.
    pub(crate) fuel: i64,
}

/// A call that the shell answers by itself.
const LOCAL: i64 = 500;

/// A call that goes to what Envoy's workers share: reads and writes of up to some 100 KB.
const SHARED: i64 = 100_000;

/// All there are.
pub(crate) const IMPORTS: &[Import] = &[
    Import {
        interface: "log",
        name: "write",
        params: &[I32, I32, I32],
        shell: "caponier_log",
        texts: &[1],
        result: None,
        choice: Some((0, 5)),
        fuel: LOCAL,
    },
    Import {
        interface: "data",
        name: "names",
        params: &[I32],
        shell: "caponier_data_names",
        texts: &[],
        result: Some((0, 8, 4)),
        choice: None,
        fuel: LOCAL,
    },
    Import {
        interface: "data",
        name: "read",
        params: &[I32, I32, I32],
        shell: "caponier_data_read",
        texts: &[0],
        result: Some((2, 12, 4)),
        choice: None,
        fuel: LOCAL,
    },
    Import {
        interface: "counters",
        name: "add",
        params: &[I32, I32, I64, I32, I32],
        shell: "caponier_counters_add",
        texts: &[0],
        result: Some((4, 16, 8)),
        choice: None,
        fuel: SHARED,
    },
    Import {
        interface: "counters",
        name: "add-unique",
        params: &[I32, I32, I32, I32, I32, I32],
        shell: "caponier_counters_add_unique",
        texts: &[0, 2],
        result: Some((5, 16, 8)),
        choice: None,
        fuel: SHARED,
    },
];

impl Import {
    /// The import of this name.
    pub(crate) fn find(module: &str, name: &str) -> Option<&'static Self> {
        let (interface, version) = module.strip_prefix("caponier:policy/")?.split_once('@')?;
        IMPORTS
            .iter()
            .find(|import| import.interface == interface && import.name == name && speaks(version))
    }

    /// Whether it needs a grant.
    pub(crate) fn is_counter(&self) -> bool {
        self.interface == "counters"
    }
}

/// What the shell may import from here: name, parameters, result.
pub(crate) struct Offer {
    pub(crate) name: &'static str,
    pub(crate) params: &'static [ValType],
    pub(crate) results: &'static [ValType],
}

/// The module that the shell imports from.
pub(crate) const MODULE: &str = "caponier:plugins";

/// All that is offered, in order.
pub(crate) const OFFERS: &[Offer] = &[
    Offer {
        name: "count",
        params: &[],
        results: &[I32],
    },
    Offer {
        name: "config_len",
        params: &[],
        results: &[I32],
    },
    Offer {
        name: "config_read",
        params: &[I32],
        results: &[],
    },
    Offer {
        name: "begin",
        params: &[I32, I32],
        results: &[],
    },
    Offer {
        name: "alloc",
        params: &[I32, I32, I32],
        results: &[I64],
    },
    Offer {
        name: "memory_len",
        params: &[I32],
        results: &[I32],
    },
    Offer {
        name: "write",
        params: &[I32, I32, I32, I32],
        results: &[I32],
    },
    Offer {
        name: "read",
        params: &[I32, I32, I32, I32],
        results: &[I32],
    },
    Offer {
        name: "inspect",
        params: &[I32, I32],
        results: &[I64],
    },
    Offer {
        name: "post_return",
        params: &[I32, I32],
        results: &[I32],
    },
    Offer {
        name: "denied",
        params: &[I32],
        results: &[I32],
    },
    Offer {
        name: "fuel_left",
        params: &[I32],
        results: &[I64],
    },
    Offer {
        name: "reset",
        params: &[I32],
        results: &[],
    },
];
