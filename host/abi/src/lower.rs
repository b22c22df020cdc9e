//! What a plugin is shown, written into its memory: room is asked for in the order that the
//! component runtime has, the outer value first, but never for what has no bytes.

use caponier_core::{FaultKind, Kind, Role, Segment, Stage};

use crate::layout::{Bytes, PAIR, arguments, segment};
use crate::{Call, Guest};

type Lowered<T> = Result<T, FaultKind>;

/// The arguments of `inspect`; gives their address.
pub(crate) fn arguments<G: Guest>(guest: &mut G, call: &Call<'_>) -> Lowered<u32> {
    let context = call.context;
    let at = room(guest, arguments::ALIGN, arguments::SIZE)?;
    let mut block = [0_u8; arguments::SIZE];
    let mut out = Bytes(&mut block);
    out.put_pair(arguments::EXCHANGE, string(guest, &context.exchange)?);
    out.put_u8(arguments::STAGE, stage(context.stage));
    out.put_option(arguments::TENANT, option(guest, context.tenant.as_deref())?);
    if let Some(principal) = &context.principal {
        out.put_u8(arguments::PRINCIPAL, 1);
        out.put_pair(arguments::PRINCIPAL_ID, string(guest, &principal.id)?);
        let roles = list(guest, 4, PAIR, &principal.roles, |guest, out, role| {
            out.put_pair(0, string(guest, role)?);
            Ok(())
        })?;
        out.put_pair(arguments::PRINCIPAL_ROLES, roles);
    }
    out.put_pair(arguments::ROUTE, string(guest, &context.route)?);
    out.put_option(arguments::MODEL, option(guest, context.model.as_deref())?);
    out.put_u64(arguments::TIME, context.time);
    out.put_u64(arguments::SEED, context.seed);
    out.put_pair(arguments::ATTRIBUTES, pairs(guest, &context.attributes)?);
    let notes = call.notes.iter().copied().chain(std::iter::repeat(&[][..]));
    let shown: Vec<(&Segment, &[u8])> = call.segments.iter().copied().zip(notes).collect();
    let shown = list(guest, segment::ALIGN, segment::SIZE, &shown, one_segment)?;
    out.put_pair(arguments::SEGMENTS, shown);
    out.put_pair(arguments::STATE, bytes(guest, call.state)?);
    guest.write(at, &block)?;
    Ok(at)
}

fn one_segment<G: Guest>(
    guest: &mut G,
    out: &mut Bytes<'_>,
    (shown, note): &(&Segment, &[u8]),
) -> Lowered<()> {
    out.put_u32(segment::ID, shown.id);
    out.put_u8(segment::ROLE, role(shown.role));
    out.put_u8(segment::KIND, kind(shown.kind));
    out.put_option(segment::NAME, option(guest, shown.name.as_deref())?);
    out.put_pair(segment::TEXT, string(guest, &shown.text)?);
    out.put_u64(segment::OFFSET, shown.offset);
    out.put_u32(
        segment::SETTLED,
        u32::try_from(shown.settled).unwrap_or(u32::MAX),
    );
    out.put_u8(segment::OPEN, shown.open.into());
    out.put_pair(segment::ATTRIBUTES, pairs(guest, &shown.attributes)?);
    out.put_pair(segment::NOTE, bytes(guest, note)?);
    Ok(())
}

/// Room inside the plugin's memory, aligned: an answer that is neither is a fault. For nothing nobody
/// is asked: what has no bytes may lie anywhere.
pub(crate) fn room<G: Guest>(guest: &mut G, align: u32, size: usize) -> Lowered<u32> {
    if size == 0 {
        return Ok(align);
    }
    let size = u32::try_from(size).map_err(|_| FaultKind::Memory)?;
    let at = guest.alloc(align, size)?;
    let inside = at
        .checked_add(size)
        .is_some_and(|end| end <= guest.memory_len());
    if inside && at.is_multiple_of(align) {
        Ok(at)
    } else {
        Err(FaultKind::Output)
    }
}

fn bytes<G: Guest>(guest: &mut G, bytes: &[u8]) -> Lowered<(u32, u32)> {
    let at = room(guest, 1, bytes.len())?;
    if !bytes.is_empty() {
        guest.write(at, bytes)?;
    }
    let len = u32::try_from(bytes.len()).map_err(|_| FaultKind::Memory)?;
    Ok((at, len))
}

pub(crate) fn string<G: Guest>(guest: &mut G, text: &str) -> Lowered<(u32, u32)> {
    bytes(guest, text.as_bytes())
}

fn option<G: Guest>(guest: &mut G, text: Option<&str>) -> Lowered<Option<(u32, u32)>> {
    text.map(|text| string(guest, text)).transpose()
}

fn pairs<G: Guest>(guest: &mut G, attributes: &[(String, String)]) -> Lowered<(u32, u32)> {
    list(
        guest,
        4,
        2 * PAIR,
        attributes,
        |guest, out, (name, value)| {
            out.put_pair(0, string(guest, name)?);
            out.put_pair(PAIR, string(guest, value)?);
            Ok(())
        },
    )
}

/// A list of records: room for all of them, then whatever each needs beside itself.
fn list<G: Guest, T>(
    guest: &mut G,
    align: u32,
    size: usize,
    items: &[T],
    mut one: impl FnMut(&mut G, &mut Bytes<'_>, &T) -> Lowered<()>,
) -> Lowered<(u32, u32)> {
    let total = size.checked_mul(items.len()).ok_or(FaultKind::Memory)?;
    let at = room(guest, align, total)?;
    let mut block = vec![0_u8; total];
    for (item, place) in items.iter().zip(block.chunks_exact_mut(size)) {
        one(guest, &mut Bytes(place), item)?;
    }
    if !block.is_empty() {
        guest.write(at, &block)?;
    }
    let count = u32::try_from(items.len()).map_err(|_| FaultKind::Memory)?;
    Ok((at, count))
}

fn stage(stage: Stage) -> u8 {
    match stage {
        Stage::Prompt => 0,
        Stage::Retrieval => 1,
        Stage::Output => 2,
    }
}

fn role(role: Role) -> u8 {
    match role {
        Role::System => 0,
        Role::Developer => 1,
        Role::User => 2,
        Role::Assistant => 3,
        Role::Tool => 4,
        Role::Document => 5,
        Role::Other => 6,
    }
}

fn kind(kind: Kind) -> u8 {
    match kind {
        Kind::Text => 0,
        Kind::Query => 1,
        Kind::ToolCall => 2,
        Kind::ToolResult => 3,
        Kind::ToolDescription => 4,
        Kind::Document => 5,
        Kind::Reasoning => 6,
        Kind::Refusal => 7,
        Kind::Citation => 8,
        Kind::Structured => 9,
        Kind::Other => 10,
    }
}
