//! As much of an HTTP client as a measurement needs: one kept-alive connection.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::Context as _;

/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

pub(super) struct Client {
    reader: BufReader<TcpStream>,
    address: SocketAddr,
}

/// A whole answer.
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    /// The value of `x-caponier-revision`.
    pub(super) revision: String,
}

/// What a head says.
struct Head {
    status: u16,
    length: Option<usize>,
    revision: String,
}

impl Client {
    pub(super) fn connect(address: SocketAddr) -> anyhow::Result<Self> {
        let connection = TcpStream::connect_timeout(&address, PATIENCE)
            .with_context(|| format!("no connection to {address}"))?;
        connection.set_nodelay(true)?;
        connection.set_read_timeout(Some(PATIENCE))?;
        connection.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            reader: BufReader::with_capacity(8 << 10, connection),
            address,
        })
    }

    pub(super) fn get(&mut self, path: &str) -> anyhow::Result<Answer> {
        let address = self.address;
        self.send(format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n\r\n").as_bytes())?;
        self.answer()
    }

    pub(super) fn post(&mut self, path: &str, body: &[u8]) -> anyhow::Result<Answer> {
        self.send_post(path, body)?;
        self.answer()
    }

    /// Sends a request whose answer is a stream, and reads its head alone.
    pub(super) fn begin(&mut self, path: &str, body: &[u8]) -> anyhow::Result<()> {
        self.send_post(path, body)?;
        let head = self.head()?;
        anyhow::ensure!(head.status == 200, "status {} for a stream", head.status);
        Ok(())
    }

    /// Reads on until `mark` has come.
    pub(super) fn until(&mut self, mark: &[u8]) -> anyhow::Result<()> {
        let mut tail: Vec<u8> = Vec::new();
        loop {
            let came = self.reader.fill_buf()?;
            anyhow::ensure!(!came.is_empty(), "the stream ended too soon");
            let before = tail.len();
            tail.extend_from_slice(came);
            if let Some(at) = find(&tail, mark) {
                self.reader.consume(at + mark.len() - before);
                return Ok(());
            }
            let read = came.len();
            self.reader.consume(read);
            tail.drain(..tail.len().saturating_sub(mark.len().saturating_sub(1)));
        }
    }

    fn send_post(&mut self, path: &str, body: &[u8]) -> anyhow::Result<()> {
        let mut request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            self.address,
            body.len()
        )
        .into_bytes();
        request.extend_from_slice(body);
        self.send(&request)
    }

    fn send(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        Ok(self.reader.get_mut().write_all(bytes)?)
    }

    fn head(&mut self) -> anyhow::Result<Head> {
        let mut line = String::new();
        let mut head = Head {
            status: 0,
            length: None,
            revision: String::new(),
        };
        loop {
            line.clear();
            anyhow::ensure!(
                self.reader.read_line(&mut line)? > 0,
                "the connection was closed"
            );
            let text = line.trim_end();
            if text.is_empty() {
                return Ok(head);
            }
            match text.split_once(':') {
                Some((name, value)) if head.status != 0 => {
                    if name.eq_ignore_ascii_case("content-length") {
                        head.length = Some(value.trim().parse()?);
                    } else if name.eq_ignore_ascii_case("x-caponier-revision") {
                        head.revision = value.trim().to_owned();
                    }
                }
                _ => {
                    let status = text.split(' ').nth(1).unwrap_or_default();
                    head.status = status.parse().context("no HTTP answer")?;
                }
            }
        }
    }

    fn answer(&mut self) -> anyhow::Result<Answer> {
        let head = self.head()?;
        let mut body = Vec::new();
        match head.length {
            Some(length) => {
                body.resize(length, 0);
                self.reader.read_exact(&mut body)?;
            }
            None => self.chunks(&mut body)?,
        }
        Ok(Answer {
            status: head.status,
            body,
            revision: head.revision,
        })
    }

    fn chunks(&mut self, body: &mut Vec<u8>) -> anyhow::Result<()> {
        let mut line = String::new();
        loop {
            line.clear();
            self.reader.read_line(&mut line)?;
            let size = usize::from_str_radix(line.trim_end(), 16).context("not a chunk")?;
            let start = body.len();
            body.resize(start + size, 0);
            self.reader
                .read_exact(body.get_mut(start..).unwrap_or_default())?;
            line.clear();
            self.reader.read_line(&mut line)?;
            if size == 0 {
                return Ok(());
            }
        }
    }
}

fn find(text: &[u8], mark: &[u8]) -> Option<usize> {
    text.windows(mark.len()).position(|part| part == mark)
}

/// What a chat client sends.
pub(super) fn chat(text: &str, stream: bool) -> Vec<u8> {
    serde_json::json!({
        "model": "bench",
        "stream": stream,
        "messages": [
            {"role": "system", "content": "Answer briefly and in whole sentences."},
            {"role": "user", "content": text},
        ],
    })
    .to_string()
    .into_bytes()
}

/// What a model answers.
pub(super) fn completion(text: &str) -> String {
    serde_json::json!({
        "id": "chatcmpl-bench",
        "object": "chat.completion",
        "created": 1,
        "model": "bench",
        "choices": [{
            "index": 0,
            "message": {"role": "assistant", "content": text},
            "finish_reason": "stop",
            "logprobs": null,
        }],
        "usage": {"prompt_tokens": 250, "completion_tokens": 120, "total_tokens": 370},
    })
    .to_string()
}
