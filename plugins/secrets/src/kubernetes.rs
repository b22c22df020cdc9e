//! Values of a Kubernetes Secret: base64 under `data`, whatever their names.

use crate::base64;
use crate::judge;
use crate::names::Folded;
use crate::scan::Pass;
use crate::shape::Class;
use crate::value::value_after;

/// How far `data` may stand behind `kind`, and a value behind `data`.
const REACH: usize = 320;
/// The shortest value, in base64.
const LEAST: usize = 8;

/// How far an object has been read.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Object {
    kind: Option<usize>,
    data: Option<usize>,
}

impl Object {
    /// Whether what stands at `at` may belong to it, although no value follows.
    pub(crate) fn is_open(&self, at: usize) -> bool {
        is_near(self.kind, at) || is_near(self.data, at)
    }
}

fn is_near(mark: Option<usize>, at: usize) -> bool {
    mark.is_some_and(|mark| at - mark <= REACH)
}

/// Looks at the entry whose colon is at `at`. Whether it was a Secret's value.
pub(crate) fn entry(pass: &mut Pass<'_>, name: &Folded, at: usize) -> bool {
    match name.as_slice() {
        b"kind" => {
            let rest = pass.slice(at + 1..(at + 12).min(pass.bytes.len()));
            let rest = rest.trim_ascii_start();
            let rest = rest.strip_prefix(b"\"").unwrap_or(rest);
            let after = rest.strip_prefix(b"Secret").map(<[u8]>::first);
            let is_secret = after.is_some_and(|next| !next.is_some_and(u8::is_ascii_alphanumeric));
            pass.object = Object {
                kind: is_secret.then_some(at),
                data: None,
            };
            false
        }
        b"data" => {
            if is_near(pass.object.kind, at) {
                pass.object.data = Some(at);
            }
            false
        }
        b"apiversion" | b"name" | b"namespace" | b"type" | b"metadata" => false,
        _ => is_near(pass.object.data, at) && value(pass, at),
    }
}

fn value(pass: &mut Pass<'_>, at: usize) -> bool {
    let Some(span) = value_after(pass, at + 1, false) else {
        return false;
    };
    let encoded = pass.slice(span.clone());
    if encoded.len() < LEAST || !encoded.len().is_multiple_of(4) || !Class::Base64.all(encoded) {
        return false;
    }
    let decoded = base64::decode(encoded);
    if decoded.starts_with(b"-----BEGIN CERT") || decoded.starts_with(b"-----BEGIN PUBLIC") {
        return true;
    }
    let is_text = decoded
        .iter()
        .all(|byte| matches!(byte, b'\n' | 0x20..0x7f));
    let confidence = match is_text {
        true if judge::stands_in(&decoded) => 0.35,
        true => 0.85,
        false if judge::entropy(encoded) > 4.0 => 0.75,
        false => return false,
    };
    pass.hit("kubernetes-secret", span, confidence);
    true
}
