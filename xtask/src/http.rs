//! As much of HTTP as the demo needs: one request, and a model API that remembers what it got.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};

/// An answer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Answer {
    /// A header's value, empty if there is none.
    pub(crate) fn header(&self, name: &str) -> &str {
        let found = self
            .headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    pub(crate) fn json(&self) -> Result<Value> {
        serde_json::from_slice(&self.body)
            .with_context(|| format!("not JSON: {}", String::from_utf8_lossy(&self.body)))
    }
}

/// An address on this machine that nobody listens on.
pub(crate) fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// One request on a connection of its own. Without a body it is a GET.
pub(crate) fn ask(address: SocketAddr, path: &str, body: Option<&Value>) -> Result<Answer> {
    let mut connection = TcpStream::connect_timeout(&address, Duration::from_secs(5))?;
    connection.set_nodelay(true)?;
    connection.set_read_timeout(Some(Duration::from_secs(30)))?;
    let (method, body) = match body {
        Some(value) => ("POST", serde_json::to_vec(value)?),
        None => ("GET", Vec::new()),
    };
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend(body);
    connection.write_all(&request)?;
    let mut reader = BufReader::new(connection);
    let (first, headers) = head(&mut reader)?;
    let status = first
        .split(' ')
        .nth(1)
        .and_then(|code| code.parse().ok())
        .ok_or_else(|| anyhow!("no HTTP answer: {first}"))?;
    let body = read_body(&mut reader, &headers, true)?;
    Ok(Answer {
        status,
        headers,
        body,
    })
}

/// A model API: it says again what it was told, and keeps it.
pub(crate) struct Model {
    pub(crate) address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Model {
    /// Listens until the program ends.
    pub(crate) fn start() -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let address = listener.local_addr()?;
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let keep = Arc::clone(&seen);
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                let keep = Arc::clone(&keep);
                // A client that breaks off is its own affair.
                std::thread::spawn(move || drop(serve(connection, &keep)));
            }
        });
        Ok(Self { address, seen })
    }

    /// What it was told, in order.
    pub(crate) fn seen(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.clone()
    }
}

fn serve(connection: TcpStream, seen: &Mutex<Vec<String>>) -> Result<()> {
    let mut writer = connection.try_clone()?;
    let mut reader = BufReader::new(connection);
    loop {
        let (_, headers) = head(&mut reader)?;
        let body = read_body(&mut reader, &headers, false)?;
        let request: Value = serde_json::from_slice(&body)?;
        let last = request
            .pointer("/messages")
            .and_then(Value::as_array)
            .and_then(|messages| messages.last());
        let told = last
            .and_then(|message| message.get("content"))
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let answer = serde_json::to_vec(&json!({
            "id": "chatcmpl-demo",
            "object": "chat.completion",
            "created": 0,
            "model": "demo",
            "choices": [{
                "index": 0,
                "message": {"role": "assistant", "content": format!("You said: {told}")},
                "finish_reason": "stop"
            }],
            "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
        }))?;
        seen.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(told);
        write!(
            writer,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            answer.len()
        )?;
        writer.write_all(&answer)?;
    }
}

/// The first line and the headers.
fn head(reader: &mut impl BufRead) -> Result<(String, Vec<(String, String)>)> {
    let mut line = || -> Result<String> {
        let mut text = String::new();
        if reader.read_line(&mut text)? == 0 {
            bail!("the connection ended");
        }
        Ok(text.trim_end().to_owned())
    };
    let first = line()?;
    let mut headers = Vec::new();
    loop {
        let text = line()?;
        match text.split_once(':') {
            Some((name, value)) => headers.push((name.to_owned(), value.trim().to_owned())),
            None => return Ok((first, headers)),
        }
    }
}

fn read_body(
    reader: &mut impl BufRead,
    headers: &[(String, String)],
    to_the_end: bool,
) -> Result<Vec<u8>> {
    let header = |name: &str| {
        let found = headers
            .iter()
            .find(|(known, _)| known.eq_ignore_ascii_case(name));
        found.map(|(_, value)| value.as_str())
    };
    let mut body = Vec::new();
    if header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        loop {
            let mut size = String::new();
            reader.read_line(&mut size)?;
            let size = u64::from_str_radix(size.trim(), 16).context("a chunk without a size")?;
            reader.take(size).read_to_end(&mut body)?;
            let mut end = String::new();
            reader.read_line(&mut end)?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    match header("content-length") {
        Some(length) => {
            let length = length.parse().context("a length that is no number")?;
            reader.take(length).read_to_end(&mut body)?;
        }
        None if to_the_end => {
            reader.read_to_end(&mut body)?;
        }
        None => {}
    }
    Ok(body)
}
