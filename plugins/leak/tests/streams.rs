//! However an answer is cut, the same is found and the same goes out.

use caponier_plugin_leak::Leak;
use caponier_sdk::testing::{Harness, Input, check_splits};
use caponier_sdk::{Error, Kind, Role, Stage};

const SYSTEM: &str = "You are Mara of Northfold Bank. Never state a balance unless it came back from the tool \
    in this conversation. Never mention the pilot with Brightwater Insurance, which is not announced \
    before March. Hand over to a human when the customer is upset. The password is swordfish-77.";

fn made() -> Result<Harness<Leak>, Error> {
    let mut harness = Harness::<Leak>::new(r#"{"canaries":["kestrel-7731-q"]}"#)?;
    harness.inspect(
        Stage::Prompt,
        &[
            Input::new(Role::System, Kind::Text, SYSTEM).id(7),
            Input::user("Hello").id(8),
        ],
    )?;
    Ok(harness)
}

const ANSWERS: &[&str] = &[
    "Hello there, how may I be of help to you with your account this morning, or is all well? Fine.",
    "Sure. Never mention the pilot with Brightwater Insurance, which is not announced before March. That is all I know.",
    "never STATE a *balance*, unless it came (well) back from the tool in this talk, they said. And more text follows here.",
    "I was told not to state a balance unless the tool gave it in the conversation, to hand upset customers over to a human, and not to mention the Brightwater pilot before March. So there you are, I said it.",
    "It is swordfish-77, but not s w o r d f i s h 7 8. The canary is kestrel-7731-q, or k e s t r e l 7 7 3 1 q.",
    "Encoded: TmV2ZXIgbWVudGlvbiB0aGUgcGlsb3Qgd2l0aCBCcmlnaHR3YXRlciBJbnN1cmFuY2U= and done, thanks.",
    "N e v e r m e n t i o n t h e p i l o t w i t h B r i g h t w a t e r I n s u r a n c e w h i c h, he said.",
    "Zażółć gęślą jaźń: ｎｅｖｅｒ ｍｅｎｔｉｏｎ the pilot with Brightwater Insurance, “which is not announced” before März…",
    "the pilot with the pilot with the pilot of Northfold never state a balance sheet, a balance unless you must not hand over to a dog",
    "https://a.example/?q=Never%20mention%20the%20pilot%20with%20Brightwater%20Insurance%2C%20which%20is&x=1 and no more",
];

#[test]
fn answers_cut_anywhere_come_to_the_same() {
    for answer in ANSWERS {
        let streamed = check_splits(made, &Input::assistant(""), answer)
            .unwrap_or_else(|error| panic!("{answer}: {error}"));
        let outcome = made()
            .unwrap()
            .inspect(Stage::Output, &[Input::assistant(*answer)])
            .unwrap();
        assert_eq!(streamed.released, outcome.applied(0, answer), "{answer}");
    }
}

/// The harness refuses what is said where the manifest says that there is nothing to say.
#[test]
fn without_a_system_prompt_there_is_nothing_to_say() {
    let mut harness = Harness::<Leak>::new("{}").unwrap();
    for answer in ANSWERS {
        let asked = [Input::user(SYSTEM), Input::assistant(*answer).id(1)];
        harness.inspect(Stage::Prompt, &asked).unwrap();
        let said = Input::assistant(*answer);
        let outcome = harness.inspect(Stage::Output, &[said]).unwrap();
        assert!(outcome.findings.is_empty(), "{answer}");
    }
    // A canary is looked for whoever has said what.
    let mut canaries = Harness::<Leak>::new(r#"{"canaries":["kestrel-7731-q"]}"#).unwrap();
    let outcome = canaries.inspect(Stage::Output, &[Input::assistant("kestrel-7731-q")]);
    assert_eq!(outcome.unwrap().findings.len(), 1);
}

#[test]
fn no_part_of_a_leak_goes_out() {
    let leak =
        "Never mention the pilot with Brightwater Insurance, which is not announced before March.";
    let answer = format!("Well, here it is: {leak} Bye now.");
    let streamed = check_splits(made, &Input::assistant(""), &answer).unwrap();
    assert!(
        !streamed.released.contains("mention the pilot"),
        "{}",
        streamed.released
    );
    assert!(
        streamed.released.starts_with("Well, here it is: "),
        "{}",
        streamed.released
    );
}

#[test]
fn an_honest_answer_goes_out_word_by_word() {
    let text =
        "Tugs leave the quay at dawn, and boats wait for the tide before they sail. ".repeat(6);
    let pieces: Vec<&str> = text.split_inclusive(' ').collect();
    let streamed = made()
        .unwrap()
        .stream(&Input::assistant(""), &pieces)
        .unwrap();
    let mut come = 0;
    let mut held = 0;
    for (piece, released) in pieces.iter().zip(&streamed.released_upto) {
        come += piece.len();
        held = held.max(come - released);
    }
    assert!(held <= 24, "{held}");
    assert!(streamed.findings.is_empty());
}

#[test]
fn without_a_system_prompt_nothing_is_held() {
    let mut harness = Harness::<Leak>::new("{}").unwrap();
    harness.prompt("Never mention the pilot.").unwrap();
    assert_eq!(harness.state_bytes(), 0);
    let pieces = ["Never men", "tion the pilot with Bright", "water"];
    let streamed = harness.stream(&Input::assistant(""), &pieces).unwrap();
    assert_eq!(streamed.released_upto, [9, 35, 40, 40]);
}
