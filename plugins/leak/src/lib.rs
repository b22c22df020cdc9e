//! Finds the exchange's own system prompt in what the model says, and canaries.
//!
//! In the prompt stage the system prompt becomes a fingerprint: hashes of its words in their order,
//! and of words that stand together in its instructions, without what the user has said. It travels
//! in `state`; the answer is held against it word by word. `prompt` makes the fingerprint, `scan`
//! looks for it, `runs` judges what was found.

mod canary;
mod encoded;
mod filter;
mod fingerprint;
mod lexicon;
mod prompt;
mod runs;
mod scan;
mod secrets;
mod sections;
mod settings;
mod tokens;
mod words;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::ops::Range;

use caponier_sdk::normalise::{View, fold};
use caponier_sdk::{
    Call, Data, Error, Kind, Manifest, Plugin, Report, Role, Rule, Scope, Segment, Severity, Stage,
};

use canary::Canaries;
use fingerprint::Fingerprint;
use lexicon::Lexicon;
use prompt::{Common, FEW, Prompts, Said};
use scan::{Hit, Look, Scan};
use serde::{Deserialize, Serialize};
pub use settings::{Keeper, Settings};
use tokens::Tokens;

/// The most of the system prompts that is kept a fingerprint of.
const KEPT: usize = 64 << 10;
/// The most of what users said that is left out of it, the latest first; a longer text is none of
/// what anybody typed.
const SAID: usize = 32 << 10;
const LONG: usize = 16 << 10;
/// In fewer bytes nothing can be said that a prompt has.
const SHORT: usize = 16;
/// Released text that is looked at for what a run goes on from.
const LOOK_BEHIND: usize = 1024;
/// Words of a run where the model thinks aloud: it repeats its instructions by trade.
const THOUGHTS: u32 = 12;

/// A prompt of more bytes than this has words enough.
const BRIEF: usize = 512;

/// What is noted of something that a user said.
#[derive(Serialize, Deserialize)]
struct Compared {
    /// Which prompts it was compared with.
    prompts: u64,
    /// What it says that they say too.
    said: Said,
}

/// The plugin.
pub struct Leak {
    settings: Settings,
    lexicon: Lexicon,
    common: Common,
    canaries: Canaries,
}

impl Plugin for Leak {
    type Settings = Settings;

    fn manifest(settings: &Settings) -> Manifest {
        let rule = |id: &str, title: &str, severity, window| {
            Rule::new(id, title)
                .severity(severity)
                .category("LLM07:2025")
                .window(window)
        };
        let mut kinds = vec![
            Kind::Text,
            Kind::ToolCall,
            Kind::Reasoning,
            Kind::Refusal,
            Kind::Citation,
        ];
        if settings.tool_descriptions {
            kinds.push(Kind::ToolDescription);
        }
        let manifest = Manifest::new(
            "leak",
            env!("CARGO_PKG_VERSION"),
            "The exchange's own system prompt, and canaries, in what the model says.",
        )
        .stages([Stage::Prompt, Stage::Output])
        .kinds(kinds)
        .scope(Scope::Stage)
        .rules([
            rule("canary", "Canary", Severity::Critical, 1024),
            rule(
                "paraphrase",
                "System prompt in other words",
                Severity::Medium,
                4096,
            ),
            rule(
                "planted-secret",
                "Secret of the system prompt",
                Severity::High,
                512,
            ),
            rule("system-prompt", "System prompt", Severity::High, 16 << 10),
        ]);
        // Without a system prompt there is nothing to keep, and without what was kept nothing to find.
        let roles = settings.roles.iter().map(|keeper| keeper.role());
        let manifest = roles.fold(manifest, Manifest::trigger_role);
        if settings.canaries.is_empty() {
            manifest.trigger_state(Stage::Output)
        } else {
            manifest
        }
    }

    fn configure(settings: Settings, _: &Data) -> Result<Self, Error> {
        settings.check()?;
        let folded: Vec<View<'_>> = settings
            .canaries
            .iter()
            .map(|canary| fold(canary))
            .collect();
        let canaries = if folded.is_empty() {
            Canaries::default()
        } else {
            Canaries::new(folded.iter().map(View::text))
        };
        let known = words::BOILERPLATE.iter().copied();
        Ok(Self {
            canaries,
            lexicon: Lexicon::new(),
            common: Common::new(known.chain(settings.ignore.iter().map(String::as_str))),
            settings,
        })
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        match call.context.stage {
            Stage::Prompt => self.prompt(call, report),
            Stage::Output => self.output(call, report),
            Stage::Retrieval => Ok(()),
        }
    }
}

impl Leak {
    /// Keeps a fingerprint of the system prompt.
    fn prompt(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        let mut room = KEPT;
        let mut prompts = Vec::new();
        for segment in call.segments.iter().filter(|segment| self.is_kept(segment)) {
            let text = segment.text();
            if self.is_slight(text) {
                report.clean(segment);
                continue;
            }
            let part = text
                .get(..text.floor_char_boundary(room))
                .unwrap_or_default();
            room -= part.len();
            prompts.push(part);
        }
        let (mut heard, mut left) = (Vec::new(), SAID);
        for segment in call.segments.iter().rev() {
            if self.is_kept(segment) {
                continue;
            }
            let text = segment.text();
            if segment.role() != Role::User || text.len() < SHORT || text.len() > LONG {
                // Whatever the system prompt: it is never looked at.
                report.clean(segment);
            } else if text.len() <= left {
                left -= text.len();
                heard.push(segment);
            }
        }
        let read = Prompts::read(&prompts, &self.lexicon);
        let Some(print) = read.as_written(&Said::default(), &self.common) else {
            return Ok(());
        };
        let said = self.said(&heard, &print, &prompts, report);
        let rest = if said.is_empty() {
            Some(print)
        } else {
            read.as_written(&said, &self.common)
        };
        match rest {
            Some(rest) => read.disguised(rest, &said, &self.common).keep(report),
            None => Ok(()),
        }
    }

    /// Whether a prompt by itself says nothing that can be told from what anybody says.
    fn is_slight(&self, text: &str) -> bool {
        text.len() <= BRIEF
            && Tokens::new(fold(text).text()).take(FEW).count() < FEW
            && Prompts::read(&[text], &self.lexicon)
                .as_written(&Said::default(), &self.common)
                .is_none()
    }

    /// What users said that the prompts say too. A history that was compared with these prompts before
    /// is not read again.
    fn said(
        &self,
        heard: &[&Segment],
        print: &Fingerprint,
        prompts: &[&str],
        report: &mut Report<'_>,
    ) -> Said {
        let mut name = DefaultHasher::new();
        prompts.hash(&mut name);
        let name = name.finish();
        let mut all = Said::default();
        for segment in heard {
            let known = segment.note::<Compared>();
            all.add(match known.filter(|known| known.prompts == name) {
                Some(known) => known.said,
                None => {
                    let compared = Compared {
                        prompts: name,
                        said: Said::of(segment.text(), print, &self.lexicon),
                    };
                    // What is too much for a note is looked at each time.
                    report.note(segment, &compared);
                    compared.said
                }
            });
        }
        all.sort();
        all
    }

    fn is_kept(&self, segment: &Segment) -> bool {
        let mut roles = self.settings.roles.iter();
        roles.any(|keeper| keeper.role() == segment.role())
    }

    /// Looks for it in the answer.
    fn output(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        let print = Fingerprint::of(call)?;
        if print.is_none() && self.canaries.is_empty() {
            return Ok(());
        }
        for segment in call.segments {
            if matches!(segment.role(), Role::Assistant | Role::Other) {
                self.answer(segment, print.as_ref(), report);
            }
        }
        Ok(())
    }

    fn answer(&self, segment: &Segment, print: Option<&Fingerprint>, report: &mut Report<'_>) {
        let (text, settled, is_open) = (segment.text(), segment.settled(), segment.is_open());
        let start = text.floor_char_boundary(settled.saturating_sub(LOOK_BEHIND));
        let part = text.get(start..).unwrap_or_default();
        let view = fold(part);
        let from = beginning(&view, settled - start);
        let mut found: Vec<Hit> = Vec::new();
        let mut holds = Vec::new();
        let is_cut = start > 0 || segment.offset() > 0;
        if let Some(print) = print {
            let look = self.look(segment.kind());
            let scan = Scan::new(print, &self.lexicon, look, view.text(), from);
            let (hits, hold) = scan.run(is_cut, is_open);
            found.extend(hits);
            holds.extend(hold);
        }
        if !self.canaries.is_empty() {
            let (spans, hold) = self.canaries.find(view.text(), from);
            found.extend(spans.into_iter().map(|span| canary(view.text(), span)));
            holds.extend(hold.filter(|_| is_open));
        }
        for hit in &mut found {
            let source = view.source(hit.span.clone());
            hit.span = start + source.start..start + source.end;
        }
        let hold = holds
            .into_iter()
            .map(|at| start + view.source(at..at + 1).start);
        let hold = hold
            .chain(encoded::begun(text, settled).filter(|_| is_open))
            .min();
        self.decoded(text, settled, is_open, print, &mut found);
        for hit in found {
            report
                .finding(hit.rule, segment)
                .at(hit.span)
                .confidence(hit.confidence);
        }
        if let Some(hold) = hold {
            report.hold(segment, hold);
        }
    }

    /// What encoded text says.
    fn decoded(
        &self,
        text: &str,
        settled: usize,
        is_open: bool,
        print: Option<&Fingerprint>,
        found: &mut Vec<Hit>,
    ) {
        for (run, view) in encoded::decoded(text, settled, is_open) {
            let folded = fold(view.text());
            let hits = print.map(|print| {
                let look = Look {
                    least: self.settings.min_words.min(5),
                    paraphrase: false,
                };
                let (hits, _) =
                    Scan::new(print, &self.lexicon, look, folded.text(), 0).run(false, false);
                hits
            });
            let mut best: Option<Hit> = None;
            let (spans, _) = self.canaries.find(folded.text(), 0);
            let canaries = spans.into_iter().map(|span| canary(folded.text(), span));
            for hit in hits.into_iter().flatten().chain(canaries) {
                // Nobody encodes a common phrase.
                let confidence = hit.confidence.max(0.9);
                if best.as_ref().is_none_or(|best| best.rule > hit.rule) {
                    best = Some(Hit {
                        span: run.clone(),
                        confidence,
                        ..hit
                    });
                }
            }
            found.extend(best);
        }
    }

    fn look(&self, kind: Kind) -> Look {
        let is_thought = kind == Kind::Reasoning;
        let least = self.settings.min_words;
        Look {
            least: if is_thought {
                least.max(THOUGHTS)
            } else {
                least
            },
            paraphrase: self.settings.paraphrase && !is_thought,
        }
    }
}

/// A canary: certain where its letters stand together as they were given.
fn canary(text: &str, span: Range<usize>) -> Hit {
    let bytes = text.as_bytes().get(span.clone()).unwrap_or_default();
    let signs = bytes
        .iter()
        .filter(|byte| byte.is_ascii() && !byte.is_ascii_alphanumeric());
    let confidence = if signs.count() * 3 > bytes.len() {
        0.9
    } else {
        0.98
    };
    Hit {
        rule: "canary",
        span,
        confidence,
    }
}

/// Where in a view the byte `settled` of its source is, or the first one behind it.
fn beginning(view: &View<'_>, settled: usize) -> usize {
    if view.is_identity() || settled == 0 {
        return settled;
    }
    let (mut low, mut high) = (0, view.text().len());
    while low < high {
        let middle = low + (high - low) / 2;
        if view.source(middle..middle + 1).start < settled {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}

caponier_sdk::export!(Leak);
