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

/// Text of somebody else's for a terminal: what would move its cursor or change its title is spelled
/// out, line breaks stay.
pub(crate) fn shown(text: &str) -> std::borrow::Cow<'_, str> {
    let is_plain = |letter: char| letter == '\n' || letter == '\t' || !letter.is_control();
    if text.chars().all(is_plain) {
        return text.into();
    }
    let spelled = |letter: char| match is_plain(letter) {
        true => letter.to_string(),
        false => letter.escape_default().to_string(),
    };
    text.chars().map(spelled).collect::<String>().into()
}
