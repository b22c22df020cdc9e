//! Attacks that are written in disguise: it is taken off where it shows, and what is said without it
//! is judged once more.

use std::ops::Range;

use caponier_sdk::Error;
use caponier_sdk::normalise::{Unveil, View, around, decode};

use crate::detector::Detector;
use crate::engine::{Judged, Reading, Verdict};
use crate::lexicon::LEXICON;
use crate::{model, suffix};

/// How far around a word that is turned round others are looked for.
const REACH: usize = 256;
/// What an attack in disguise is.
const RULE: &str = "encoded-payload";
/// How sure a finding must be for the text to count as read.
const READ: f64 = 0.5;
/// What is read by so much less does not explain what is found below it.
const MORE: f64 = 0.1;
/// How sure the model must be of decoded text.
const SURE: f64 = 0.85;

/// Words of which attacks have one, whole: text that is turned round or cut in pieces is told by
/// them.
const WORDS: &[&str] = &[
    "ignore|ignoring|disregard|forget|override|bypass|instruction|instructions|previous|prior|system|prompt|prompts|rules|reveal|guidelines|restrictions|pretend|jailbreak|unrestricted|unfiltered|confidential|developer|commands|directives|everything|password|secret|above|repeat|repeating|answer|questions|restriction|conversation|respond|refuse|refuses|moral|ethical|limits|filters|hidden|initial|earlier|following|safety|uncensored|assistant",
    "ignoriere|ignorieren|vergiss|vergesse|missachte|anweisung|anweisungen|vorherigen|bisherigen|regeln|systemprompt|verrate|zeige",
    "ignorez|oublie|oubliez|precedentes|consignes|regles|revele|revelez|affiche|systeme",
    "ignora|olvida|instrucciones|anteriores|previas|reglas|revela|muestra|sistema",
    "dimentica|istruzioni|precedenti|regole|rivela|mostra|esqueca|instrucoes|regras|revele|mostre",
    "negeer|vergeet|instructies|vorige|eerdere|regels|onthul|systeem",
    "zignoruj|zapomnij|instrukcje|poprzednie|wszystkie|polecenia|zasady|ujawnij",
    "yoksay|talimatlari|talimatlar|onceki|kurallari|goster",
    "игнорируй|проигнорируй|забудь|инструкции|предыдущие|правила|покажи|раскрой|системный",
    "忽略|无视|指令|之前|规则|系统|提示|無視|指示|命令|以前|プロンプト|무시|지시|이전|규칙|시스템|프롬프트",
    "تجاهل|التعليمات|السابقة|القواعد|निर्देश|अनदेखा|पिछले|नियम",
];

/// The other words that attacks are made of: each of the lexicon's, alone.
fn others() -> impl Iterator<Item = &'static str> {
    let words = LEXICON
        .iter()
        .flat_map(|(_, words)| words.split(['|', ' ', '*']));
    words.filter(|word| word.chars().all(char::is_alphanumeric))
}

/// What takes disguises off.
pub(crate) fn unveil() -> Result<Unveil, Error> {
    let words = WORDS.iter().flat_map(|words| words.split('|'));
    Unveil::new(words)
        .and_then(|unveil| unveil.knowing(others()))
        .map_err(|error| Error::new(format!("the words by which disguises are told: {error}")))
}

/// What is found below the text.
#[derive(Clone, Debug)]
pub(crate) struct Hidden {
    verdict: Verdict,
    /// How sure it would be in plain words.
    said: f64,
}

/// Everything that is found below the text, in bytes of it, and whether all of its disguises were
/// looked through: whoever piles up many must not hide one behind them unseen.
pub(crate) fn find(
    detector: &Detector,
    unveil: &Unveil,
    folded: &View<'_>,
    judged: &Judged,
    data: bool,
) -> (Vec<Hidden>, bool) {
    let mut search = Search {
        detector,
        data,
        found: Vec::new(),
    };
    search.turned(folded, judged);
    let is_whole = unveil.each(folded, |layer| {
        let reading = Reading {
            data,
            joined: layer.is_joined(),
        };
        let mut verdicts = detector.judge(layer.text(), reading).verdicts;
        for verdict in verdicts.iter_mut().filter(|verdict| is_blurred(verdict)) {
            verdict.span = detector.told(layer.text(), &verdict.span);
        }
        search.keep(verdicts, |span| layer.source(span));
    });
    (search.found, is_whole)
}

struct Search<'a> {
    detector: &'a Detector,
    data: bool,
    found: Vec<Hidden>,
}

impl Search<'_> {
    /// ROT13 and text that runs backwards, in what was written: an encoding inside of another is
    /// not followed.
    fn turned(&mut self, folded: &View<'_>, judged: &Judged) {
        let text = folded.text();
        for stretch in around(text, &judged.turned, REACH) {
            self.through(folded, &decode::rot13(text, stretch));
        }
        for stretch in around(text, &judged.backwards, REACH) {
            self.through(folded, &decode::reversed(text, stretch));
        }
    }

    /// A view of a view: `inner` was made of what `outer` says.
    fn through(&mut self, outer: &View<'_>, inner: &View<'_>) {
        let verdicts = self.detector.judge(inner.text(), self.reading()).verdicts;
        self.keep(verdicts, |span| outer.source(inner.source(span)));
    }

    const fn reading(&self) -> Reading {
        Reading {
            data: self.data,
            joined: false,
        }
    }

    fn keep(&mut self, verdicts: Vec<Verdict>, source: impl Fn(Range<usize>) -> Range<usize>) {
        // What was decoded by mistake is gibberish to the model, and of that it knows nothing.
        let sure = |verdict: &Verdict| verdict.rule != model::RULE || verdict.confidence >= SURE;
        self.found
            .extend(verdicts.into_iter().filter(sure).map(|verdict| {
                let (span, said) = (source(verdict.span.clone()), verdict.confidence);
                let verdict = encoded(Verdict { span, ..verdict });
                Hidden { verdict, said }
            }));
    }
}

/// Whether it tells only that a text is odd, and not where.
fn is_blurred(verdict: &Verdict) -> bool {
    matches!(verdict.rule, model::RULE | suffix::RULE)
}

/// Leaves one of two that tell of the same place. What can be read without decoding was not hidden;
/// but what is only odd as it is written, or says much less, hides the rest.
pub(crate) fn settle(plain: &mut Vec<Verdict>, mut found: Vec<Hidden>) -> Vec<Verdict> {
    found.sort_by_key(|hidden| hidden.verdict.span.start);
    plain.retain(|known| {
        let attack = |hidden: &&Hidden| hidden.verdict.rule == RULE;
        !is_blurred(known) || !near(&found, &known.span).any(|hidden| attack(&hidden))
    });
    plain.sort_by_key(|verdict| verdict.span.start);
    let read: Vec<&Verdict> = plain
        .iter()
        .filter(|known| known.confidence >= READ)
        .collect();
    found.retain(|hidden| {
        let before = read.partition_point(|known| known.span.start < hidden.verdict.span.end);
        let known = before.checked_sub(1).and_then(|last| read.get(last));
        known.is_none_or(|known| {
            known.span.end <= hidden.verdict.span.start || known.confidence + MORE < hidden.said
        })
    });
    found.into_iter().map(|hidden| hidden.verdict).collect()
}

/// Those of few that overlap a span; they are in the order of their starts.
fn near<'a>(found: &'a [Hidden], span: &Range<usize>) -> impl Iterator<Item = &'a Hidden> {
    const FEW: usize = 16;
    let before = found.partition_point(|hidden| hidden.verdict.span.start < span.end);
    let start = span.start;
    let few = found.get(before.saturating_sub(FEW)..before);
    let few = few.unwrap_or_default().iter();
    few.filter(move |hidden| hidden.verdict.span.end > start)
}

/// Hiding it makes it worse: nobody encodes an honest request for an override.
fn encoded(verdict: Verdict) -> Verdict {
    let hidden = verdict.confidence >= READ && verdict.rule != "jailbreak-persona";
    if !hidden {
        return verdict;
    }
    Verdict {
        rule: RULE,
        confidence: verdict.confidence.max(0.92),
        ..verdict
    }
}
