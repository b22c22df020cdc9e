//! A real registry on a free port, and plugins to put there.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "each test program uses a part of it, and its helpers fail the test"
)]

use std::io::Write as _;
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use caponier_registry::{Cache, Client, Digest, Metadata, Options, Reference, Timeouts};

/// `docker-registry` with its storage in a directory; stopped when dropped.
pub(crate) struct Registry {
    child: Child,
    pub(crate) port: u16,
    pub(crate) folder: tempfile::TempDir,
}

impl Registry {
    pub(crate) fn start() -> Self {
        Self::with("")
    }

    /// One that wants user `me` and password `correct horse`.
    pub(crate) fn locked() -> Self {
        Self::with("auth:\n  htpasswd:\n    realm: test\n    path: HTPASSWD\n")
    }

    fn with(more: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let mark = Digest::of(folder.path().as_os_str().as_encoded_bytes()).hex();
        let users = folder.path().join("htpasswd");
        // bcrypt of `correct horse`.
        let line = "me:$2b$05$abcdefghijklmnopqrstuuHNbAKRhpaujgo33bRWs.NLUTJO3lOy2\n";
        std::fs::write(&users, line).unwrap();
        let config = format!(
            "version: 0.1\nlog:\n  level: error\nstorage:\n  filesystem:\n    rootdirectory: {}\nhttp:\n  addr: 127.0.0.1:{port}\n  headers:\n    X-Mark: [{mark}]\n{}",
            folder.path().join("data").display(),
            more.replace("HTPASSWD", &users.display().to_string()),
        );
        let path = folder.path().join("config.yml");
        std::fs::write(&path, config).unwrap();
        let child = Command::new("docker-registry")
            .arg("serve")
            .arg(&path)
            .env("OTEL_TRACES_EXPORTER", "none")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| {
                panic!(
                    "docker-registry cannot be run: {error}\nhint: apt-get install docker-registry"
                )
            });
        let mut registry = Self {
            child,
            port,
            folder,
        };
        // Another registry may have been quicker to take the port.
        let end = Instant::now() + Duration::from_secs(30);
        while !registry.answers(&mark) {
            assert!(Instant::now() < end, "docker-registry does not answer");
            if registry.child.try_wait().unwrap().is_some() {
                return Self::with(more);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        registry
    }

    fn answers(&self, mark: &str) -> bool {
        let Ok(mut stream) = TcpStream::connect(("127.0.0.1", self.port)) else {
            return false;
        };
        let request = b"GET /v2/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
        let mut text = String::new();
        stream.write_all(request).is_ok()
            && std::io::Read::read_to_string(&mut stream, &mut text).is_ok()
            && text.contains(mark)
    }

    pub(crate) fn stop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }

    pub(crate) fn reference(&self, rest: &str) -> Reference {
        format!("oci://127.0.0.1:{}/{rest}", self.port)
            .parse()
            .unwrap()
    }

    /// Where the registry keeps a blob.
    pub(crate) fn blob(&self, digest: &Digest) -> PathBuf {
        let hex = digest.hex();
        self.folder
            .path()
            .join("data/docker/registry/v2/blobs/sha256")
            .join(&hex[..2])
            .join(&hex)
            .join("data")
    }

    /// Puts something there without any check of ours; gives the status.
    pub(crate) fn put(&self, path: &str, content_type: &str, body: &[u8]) -> u16 {
        send(self.port, "PUT", path, content_type, body)
    }

    /// Uploads a blob without any check of ours.
    pub(crate) fn put_blob(&self, repository: &str, bytes: &[u8]) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        write!(
            stream,
            "POST /v2/{repository}/blobs/uploads/ HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            self.port
        )
        .unwrap();
        let mut text = String::new();
        std::io::Read::read_to_string(&mut stream, &mut text).unwrap();
        let place = text
            .lines()
            .find_map(|line| line.strip_prefix("Location: "))
            .unwrap();
        let path = place
            .split_once(&self.port.to_string())
            .map_or(place, |(_, path)| path);
        let path = format!("{path}&digest={}", Digest::of(bytes));
        assert_eq!(self.put(&path, "application/octet-stream", bytes), 201);
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.stop();
    }
}

fn send(port: u16, method: &str, path: &str, content_type: &str, body: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: {content_type}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )
    .unwrap();
    stream.write_all(body).unwrap();
    let mut text = Vec::new();
    std::io::Read::read_to_end(&mut stream, &mut text).unwrap();
    String::from_utf8_lossy(&text[9..12]).parse().unwrap()
}

pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// A client without credentials, with a cache if a directory is named.
pub(crate) fn client(cache: Option<&Path>) -> Client {
    Client::new(Options {
        docker_config: None,
        cache: cache.map(|path| Cache::open(path).unwrap()),
        timeouts: Timeouts::default(),
    })
    .unwrap()
}

/// A component; different texts, different components.
pub(crate) fn component(text: &str) -> Vec<u8> {
    wat::parse_str(format!(
        r#"(component
            (import "caponier:policy/log@0.1.0" (instance))
            (core module (@custom "text" "{text}")))"#
    ))
    .unwrap()
}

pub(crate) fn metadata() -> Metadata {
    Metadata {
        title: Some("guard".to_owned()),
        version: Some("1.0.0".to_owned()),
        licenses: Some("Apache-2.0".to_owned()),
        ..Metadata::default()
    }
}
