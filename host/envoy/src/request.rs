//! The way of a request: its headers held, its body judged, both let go or neither.

use std::time::Instant;

use caponier_config::{OverLimit, Protocol};
use caponier_core::{Action, Gap, GapKind};
use caponier_decide::{
    Digests, Found, Guests, Refusal, check_charset, content_type, find, format_of, is_lookalike,
    shape_of,
};
use caponier_protocol::{ErrorKind, Format};

use crate::endpoint::Passes;
use crate::filter::{Filter, Flow, Passage, Sent, State};
use crate::headers::Headers;
use crate::host::{Body, Host, Map, Property};
use crate::identity::identify;
use crate::unpack::{is_packed, too_large, unpack};

impl<H: Host, G: Guests> Filter<H, G> {
    /// The request's headers are there. `is_whole`: no body follows.
    pub fn on_request_headers(&mut self, is_whole: bool) -> Flow {
        let headers = Headers::read(&self.host, Map::Request);
        let Some((headers, target)) = headers.and_then(|headers| {
            let target = headers.one(":path")?.to_owned();
            headers.one(":method")?;
            Some((headers, target))
        }) else {
            // What cannot be read could be anything, a guarded endpoint too.
            let refusal = Refusal::new(
                ErrorKind::Malformed,
                "the request's headers cannot be read; hint: method, path and names of headers are text",
            );
            return self.refuse(&refusal, &Format::OpenAiChat, None);
        };
        if !headers.clean(&self.host, Map::Request) {
            return self.refuse(&stuck(), &Format::OpenAiChat, None);
        }
        let path = target.split('?').next().unwrap_or_default();
        let format = shape_of(&Protocol::Models, path);
        let route = match find(self.root.patterns(), path) {
            Found::None if is_lookalike(self.root.patterns(), path) => {
                let refusal = Refusal::new(ErrorKind::NotFound, "no route for this path");
                return self.refuse(&refusal, &format, None);
            }
            Found::None => return Flow::Continue,
            Found::Route(route) => route,
            Found::Ambiguous => {
                let refusal = Refusal::new(
                    ErrorKind::Malformed,
                    "the path can be read in more than one way; hint: send it without escapes, empty or dot parts and parameters",
                );
                return self.refuse(&refusal, &format, None);
            }
        };
        let protocol = self.root.route(route).map(|(route, ..)| &route.protocol);
        let protocol = protocol.unwrap_or(&Protocol::Models);
        let method = headers.one(":method").unwrap_or_default();
        let query = target.split_once('?').map(|(_, query)| query);
        let format = format_of(protocol, method, path)
            .map(|format| format.with_parameters(query))
            .unwrap_or_else(|| shape_of(protocol, path));
        let Some((id, seed)) = identifiers(&self.host) else {
            let refusal = Refusal::new(ErrorKind::Unavailable, "the system gives no randomness");
            return self.refuse(&refusal, &format, None);
        };
        let caller = match identify(&self.host, &headers, &self.root.packed.shell.identity) {
            Ok(caller) => caller,
            Err(refusal) => return self.refuse(&refusal, &format, Some((&id, route))),
        };
        let mut passage = Passage {
            route,
            format: format.clone(),
            id,
            seed,
            caller,
            client: client(&self.host),
            path: path.to_owned(),
            arrived: Instant::now(),
            action: Action::Allow,
            digests: Digests::default(),
            is_packed: false,
            is_oversize: false,
            held: 0,
        };
        match self.passes(&passage, &headers, is_whole) {
            Passes::No => {}
            Passes::With(action, gap) => return self.let_pass(passage, action, gap),
            Passes::Refused(refusal) => {
                self.record_refusal(&passage, &refusal);
                return self.refuse(&refusal, &format, passage.mark());
            }
        }
        match self.is_packed(&headers) {
            Ok(is_packed) => passage.is_packed = is_packed,
            Err(refusal) => return self.refuse(&refusal, &format, passage.mark()),
        }
        // What comes back has to be readable, too.
        let identity = Some("identity");
        let set = |name, value| self.host.set_header(Map::Request, name, value);
        // Half a text is not what is inspected.
        let is_whole_wanted = !headers.has("range") || set("range", None);
        if !is_whole_wanted || !set("accept-encoding", identity) {
            return self.refuse(&stuck(), &format, passage.mark());
        }
        if is_whole {
            return self.judge_request(passage, 0);
        }
        self.state = State::Held(Box::new(passage));
        Flow::Pause
    }

    /// Whether a body is compressed, or why it cannot be judged, as far as its headers tell.
    fn is_packed(&self, headers: &Headers) -> Result<bool, Refusal> {
        check_charset(headers.all("content-type"))?;
        let is_packed = is_packed(headers)?;
        let limit = self.root.body_limit();
        let announced = headers.one("content-length");
        let announced = announced.and_then(|size| size.trim().parse::<usize>().ok());
        let is_over = announced.is_some_and(|size| size > limit);
        if is_over && self.root.packed.limits.over_limit == OverLimit::Deny {
            return Err(too_large(limit));
        }
        Ok(is_packed)
    }

    /// More of the request's body is there: `size` bytes by now.
    pub fn on_request_body(&mut self, size: usize, is_end: bool) -> Flow {
        match std::mem::replace(&mut self.state, State::Shut) {
            State::Held(passage) if size > self.root.body_limit() => {
                self.over_limit(*passage, size)
            }
            State::Held(passage) if is_end => self.judge_request(*passage, size),
            State::Held(passage) => {
                self.state = State::Held(passage);
                Flow::Pause
            }
            state => self.after_request(state, size > 0),
        }
    }

    /// Trailers: no more of the body will come, and no end of it was announced.
    pub fn on_request_trailers(&mut self) -> Flow {
        match std::mem::replace(&mut self.state, State::Shut) {
            State::Held(passage) => self.judge_request(*passage, usize::MAX),
            state => self.after_request(state, false),
        }
    }

    /// Something of the request comes that is not waited for.
    fn after_request(&mut self, state: State, is_more: bool) -> Flow {
        let is_oversize = state.passage().is_some_and(|passage| passage.is_oversize);
        match state {
            State::Idle | State::Passing(_) => {
                self.state = state;
                Flow::Continue
            }
            state if is_oversize => {
                self.state = state;
                Flow::Continue
            }
            // A local reply is on its way; what still comes of the request is of no interest.
            State::Held(_) | State::Refused | State::Over | State::Shut => {
                self.state = state;
                Flow::Pause
            }
            // What was judged was not all of it.
            State::Sent(sent) if is_more => {
                let message = "more of the body came after its end";
                let refusal = Refusal::new(ErrorKind::Malformed, message);
                self.refuse(&refusal, &sent.passage.format, sent.passage.mark())
            }
            State::Gathering(_) | State::Live(_) | State::Letters(_) if is_more => Flow::Pause,
            state => {
                self.state = state;
                Flow::Continue
            }
        }
    }

    /// More than may be inspected: `size` bytes by now.
    fn over_limit(&mut self, passage: Passage, size: usize) -> Flow {
        let limit = self.root.body_limit();
        // What is compressed is larger still, and nothing to let pass.
        if passage.is_packed || self.root.packed.limits.over_limit == OverLimit::Deny {
            return self.refuse(&too_large(limit), &passage.format, passage.mark());
        }
        let gap = Gap {
            kind: GapKind::OverLimit,
            place: "body".to_owned(),
        };
        let (mut passage, exchange) = match self.uninspected(passage, Action::Flag, gap, size) {
            Ok(passed) => passed,
            Err(flow) => return flow,
        };
        passage.is_oversize = true;
        self.state = State::Sent(Box::new(Sent {
            passage,
            exchange,
            next_segment: 0,
            queries: Vec::new(),
        }));
        Flow::Continue
    }

    /// All of the body is there: parses, inspects and decides it.
    fn judge_request(&mut self, mut passage: Passage, size: usize) -> Flow {
        let body = match size {
            0 => Some(Vec::new()),
            size => self.host.body(Body::Request, size),
        };
        let mut format = passage.format.clone();
        let Some(body) = body else {
            let refusal = Refusal::new(ErrorKind::Unavailable, "the body cannot be read");
            return self.refuse(&refusal, &format, passage.mark());
        };
        let size = body.len();
        let body = if passage.is_packed {
            match unpack(&body, self.root.body_limit()) {
                Ok(plain) => plain,
                Err(refusal) => return self.refuse(&refusal, &format, passage.mark()),
            }
        } else {
            body
        };
        let kind = self.content_type(&format);
        let request = match format.request_of(&kind, body.clone(), &self.root.limits()) {
            Ok(request) => request,
            Err(malformed) => return self.refuse(&malformed.into(), &format, passage.mark()),
        };
        let Some(headers) = Headers::read(&self.host, Map::Request) else {
            return self.refuse(&stuck(), &format, passage.mark());
        };
        let request = request.beside(headers.names());
        if let Some(known) = request.answer_format() {
            format = known.clone();
            passage.format = known.clone();
        }
        let (mut exchange, begin) = self.begin(&passage, request.facts().clone(), body.len());
        if begin.action() == Action::Deny {
            let refusal = Refusal::denied(&begin.decision, begin.kind).speaking(&format);
            self.record(&exchange, &begin, Some(&refusal));
            return self.refuse(&refusal, &format, passage.mark());
        }
        exchange.usage.elapsed_ms = passage.elapsed_ms();
        let Some((_, _, plan)) = self.root.route(passage.route) else {
            let refusal = Refusal::new(ErrorKind::NotFound, "no route for this path");
            return self.refuse(&refusal, &format, passage.mark());
        };
        let (outcomes, passed) = self
            .root
            .policy
            .request(plan, &mut exchange, begin, request);
        let passed = passed.map_err(|refusal| refusal.speaking(&format));
        for outcome in &outcomes {
            let own = passed.as_ref().err();
            let own = own.filter(|_| outcome.action() == Action::Deny);
            self.record(&exchange, outcome, own);
        }
        let passed = match passed {
            Ok(passed) => passed,
            Err(refusal) => return self.refuse(&refusal, &format, passage.mark()),
        };
        let is_same = passed.body == body && !passage.is_packed;
        if !is_same && !self.write_request(size, &passed.body) {
            let refusal = Refusal::new(
                ErrorKind::Unavailable,
                "the decision cannot be carried out: the body cannot be changed any more",
            );
            return self.refuse(&refusal, &format, passage.mark());
        }
        passage.action = passed.action;
        self.state = State::Sent(Box::new(Sent {
            passage,
            exchange,
            next_segment: passed.next_segment,
            queries: passed.queries,
        }));
        Flow::Continue
    }

    /// What the request's body is said to be, where that counts. Headers are held still.
    fn content_type(&self, format: &Format) -> String {
        let headers = format
            .reads_content_type()
            .then(|| Headers::read(&self.host, Map::Request))
            .flatten();
        headers.map_or_else(String::new, |headers| {
            content_type(headers.all("content-type"))
        })
    }

    /// Puts another body in the place of the one that came. Headers are held still.
    fn write_request(&self, size: usize, body: &[u8]) -> bool {
        if !self.host.set_body(Body::Request, size, body) {
            return false;
        }
        let Some(headers) = Headers::read(&self.host, Map::Request) else {
            return false;
        };
        let length = body.len().to_string();
        let set = |name: &str, value: Option<&str>| {
            !headers.has(name) || self.host.set_header(Map::Request, name, value)
        };
        set("content-length", Some(&length)) && set("content-encoding", None)
    }
}

fn stuck() -> Refusal {
    let message = "the request's headers cannot be changed";
    Refusal::new(ErrorKind::Unavailable, message)
}

/// An id for the exchange, and the seed that its tokens are keyed with.
fn identifiers(host: &impl Host) -> Option<(String, u64)> {
    let mut random = [0_u8; 24];
    if !host.random(&mut random) {
        return None;
    }
    let (id, seed) = random.split_at(16);
    let mut text = String::with_capacity(32);
    for byte in id {
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    Some((text, u64::from_le_bytes(seed.try_into().ok()?)))
}

/// The client's address, without its port.
fn client(host: &impl Host) -> String {
    let Property::Found(address) = host.property(&["source", "address"]) else {
        return String::new();
    };
    let address = String::from_utf8(address).unwrap_or_default();
    match address.rsplit_once(':') {
        Some((ip, _)) => ip.trim_matches(['[', ']']).to_owned(),
        None => address,
    }
}
