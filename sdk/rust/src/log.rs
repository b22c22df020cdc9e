//! Messages to the operator, shown where the plugin has the `log` grant. Never put inspected text
//! in them.

/// Something that a person debugging the plugin may want to know.
///
/// ```
/// use caponier_sdk::log;
///
/// // What was looked at, never what it said.
/// let text = "the text under inspection";
/// log::debug(&format!("looked at {} bytes", text.len()));
/// ```
pub fn debug(message: &str) {
    host::write(host::Level::Debug, message);
}

/// Something an operator may want to know.
///
/// ```
/// # use caponier_sdk::log;
/// # let lists = [["bluebird", "kestrel"]];
/// let words: usize = lists.iter().map(|list| list.len()).sum();
/// log::info(&format!("{words} words from {} lists", lists.len()));
/// ```
pub fn info(message: &str) {
    host::write(host::Level::Info, message);
}

/// Something an operator should look at.
///
/// ```
/// # use caponier_sdk::{Data, log};
/// # let data = Data::default();
/// if data.names().is_empty() {
///     log::warn("no list is granted, so no word is found; hint: `grants: { data: ./lists }`");
/// }
/// ```
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
