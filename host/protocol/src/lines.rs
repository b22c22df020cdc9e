//! Streams that have a JSON value to each line (NDJSON), cut anywhere.
//!
//! Lines keep their original bytes, so that what nobody edits goes out as it came.

use memchr::memchr;

use crate::sse::{Block, Data};
use crate::{Malformed, Problem};

/// The parser.
#[derive(Default)]
pub(crate) struct Lines {
    pending: Vec<u8>,
}

impl Lines {
    /// Takes bytes; gives the lines that they complete.
    pub(crate) fn feed(
        &mut self,
        bytes: &[u8],
        limit: usize,
        out: &mut Vec<Block>,
    ) -> Result<(), Malformed> {
        let mut scan = self.pending.len();
        self.pending.extend_from_slice(bytes);
        let mut begin = 0;
        while let Some(found) = memchr(b'\n', self.pending.get(scan..).unwrap_or_default()) {
            let end = scan + found + 1;
            let line = self.pending.get(begin..end).unwrap_or_default();
            out.push(block(line, limit)?);
            (begin, scan) = (end, end);
        }
        self.pending.drain(..begin);
        within(self.pending.len(), limit)
    }

    /// What the stream left incomplete.
    pub(crate) fn rest(&self) -> Option<&[u8]> {
        (!self.pending.is_empty()).then_some(&self.pending)
    }
}

fn block(line: &[u8], limit: usize) -> Result<Block, Malformed> {
    within(line.len(), limit)?;
    let is_blank = line.iter().all(|byte| b" \t\r\n".contains(byte));
    let data = match is_blank {
        true => None,
        false => {
            let text = std::str::from_utf8(line).map_err(|error| Malformed {
                place: String::new(),
                at: error.valid_up_to(),
                problem: Problem::NotUtf8,
            })?;
            Some(Data::verbatim(text.to_owned()))
        }
    };
    Ok(Block {
        bytes: line.to_vec(),
        data,
        is_odd: false,
    })
}

fn within(length: usize, limit: usize) -> Result<(), Malformed> {
    if length <= limit {
        return Ok(());
    }
    Err(Malformed {
        place: String::new(),
        at: limit,
        problem: Problem::TooLong(limit),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use caponier_core::Span;
    use proptest::prelude::*;

    fn blocks(pieces: &[&[u8]]) -> (Vec<String>, Vec<u8>, Option<Vec<u8>>) {
        let mut lines = Lines::default();
        let mut out = Vec::new();
        for piece in pieces {
            lines.feed(piece, 1 << 16, &mut out).unwrap();
        }
        let data = out.iter().filter_map(|block| block.data.as_ref());
        let data = data.map(|data| data.text.clone()).collect();
        let bytes = out.iter().flat_map(|block| block.bytes.clone()).collect();
        (data, bytes, lines.rest().map(<[u8]>::to_vec))
    }

    #[test]
    fn lines_are_the_same_at_every_cut() {
        let stream = "{\"a\":\"é\"}\n\r\n \n{}\r\n \u{2028}{}\n{\"b\"".as_bytes();
        let expected = ["{\"a\":\"é\"}\n", "{}\r\n", " \u{2028}{}\n"].map(str::to_owned);
        for first in 0..stream.len() {
            for second in first..stream.len() {
                let (data, bytes, rest) =
                    blocks(&[&stream[..first], &stream[first..second], &stream[second..]]);
                assert_eq!(data, expected, "{first} {second}");
                assert_eq!([&bytes, b"{\"b\"".as_slice()].concat(), stream);
                assert_eq!(rest.as_deref(), Some(b"{\"b\"".as_slice()));
            }
        }
    }

    #[test]
    fn text_stands_where_it_is_read() {
        let mut out = Vec::new();
        Lines::default()
            .feed(b"{}\n {\"a\":1}\n", 99, &mut out)
            .unwrap();
        let data = out[1].data.as_ref().unwrap();
        assert_eq!(data.place(Span::new(2, 5)), Span::new(2, 5));
        assert_eq!(&out[1].bytes[2..5], b"\"a\"");
    }

    #[test]
    fn a_line_over_the_limit_and_what_is_no_text_are_refused() {
        let refused = |stream: &[u8]| {
            let mut out = Vec::new();
            Lines::default()
                .feed(stream, 12, &mut out)
                .unwrap_err()
                .problem
        };
        assert_eq!(refused(b"{}\n0123456789ab\n"), Problem::TooLong(12));
        assert_eq!(refused(b"{}\n0123456789abc"), Problem::TooLong(12));
        assert_eq!(refused(b"{}\n\"\xFF\"\n"), Problem::NotUtf8);
    }

    proptest! {
        #[test]
        fn bytes_come_out_as_they_went_in(stream in "([a-z{}]|\r|\n|é){0,30}", cuts in proptest::collection::vec(any::<prop::sample::Index>(), 0..5)) {
            let stream = stream + "\n";
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(stream.len())).collect();
            at.extend([0, stream.len()]);
            at.sort_unstable();
            let pieces: Vec<&[u8]> = at.windows(2).map(|pair| &stream.as_bytes()[pair[0]..pair[1]]).collect();
            let cut = blocks(&pieces);
            prop_assert_eq!(&cut.1, stream.as_bytes());
            prop_assert_eq!(cut.0, blocks(&[stream.as_bytes()]).0);
        }
    }
}
