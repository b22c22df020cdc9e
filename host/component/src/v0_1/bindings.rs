//! Generated from `wit/policy.wit`. Nothing outside this folder names what is in here.

wasmtime::component::bindgen!({
    path: "../../wit",
    world: "policy",
    ownership: Borrowing { duplicate_if_necessary: false },
});
