//! Whole bodies: a request on its way to the model, and the model's answer.

use caponier_config::DenyAs;
use caponier_core::{Action, Exchange, Gap, GapKind, Kind, Role, Segment, SegmentEdit, Stage};
use caponier_protocol::{ErrorKind, Filtered, Format, Limits, Request};

use crate::refusal::Refusal;
use crate::{DenialKind, Guests, Outcome, Policy, RoutePlan, StageInput};

/// A request that may go on.
#[derive(Debug)]
pub struct Passed {
    /// What goes to the upstream.
    pub body: Vec<u8>,
    /// The first segment id that is free.
    pub next_segment: u32,
    /// What was decided of the request.
    pub action: Action,
    /// What it asks a store for: its answer is judged beside that.
    pub queries: Vec<String>,
}

/// An answer as it comes.
#[derive(Debug)]
pub struct Arrived {
    /// Its wire format.
    pub format: Format,
    /// How deep it is parsed.
    pub limits: Limits,
    /// Its bytes.
    pub body: Vec<u8>,
    /// The first segment id that is free.
    pub next_segment: u32,
    /// Whether its status says that it is an answer.
    pub is_success: bool,
    /// How a denial looks.
    pub deny_as: DenyAs,
    /// What was decided of the request.
    pub action: Action,
    /// Seconds since the Unix epoch.
    pub seconds: u64,
    /// What the request asked a store for.
    pub queries: Vec<String>,
}

/// What became of a whole answer.
#[derive(Debug)]
pub struct Judged {
    /// What goes to the client.
    pub body: Vec<u8>,
    /// The policy's own answer stands in the place of the model's.
    pub is_replaced: bool,
    /// What the client is told was done.
    pub action: Action,
}

/// Why a text is denied with all that is around it.
const KEPT: &str = "what is not to pass cannot be taken out by itself";

/// Why a text is denied that headers repeat, as those of MCP's newer revisions do.
const REPEATED: &str = "what the policy takes out of the body is said by a header, too; hint: send no `mcp-param-` or `mcp-name` headers";

/// What came of a message: every stage that was decided, and what follows.
pub type Ruling<T> = (Vec<Outcome>, Result<T, Refusal>);

impl<G: Guests> Policy<G> {
    /// Inspects and decides a request, and makes the body that goes on. `begin` is what the access
    /// rules said.
    pub fn request(
        &self,
        plan: &RoutePlan,
        exchange: &mut Exchange,
        begin: Outcome,
        mut request: Request,
    ) -> Ruling<Passed> {
        let mut outcomes = self.stages(plan, exchange, &mut request);
        for outcome in &mut outcomes {
            let is_kept = request.keeps(&outcome.dropped) || request.fixes(&outcome.edits);
            self.keep_whole(exchange, outcome, is_kept, KEPT);
            let is_changed = !outcome.edits.is_empty() || !outcome.dropped.is_empty();
            let is_repeated = is_changed && request.is_repeated();
            self.keep_whole(exchange, outcome, is_repeated, REPEATED);
        }
        let denied = outcomes
            .iter()
            .find(|outcome| outcome.action() == Action::Deny);
        if let Some(outcome) = denied {
            let refusal = Refusal::denied(&outcome.decision, outcome.kind);
            return (outcomes, Err(refusal));
        }
        let next_segment = request.next_segment();
        let queries = queries(&outcomes);
        let mut change = Change::default();
        let mut action = exchange.action;
        let mut begin = begin;
        change.take(&mut begin);
        for outcome in &mut outcomes {
            action = action.max(outcome.action());
            change.take(outcome);
        }
        let body = request.edited(&change.edits, &change.dropped, &change.set, &change.unset);
        let passed = body
            .map(|body| Passed {
                body,
                next_segment,
                action,
                queries,
            })
            .map_err(Refusal::from);
        (outcomes, passed)
    }

    fn stages(
        &self,
        plan: &RoutePlan,
        exchange: &mut Exchange,
        request: &mut Request,
    ) -> Vec<Outcome> {
        let mut outcomes = Vec::with_capacity(2);
        let prompt = StageInput {
            stage: Stage::Prompt,
            segments: request.take(Stage::Prompt),
            gaps: request.gaps().to_vec(),
            tool_calls: request.tool_calls().to_vec(),
        };
        outcomes.push(self.evaluate(plan, exchange, prompt));
        let fetched = request.take(Stage::Retrieval);
        if !fetched.is_empty() && exchange.denial.is_none() {
            let retrieval = StageInput {
                stage: Stage::Retrieval,
                segments: fetched,
                gaps: Vec::new(),
                tool_calls: Vec::new(),
            };
            outcomes.push(self.evaluate(plan, exchange, retrieval));
        }
        outcomes
    }

    /// Inspects and decides a whole answer, and makes the body that goes to the client. Without an
    /// outcome nothing was decided, because the answer is not what its format says.
    pub fn answer(
        &self,
        plan: &RoutePlan,
        exchange: &mut Exchange,
        arrived: Arrived,
    ) -> Ruling<Judged> {
        let Arrived {
            format,
            limits,
            body,
            next_segment,
            is_success,
            deny_as,
            action,
            seconds,
            queries,
        } = arrived;
        let reply = Reply {
            format,
            is_success,
            deny_as,
            action,
            seconds,
        };
        let spare = (!is_success).then(|| body.clone());
        let mut response = match (reply.format.response(body, next_segment, &limits), spare) {
            (Ok(response), _) => response,
            (Err(_), Some(text)) if is_text(&text, &limits) => {
                return self.error_text(plan, exchange, &reply, text, next_segment);
            }
            (Err(malformed), _) => {
                let message =
                    format!("the upstream's answer is not what the format says: {malformed}");
                let refusal = Refusal::new(ErrorKind::BadGateway, message).action(action);
                return (Vec::new(), Err(refusal));
            }
        };
        let texts: u64 = response
            .segments()
            .iter()
            .map(|placed| placed.segment.text.len() as u64)
            .sum();
        let usage = &mut exchange.usage;
        match response.usage() {
            Some(tokens) => {
                (usage.prompt_tokens, usage.completion_tokens, usage.reported) =
                    (tokens.prompt, tokens.completion, true);
            }
            None => usage.completion_tokens = texts / 4,
        }
        let mut segments = response.take();
        beside(&mut segments, response.next_segment(), queries);
        let input = StageInput {
            stage: reply.format.answer_stage(),
            segments,
            gaps: response.gaps().to_vec(),
            tool_calls: response.tool_calls().to_vec(),
        };
        let mut outcome = self.evaluate(plan, exchange, input);
        let is_kept = response.keeps(&outcome.dropped);
        self.keep_whole(exchange, &mut outcome, is_kept, KEPT);
        let judged = match reply.denial(&outcome, exchange) {
            Some(instead) => instead,
            None => response
                .edited(&outcome.edits, &outcome.dropped)
                .map(|body| reply.as_it_is(body))
                .map_err(Refusal::from),
        };
        (vec![outcome], judged)
    }

    /// Denies where something was to go, or to be changed, that cannot without the rest.
    fn keep_whole(&self, exchange: &mut Exchange, outcome: &mut Outcome, is_kept: bool, why: &str) {
        if !is_kept || outcome.action() == Action::Deny {
            return;
        }
        let reason = match outcome.decision.reason.as_str() {
            "" => why.to_owned(),
            before => format!("{before}; {why}"),
        };
        outcome.decision.action = Action::Deny;
        outcome.decision.reason = reason;
        outcome.kind = DenialKind::Content;
        outcome.edits.clear();
        outcome.dropped.clear();
        exchange.conclude(&outcome.decision);
    }

    /// An upstream's error that is not of the format: one text, and said to be so.
    fn error_text(
        &self,
        plan: &RoutePlan,
        exchange: &mut Exchange,
        reply: &Reply,
        body: Vec<u8>,
        next_segment: u32,
    ) -> Ruling<Judged> {
        let Ok(mut text) = String::from_utf8(body) else {
            let message = "the upstream failed, and its answer is not text";
            let refusal = Refusal::new(ErrorKind::BadGateway, message).action(reply.action);
            return (Vec::new(), Err(refusal));
        };
        let input = StageInput {
            stage: reply.format.answer_stage(),
            segments: vec![Segment::new(
                next_segment,
                Role::Other,
                Kind::Other,
                text.clone(),
            )],
            gaps: vec![Gap {
                kind: GapKind::Unrecognized,
                place: "body".to_owned(),
            }],
            tool_calls: Vec::new(),
        };
        let outcome = self.evaluate(plan, exchange, input);
        let judged = match reply.denial(&outcome, exchange) {
            Some(instead) => instead,
            None if outcome.dropped.is_empty() => {
                replaced(&mut text, &outcome.edits).map(|()| reply.as_it_is(text.into_bytes()))
            }
            None => Ok(reply.as_it_is(Vec::new())),
        };
        (vec![outcome], judged)
    }
}

/// Whether a failed upstream's body that is not of the format says to its readers what it says as
/// text: JSON does, where nothing in it is escaped and it can be read in one way only.
fn is_text(body: &[u8], limits: &Limits) -> bool {
    // Other encodings of JSON begin with what is nothing in UTF-8.
    let is_nothing = |c: char| c.is_whitespace() || c.is_control() || c == '\u{feff}';
    let text = String::from_utf8_lossy(body);
    let is_json = text
        .trim_start_matches(is_nothing)
        .starts_with(['{', '[', '"']);
    let is_plain = |text: &str| !text.contains('\\') && !text.contains('\0');
    !is_json
        || is_plain(&text)
            && Format::json_store(None)
                .response(body.to_vec(), 0, limits)
                .is_ok()
}

/// What a request asks a store for.
fn queries(outcomes: &[Outcome]) -> Vec<String> {
    let prompts = outcomes
        .iter()
        .filter(|outcome| outcome.stage == Stage::Prompt);
    let asked = prompts.flat_map(|outcome| &outcome.segments);
    let asked = asked.filter(|segment| segment.kind == Kind::Query);
    asked.map(|segment| segment.text.clone()).collect()
}

/// What was fetched is judged beside what was asked for.
fn beside(segments: &mut Vec<Segment>, first: u32, queries: Vec<String>) {
    if segments.is_empty() {
        return;
    }
    for (id, text) in (first..).zip(queries) {
        let mut segment = Segment::new(id, Role::User, Kind::Query, text);
        segment.settled = segment.text.len();
        segments.push(segment);
    }
}

/// What is known of an answer beside its body.
struct Reply {
    format: Format,
    is_success: bool,
    deny_as: DenyAs,
    action: Action,
    seconds: u64,
}

impl Reply {
    fn as_it_is(&self, body: Vec<u8>) -> Judged {
        Judged {
            body,
            is_replaced: false,
            action: self.action,
        }
    }

    /// What goes out instead of an answer that is denied.
    fn denial(&self, outcome: &Outcome, exchange: &Exchange) -> Option<Result<Judged, Refusal>> {
        if outcome.action() != Action::Deny {
            return None;
        }
        let is_refusal = self.deny_as == DenyAs::Refusal
            && self.is_success
            && outcome.kind == DenialKind::Content
            && outcome.decision.status.is_none();
        let context = &exchange.context;
        let filtered = Filtered {
            model: context.model.as_deref().unwrap_or_default(),
            exchange: &context.exchange,
            seconds: self.seconds,
        };
        let instead = is_refusal
            .then(|| self.format.filtered(&filtered))
            .flatten();
        Some(match instead {
            Some(body) => Ok(Judged {
                body,
                is_replaced: true,
                action: Action::Deny,
            }),
            None => Err(Refusal::denied(&outcome.decision, outcome.kind).speaking(&self.format)),
        })
    }
}

fn replaced(text: &mut String, edits: &[SegmentEdit]) -> Result<(), Refusal> {
    for edit in edits.iter().rev() {
        if text.get(edit.span.start..edit.span.end).is_none() {
            return Err(Refusal::new(
                ErrorKind::Unavailable,
                "an edit is out of range",
            ));
        }
        text.replace_range(edit.span.start..edit.span.end, &edit.replacement);
    }
    Ok(())
}

/// What several decisions want changed in one body.
#[derive(Default)]
struct Change {
    edits: Vec<SegmentEdit>,
    dropped: Vec<u32>,
    set: Vec<(String, String)>,
    unset: Vec<String>,
}

impl Change {
    fn take(&mut self, outcome: &mut Outcome) {
        self.edits.append(&mut outcome.edits);
        self.dropped.extend_from_slice(&outcome.dropped);
        self.set.extend_from_slice(&outcome.decision.set);
        self.unset.extend_from_slice(&outcome.decision.unset);
    }
}
