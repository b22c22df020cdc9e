//! Server-sent events, cut anywhere: <https://html.spec.whatwg.org/multipage/server-sent-events.html>.
//!
//! Blocks keep their original bytes, framing included, so that what nobody edits goes out as it
//! came.

use caponier_core::Span;
use memchr::memchr2;

use crate::{Malformed, Problem};

/// Everything up to a blank line. Blank lines alone are together one.
pub(crate) struct Block {
    /// As it came.
    pub(crate) bytes: Vec<u8>,
    /// Its data. `None` for comments, blank lines and events without data, which clients ignore.
    pub(crate) data: Option<Data>,
    /// It has a line, beside its data, that says more than the standard's fields do.
    pub(crate) is_odd: bool,
}

/// The data of an event: its lines, joined.
pub(crate) struct Data {
    /// The event's name. Where there are several, of which readers take the first or the last, they
    /// are all in it, so that it equals none.
    pub(crate) name: Option<String>,
    /// The text.
    pub(crate) text: String,
    /// Where each line begins: in the text, and in the block's bytes.
    lines: Vec<(usize, usize)>,
}

impl Data {
    /// Data that is the block's bytes.
    pub(crate) fn verbatim(text: String) -> Self {
        Self {
            name: None,
            text,
            lines: vec![(0, 0)],
        }
    }

    /// Where a part of the text stands in the block. A JSON string never goes over a line's end;
    /// other values may, and then what is between the lines is part of the place.
    pub(crate) fn place(&self, span: Span) -> Span {
        let at = |at: usize| {
            let line = self.lines.iter().rev().find(|(text, _)| *text <= at);
            let (text, bytes) = line.copied().unwrap_or_default();
            at - text + bytes
        };
        Span::new(at(span.start), at(span.end))
    }
}

/// The parser.
#[derive(Default)]
pub(crate) struct Sse {
    pending: Vec<u8>,
    /// Where the line begins that is not complete.
    line: usize,
    /// The data lines of the block that is not complete.
    data: Vec<Span>,
    /// The name of the event that is not complete.
    name: Option<String>,
    /// The last line ended in a CR at the end of the bytes: an LF would belong to it.
    after_cr: bool,
    /// A line of the stream has been read: no byte order mark may follow.
    started: bool,
    /// A line of the block that is not complete is odd.
    odd: bool,
}

impl Sse {
    /// Takes bytes; gives the blocks that they complete.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        limit: usize,
        out: &mut Vec<Block>,
    ) -> Result<(), Malformed> {
        if bytes.is_empty() {
            return Ok(());
        }
        let mut scan = self.pending.len();
        self.pending.extend_from_slice(bytes);
        let mut begin = 0;
        if std::mem::take(&mut self.after_cr) && bytes.first() == Some(&b'\n') {
            scan += 1;
            self.line = scan;
            if scan == 1 {
                // The block was complete with its CR, and has gone.
                blank(b"\n", limit, out);
                begin = 1;
            }
        }
        while let Some(found) = memchr2(b'\n', b'\r', self.pending.get(scan..).unwrap_or_default())
        {
            let end = scan + found;
            scan = end + 1;
            if self.pending.get(end) == Some(&b'\r') {
                match self.pending.get(scan) {
                    Some(b'\n') => scan += 1,
                    Some(_) => {}
                    None => self.after_cr = true,
                }
            }
            let mut start = self.line;
            if !std::mem::replace(&mut self.started, true)
                && self
                    .pending
                    .get(start..end)
                    .unwrap_or_default()
                    .starts_with(b"\xEF\xBB\xBF")
            {
                start += 3;
            }
            self.line = scan;
            if begin == end {
                let line = self.pending.get(begin..scan).unwrap_or_default();
                blank(line, limit, out);
                begin = scan;
            } else if start == end {
                out.push(self.block(begin, scan, limit)?);
                begin = scan;
            } else if let Some(value) = self
                .pending
                .get(start..end)
                .and_then(|line| Some(line.len() - field(line, b"data")?.len()))
            {
                self.data
                    .push(Span::new(start + value - begin, end - begin));
            } else {
                let line = self.pending.get(start..end).unwrap_or_default();
                self.odd |= is_odd(line);
                if let Some(value) = field(line, b"event") {
                    let value = String::from_utf8_lossy(value);
                    match &mut self.name {
                        Some(name) => {
                            name.push('\n');
                            name.push_str(&value);
                        }
                        None => self.name = Some(value.into_owned()),
                    }
                }
            }
        }
        self.pending.drain(..begin);
        self.line -= begin;
        if self.pending.len() > limit {
            return Err(Malformed {
                place: String::new(),
                at: limit,
                problem: Problem::TooLong(limit),
            });
        }
        Ok(())
    }

    /// What the stream left incomplete, as data if it is one line of it.
    pub(crate) fn rest(&self) -> Option<&[u8]> {
        let line = match self.data.first() {
            Some(span) => self.pending.get(span.start..span.end),
            None => field(&self.pending, b"data"),
        };
        line.or((!self.pending.is_empty()).then_some(&self.pending))
    }

    fn block(&mut self, begin: usize, end: usize, limit: usize) -> Result<Block, Malformed> {
        let bytes = self.pending.get(begin..end).unwrap_or_default().to_vec();
        if bytes.len() > limit {
            return Err(Malformed {
                place: String::new(),
                at: limit,
                problem: Problem::TooLong(limit),
            });
        }
        let is_odd = std::mem::take(&mut self.odd);
        let name = self.name.take();
        if self.data.is_empty() {
            return Ok(Block {
                bytes,
                data: None,
                is_odd,
            });
        }
        let mut text = Vec::with_capacity(bytes.len());
        let mut lines = Vec::with_capacity(1);
        for span in self.data.drain(..) {
            if !lines.is_empty() {
                text.push(b'\n');
            }
            lines.push((text.len(), span.start));
            text.extend_from_slice(bytes.get(span.start..span.end).unwrap_or_default());
        }
        let text = String::from_utf8(text).map_err(|error| Malformed {
            place: String::new(),
            at: error.utf8_error().valid_up_to(),
            problem: Problem::NotUtf8,
        })?;
        Ok(Block {
            bytes,
            data: Some(Data { name, text, lines }),
            is_odd,
        })
    }
}

/// A blank line that ends nothing: one of many would else take as much room as an event.
fn blank(line: &[u8], limit: usize, out: &mut Vec<Block>) {
    match out.last_mut() {
        Some(last) if last.data.is_none() && !last.is_odd && last.bytes.len() < limit => {
            last.bytes.extend_from_slice(line);
        }
        _ => out.push(Block {
            bytes: line.to_vec(),
            data: None,
            is_odd: false,
        }),
    }
}

/// The value of a line, if it is of this field.
fn field<'l>(line: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    match line.strip_prefix(name)? {
        [] => Some(&[]),
        [b':', b' ', value @ ..] | [b':', value @ ..] => Some(value),
        _ => None,
    }
}

/// Whether a line that is no data holds something that a client may see: a field that the standard
/// does not know, a value that is text, or what some readers take for the end of a line.
fn is_odd(line: &[u8]) -> bool {
    let is_end = |at: usize| {
        matches!(
            line.get(at..).unwrap_or_default(),
            [0x0B | 0x0C | 0x1C..=0x1E, ..] | [0xC2, 0x85, ..] | [0xE2, 0x80, 0xA8 | 0xA9, ..]
        )
    };
    if (0..line.len()).any(is_end) {
        return true;
    }
    let at = line.iter().position(|byte| *byte == b':');
    let (name, value) = line.split_at(at.unwrap_or(line.len()));
    let value = value.strip_prefix(b":").unwrap_or_default();
    let value = value.strip_prefix(b" ").unwrap_or(value);
    let is_word = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.:/".contains(byte);
    match name {
        b"" => false,
        b"event" | b"id" | b"retry" => !value.iter().all(is_word),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn blocks(pieces: &[&[u8]]) -> (Vec<Option<String>>, Vec<u8>, bool) {
        let mut sse = Sse::default();
        let mut out = Vec::new();
        for piece in pieces {
            sse.feed(piece, 1 << 16, &mut out).unwrap();
        }
        let data = out
            .iter()
            .filter_map(|block| block.data.as_ref())
            .map(|data| Some(data.text.clone()))
            .collect();
        (
            data,
            out.iter().flat_map(|block| block.bytes.clone()).collect(),
            sse.rest().is_some(),
        )
    }

    #[test]
    fn the_standards_rules_hold_at_every_cut() {
        let stream = "\u{FEFF}data: a\n\n: comment\r\n\r\ndata:b\rdata:  c\r\revent: x\nid: 1\ndata\n\nretry: 5\n\n\n\
                      dataset: no\ndata: é\r\n\r\nDATA: no\n\n"
            .as_bytes();
        let expected = ["a", "b\n c", "", "é"]
            .map(|text| Some(text.to_owned()))
            .to_vec();
        for first in 0..stream.len() {
            for second in first..stream.len() {
                let (data, bytes, rest) =
                    blocks(&[&stream[..first], &stream[first..second], &stream[second..]]);
                assert_eq!(data, expected, "{first} {second}");
                assert_eq!(bytes, stream);
                assert!(!rest);
            }
        }
    }

    #[test]
    fn what_is_said_beside_the_data_is_told() {
        let odd = |line: &str| {
            let stream = format!("data: 1\n\n{line}\ndata: 2\n\ndata: 3\n\n");
            let mut sse = Sse::default();
            let mut out = Vec::new();
            for byte in stream.as_bytes() {
                sse.feed(&[*byte], 1 << 16, &mut out).unwrap();
            }
            out.iter().map(|block| block.is_odd).collect::<Vec<_>>()
        };
        for line in [
            ": any comment — whatever it says",
            ":",
            "event: message",
            "event:chunk.delta",
            "id: 550e8400-e29b",
            "id",
            "retry: 10",
        ] {
            assert_eq!(odd(line), [false, false, false], "{line}");
        }
        for line in [
            "event: two words",
            "id: a@b.c",
            "foo: bar",
            "foo",
            " data: x",
            "Data: x",
            "\u{FEFF}data: x",
            "\0data: x",
            ": \u{2028}data: x",
            ": \u{85}data: x",
            ": \u{B}data: x",
            ": \u{1D}data: x",
        ] {
            assert_eq!(odd(line), [false, true, false], "{line:?}");
        }
    }

    #[test]
    fn blank_lines_take_no_more_room_than_their_bytes() {
        for blank in ["\n", "\r\n", "\r"] {
            let stream = format!("data: a\n\n{}data: b\n\n", blank.repeat(1000));
            let mut out = Vec::new();
            Sse::default()
                .feed(stream.as_bytes(), 1 << 16, &mut out)
                .unwrap();
            assert_eq!(out.len(), 3, "{blank:?}");
            let bytes: Vec<u8> = out.iter().flat_map(|block| block.bytes.clone()).collect();
            assert_eq!(bytes, stream.as_bytes());
        }
    }

    #[test]
    fn an_event_over_the_limit_is_refused() {
        for stream in [
            "data: 0123456789\n\n".to_owned(),
            "data: ".to_owned() + &"x".repeat(20),
        ] {
            let mut out = Vec::new();
            let error = Sse::default()
                .feed(stream.as_bytes(), 12, &mut out)
                .unwrap_err();
            assert_eq!(error.problem, Problem::TooLong(12));
        }
    }

    proptest! {
        #[test]
        fn bytes_come_out_as_they_went_in(stream in "(data: [a-z]|:|\r|\n|\r\n|data){0,20}", cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..5)) {
            let stream = stream + "\n\n";
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
            at.extend([0, stream.len()]);
            at.sort_unstable();
            let pieces: Vec<&[u8]> = at.windows(2).map(|pair| &stream.as_bytes()[pair[0]..pair[1]]).collect();
            let cut = blocks(&pieces);
            prop_assert_eq!(&cut.1, stream.as_bytes());
            let whole = blocks(&[stream.as_bytes()]);
            prop_assert_eq!(cut.0, whole.0);
        }
    }
}
