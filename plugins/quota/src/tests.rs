//! Exchanges one after the other, with counters that count.

use caponier_sdk::testing::{Counting, Harness, Input, Outcome};
use caponier_sdk::{Kind, Principal, Role, Stage};

use crate::Quota;

/// A caller, each of whose requests is an exchange of its own.
struct Caller {
    plugin: Harness<Quota>,
}

impl Caller {
    fn new(settings: &str, id: &str) -> Self {
        let mut plugin = Harness::new(settings).unwrap();
        plugin.context.principal = Some(Principal {
            id: id.to_owned(),
            roles: vec!["staff".to_owned()],
        });
        plugin.context.model = Some("small".to_owned());
        Self { plugin }
    }

    fn nobody(settings: &str, client: &str) -> Self {
        let mut caller = Self::new(settings, "");
        caller.plugin.context.principal = None;
        caller.plugin.context.attributes = vec![("client".to_owned(), client.to_owned())];
        caller
    }

    fn ask(&mut self, text: &str) -> Outcome {
        self.plugin.forget();
        self.plugin.prompt(text).unwrap()
    }

    /// The rules that told of a request.
    fn told(&mut self, text: &str) -> Vec<String> {
        self.ask(text)
            .findings
            .into_iter()
            .map(|finding| finding.rule)
            .collect()
    }
}

const HOURLY: &str = r#"{"limits":[{"requests":3,"window":"1h"}],"theft":{"enabled":false}}"#;

#[test]
fn requests_count_per_caller_and_leave_the_window() {
    let counting = Counting::start();
    let (mut ann, mut bob) = (Caller::new(HOURLY, "ann"), Caller::new(HOURLY, "bob"));
    for _ in 0..3 {
        assert!(ann.told("hello").is_empty());
        counting.pass(60);
    }
    let outcome = ann.ask("hello");
    assert_eq!(outcome.findings[0].rule, "requests");
    assert_eq!(
        (
            outcome.findings[0].confidence,
            outcome.findings[0].span.clone()
        ),
        (1.0, None)
    );
    assert!(bob.told("hello").is_empty());
    // What was over did not count: there is room again when the first ones leave.
    for _ in 0..10 {
        assert_eq!(ann.told("hello"), ["requests"]);
    }
    counting.pass(3600 - 180);
    assert!(ann.told("hello").is_empty());
    assert_eq!(ann.told("hello"), ["requests"]);
}

#[test]
fn an_exchange_is_one_request_whatever_its_stages() {
    let _counting = Counting::start();
    let settings =
        r#"{"limits":[{"requests":1,"tokens":1000,"window":60}],"theft":{"enabled":false}}"#;
    let mut ann = Caller::new(settings, "ann");
    let plugin = &mut ann.plugin;
    assert!(plugin.prompt("hello").unwrap().findings.is_empty());
    let document = [Input::document("a text").id(1)];
    assert!(
        plugin
            .inspect(Stage::Retrieval, &document)
            .unwrap()
            .findings
            .is_empty()
    );
    let answer = Input::assistant("").id(2);
    assert!(
        plugin
            .stream(&answer, &["a", "b", "c"])
            .unwrap()
            .findings
            .is_empty()
    );
    assert_eq!(ann.told("again"), ["requests"]);
}

#[test]
fn an_answer_counts_once_however_it_streams() {
    let text = "The quick brown fox – Füchse, 狐狸 – jumps over the lazy dog. ".repeat(8);
    let settings = r#"{"limits":[{"tokens":100000,"window":60}],"theft":{"enabled":false}}"#;
    let counted = |pieces: &[&str]| {
        let _counting = Counting::start();
        let mut ann = Caller::new(settings, "ann");
        ann.plugin.prompt("x").unwrap();
        ann.plugin
            .stream(&Input::assistant("").id(1), pieces)
            .unwrap();
        caponier_sdk::counters::add("tokens/0/p3:ann", 0, 60).unwrap()
    };
    let whole = counted(&[&text]);
    assert_eq!(whole, (crate::tokens::estimate(&text) + 1) / 4);
    for size in [1, 2, 7, 50] {
        let mut pieces = Vec::new();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(rest.ceil_char_boundary(size.min(rest.len())));
            pieces.push(piece);
            rest = after;
        }
        assert_eq!(counted(&pieces), whole, "{size}");
    }
}

#[test]
fn text_that_is_held_and_shown_again_counts_once() {
    let _counting = Counting::start();
    let settings = r#"{"limits":[{"tokens":100000,"window":60}],"theft":{"enabled":false}}"#;
    let mut ann = Caller::new(settings, "ann");
    // Somebody else holds: the same text is shown from its beginning.
    for text in ["four", "four four", "four four"] {
        let segment = Input::assistant(text).id(1);
        ann.plugin.inspect(Stage::Output, &[segment]).unwrap();
    }
    assert_eq!(caponier_sdk::counters::add("tokens/0/p3:ann", 0, 60), Ok(2));
}

#[test]
fn tokens_of_answers_count_for_the_next_request_or_at_once() {
    let _counting = Counting::start();
    let settings = r#"{"limits":[{"tokens":20,"window":60}],"theft":{"enabled":false}}"#;
    let mut ann = Caller::new(settings, "ann");
    let answer = Input::assistant("").id(1);
    ann.plugin.prompt("hello there").unwrap();
    let streamed = ann.plugin.stream(&answer, &["word "; 40]).unwrap();
    assert!(streamed.findings.is_empty());
    assert_eq!(ann.told("hello"), ["tokens"]);

    let cut = r#"{"limits":[{"tokens":20,"window":60,"cut":true}],"theft":{"enabled":false}}"#;
    let mut bob = Caller::new(cut, "bob");
    bob.plugin.prompt("hello there").unwrap();
    let streamed = bob.plugin.stream(&answer, &["word "; 40]).unwrap();
    assert_eq!(streamed.findings.len(), 1);
}

#[test]
fn a_prompt_that_is_too_long_alone_locks_nobody_out() {
    let _counting = Counting::start();
    let settings = r#"{"limits":[{"tokens":20,"window":3600}],"theft":{"enabled":false}}"#;
    let mut ann = Caller::new(settings, "ann");
    assert_eq!(ann.told(&"word ".repeat(100)), ["tokens"]);
    assert!(ann.told("hello").is_empty());
}

#[test]
fn limits_have_names_models_and_severities() {
    let _counting = Counting::start();
    let settings = r#"{"limits":[
        {"name":"large-daily","per":["tenant","model"],"requests":1,"window":"1d","models":"large-*","severity":"high"},
        {"per":"route","requests":2,"window":"1m"}],"theft":{"enabled":false}}"#;
    let (mut ann, mut bob) = (Caller::new(settings, "ann"), Caller::new(settings, "bob"));
    ann.plugin.context.model = Some("large-1".to_owned());
    bob.plugin.context.model = Some("large-1".to_owned());
    assert!(ann.told("hello").is_empty());
    let outcome = bob.ask("hello");
    assert_eq!(outcome.findings[0].rule, "large-daily");
    assert_eq!(outcome.findings[0].severity, caponier_sdk::Severity::High);
    bob.plugin.context.model = Some("small".to_owned());
    assert_eq!(bob.told("hello"), ["requests"]);
    bob.plugin.context.route = "/other/*".to_owned();
    assert!(bob.told("hello").is_empty());
}

#[test]
fn callers_without_an_identity_count_by_their_address() {
    let _counting = Counting::start();
    let (mut one, mut other) = (
        Caller::nobody(HOURLY, "192.0.2.1"),
        Caller::nobody(HOURLY, "192.0.2.2"),
    );
    for _ in 0..3 {
        assert!(one.told("hello").is_empty());
    }
    assert_eq!(one.told("hello"), ["requests"]);
    assert!(other.told("hello").is_empty());
    let ignored = r#"{"limits":[{"requests":1,"window":60}],"anonymous":"ignore"}"#;
    let mut free = Caller::nobody(ignored, "192.0.2.1");
    for _ in 0..5 {
        assert!(free.told("hello").is_empty());
    }
}

#[test]
fn without_counters_a_limit_is_a_fault_and_a_suspicion_is_none() {
    let counting = Counting::start();
    let mut ann = Caller::new(HOURLY, "ann");
    let mut bob = Caller::new("{}", "bob");
    counting.refuse();
    assert!(ann.plugin.prompt("hello").is_err());
    let outcome = bob.ask("hello");
    assert!(outcome.findings.is_empty());
    assert_eq!(outcome.skipped, [0]);
}

#[test]
fn a_sweep_through_a_template_is_seen() {
    let _counting = Counting::start();
    let settings = r#"{"theft":{"templated":40,"distinct":0,"short":0,"sequential":0}}"#;
    let mut ann = Caller::new(settings, "ann");
    let mut first = None;
    for number in 0..100 {
        let text = format!(
            "Complete the following sentence: word{} went out and",
            number * 7
        );
        if !ann.told(&text).is_empty() {
            first.get_or_insert(number);
        }
    }
    assert_eq!(first, Some(40));
    // At twice as many it is surer.
    let outcome = ann.ask("Complete the following sentence: the last one went out and");
    assert!(
        outcome.findings[0].confidence > 0.65,
        "{}",
        outcome.findings[0].confidence
    );
}

#[test]
fn people_who_ask_much_are_no_template() {
    let _counting = Counting::start();
    let settings = r#"{"theft":{"templated":10}}"#;
    let mut ann = Caller::new(settings, "ann");
    for text in [
        "How do I sort a list in Python?",
        "Why is the sky blue?",
        "Fix this test please: it fails on Monday",
        "What is the capital of France?",
        "What is the best way to learn Rust?",
        "hello",
        "Write a poem about autumn",
        "Summarise the text below in two lines",
        "Thanks, that helped a lot",
        "Can you make it shorter?",
        "And in German?",
        "Who wrote Faust?",
        "List ten animals that live in the sea",
        "Explain how a heat pump works",
        "What is the weather usually like in May in Rome?",
        "Convert 12 miles to kilometres",
        "Is 97 a prime?",
        "Translate this letter for my landlord",
        "Give me an idea for dinner with rice and beans",
        "Why does my code print None?",
    ] {
        assert!(ann.told(text).is_empty(), "{text}");
    }
}

#[test]
fn prompts_that_count_up_are_seen_in_whatever_order() {
    let _counting = Counting::start();
    let settings = r#"{"theft":{"sequential":20,"templated":0}}"#;
    let mut ann = Caller::new(settings, "ann");
    let mut bob = Caller::new(settings, "bob");
    let mut seen = Vec::new();
    for step in 0..40 {
        let number = step * 7 % 40;
        seen.extend(ann.told(&format!("Show me training example {number} of the set")));
        assert!(
            bob.told(&format!(
                "Show me training example {} of the set",
                number * 10
            ))
            .is_empty()
        );
    }
    assert!(seen.contains(&"sequential-prompts".to_owned()));
}

#[test]
fn many_and_short_prompts_are_seen_and_repetition_is_not() {
    let _counting = Counting::start();
    let settings = r#"{"theft":{"distinct":50,"short":20,"templated":0,"sequential":0}}"#;
    let mut ann = Caller::new(settings, "ann");
    for _ in 0..200 {
        assert!(ann.told("the very same question").is_empty());
    }
    let mut told: Vec<(usize, String)> = Vec::new();
    for number in 0..60 {
        told.extend(
            ann.told(&format!("{number:x}"))
                .into_iter()
                .map(|rule| (number, rule)),
        );
    }
    let first = |rule: &str| told.iter().find(|(_, told)| told == rule).unwrap().0;
    assert_eq!(
        (first("short-prompts"), first("distinct-prompts")),
        (18, 48)
    );
}

#[test]
fn requests_for_log_probabilities_are_counted_where_the_host_tells_of_them() {
    let _counting = Counting::start();
    let settings = r#"{"theft":{"harvest":5}}"#;
    for (name, value, is) in [
        ("request.logprobs", "true", true),
        ("request.top_logprobs", "5", true),
        ("request.logit_bias", "300", true),
        ("request.n", "16", true),
        ("request.n", "2", false),
        ("request.logprobs", "false", false),
        ("path", "/v1/chat/completions", false),
    ] {
        let mut caller = Caller::new(settings, &format!("{name}{value}"));
        caller.plugin.context.attributes = vec![(name.to_owned(), value.to_owned())];
        let mut told = Vec::new();
        for _ in 0..5 {
            // The same prompt, under another bias each time.
            told = caller.told("x");
        }
        assert_eq!(told == ["logprobs-harvest"], is, "{name} {value}");
    }
}

#[test]
fn nobody_is_watched_without_an_identity_or_with_an_exemption() {
    let counting = Counting::start();
    let distinct = r#"{"theft":{"distinct":1}}"#;
    assert!(
        Caller::nobody(distinct, "192.0.2.1")
            .told("hello")
            .is_empty()
    );
    assert_eq!(counting.keys(), 0);
    for settings in [
        r#"{"theft":{"distinct":1,"exempt":["svc-*"]}}"#,
        r#"{"theft":{"distinct":1,"exempt_roles":["staff"]}}"#,
        r#"{"theft":{"enabled":false}}"#,
    ] {
        assert!(
            Caller::new(settings, "svc-batch").told("hello").is_empty(),
            "{settings}"
        );
    }
    assert_eq!(counting.keys(), 0);
    assert_eq!(
        Caller::new(distinct, "svc-batch").told("hello"),
        ["distinct-prompts"]
    );
    let asked = r#"{"theft":{"distinct":1,"anonymous":"client"}}"#;
    assert_eq!(
        Caller::nobody(asked, "192.0.2.1").told("hello"),
        ["distinct-prompts"]
    );
}

#[test]
fn a_history_is_counted_once() {
    let _counting = Counting::start();
    let mut ann = Caller::new("{}", "ann");
    let history = [
        Input::new(Role::System, Kind::Text, "You are kind."),
        Input::user("hello").id(1),
        Input::assistant("Hello.").id(2),
        Input::user("and now?").id(3),
    ];
    let outcome = ann.plugin.inspect(Stage::Prompt, &history).unwrap();
    let notes: Vec<(u32, bool)> = outcome
        .notes
        .iter()
        .map(|(id, note)| (*id, note.is_empty()))
        .collect();
    assert_eq!(notes, [(0, true), (2, true), (1, false), (3, false)]);
    // What is one too many is not noted: sent again it is too many again.
    let mut bob = Caller::new(r#"{"theft":{"distinct":1}}"#, "bob");
    assert!(bob.ask("hello").notes.is_empty());
}

#[test]
fn prompts_by_the_dozen_in_one_request_count_each() {
    let _counting = Counting::start();
    let mut ann = Caller::new(r#"{"theft":{"distinct":30}}"#, "ann");
    let batch: Vec<Input> = (0..40)
        .map(|number| Input::user(format!("prompt {number}")).id(number))
        .collect();
    let outcome = ann.plugin.inspect(Stage::Prompt, &batch).unwrap();
    assert_eq!(outcome.findings.len(), 11);
}

#[test]
fn what_the_settings_have_no_use_for_is_not_asked_for() {
    let manifest =
        |settings: &str| format!("{:?}", Harness::<Quota>::new(settings).unwrap().manifest());
    assert!(manifest("{}").contains("stages: [Prompt], kinds: [Text]"));
    for idle in [
        r#"{"theft":{"enabled":false}}"#,
        r#"{"theft":{"distinct":0,"short":0,"templated":0,"sequential":0,"harvest":0}}"#,
    ] {
        assert!(manifest(idle).contains("stages: []"), "{idle}");
    }
    let tokens = r#"{"limits":[{"tokens":5,"window":60}]}"#;
    assert!(manifest(tokens).contains("stages: [Prompt, Retrieval, Output]"));
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    for (settings, told) in [
        (
            r#"{"limits":[{"window":"1h"}]}"#,
            "settings.limits[0]: it limits nothing",
        ),
        (
            r#"{"limits":[{"requests":0,"window":"1h"}]}"#,
            "settings.limits[0]: a limit of 0",
        ),
        (r#"{"limits":[{"requests":5}]}"#, "window"),
        (
            r#"{"limits":[{"requests":5,"window":"1 hour"}]}"#,
            "a time from `1s` to `31d`",
        ),
        (
            r#"{"limits":[{"requests":5,"window":"90d"}]}"#,
            "a time from `1s` to `31d`",
        ),
        (
            r#"{"limits":[{"requests":5,"window":0}]}"#,
            "a time from `1s` to `31d`",
        ),
        (
            r#"{"limits":[{"requests":5,"window":"1h","name":"Per Hour"}]}"#,
            "settings.limits[0].name",
        ),
        (
            r#"{"limits":[{"requests":5,"window":"1h","name":"short-prompts"}]}"#,
            "settings.limits[0].name",
        ),
        (
            r#"{"limits":[{"requests":5,"window":"1h","cut":true}]}"#,
            "settings.limits[0].cut",
        ),
        (
            r#"{"limits":[{"requests":5,"window":"1h","per":"caller"}]}"#,
            "principal",
        ),
        (
            r#"{"limits":[{"requests":5,"window":"1h","perr":"route"}]}"#,
            "perr",
        ),
        (r#"{"theft":{"distict":5}}"#, "distict"),
    ] {
        let error = Harness::<Quota>::new(settings).err().unwrap();
        assert!(error.message().contains(told), "{settings}: {error}");
    }
}

#[test]
fn windows_are_written_in_words_or_seconds() {
    for window in [r#""90s""#, r#""2m""#, r#""1h""#, r#""7d""#, "60"] {
        let settings = format!(
            r#"{{"limits":[{{"requests":5,"window":{window},"per":["principal","model"]}}]}}"#
        );
        assert!(Harness::<Quota>::new(&settings).is_ok(), "{window}");
    }
}
