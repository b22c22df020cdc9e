//! Fields that every format reads alike.

use caponier_core::{GapKind, Kind, Role, Stage};

use crate::json::{Type, Value};
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::words::{is_token, is_word, shown};
use crate::{Malformed, Problem};

/// Where what a value says goes: the segments of a body, or those of a stream's event.
pub(crate) trait Fields {
    /// Something that is not text, or is not known.
    fn note(&mut self, kind: GapKind, place: &Place<'_>);

    /// A string that is a segment by itself.
    fn whole(&mut self, value: Value<'_>, label: &Label<'_>) -> Result<(), Malformed>;

    /// Notes the fields that hold text and are not among those read, or a text in their place.
    fn rest(&mut self, value: Value<'_>, place: &Place<'_>, read: &[&str]) {
        if value.kind() != Type::Object && value.any_string(|text| !is_token(text)) {
            self.note(GapKind::Unrecognized, place);
        }
        for (key, field) in value.members() {
            let Some(key) = key.string() else { continue };
            let says_text = || !is_token(&key) || field.any_string(|text| !is_token(text));
            if !read.contains(&&*key) && says_text() {
                self.note(GapKind::Unrecognized, &place.key(shown(&key)));
            }
        }
    }

    /// A string that should be a token. What is not is noted.
    fn token(
        &mut self,
        value: Option<Value<'_>>,
        place: &Place<'_>,
    ) -> Result<Option<String>, Malformed> {
        let Some(value) = value.filter(|value| !value.is_null()) else {
            return Ok(None);
        };
        let text = value
            .string()
            .ok_or_else(|| value.refuse(place, Problem::Type("a string")))?;
        if !is_token(&text) {
            self.note(GapKind::Unrecognized, place);
        }
        Ok(Some(text.into_owned()))
    }

    /// The string of a field that has to be there, as a segment.
    fn required(
        &mut self,
        value: Value<'_>,
        key: &'static str,
        place: &Place<'_>,
        label: &Label<'_>,
    ) -> Result<(), Malformed> {
        let text = value
            .get(key)
            .ok_or_else(|| value.refuse(place, Problem::Missing(key)))?;
        if text.kind() != Type::String {
            return Err(text.refuse(&place.key(key), Problem::Type("a string")));
        }
        self.whole(text, label)
    }

    /// Every string of a value that is not a mere word, as a segment, and keys that are not tokens
    /// as a gap.
    fn texts(
        &mut self,
        value: Value<'_>,
        place: &Place<'_>,
        label: &Label<'_>,
    ) -> Result<(), Malformed> {
        self.each(value, place, label, |text| !is_word(text))
    }

    /// Every string of a value, keys that are not tokens as a gap.
    fn strings(
        &mut self,
        value: Value<'_>,
        place: &Place<'_>,
        label: &Label<'_>,
    ) -> Result<(), Malformed> {
        self.each(value, place, label, |_| true)
    }

    /// Every string of a value that is a text, keys that are not tokens as a gap.
    fn each(
        &mut self,
        value: Value<'_>,
        place: &Place<'_>,
        label: &Label<'_>,
        is_text: fn(&str) -> bool,
    ) -> Result<(), Malformed> {
        match value.kind() {
            Type::String if value.string().is_some_and(|text| is_text(&text)) => {
                self.whole(value, label)
            }
            Type::Array => value
                .items()
                .try_for_each(|item| self.each(item, place, label, is_text)),
            Type::Object => value.members().try_for_each(|(key, member)| {
                if key.string().is_some_and(|key| !is_token(&key)) {
                    self.note(GapKind::Unrecognized, &place.key("*"));
                }
                self.each(member, place, label, is_text)
            }),
            _ => Ok(()),
        }
    }

    /// Descriptions, and whatever else in a schema is text. Names of properties reach the model
    /// too: those that are not tokens are a gap.
    fn schema(
        &mut self,
        value: Value<'_>,
        place: &Place<'_>,
        label: &Label<'_>,
    ) -> Result<(), Malformed> {
        match value.kind() {
            Type::Array => value
                .items()
                .try_for_each(|item| self.schema(item, place, label)),
            Type::Object => value.members().try_for_each(|(key, member)| {
                let Some(key) = key.string() else {
                    return Ok(());
                };
                if !is_token(&key) {
                    self.note(GapKind::Unrecognized, &place.key("*"));
                }
                if &*key == "description" && member.kind() == Type::String {
                    self.whole(member, label)
                } else {
                    self.schema(member, place, label)
                }
            }),
            _ => self.texts(value, place, label),
        }
    }

    /// Every text of an upstream's error.
    fn error(&mut self, value: Value<'_>) -> Result<(), Malformed> {
        let label = Label::new(Stage::Output, Role::Other, Kind::Other).with("field", "error");
        self.strings(value, &Place::of("error"), &label)
    }

    /// What a service says of something that it keeps: these fields are texts, others are tokens.
    /// Without an id it is an error, of whatever shape.
    fn kept(&mut self, root: Value<'_>, texts: &[&'static str]) -> Result<(), Malformed> {
        if root.get("id").is_none() {
            return self.error(root);
        }
        for field in texts {
            if let Some(value) = root.get(field) {
                let label = Label::new(Stage::Output, Role::Other, Kind::Other);
                self.texts(value, &Place::of(field), &label.with("field", *field))?;
            }
        }
        self.rest(root, &Place::ROOT, texts);
        Ok(())
    }
}

impl Fields for Parts {
    fn note(&mut self, kind: GapKind, place: &Place<'_>) {
        self.gap(kind, place);
    }

    fn whole(&mut self, value: Value<'_>, label: &Label<'_>) -> Result<(), Malformed> {
        self.string(value, label);
        Ok(())
    }
}

/// How what a request offers is labelled: a tool, or a format.
pub(crate) fn offered(name: Option<&str>) -> Label<'_> {
    Label::new(Stage::Prompt, Role::System, Kind::ToolDescription).named(name)
}

/// `true`, `false`, or nothing.
pub(crate) fn flag(value: Value<'_>, place: &Place<'_>) -> Result<bool, Malformed> {
    match value.kind() {
        Type::True => Ok(true),
        Type::False | Type::Null => Ok(false),
        _ => Err(value.refuse(place, Problem::Type("true or false"))),
    }
}
