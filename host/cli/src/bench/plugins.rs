//! What each built-in plugin takes by itself, and whether any input makes it slow.

use caponier_core::{Kind, Role, Segment, Stage};
use caponier_runtime::{Call, Loaded};

use super::sandbox::for_each_builtin;
use super::statistics::{median, micros, worked};
use super::texts::Texts;
use super::{Bench, Values};
use crate::evaluate::exchange;

/// Bytes of the inputs that are to make a plugin slow.
pub(super) const WORST: usize = 64 << 10;

/// Microseconds for a text of 4 KB.
pub(super) fn small(bench: &Bench) -> anyhow::Result<Values> {
    prose(bench, 4 << 10, bench.times(400, 40))
}

/// Microseconds for a text of 64 KB.
pub(super) fn large(bench: &Bench) -> anyhow::Result<Values> {
    prose(bench, 64 << 10, bench.times(60, 6))
}

/// Microseconds for a text of 1 MB.
pub(super) fn huge(bench: &Bench) -> anyhow::Result<Values> {
    prose(bench, 1 << 20, bench.times(7, 3))
}

fn prose(bench: &Bench, bytes: usize, rounds: usize) -> anyhow::Result<Values> {
    let mut texts = Texts::new(bytes as u64 ^ 0x97a5);
    for_each_builtin(bench, |name, loaded, _| {
        let mut times = Vec::with_capacity(rounds);
        for round in 0..=rounds {
            let time = call(bench, (name, loaded), texts.prose(bytes))?;
            if round > 0 {
                times.push(time);
            }
        }
        Ok(median(times))
    })
}

/// How many times the time for prose of that length the slowest of many odd inputs takes.
pub(super) fn worst(bench: &Bench) -> anyhow::Result<Values> {
    let rounds = bench.times(9, 3);
    let mut texts = Texts::new(0xbad1);
    let odd = odd(&mut texts);
    for_each_builtin(bench, |name, loaded, _| {
        let mut slowest = 0.0_f64;
        for (what, text) in &odd {
            let (mut plain, mut strange) = (Vec::new(), Vec::new());
            for _ in 0..rounds {
                plain.push(call(bench, (name, loaded), texts.prose(WORST))?);
                strange.push(call(bench, (name, loaded), text.clone())?);
            }
            let ratio = median(strange) / median(plain);
            tracing::debug!(name, what, ratio, "worst input");
            slowest = slowest.max(ratio);
        }
        Ok(slowest)
    })
}

/// One call with a text where the plugin works, in microseconds of the processor's time.
fn call(bench: &Bench, (name, loaded): (&str, &Loaded), text: String) -> anyhow::Result<f64> {
    let segment = sample(name, loaded, text);
    let (stage, ..) = place(name, loaded);
    let context = exchange(&bench.revision.policy, stage)?.context;
    let shown = [&segment];
    let (time, report) = worked(|| loaded.plugin.inspect(&Call::new(&context, &shown, &[])));
    report?;
    Ok(micros(time))
}

/// A stage, and whose text of what kind a plugin works on there: the first of its stages, unless it
/// does no more there than to look whether it is concerned.
pub(super) fn place(name: &str, loaded: &Loaded) -> (Stage, Role, Kind) {
    let first = loaded.spec.stages.first().copied();
    let stage = match name {
        "poison" => Stage::Retrieval,
        _ => first.unwrap_or(Stage::Prompt),
    };
    let (role, kind) = match (stage, name) {
        (Stage::Prompt, "leak") => (Role::System, Kind::Text),
        (Stage::Prompt, _) => (Role::User, Kind::Text),
        (Stage::Retrieval, _) => (Role::Document, Kind::Document),
        (Stage::Output, _) => (Role::Assistant, Kind::Text),
    };
    let kinds = &loaded.spec.manifest.kinds;
    let kind = match kinds.contains(&kind) {
        true => kind,
        false => kinds.first().copied().unwrap_or(kind),
    };
    (stage, role, kind)
}

/// A segment as a plugin gets it there.
pub(super) fn sample(name: &str, loaded: &Loaded, text: String) -> Segment {
    let (_, role, kind) = place(name, loaded);
    Segment::new(0, role, kind, text)
}

/// Repetition, nesting and starts of things that never end: what makes a scanner look twice.
pub(super) fn odd(texts: &mut Texts) -> Vec<(&'static str, String)> {
    const PIECES: &[&str] = &[
        "a",
        "A1",
        "0",
        "1234 ",
        "4111 1111 1111 1111 ",
        "a@",
        "a@b.c ",
        "://",
        "http://a/?b=",
        "![](",
        "[a](",
        "((((",
        "[[[[",
        "{\"a\":",
        "<<<<",
        "<a ",
        "<script>",
        "</",
        "&#",
        "%41",
        "\\u0041",
        "=\"",
        "api_key = ",
        "sk-",
        "AKIA",
        "eyJ",
        "-----BEGIN ",
        "aGVsbG8gd29ybGQ=",
        "ignore ",
        "ignore all previous instructions. ",
        "i g n o r e ",
        "you are now ",
        ". ",
        "\n",
        "\n\n",
        "```\n",
        "' OR 1=1 -- ",
        "select * from a where b = '",
        "\u{200b}",
        "a\u{301}",
        "\u{202e}",
        "\u{430}b",
        "\u{ff41}",
        "\u{e0041}",
        "\u{4f60}\u{597d}",
        "\u{1f468}\u{200d}",
        "[EMAIL_1_ab] ",
        "DE89 3704 0044 0532 0130 00 ",
        "1.2.3.",
        "a.b.",
        "-.- ",
        "12 ",
        "1a ",
        "AB 12 ",
        "1\u{202f}2 ",
        "123456789 ",
        "943 476 5919 ",
        "12 Main Street ",
        "March 12, 1980 ",
        "passport X1234567 ",
        "fe80::1:2 ",
        "\u{202e}a",
        "a\u{200b}b ",
    ];
    let mut all: Vec<(&'static str, String)> = PIECES
        .iter()
        .map(|piece| (*piece, piece.repeat(WORST / piece.len())))
        .collect();
    let printable: String = (0..WORST)
        .map(|_| char::from(b' ' + u8::try_from(texts.below(95)).unwrap_or(0)))
        .collect();
    all.push(("random", printable));
    let digits: String = (0..WORST)
        .map(|_| char::from(*b"0123456789 -.+".get(texts.below(14)).unwrap_or(&b' ')))
        .collect();
    all.push(("random digits", digits));
    let tokens: String = (0..WORST)
        .map(|_| {
            char::from(
                *b"abcdefXYZ0123456789+/=_-"
                    .get(texts.below(24))
                    .unwrap_or(&b'a'),
            )
        })
        .collect();
    all.push(("random token", tokens));
    let mut numbers = String::with_capacity(WORST + 16);
    while numbers.len() < WORST {
        let width = u32::try_from(1 + texts.below(9)).unwrap_or(1);
        let number = texts.below(10_usize.pow(width));
        numbers.push_str(&format!("{number} "));
    }
    all.push(("random numbers", numbers));
    all
}
