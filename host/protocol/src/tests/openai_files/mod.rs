//! Files as a whole.

mod content;
mod forms;
mod rows;

use crate::{Format, Limits, Malformed, Request};

const BOUNDARY: &str = "------------------------d74496d66958873e";

/// A form with a file and its purpose, as clients send it.
fn form(purpose: &str, name: &str, kind: &str, content: &[u8]) -> Vec<u8> {
    let mut out = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\n{purpose}\r\n\
         --{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\
         Content-Type: {kind}\r\n\r\n"
    )
    .into_bytes();
    out.extend_from_slice(content);
    out.extend_from_slice(format!("\r\n--{BOUNDARY}--\r\n").as_bytes());
    out
}

fn read(body: &[u8]) -> Result<Request, Malformed> {
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    Format::OpenAiFiles.request_of(&kind, body.to_vec(), &Limits::default())
}

/// A file of rows.
pub(in crate::tests) fn upload(purpose: &str, rows: &str) -> Result<Request, Malformed> {
    read(&form(
        purpose,
        "x.jsonl",
        "application/octet-stream",
        rows.as_bytes(),
    ))
}
