//! Finds personal data: e-mail addresses, telephone numbers, payment cards, bank accounts, network and
//! postal addresses, names, dates of birth, documents, and the identifiers of nearly forty countries
//! by their issuers' own checks. It can put a token in a value's place and the value back in the
//! model's answer, where that cannot carry it away.

mod detect;
mod entity;
mod markup;
mod restore;
mod settings;
#[cfg(test)]
mod tests;
mod tokens;

use caponier_sdk::{
    Call, Data, Error, Manifest, Plugin, Report, Rule, Scope, Segment, Severity, Stage,
};
use serde::{Deserialize, Serialize};

pub use detect::{Detector, Match};
pub use entity::Entity;
pub use settings::{Mask, Operator, Restore, Settings};
use tokens::{Table, Tokens};

/// The rule for tokens of this exchange in texts that are not the model's.
const FORGED: &str = "forged-token";

/// The most matches of a note: each takes eleven bytes at least.
const MOST_NOTED: usize = caponier_sdk::MAX_NOTE / 11;

/// What is remembered within an exchange.
#[derive(Default, Serialize, Deserialize)]
struct State {
    table: Table,
    progress: restore::Progress,
}

/// What follows from a text alone.
#[derive(Serialize, Deserialize)]
struct Note {
    found: Vec<Match>,
    /// Whether a token of some exchange may stand in it.
    may_hold_token: bool,
}

/// The plugin.
pub struct Pii {
    detector: Detector,
    settings: Settings,
    /// Allowed values in lower case: whole ones, and endings.
    allowed: (Vec<String>, Vec<String>),
    hash_key: Option<(u64, u64)>,
    operators: [Operator; Entity::ALL.len()],
}

impl Plugin for Pii {
    type Settings = Settings;

    fn manifest(settings: &Settings) -> Manifest {
        let scope = if settings.needs_exchange() {
            Scope::Stage
        } else {
            Scope::Segment
        };
        let description = "Finds personal data, and puts it back where that is safe.";
        let mut manifest = Manifest::new("pii", env!("CARGO_PKG_VERSION"), description)
            .scope(scope)
            .rules(
                settings
                    .entities
                    .iter()
                    .collect::<std::collections::BTreeSet<_>>()
                    .into_iter()
                    .map(|entity| entity.rule()),
            );
        if settings.restore.enabled {
            manifest = manifest.rule(
                Rule::new(
                    FORGED,
                    "Token of this exchange that the model did not write",
                )
                .severity(Severity::High)
                .category("LLM01:2025")
                .window(u32::try_from(restore::WINDOW).unwrap_or(u32::MAX)),
            );
        }
        triggers(settings)
            .into_iter()
            .fold(manifest, |manifest, trigger| match trigger {
                DIGIT => manifest.trigger_class(DIGIT),
                text => manifest.trigger(text),
            })
    }

    fn configure(settings: Settings, _: &Data) -> Result<Self, Error> {
        let known = Detector::countries();
        if let Some(unknown) = settings
            .countries
            .iter()
            .find(|country| !known.contains(&country.as_str()))
        {
            return Err(Error::new(format!(
                "settings.countries: `{unknown}` is none of {}",
                known.join(", ")
            )));
        }
        if settings.entities.is_empty() {
            return Err(
                "settings.entities: it is empty; hint: leave it out to look for everything".into(),
            );
        }
        if let Some(odd) = settings
            .operators
            .keys()
            .find(|entity| !settings.entities.contains(entity))
        {
            return Err(Error::new(format!(
                "settings.operators.{0}: `{0}` is not among the entities",
                odd.id()
            )));
        }
        if settings.hash_key.as_ref().is_some_and(|key| key.len() < 16) {
            return Err(
                "settings.hash_key: it is too short; hint: use at least 16 random characters"
                    .into(),
            );
        }
        if settings
            .allow
            .iter()
            .any(|value| value.trim_start_matches('*').is_empty())
        {
            return Err(
                "settings.allow: a value that allows everything; hint: take `pii` out of the chain"
                    .into(),
            );
        }
        let lower = |value: &String| value.to_lowercase();
        let (endings, whole): (Vec<_>, Vec<_>) = settings
            .allow
            .iter()
            .map(lower)
            .partition(|value| value.starts_with('*'));
        Ok(Self {
            detector: Detector::new(&settings.entities, &settings.countries),
            allowed: (
                whole,
                endings
                    .into_iter()
                    .map(|ending| ending.trim_start_matches('*').to_owned())
                    .collect(),
            ),
            hash_key: settings.hash_key.as_deref().map(tokens::keys_from),
            operators: Entity::ALL.map(|entity| settings.operator_for(entity)),
            settings,
        })
    }

    fn inspect(&self, call: &Call<'_>, report: &mut Report<'_>) -> Result<(), Error> {
        if !self.settings.needs_exchange() {
            for segment in call.segments {
                let found = self.detector.scan(segment.text(), segment.settled());
                self.report(call, segment, found, None, report);
            }
            return Ok(());
        }
        let State {
            mut table,
            mut progress,
        } = call.state::<State>()?;
        let mut tokens = Tokens::new(&mut table, call.context.seed);
        if self.settings.restore.enabled && call.context.stage != Stage::Output {
            for segment in call.segments {
                let may_hold_token = segment
                    .note::<Note>()
                    .is_none_or(|note| note.may_hold_token);
                if may_hold_token {
                    self.find_forged(call, segment, &mut tokens, report);
                }
            }
        }
        for segment in call.segments {
            let note = match segment.note::<Note>() {
                Some(note) => note,
                None => self.look(segment, report),
            };
            self.report(call, segment, note.found, Some(&mut tokens), report);
        }
        let mut changed = tokens.changed;
        if self.settings.restore.enabled && call.context.stage == Stage::Output && !table.is_empty()
        {
            for segment in call.segments {
                let key = call.context.seed;
                let hold = restore::restore(
                    segment,
                    &table,
                    key,
                    &self.settings.restore,
                    &mut progress,
                    report,
                );
                if let Some(hold) = hold {
                    report.hold(segment, hold);
                }
                changed |= segment.is_open();
            }
        }
        if changed {
            report.set_state(&State { table, progress })
        } else {
            Ok(())
        }
    }
}

/// The class of characters that most values have one of.
const DIGIT: &str = "digit";

/// What one of has to be in a text, or there is nothing to do: what a value can be told by, and what a
/// token begins with. None where words alone announce a value.
fn triggers(settings: &Settings) -> Vec<&'static str> {
    let wants = |entity: Entity| settings.entities.contains(&entity);
    let mut triggers = Vec::new();
    if wants(Entity::PersonName) {
        return triggers;
    }
    if settings
        .entities
        .iter()
        .any(|known| *known != Entity::Email)
    {
        triggers.push(DIGIT);
    }
    if wants(Entity::Email) {
        triggers.push("@");
    }
    if wants(Entity::Ip) || wants(Entity::Mac) {
        triggers.extend(COLONS);
    }
    if settings.restore.enabled {
        triggers.push("[");
    }
    triggers
}

/// What addresses of networks have that have no digit: a colon between two hexadecimal letters, or two
/// colons.
#[rustfmt::skip]
const COLONS: [&str; 37] = [
    "::",
    "a:a", "a:b", "a:c", "a:d", "a:e", "a:f", "b:a", "b:b", "b:c", "b:d", "b:e", "b:f",
    "c:a", "c:b", "c:c", "c:d", "c:e", "c:f", "d:a", "d:b", "d:c", "d:d", "d:e", "d:f",
    "e:a", "e:b", "e:c", "e:d", "e:e", "e:f", "f:a", "f:b", "f:c", "f:d", "f:e", "f:f",
];

impl Pii {
    /// Looks for everything in a segment, and notes it for the next time.
    fn look(&self, segment: &Segment, report: &mut Report<'_>) -> Note {
        let text = segment.text();
        let note = Note {
            found: self.detector.scan(text, segment.settled()),
            may_hold_token: restore::may_hold_token(text),
        };
        if note.found.is_empty() && !note.may_hold_token {
            report.clean(segment);
        } else if note.found.len() <= MOST_NOTED {
            report.note(segment, &note);
        }
        note
    }

    /// Reports what was found in a segment.
    fn report(
        &self,
        call: &Call<'_>,
        segment: &Segment,
        found: Vec<Match>,
        mut tokens: Option<&mut Tokens<'_>>,
        report: &mut Report<'_>,
    ) {
        let text = segment.text();
        let hold = if segment.is_open() {
            self.detector.hold(text, segment.settled())
        } else {
            None
        };
        for found in found {
            // What may still grow comes again.
            if hold.is_some_and(|hold| found.end > hold) {
                continue;
            }
            let Some(value) = text.get(found.start..found.end) else {
                continue;
            };
            let mut known = || {
                let tokens = tokens.as_deref_mut();
                tokens.is_some_and(|tokens| tokens.knows(found.entity, value))
            };
            if self.is_allowed(value) || (call.context.stage == Stage::Output && known()) {
                continue;
            }
            let replacement = self.replacement(call, found.entity, value, tokens.as_deref_mut());
            let finding = report
                .finding(found.entity.id(), segment)
                .at(found.start..found.end)
                .confidence(found.confidence);
            if let Some(replacement) = replacement {
                finding.replacement(replacement);
            }
        }
        if let Some(hold) = hold {
            report.hold(segment, hold);
        }
    }

    fn find_forged(
        &self,
        call: &Call<'_>,
        segment: &Segment,
        tokens: &mut Tokens<'_>,
        report: &mut Report<'_>,
    ) {
        for (token, start, end) in restore::forged(segment.text(), call.context.seed) {
            tokens.changed |= tokens.table().forge(&token);
            report.finding(FORGED, segment).at(start..end);
        }
    }

    fn is_allowed(&self, value: &str) -> bool {
        let (whole, endings) = &self.allowed;
        if whole.is_empty() && endings.is_empty() {
            return false;
        }
        let value = value.to_lowercase();
        whole.contains(&value) || endings.iter().any(|ending| value.ends_with(ending))
    }

    /// What to put in a value's place; `None`: what the host puts there.
    fn replacement(
        &self,
        call: &Call<'_>,
        entity: Entity,
        value: &str,
        tokens: Option<&mut Tokens<'_>>,
    ) -> Option<String> {
        match self.operators.get(entity.index())? {
            Operator::Redact => None,
            Operator::Mask(mask) => Some(covered(value, mask)),
            Operator::Hash => {
                let key = self.hash_key.unwrap_or((call.context.seed, 0x6861_7368));
                Some(format!("[{}_{}]", entity.label(), tokens::hash(key, value)))
            }
            // A token in the answer would never be put back.
            Operator::Tokenise if call.context.stage == Stage::Output => None,
            Operator::Tokenise => tokens?.token(entity, value),
        }
    }
}

/// The value with all letters and digits covered but the last.
fn covered(value: &str, mask: &Mask) -> String {
    let total = value
        .chars()
        .filter(|character| character.is_alphanumeric())
        .count();
    // At least half stays covered, however short the value is.
    let cover = total.saturating_sub(mask.keep_last).max(total.div_ceil(2));
    let mut seen = 0;
    value
        .chars()
        .map(|character| {
            if !character.is_alphanumeric() {
                return character;
            }
            seen += 1;
            if seen <= cover { mask.char } else { character }
        })
        .collect()
}

caponier_sdk::export!(Pii);
