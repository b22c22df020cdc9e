//! Where in a text code, tags and link targets are.
//!
//! A small machine that is fed a text from its beginning, in any number of pieces, and knows at
//! every place whether what stands there is code or part of a tag or link. What is left open
//! counts as open: Markdown would take an unpaired backtick for itself, but nobody can know that
//! before the end of a stream.

use serde::{Deserialize, Serialize};

/// What a place is inside of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
enum Mode {
    #[default]
    Text,
    /// The rest of a line that began with a fence of backticks.
    Info { width: u16 },
    /// Between two fences of this character and at least this width.
    Fence { tilde: bool, width: u16 },
    /// Between two runs of this many backticks.
    Inline { width: u16 },
}

/// The machine's state, as it is carried from one window of a stream to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Markup {
    mode: Mode,
    /// Between `<` and `>`.
    tag: bool,
    /// Brackets open in a link's target, or after `url(`.
    target: u16,
    /// Something other than spaces has come in this line.
    mid_line: bool,
    /// Spaces since the line began.
    indent: u8,
    /// The line has begun, and nothing but spaces has come in it.
    blank: bool,
    last: u8,
    before_last: u8,
}

impl Markup {
    /// For a text whose beginning was never seen: all of it counts as code.
    pub(crate) fn unknown() -> Self {
        Self {
            mode: Mode::Fence {
                tilde: true,
                width: u16::MAX,
            },
            ..Self::default()
        }
    }

    /// Whether what stands here is code.
    pub(crate) fn in_code(&self) -> bool {
        self.mode != Mode::Text
    }

    /// Whether what stands here is inside of a tag or the target of a link.
    pub(crate) fn in_link(&self) -> bool {
        self.tag || self.target > 0
    }

    /// Feeds what comes next. A run of backticks or tildes must not be cut: see [`whole_runs`].
    pub(crate) fn feed(&mut self, bytes: &[u8]) {
        let mut place = 0;
        while let Some(byte) = bytes.get(place).copied() {
            let run = match byte {
                b'`' | b'~' => bytes
                    .iter()
                    .skip(place)
                    .take_while(|next| **next == byte)
                    .count(),
                _ => 1,
            };
            self.step(byte, u16::try_from(run).unwrap_or(u16::MAX));
            place += run;
        }
    }

    fn step(&mut self, byte: u8, run: u16) {
        let line_begins = !self.mid_line && self.indent <= 3;
        match (self.mode, byte) {
            (Mode::Text, b'`') if line_begins && run >= 3 => self.mode = Mode::Info { width: run },
            (Mode::Text, b'~') if line_begins && run >= 3 => {
                self.mode = Mode::Fence {
                    tilde: true,
                    width: run,
                }
            }
            (Mode::Text, b'`') if self.last != b'\\' => self.mode = Mode::Inline { width: run },
            (Mode::Info { width } | Mode::Inline { width }, b'`') => {
                self.mode = if run == width {
                    Mode::Text
                } else {
                    Mode::Inline { width }
                };
            }
            (Mode::Info { width }, b'\n') => {
                self.mode = Mode::Fence {
                    tilde: false,
                    width,
                }
            }
            (Mode::Fence { tilde, width }, b'`' | b'~')
                if tilde == (byte == b'~') && line_begins && run >= width =>
            {
                self.mode = Mode::Text;
            }
            // A paragraph's end closes what was left open in it.
            (Mode::Inline { .. }, b'\n') if self.blank => self.mode = Mode::Text,
            (Mode::Text, _) => self.link(byte),
            _ => {}
        }
        match byte {
            b'\n' => {
                self.mid_line = false;
                self.indent = 0;
                self.blank = true;
            }
            b' ' if !self.mid_line => self.indent = self.indent.saturating_add(1),
            b'\t' if !self.mid_line => self.indent = self.indent.saturating_add(4),
            b'\r' | b' ' | b'\t' => {}
            // Fences may stand in quotes and lists.
            b'>' if !self.mid_line => self.indent = 0,
            _ => {
                self.mid_line = true;
                self.blank = false;
            }
        }
        self.before_last = self.last;
        self.last = byte;
    }

    fn link(&mut self, byte: u8) {
        match byte {
            b'(' if self.target > 0 => self.target = self.target.saturating_add(1),
            b'(' if self.last == b']'
                || (self.before_last.eq_ignore_ascii_case(&b'r')
                    && self.last.eq_ignore_ascii_case(&b'l')) =>
            {
                self.target = 1;
            }
            b')' => self.target = self.target.saturating_sub(1),
            // A blank line ends a link, and brackets left open with it.
            b'\n' if self.blank => self.target = 0,
            b'>' => self.tag = false,
            byte if self.last == b'<'
                && (byte.is_ascii_alphabetic() || matches!(byte, b'/' | b'!' | b'?')) =>
            {
                self.tag = true
            }
            _ => {}
        }
    }
}

/// How much of an open text can be fed: all but a run of backticks or tildes at its end.
pub(crate) fn whole_runs(bytes: &[u8]) -> usize {
    match bytes.last() {
        Some(last @ (b'`' | b'~')) => {
            bytes.len() - bytes.iter().rev().take_while(|byte| *byte == last).count()
        }
        _ => bytes.len(),
    }
}
