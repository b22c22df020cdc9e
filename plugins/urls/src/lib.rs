//! Finds links and images that lead where they should not, or carry data away.
//!
//! Most text has none of the marks that a URL begins behind, and one pass sees that. Each URL is read as
//! a browser reads it (`url`), with what becomes of it where it stands (`find`); then its scheme, its
//! host and what it carries are judged (`judge`, `host`, `data`).

mod data;
mod find;
mod host;
mod judge;
mod settings;
mod url;

use caponier_sdk::{Call, Data, Error, Kind, Manifest, Plugin, Report, Rule, Segment, Stage};

use find::{LONGEST, LOOK_BEHIND, Role};
use judge::{Judge, Origin, RULES, Verdict};
use settings::Hosts;
pub use settings::{Operator, Reach, Settings, Shorteners};

/// Findings of one look: who wants to be seen that often has been.
const MOST: usize = 256;

/// The plugin.
pub struct Urls {
    judge: Judge,
    operator: Operator,
    replacement: String,
}

impl Plugin for Urls {
    type Settings = Settings;

    fn manifest(_: &Settings) -> Manifest {
        let window = u32::try_from(LONGEST).unwrap_or(u32::MAX);
        let manifest = Manifest::new(
            "urls",
            env!("CARGO_PKG_VERSION"),
            "Links and images that lead where they should not, or carry data away.",
        )
        .rules(RULES.iter().map(|(id, title, severity)| {
            let category = match *id {
                "data-in-image" | "data-in-link" | "placeholder" => "LLM02:2025",
                _ => "LLM05:2025",
            };
            Rule::new(*id, *title)
                .severity(*severity)
                .category(category)
                .window(window)
        }))
        // An argument may be a host and nothing else.
        .trigger_exempt(Kind::ToolCall);
        find::triggers()
            .fold(manifest, Manifest::trigger)
            .trigger_class("reference")
    }

    fn configure(settings: Settings, _: &Data) -> Result<Self, Error> {
        let allow = Hosts::read("allow", &settings.allow)?;
        let deny = Hosts::read("deny", &settings.deny)?;
        for (key, from) in [("images", settings.images), ("links", settings.links)] {
            if from == Some(Reach::AllowedOnly) && allow.is_empty() {
                return Err(Error::new(format!(
                    "settings.{key}: `allowed-only` and nothing is allowed; hint: name hosts in `allow`, or write `none`"
                )));
            }
        }
        let schemes: Vec<String> = settings
            .schemes
            .iter()
            .map(|scheme| scheme.trim_end_matches(':').to_ascii_lowercase())
            .collect();
        if let Some(wrong) = schemes.iter().position(|scheme| !url::is_scheme(scheme)) {
            return Err(Error::new(format!(
                "settings.schemes[{wrong}]: it is no scheme; hint: write `https`, without `://`"
            )));
        }
        let unset = if allow.is_empty() {
            Reach::Any
        } else {
            Reach::AllowedOnly
        };
        Ok(Self {
            judge: Judge {
                allow,
                deny,
                schemes,
                images: settings.images.unwrap_or(unset),
                links: settings.links.or(settings.images).unwrap_or(unset),
                shorteners: settings.shorteners,
            },
            operator: settings.operator,
            replacement: settings.replacement,
        })
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        for segment in call.segments {
            self.segment(call.context.stage, segment, report);
        }
        Ok(())
    }
}

/// What the last URLs were found to be: pages and lists name the same ones again and again.
#[derive(Default)]
struct Recent<'a> {
    judged: Vec<(&'a str, Role, Vec<Verdict>)>,
    /// Whose place the next one takes.
    next: usize,
}

impl<'a> Recent<'a> {
    fn verdicts(
        &mut self,
        raw: &'a str,
        role: Role,
        judge: impl FnOnce() -> Vec<Verdict>,
    ) -> &[Verdict] {
        const KEPT: usize = 8;
        let mut judged = self.judged.iter();
        let at = match judged.position(|(url, of, _)| *of == role && *url == raw) {
            Some(known) => known,
            None => {
                let new = (raw, role, judge());
                let at = self.next;
                self.next = (at + 1) % KEPT;
                match self.judged.get_mut(at) {
                    Some(old) => *old = new,
                    None => self.judged.push(new),
                }
                at
            }
        };
        self.judged.get(at).map_or(&[], |(.., verdicts)| verdicts)
    }
}

impl Urls {
    fn segment(&self, stage: Stage, segment: &Segment, report: &mut Report<'_>) {
        let text = segment.text();
        let settled = segment.settled();
        let origin = Origin {
            stage,
            tool: segment.kind() == Kind::ToolCall,
        };
        let mut from = settled.saturating_sub(LOOK_BEHIND);
        while !text.is_char_boundary(from) {
            from -= 1;
        }
        let mut hold = None;
        let mut left_out = false;
        let mut recent = Recent::default();
        find::each(text, from, segment.is_open(), |place| {
            if place.span.start < settled {
                return;
            }
            if report.findings() >= MOST {
                left_out = true;
                return;
            }
            if segment.is_open() && place.unfinished && place.span.len() < LONGEST {
                hold.get_or_insert(place.span.start);
                return;
            }
            let Some(raw) = text.get(place.span.clone()) else {
                return;
            };
            let judge = || self.judge.judge(raw, place.role, origin);
            for (rule, confidence) in recent.verdicts(raw, place.role, judge) {
                report
                    .finding(rule, segment)
                    .at(place.span.clone())
                    .confidence(*confidence)
                    .replacement(self.replaced(raw));
            }
        });
        if left_out {
            report.skip(segment, "more in it than is reported of one look");
        }
        if origin.tool && !segment.is_open() && settled == 0 {
            self.host_by_itself(segment, origin, report);
        }
        if segment.is_open() {
            // The beginning of a scheme, or a mark behind which something begins.
            let bytes = text.as_bytes();
            let run = bytes
                .iter()
                .rev()
                .take(24)
                .take_while(|byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.')
                })
                .count();
            let start = bytes.len() - run;
            let start = hold.map_or(start, |hold| hold.min(start)).max(settled);
            if start < bytes.len() {
                report.hold(segment, start);
            }
        }
    }

    /// A tool's argument that is a host and nothing else: `169.254.169.254`, `localhost:8080`.
    fn host_by_itself(&self, segment: &Segment, origin: Origin, report: &mut Report<'_>) {
        let text = segment.text();
        let host = text.len() <= 253
            && text.contains(['.', ':'])
            && text.bytes().all(|byte| {
                byte.is_ascii_alphanumeric()
                    || matches!(byte, b'.' | b'-' | b':' | b'/' | b'[' | b']' | b'_')
            });
        if !host || text.contains("//") {
            return;
        }
        let raw = format!("//{text}");
        for (rule, confidence) in self.judge.judge(&raw, Role::Bare, origin) {
            let surely = matches!(rule, "private-address" | "denied") && confidence >= 0.6;
            if surely {
                report
                    .finding(rule, segment)
                    .at(0..text.len())
                    .confidence(confidence)
                    .replacement(self.replaced(text));
            }
        }
    }

    /// What stands in a URL's place.
    fn replaced(&self, raw: &str) -> String {
        match self.operator {
            Operator::Remove => self.replacement.clone(),
            Operator::Defang => {
                let lower = raw.get(..4).unwrap_or("").to_ascii_lowercase();
                match (lower.as_str(), raw.get(4..)) {
                    ("http", Some(rest)) => {
                        let (head, tail) = rest.split_once("//").unwrap_or((rest, ""));
                        let end = tail.find(['/', '?', '#']).unwrap_or(tail.len());
                        let (host, tail) = tail.split_at(end);
                        format!("hxxp{head}//{}{tail}", host.replace('.', "[.]"))
                    }
                    // What runs has no harmless form.
                    _ => self.replacement.clone(),
                }
            }
        }
    }
}

caponier_sdk::export!(Urls);
