//! The parameters of an address. They are judged, and cannot be changed: what asks for a change of
//! one is denied.

use caponier_core::{Kind, Role, Stage};

use crate::parts::{Label, Parts};
use crate::words::is_token;
use crate::{Malformed, Problem};

/// Reads `name=value&…`.
pub(super) fn read(parts: &mut Parts, query: &str) -> Result<(), Malformed> {
    let pairs = query.split('&').filter(|pair| !pair.is_empty());
    for pair in pairs {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Some(name), Some(value)) = (decoded(name), decoded(value)) else {
            return Err(Malformed {
                place: "query".to_owned(),
                at: 0,
                problem: Problem::Expected("parameters that are text"),
            });
        };
        let label = Label::new(Stage::Prompt, Role::User, Kind::Query);
        if !is_token(&name) {
            let label = label.clone().with("part", "key");
            parts.fixed(name.clone(), &label);
        }
        let is_number = value.len() < 6 && value.bytes().all(|byte| byte.is_ascii_digit());
        if !is_number {
            let name = if is_token(&name) { &name } else { "*" };
            parts.fixed(value, &label.with("field", name));
        }
    }
    Ok(())
}

/// Without its escapes; `None` where that is no text.
fn decoded(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        out.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(out).ok()
}
