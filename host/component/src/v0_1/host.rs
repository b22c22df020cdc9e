//! The host's side of the imports.

use std::time::Duration;

use super::bindings::caponier::policy::{counters, data, log, types};
use crate::LogLevel;
use crate::host::Host;

impl types::Host for Host {}

impl log::Host for Host {
    fn write(&mut self, level: log::Level, message: String) {
        let level = match level {
            log::Level::Trace => LogLevel::Trace,
            log::Level::Debug => LogLevel::Debug,
            log::Level::Info => LogLevel::Info,
            log::Level::Warn => LogLevel::Warn,
            log::Level::Error => LogLevel::Error,
        };
        self.log(level, &message);
    }
}

impl data::Host for Host {
    fn names(&mut self) -> Vec<String> {
        self.data().map(|files| files.names()).unwrap_or_default()
    }

    fn read(&mut self, name: String) -> Result<Vec<u8>, String> {
        let files = self
            .data()
            .ok_or("files can be read during `configure` only")?;
        files
            .get(&name)
            .map(<[u8]>::to_vec)
            .ok_or_else(|| "there is no such file".to_owned())
    }
}

impl counters::Host for Host {
    fn add(&mut self, key: String, amount: u64, window_seconds: u32) -> Result<u64, String> {
        let window = Duration::from_secs(window_seconds.into());
        self.count(key.len(), |counters, scope| {
            counters.add(scope, &key, amount, window)
        })
        .map_err(str::to_owned)
    }

    fn add_unique(
        &mut self,
        key: String,
        member: Vec<u8>,
        window_seconds: u32,
    ) -> Result<u64, String> {
        let window = Duration::from_secs(window_seconds.into());
        let bytes = key.len().saturating_add(member.len());
        self.count(bytes, |counters, scope| {
            counters.add_unique(scope, &key, &member, window)
        })
        .map_err(str::to_owned)
    }
}
