//! The sandbox: WebAssembly components on wasmtime.
