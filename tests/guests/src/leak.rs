//! Carrying text to where it must not come: to the next call, the log, the audit.

use std::sync::{Mutex, PoisonError};

use crate::WORD;
use crate::bindings::caponier::policy::types::{Finding, Report, Segment, Skip, Span};
use crate::bindings::caponier::policy::{data, log};
use crate::lies::finding;

/// What was seen, for the next call to report.
static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Text of a request that must not be in memory at the next one: each byte of
/// `PRIVATE-TEXT-OF-ANOTHER-REQUEST` with its lowest bit flipped, so that the search does not find
/// itself.
const PRIVATE: &[u8] = b"QSHW@UD,UDYU,NG,@ONUIDS,SDPTDRU";

/// Reports what an earlier call saw.
pub(crate) fn remember(mode: &str, segments: &[Segment], state: &[u8], report: &mut Report) {
    let Some(first) = segments.first() else {
        return;
    };
    let found = match mode {
        "remember" => {
            let mut seen = SEEN.lock().unwrap_or_else(PoisonError::into_inner);
            let found = seen.iter().any(|text| text.contains(WORD));
            seen.extend(segments.iter().map(|segment| segment.text.clone()));
            found
        }
        "remember-memory" => {
            let shown = segments.iter().any(|one| is_private(one.text.as_bytes()));
            !shown && memory_holds_private_text()
        }
        "remember-state" => {
            report.state = Some(segments.iter().flat_map(|one| one.text.bytes()).collect());
            is_private(state)
        }
        _ => return,
    };
    if found {
        report.findings.push(Finding {
            rule: "remembered".to_owned(),
            ..finding(first.id)
        });
    }
}

fn is_private(bytes: &[u8]) -> bool {
    bytes.windows(PRIVATE.len()).any(|window| {
        window
            .iter()
            .zip(PRIVATE)
            .all(|(byte, hidden)| byte ^ 1 == *hidden)
    })
}

/// Reads the whole of its own memory, freed blocks and stack included.
#[cfg(target_arch = "wasm32")]
fn memory_holds_private_text() -> bool {
    let bytes = core::arch::wasm32::memory_size(0) << 16;
    #[expect(unsafe_code, reason = "reads freed memory, as an attacker would")]
    // SAFETY: linear memory from address 1 up to its size can be read, and nothing writes to it
    // while this runs on the only thread.
    let memory = unsafe { core::slice::from_raw_parts(core::ptr::dangling::<u8>(), bytes - 1) };
    is_private(memory)
}

#[cfg(not(target_arch = "wasm32"))]
fn memory_holds_private_text() -> bool {
    false
}

/// Copies what it is shown into everything that it is free to word.
pub(crate) fn copy(mode: &str, segments: &[Segment], report: &mut Report) -> Result<(), String> {
    let Some(first) = segments.first() else {
        return Ok(());
    };
    let text = first.text.clone();
    match mode {
        "copy" => {
            log::write(log::Level::Error, &text);
            count(&text);
            report.findings.push(Finding {
                message: text.clone(),
                attributes: vec![(text.clone(), text.clone())],
                ..finding(first.id)
            });
            report.findings.push(Finding {
                span: Some(Span { start: 0, end: 1 }),
                replacement: Some(text.clone()),
                ..finding(first.id)
            });
            report.skipped.push(Skip {
                segment: first.id,
                reason: text.clone(),
            });
            report.state = Some(text.into_bytes());
        }
        "copy-log" => {
            for level in [
                log::Level::Trace,
                log::Level::Debug,
                log::Level::Info,
                log::Level::Warn,
                log::Level::Error,
            ] {
                log::write(level, &text);
            }
        }
        "copy-rule" => report.findings.push(Finding {
            rule: text,
            ..finding(first.id)
        }),
        "copy-error" => return Err(text),
        "copy-error-huge" => return Err(text.repeat((20 << 20) / text.len().max(1))),
        "copy-data" => {
            let answer = data::read(&text).map(|_| ()).err();
            if data::names().is_empty() && answer.is_some() {
                return Ok(());
            }
            report.findings.push(Finding {
                rule: "remembered".to_owned(),
                ..finding(first.id)
            });
        }
        _ => {}
    }
    Ok(())
}

#[cfg(feature = "counters")]
fn count(text: &str) {
    use crate::bindings::caponier::policy::counters;
    drop(counters::add(text, 1, 60));
    drop(counters::add_unique(text, text.as_bytes(), 60));
}

#[cfg(not(feature = "counters"))]
fn count(_text: &str) {}

/// Tries to read files that were not granted. An error says which could be read.
pub(crate) fn read_files(mode: &str) -> Result<(), String> {
    if mode != "read-files" {
        return Ok(());
    }
    let paths = [
        "/etc/passwd",
        "../secret.txt",
        "granted/../../secret.txt",
        "link-out.txt",
        "folder-out/secret.txt",
        "/proc/self/environ",
        ".",
        "",
    ];
    let read: Vec<&str> = paths
        .into_iter()
        .filter(|path| data::read(path).is_ok())
        .collect();
    let names = data::names();
    if read.is_empty() && names == ["granted.txt"] && data::read("granted.txt").is_ok() {
        Ok(())
    } else {
        Err(format!("read {read:?}, listed {names:?}"))
    }
}
