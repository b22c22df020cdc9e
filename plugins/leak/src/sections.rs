//! What the parts of a system prompt are: instructions, which no answer repeats; facts, which
//! answers may tell; and what is there to be said or quoted, which is no secret.

use crate::lexicon::{Lexicon, Use};
use crate::tokens::{Token, Tokens, WORD};

/// What a word of a system prompt belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// A sentence that tells the model what to do.
    Order,
    /// Any other sentence.
    Fact,
    /// A document, an example, a line that the model is to say.
    Open,
}

/// A word of a system prompt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word {
    pub(crate) token: Token,
    pub(crate) stem: u32,
    pub(crate) uses: Use,
    pub(crate) part: Part,
    /// Which sentence it stands in.
    pub(crate) sentence: u32,
}

/// Headings and tags behind which documents stand.
const DATA: &[&str] = &[
    "context",
    "document",
    "documents",
    "doc",
    "docs",
    "passage",
    "passages",
    "source",
    "sources",
    "search_results",
    "search results",
    "results",
    "data",
    "knowledge",
    "knowledge base",
    "article",
    "articles",
    "content",
    "excerpt",
    "excerpts",
    "chunk",
    "chunks",
    "retrieved context",
    "retrieved documents",
    "reference",
    "references",
    "reference material",
    "background",
    "faq",
    "file",
    "files",
    "email",
    "transcript",
    "history",
    "conversation",
    "memory",
    "example",
    "examples",
    "example output",
    "relevant information",
    "additional context",
];
/// The longest heading, in bytes.
const HEADING: usize = 48;
/// Fewer quoted words are a name, and not a line to say.
const QUOTED: usize = 4;

/// The words of a system prompt that was folded.
pub(crate) fn read(text: &str, lexicon: &Lexicon) -> Vec<Word> {
    let mut reader = Reader {
        lexicon,
        words: Vec::with_capacity(text.len() / 6),
        sentence: 0,
        begun: 0,
    };
    let (mut fence, mut tag, mut under_data) = (false, None, false);
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim();
        let name = heading(bare);
        if bare.starts_with("```") {
            fence = !fence;
        } else if let Some(open) = tag {
            if bare.to_ascii_lowercase().starts_with(&format!("</{open}")) {
                tag = None;
            }
        } else if let Some(opened) = data_tag(bare) {
            let close = format!("</{opened}");
            if !bare.to_ascii_lowercase().contains(&close) {
                tag = Some(opened);
            }
        } else if let Some(name) = &name {
            under_data = is_data(name);
        }
        let open = fence || tag.is_some() || (under_data && name.is_none());
        let turn = is_turn(bare);
        reader.line(at, line, open || turn);
        at += line.len();
        // A sentence may go on in the next line, but not beyond an empty one or a heading.
        if bare.is_empty() || name.is_some() || open || turn || ends(bare) {
            reader.end_sentence();
        }
    }
    reader.end_sentence();
    reader.words
}

/// The name that a heading gives to what follows: `# Context`, `Context:`, `**Sources**`.
fn heading(line: &str) -> Option<String> {
    if line.is_empty() || line.len() > HEADING {
        return None;
    }
    let signs = |character: char| {
        matches!(
            character,
            '#' | '*' | '_' | ':' | '=' | '-' | '[' | ']' | ' '
        )
    };
    let is_heading = line.starts_with('#')
        || line.ends_with(':')
        || (line.starts_with("**") && line.ends_with("**"))
        || (line.starts_with('[') && line.ends_with(']'));
    is_heading.then(|| line.trim_matches(signs).to_ascii_lowercase())
}

fn is_data(name: &str) -> bool {
    DATA.contains(&name)
}

/// The tag of documents that a line opens: `<context>`, `<document id="1">`.
fn data_tag(line: &str) -> Option<&'static str> {
    let rest = line.strip_prefix('<')?;
    let name = rest.split([' ', '>', '/']).next().unwrap_or_default();
    DATA.iter()
        .find(|known| known.eq_ignore_ascii_case(name))
        .copied()
}

/// Whether the line is what the model says in an example.
fn is_turn(line: &str) -> bool {
    let mut said = line.splitn(2, ':');
    let who = said
        .next()
        .unwrap_or_default()
        .trim_matches(['*', ' ', '-', '#']);
    said.next().is_some_and(|said| !said.trim().is_empty())
        && ["assistant", "ai", "bot", "agent", "model"]
            .iter()
            .any(|known| known.eq_ignore_ascii_case(who))
}

fn ends(line: &str) -> bool {
    line.ends_with(['.', '!', '?', ':', ';'])
        || ["。", "！", "？"].iter().any(|stop| line.ends_with(stop))
}

struct Reader<'a> {
    lexicon: &'a Lexicon,
    words: Vec<Word>,
    sentence: u32,
    /// Where the running sentence begins in `words`.
    begun: usize,
}

impl Reader<'_> {
    fn line(&mut self, at: usize, line: &str, open: bool) {
        let mut before = 0;
        // Where what is quoted begins in `words`, and whether the model is to say it.
        let mut quote: Option<(usize, bool)> = None;
        // How many words ago one of saying stood here.
        let mut said = usize::MAX;
        for mut token in Tokens::new(line) {
            let gap = line.get(before..token.start).unwrap_or_default();
            before = token.end;
            // Between most words there is nothing to read.
            if gap != " " {
                for _ in gap.bytes().filter(|byte| *byte == b'"') {
                    quote = match quote {
                        Some((first, canned)) => {
                            self.quoted(first, canned);
                            None
                        }
                        None => Some((self.words.len(), said < 4)),
                    };
                }
                if parts_sentences(gap) && quote.is_none() {
                    self.end_sentence();
                }
            }
            let (uses, stem) = self.lexicon.look_up(token.hash, token.stem);
            said = if uses.is(Use::SAY) {
                0
            } else {
                said.saturating_add(1)
            };
            token.start += at;
            token.end += at;
            self.words.push(Word {
                token,
                stem,
                uses,
                part: if open { Part::Open } else { Part::Fact },
                sentence: self.sentence,
            });
        }
        if let Some((first, canned)) = quote {
            let closed = line.get(before..).is_some_and(|rest| rest.contains('"'));
            self.quoted(first, canned && closed);
        }
    }

    fn quoted(&mut self, first: usize, canned: bool) {
        let quoted = self.words.get_mut(first..).unwrap_or_default();
        if canned && quoted.len() >= QUOTED {
            for word in quoted {
                word.part = Part::Open;
            }
        }
    }

    /// Judges the sentence: one that speaks to the model, or begins with a verb, is an instruction.
    fn end_sentence(&mut self) {
        let words = self.words.get(self.begun..).unwrap_or_default();
        let facts = || words.iter().filter(|word| word.part == Part::Fact);
        // What its words are used for, and how many are of scripts without spaces.
        let (uses, signs) = facts().fold((Use::default(), 0), |(uses, signs), word| {
            let sign = usize::from(word.token.weight < WORD);
            (uses.or(word.uses), signs + sign)
        });
        let first = facts().next().map_or(Use::default(), |word| word.uses);
        let begins = first.is(Use::VERB) || (first.is(Use::CONDITION) && uses.is(Use::VERB));
        // Of languages without a list of their own each sentence counts.
        let strange = signs * 2 > words.len();
        let is_addressed = uses.is(Use::ADDRESS);
        let is_marked = uses.is(Use::MARK);
        let orders = is_marked || begins || strange || (is_addressed && !self.is_persona());
        let words = self.words.get_mut(self.begun..).unwrap_or_default();
        if orders {
            for word in words.iter_mut().filter(|word| word.part == Part::Fact) {
                word.part = Part::Order;
            }
        }
        self.begun = self.words.len();
        self.sentence += 1;
    }

    /// Who the model is, it may say.
    fn is_persona(&self) -> bool {
        let words = self.words.get(self.begun..).unwrap_or_default();
        let hash = |at: usize| words.get(at).map_or(0, |word| word.token.hash);
        self.lexicon.is_persona([hash(0), hash(1), hash(2)])
    }
}

/// Whether a sentence ends between two words.
fn parts_sentences(gap: &str) -> bool {
    gap.contains(['。', '！', '？'])
        || gap
            .as_bytes()
            .windows(2)
            .any(|pair| matches!(pair, [b'.' | b'!' | b'?' | b';', b' ' | b'\n']))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<Part> {
        let mut parts: Vec<Part> = read(text, &Lexicon::new())
            .iter()
            .map(|word| word.part)
            .collect();
        parts.dedup();
        parts
    }

    #[test]
    fn sentences_are_orders_or_facts() {
        assert_eq!(parts("Never give advice on shares."), [Part::Order]);
        assert_eq!(parts("Mention the fee table first."), [Part::Order]);
        assert_eq!(parts("For each file list three problems."), [Part::Order]);
        assert_eq!(parts("The branch opens at nine."), [Part::Fact]);
        assert_eq!(parts("You are Mara of Northfold Bank."), [Part::Fact]);
        assert_eq!(parts("You are Mara and must be kind."), [Part::Order]);
        assert_eq!(
            parts("The branch opens at nine. You close tickets."),
            [Part::Fact, Part::Order]
        );
        assert_eq!(parts("你是银行的助手。"), [Part::Order]);
    }

    #[test]
    fn what_is_to_be_said_is_open() {
        assert_eq!(
            parts("If asked, say \"an adviser can call you back\" and stop."),
            [Part::Order, Part::Open, Part::Order]
        );
        assert_eq!(parts("The team \"Blue Harbour\" must know."), [Part::Order]);
        assert_eq!(
            parts("Be kind.\nAssistant: You must restart the router now.\n"),
            [Part::Order, Part::Open]
        );
    }

    #[test]
    fn documents_are_open() {
        for text in [
            "Answer briefly.\n<context>\nYou must press the button.\n</context>\nNever guess.",
            "Answer briefly.\n## Context\nYou must press the button.\n\n## Rules\nNever guess.",
            "Answer briefly.\n```\nYou must press the button.\n```\nNever guess.",
        ] {
            let parts = parts(text);
            assert!(parts.contains(&Part::Open), "{text}: {parts:?}");
            assert_eq!(parts.first(), Some(&Part::Order), "{text}");
            assert_eq!(parts.last(), Some(&Part::Order), "{text}");
        }
    }
}
