//! Server-sent events, cut anywhere: <https://html.spec.whatwg.org/multipage/server-sent-events.html>.
//!
//! Blocks keep their original bytes, framing included, so that what nobody edits goes out as it
//! came.

use caponier_core::Span;
use memchr::memchr2;

use crate::{Malformed, Problem};

/// Everything up to a blank line.
pub(crate) struct Block {
    /// As it came.
    pub(crate) bytes: Vec<u8>,
    /// Its data. `None` for comments, blank lines and events without data, which clients ignore.
    pub(crate) data: Option<Data>,
}

/// The data of an event: its lines, joined.
pub(crate) struct Data {
    /// The text.
    pub(crate) text: String,
    /// Where each line begins: in the text, and in the block's bytes.
    lines: Vec<(usize, usize)>,
}

impl Data {
    /// Where a part of the text stands in the block. A JSON string never goes over a line's end.
    pub(crate) fn place(&self, span: Span) -> Span {
        let line = self
            .lines
            .iter()
            .rev()
            .find(|(text, _)| *text <= span.start);
        let (text, bytes) = line.copied().unwrap_or_default();
        Span::new(span.start - text + bytes, span.end - text + bytes)
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
    /// The last line ended in a CR at the end of the bytes: an LF would belong to it.
    after_cr: bool,
    /// A line of the stream has been read: no byte order mark may follow.
    started: bool,
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
                out.push(Block {
                    bytes: b"\n".to_vec(),
                    data: None,
                });
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
            if start == end {
                out.push(self.block(begin, scan, limit)?);
                begin = scan;
            } else if let Some(value) = self.pending.get(start..end).and_then(data_value) {
                self.data
                    .push(Span::new(start + value - begin, end - begin));
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
            None => data_value(&self.pending).and_then(|at| self.pending.get(at..)),
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
        if self.data.is_empty() {
            return Ok(Block { bytes, data: None });
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
            data: Some(Data { text, lines }),
        })
    }
}

/// Where the value of a `data` line begins.
fn data_value(line: &[u8]) -> Option<usize> {
    let rest = line.strip_prefix(b"data")?;
    match rest {
        [] => Some(4),
        [b':', b' ', ..] => Some(6),
        [b':', ..] => Some(5),
        _ => None,
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
