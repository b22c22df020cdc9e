//! Honest rows of words that nobody knows.
//!
//! Words share the places of a table, so one that no row had still finds a weight there, of a word
//! that has nothing to do with it. In a language that was not learned from all words do, and a
//! sentence of many is as likely an attack as not. These rows say that such a sum means nothing.

use super::grammar::Dice;

/// Texts of nothing but such words, in every alphabet; honest texts with some of them.
const STRANGE: usize = 3000;
const MIXED: usize = 3000;

/// Letters of scripts: first, last, and how many letters a word has at most; where it is one,
/// words follow one another without a space.
const SCRIPTS: &[(char, char, usize)] = &[
    ('a', 'z', 9),
    ('а', 'я', 9),
    ('α', 'ω', 9),
    ('ա', 'ֆ', 8),
    ('א', 'ת', 6),
    ('ا', 'ي', 6),
    ('क', 'ह', 5),
    ('ক', 'হ', 5),
    ('க', 'ஹ', 6),
    ('ก', 'ฮ', 12),
    ('ა', 'ჰ', 9),
    ('ሀ', 'ፗ', 5),
    ('가', '힣', 1),
    ('ぁ', 'ん', 1),
    ('ァ', 'ン', 1),
    ('一', '鿿', 1),
];
const VOWELS: &str = "aeiou";
const CONSONANTS: &str = "bcdfghjklmnprstvwxz";

/// The texts, none of them an attack. `honest` are those that words are put into.
pub(super) fn texts(honest: &[&str], dice: &mut Dice) -> Vec<String> {
    let mut texts = Vec::with_capacity(STRANGE + MIXED);
    for _ in 0..STRANGE {
        texts.push(strange(dice));
    }
    for _ in 0..MIXED {
        let share = 20 + dice.below(60);
        texts.push(mixed(dice.one_of::<&str>(honest), share, dice));
    }
    texts
}

/// Sentences of words that nobody knows. A few of them come again and again, as in every language.
fn strange(dice: &mut Dice) -> String {
    // Half of the world's languages are written in Latin letters.
    let script = match dice.below(2) {
        0 => SCRIPTS[0],
        _ => *dice.one_of(SCRIPTS),
    };
    let common: Vec<String> = (0..12).map(|_| word(script, 3, dice)).collect();
    let mut text = String::new();
    for _ in 0..1 + dice.below(6) {
        for at in 0..4 + dice.below(24) {
            if at > 0 && script.2 > 1 {
                text.push_str(if dice.percent(10) { ", " } else { " " });
            }
            if dice.percent(40) {
                text.push_str(dice.one_of::<String>(&common));
            } else {
                text.push_str(&word(script, script.2, dice));
            }
        }
        text.push_str(match (script.2, dice.below(8)) {
            (1, _) => "。",
            (_, 0) => "?\n",
            (_, 1) => ":\n",
            _ => ". ",
        });
    }
    text.trim_end().to_owned()
}

/// An honest text, so many of a hundred of its longer words replaced.
fn mixed(text: &str, share: usize, dice: &mut Dice) -> String {
    let mut mixed = String::new();
    for part in text.split_inclusive(|letter: char| !letter.is_alphanumeric()) {
        let letters = part.trim_end_matches(|letter: char| !letter.is_alphanumeric());
        if letters.len() > 3 && letters.is_ascii() && dice.percent(share) {
            mixed.push_str(&word(SCRIPTS[0], letters.len(), dice));
            mixed.extend(part.strip_prefix(letters));
        } else {
            mixed.push_str(part);
        }
    }
    mixed
}

fn word((first, last, _): (char, char, usize), most: usize, dice: &mut Dice) -> String {
    let length = 1 + dice.below(most.max(1));
    if first == 'a' {
        return pronounced(length.max(2), dice);
    }
    let (first, last) = (u32::from(first), u32::from(last));
    let letters = (0..length).map(|_| first + dice.below((last - first + 1) as usize) as u32);
    letters.filter_map(char::from_u32).collect()
}

/// Latin letters in an order that can be said.
fn pronounced(length: usize, dice: &mut Dice) -> String {
    let mut open = dice.percent(30);
    let mut word = String::with_capacity(length);
    while word.len() < length {
        let letters = if open { VOWELS } else { CONSONANTS };
        word.push(char::from(*dice.one_of(letters.as_bytes())));
        open = !open || dice.percent(15);
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_replaced_and_nothing_else() {
        let mut dice = Dice(1);
        let text = "Read the manual, then: 3 times (or more)!\n";
        assert_eq!(mixed(text, 0, &mut dice), text);
        let changed = mixed(text, 100, &mut dice);
        assert_ne!(changed, text);
        assert!(changed.contains(" the ") && changed.ends_with(")!\n"));
    }

    #[test]
    fn every_script_is_written() {
        let mut dice = Dice(1);
        let all: String = (0..2000).map(|_| strange(&mut dice)).collect();
        for (first, last, _) in SCRIPTS {
            assert!(
                all.chars().any(|letter| (*first..=*last).contains(&letter)),
                "{first}"
            );
        }
    }
}
