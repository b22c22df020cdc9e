//! What one decision costs. `cargo test --release -p caponier-rego --test speed -- --ignored --nocapture`

#[cfg(test)]
mod common;

use std::time::Instant;

use caponier_core::{Kind, Role, Stage};
use common::{Exchange, shipped};

#[test]
#[ignore = "a measurement"]
fn print_the_cost_of_a_decision() {
    let mut evaluator = shipped();
    let text = "x".repeat(4096);
    let clean = Exchange::new(Stage::Prompt)
        .segment(Role::System, Kind::Text, "be nice")
        .segment(Role::User, Kind::Text, &text);
    let found = Exchange::new(Stage::Prompt)
        .segment(Role::User, Kind::Text, &text)
        .finding("pii/email", 0.9)
        .finding("pii/phone", 0.9)
        .finding("secrets/jwt", 0.9);
    let mut poisoned = Exchange::new(Stage::Retrieval);
    for _ in 0..5 {
        poisoned = poisoned.segment(Role::Document, Kind::Document, &text);
    }
    let poisoned = poisoned.finding("injection/instruction-override", 0.8);
    let mut many = Exchange::new(Stage::Prompt).segment(Role::User, Kind::Text, &text);
    for _ in 0..2000 {
        many = many.finding("pii/email", 0.9);
    }
    let clean_again = Exchange::new(Stage::Prompt).segment(Role::User, Kind::Text, &text);
    let mut trivial =
        common::extended("package caponier\ndecision := {\"action\": \"allow\", \"reason\": \"\"}")
            .unwrap();
    let start = Instant::now();
    for _ in 0..5000 {
        std::hint::black_box(clean_again.decide(&mut trivial).unwrap());
    }
    println!("trivial policy: mean {:?}", start.elapsed() / 5000);
    for (name, exchange, rounds) in [
        ("clean", clean, 5000),
        ("three findings", found, 5000),
        ("five documents", poisoned, 5000),
        ("2000 findings", many, 20),
    ] {
        let mut times: Vec<_> = (0..rounds)
            .map(|_| {
                let start = Instant::now();
                let decision = exchange.decide(&mut evaluator);
                let time = start.elapsed();
                std::hint::black_box(decision.unwrap());
                time
            })
            .collect();
        times.sort();
        println!(
            "{name}: p50 {:?}, p99 {:?}",
            times[rounds / 2],
            times[rounds * 99 / 100]
        );
    }
}
