//! Text of others in messages.

/// The beginning of a text, with nothing in it that a terminal or a log would act on.
pub(crate) fn shown(text: &str, most: usize) -> String {
    let mut shown = String::new();
    let mut letters = text.chars();
    for letter in letters.by_ref().take(most) {
        match letter {
            // They do nothing, and errors of parsers are full of them.
            '"' | '\'' | '\\' => shown.push(letter),
            letter => shown.extend(letter.escape_debug()),
        }
    }
    if letters.next().is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn what_a_terminal_would_act_on_is_escaped_and_the_rest_cut_off() {
        assert_eq!(shown("a \"b\" \\", 100), "a \"b\" \\");
        assert_eq!(
            shown("\u{1b}[2J\r\nhint: x\u{202e}", 100),
            "\\u{1b}[2J\\r\\nhint: x\\u{202e}"
        );
        assert_eq!(shown("äbc", 2), "äb…");
        assert_eq!(shown("äb", 2), "äb");
    }
}
