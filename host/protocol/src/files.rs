//! Files that a request brings along.

use caponier_core::{GapKind, Kind, Role, Stage};

use crate::fields::Fields;
use crate::json::Value;
use crate::parts::{Label, Parts};
use crate::place::Place;
use crate::words::is_token;
use crate::{Malformed, Problem};

impl Parts {
    /// An attached file: a document where its text is there, in a data URL, and a gap where it is
    /// not.
    pub(crate) fn file(
        &mut self,
        file: Value<'_>,
        place: &Place<'_>,
        stage: Stage,
    ) -> Result<(), Malformed> {
        let there = |key| file.get(key).filter(|value| !value.is_null());
        let name = filename(self, file, place, stage)?;
        let label = Label::new(stage, Role::Document, Kind::Document).named(name.as_deref());
        let is_read = there("file_data").is_some_and(|data| self.data_url(data, &label));
        if !is_read || there("file_id").is_some() || there("file_url").is_some() {
            self.gap(GapKind::File, place);
        }
        Ok(())
    }
}

/// The name of a file, if it is a token. If it is a text, it is a segment.
pub(crate) fn filename(
    fields: &mut impl Fields,
    file: Value<'_>,
    place: &Place<'_>,
    stage: Stage,
) -> Result<Option<String>, Malformed> {
    let Some(value) = file.get("filename").filter(|name| !name.is_null()) else {
        return Ok(None);
    };
    let Some(name) = value.string() else {
        return Err(value.refuse(&place.key("filename"), Problem::Type("a string")));
    };
    if is_token(&name) {
        return Ok(Some(name.into_owned()));
    }
    let label = Label::new(stage, Role::Document, Kind::Other).with("field", "filename");
    fields.whole(value, &label)?;
    Ok(None)
}
