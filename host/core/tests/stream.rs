//! A stream, split anywhere, releases exactly what the whole text would have become.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test's helpers fail the test"
)]

use std::sync::Arc;

use caponier_core::{
    Chain, Edit, Hold, Kind, Manifest, Mode, OnError, PluginSpec, Plugins, RawFinding, Report,
    ReportLimits, Role, Rule, Scope, Segment, SegmentEdit, Severity, Span, Stage, Stream,
    StreamLimits, plan,
};

const SECRET: &str = "s3cr\u{e9}t";
const TOKEN: &str = "[T]";

fn spec() -> Arc<PluginSpec> {
    let rule = Rule {
        id: "word".into(),
        name: "test/word".into(),
        title: String::new(),
        severity: Severity::High,
        category: None,
        window: Some(SECRET.len() as u32),
    };
    Arc::new(PluginSpec {
        manifest: Arc::new(Manifest {
            name: "test".into(),
            version: "1.0.0".into(),
            description: String::new(),
            stages: vec![Stage::Output],
            kinds: vec![Kind::Text],
            scope: Scope::Stage,
            rules: vec![rule],
            settings_schema: "{}".into(),
            attributes: vec![],
        }),
        stages: vec![Stage::Output],
        mode: Mode::Enforce,
        on_error: OnError::Deny,
        rewrite: true,
        limits: ReportLimits::default(),
    })
}

/// Finds [`SECRET`], restores [`TOKEN`], and holds what could become either.
fn detect(segment: &Segment) -> Report {
    let mut report = Report::default();
    let text = &segment.text;
    for (start, found) in text.match_indices(SECRET) {
        report.findings.push(RawFinding {
            rule: "word".into(),
            severity: Severity::High,
            confidence: 1.0,
            segment: segment.id,
            span: Some(Span::new(start, start + found.len())),
            message: String::new(),
            replacement: Some("*".into()),
            attributes: vec![],
        });
    }
    for (start, found) in text
        .match_indices(TOKEN)
        .filter(|(start, _)| *start >= segment.settled)
    {
        let span = Span::new(start, start + found.len());
        report.edits.push(Edit {
            segment: segment.id,
            span,
            replacement: "restored".into(),
        });
    }
    if segment.open {
        let partial = |word: &str| {
            (1..word.len()).rev().find_map(|length| {
                let part = word.get(..length)?;
                text.ends_with(part).then(|| text.len() - length)
            })
        };
        if let Some(start) = partial(SECRET).into_iter().chain(partial(TOKEN)).min() {
            report.holds.push(Hold {
                segment: segment.id,
                start,
                wake: None,
            });
        }
    }
    report
}

fn applied(text: &str, base: usize, edits: &[SegmentEdit]) -> String {
    let mut out = String::new();
    let mut at = 0;
    for edit in edits {
        out.push_str(&text[at..edit.span.start - base]);
        out.push_str(&edit.replacement);
        at = edit.span.end - base;
    }
    out.push_str(&text[at..]);
    out
}

/// What goes out when `parts` come in, and how many findings there were.
fn run(parts: &[&str], limits: StreamLimits) -> (String, usize) {
    let plugins = Plugins::new([spec()]);
    let whole: String = parts.concat();
    let mut stream = Stream::new(limits);
    stream.open(Segment::new(4, Role::Assistant, Kind::Text, ""));
    let (mut out, mut released, mut findings) = (String::new(), 0, 0);
    let mut look = |stream: &mut Stream| {
        let windows = stream.windows();
        if windows.is_empty() {
            return;
        }
        let mut chain = Chain::new(&plugins, &[0], Stage::Output, windows);
        while let Some(call) = chain.next() {
            let report = detect(call.segments[0]);
            let plugin = call.plugin;
            chain.record(plugin, Ok(report));
        }
        let (report, windows) = chain.finish();
        assert!(report.faults.is_empty(), "{:?}", report.faults);
        let settled = stream.settle(&windows, &report);
        assert!(settled.findings.iter().all(|finding| !finding.late));
        findings += settled.findings.len();
        let planned = plan(&settled.findings, &settled.edits, &windows);
        for release in settled.releases {
            out.push_str(&applied(
                &whole[released..release.upto],
                released,
                &planned.edits,
            ));
            released = release.upto;
            assert!(!out.contains(SECRET), "released: {out}");
        }
    };
    for part in parts {
        stream.push(4, part).unwrap();
        look(&mut stream);
    }
    stream.close(4);
    look(&mut stream);
    assert_eq!(stream.held(), 0, "at the end nothing is held");
    (out, findings)
}

const LIMITS: StreamLimits = StreamLimits {
    hold: 1 << 18,
    window: 8,
};

fn split_at<'t>(text: &'t str, points: &[usize]) -> Vec<&'t str> {
    let mut points: Vec<usize> = points
        .iter()
        .copied()
        .filter(|point| text.is_char_boundary(*point))
        .collect();
    points.extend([0, text.len()]);
    points.sort_unstable();
    points
        .windows(2)
        .map(|pair| &text[pair[0]..pair[1]])
        .collect()
}

#[test]
fn every_pair_of_split_points_gives_the_same() {
    let text = "a s3cr\u{e9}ts3cr\u{e9}t [T] s3cr [T[T] s3cr\u{e9}";
    let whole = run(&[text], LIMITS);
    assert_eq!(
        whole,
        ("a ** restored s3cr [Trestored s3cr\u{e9}".to_owned(), 2)
    );
    for first in 0..=text.len() {
        for second in first..=text.len() {
            assert_eq!(
                run(&split_at(text, &[first, second]), LIMITS),
                whole,
                "split at {first} and {second}"
            );
        }
    }
    let bytes: Vec<usize> = (0..text.len()).collect();
    assert_eq!(
        run(&split_at(text, &bytes), LIMITS),
        whole,
        "split everywhere"
    );
}

#[test]
fn a_long_stream_keeps_a_small_window() {
    let mut stream = Stream::new(LIMITS);
    stream.open(Segment::new(1, Role::Assistant, Kind::Text, ""));
    let plugins = Plugins::new([spec()]);
    for _ in 0..10_000 {
        stream.push(1, "token ").unwrap();
        let windows = stream.windows();
        assert!(
            windows[0].text.len() <= 8 + "token ".len(),
            "{}",
            windows[0].text.len()
        );
        let chain = Chain::new(&plugins, &[], Stage::Output, windows);
        let (report, windows) = chain.finish();
        stream.settle(&windows, &report);
    }
}

#[test]
fn much_held_text_is_not_looked_at_for_every_byte() {
    let mut stream = Stream::new(StreamLimits {
        hold: 100_000,
        window: 8,
    });
    stream.open(Segment::new(1, Role::Assistant, Kind::Text, ""));
    let plugins = Plugins::new([spec()]);
    let (mut looks, mut exceeded) = (0, false);
    for _ in 0..30_000 {
        stream.push(1, "token ").unwrap();
        let windows = stream.windows();
        if windows.is_empty() {
            continue;
        }
        looks += 1;
        let mut chain = Chain::new(&plugins, &[0], Stage::Output, windows);
        let plugin = chain.next().unwrap().plugin;
        let report = Report {
            holds: vec![Hold {
                segment: 1,
                start: 0,
                wake: None,
            }],
            ..Report::default()
        };
        chain.record(plugin, Ok(report));
        let (report, windows) = chain.finish();
        exceeded |= stream.settle(&windows, &report).exceeded;
    }
    assert!(
        looks < 171 + 30,
        "{looks} looks: each byte up to 1 KiB, then every quarter"
    );
    assert!(exceeded, "and there is an end to it");
}
