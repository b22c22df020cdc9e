//! Compressed bodies, decompressed within the limit.

use std::io::Read as _;

use caponier_decide::Refusal;
use caponier_protocol::ErrorKind;
use flate2::read::MultiGzDecoder;

use crate::headers::Headers;

/// Whether the body is compressed in a way that can be undone.
pub(crate) fn is_packed(headers: &Headers) -> Result<bool, Refusal> {
    let mut encodings = headers.encodings();
    let Some(encoding) = encodings.next() else {
        return Ok(false);
    };
    let is_gzip = encoding.eq_ignore_ascii_case("gzip") || encoding.eq_ignore_ascii_case("x-gzip");
    if is_gzip && encodings.next().is_none() {
        return Ok(true);
    }
    Err(Refusal::new(
        ErrorKind::UnsupportedEncoding,
        "content-encoding is not supported; hint: send gzip or no encoding, or put a decompressor in front of this filter",
    ))
}

/// What a compressed body stands for.
pub(crate) fn unpack(bytes: &[u8], limit: usize) -> Result<Vec<u8>, Refusal> {
    let mut plain = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let read = MultiGzDecoder::new(bytes)
        .take(most)
        .read_to_end(&mut plain);
    if plain.len() > limit {
        return Err(too_large(limit));
    }
    match read {
        Ok(_) => Ok(plain),
        Err(_) => Err(Refusal::new(
            ErrorKind::Malformed,
            "the compressed body is damaged",
        )),
    }
}

pub(crate) fn too_large(limit: usize) -> Refusal {
    Refusal::new(
        ErrorKind::TooLarge,
        format!("the body is larger than {limit} bytes; hint: send less, or raise limits.body"),
    )
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    fn packed(plain: &[u8]) -> Vec<u8> {
        let mut writer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
        writer.write_all(plain).unwrap();
        writer.finish().unwrap()
    }

    fn status(bytes: &[u8], limit: usize) -> u16 {
        unpack(bytes, limit).unwrap_err().code()
    }

    #[test]
    fn what_was_packed_comes_out_up_to_the_limit() {
        let plain = b"a text, and more of it. ".repeat(1000);
        let bytes = packed(&plain);
        assert_eq!(unpack(&bytes, plain.len()).unwrap(), plain);
        assert_eq!(status(&bytes, plain.len() - 1), 413);
        let twice = [bytes.clone(), packed(b"the end")].concat();
        let whole = [&plain[..], b"the end"].concat();
        assert_eq!(unpack(&twice, 1 << 20).unwrap(), whole);
        assert_eq!(unpack(&packed(b""), 0).unwrap(), b"");
        let bomb = packed(&vec![0; 64 << 20]);
        assert_eq!(status(&bomb, 1 << 20), 413);
    }

    #[test]
    fn damage_is_seen_wherever_it_is() {
        let plain = b"a text that is long enough to be cut somewhere in the middle".repeat(3);
        let bytes = packed(&plain);
        for cut in 0..bytes.len() {
            assert_eq!(status(&bytes[..cut], 1 << 20), 400, "{cut}");
        }
        // Past the head, whose time and system are nobody's concern.
        for place in 10..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[place] ^= 0x55;
            assert!(unpack(&damaged, 1 << 20).is_err(), "{place}");
        }
        let more = [&bytes[..], b"junk"].concat();
        assert_eq!(status(&more, 1 << 20), 400);
        assert_eq!(status(b"{\"messages\":[]}", 1 << 20), 400);
    }
}
