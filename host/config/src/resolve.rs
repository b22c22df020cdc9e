use crate::{Config, ConfigError};
pub(crate) fn parse(name: &str, _t: &str) -> Result<Config, Vec<ConfigError>> {
    Err(vec![ConfigError {
        file: name.into(),
        line: 0,
        column: 0,
        key_path: String::new(),
        message: "unreadable".into(),
        hint: None,
    }])
}
