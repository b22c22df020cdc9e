//! A model API within this process, for what nginx cannot play: streams with pauses.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;

use anyhow::Context as _;

/// Writes the answer to one request, whose body it is shown.
pub(super) type Answer = Arc<dyn Fn(&[u8], &mut TcpStream) -> std::io::Result<()> + Send + Sync>;

/// Listens on the loopback interface until the program ends, with a thread for each connection.
pub(super) fn start(answer: Answer) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no address for a model API")?;
    let address = listener.local_addr()?;
    std::thread::Builder::new()
        .name("bench-upstream".to_owned())
        .spawn(move || {
            for connection in listener.incoming().flatten() {
                let answer = Arc::clone(&answer);
                // A connection that cannot be served is closed, and whoever opened it says so.
                let _ = std::thread::Builder::new()
                    .stack_size(128 << 10)
                    .spawn(move || serve(connection, &answer));
            }
        })?;
    Ok(address)
}

fn serve(mut connection: TcpStream, answer: &Answer) -> std::io::Result<()> {
    connection.set_nodelay(true)?;
    let mut reader = BufReader::with_capacity(4 << 10, connection.try_clone()?);
    loop {
        let mut length = 0;
        let mut line = String::new();
        loop {
            line.clear();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            if line.trim_end().is_empty() {
                break;
            }
            if let Some((name, value)) = line.split_once(':')
                && name.eq_ignore_ascii_case("content-length")
            {
                length = value.trim().parse().unwrap_or(0);
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        answer(&body, &mut connection)?;
    }
}

/// A whole answer.
pub(super) fn whole(body: &str, connection: &mut TcpStream) -> std::io::Result<()> {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    );
    connection.write_all(head.as_bytes())
}

/// The head of a streamed answer.
pub(super) fn head(connection: &mut TcpStream) -> std::io::Result<()> {
    connection.write_all(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    )
}

/// A piece of a streamed answer.
pub(super) fn chunk(text: &str, connection: &mut TcpStream) -> std::io::Result<()> {
    connection.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes())
}

/// The end of a streamed answer.
pub(super) fn end(connection: &mut TcpStream) -> std::io::Result<()> {
    connection.write_all(b"0\r\n\r\n")
}
