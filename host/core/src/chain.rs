//! One stage's way through the plugins.
//!
//! Every plugin sees the same original text, so their order changes nothing but ties. Where a
//! plugin edits text beside its findings (it restores a redacted value), the result is shown once
//! more to all plugins that did not edit that segment: a restored value must not slip past the
//! others.

use std::cell::OnceCell;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use crate::check::check;
use crate::report::{Hold, RawFinding};
use crate::revise::Revised;
use crate::triggers::Triggers;
use crate::{
    AppliedEdit, Coverage, Edit, Fault, FaultRecord, Finding, Manifest, Mode, OnError, Report,
    ReportLimits, Role, Segment, Skipped, Span, Stage,
};

/// What the host knows of one plugin in a chain.
#[derive(Clone, Debug)]
pub struct PluginSpec {
    /// What it says of itself, under the operator's name for it.
    pub manifest: Arc<Manifest>,
    /// The stages it works in: the operator's choice among the manifest's.
    pub stages: Vec<Stage>,
    /// Whether it acts.
    pub mode: Mode,
    /// What its faults mean.
    pub on_error: OnError,
    /// Whether it may word replacements and ask for edits.
    pub rewrite: bool,
    /// How much it may hand back.
    pub limits: ReportLimits,
}

/// The plugins of a revision, in chain order, and what tells which of them a text may concern.
#[derive(Debug, Default)]
pub struct Plugins {
    specs: Vec<Arc<PluginSpec>>,
    /// For the prompt, the retrieval and the output.
    triggers: [Triggers; 3],
}

impl Plugins {
    /// Makes ready to look for their triggers.
    pub fn new(specs: impl Into<Vec<Arc<PluginSpec>>>) -> Self {
        let specs = specs.into();
        Self {
            triggers: [Stage::Prompt, Stage::Retrieval, Stage::Output]
                .map(|stage| Triggers::new(&specs, stage)),
            specs,
        }
    }

    /// The roles of which one has to be among what a plugin is shown in a stage. None: it is called
    /// whatever it is shown.
    pub fn roles(&self, plugin: usize, stage: Stage) -> &[Role] {
        self.triggers(stage).roles(plugin)
    }

    /// The plugins of a route that name triggers and work in a stage, a bit each. 0: there is nothing to
    /// look for.
    pub fn looked_for(&self, route: &[usize], stage: Stage) -> u64 {
        self.triggers(stage).looked_for(route)
    }

    /// The plugins, of those that are `wanted` in a stage, that may find something in a segment. That
    /// depends on nothing but its text, unless it is open.
    pub fn concerned(&self, segment: &Segment, stage: Stage, wanted: u64) -> u64 {
        self.triggers(stage).concerned(segment, wanted)
    }

    fn triggers(&self, stage: Stage) -> &Triggers {
        let [prompt, retrieval, output] = &self.triggers;
        match stage {
            Stage::Prompt => prompt,
            Stage::Retrieval => retrieval,
            Stage::Output => output,
        }
    }
}

impl std::ops::Deref for Plugins {
    type Target = [Arc<PluginSpec>];

    fn deref(&self) -> &Self::Target {
        &self.specs
    }
}

/// One call to make.
#[derive(Debug)]
pub struct Call<'a> {
    /// Index of the plugin in the list that the chain was made from.
    pub plugin: usize,
    /// What to show it.
    pub segments: Vec<&'a Segment>,
    /// What it handed back in the first look at this stage; `None`: nothing new.
    pub state: Option<&'a [u8]>,
    /// False in the second look at edited text: what it then hands back as `state` is not kept.
    pub keeps_state: bool,
}

/// What the plugins made of a stage, or of one window of a stream.
#[derive(Clone, Debug, Default)]
pub struct StageReport {
    /// What they saw.
    pub findings: Vec<Finding>,
    /// What they want changed beside that.
    pub edits: Vec<AppliedEdit>,
    /// What they want held; starts are in bytes of the whole segment.
    pub holds: Vec<Hold>,
    /// What was looked at.
    pub coverage: Coverage,
    /// Who failed.
    pub faults: Vec<FaultRecord>,
    /// What each plugin wants back: index and bytes.
    pub states: Vec<(usize, Vec<u8>)>,
}

/// What makes two findings the same: plugin, segment, rule and place.
type Known = (usize, u32, Arc<str>, Option<Span>);

fn known(finding: &Finding) -> Known {
    let Finding {
        order,
        segment,
        rule,
        span,
        ..
    } = finding;
    (*order, *segment, rule.clone(), *span)
}

/// The step machine of one stage.
#[derive(Debug)]
pub struct Chain<'p> {
    plugins: &'p Plugins,
    stage: Stage,
    segments: Vec<Segment>,
    /// Where the segment of an id is among them; for most texts nobody asks.
    places: OnceCell<HashMap<u32, usize>>,
    /// Edited texts, for the second look.
    revised: Vec<Revised>,
    /// Where the edited text of a segment is among them.
    revised_places: HashMap<u32, usize>,
    /// What was found, for the second look: it is not said again.
    known: HashSet<Known>,
    /// The plugins to call, and how far this round is.
    route: Vec<usize>,
    /// Those of them that have nothing to do, since they have kept no state.
    idle: Vec<usize>,
    /// For each text of this round, the plugins that it may concern.
    concerned: OnceCell<Vec<u64>>,
    at: usize,
    second: bool,
    /// What the plugin of the last call was shown: places among the texts of this round.
    shown: Vec<usize>,
    /// For each segment, whether some plugin looked at it without failing.
    covered: Vec<bool>,
    report: StageReport,
}

impl<'p> Chain<'p> {
    /// A run of `route` (indices into `plugins`, in chain order) over `segments`.
    pub fn new(
        plugins: &'p Plugins,
        route: &[usize],
        stage: Stage,
        segments: Vec<Segment>,
    ) -> Self {
        let route: Vec<usize> = route
            .iter()
            .copied()
            .filter(|index| {
                plugins
                    .get(*index)
                    .is_some_and(|plugin| plugin.stages.contains(&stage))
            })
            .collect();
        Self {
            plugins,
            stage,
            idle: Vec::new(),
            concerned: OnceCell::new(),
            covered: vec![false; segments.len()],
            places: OnceCell::new(),
            segments,
            revised: Vec::new(),
            revised_places: HashMap::new(),
            known: HashSet::new(),
            route,
            at: 0,
            second: false,
            shown: Vec::new(),
            report: StageReport::default(),
        }
    }

    /// Says which plugins have kept something of this exchange: who needs that and has not is not
    /// called.
    #[must_use]
    pub fn with_states(mut self, has_state: impl Fn(usize) -> bool) -> Self {
        let needs_state = |plugin: usize| self.plugins.triggers(self.stage).needs_state(plugin);
        let idle = self.route.iter().copied();
        self.idle = idle
            .filter(|plugin| needs_state(*plugin) && !has_state(*plugin))
            .collect();
        self
    }

    /// Says for each segment what [`Plugins::concerned`] answers for the plugins of the route, so that it
    /// is not looked for again.
    #[must_use]
    pub fn with_concerned(mut self, concerned: Vec<u64>) -> Self {
        if concerned.len() == self.segments.len() {
            self.concerned = OnceCell::from(concerned);
        }
        self
    }

    /// The segments under inspection.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The next call to make. Its answer goes to [`Chain::record`] before the next is asked for.
    #[expect(
        clippy::should_implement_trait,
        reason = "the call borrows the chain, which an iterator cannot say"
    )]
    pub fn next(&mut self) -> Option<Call<'_>> {
        loop {
            let Some(plugin) = self.route.get(self.at).copied() else {
                if self.second || !self.revise() {
                    return None;
                }
                continue;
            };
            self.at += 1;
            self.choose(plugin);
            if !self.shown.is_empty() {
                return Some(Call {
                    plugin,
                    segments: self.shown(),
                    state: self.state(plugin),
                    keeps_state: !self.second,
                });
            }
        }
    }

    fn segment(&self, id: u32) -> Option<&Segment> {
        let places = self.places.get_or_init(|| {
            let ids = self.segments.iter().map(|segment| segment.id);
            ids.enumerate().map(|(place, id)| (id, place)).collect()
        });
        self.segments.get(*places.get(&id)?)
    }

    /// The edited text of a segment.
    fn revised(&self, id: u32) -> Option<&Revised> {
        self.revised.get(*self.revised_places.get(&id)?)
    }

    /// The texts of this round.
    fn texts(&self) -> impl Iterator<Item = &Segment> {
        let (first, again) = match self.second {
            false => (self.segments.as_slice(), [].as_slice()),
            true => ([].as_slice(), self.revised.as_slice()),
        };
        let again = again.iter().map(|revised: &Revised| &revised.segment);
        first.iter().chain(again)
    }

    /// For each text of this round, the plugins of the route that have a trigger in it.
    fn concerned(&self) -> &[u64] {
        self.concerned.get_or_init(|| {
            let triggers = self.plugins.triggers(self.stage);
            let wanted = triggers.looked_for(&self.route);
            self.texts()
                .map(|text| triggers.concerned(text, wanted))
                .collect()
        })
    }

    /// Chooses what `plugin` is shown in this round. A text in which it can find nothing counts as
    /// looked at.
    fn choose(&mut self, plugin: usize) {
        let mut shown = std::mem::take(&mut self.shown);
        shown.clear();
        let mut passed = Vec::new();
        if let Some(spec) = self.plugins.get(plugin) {
            let triggers = self.plugins.triggers(self.stage);
            let wants = |text: &Segment| spec.manifest.kinds.contains(&text.kind);
            let roles = self.plugins.roles(plugin, self.stage);
            let has_role = |text: &Segment| roles.contains(&text.role) && wants(text);
            let is_idle = self.idle.contains(&plugin)
                || !roles.is_empty() && !self.segments.iter().any(has_role);
            for ((place, text), concerned) in self.texts().enumerate().zip(self.concerned()) {
                if !wants(text) || self.has_edited(plugin, place) {
                    continue;
                }
                if !is_idle && triggers.is_shown(plugin, text, *concerned) {
                    shown.push(place);
                } else {
                    passed.push(place);
                }
            }
        }
        self.shown = shown;
        for place in passed.into_iter().filter(|_| !self.second) {
            if let Some(covered) = self.covered.get_mut(place) {
                *covered = true;
            }
        }
    }

    /// Whether a text of the second look is as this plugin wanted it.
    fn has_edited(&self, plugin: usize, place: usize) -> bool {
        let revised = self.revised.get(place).filter(|_| self.second);
        revised.is_some_and(|revised| revised.editors.contains(&plugin))
    }

    /// What a plugin has handed back so far.
    fn state(&self, plugin: usize) -> Option<&[u8]> {
        let states = self.report.states.iter();
        let mut own = states.filter(|(index, _)| *index == plugin);
        own.next_back().map(|(_, state)| state.as_slice())
    }

    /// What the plugin of the last call was shown.
    fn shown(&self) -> Vec<&Segment> {
        let text = |place: &usize| match self.second {
            false => self.segments.get(*place),
            true => self.revised.get(*place).map(|revised| &revised.segment),
        };
        self.shown.iter().filter_map(text).collect()
    }

    /// Takes what the plugin handed back, or how it failed. A report that breaks the contract
    /// becomes a fault, and nothing of it is used.
    pub fn record(&mut self, plugin: usize, result: Result<Report, Fault>) {
        let Some(spec) = self.plugins.get(plugin).cloned() else {
            return;
        };
        let checked = result.and_then(|report| check(report, &spec, &self.shown()));
        match checked {
            Ok(report) => self.accept(plugin, &spec, report),
            Err(fault) => self.report.faults.push(FaultRecord {
                plugin: spec.manifest.name.clone(),
                fault,
                tolerated: spec.on_error == OnError::Allow,
                monitor: spec.mode == Mode::Monitor,
            }),
        }
    }

    fn accept(&mut self, plugin: usize, spec: &PluginSpec, report: Report) {
        let monitor = spec.mode == Mode::Monitor;
        for raw in report.findings {
            if let Some(finding) = self.place(plugin, spec, raw)
                && (!self.second || self.known.insert(known(&finding)))
            {
                self.report.findings.push(finding);
            }
        }
        if !monitor {
            for hold in report.holds {
                self.place_hold(hold);
            }
        }
        for skip in &report.skipped {
            self.report.coverage.skipped.push(Skipped {
                plugin: spec.manifest.name.clone(),
                segment: skip.segment,
            });
        }
        if self.second {
            return;
        }
        if !monitor {
            for edit in report.edits {
                self.place_edit(plugin, spec, edit);
            }
        }
        let skipped: HashSet<u32> = report.skipped.iter().map(|skip| skip.segment).collect();
        for place in &self.shown {
            let id = self.segments.get(*place).map(|segment| segment.id);
            let skipped = id.is_some_and(|id| skipped.contains(&id));
            if let Some(covered) = self.covered.get_mut(*place) {
                *covered |= !skipped;
            }
        }
        if let Some(state) = report.state {
            self.report.states.push((plugin, state));
        }
    }

    /// Puts a finding where it belongs in the whole segment; `None` where it lies in text that is
    /// out of reach.
    fn place(&self, plugin: usize, spec: &PluginSpec, raw: RawFinding) -> Option<Finding> {
        let segment = self.segment(raw.segment)?;
        let rule = spec.manifest.rule(&raw.rule)?;
        let mut late = false;
        let mut span = raw.span;
        if self.second {
            let revised = self.revised(raw.segment)?;
            span = span.map(|span| revised.original(span));
        }
        if let Some(inner) = span.as_mut() {
            if inner.end <= segment.settled {
                return None;
            }
            if inner.start < segment.settled {
                inner.start = segment.settled;
                late = true;
            }
            let offset = usize::try_from(segment.offset).unwrap_or(usize::MAX);
            inner.start = inner.start.saturating_add(offset);
            inner.end = inner.end.saturating_add(offset);
        } else if segment.settled > 0
            && segment.settled >= segment.text.len()
            && !segment.open
            && segment.offset == 0
        {
            return None; // context only: it was judged in its own stage
        }
        Some(Finding {
            id: String::new(),
            plugin: spec.manifest.name.clone(),
            order: plugin,
            rule: rule.name.clone(),
            category: rule.category.clone(),
            severity: raw.severity,
            confidence: raw.confidence,
            segment: raw.segment,
            span,
            role: segment.role,
            kind: segment.kind,
            replacement: raw.replacement.filter(|_| spec.rewrite),
            message: raw.message,
            attributes: raw.attributes,
            late,
            monitor: spec.mode == Mode::Monitor,
        })
    }

    fn place_hold(&mut self, mut hold: Hold) {
        let Some(segment) = self.segment(hold.segment) else {
            return;
        };
        if !segment.open {
            return;
        }
        if self.second
            && let Some(revised) = self.revised(hold.segment)
        {
            hold.start = revised.original(Span::new(hold.start, hold.start)).start;
        }
        hold.start = hold
            .start
            .max(segment.settled)
            .saturating_add(usize::try_from(segment.offset).unwrap_or(usize::MAX));
        self.report.holds.push(hold);
    }

    fn place_edit(&mut self, plugin: usize, spec: &PluginSpec, edit: Edit) {
        let Some(segment) = self.segment(edit.segment) else {
            return;
        };
        let offset = usize::try_from(segment.offset).unwrap_or(usize::MAX);
        self.report.edits.push(AppliedEdit {
            plugin: spec.manifest.name.clone(),
            order: plugin,
            segment: edit.segment,
            span: Span::new(
                edit.span.start.saturating_add(offset),
                edit.span.end.saturating_add(offset),
            ),
            replacement: edit.replacement,
        });
    }

    /// Makes the texts for the second look. False if there is nothing to look at again.
    fn revise(&mut self) -> bool {
        self.second = true;
        if self.report.edits.is_empty() {
            return false;
        }
        self.known = self.report.findings.iter().map(known).collect();
        let mut edits: HashMap<u32, Vec<&AppliedEdit>> = HashMap::new();
        for edit in &self.report.edits {
            edits.entry(edit.segment).or_default().push(edit);
        }
        for segment in &self.segments {
            if let Some(edits) = edits.remove(&segment.id) {
                let place = self.revised.len();
                self.revised_places.insert(segment.id, place);
                self.revised.push(Revised::new(segment, edits));
            }
        }
        self.concerned = OnceCell::new();
        self.at = 0;
        true
    }

    /// What came of it. Every call that [`Chain::next`] gave must have been recorded.
    pub fn finish(mut self) -> (StageReport, Vec<Segment>) {
        for (segment, covered) in self.segments.iter().zip(&self.covered) {
            if *covered {
                self.report.coverage.scanned += 1;
                self.report.coverage.bytes +=
                    segment.text.len().saturating_sub(segment.settled) as u64;
            } else if !segment.is_read_only() {
                self.report.coverage.unscanned.push(segment.id);
            }
        }
        (self.report, self.segments)
    }
}
