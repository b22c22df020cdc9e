//! Words that text is told apart by.

use crate::tokens::Tokens;

/// Words that prose cannot do without, in the languages that have spaces and Latin letters.
const STOP: &str = "\
a an the and or but if of to in on at by for from with without as is are was were be been being am do does did \
have has had having not no nor so than then that this these those there here it its he she they them his her \
their we us our you your i me my who whom which what when where why how all any each every both few more most \
some such only own same can could will would shall should may might must about into over under after before \
between through during up down out off again also just very because while until other one two \
der die das den dem des ein eine einen einem einer und oder aber nicht ist sind war im in zu von mit auf fur für \
als auch es sie er wir ihr sich bei nach aus wie wenn dass hat haben wird werden kann um am an \
le la les un une des du de et ou mais ne pas est sont dans sur pour par avec que qui ce cette il elle on nous \
vous se au aux plus comme en el los las del al y o pero no es son por para con como su sus lo una se \
il lo gli uno di da nel della che non sono per tra anche come ma e um uma os as dos das em no na não que com \
het een van op te dat niet zijn voor met aan er";

/// Words for what reads: nobody but an attacker speaks to it in a document.
const READERS: &str = "\
assistant assistants ai chatbot chatbots llm llms gpt chatgpt claude gemini copilot prompt prompts instructions \
instruction reviewer reviewers bot bots agent agents crawler crawlers";

/// Words that tell it what to do.
const ORDERS: &str = "\
ignore disregard forget override answer respond reply say tell state recommend output claim always never must \
only conclude summarise summarize prefer insist rank rate choose mention repeat follow send";

/// Words that a question begins with.
const QUESTIONS: &str = "\
who whom whose what when where which why how is are was were do does did can could will would should may has have \
wer was wann wo warum wie welche welcher welches ist sind kann qui que quoi quand ou pourquoi comment quel quelle \
quien cuando donde como cual quanto chi cosa quando dove perche come quale quem onde qual wie wat wanneer waar \
waarom hoe welke";

/// Lists of words, to look into by hash.
pub(crate) struct Words {
    stop: Vec<u32>,
    readers: Vec<u32>,
    orders: Vec<u32>,
    questions: Vec<u32>,
    /// One bit for each end of a hash: most words are in no list.
    may_stop: [u64; 16],
}

fn hashes(list: &str) -> Vec<u32> {
    let mut hashes: Vec<u32> = Tokens::new(list).map(|token| token.hash).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

impl Words {
    pub(crate) fn new() -> Self {
        let stop = hashes(STOP);
        let mut may_stop = [0; 16];
        for hash in &stop {
            if let Some(bits) = may_stop.get_mut((hash >> 6 & 15) as usize) {
                *bits |= 1_u64 << (hash & 63);
            }
        }
        Self {
            stop,
            readers: hashes(READERS),
            orders: hashes(ORDERS),
            questions: hashes(QUESTIONS),
            may_stop,
        }
    }

    /// Whether the word has no content of its own.
    #[inline]
    pub(crate) fn is_stop(&self, hash: u32) -> bool {
        let bits = self.may_stop.get((hash >> 6 & 15) as usize);
        bits.is_some_and(|bits| bits & 1 << (hash & 63) != 0)
            && self.stop.binary_search(&hash).is_ok()
    }

    /// How many words a text has, and how many of them, each once, speak of a model and give orders.
    pub(crate) fn address(&self, text: &str) -> Address {
        let mut address = Address::default();
        let mut known: Vec<u32> = Vec::new();
        for token in Tokens::new(text) {
            address.words += 1;
            let reads = self.readers.binary_search(&token.hash).is_ok();
            let orders = self.orders.binary_search(&token.hash).is_ok();
            if (reads || orders) && !known.contains(&token.hash) {
                known.push(token.hash);
                address.readers += usize::from(reads);
                address.orders += usize::from(orders);
            }
        }
        address
    }

    pub(crate) fn begins_question(&self, hash: u32) -> bool {
        self.questions.binary_search(&hash).is_ok()
    }
}

/// To whom a text speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) words: usize,
    pub(crate) readers: usize,
    pub(crate) orders: usize,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tokens::hash_of;

    #[test]
    fn words_are_in_their_lists() {
        let words = Words::new();
        assert!(words.is_stop(hash_of("The")) && !words.is_stop(hash_of("harbour")));
        assert!(words.begins_question(hash_of("why")));
        let address = words.address("AI assistants must say yes, and say it twice");
        assert_eq!((address.words, address.readers, address.orders), (9, 2, 2));
    }
}
