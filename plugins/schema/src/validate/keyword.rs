//! One keyword of a schema.

use super::{Run, Step};
use crate::compare::{digest, equal};
use crate::json::{Item, Kind};
use crate::number::Decimal;
use crate::pattern::Pattern;
use crate::schema::{Bound, Id, Items, Keyword, Literal, Object, Size};

/// Values that are compared with one of a schema.
const LITERAL: u32 = 1 << 16;

impl<'s> Run<'s> {
    pub(super) fn keyword(&mut self, keyword: &'s Keyword, value: Item<'_>, tell: bool) -> bool {
        match keyword {
            Keyword::Ref(id) => self.check(*id, value, tell),
            Keyword::AllOf(ids) => {
                let mut is_valid = true;
                for id in ids {
                    is_valid &= self.check(*id, value, tell);
                    if !is_valid && !tell {
                        break;
                    }
                }
                is_valid
            }
            Keyword::AnyOf(ids) => {
                ids.iter().any(|id| self.check(*id, value, false))
                    || self.broken("anyOf", value, tell)
            }
            Keyword::OneOf(ids) => {
                let valid = ids.iter().filter(|id| self.check(**id, value, false));
                valid.take(2).count() == 1 || self.broken("oneOf", value, tell)
            }
            Keyword::Not(id) => !self.check(*id, value, false) || self.broken("not", value, tell),
            Keyword::If {
                test,
                then,
                otherwise,
            } => {
                let next = if self.check(*test, value, false) {
                    then
                } else {
                    otherwise
                };
                next.is_none_or(|id| self.check(id, value, tell))
            }
            Keyword::Const(literal) => {
                self.is_literal(*literal, value) || self.broken("const", value, tell)
            }
            Keyword::Enum(literals) => {
                literals
                    .iter()
                    .any(|literal| self.is_literal(*literal, value))
                    || self.broken("enum", value, tell)
            }
            Keyword::Bound(..) | Keyword::MultipleOf(_) if value.kind() != Kind::Number => true,
            Keyword::Bound(bound, limit) => {
                let number = Decimal::new(value.raw());
                let (holds, name) = match bound {
                    Bound::Minimum => (number >= *limit, "minimum"),
                    Bound::Maximum => (number <= *limit, "maximum"),
                    Bound::ExclusiveMinimum => (number > *limit, "exclusiveMinimum"),
                    Bound::ExclusiveMaximum => (number < *limit, "exclusiveMaximum"),
                };
                holds || self.broken(name, value, tell)
            }
            Keyword::MultipleOf(by) => {
                Decimal::new(value.raw()).is_multiple_of(*by)
                    || self.broken("multipleOf", value, tell)
            }
            Keyword::Size(size, limit) => self.size(*size, *limit as usize, value, tell),
            Keyword::Pattern(pattern) => match value.string() {
                Some(text) => self.is_match(pattern, &text) || self.broken("pattern", value, tell),
                None => true,
            },
            Keyword::Format(format) => {
                value.string().is_none_or(|text| format.holds(&text))
                    || self.broken("format", value, tell)
            }
            Keyword::Items(items) => self.items(items, value, tell),
            Keyword::Contains {
                schema,
                least,
                most,
            } => self.contains(*schema, *least, *most, value, tell),
            Keyword::UniqueItems => {
                self.is_unique(value) || self.broken("uniqueItems", value, tell)
            }
            Keyword::Object(object) => self.object(object, value, tell),
            Keyword::PropertyNames(id) => {
                value.members().all(|(key, _)| self.check(*id, key, false))
                    || self.broken("propertyNames", value, tell)
            }
            Keyword::DependentRequired(needs) => {
                let holds = value.kind() != Kind::Object
                    || needs.iter().all(|(name, others)| {
                        value.get(name).is_none()
                            || others.iter().all(|other| value.get(other).is_some())
                    });
                holds || self.broken("dependentRequired", value, tell)
            }
            Keyword::DependentSchemas(needs) => needs.iter().fold(true, |all, (name, id)| {
                (value.get(name).is_none() || self.check(*id, value, tell)) && all
            }),
        }
    }

    fn is_literal(&self, literal: Literal, value: Item<'_>) -> bool {
        // A schema's own value says how much is compared.
        let is_equal = |literal| equal(literal, value, &mut { LITERAL });
        self.schemas.literal(literal).is_some_and(is_equal)
    }

    fn is_match(&mut self, pattern: &Pattern, text: &str) -> bool {
        // Matching is linear in the text, at the pattern's price.
        let steps = pattern.cost.saturating_mul(1 + text.len() as u32 / 64);
        self.spend(steps) && pattern.is_match(text)
    }

    fn size(&mut self, size: Size, limit: usize, value: Item<'_>, tell: bool) -> bool {
        let (count, is_least, name) = match (size, value.kind()) {
            (Size::MinLength | Size::MaxLength, Kind::String | Kind::Escaped) => {
                let length = value.string().map_or(0, |text| text.chars().count());
                let is_least = size == Size::MinLength;
                (
                    length,
                    is_least,
                    if is_least { "minLength" } else { "maxLength" },
                )
            }
            (Size::MinItems, Kind::Array) => (value.size(), true, "minItems"),
            (Size::MaxItems, Kind::Array) => (value.size(), false, "maxItems"),
            (Size::MinProperties, Kind::Object) => (value.size(), true, "minProperties"),
            (Size::MaxProperties, Kind::Object) => (value.size(), false, "maxProperties"),
            _ => return true,
        };
        let holds = if is_least {
            count >= limit
        } else {
            count <= limit
        };
        holds || self.broken(name, value, tell)
    }

    fn items(&mut self, items: &'s Items, value: Item<'_>, tell: bool) -> bool {
        let mut is_valid = true;
        for (place, item) in value.items().enumerate() {
            let Some(id) = items.first.get(place).copied().or(items.others) else {
                break;
            };
            is_valid &= self.inside(Step::Item(place), id, item, tell);
            if !is_valid && !tell {
                return false;
            }
        }
        is_valid
    }

    fn contains(
        &mut self,
        id: Id,
        least: u32,
        most: Option<u32>,
        value: Item<'_>,
        tell: bool,
    ) -> bool {
        if value.kind() != Kind::Array {
            return true;
        }
        let found = value.items().filter(|item| self.check(id, *item, false));
        let enough = most.map_or(least, |most| most.saturating_add(1));
        let found = found.take(enough as usize).count();
        if found < least as usize {
            return self.broken("contains", value, tell);
        }
        most.is_none_or(|most| found <= most as usize) || self.broken("maxContains", value, tell)
    }

    fn is_unique(&mut self, value: Item<'_>) -> bool {
        if value.size() < 2 || value.kind() != Kind::Array {
            return true;
        }
        if !self.spend(value.size() as u32) {
            return false;
        }
        let mut items: Vec<(u64, u32)> = value
            .items()
            .map(|item| (digest(item), item.index))
            .collect();
        items.sort_unstable();
        for (place, (digest, index)) in items.iter().enumerate() {
            let others = items.iter().skip(place + 1);
            for (_, other) in others.take_while(|(other, _)| other == digest) {
                if equal(value.at(*index), value.at(*other), &mut self.budget) {
                    return false;
                }
                if self.budget == 0 {
                    self.verdict.exhausted = true;
                    return false;
                }
            }
        }
        true
    }

    fn object(&mut self, object: &'s Object, value: Item<'_>, tell: bool) -> bool {
        if value.kind() != Kind::Object {
            return true;
        }
        let mut is_valid = true;
        let mut seen = Seen::new(object.properties.len());
        let mut required = 0;
        for (key, member) in value.members() {
            let name = key.string().unwrap_or_default();
            let found = object
                .properties
                .binary_search_by(|property| property.name.as_str().cmp(&name));
            let mut step = Step::Other;
            let mut is_judged = false;
            if let Ok(place) = found
                && let Some(property) = object.properties.get(place)
            {
                step = Step::Name(&property.name);
                // A key that comes twice is there once.
                if seen.mark(place) && property.is_required {
                    required += 1;
                }
                if let Some(id) = property.schema {
                    is_judged = true;
                    is_valid &= self.inside(step, id, member, tell);
                }
            }
            for (pattern, id) in &object.patterns {
                if self.is_match(pattern, &name) {
                    is_judged = true;
                    is_valid &= self.inside(step, *id, member, tell);
                }
            }
            if let Some(id) = object.others.filter(|_| !is_judged) {
                is_valid &= self.other(id, step, value, member, tell);
            }
            if !is_valid && !tell {
                return false;
            }
        }
        if required < object.required {
            is_valid = self.broken("required", value, tell);
        }
        is_valid
    }

    /// A member that neither `properties` nor `patternProperties` speaks of.
    fn other(
        &mut self,
        id: Id,
        step: Step<'s>,
        object: Item<'_>,
        member: Item<'_>,
        tell: bool,
    ) -> bool {
        let is_none_allowed = self
            .schemas
            .list
            .get(id as usize)
            .is_some_and(|schema| schema.is_false);
        if is_none_allowed {
            let told = self.verdict.violations.last();
            // Once for an object: how many there are says nothing more.
            let is_told = told.is_some_and(|last| {
                last.keyword == "additionalProperties" && last.node == object.index
            });
            return self.broken("additionalProperties", object, tell && !is_told);
        }
        self.inside(step, id, member, tell)
    }
}

/// Which of so many have been seen: the first 64 without memory of their own.
struct Seen {
    few: u64,
    many: Vec<bool>,
}

impl Seen {
    fn new(count: usize) -> Self {
        let many = if count > 64 {
            vec![false; count]
        } else {
            Vec::new()
        };
        Self { few: 0, many }
    }

    /// Whether it is seen for the first time.
    fn mark(&mut self, place: usize) -> bool {
        match self.many.get_mut(place) {
            Some(seen) => !std::mem::replace(seen, true),
            None => {
                let bit = 1_u64 << (place & 63);
                let is_first = self.few & bit == 0;
                self.few |= bit;
                is_first
            }
        }
    }
}
