//! What wit-bindgen makes of the contract. Nothing outside this crate names these types; they are
//! reachable from the [`export!`](crate::export) macro only.

wit_bindgen::generate!({
    path: "wit",
    world: "policy",
    pub_export_macro: true,
    export_macro_name: "export_guard",
});
