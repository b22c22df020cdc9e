//! The way of an answer: whole and held until it is judged, or streamed and inspected as it
//! passes.

use caponier_config::{DenyAs, StreamMode};
use caponier_core::{Action, Stage};
use caponier_decide::{Arrived, Cut, Guests, Mail, Next, Refusal, Step, Wire, check_charset};
use caponier_protocol::ErrorKind;

use crate::filter::{Filter, Flow, Gathered, Live, Passage, Sent, State};
use crate::headers::Headers;
use crate::host::{Body, Host, Map};

impl<H: Host, G: Guests> Filter<H, G> {
    /// The answer's headers are there. `is_whole`: no body follows.
    pub fn on_response_headers(&mut self, is_whole: bool) -> Flow {
        match std::mem::replace(&mut self.state, State::Shut) {
            State::Idle => {
                self.state = State::Idle;
                if let Some(headers) = Headers::read(&self.host, Map::Response) {
                    headers.clean(&self.host, Map::Response);
                }
                Flow::Continue
            }
            // Our own refusal comes by here, signed already.
            state @ (State::Refused | State::Over) => {
                self.state = state;
                Flow::Continue
            }
            // Envoy, or another filter, answers before the request was judged.
            State::Held(passage) => {
                self.let_answer(&passage, Action::Deny);
                self.state = State::Over;
                Flow::Continue
            }
            State::Passing(passage) => {
                self.let_answer(&passage, passage.action);
                self.state = State::Passing(passage);
                Flow::Continue
            }
            State::Sent(sent) => self.open_answer(*sent, is_whole),
            state @ (State::Gathering(_) | State::Live(_) | State::Letters(_) | State::Shut) => {
                self.state = state;
                Flow::Pause
            }
        }
    }

    /// Signs and counts an answer that is nobody's to judge.
    fn let_answer(&self, passage: &Passage, action: Action) {
        let headers = Headers::read(&self.host, Map::Response).unwrap_or_default();
        headers.clean(&self.host, Map::Response);
        self.sign(action, &passage.id);
        self.count(Some(passage.route), action, status(&headers));
    }

    fn open_answer(&mut self, sent: Sent, is_whole: bool) -> Flow {
        let Sent {
            passage,
            mut exchange,
            next_segment,
            queries,
        } = sent;
        let headers = Headers::read(&self.host, Map::Response);
        let headers = headers.filter(|headers| headers.clean_answer(&self.host));
        let Some(headers) = headers else {
            let message = "the answer's headers cannot be read or changed";
            let refusal = Refusal::new(ErrorKind::BadGateway, message);
            return self.refuse_answer(refusal.action(passage.action), &passage);
        };
        let status = status(&headers);
        let is_success = (200..300).contains(&status);
        if let Some((word, message)) = unreadable(&headers, status) {
            let refusal = Refusal::new(ErrorKind::BadGateway, message);
            self.root.metrics.upstream_error(&self.host, word);
            return self.refuse_answer(refusal.action(passage.action), &passage);
        }
        let kind = headers.one("content-type").unwrap_or_default();
        if is_success && passage.format.is_stream(kind) {
            let limits = self.root.limits();
            let mail = Mail::new(&mut exchange, &passage.format, next_segment, &limits);
            if let Some(mail) = mail {
                let sent = Sent {
                    passage,
                    exchange,
                    next_segment,
                    queries,
                };
                return self.open_letters(sent, mail, status);
            }
            let Some((route, _, plan)) = self.root.route(passage.route) else {
                return Flow::Pause;
            };
            let manner = (
                route.deny_as == DenyAs::Error,
                route.stream == StreamMode::Buffer,
            );
            let wire = Wire::new(
                &self.root.policy,
                plan,
                &mut exchange,
                &passage.format,
                next_segment,
                manner,
            );
            self.host.set_header(Map::Response, "content-length", None);
            self.sign(passage.action, &passage.id);
            self.root.metrics.change(&self.host, "streams_open", 1);
            self.count(Some(passage.route), passage.action, status);
            self.state = State::Live(Box::new(Live {
                passage,
                exchange,
                wire,
            }));
            return Flow::Continue;
        }
        if is_whole && !is_success {
            self.sign(passage.action, &passage.id);
            self.count(Some(passage.route), passage.action, status);
            self.state = State::Over;
            return Flow::Continue;
        }
        let gathered = Gathered {
            sent: Sent {
                passage,
                exchange,
                next_segment,
                queries,
            },
            status,
            has_length: headers.has("content-length"),
        };
        if is_whole {
            return self.judge_answer(gathered, 0);
        }
        self.state = State::Gathering(Box::new(gathered));
        Flow::Pause
    }

    /// More of the answer's body is there: `size` bytes of it at hand.
    pub fn on_response_body(&mut self, size: usize, is_end: bool) -> Flow {
        match std::mem::replace(&mut self.state, State::Shut) {
            State::Gathering(gathered) if size > self.root.body_limit() => {
                let limit = self.root.body_limit();
                let message = format!("the upstream's answer is larger than {limit} bytes");
                let refusal = Refusal::new(ErrorKind::BadGateway, message);
                let passage = gathered.sent.passage;
                self.refuse_answer(refusal.action(passage.action), &passage)
            }
            State::Gathering(gathered) if is_end => self.judge_answer(*gathered, size),
            State::Gathering(gathered) => {
                self.state = State::Gathering(gathered);
                Flow::Pause
            }
            State::Letters(letters) => self.more_letters(letters, size, is_end),
            State::Live(mut live) => {
                let out = self.pass_on(&mut live, size, is_end);
                let is_nothing = size == 0 && out.is_empty();
                if is_nothing || self.host.set_body(Body::Response, size, &out) {
                    self.state = State::Live(live);
                    return Flow::Continue;
                }
                // What was not inspected must not go out, now or with what comes next.
                self.cut(&mut live, Cut::Upstream, &mut Vec::new());
                self.conclude(&mut live);
                Flow::Pause
            }
            state => self.after_answer(state),
        }
    }

    /// Something of an answer comes that is not waited for.
    fn after_answer(&mut self, state: State) -> Flow {
        let is_free = matches!(
            state,
            State::Idle | State::Passing(_) | State::Refused | State::Over
        );
        self.state = state;
        if is_free { Flow::Continue } else { Flow::Pause }
    }

    /// What goes out for bytes of a stream that came in.
    fn pass_on(&self, live: &mut Live, size: usize, is_end: bool) -> Vec<u8> {
        let mut out = Vec::new();
        if !live.wire.is_over() && size > 0 {
            match self.host.body(Body::Response, size) {
                Some(bytes) => self.inspect(live, &bytes, &mut out),
                None => self.cut(live, Cut::Upstream, &mut out),
            }
        }
        if is_end {
            if !live.wire.is_over() {
                self.cut(live, Cut::Upstream, &mut out);
            }
            self.conclude(live);
        }
        out
    }

    fn inspect(&self, live: &mut Live, bytes: &[u8], out: &mut Vec<u8>) {
        let done = match live.wire.take(&mut live.exchange, bytes) {
            Ok(Next::Wait) => Ok(()),
            Ok(Next::KeepAlive) => {
                out.extend_from_slice(live.wire.keep_alive());
                Ok(())
            }
            Ok(Next::Step) => match self.root.route(live.passage.route) {
                Some((_, _, plan)) => {
                    let policy = &self.root.policy;
                    let step = live.wire.step(policy, plan, &mut live.exchange);
                    self.note(live, &step);
                    live.wire.apply(&step, out)
                }
                None => Err(Cut::Malformed),
            },
            Err(cut) => Err(cut),
        };
        if let Err(cut) = done {
            self.cut(live, cut, out);
        }
    }

    /// Records a stream as a whole, once.
    fn conclude(&self, live: &mut Live) {
        let Some(outcome) = live.wire.finish(&self.root.policy) else {
            return;
        };
        self.hold(live);
        let usage = &live.exchange.usage;
        let metrics = &self.root.metrics;
        if usage.reported {
            metrics.tokens(&self.host, usage.prompt_tokens, usage.completion_tokens);
        }
        metrics.change(&self.host, "streams_open", -1);
        let digests = std::mem::take(&mut live.passage.digests);
        self.write(&live.exchange, &outcome, &digests, None);
    }

    /// Counts what a step found, while the text is at hand.
    fn note(&self, live: &mut Live, step: &Step) {
        let root = &self.root;
        for finding in &step.findings {
            let action = root.policy.action_of(Stage::Output, finding, &[]);
            root.metrics.finding(&self.host, &finding.rule, action);
            if root.packed.shell.audit {
                let matched = step.matched(finding);
                live.passage.digests.add(&root.digest_key, finding, matched);
            }
        }
        self.hold(live);
    }

    fn hold(&self, live: &mut Live) {
        let held = i64::try_from(live.wire.held()).unwrap_or(i64::MAX);
        let by = held - live.passage.held;
        self.root
            .metrics
            .change(&self.host, "stream_held_bytes", by);
        live.passage.held = held;
    }

    fn cut(&self, live: &mut Live, why: Cut, out: &mut Vec<u8>) {
        self.root.metrics.upstream_error(&self.host, why.word());
        live.wire.cut(why, out);
    }

    /// Trailers: no more of the body will come.
    pub fn on_response_trailers(&mut self) -> Flow {
        match std::mem::replace(&mut self.state, State::Shut) {
            State::Gathering(gathered) => self.judge_answer(*gathered, usize::MAX),
            State::Live(mut live) => {
                // Nothing can be written here: what is held is gone.
                self.conclude(&mut live);
                self.state = State::Over;
                Flow::Continue
            }
            State::Letters(_) => {
                self.close_letters();
                Flow::Continue
            }
            state => self.after_answer(state),
        }
    }

    /// All of the answer is there: parses, inspects and decides it.
    fn judge_answer(&mut self, gathered: Gathered, size: usize) -> Flow {
        let Gathered {
            sent,
            status,
            has_length,
        } = gathered;
        let Sent {
            passage,
            mut exchange,
            next_segment,
            queries,
        } = sent;
        let is_success = (200..300).contains(&status);
        let body = match size {
            0 => Some(Vec::new()),
            size => self.host.body(Body::Response, size),
        };
        let (Some(body), Some((route, _, plan))) = (body, self.root.route(passage.route)) else {
            let refusal = Refusal::new(ErrorKind::Unavailable, "the answer cannot be read");
            return self.refuse_answer(refusal, &passage);
        };
        let size = body.len();
        exchange.usage.elapsed_ms = passage.elapsed_ms();
        let arrived = Arrived {
            format: passage.format.clone(),
            limits: self.root.limits(),
            body: body.clone(),
            next_segment,
            is_success,
            deny_as: route.deny_as,
            action: passage.action,
            seconds: self.host.unix_millis() / 1000,
            queries,
        };
        let (outcomes, judged) = self.root.policy.answer(plan, &mut exchange, arrived);
        let metrics = &self.root.metrics;
        let usage = &exchange.usage;
        if usage.reported {
            metrics.tokens(&self.host, usage.prompt_tokens, usage.completion_tokens);
        }
        if outcomes.is_empty() {
            metrics.upstream_error(&self.host, "malformed");
        }
        for outcome in &outcomes {
            self.record(&exchange, outcome, judged.as_ref().err());
        }
        let judged = match judged {
            Ok(judged) => judged,
            Err(refusal) => return self.refuse_answer(refusal, &passage),
        };
        if judged.body != body {
            let length = judged.body.len().to_string();
            let length = Some(length.as_str());
            let is_written = self.host.set_body(Body::Response, size, &judged.body)
                && (!has_length
                    || self
                        .host
                        .set_header(Map::Response, "content-length", length));
            if !is_written {
                let refusal = Refusal::new(
                    ErrorKind::Unavailable,
                    "the decision cannot be carried out: the answer cannot be changed any more",
                );
                return self.refuse_answer(refusal, &passage);
            }
        }
        if judged.is_replaced {
            self.host.set_header(Map::Response, ":status", Some("200"));
            self.host
                .set_header(Map::Response, "content-type", Some("application/json"));
        }
        self.sign(judged.action, &passage.id);
        let status = if judged.is_replaced { 200 } else { status };
        self.count(Some(passage.route), judged.action, status);
        self.state = State::Over;
        Flow::Continue
    }

    /// The exchange is over, however it ended.
    pub fn on_done(&mut self) {
        match std::mem::replace(&mut self.state, State::Shut) {
            State::Live(mut live) => self.conclude(&mut live),
            State::Letters(_) => self.close_letters(),
            State::Held(_) | State::Sent(_) | State::Gathering(_) => {
                self.root
                    .metrics
                    .count(&self.host, "requests_abandoned_total", &[], 1);
            }
            State::Idle | State::Passing(_) | State::Refused | State::Over | State::Shut => {}
        }
    }
}

/// Why an answer cannot be read at all: a word for metrics, and for the client.
fn unreadable(headers: &Headers, status: u16) -> Option<(&'static str, &'static str)> {
    if headers.encodings().next().is_some() {
        let message = "the upstream's answer has an encoding that cannot be undone";
        return Some(("encoding", message));
    }
    if status == 101 {
        let message = "the upstream switched protocols without being asked";
        return Some(("switched", message));
    }
    check_charset(headers.all("content-type")).err().map(|_| {
        let message = "the upstream's answer has a charset that is not supported";
        ("charset", message)
    })
}

fn status(headers: &Headers) -> u16 {
    headers
        .one(":status")
        .and_then(|text| text.parse().ok())
        .unwrap_or(0)
}
