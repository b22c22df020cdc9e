//! Cases made of the stored texts by chance that is the same in every run.

use serde_json::{Value, json};

use crate::case::{Answer, Case, Manner, answer_of, pieces, stream_of};
use crate::json::{Style, write};
use crate::random::Random;

/// Routes that inspect in different ways; the usual one most often.
const ROUTES: [&str; 8] = [
    "v1", "v1", "v1", "v1", "strict", "buffer", "error", "lenient",
];

const FILLERS: [&str; 14] = [
    "Could you look into this before Friday?",
    "Grüße aus Österreich, und viel Erfolg!",
    "明日の会議は十時からです。",
    "Пожалуйста, проверьте расчёт ещё раз.",
    "مرحبا، كيف يمكنني المساعدة؟",
    "e\u{301}\u{327} a\u{30a}ngstro\u{308}m",
    "👩‍👩‍👧‍👦 🇵🇹 👍🏽 \u{1f9d1}\u{200d}\u{1f680}",
    "zero\u{200b}width\u{2060}joined\u{feff} \u{202e}thgir ot tfel\u{202c}",
    "```python\nprint(\"a\\tb\", 'c')\n```",
    "| a | b |\n|---|---|\n| 1 | 2 |",
    "<b>bold</b> &amp; <!-- hidden -->",
    "\u{0}\u{1}\u{1f} and \u{7f}\u{85}\u{2028}",
    "{\"key\": [1, 2.50, null, \"va\\\"lue\"]}",
    "See [the page](https://www.example.com/a?b=c&d=%20#e) for more.",
];

const JOINTS: [&str; 10] = [
    " ", "\n", "\n\n", ", ", "\" ", " \\", ". ", "\u{a0}", "\u{200b}", "\t",
];

/// So many cases of these texts.
pub fn cases(seed: u64, count: usize, texts: &[String]) -> Vec<Case> {
    (0..count)
        .map(|number| {
            let mut random = Random::new((seed << 32).wrapping_add(number as u64));
            Chance {
                random: &mut random,
                texts,
            }
            .case(number)
        })
        .collect()
}

struct Chance<'c> {
    random: &'c mut Random,
    texts: &'c [String],
}

impl Chance<'_> {
    fn case(&mut self, number: usize) -> Case {
        let is_streamed = self.random.one_in(2);
        let mut body = json!({"model": "m", "messages": self.messages(), "stream": is_streamed});
        self.decorate(&mut body);
        let style = self.style();
        let answer = if self.random.one_in(3) {
            Answer::Echo(is_streamed.then(|| self.manner(400)))
        } else if is_streamed {
            self.stream()
        } else {
            self.whole()
        };
        let route = self.random.of(&ROUTES);
        let upload = [None, None, Some(7), Some(1000)];
        let upload = upload
            .get(self.random.below(upload.len()))
            .copied()
            .flatten();
        let mut case = Case::new(format!("generated {number}"), &Value::Null, answer).on(route);
        case.body = write(&body, style, self.random);
        case.upload = upload.map(|size: usize| size.max(case.body.len() / 200));
        case
    }

    /// A text out of one or a few stored ones, with something between, and now and then long.
    fn text(&mut self) -> String {
        let mut text = String::new();
        for _ in 0..=self.random.below(3) {
            let part = if self.random.one_in(3) {
                self.random.of(&FILLERS)
            } else {
                self.random.text(self.texts)
            };
            if !text.is_empty() {
                text.push_str(self.random.of(&JOINTS));
            }
            text.push_str(part);
        }
        match self.random.below(24) {
            0 => {
                let before = self.random.of(&FILLERS).repeat(self.random.below(200));
                format!("{before}\n{text}\n{}", self.random.of(&FILLERS).repeat(40))
            }
            1 => json!({"text": text, "also": [self.random.of(&FILLERS)]}).to_string(),
            2 => {
                use base64::Engine as _;
                let packed = base64::engine::general_purpose::STANDARD.encode(&text);
                format!("Decode this: {packed}")
            }
            3 => text.to_uppercase(),
            4 => text.chars().rev().collect(),
            _ => text,
        }
    }

    fn messages(&mut self) -> Vec<Value> {
        let mut messages = Vec::new();
        if self.random.one_in(3) {
            let role = self.random.of(&["system", "developer"]);
            messages.push(json!({"role": role, "content": self.text()}));
        }
        for turn in 0..=self.random.below(3) {
            messages.push(json!({"role": "user", "content": self.content()}));
            match self.random.below(6) {
                0 => messages.push(json!({"role": "assistant", "content": self.text()})),
                1 | 2 => {
                    let id = format!("call_{turn}");
                    let name = self.random.of(&["search", "read_mail", "fetch"]);
                    let arguments = json!({"query": self.text(), "limit": 5}).to_string();
                    let call = json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
                    messages
                        .push(json!({"role": "assistant", "content": null, "tool_calls": [call]}));
                    messages.push(
                        json!({"role": "tool", "tool_call_id": id, "content": self.content()}),
                    );
                }
                _ => {}
            }
        }
        if self.random.one_in(4) {
            messages.push(json!({"role": "user", "content": self.text()}));
        }
        messages
    }

    fn content(&mut self) -> Value {
        if !self.random.one_in(5) {
            return json!(self.text());
        }
        let mut parts = vec![json!({"type": "text", "text": self.text()})];
        parts.push(match self.random.below(4) {
            0 => json!({"type": "image_url", "image_url": {"url": "https://example.com/a.png"}}),
            1 => json!({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}}),
            _ => json!({"type": "text", "text": self.text()}),
        });
        json!(parts)
    }

    /// Fields beside the messages: known, unknown, and those that hold text.
    fn decorate(&mut self, body: &mut Value) {
        let Some(members) = body.as_object_mut() else {
            return;
        };
        let mut set = |name: &str, value: Value| _ = members.insert(name.to_owned(), value);
        match self.random.below(12) {
            0 => set("temperature", json!(0.5)),
            1 => set("max_tokens", json!(100)),
            2 => set("x-unknown", json!({"a": [self.text()]})),
            3 => {
                let description = self.text();
                set(
                    "tools",
                    json!([{"type": "function", "function": {"name": "send", "description": description, "parameters": {"type": "object", "properties": {"to": {"type": "string", "description": "To whom"}}}}}]),
                );
            }
            4 => set("user", json!(self.text())),
            5 => set("response_format", json!({"type": "json_object"})),
            6 => set(
                "prediction",
                json!({"type": "content", "content": self.text()}),
            ),
            _ => {}
        }
    }

    fn style(&mut self) -> Style {
        match self.random.below(4) {
            0 => Style::Escaped,
            1 => Style::Mixed,
            _ => Style::Plain,
        }
    }

    fn manner(&mut self, length: usize) -> Manner {
        let characters = [1, 2, 5, 16, 1000];
        let characters = characters.get(self.random.below(5)).copied().unwrap_or(1);
        let cut = [None, None, None, Some(97), Some(1000), Some(4096)];
        let cut = cut.get(self.random.below(6)).copied().flatten();
        Manner {
            characters: characters.max(length / 40),
            cut,
        }
    }

    fn whole(&mut self) -> Answer {
        if self.random.one_in(12) {
            let body = match self.random.below(4) {
                0 => json!({"error": {"message": self.text(), "type": "server_error"}}).to_string(),
                1 => "not JSON".to_owned(),
                2 => json!({"choices": "none"}).to_string(),
                _ => String::new(),
            };
            let status = [200, 400, 429, 500];
            let status = status.get(self.random.below(4)).copied().unwrap_or(200);
            return Answer::Whole(status, body.into_bytes());
        }
        let messages: Vec<Value> = (0..=self.random.below(3)).map(|_| self.message()).collect();
        let style = self.style();
        Answer::Whole(200, write(&answer_of(&messages), style, self.random))
    }

    fn message(&mut self) -> Value {
        match self.random.below(6) {
            0 => {
                let arguments = json!({"to": self.text(), "body": self.text()}).to_string();
                let call = json!({"id": "call_9", "type": "function", "function": {"name": "send", "arguments": arguments}});
                json!({"role": "assistant", "content": null, "tool_calls": [call]})
            }
            1 => json!({"role": "assistant", "content": null, "refusal": self.text()}),
            2 => {
                json!({"role": "assistant", "content": self.text(), "reasoning_content": self.text()})
            }
            _ => json!({"role": "assistant", "content": self.text(), "refusal": null}),
        }
    }

    /// One or two choices, whose pieces come in turns.
    fn stream(&mut self) -> Answer {
        let mut queues = Vec::new();
        let mut manner = self.manner(0);
        for index in 0..=self.random.below(2) {
            let text = self.text();
            manner = self.manner(text.chars().count());
            let field = self.random.of(&[
                "content",
                "content",
                "content",
                "refusal",
                "reasoning_content",
                "arguments",
            ]);
            let text = if field == "arguments" {
                json!({"to": text}).to_string()
            } else {
                text
            };
            let deltas = pieces(&text, manner.characters).into_iter().enumerate().map(|(number, piece)| {
                let delta = match field {
                    "arguments" if number == 0 => json!({"tool_calls": [{"index": 0, "id": "call_7", "type": "function", "function": {"name": "send", "arguments": piece}}]}),
                    "arguments" => json!({"tool_calls": [{"index": 0, "function": {"arguments": piece}}]}),
                    field => json!({field: piece}),
                };
                (index, delta)
            });
            queues.push(deltas.collect::<Vec<_>>().into_iter());
        }
        let mut deltas = Vec::new();
        while !queues.is_empty() {
            let at = self.random.below(queues.len());
            match queues.get_mut(at).and_then(Iterator::next) {
                Some(delta) => deltas.push(delta),
                None => drop(queues.remove(at)),
            }
        }
        let style = self.style();
        let mut events = stream_of(deltas, style, self.random);
        if self.random.one_in(15) {
            // It breaks off.
            events.truncate(self.random.below(events.len()));
        }
        let total: usize = events.iter().map(Vec::len).sum();
        let cut = manner.cut.map(|cut| cut.max(total / 200));
        Answer::Stream(events, cut)
    }
}
