//! HTTP/1.1 as plain as it can be: bytes are sent in the pieces that a case names, and what comes
//! is kept as it came.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than anything here should take.
const PATIENCE: Duration = Duration::from_secs(60);

/// The first line and the headers of a message.
#[derive(Debug)]
pub struct Head {
    /// Request or status line.
    pub first: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
}

impl Head {
    /// A header's first value.
    pub fn get(&self, name: &str) -> Option<&str> {
        let mut known = self.headers.iter();
        known
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The status of an answer; 0 where there is none.
    pub fn status(&self) -> u16 {
        let mut words = self.first.split(' ');
        words.nth(1).and_then(|word| word.parse().ok()).unwrap_or(0)
    }

    /// The path of a request.
    pub fn path(&self) -> &str {
        self.first.split(' ').nth(1).unwrap_or_default()
    }
}

/// One end of a connection.
pub struct Peer {
    stream: TcpStream,
    /// What was read and not used yet.
    rest: Vec<u8>,
}

impl Peer {
    /// Of an accepted connection.
    ///
    /// # Errors
    /// The system's.
    pub fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self {
            stream,
            rest: Vec::new(),
        })
    }

    /// A connection of our own.
    ///
    /// # Errors
    /// The system's.
    pub fn connect(address: SocketAddr) -> io::Result<Self> {
        Self::new(TcpStream::connect_timeout(&address, PATIENCE)?)
    }

    /// Sends bytes at once.
    ///
    /// # Errors
    /// The system's.
    pub fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes)
    }

    /// Sends one chunk of a chunked body; an empty one ends it.
    ///
    /// # Errors
    /// The system's.
    pub fn send_chunk(&mut self, bytes: &[u8]) -> io::Result<()> {
        let mut chunk = format!("{:x}\r\n", bytes.len()).into_bytes();
        chunk.extend_from_slice(bytes);
        chunk.extend_from_slice(b"\r\n");
        self.send(&chunk)
    }

    /// Reads more; `false` at the end.
    fn fill(&mut self) -> io::Result<bool> {
        let mut buffer = [0; 32 << 10];
        let size = self.stream.read(&mut buffer)?;
        self.rest
            .extend_from_slice(buffer.get(..size).unwrap_or_default());
        Ok(size > 0)
    }

    fn take(&mut self, size: usize) -> Vec<u8> {
        let rest = self.rest.split_off(size.min(self.rest.len()));
        std::mem::replace(&mut self.rest, rest)
    }

    fn line(&mut self) -> io::Result<Option<String>> {
        loop {
            if let Some(end) = self.rest.windows(2).position(|pair| pair == b"\r\n") {
                let line = self.take(end + 2);
                let line = line.get(..end).unwrap_or_default();
                return Ok(Some(String::from_utf8_lossy(line).into_owned()));
            }
            if !self.fill()? {
                return Ok(None);
            }
        }
    }

    /// The next message's head; `None` where the connection ends before it.
    ///
    /// # Errors
    /// The system's.
    pub fn head(&mut self) -> io::Result<Option<Head>> {
        let Some(first) = self.line()? else {
            return Ok(None);
        };
        let mut headers = Vec::new();
        while let Some(line) = self.line()? {
            if line.is_empty() {
                return Ok(Some(Head { first, headers }));
            }
            if let Some((name, value)) = line.split_once(':') {
                headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
            }
        }
        Ok(None)
    }

    /// The body that follows a head, and whether it came to its end. `seen` is told of each piece.
    pub fn body(&mut self, head: &Head, seen: &mut dyn FnMut(&[u8])) -> (Vec<u8>, bool) {
        let mut body = Vec::new();
        let is_whole = if head.get("transfer-encoding").is_some() {
            self.chunks(&mut body, seen)
        } else {
            let length = head
                .get("content-length")
                .and_then(|text| text.parse().ok());
            self.sized(length.unwrap_or(0), &mut body, seen)
        };
        (body, is_whole.unwrap_or(false))
    }

    fn chunks(&mut self, body: &mut Vec<u8>, seen: &mut dyn FnMut(&[u8])) -> io::Result<bool> {
        while let Some(line) = self.line()? {
            let Ok(size) = usize::from_str_radix(line.trim(), 16) else {
                return Ok(false);
            };
            if !self.sized(size, body, seen)? {
                return Ok(false);
            }
            self.line()?;
            if size == 0 {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn sized(
        &mut self,
        size: usize,
        body: &mut Vec<u8>,
        seen: &mut dyn FnMut(&[u8]),
    ) -> io::Result<bool> {
        let mut left = size;
        while left > 0 {
            if self.rest.is_empty() && !self.fill()? {
                return Ok(false);
            }
            let piece = self.take(left);
            left -= piece.len();
            seen(&piece);
            body.extend_from_slice(&piece);
        }
        Ok(true)
    }
}
