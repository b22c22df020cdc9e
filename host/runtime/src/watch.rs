//! Notices that files have changed.
//!
//! What is watched are directories, since editors and Kubernetes replace files rather than write
//! into them: the directory of every file, every directory that a symbolic link on the way lies
//! in, and directories of rules and data with all below them. Events say only that something
//! happened; whether a revision results is for the digest to tell. A slow poll catches what a file
//! system does not announce.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use arc_swap::ArcSwap;
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use notify::{RecursiveMode, Watcher as _};

use crate::{Problem, Runtime, Source};

/// Events that come within this time of each other are one change.
const COALESCE: Duration = Duration::from_millis(30);
/// However long events keep coming, a change waits no longer than this.
const AT_MOST: Duration = Duration::from_millis(300);
/// A file may have been read while it was being written: it is tried again after this time.
const RETRY: Duration = Duration::from_millis(100);
/// What the file system does not announce is noticed after this time.
const POLL: Duration = Duration::from_secs(5);

/// Watches as long as it lives.
#[derive(Debug)]
pub struct Watching {
    _stop: Sender<()>,
}

impl<S: Send + Sync + 'static> Runtime<S> {
    /// Starts to watch the files of the running revision.
    ///
    /// # Errors
    /// Where the system gives no watcher or no thread.
    pub fn watch(&self) -> Result<Watching, Problem> {
        let Source::File(config) = self.source().clone() else {
            let (stop, _) = bounded(0);
            return Ok(Watching { _stop: stop });
        };
        let failed = |error: &dyn std::fmt::Display| {
            Problem::new(
                config.display().to_string(),
                "",
                format!("cannot watch: {error}"),
            )
        };
        let (changed, changes) = bounded::<()>(1);
        let written = Arc::new(ArcSwap::from_pointee(Vec::new()));
        let watcher = notify::recommended_watcher({
            let written = Arc::clone(&written);
            move |event: notify::Result<notify::Event>| {
                let relevant = event.map_or(true, |event| {
                    !matches!(event.kind, notify::EventKind::Access(_))
                        && !is_own(&event.paths, &written.load())
                });
                if relevant {
                    // A full channel already says that something has changed.
                    let _ = changed.try_send(());
                }
            }
        })
        .map_err(|error| failed(&error))?;
        let (stop, stopped) = bounded(0);
        let mut watch = Watch {
            runtime: self.clone(),
            config,
            watcher,
            watched: BTreeSet::new(),
            written,
        };
        watch.follow();
        std::thread::Builder::new()
            .name("caponier-watch".to_owned())
            .spawn(move || watch.run(&changes, &stopped))
            .map_err(|error| Problem::new("", "", format!("no thread to watch files: {error}")))?;
        Ok(Watching { _stop: stop })
    }
}

struct Watch<S> {
    runtime: Runtime<S>,
    config: PathBuf,
    watcher: notify::RecommendedWatcher,
    watched: BTreeSet<(PathBuf, bool)>,
    /// Names of files that this program writes itself.
    written: Arc<ArcSwap<Vec<String>>>,
}

impl<S: Send + Sync + 'static> Watch<S> {
    fn run(mut self, changes: &Receiver<()>, stopped: &Receiver<()>) {
        loop {
            crossbeam_channel::select! {
                recv(stopped) -> _ => return,
                recv(changes) -> _ => {
                    let latest = Instant::now() + AT_MOST;
                    while Instant::now() < latest {
                        match changes.recv_timeout(COALESCE) {
                            Ok(()) => {}
                            Err(RecvTimeoutError::Timeout) => break,
                            Err(RecvTimeoutError::Disconnected) => return,
                        }
                    }
                }
                default(POLL) => {}
            }
            self.reload();
        }
    }

    fn reload(&mut self) {
        // What was refused is refused again at every poll; it is said once.
        let known = self
            .runtime
            .status()
            .last_refusal
            .map(|(_, problems)| problems);
        let mut result = self.runtime.try_reload();
        if result
            .as_ref()
            .is_err_and(|problems| Some(problems) != known.as_ref())
        {
            std::thread::sleep(RETRY);
            result = self.runtime.try_reload();
        }
        match result {
            Ok(true) => self.follow(),
            Ok(false) => self.runtime.settle(),
            Err(problems) if Some(&problems) == known.as_ref() => {}
            Err(problems) => {
                self.runtime.refuse(problems);
                self.follow();
            }
        }
    }

    /// Watches what the running revision was built from.
    fn follow(&mut self) {
        let base = self.config.parent().unwrap_or(Path::new("")).to_owned();
        let mut wanted = BTreeSet::new();
        directories(&self.config, &mut wanted);
        let mut written = Vec::new();
        for used in self.runtime.current().config.paths() {
            let path = base.join(&used.path);
            if used.purpose.is_watched() {
                directories(&path, &mut wanted);
            } else if let Some(name) = path.file_name() {
                written.push(name.to_string_lossy().into_owned());
            }
        }
        self.written.store(Arc::new(written));
        let gone: Vec<_> = self.watched.difference(&wanted).cloned().collect();
        for entry in gone {
            let _ = self.watcher.unwatch(&entry.0);
            self.watched.remove(&entry);
        }
        for (path, below) in wanted {
            // A directory that was swapped for another of the same name needs a new watch, so
            // every one is set anew; the system takes that for what it is.
            let mode = if below {
                RecursiveMode::Recursive
            } else {
                RecursiveMode::NonRecursive
            };
            match self.watcher.watch(&path, mode) {
                Ok(()) => {
                    self.watched.insert((path, below));
                }
                Err(error) => {
                    tracing::warn!(path = %path.display(), %error, "cannot watch; polling instead")
                }
            }
        }
    }
}

/// Whether an event is about nothing but files that this program writes: an audit log beside the
/// configuration changes with every request, and its rotated files begin with its name.
fn is_own(paths: &[PathBuf], written: &[String]) -> bool {
    !paths.is_empty()
        && paths.iter().all(|path| {
            path.file_name().is_some_and(|name| {
                let name = name.to_string_lossy();
                written.iter().any(|own| name.starts_with(own.as_str()))
            })
        })
}

/// The directories that must be watched for `path`: its own, those of every link on the way, and
/// itself with all below if it is one.
fn directories(path: &Path, wanted: &mut BTreeSet<(PathBuf, bool)>) {
    let parent = |path: &Path| match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    };
    let mut todo = vec![path.to_owned()];
    let mut seen = BTreeSet::new();
    while let Some(path) = todo.pop() {
        if !seen.insert(path.clone()) || seen.len() > 64 {
            continue;
        }
        wanted.insert((parent(&path), false));
        for ancestor in path.ancestors() {
            if let Ok(target) = std::fs::read_link(ancestor) {
                wanted.insert((parent(ancestor), false));
                let rest = path.strip_prefix(ancestor).unwrap_or(Path::new(""));
                todo.push(parent(ancestor).join(target).join(rest));
            }
        }
    }
    if path.is_dir() {
        wanted.insert((
            path.canonicalize().unwrap_or_else(|_| path.to_owned()),
            true,
        ));
    }
    wanted.retain(|(path, _)| path.is_dir());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_directory_in_which_a_change_can_happen_is_watched() {
        let root = tempfile::tempdir().unwrap();
        let root = root.path().canonicalize().unwrap();
        let make = |name: &str| std::fs::create_dir_all(root.join(name)).unwrap();
        make("etc");
        make("etc/..2026_1/rules");
        std::fs::write(root.join("etc/..2026_1/caponier.yaml"), "version: 1").unwrap();
        std::os::unix::fs::symlink("..2026_1", root.join("etc/..data")).unwrap();
        std::os::unix::fs::symlink("..data/caponier.yaml", root.join("etc/caponier.yaml")).unwrap();
        std::os::unix::fs::symlink("..data/rules", root.join("etc/rules")).unwrap();
        let mut wanted = BTreeSet::new();
        directories(&root.join("etc/caponier.yaml"), &mut wanted);
        directories(&root.join("etc/rules"), &mut wanted);
        assert!(
            wanted.contains(&(root.join("etc"), false)),
            "the links themselves: {wanted:?}"
        );
        assert!(
            wanted.contains(&(root.join("etc/..2026_1"), false)),
            "where they lead: {wanted:?}"
        );
        assert!(
            wanted.contains(&(root.join("etc/..2026_1/rules"), true)),
            "rules with all below: {wanted:?}"
        );
    }
}
