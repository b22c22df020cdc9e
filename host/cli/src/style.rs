//! Colours, for terminals only: `anstream` takes them out elsewhere.

use anstyle::{AnsiColor, Style};

pub(crate) const GOOD: Style = AnsiColor::Green.on_default().bold();
pub(crate) const WARN: Style = AnsiColor::Yellow.on_default().bold();
pub(crate) const BAD: Style = AnsiColor::Red.on_default().bold();
pub(crate) const DIM: Style = Style::new().dimmed();
pub(crate) const BOLD: Style = Style::new().bold();

/// The colour of an action.
pub(crate) fn of_action(action: caponier_core::Action) -> Style {
    match action {
        caponier_core::Action::Allow => GOOD,
        caponier_core::Action::Flag | caponier_core::Action::Redact => WARN,
        caponier_core::Action::Deny => BAD,
    }
}
