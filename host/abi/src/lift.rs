//! What a plugin hands back, read out of its memory. Every address and count is held against the
//! memory's length and against what may be handed back, before anything is set aside for it.

use caponier_core::{Edit, FaultKind, Hold, Note, RawFinding, Report, Severity, Skip, Span};

use crate::Guest;
use crate::layout::{PAIR, Record, answer, edit, finding, hold, note, skip};

type Lifted<T> = Result<T, FaultKind>;

/// Bytes that each item of a list counts as: what the standalone host sets aside for it, so that
/// both hosts refuse the same reports.
mod cost {
    pub(super) const FINDING: usize = 128;
    pub(super) const EDIT: usize = 40;
    pub(super) const HOLD: usize = 16;
    pub(super) const SKIP: usize = 32;
    pub(super) const NOTE: usize = 32;
    pub(super) const PAIR: usize = 48;
}

/// `result<report, string>` at this address.
pub(crate) fn answer<G: Guest>(
    guest: &mut G,
    most: usize,
    at: u32,
) -> Lifted<Result<Report, String>> {
    if !at.is_multiple_of(answer::ALIGN) {
        return Err(FaultKind::Output);
    }
    let mut from = Reader { guest, left: most };
    let mut block = [0_u8; answer::SIZE];
    from.guest
        .read(at, &mut block)
        .map_err(|_| FaultKind::Output)?;
    let record = Record(&block);
    if record.flag(0)? {
        return from.string(record, answer::ERROR).map(Err);
    }
    Ok(Ok(Report {
        findings: from.list(record, answer::FINDINGS, Shape::FINDING, one_finding)?,
        edits: from.list(record, answer::EDITS, Shape::EDIT, one_edit)?,
        holds: from.list(record, answer::HOLDS, Shape::HOLD, one_hold)?,
        skipped: from.list(record, answer::SKIPPED, Shape::SKIP, one_skip)?,
        notes: from.list(record, answer::NOTES, Shape::NOTE, one_note)?,
        state: if record.flag(answer::STATE)? {
            Some(from.bytes(record, answer::STATE + 4)?)
        } else {
            None
        },
    }))
}

/// How the items of a list lie in memory, and what each counts as.
#[derive(Clone, Copy)]
struct Shape {
    size: usize,
    align: u32,
    cost: usize,
}

impl Shape {
    const FINDING: Self = Self::new(finding::SIZE, 8, cost::FINDING);
    const EDIT: Self = Self::new(edit::SIZE, 4, cost::EDIT);
    const HOLD: Self = Self::new(hold::SIZE, 4, cost::HOLD);
    const SKIP: Self = Self::new(skip::SIZE, 4, cost::SKIP);
    const NOTE: Self = Self::new(note::SIZE, 4, cost::NOTE);
    const PAIR: Self = Self::new(2 * PAIR, 4, cost::PAIR);

    const fn new(size: usize, align: u32, cost: usize) -> Self {
        Self { size, align, cost }
    }
}

/// A plugin's memory, and how much more may be read from it.
pub(crate) struct Reader<'a, G> {
    pub(crate) guest: &'a mut G,
    pub(crate) left: usize,
}

impl<G: Guest> Reader<'_, G> {
    fn spend(&mut self, bytes: usize) -> Lifted<()> {
        self.left = self.left.checked_sub(bytes).ok_or(FaultKind::Output)?;
        Ok(())
    }

    /// Reads so many bytes, once it is sure that they are there.
    fn block(&mut self, at: u32, len: usize) -> Lifted<Vec<u8>> {
        let end = usize::try_from(at).ok().and_then(|at| at.checked_add(len));
        let memory = usize::try_from(self.guest.memory_len()).unwrap_or(0);
        if end.is_none_or(|end| end > memory) {
            return Err(FaultKind::Output);
        }
        let mut block = vec![0_u8; len];
        if len > 0 {
            self.guest
                .read(at, &mut block)
                .map_err(|_| FaultKind::Output)?;
        }
        Ok(block)
    }

    /// Bytes at an address that is the plugin's word.
    pub(crate) fn bytes_at(&mut self, (at, len): (u32, u32)) -> Lifted<Vec<u8>> {
        let len = usize::try_from(len).map_err(|_| FaultKind::Output)?;
        self.spend(len)?;
        self.block(at, len)
    }

    /// Text at an address that is the plugin's word.
    pub(crate) fn string_at(&mut self, pair: (u32, u32)) -> Lifted<String> {
        String::from_utf8(self.bytes_at(pair)?).map_err(|_| FaultKind::Output)
    }

    fn bytes(&mut self, record: Record<'_>, at: usize) -> Lifted<Vec<u8>> {
        self.bytes_at(record.pair(at)?)
    }

    fn string(&mut self, record: Record<'_>, at: usize) -> Lifted<String> {
        self.string_at(record.pair(at)?)
    }

    fn list<T>(
        &mut self,
        record: Record<'_>,
        at: usize,
        shape: Shape,
        mut one: impl FnMut(&mut Self, Record<'_>) -> Lifted<T>,
    ) -> Lifted<Vec<T>> {
        let (at, count) = record.pair(at)?;
        let count = usize::try_from(count).map_err(|_| FaultKind::Output)?;
        if !at.is_multiple_of(shape.align) {
            return Err(FaultKind::Output);
        }
        self.spend(count.checked_mul(shape.cost).ok_or(FaultKind::Output)?)?;
        let total = count.checked_mul(shape.size).ok_or(FaultKind::Output)?;
        let block = self.block(at, total)?;
        let items = block.chunks_exact(shape.size);
        items.map(|item| one(self, Record(item))).collect()
    }
}

fn one_finding<G: Guest>(from: &mut Reader<'_, G>, record: Record<'_>) -> Lifted<RawFinding> {
    Ok(RawFinding {
        rule: from.string(record, finding::RULE)?,
        severity: match record.u8(finding::SEVERITY)? {
            0 => Severity::Info,
            1 => Severity::Low,
            2 => Severity::Medium,
            3 => Severity::High,
            4 => Severity::Critical,
            _ => return Err(FaultKind::Output),
        },
        confidence: record.f64(finding::CONFIDENCE)?,
        segment: record.u32(finding::SEGMENT)?,
        span: if record.flag(finding::SPAN)? {
            Some(span(record, finding::SPAN + 4)?)
        } else {
            None
        },
        message: from.string(record, finding::MESSAGE)?,
        replacement: if record.flag(finding::REPLACEMENT)? {
            Some(from.string(record, finding::REPLACEMENT + 4)?)
        } else {
            None
        },
        attributes: from.list(record, finding::ATTRIBUTES, Shape::PAIR, |from, record| {
            Ok((from.string(record, 0)?, from.string(record, PAIR)?))
        })?,
    })
}

fn one_edit<G: Guest>(from: &mut Reader<'_, G>, record: Record<'_>) -> Lifted<Edit> {
    Ok(Edit {
        segment: record.u32(edit::SEGMENT)?,
        span: span(record, edit::SPAN)?,
        replacement: from.string(record, edit::REPLACEMENT)?,
    })
}

fn one_hold<G: Guest>(_: &mut Reader<'_, G>, record: Record<'_>) -> Lifted<Hold> {
    Ok(Hold {
        segment: record.u32(hold::SEGMENT)?,
        start: offset(record, hold::START)?,
        wake: if record.flag(hold::WAKE)? {
            Some(record.u32(hold::WAKE + 4)?)
        } else {
            None
        },
    })
}

fn one_skip<G: Guest>(from: &mut Reader<'_, G>, record: Record<'_>) -> Lifted<Skip> {
    Ok(Skip {
        segment: record.u32(skip::SEGMENT)?,
        reason: from.string(record, skip::REASON)?,
    })
}

fn one_note<G: Guest>(from: &mut Reader<'_, G>, record: Record<'_>) -> Lifted<Note> {
    Ok(Note {
        segment: record.u32(note::SEGMENT)?,
        content: from.bytes(record, note::CONTENT)?,
    })
}

fn span(record: Record<'_>, at: usize) -> Lifted<Span> {
    Ok(Span::new(offset(record, at)?, offset(record, at + 4)?))
}

fn offset(record: Record<'_>, at: usize) -> Lifted<usize> {
    usize::try_from(record.u32(at)?).map_err(|_| FaultKind::Output)
}
