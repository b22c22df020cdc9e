//! The audit log: one JSON object a line, one line a stage.
//!
//! Records hold declared rule ids, enums, numbers, spans, keyed digests and the names that the
//! operator's own files gave. Neither text nor anything that a plugin is free to word gets here.

mod writer;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{self, SyncSender, TrySendError};
use std::time::Duration;

use caponier_config::{OnFull, Rotation};
use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

pub(crate) use caponier_decide::{CoverageRecord, DigestKey, Digests, FaultLine, Record};

use crate::metrics::Metrics;

/// Records that one exchange writes at most.
const PER_EXCHANGE: u32 = 3;

/// What the writer is told.
enum Message {
    Line(Vec<u8>, Option<OwnedSemaphorePermit>),
    Flush(SyncSender<()>),
}

/// Where and how records are written. Two revisions with equal settings share one sink.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SinkSettings {
    pub(crate) path: PathBuf,
    pub(crate) on_full: OnFull,
    pub(crate) queue: usize,
    pub(crate) rotate: Option<Rotation>,
}

/// A file, and the thread that writes to it.
pub(crate) struct Sink {
    pub(crate) settings: SinkSettings,
    slots: Arc<Semaphore>,
    metrics: Arc<Metrics>,
    /// Started with the first record, so that checking a configuration leaves no file behind.
    writer: Mutex<Option<SyncSender<Message>>>,
}

/// No room for the records of one more exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the audit log cannot keep up")]
pub(crate) struct Full;

impl Sink {
    pub(crate) fn new(settings: SinkSettings, metrics: Arc<Metrics>) -> Self {
        let slots = settings
            .queue
            .clamp(PER_EXCHANGE as usize, Semaphore::MAX_PERMITS);
        Self {
            settings,
            slots: Arc::new(Semaphore::new(slots)),
            metrics,
            writer: Mutex::new(None),
        }
    }

    /// Room for the records of one exchange, where the settings demand that none is lost.
    pub(crate) fn reserve(&self) -> Result<Option<OwnedSemaphorePermit>, Full> {
        match self.settings.on_full {
            OnFull::Drop => Ok(None),
            OnFull::Deny => self.take(PER_EXCHANGE).map(Some),
        }
    }

    fn take(&self, slots: u32) -> Result<OwnedSemaphorePermit, Full> {
        let taken = Arc::clone(&self.slots).try_acquire_many_owned(slots);
        taken.map_err(|_| {
            self.metrics.audit_dropped.inc();
            Full
        })
    }

    /// Queues a record. Never waits.
    fn write(&self, line: Vec<u8>, reserved: Option<&mut OwnedSemaphorePermit>) {
        let slot = match reserved.and_then(|permit| permit.split(1)) {
            Some(slot) => Ok(slot),
            None => Arc::clone(&self.slots).try_acquire_owned(),
        };
        let queued = slot.is_ok_and(|slot| self.send(Message::Line(line, Some(slot))));
        if queued {
            self.metrics.audit_records.inc();
        } else {
            self.metrics.audit_dropped.inc();
        }
    }

    fn send(&self, message: Message) -> bool {
        let mut writer = self.writer.lock();
        if writer.is_none() {
            // Slots bound the lines; a little more room lets a flush through.
            let (sender, receiver) = mpsc::sync_channel(self.settings.queue.saturating_add(16));
            let (settings, metrics) = (self.settings.clone(), Arc::clone(&self.metrics));
            let started = std::thread::Builder::new()
                .name("caponier-audit".to_owned())
                .spawn(move || writer::run(&settings, &receiver, &metrics));
            if let Err(error) = started {
                tracing::error!(%error, "the audit writer cannot start");
                return false;
            }
            *writer = Some(sender);
        }
        match writer.as_ref().map(|sender| sender.try_send(message)) {
            Some(Ok(())) => true,
            Some(Err(TrySendError::Disconnected(_))) => {
                *writer = None;
                false
            }
            Some(Err(TrySendError::Full(_))) | None => false,
        }
    }

    /// Waits until everything that was queued is on disk, or `patience` is over.
    pub(crate) fn flush(&self, patience: Duration) {
        if self.writer.lock().is_none() {
            return;
        }
        let (done, wait) = mpsc::sync_channel(1);
        if self.send(Message::Flush(done)) {
            let _ = wait.recv_timeout(patience);
        }
    }
}

/// One exchange's way to the log.
pub(crate) struct Trail {
    sink: Option<Arc<Sink>>,
    reserved: Option<OwnedSemaphorePermit>,
}

impl Trail {
    /// Makes room where that is demanded.
    pub(crate) fn begin(sink: Option<&Arc<Sink>>) -> Result<Self, Full> {
        let reserved = match sink {
            Some(sink) => sink.reserve()?,
            None => None,
        };
        Ok(Self {
            sink: sink.cloned(),
            reserved,
        })
    }

    /// Makes room for a record of an exchange that writes many, where that is demanded.
    pub(crate) fn renew(&mut self) -> Result<(), Full> {
        let (Some(sink), Some(reserved)) = (&self.sink, &mut self.reserved) else {
            return Ok(());
        };
        if reserved.num_permits() == 0 {
            reserved.merge(sink.take(1)?);
        }
        Ok(())
    }

    /// Whether records go anywhere: digests are not made for nothing.
    pub(crate) fn is_on(&self) -> bool {
        self.sink.is_some()
    }

    /// Writes a record.
    pub(crate) fn write(&mut self, record: &Record<'_>) {
        let Some(sink) = &self.sink else { return };
        let mut line = Vec::with_capacity(512);
        if serde_json::to_writer(&mut line, record).is_ok() {
            line.push(b'\n');
            sink.write(line, self.reserved.as_mut());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sink(
        path: &std::path::Path,
        on_full: OnFull,
        queue: usize,
        rotate: Option<Rotation>,
    ) -> Sink {
        let settings = SinkSettings {
            path: path.to_owned(),
            on_full,
            queue,
            rotate,
        };
        Sink::new(settings, Arc::new(Metrics::new()))
    }

    #[test]
    fn lines_arrive_in_order_and_files_rotate() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let log = sink(
            &path,
            OnFull::Drop,
            1000,
            Some(Rotation { size: 33, keep: 2 }),
        );
        for number in 0..9 {
            log.write(format!("{{\"line\":{number}}}\n").into_bytes(), None);
            log.flush(Duration::from_secs(5));
        }
        let read =
            |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap_or_default();
        assert_eq!(
            read("audit.jsonl"),
            "{\"line\":6}\n{\"line\":7}\n{\"line\":8}\n"
        );
        assert_eq!(
            read("audit.jsonl.1"),
            "{\"line\":3}\n{\"line\":4}\n{\"line\":5}\n"
        );
        assert_eq!(
            read("audit.jsonl.2"),
            "{\"line\":0}\n{\"line\":1}\n{\"line\":2}\n"
        );
        assert!(!folder.path().join("audit.jsonl.3").exists());
    }

    #[test]
    fn a_file_that_was_renamed_away_is_begun_anew() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("audit.jsonl");
        let log = sink(&path, OnFull::Drop, 10, None);
        log.write(b"1\n".to_vec(), None);
        log.flush(Duration::from_secs(5));
        std::fs::rename(&path, folder.path().join("old")).unwrap();
        log.write(b"2\n".to_vec(), None);
        log.flush(Duration::from_secs(5));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "2\n");
        assert_eq!(
            std::fs::read_to_string(folder.path().join("old")).unwrap(),
            "1\n"
        );
    }

    #[test]
    fn what_must_not_be_lost_is_refused_beforehand() {
        let folder = tempfile::tempdir().unwrap();
        let log = Arc::new(sink(&folder.path().join("a"), OnFull::Deny, 7, None));
        let first = Trail::begin(Some(&log)).unwrap();
        let _second = Trail::begin(Some(&log)).unwrap();
        assert!(Trail::begin(Some(&log)).is_err());
        drop(first);
        assert!(Trail::begin(Some(&log)).is_ok());
    }

    #[test]
    fn a_stream_makes_room_for_each_of_its_messages() {
        let folder = tempfile::tempdir().unwrap();
        let log = Arc::new(sink(&folder.path().join("a"), OnFull::Deny, 4, None));
        let mut stream = Trail::begin(Some(&log)).unwrap();
        let mut written = Vec::new();
        for _ in 0..4 {
            stream.renew().unwrap();
            written.push(stream.reserved.as_mut().unwrap().split(1).unwrap());
        }
        assert_eq!(stream.renew(), Err(Full));
        // What is written out makes room.
        written.pop();
        assert_eq!(stream.renew(), Ok(()));
        // Where records may be lost, nothing is asked.
        let log = Arc::new(sink(&folder.path().join("b"), OnFull::Drop, 1, None));
        assert_eq!(Trail::begin(Some(&log)).unwrap().renew(), Ok(()));
    }

    #[test]
    fn a_log_that_cannot_be_written_costs_no_request() {
        let log = sink(std::path::Path::new("/dev/full"), OnFull::Drop, 4, None);
        for _ in 0..100 {
            log.write(b"line\n".to_vec(), None);
        }
        log.flush(Duration::from_secs(5));
        assert!(log.metrics.audit_dropped.get() > 0);
    }
}
