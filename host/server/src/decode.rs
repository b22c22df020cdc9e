//! Compressed bodies, decompressed piece by piece and never beyond a limit.

use std::io::{self, Write};

use http::HeaderMap;
use http::header::CONTENT_ENCODING;
use zstd::stream::raw::{DParameter, Operation as _};

/// The largest window a zstd frame may ask for: what RFC 8878 says every decoder has to offer.
const ZSTD_WINDOW_LOG: u32 = 23;
/// Working space of the brotli decoder for one write.
const BROTLI_BUFFER: usize = 16 * 1024;
/// Working space of the zstd decoder for one step.
const ZSTD_BUFFER: usize = 64 * 1024;

/// A content encoding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Gzip,
    Brotli,
    Zstd,
}

/// Why a body cannot be decompressed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DecodeError {
    /// An encoding that is not known, or several on top of one another.
    #[error("content-encoding is not supported; hint: send gzip, br, zstd or no encoding")]
    Unsupported,
    /// It does not hold what its encoding says.
    #[error("the compressed body is damaged")]
    Damaged,
    /// More comes out than the limit.
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
}

/// The encoding that the headers name; `None` where there is none to undo.
pub(crate) fn encoding(headers: &HeaderMap) -> Result<Option<Encoding>, DecodeError> {
    let mut found = None;
    for value in headers.get_all(CONTENT_ENCODING) {
        let value = value.to_str().map_err(|_| DecodeError::Unsupported)?;
        for name in value.split(',').map(str::trim) {
            let encoding = match name {
                _ if name.is_empty() || name.eq_ignore_ascii_case("identity") => continue,
                _ if name.eq_ignore_ascii_case("gzip") || name.eq_ignore_ascii_case("x-gzip") => {
                    Encoding::Gzip
                }
                _ if name.eq_ignore_ascii_case("br") => Encoding::Brotli,
                _ if name.eq_ignore_ascii_case("zstd") => Encoding::Zstd,
                _ => return Err(DecodeError::Unsupported),
            };
            if found.replace(encoding).is_some() {
                return Err(DecodeError::Unsupported);
            }
        }
    }
    Ok(found)
}

/// Takes compressed bytes, gives what they stand for.
pub(crate) struct Decoder {
    inner: Inner,
    limit: usize,
}

enum Inner {
    Gzip(flate2::write::MultiGzDecoder<Room>),
    Brotli(Box<brotli::DecompressorWriter<Room>>),
    Zstd(Zstd),
}

/// What has come out and was not taken yet, and how much more may come.
struct Room {
    bytes: Vec<u8>,
    left: usize,
    /// The most that may come out before it is taken.
    burst: usize,
    full: bool,
}

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if bytes.len() > self.left || self.bytes.len() + bytes.len() > self.burst {
            self.full = true;
            return Err(io::Error::other("limit"));
        }
        self.left -= bytes.len();
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Decoder {
    /// A decoder that gives at most `limit` bytes in all.
    pub(crate) fn new(encoding: Encoding, limit: usize) -> Result<Self, DecodeError> {
        Self::bursting(encoding, limit, limit)
    }

    /// The same, with at most `burst` bytes for each piece of what is compressed.
    pub(crate) fn bursting(
        encoding: Encoding,
        limit: usize,
        burst: usize,
    ) -> Result<Self, DecodeError> {
        let room = Room {
            bytes: Vec::new(),
            left: limit,
            burst,
            full: false,
        };
        let inner = match encoding {
            Encoding::Gzip => Inner::Gzip(flate2::write::MultiGzDecoder::new(room)),
            Encoding::Brotli => Inner::Brotli(Box::new(brotli::DecompressorWriter::new(
                room,
                BROTLI_BUFFER,
            ))),
            Encoding::Zstd => Inner::Zstd(Zstd::new(room)?),
        };
        let limit = limit.min(burst);
        Ok(Self { inner, limit })
    }

    /// Takes more compressed bytes; appends what they give to `out`.
    pub(crate) fn push(&mut self, bytes: &[u8], out: &mut Vec<u8>) -> Result<(), DecodeError> {
        let written = match &mut self.inner {
            Inner::Gzip(decoder) => decoder.write_all(bytes).and_then(|()| decoder.flush()),
            Inner::Brotli(decoder) => decoder.write_all(bytes).and_then(|()| decoder.flush()),
            Inner::Zstd(decoder) => decoder.push(bytes),
        };
        self.settle(written, out)
    }

    /// Says that no more bytes will come: what is incomplete is damaged.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        let finished = match &mut self.inner {
            Inner::Gzip(decoder) => decoder.try_finish(),
            Inner::Brotli(decoder) => decoder.close(),
            Inner::Zstd(decoder) => decoder.finish(),
        };
        self.settle(finished, out)
    }

    fn settle(&mut self, result: io::Result<()>, out: &mut Vec<u8>) -> Result<(), DecodeError> {
        let limit = self.limit;
        let room = self.room();
        if room.full {
            return Err(DecodeError::TooLarge(limit));
        }
        out.append(&mut room.bytes);
        result.map_err(|_| DecodeError::Damaged)
    }

    fn room(&mut self) -> &mut Room {
        match &mut self.inner {
            Inner::Gzip(decoder) => decoder.get_mut(),
            Inner::Brotli(decoder) => decoder.get_mut(),
            Inner::Zstd(decoder) => &mut decoder.room,
        }
    }
}

/// The zstd decoder with its own loop, which knows whether a frame is complete.
struct Zstd {
    raw: zstd::stream::raw::Decoder<'static>,
    buffer: Vec<u8>,
    complete: bool,
    room: Room,
}

impl Zstd {
    fn new(room: Room) -> Result<Self, DecodeError> {
        let mut raw = zstd::stream::raw::Decoder::new().map_err(|_| DecodeError::Damaged)?;
        raw.set_parameter(DParameter::WindowLogMax(ZSTD_WINDOW_LOG))
            .map_err(|_| DecodeError::Damaged)?;
        Ok(Self {
            raw,
            buffer: vec![0; ZSTD_BUFFER],
            complete: true,
            room,
        })
    }

    fn push(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        loop {
            if self.complete && bytes.is_empty() {
                return Ok(());
            }
            if self.complete {
                self.raw.reinit()?;
            }
            let status = self.raw.run_on_buffers(bytes, &mut self.buffer)?;
            bytes = bytes.get(status.bytes_read..).unwrap_or_default();
            self.room
                .write_all(self.buffer.get(..status.bytes_written).unwrap_or_default())?;
            self.complete = status.remaining == 0;
            let is_drained = status.bytes_written < ZSTD_BUFFER;
            if bytes.is_empty() && (is_drained || self.complete) {
                return Ok(());
            }
            if status.bytes_read == 0 && status.bytes_written == 0 {
                return Err(io::ErrorKind::InvalidData.into());
            }
        }
    }

    fn finish(&self) -> io::Result<()> {
        if self.complete {
            Ok(())
        } else {
            Err(io::ErrorKind::UnexpectedEof.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compress(encoding: Encoding, plain: &[u8]) -> Vec<u8> {
        match encoding {
            Encoding::Gzip => {
                let mut writer =
                    flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
                writer.write_all(plain).unwrap();
                writer.finish().unwrap()
            }
            Encoding::Brotli => {
                let mut packed = Vec::new();
                brotli::CompressorWriter::new(&mut packed, 4096, 5, 20)
                    .write_all(plain)
                    .unwrap();
                packed
            }
            Encoding::Zstd => zstd::encode_all(plain, 3).unwrap(),
        }
    }

    fn run(
        encoding: Encoding,
        packed: &[u8],
        step: usize,
        limit: usize,
    ) -> Result<Vec<u8>, DecodeError> {
        let mut decoder = Decoder::new(encoding, limit)?;
        let mut out = Vec::new();
        for piece in packed.chunks(step) {
            decoder.push(piece, &mut out)?;
        }
        decoder.finish(&mut out)?;
        Ok(out)
    }

    const ALL: [Encoding; 3] = [Encoding::Gzip, Encoding::Brotli, Encoding::Zstd];

    #[test]
    fn what_was_packed_comes_out_however_it_is_cut() {
        let plain: Vec<u8> = (0..200_000_u32)
            .flat_map(|n| (n / 7).to_le_bytes())
            .collect();
        for encoding in ALL {
            let packed = compress(encoding, &plain);
            for step in [1, 7, 4096, usize::MAX] {
                assert!(
                    run(encoding, &packed, step, plain.len()).as_deref() == Ok(&plain),
                    "{encoding:?} {step}"
                );
            }
            assert_eq!(
                run(encoding, &compress(encoding, b""), 3, 0),
                Ok(vec![]),
                "{encoding:?}"
            );
        }
    }

    #[test]
    fn each_piece_gives_what_it_holds_at_once() {
        // A stream of server-sent events must not wait in the decoder.
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        writer.write_all(b"data: 1\n\n").unwrap();
        writer.flush().unwrap();
        let mut out = Vec::new();
        let mut decoder = Decoder::new(Encoding::Gzip, 100).unwrap();
        decoder.push(writer.get_ref(), &mut out).unwrap();
        assert_eq!(out, b"data: 1\n\n");
    }

    #[test]
    fn a_bomb_ends_at_the_limit() {
        let plain = vec![0_u8; 64 << 20];
        for encoding in ALL {
            let packed = compress(encoding, &plain);
            assert!(packed.len() < plain.len() / 100);
            assert_eq!(
                run(encoding, &packed, usize::MAX, 1 << 20),
                Err(DecodeError::TooLarge(1 << 20)),
                "{encoding:?}"
            );
        }
    }

    #[test]
    fn a_piece_of_a_stream_gives_no_more_than_a_burst() {
        let plain = vec![b'\n'; 4 << 20];
        for encoding in ALL {
            let packed = compress(encoding, &plain);
            let mut decoder = Decoder::bursting(encoding, 1 << 30, 1 << 20).unwrap();
            let mut out = Vec::new();
            assert_eq!(
                decoder.push(&packed, &mut out),
                Err(DecodeError::TooLarge(1 << 20)),
                "{encoding:?}"
            );
            assert!(out.is_empty());
            // As much in several pieces is a long stream.
            let mut decoder = Decoder::bursting(encoding, 1 << 30, 1 << 20).unwrap();
            for _ in 0..3 {
                let packed = compress(encoding, &plain[..1 << 19]);
                if decoder.push(&packed, &mut out).is_err() {
                    // Brotli has no streams one after the other.
                    assert_eq!(encoding, Encoding::Brotli);
                }
            }
            assert!(out.len() >= 1 << 19);
        }
    }

    #[test]
    fn damage_and_cuts_are_seen() {
        let plain = b"a text that is long enough to be cut somewhere in the middle of it".repeat(9);
        for encoding in ALL {
            let packed = compress(encoding, &plain);
            let cut = &packed[..packed.len() - 5];
            assert_eq!(
                run(encoding, cut, 16, 1 << 20),
                Err(DecodeError::Damaged),
                "{encoding:?}"
            );
            assert!(
                run(encoding, b"{\"messages\":[]} and more of it", 16, 1 << 20).is_err(),
                "{encoding:?}"
            );
        }
    }

    #[test]
    fn encodings_are_told_apart() {
        let headers = |values: &[&'static str]| {
            let mut map = HeaderMap::new();
            for value in values {
                map.append(CONTENT_ENCODING, value.parse().unwrap());
            }
            map
        };
        for (values, wanted) in [
            (&[][..], Ok(None)),
            (&["identity"], Ok(None)),
            (&["GZIP"], Ok(Some(Encoding::Gzip))),
            (&["br"], Ok(Some(Encoding::Brotli))),
            (&["identity, zstd"], Ok(Some(Encoding::Zstd))),
            (&["deflate"], Err(DecodeError::Unsupported)),
            (&["gzip, gzip"], Err(DecodeError::Unsupported)),
            (&["gzip", "br"], Err(DecodeError::Unsupported)),
        ] {
            assert_eq!(encoding(&headers(values)), wanted, "{values:?}");
        }
    }
}
