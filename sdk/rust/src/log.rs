//! Messages to the operator, shown where the plugin has the `log` grant. Never put inspected text
//! in them.

/// Something that a person debugging the plugin may want to know.
pub fn debug(message: &str) {
    host::write(host::Level::Debug, message);
}

/// Something an operator may want to know.
pub fn info(message: &str) {
    host::write(host::Level::Info, message);
}

/// Something an operator should look at.
pub fn warn(message: &str) {
    host::write(host::Level::Warn, message);
}

#[cfg(target_family = "wasm")]
mod host {
    pub(super) use crate::bindings::caponier::policy::log::{Level, write};
}

/// Outside of a sandbox nobody listens.
#[cfg(not(target_family = "wasm"))]
mod host {
    pub(super) enum Level {
        Debug,
        Info,
        Warn,
    }

    pub(super) fn write(_level: Level, _message: &str) {}
}
