//! Words looked up by their hash.

use caponier_sdk::normalise::fold;

use crate::tokens::Tokens;
use crate::words;

/// Slots of the table: a power of two, and several for each word.
const SLOTS: usize = 4096;

/// What a word is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Use(u16);

impl Use {
    pub(crate) const STOP: Self = Self(1);
    pub(crate) const MARK: Self = Self(1 << 1);
    pub(crate) const VERB: Self = Self(1 << 2);
    pub(crate) const SECRECY: Self = Self(1 << 3);
    pub(crate) const CUE_OWN: Self = Self(1 << 4);
    pub(crate) const CUE_ORDERS: Self = Self(1 << 5);
    pub(crate) const SAY: Self = Self(1 << 6);
    pub(crate) const KEY: Self = Self(1 << 7);
    pub(crate) const NO_VALUE: Self = Self(1 << 8);
    pub(crate) const ADDRESS: Self = Self(1 << 9);
    pub(crate) const WEAK_KEY: Self = Self(1 << 10);
    pub(crate) const CONDITION: Self = Self(1 << 11);

    /// Whether it is used for one of these.
    pub(crate) const fn is(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    pub(crate) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// What a sentence about who the model is begins with.
const PERSONA: &[&str] = &[
    "you are",
    "youre",
    "your name is",
    "du bist",
    "sie sind",
    "tu es",
    "vous etes",
    "eres",
    "tu sei",
    "sei",
    "voce e",
    "je bent",
    "jestes",
    "ты",
    "вы",
    "sen",
];

/// Groups of words that say the same in an instruction.
const SAME: &[&str] = &[
    "reveal disclose expose divulge leak",
    "answer reply respond response responses replies",
    "client customer customers clients buyer buyers shopper",
    "advice recommendation recommendations advise recommend guidance",
    "politely polite courteous courteously friendly kind",
    "concise brief short briefly succinct",
    "language tongue",
    "price prices pricing cost costs",
    "decline refuse reject",
    "human agent representative person colleague operator",
    "forward escalate transfer hand handover redirect",
    "company firm business organisation organization",
    "competitor competitors rival rivals",
    "mention name refer discuss talk",
    "email mail",
    "purchase order orders buy",
    "refund refunds reimbursement reimburse",
    "confidential private secret",
    "medical health",
    "legal law",
    "invent fabricate",
    "permit allow permitted allowed",
];

#[derive(Clone, Copy, Default)]
struct Entry {
    hash: u32,
    uses: Use,
    /// 0: the word's own.
    stem: u32,
}

/// The table.
pub(crate) struct Lexicon {
    slots: Vec<Entry>,
    /// 0 stands for any word.
    personas: Vec<[u32; 3]>,
}

impl Lexicon {
    pub(crate) fn new() -> Self {
        let mut lexicon = Self {
            slots: vec![Entry::default(); SLOTS],
            personas: PERSONA.iter().map(|begin| first_words(begin)).collect(),
        };
        for (list, uses) in [
            (words::STOP, Use::STOP),
            (words::MARKS, Use::MARK),
            (words::ADDRESS, Use::ADDRESS),
            (words::VERBS, Use::VERB),
            (words::CONDITIONS, Use::CONDITION),
            (words::SECRECY, Use::SECRECY),
            (words::CUE_OWN, Use::CUE_OWN),
            (words::CUE_ORDERS, Use::CUE_ORDERS),
            (words::SAY, Use::SAY),
            (words::KEYS, Use::KEY),
            (words::WEAK_KEYS, Use::WEAK_KEY),
            (words::NO_VALUES, Use::NO_VALUE),
        ] {
            // Marks go from letters of any script when a text is folded.
            for token in Tokens::new(fold(list).text()) {
                if let Some(entry) = lexicon.slot(token.hash) {
                    entry.uses = entry.uses.or(uses);
                }
            }
        }
        for group in SAME {
            let stem = Tokens::new(group).next().map_or(0, |first| first.stem);
            for token in Tokens::new(group) {
                if let Some(entry) = lexicon.slot(token.hash) {
                    entry.stem = stem;
                }
            }
        }
        lexicon
    }

    /// Whether a sentence that begins so says who the model is.
    pub(crate) fn is_persona(&self, words: [u32; 3]) -> bool {
        self.personas.iter().any(|persona| {
            persona
                .iter()
                .zip(words)
                .all(|(known, word)| *known == 0 || *known == word)
        })
    }

    /// The slot of a word, taken for it where it has none yet.
    fn slot(&mut self, hash: u32) -> Option<&mut Entry> {
        let at = self.place(hash)?;
        let entry = self.slots.get_mut(at)?;
        entry.hash = hash;
        Some(entry)
    }

    /// Where a word is, or the empty slot where it would be.
    fn place(&self, hash: u32) -> Option<usize> {
        (0..SLOTS)
            .map(|step| (hash as usize).wrapping_add(step) % SLOTS)
            .find(|at| {
                self.slots
                    .get(*at)
                    .is_some_and(|entry| entry.hash == hash || entry.hash == 0)
            })
    }

    /// What a word is for, and the stem by which it counts: its own, or that of its group.
    #[inline]
    pub(crate) fn look_up(&self, hash: u32, stem: u32) -> (Use, u32) {
        let entry = self.place(hash).and_then(|at| self.slots.get(at));
        match entry {
            Some(entry) if entry.hash == hash => {
                let stem = if entry.stem == 0 { stem } else { entry.stem };
                (entry.uses, stem)
            }
            _ => (Use::default(), stem),
        }
    }
}

fn first_words(text: &str) -> [u32; 3] {
    let mut words = [0; 3];
    for (word, token) in words.iter_mut().zip(Tokens::new(text)) {
        *word = token.hash;
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look_up(word: &str) -> (Use, u32) {
        let folded = fold(word);
        let token = Tokens::new(folded.text()).next().unwrap();
        Lexicon::new().look_up(token.hash, token.stem)
    }

    #[test]
    fn words_have_their_uses() {
        assert!(look_up("Never").0.is(Use::MARK) && look_up("never").0.is(Use::STOP));
        assert!(look_up("password").0.is(Use::KEY));
        assert!(look_up("всегда").0.is(Use::MARK) && look_up("отвечай").0.is(Use::MARK));
        assert_eq!(look_up("teapot").0, Use::default());
    }

    #[test]
    fn words_of_a_group_count_as_one() {
        assert_eq!(look_up("decline").1, look_up("refuse").1);
        assert_ne!(look_up("decline").1, look_up("legal").1);
    }
}
