//! Putting values back, where that cannot carry them away.

use std::collections::BTreeMap;

use caponier_sdk::scan::blocks::Places;
use caponier_sdk::scan::bytes::{find, run_end};
use caponier_sdk::{Kind, Report, Segment};
use serde::{Deserialize, Serialize};

use crate::entity::Entity;
use crate::markup::{Markup, whole_runs};
use crate::settings::Restore;
use crate::tokens::{MAX_BYTES, Reading, Table, Token};

/// How far to look for the beginning of a URL. What is longer counts as one.
const REACH: usize = 2048;

/// The most segments whose markup is remembered.
const MAX_SEGMENTS: usize = 512;

/// How far apart the places are at which the markup is remembered: less than a stream shows again.
const STEP: usize = 2048;

/// What is known of the markup of each segment of a stream, at a few places in it. The host says
/// only with the next window how much of this one it has released, so there are several.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Progress {
    segments: BTreeMap<u32, Vec<(u64, Markup)>>,
}

/// Puts back the values of all tokens in a segment of the answer. Answers where the text must be
/// held from.
pub(crate) fn restore(
    segment: &Segment,
    table: &Table,
    key: u64,
    settings: &Restore,
    progress: &mut Progress,
    report: &mut Report<'_>,
) -> Option<usize> {
    let text = segment.text();
    let bytes = text.as_bytes();
    let mut walk = Walk::begin(segment, progress);
    let allowed = segment.kind() != Kind::ToolCall
        || segment
            .name()
            .is_some_and(|tool| settings.tools.iter().any(|allowed| allowed == tool));
    let mut hold = None;
    let mut next = walk.fed;
    while let Some(start) = find(bytes, next, |byte| byte == b'[') {
        next = start + 1;
        if bytes
            .get(next)
            .is_some_and(|first| !first.is_ascii_uppercase())
        {
            continue;
        }
        match Token::read(text, start, key) {
            Reading::None => {}
            Reading::Unfinished if segment.is_open() => {
                hold = Some(start);
                break;
            }
            Reading::Unfinished => {}
            // Two characters after it tell whether it becomes part of a host name.
            Reading::Token(_, end)
                if segment.is_open()
                    && text
                        .get(end..)
                        .is_some_and(|rest| rest.chars().nth(1).is_none()) =>
            {
                hold = Some(start);
                break;
            }
            Reading::Token(token, end) => {
                let Some(value) = table.value(&token) else {
                    continue;
                };
                walk.advance(bytes, start);
                let markup = &walk.markup;
                let in_url = !settings.urls
                    && (markup.in_link() || in_url(text, start, end, segment.offset() > 0));
                let in_code = !settings.code && markup.in_code();
                if allowed && !in_url && !in_code {
                    report.edit(segment, start..end, value);
                }
            }
        }
    }
    if segment.is_open() {
        let upto = hold.unwrap_or(text.len());
        let upto = whole_runs(bytes.get(..upto).unwrap_or_default());
        walk.advance(bytes, upto.max(walk.fed));
        walk.remember(segment, progress);
    } else {
        progress.segments.remove(&segment.id());
    }
    hold
}

/// The markup machine on its way through a window.
struct Walk {
    offset: u64,
    /// The place that it has come to.
    fed: usize,
    markup: Markup,
    places: Vec<(u64, Markup)>,
}

impl Walk {
    /// Goes on from the last known place that has been released.
    fn begin(segment: &Segment, progress: &Progress) -> Self {
        let offset = segment.offset();
        let released = offset + segment.settled() as u64;
        let places = progress
            .segments
            .get(&segment.id())
            .map(Vec::as_slice)
            .unwrap_or_default();
        let known = places
            .iter()
            .rev()
            .find(|(place, _)| (offset..=released).contains(place))
            .copied();
        let (place, markup) = match known {
            Some(known) => known,
            None if offset == 0 => (0, Markup::default()),
            None => (released, Markup::unknown()),
        };
        let fed = usize::try_from(place - offset).unwrap_or(usize::MAX);
        Self {
            offset,
            fed,
            markup,
            places: vec![(place, markup)],
        }
    }

    fn advance(&mut self, bytes: &[u8], to: usize) {
        while self.fed < to {
            let end = run_end_after(bytes, (self.fed + STEP).min(to)).min(to);
            self.markup
                .feed(bytes.get(self.fed..end).unwrap_or_default());
            self.fed = end;
            if to > end {
                self.places.push((self.offset + end as u64, self.markup));
            }
        }
    }

    fn remember(mut self, segment: &Segment, progress: &mut Progress) {
        self.places
            .push((self.offset + self.fed as u64, self.markup));
        if progress.segments.len() < MAX_SEGMENTS || progress.segments.contains_key(&segment.id()) {
            progress.segments.insert(segment.id(), self.places);
        }
    }
}

/// The first place at or after `place` that cuts no run of backticks or tildes.
fn run_end_after(bytes: &[u8], place: usize) -> usize {
    match place.checked_sub(1).and_then(|last| bytes.get(last)) {
        Some(last @ (b'`' | b'~')) => run_end(bytes, place, |byte| byte == *last),
        _ => place,
    }
}

/// Whether a token is part of a URL, or would become part of one.
fn in_url(text: &str, start: usize, end: usize, cut: bool) -> bool {
    follows_url(text, start, cut) || leads_url(text, end)
}

fn follows_url(text: &str, start: usize, cut: bool) -> bool {
    let head = text.get(..start).unwrap_or_default();
    if head.ends_with(|last: char| {
        last.is_ascii_alphanumeric()
            || matches!(last, '.' | '@' | '/' | '%' | '\\' | '#' | '&' | '?')
    }) {
        return true;
    }
    let mut run = start;
    for (place, character) in head.char_indices().rev() {
        if character.is_whitespace() || matches!(character, '"' | '<' | '>') {
            break;
        }
        if start - place > REACH {
            return true;
        }
        run = place;
    }
    if run == 0 && cut {
        return true;
    }
    let run = head.get(run..).unwrap_or_default().to_ascii_lowercase();
    let marks = [
        "://",
        "//",
        "www.",
        "%2f",
        "%3a",
        ":\\",
        "mailto:",
        "tel:",
        "sms:",
        "data:",
        "javascript:",
        "\\u002f",
        "&#",
    ];
    marks.iter().any(|mark| run.contains(mark)) || has_query(&run) || has_host_and_path(&run)
}

fn has_query(run: &str) -> bool {
    run.contains('=') && (run.contains('?') || run.contains('&'))
}

/// `example.org/…`, without a scheme.
fn has_host_and_path(run: &str) -> bool {
    run.find(['/', '?', '#', ':']).is_some_and(|end| {
        run.get(..end).is_some_and(|host| {
            host.trim_start_matches(['(', '[', '\'', '*', '_'])
                .contains('.')
        })
    })
}

fn leads_url(text: &str, end: usize) -> bool {
    let mut rest = text.get(end..).unwrap_or_default().chars();
    match (rest.next(), rest.next()) {
        (Some('@' | '/' | '%' | '\\' | '&' | '='), _) => true,
        (Some('.' | '-' | '_' | ':' | '?' | '#'), Some(next)) => {
            next.is_ascii_alphanumeric() || next == '/'
        }
        (Some(next), _) => next.is_ascii_alphanumeric(),
        (None, _) => false,
    }
}

/// Brackets: a token begins with one.
const fn brackets(text: &str) -> Places<'_, 1> {
    Places::new(text.as_bytes(), [b'['..=b'['])
}

/// Marks every token of this exchange that stands in a text which is not the model's. Answers
/// where they are.
pub(crate) fn forged(text: &str, key: u64) -> Vec<(Token, usize, usize)> {
    let mut found = Vec::new();
    let mut from = 0;
    let mut places = brackets(text);
    while let Some(start) = places.next(from) {
        from = start + 1;
        if let Reading::Token(token, end) = Token::read(text, start, key) {
            found.push((token, start, end));
            from = end;
        }
    }
    found
}

/// Whether a token of any exchange may stand in a text.
pub(crate) fn may_hold_token(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut from = 0;
    let mut places = brackets(text);
    while let Some(start) = places.next(from) {
        from = run_end(bytes, start + 1, |byte| byte.is_ascii_uppercase());
        let label = text.get(start + 1..from);
        if bytes.get(from) == Some(&b'_') && label.and_then(Entity::from_label).is_some() {
            return true;
        }
    }
    false
}

/// How much released text a stream must show, so that the beginning of a URL is seen.
pub(crate) const WINDOW: usize = REACH + 2 * MAX_BYTES;
