//! Whether a value is what a schema asks for.

mod keyword;

use crate::json::{Item, Kind};
use crate::number::Decimal;
use crate::schema::{Id, Schema, Schemas, Types};

/// Violations that are told of one value.
const MOST: usize = 8;
/// Schemas within schemas on the way to one judgement.
const DEPTH: u32 = 256;
/// Steps for each value of the text, and for any text.
const STEPS: (u32, u32) = (256, 16_384);

/// What a value breaks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Violation {
    pub(crate) keyword: &'static str,
    /// The node of the value.
    pub(crate) node: u32,
    /// Where it is: names that the schema has, and places; `*` for other names, which are the
    /// text's own.
    pub(crate) path: String,
}

/// What came of it.
#[derive(Debug, Default)]
pub(crate) struct Verdict {
    pub(crate) violations: Vec<Violation>,
    /// It took more steps than a text of this size may: nothing is known.
    pub(crate) exhausted: bool,
}

/// Judges a value.
pub(crate) fn validate(schemas: &Schemas, id: Id, value: Item<'_>) -> Verdict {
    let nodes = value.node().next.saturating_sub(value.index);
    let mut run = Run {
        schemas,
        budget: STEPS.1.saturating_add(nodes.saturating_mul(STEPS.0)),
        depth: 0,
        path: Vec::new(),
        verdict: Verdict::default(),
    };
    run.check(id, value, true);
    run.verdict
}

/// One step on the way to a value.
#[derive(Clone, Copy)]
enum Step<'s> {
    Item(usize),
    Name(&'s str),
    /// A name that the schema does not have.
    Other,
}

struct Run<'s> {
    schemas: &'s Schemas,
    budget: u32,
    depth: u32,
    path: Vec<Step<'s>>,
    verdict: Verdict,
}

impl<'s> Run<'s> {
    /// Whether the value is valid. With `tell` what it breaks is told, all of it; without, the
    /// first thing ends it.
    fn check(&mut self, id: Id, value: Item<'_>, tell: bool) -> bool {
        let schemas = self.schemas;
        let Some(schema) = schemas.list.get(id as usize) else {
            return false;
        };
        if !self.spend(price(schema, value)) || self.depth >= DEPTH {
            self.verdict.exhausted = true;
            return false;
        }
        self.depth += 1;
        let is_valid = self.judge(schema, value, tell);
        self.depth -= 1;
        is_valid
    }

    fn judge(&mut self, schema: &'s Schema, value: Item<'_>, tell: bool) -> bool {
        if schema.is_false {
            return self.broken("false", value, tell);
        }
        if let Some(types) = schema.types
            && !is_of(types, value)
        {
            // What else it asks for is about other types.
            return self.broken("type", value, tell);
        }
        let mut is_valid = true;
        for keyword in &schema.keywords {
            is_valid &= self.keyword(keyword, value, tell);
            if !is_valid && !tell {
                return false;
            }
        }
        is_valid
    }

    fn spend(&mut self, steps: u32) -> bool {
        let left = self.budget.checked_sub(steps);
        self.verdict.exhausted |= left.is_none();
        self.budget = left.unwrap_or(0);
        left.is_some()
    }

    /// Notes that a value breaks a keyword. Always false.
    fn broken(&mut self, keyword: &'static str, value: Item<'_>, tell: bool) -> bool {
        if tell && self.verdict.violations.len() < MOST {
            let mut path = String::new();
            for step in &self.path {
                path.push('/');
                match step {
                    Step::Item(place) => path.push_str(&place.to_string()),
                    Step::Name(name) => path.push_str(&name.replace('~', "~0").replace('/', "~1")),
                    Step::Other => path.push('*'),
                }
            }
            self.verdict.violations.push(Violation {
                keyword,
                node: value.index,
                path,
            });
        }
        false
    }

    /// Judges a value one step further down.
    fn inside(&mut self, step: Step<'s>, id: Id, value: Item<'_>, tell: bool) -> bool {
        self.path.push(step);
        let is_valid = self.check(id, value, tell);
        self.path.pop();
        is_valid
    }
}

/// What it may take to judge a value: what is in a container, and how long a text is.
fn price(schema: &Schema, value: Item<'_>) -> u32 {
    if schema.keywords.is_empty() {
        return 1;
    }
    let size = match value.kind() {
        Kind::Array | Kind::Object => value.size(),
        _ => value.span().len() / 64,
    };
    1 + schema.keywords.len() as u32 + size as u32
}

fn is_of(types: Types, value: Item<'_>) -> bool {
    let bits = match value.kind() {
        Kind::Null => 1,
        Kind::False | Kind::True => 2,
        Kind::String | Kind::Escaped => 8,
        Kind::Array => 16,
        Kind::Object => 32,
        Kind::Number if types.0 & 4 != 0 => 4,
        Kind::Number if types.0 & 64 == 0 => 0,
        Kind::Number => 64 * u8::from(Decimal::new(value.raw()).is_integer()),
    };
    types.0 & bits != 0
}
