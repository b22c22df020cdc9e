//! Attacks that are written in disguise: it is taken off where it shows, and what is said without it
//! is judged once more.

use std::ops::Range;

use caponier_sdk::Error;
use caponier_sdk::normalise::{Unveil, View, around, decode};

use crate::detector::Detector;
use crate::engine::{Judged, Reading, Verdict};
use crate::lexicon::LEXICON;
use crate::model;

/// How far around a word that is turned round others are looked for.
const REACH: usize = 256;
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

/// Everything that is found below the text, in bytes of it, and whether all of its disguises were
/// looked through: whoever piles up many must not hide one behind them unseen.
pub(crate) fn find(
    detector: &Detector,
    unveil: &Unveil,
    folded: &View<'_>,
    judged: &Judged,
    data: bool,
) -> (Vec<Verdict>, bool) {
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
        let verdicts = detector.judge(layer.text(), reading).verdicts;
        search.keep(verdicts, |span| layer.source(span));
    });
    (search.found, is_whole)
}

struct Search<'a> {
    detector: &'a Detector,
    data: bool,
    found: Vec<Verdict>,
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
                let span = source(verdict.span.clone());
                encoded(Verdict { span, ..verdict })
            }));
    }
}

/// Hiding it makes it worse: nobody encodes an honest request for an override.
fn encoded(verdict: Verdict) -> Verdict {
    let hidden = verdict.confidence >= 0.5 && verdict.rule != "jailbreak-persona";
    if !hidden {
        return verdict;
    }
    Verdict {
        rule: "encoded-payload",
        confidence: verdict.confidence.max(0.92),
        ..verdict
    }
}
