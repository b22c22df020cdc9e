//! A checked set of Rego sources with their data.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;
use std::time::Duration;

use caponier_core::Decision;
use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, PolicyLengthConfig, Value};

use crate::actions::Actions;
use crate::evaluator::{CHECK_INTERVAL, Evaluator, Failure, place_of, reason_of};
use crate::input::{Input, Reads};
use crate::{bounded, check, selftest};

/// The policy that is used beside, or instead of, the operator's own.
pub const DEFAULT_POLICY: &str = include_str!("../../../policies/default.rego");

/// What is asked of a policy.
pub(crate) const ENTRY_POINT: &str = "data.caponier.decision";

/// The package that the entry point lives in.
const PACKAGE: &str = "data.caponier";

/// The time one self-test may take: it runs cold, off the request path, on a busy machine.
const SELF_TEST_LIMIT: Duration = Duration::from_secs(2);

/// Generated policies have long lines; the engine's own limits are 1 024 columns and 1 MiB.
const LENGTHS: PolicyLengthConfig = PolicyLengthConfig {
    max_col: NonZeroU32::new(1 << 20).expect("not zero"),
    max_file_bytes: NonZeroUsize::new(16 << 20).expect("not zero"),
    max_lines: NonZeroUsize::new(1 << 20).expect("not zero"),
};

/// One Rego file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// What messages call it.
    pub name: String,
    /// Its text.
    pub text: String,
}

impl Source {
    /// A file by its name and text.
    pub fn new(name: impl Into<String>, text: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            text: text.into(),
        }
    }

    /// The embedded default policy.
    pub fn default_policy() -> Self {
        Self::new("default.rego", DEFAULT_POLICY)
    }
}

/// A line of a policy file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

impl std::fmt::Display for Location {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// Why policies cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// A file that is not Rego.
    #[error("{place}: {why}")]
    Parse {
        /// `file:line:column`.
        place: String,
        /// What is wrong.
        why: String,
    },
    /// A file with brackets so deep that reading it could take the process with it.
    #[error("{at}: brackets are nested deeper than 64")]
    Nesting {
        /// Where it gets too deep.
        at: Location,
    },
    /// Two files of one name: messages could not tell them apart.
    #[error("two policy files are named `{name}`")]
    DuplicateName {
        /// The name.
        name: String,
    },
    /// A call of what is neither a function of the policies nor a builtin.
    #[error(
        "{at}: there is no function `{name}`\n\
         hint: builtins that read a clock, the network, the environment or random numbers are not available; \
         a request's time is `input.context.time`"
    )]
    UnknownFunction {
        /// Where it is called.
        at: Location,
        /// What is called.
        name: String,
    },
    /// Functions that call themselves.
    #[error("{at}: functions may not call themselves: {path}")]
    Recursion {
        /// Where the circle closes.
        at: Location,
        /// The functions on the way.
        path: String,
    },
    /// Nothing that could decide.
    #[error(
        "no policy declares `decision` in package caponier\n\
         hint: leave the default policy in, or add `decision := {{\"action\": \"deny\", …}}`"
    )]
    NoEntryPoint,
    /// Data that is no object, or that a policy's rules stand in the way of.
    #[error("policy data: {why}")]
    Data {
        /// What is wrong.
        why: String,
    },
    /// A word in `limits` that is no answer to a gap.
    #[error("policy data: limits.{key} must be allow, flag or deny")]
    Limit {
        /// The key.
        key: String,
    },
    /// The policies parse and do not work.
    #[error("self-test of phase {phase}: {why}")]
    SelfTest {
        /// The phase.
        phase: &'static str,
        /// What went wrong.
        why: String,
    },
    /// The engine refuses the policies as a whole.
    #[error("{place}: {why}")]
    Engine {
        /// `file:line:column`, or `policies`.
        place: String,
        /// What is wrong.
        why: String,
    },
}

/// How one Rego test went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TestResult {
    /// The rule: `data.caponier_test.test_x`.
    pub name: String,
    /// What is wrong. `None`: it holds.
    pub failure: Option<String>,
}

/// What engines are made from.
pub(crate) struct Parts {
    pub(crate) sources: Vec<Source>,
    pub(crate) actions: Actions,
    data: Value,
    /// What the sources may look at.
    pub(crate) reads: Reads,
    /// The default policy is all there is: see [`Bundle::without_asking`].
    shipped_alone: bool,
    /// How sure a finding must be that a document is dropped for it.
    drop_confidence: f64,
}

impl Parts {
    /// A new engine: parsed anew, so that threads share no counters.
    pub(crate) fn engine(&self) -> Result<Engine, BundleError> {
        let mut engine = Engine::new();
        engine.set_policy_length_config(LENGTHS);
        // A builtin that refuses its operand ends the decision, rather than making a rule that
        // should have denied quietly undefined.
        engine.set_strict_builtin_errors(true);
        // Else `print` writes what was inspected to the standard error.
        engine.set_gather_prints(true);
        bounded::install(&mut engine)?;
        for source in &self.sources {
            check::nesting(source)?;
            engine
                .add_policy(source.name.clone(), source.text.clone())
                .map_err(|error| {
                    let message = error.to_string();
                    BundleError::Parse {
                        place: place_of(&message).unwrap_or_else(|| source.name.clone()),
                        why: reason_of(&message),
                    }
                })?;
        }
        engine
            .add_data(self.data.clone())
            .map_err(|error| BundleError::Data {
                why: reason_of(&error.to_string()),
            })?;
        Ok(engine)
    }
}

/// A checked, immutable set of Rego sources with their data.
#[derive(Clone)]
pub struct Bundle {
    parts: Arc<Parts>,
}

impl Bundle {
    /// Checks policies that stand alone: they must declare `decision` themselves.
    ///
    /// `data` is the whole `data` document. `data.caponier.actions` is put into it from `actions`,
    /// and what is missing of `data.caponier.limits` (`over_limit`, `unrecognized`, `endpoint`,
    /// `opaque.image`, `opaque.audio`, `opaque.file`, `drop_confidence`) is filled in.
    ///
    /// # Errors
    /// The first thing that is wrong, with file and line.
    pub fn compile(
        sources: Vec<Source>,
        actions: Actions,
        data: serde_json::Value,
    ) -> Result<Self, BundleError> {
        let (data, drop_confidence) = complete(Value::from(data), &actions)?;
        let reads = Reads::of(sources.iter().map(|source| source.text.as_str()));
        let shipped_alone = matches!(sources.as_slice(), [source] if source.text == DEFAULT_POLICY);
        let bundle = Self {
            parts: Arc::new(Parts {
                sources,
                actions,
                data,
                reads,
                shipped_alone,
                drop_confidence,
            }),
        };
        bundle.check()?;
        Ok(bundle)
    }

    /// Checks the operator's policies together with the default one, which they extend; if one of
    /// them declares `decision` in package caponier, the default one is left out.
    ///
    /// # Errors
    /// The first thing that is wrong, with file and line.
    pub fn with_default(
        mut sources: Vec<Source>,
        actions: Actions,
        data: serde_json::Value,
    ) -> Result<Self, BundleError> {
        let parts = Parts {
            sources,
            actions: Actions::shipped(),
            data: Value::new_object(),
            reads: Reads::of([]),
            shipped_alone: false,
            drop_confidence: DROP_CONFIDENCE,
        };
        let own = declares_entry_point(&mut parts.engine()?);
        sources = parts.sources;
        if !own {
            sources.insert(0, Source::default_policy());
        }
        Self::compile(sources, actions, data)
    }

    /// A bundle made ready for one thread. To be called when a revision is built, not on a request.
    ///
    /// # Errors
    /// None that [`Bundle::compile`] would not have found.
    pub fn evaluator(&self) -> Result<Evaluator, BundleError> {
        let mut evaluator = Evaluator::new(Arc::clone(&self.parts))?;
        // The engine analyses its policies at the first evaluation: here, not on a request.
        evaluator.set_time_limit(SELF_TEST_LIMIT);
        selftest::run(&mut evaluator)?;
        evaluator.set_time_limit(crate::DEFAULT_TIME_LIMIT);
        Ok(evaluator)
    }

    /// The default policy's answer where nothing has been added to it and the question is a common
    /// one: no faults, no gaps in the coverage, no document that may have to be dropped. What is
    /// left of the policy is the strongest action and the rules that ask for it. A test holds it to
    /// the same answer as the policy's.
    pub fn without_asking(&self, input: &Input<'_>) -> Option<Decision> {
        let is_common =
            self.parts.shipped_alone && input.faults.is_empty() && input.coverage.gaps.is_empty();
        if is_common {
            input.strongest(&self.parts.actions, self.parts.drop_confidence)
        } else {
            None
        }
    }

    /// The `actions:` table.
    pub fn actions(&self) -> &Actions {
        &self.parts.actions
    }

    /// The sources, for digests and for packing.
    pub fn sources(&self) -> &[Source] {
        &self.parts.sources
    }

    /// Runs every rule `test_…` of every package, for an operator's own tests.
    ///
    /// # Errors
    /// None that [`Bundle::compile`] would not have found.
    pub fn run_tests(&self) -> Result<Vec<TestResult>, BundleError> {
        let mut tests = std::collections::BTreeSet::new();
        for module in self.parts.engine()?.get_modules() {
            let package = check::package_of(module);
            let names = check::rule_names(module)
                .into_iter()
                .filter(|name| name.starts_with("test_"));
            tests.extend(names.map(|name| format!("{package}.{name}")));
        }
        let mut evaluator = self.evaluator()?;
        evaluator.set_time_limit(SELF_TEST_LIMIT);
        let results = tests.into_iter().map(|name| {
            let failure = match evaluator.evaluate(Value::new_object(), &name) {
                Ok(Value::Bool(true)) => None,
                Ok(Value::Undefined) => Some("it does not hold".to_owned()),
                Ok(_) => Some("it is not true".to_owned()),
                Err(Failure::Timeout) => Some("it took too long".to_owned()),
                Err(Failure::Eval(message)) => {
                    let place = place_of(&message).unwrap_or_default();
                    Some(format!("{place}: {}", reason_of(&message)))
                }
            };
            TestResult { name, failure }
        });
        Ok(results.collect())
    }

    /// The routes that the policies speak of under `data.caponier.pinned_tools`: pins of a route
    /// that is not there would guard nothing.
    ///
    /// # Errors
    /// If a rule of that name fails or takes too long: the entry point need not have asked for it.
    pub fn pinned_routes(&self) -> Result<Vec<String>, BundleError> {
        let mut engine = self.parts.engine()?;
        if !declares(&mut engine, "pinned_tools") {
            return Ok(Vec::new());
        }
        engine.set_execution_timer_config(ExecutionTimerConfig {
            limit: SELF_TEST_LIMIT,
            check_interval: CHECK_INTERVAL,
        });
        // Each route has a rule of its own, so there is no one rule that could be asked for.
        let found = engine
            .eval_query(format!("{PACKAGE}.pinned_tools"), false)
            .map_err(|error| BundleError::Engine {
                place: place_of(&error.to_string()).unwrap_or_else(|| "policies".to_owned()),
                why: reason_of(&error.to_string()),
            })?;
        let expressions = found.result.iter().flat_map(|result| &result.expressions);
        let pins = expressions.filter_map(|expression| expression.value.as_object().ok());
        let routes = pins.flat_map(|pins| pins.keys());
        let routes = routes.filter_map(|route| route.as_string().ok());
        Ok(routes.map(|route| route.to_string()).collect())
    }

    fn check(&self) -> Result<(), BundleError> {
        let mut names = std::collections::BTreeSet::new();
        for source in &self.parts.sources {
            if !names.insert(source.name.as_str()) {
                return Err(BundleError::DuplicateName {
                    name: source.name.clone(),
                });
            }
        }
        let mut engine = self.parts.engine()?;
        check::check(engine.get_modules())?;
        if !declares_entry_point(&mut engine) {
            return Err(BundleError::NoEntryPoint);
        }
        self.evaluator().map(drop)
    }
}

/// Shows the names of the sources only.
impl std::fmt::Debug for Bundle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names: Vec<&str> = self
            .parts
            .sources
            .iter()
            .map(|source| source.name.as_str())
            .collect();
        f.debug_struct("Bundle")
            .field("sources", &names)
            .finish_non_exhaustive()
    }
}

fn declares_entry_point(engine: &mut Engine) -> bool {
    declares(engine, "decision")
}

/// Whether the package has rules of this name.
fn declares(engine: &mut Engine, rule: &str) -> bool {
    engine
        .get_modules()
        .iter()
        .any(|module| check::package_of(module) == PACKAGE && check::declares(module, rule))
}

/// The default answers to what cannot be inspected.
const LIMITS: &[(&str, &str)] = &[("over_limit", "deny"), ("unrecognized", "flag")];
const OPAQUE: &[(&str, &str)] = &[("image", "allow"), ("audio", "flag"), ("file", "deny")];

/// The confidence from which a poisoned document is dropped.
const DROP_CONFIDENCE: f64 = 0.7;

/// Puts `caponier.actions` and the missing `caponier.limits` into the data document.
/// Answers the document and the confidence from which a document is dropped.
fn complete(mut data: Value, actions: &Actions) -> Result<(Value, f64), BundleError> {
    let caponier = child(&mut data, "caponier", "data")?;
    let object = caponier
        .as_object_mut()
        .map_err(|_| not_an_object("caponier"))?;
    object.insert("actions".into(), actions.to_value());
    let limits = child(caponier, "limits", "caponier")?;
    let unrecognized = fill(limits, LIMITS, "")?;
    // An endpoint that is not known is one more thing that is not recognised.
    fill(limits, &[("endpoint", unrecognized.as_str())], "")?;
    let object = limits
        .as_object_mut()
        .map_err(|_| not_an_object("limits"))?;
    let drop_confidence = object
        .get_or_insert_with("drop_confidence".into(), || DROP_CONFIDENCE.into())
        .as_f64()
        .ok()
        .filter(|number| (0.0..=1.0).contains(number))
        .ok_or_else(|| BundleError::Data {
            why: "limits.drop_confidence must lie between 0 and 1".to_owned(),
        })?;
    fill(child(limits, "opaque", "limits")?, OPAQUE, "opaque.")?;
    Ok((data, drop_confidence))
}

/// Fills in what is missing, checks what is there, and gives the last key's word.
fn fill(
    object: &mut Value,
    defaults: &[(&str, &str)],
    prefix: &str,
) -> Result<String, BundleError> {
    let object = object
        .as_object_mut()
        .map_err(|_| not_an_object("limits"))?;
    let mut last = String::new();
    for (key, default) in defaults {
        let value = object.get_or_insert_with((*key).into(), || (*default).into());
        let word = value
            .as_string()
            .ok()
            .filter(|word| ["allow", "flag", "deny"].contains(&&***word));
        last = word
            .ok_or_else(|| BundleError::Limit {
                key: format!("{prefix}{key}"),
            })?
            .to_string();
    }
    Ok(last)
}

fn child<'a>(parent: &'a mut Value, key: &str, name: &str) -> Result<&'a mut Value, BundleError> {
    let object = parent.as_object_mut().map_err(|_| not_an_object(name))?;
    let value = object.get_or_insert_with(key.into(), Value::new_object);
    if value.as_object().is_err() {
        return Err(not_an_object(key));
    }
    Ok(value)
}

fn not_an_object(name: &str) -> BundleError {
    BundleError::Data {
        why: format!("`{name}` is not an object"),
    }
}
