//! Documents of no one country.

use super::checks::{bic, mostly_digits, shape, varied};
use super::shape::{Row, row};
use crate::Entity;

const PASSPORT: &[&str] = &[
    "passport",
    "passports",
    "travel",
    "passeport",
    "pasaporte",
    "passaporto",
    "paspoort",
    "паспорт",
    "护照",
    "旅券",
    "여권",
];
const CARD: &[&str] = &[
    "identity",
    "identité",
    "identidad",
    "identità",
    "identidade",
    "ausweis*",
    "cédula",
    "cedula",
    "dni",
];
const BIC: &[&str] = &["bic", "swift"];
const LICENCE: &[&str] = &[
    "driv*+licen*",
    "permis",
    "conducir",
    "rijbewijs*",
    "habilitação",
    "jazdy",
    "körkort*",
];
const CODE: &[&str] = &[
    "zip",
    "postal",
    "postcode",
    "plz",
    "postleitzahl",
    "postnummer",
    "psč",
    "cap",
];

// One row, one line.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(Entity::Passport, "AADDDDDDD", shape, PASSPORT, [0.0, 0.0, 0.93]),
    row(Entity::Passport, "ADDDDDD", shape, PASSPORT, [0.0, 0.0, 0.9]).upto(9),
    row(Entity::Passport, "AADDDDDD", shape, PASSPORT, [0.0, 0.0, 0.9]),
    row(Entity::Passport, "DDDDDDDD", varied, PASSPORT, [0.0, 0.0, 0.8]).upto(9),
    row(Entity::IdCard, "DDDDDDDD", varied, CARD, [0.0, 0.0, 0.6]).upto(10),
    row(Entity::IdCard, "AADDDDDD", shape, CARD, [0.0, 0.0, 0.8]).upto(8),
    row(Entity::DriverLicence, "XXXXXX", mostly_digits, LICENCE, [0.0, 0.0, 0.7]).upto(14),
    row(Entity::Bic, "AAAAAAXX", bic, BIC, [0.0, 0.0, 0.95]),
    row(Entity::Bic, "AAAAAAXXXXX", bic, BIC, [0.2, 0.0, 0.97]),
    row(Entity::Postcode, "DDDD", shape, CODE, [0.0, 0.0, 0.75]).upto(6),
    row(Entity::Postcode, "!DDD DD", shape, CODE, [0.0, 0.0, 0.85]),
];
