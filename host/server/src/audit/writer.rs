//! The one thread that writes.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::time::{Duration, Instant};

use super::{Message, SinkSettings};
use crate::metrics::Metrics;

/// Bytes that are gathered for one write.
const BATCH: usize = 64 * 1024;
/// How often it is looked whether the file still is the one at the path.
const CHECK: Duration = Duration::from_secs(1);

/// Writes until nobody sends any more.
pub(super) fn run(settings: &SinkSettings, messages: &Receiver<Message>, metrics: &Metrics) {
    let mut output = Output::new(settings);
    let mut batch = Vec::with_capacity(BATCH);
    let mut lines = 0;
    while let Ok(first) = messages.recv() {
        let mut next = Some(first);
        while let Some(message) = next.take() {
            match message {
                Message::Line(line, slot) => {
                    if output.is_full(batch.len(), line.len()) {
                        output.write(&mut batch, &mut lines, metrics);
                        output.rotate();
                    }
                    batch.extend_from_slice(&line);
                    lines += 1;
                    drop(slot);
                }
                Message::Flush(done) => {
                    output.write(&mut batch, &mut lines, metrics);
                    output.checked = None;
                    let _ = done.try_send(());
                }
            }
            if batch.len() >= BATCH {
                output.write(&mut batch, &mut lines, metrics);
            }
            next = messages.try_recv().ok();
        }
        output.write(&mut batch, &mut lines, metrics);
    }
}

struct Output<'s> {
    settings: &'s SinkSettings,
    file: Option<File>,
    size: u64,
    inode: u64,
    checked: Option<Instant>,
    /// The failure was told; once is enough until it works again.
    is_told: bool,
}

impl<'s> Output<'s> {
    fn new(settings: &'s SinkSettings) -> Self {
        Self {
            settings,
            file: None,
            size: 0,
            inode: 0,
            checked: None,
            is_told: false,
        }
    }

    /// Whether the file would grow too large. An empty one takes a line of any length.
    fn is_full(&mut self, batch: usize, line: usize) -> bool {
        let Some(rotation) = self.settings.rotate else {
            return false;
        };
        if self.file.is_none() {
            let _ = self.open();
        }
        let before = self.size.saturating_add(batch as u64);
        before > 0 && before.saturating_add(line as u64) > rotation.size
    }

    fn write(&mut self, batch: &mut Vec<u8>, lines: &mut u64, metrics: &Metrics) {
        if batch.is_empty() {
            return;
        }
        let written = self.ready().and_then(|file| file.write_all(batch));
        match written {
            Ok(()) => {
                self.size += batch.len() as u64;
                self.is_told = false;
            }
            Err(error) => {
                metrics.audit_dropped.inc_by(*lines);
                self.file = None;
                if !std::mem::replace(&mut self.is_told, true) {
                    tracing::error!(path = %self.settings.path.display(), %error, "audit records cannot be written");
                }
            }
        }
        batch.clear();
        *lines = 0;
    }

    /// The file at the path: another one may have been put there, or it may have been moved away.
    fn ready(&mut self) -> io::Result<&mut File> {
        let is_due = self.checked.is_none_or(|checked| checked.elapsed() > CHECK);
        if is_due {
            self.checked = Some(Instant::now());
            let stays =
                std::fs::metadata(&self.settings.path).is_ok_and(|meta| meta.ino() == self.inode);
            if !stays {
                self.file = None;
            }
        }
        if self.file.is_none() {
            self.open()?;
        }
        self.file
            .as_mut()
            .ok_or_else(|| io::ErrorKind::NotFound.into())
    }

    fn open(&mut self) -> io::Result<()> {
        let file = OpenOptions::new()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&self.settings.path)?;
        let meta = file.metadata()?;
        self.size = meta.len();
        self.inode = meta.ino();
        self.file = Some(file);
        Ok(())
    }

    fn rotate(&mut self) {
        let Some(rotation) = self.settings.rotate else {
            return;
        };
        let path = &self.settings.path;
        let moved = if rotation.keep == 0 {
            std::fs::remove_file(path)
        } else {
            for number in (1..rotation.keep).rev() {
                let _ = std::fs::rename(numbered(path, number), numbered(path, number + 1));
            }
            std::fs::rename(path, numbered(path, 1))
        };
        match moved {
            Ok(()) => self.file = None,
            Err(error) => {
                tracing::error!(path = %path.display(), %error, "the audit log cannot be rotated")
            }
        }
        self.size = 0;
    }
}

fn numbered(path: &Path, number: usize) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    PathBuf::from(name)
}
