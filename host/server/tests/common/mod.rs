//! A gateway in this process, an upstream that does as it is told, and a client that sends bytes.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary compiles it anew and uses a part of it"
)]
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a harness fails by panicking, as the tests do"
)]

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use caponier_runtime::{Options, Runtime, Source};
use caponier_server::{Addresses, Server, ServerRuntime, attach};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// A rule that needs no plugin: it reads the text.
pub const POLICY: &str = r#"package caponier
deny contains "a forbidden word" if {
    some segment in input.segments
    contains(segment.text, "FORBIDDEN")
}
access contains "not for guests" if input.context.principal.id == "guest"
"#;

pub struct Gateway {
    pub at: Addresses,
    pub runtime: ServerRuntime,
    pub folder: tempfile::TempDir,
    stop: Option<oneshot::Sender<()>>,
    done: tokio::task::JoinHandle<()>,
}

/// Files beside the configuration.
pub type Extra<'a> = &'a [(&'a str, &'a str)];

impl Gateway {
    /// Starts one. `config` comes after what every test has.
    pub async fn start(config: &str, extra: Extra<'_>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), config, extra);
        let options = Options::new(Source::File(folder.path().join("caponier.yaml")));
        let runtime = tokio::task::spawn_blocking(move || Runtime::start(options, attach()))
            .await
            .unwrap()
            .unwrap_or_else(|problems| panic!("{}", shown(&problems)));
        let server = Server::bind(runtime.clone()).await.unwrap();
        let at = server.addresses();
        let (stop, stopped) = oneshot::channel();
        let done = tokio::spawn(server.run(async move {
            let _ = stopped.await;
        }));
        Self {
            at,
            runtime,
            folder,
            stop: Some(stop),
            done,
        }
    }

    pub fn address(&self) -> SocketAddr {
        self.at.gateway.unwrap()
    }

    /// Stops it and waits for the end.
    pub async fn stop(mut self) -> tempfile::TempDir {
        let _ = self.stop.take().unwrap().send(());
        self.done.await.unwrap();
        self.folder
    }

    /// Asks for the stop without waiting.
    pub fn begin_stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    pub async fn metrics(&self) -> String {
        let reply = send(self.at.admin.unwrap(), &get("/metrics")).await;
        String::from_utf8(reply.body).unwrap()
    }
}

pub fn shown(problems: &[caponier_runtime::Problem]) -> String {
    problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect()
}

pub fn write(folder: &Path, config: &str, extra: Extra<'_>) {
    std::fs::create_dir_all(folder.join("policies")).unwrap();
    std::fs::write(folder.join("policies/test.rego"), POLICY).unwrap();
    for (name, text) in extra {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let head = "version: 1\nrego: { paths: [policies/], expose_text: true }\nadmin: { listen: 127.0.0.1:0 }\ncache: { enabled: false }\n";
    let plugins = if config.contains("plugins:") {
        ""
    } else {
        "plugins: []\n"
    };
    std::fs::write(
        folder.join("caponier.yaml"),
        format!("{head}{plugins}{config}"),
    )
    .unwrap();
}

/// A gateway before `upstream`, with more of a route's and the file's keys.
pub fn before(upstream: SocketAddr, route: &str, more: &str) -> String {
    format!(
        "gateway:\n  listen: 127.0.0.1:0\n  routes:\n    - path: /v1/*\n      upstream: http://{upstream}\n{}{more}",
        indented(route, 6)
    )
}

fn indented(text: &str, by: usize) -> String {
    text.lines().fold(String::new(), |mut out, line| {
        let _ = writeln!(out, "{}{line}", " ".repeat(by));
        out
    })
}

/// What an upstream does with one request.
#[derive(Clone)]
pub enum Act {
    /// Sends these bytes, keeps the connection.
    Say(Vec<u8>),
    /// Sends these pieces with a pause after each, then closes.
    Pieces(Vec<Vec<u8>>, Duration),
    /// Says nothing until the client leaves; then notes that.
    Silence,
}

pub struct Upstream {
    pub at: SocketAddr,
    pub seen: Arc<Mutex<Vec<String>>>,
    pub connections: Arc<Mutex<usize>>,
    pub left: Arc<Mutex<usize>>,
}

impl Upstream {
    pub async fn start(act: Act) -> Self {
        let socket = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let upstream = Self {
            at: socket.local_addr().unwrap(),
            seen: Arc::default(),
            connections: Arc::default(),
            left: Arc::default(),
        };
        let (seen, connections, left) = (
            upstream.seen.clone(),
            upstream.connections.clone(),
            upstream.left.clone(),
        );
        tokio::spawn(async move {
            while let Ok((stream, _)) = socket.accept().await {
                *connections.lock().unwrap() += 1;
                tokio::spawn(play(stream, act.clone(), seen.clone(), left.clone()));
            }
        });
        upstream
    }

    pub fn requests(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub async fn wait_left(&self) -> bool {
        for _ in 0..200 {
            if *self.left.lock().unwrap() > 0 {
                return true;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        false
    }
}

async fn play(
    mut stream: TcpStream,
    act: Act,
    seen: Arc<Mutex<Vec<String>>>,
    left: Arc<Mutex<usize>>,
) {
    let mut buffer = Vec::new();
    loop {
        let Some(request) = read_request(&mut stream, &mut buffer).await else {
            return;
        };
        seen.lock().unwrap().push(request);
        match &act {
            Act::Say(bytes) => {
                if stream.write_all(bytes).await.is_err() {
                    return;
                }
            }
            Act::Pieces(pieces, pause) => {
                for piece in pieces {
                    if stream.write_all(piece).await.is_err() {
                        *left.lock().unwrap() += 1;
                        return;
                    }
                    tokio::time::sleep(*pause).await;
                }
                return;
            }
            Act::Silence => {
                let mut byte = [0];
                let _ = stream.read(&mut byte).await;
                *left.lock().unwrap() += 1;
                return;
            }
        }
    }
}

async fn read_request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<String> {
    loop {
        if let Some(end) = find(buffer, b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = head
                .lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
                .map_or(0, |(_, value)| value.trim().parse::<usize>().unwrap());
            let chunked = head.to_lowercase().contains("transfer-encoding: chunked");
            let whole = if chunked {
                find(&buffer[end..], b"0\r\n\r\n").map(|at| end + at + 5)
            } else {
                (buffer.len() >= end + 4 + length).then_some(end + 4 + length)
            };
            if let Some(whole) = whole {
                let request: Vec<u8> = buffer.drain(..whole).collect();
                return Some(String::from_utf8_lossy(&request).into_owned());
            }
        }
        let mut piece = [0; 16384];
        match stream.read(&mut piece).await {
            Ok(0) | Err(_) => return None,
            Ok(read) => buffer.extend_from_slice(&piece[..read]),
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}

/// An HTTP answer of JSON.
pub fn json(status: &str, body: &str) -> Act {
    Act::Say(http(
        status,
        "content-type: application/json\r\n",
        body.as_bytes(),
    ))
}

pub fn http(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub const ANSWER: &str = r#"{"id":"c1","object":"chat.completion","created":1,"model":"m","choices":[{"index":0,"message":{"role":"assistant","content":"fine"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#;

/// A streamed answer's events, one delta for each text.
pub fn events(texts: &[&str]) -> Vec<String> {
    let mut events: Vec<String> = texts
        .iter()
        .map(|text| {
            let text = serde_json::to_string(text).unwrap();
            format!("data: {{\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{{\"index\":0,\"delta\":{{\"content\":{text}}},\"finish_reason\":null}}]}}\n\n")
        })
        .collect();
    events.push("data: {\"id\":\"c1\",\"object\":\"chat.completion.chunk\",\"created\":1,\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n".into());
    events.push("data: [DONE]\n\n".into());
    events
}

/// The pieces of an HTTP answer that streams these events, each as a chunk.
pub fn streamed(events: &[String], is_complete: bool) -> Vec<Vec<u8>> {
    let mut pieces = vec![
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
            .to_vec(),
    ];
    pieces.extend(
        events
            .iter()
            .map(|event| format!("{:x}\r\n{event}\r\n", event.len()).into_bytes()),
    );
    if is_complete {
        pieces.push(b"0\r\n\r\n".to_vec());
    }
    pieces
}

/// The text of all deltas in an event stream.
pub fn said(body: &[u8]) -> String {
    String::from_utf8_lossy(body)
        .lines()
        .filter_map(|line| {
            serde_json::from_str::<serde_json::Value>(line.strip_prefix("data: ")?).ok()
        })
        .filter_map(|event| {
            Some(
                event
                    .pointer("/choices/0/delta/content")?
                    .as_str()?
                    .to_owned(),
            )
        })
        .collect()
}

pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    /// The body was cut off.
    pub is_cut: bool,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub fn code(&self) -> String {
        self.json()["error"]["code"]
            .as_str()
            .unwrap_or_default()
            .to_owned()
    }
}

pub fn get(path: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n").into_bytes()
}

pub fn post_with(path: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let mut bytes = format!(
        "POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

pub fn chat_body(text: &str, stream: bool) -> String {
    let text = serde_json::to_string(text).unwrap();
    format!(
        "{{\"model\":\"m\",\"stream\":{stream},\"messages\":[{{\"role\":\"user\",\"content\":{text}}}]}}"
    )
}

pub fn chat(text: &str) -> Vec<u8> {
    post_with(
        "/v1/chat/completions",
        "",
        chat_body(text, false).as_bytes(),
    )
}

pub fn chat_stream(text: &str) -> Vec<u8> {
    post_with("/v1/chat/completions", "", chat_body(text, true).as_bytes())
}

/// Sends bytes on a new connection and reads the answer to its end.
pub async fn send(address: SocketAddr, bytes: &[u8]) -> Reply {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let (mut reading, mut writing) = stream.split();
    let mut answer = Vec::new();
    let both = async { tokio::join!(writing.write_all(bytes), reading.read_to_end(&mut answer)) };
    let (_, read) = tokio::time::timeout(Duration::from_secs(20), both)
        .await
        .expect("an answer in time");
    let _ = read;
    parse(&answer)
}

pub fn parse(answer: &[u8]) -> Reply {
    let end = find(answer, b"\r\n\r\n")
        .unwrap_or_else(|| panic!("no answer: {}", String::from_utf8_lossy(answer)));
    let head = String::from_utf8_lossy(&answer[..end]).into_owned();
    let mut lines = head.lines();
    let status = lines
        .next()
        .unwrap()
        .split(' ')
        .nth(1)
        .unwrap()
        .parse()
        .unwrap();
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_lowercase(), value.to_owned()))
        .collect();
    let raw = &answer[end + 4..];
    let is_chunked = headers
        .iter()
        .any(|(name, value)| name == "transfer-encoding" && value == "chunked");
    let (body, is_cut) = if is_chunked {
        dechunked(raw)
    } else {
        (raw.to_vec(), false)
    };
    Reply {
        status,
        headers,
        body,
        is_cut,
    }
}

fn dechunked(mut raw: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    loop {
        let Some(end) = find(raw, b"\r\n") else {
            return (body, true);
        };
        let size = usize::from_str_radix(std::str::from_utf8(&raw[..end]).unwrap(), 16).unwrap();
        raw = &raw[end + 2..];
        if size == 0 {
            return (body, false);
        }
        if raw.len() < size + 2 {
            body.extend_from_slice(raw);
            return (body, true);
        }
        body.extend_from_slice(&raw[..size]);
        raw = &raw[size + 2..];
    }
}
