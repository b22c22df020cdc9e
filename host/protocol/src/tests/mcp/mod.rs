//! MCP as a whole.

mod request;
mod response;
mod stream;

use crate::{Asked, Format, Limits, Request, Response};

/// The format before anything was asked.
fn unasked() -> Format {
    Format::Mcp(Asked::default())
}

/// The format of the answer to a request.
fn answering(body: &str) -> Format {
    request(body).answer_format().unwrap().clone()
}

fn request(body: &str) -> Request {
    unasked()
        .request(body.as_bytes().to_vec(), &Limits::default())
        .unwrap()
}

fn response(body: &str) -> Response {
    answering(CALL)
        .response(body.as_bytes().to_vec(), 10, &Limits::default())
        .unwrap()
}

const CALL: &str = r#"{"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"mail",
  "arguments":{"to":["a@b.c"],"n":4711,"deep":{"ok":true}},"_meta":{"progressToken":"t-1","note":"by the way"}}}"#;

const RESULT: &str = r#"{"jsonrpc":"2.0","id":7,"result":{"content":[
  {"type":"text","text":"sent to a@b.c","annotations":{"audience":["user"]}},
  {"type":"resource_link","uri":"file:///tmp/report.txt","name":"report","title":"The report"},
  {"type":"resource","resource":{"uri":"file:///x","mimeType":"text/plain","text":"embedded words"}},
  {"type":"image","data":"aGk=","mimeType":"image/png"},
  {"type":"audio","data":"aGk=","mimeType":"audio/wav"}],
  "structuredContent":{"who":"a@b.c","n":12},"isError":false}}"#;

const TOOLS: &str = r#"{"jsonrpc":"2.0","id":"l","result":{"tools":[
  {"name":"mail","title":"Mail it","description":"Sends mail.","inputSchema":{"type":"object","properties":{"to":{"type":"string","description":"Who gets it."}}}},
  {"name":"rm","description":"Removes a file."}],"nextCursor":"page-2"}}"#;
