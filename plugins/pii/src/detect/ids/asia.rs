//! Identifiers of Asia, Africa and Oceania.

use super::checks::{shape, varied};
use super::checks_asia::{
    au_abn, au_acn, au_medicare, au_tfn, cn_id, in_aadhaar, in_gstin, in_gstin_checked, in_pan,
    in_plate, in_voter, jp_my_number, kr_brn, kr_licence, kr_passport, kr_rrn, kr_rrn_checked,
    luhn_only, ph_tin, sg_nric, sg_uen, th_tnin, tw_id, za_id,
};
use super::shape::{Row, row};
use crate::Entity;

const AADHAAR: &[&str] = &["aadhaar", "aadhar", "uidai", "uid", "आधार"];
const PAN: &[&str] = &["pan", "income", "tax", "पैन"];
const GSTIN: &[&str] = &["gstin", "gstins", "gst"];
const VOTER: &[&str] = &["voter", "epic", "election", "elector", "vote"];
const IN_PLATE: &[&str] = &["registration", "vehicle", "rto", "plate", "bike", "car"];
const PASSPORT: &[&str] = &["passport", "passports", "travel"];
const CN: &[&str] = &["身份证", "居民", "證號", "id", "resident"];
const MY_NUMBER: &[&str] = &["マイナンバー", "個人番号", "mynumber", "kojin"];
const RRN: &[&str] = &[
    "주민등록",
    "주민번호",
    "외국인등록",
    "rrn",
    "frn",
    "resident",
    "foreigner",
];
const BRN: &[&str] = &["사업자", "brn", "business"];
const KR_LICENCE: &[&str] = &["운전면허", "면허", "license", "licence", "driver"];
const KR_PASSPORT: &[&str] = &["여권", "passport"];
const TNIN: &[&str] = &["เลขประจำตัว", "บัตรประชาชน", "thai", "tnin", "national"];
const NRIC: &[&str] = &["nric", "fin", "singapore"];
const UEN: &[&str] = &["uen", "acra", "entity"];
const TW: &[&str] = &["身分證", "統一編號", "taiwan"];
const IL: &[&str] = &["ת.ז", "תעודת", "זהות", "teudat", "zehut", "israeli"];
const ZA: &[&str] = &["id", "african", "rsa", "identity"];
const NIN: &[&str] = &["nin", "nimc", "nigerian"];
const NG_PLATE: &[&str] = &["plate", "plates", "vehicle", "registration", "car"];
const TFN: &[&str] = &["tfn", "ato"];
const ABN: &[&str] = &["abn", "business"];
const ACN: &[&str] = &["acn", "asic"];
const MEDICARE: &[&str] = &["medicare"];
const TIN: &[&str] = &["tin", "bir", "taxpayer"];

// One row, one line.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // India
    row(Entity::InAadhaar, "DDDD DDDD DDDD", in_aadhaar, AADHAAR, [0.12, 0.85, 0.99]),
    row(Entity::InPan, "AAAAADDDDA", in_pan, PAN, [0.8, 0.0, 0.98]),
    row(Entity::InPan, "AAAAADDDDA", shape, PAN, [0.15, 0.0, 0.6]),
    row(Entity::InGstin, "DDAAAAADDDDAXAX", in_gstin_checked, GSTIN, [0.98, 0.0, 0.99]),
    row(Entity::InGstin, "DDAAAAADDDDAXAX", in_gstin, GSTIN, [0.45, 0.0, 0.85]),
    row(Entity::InVoter, "AAADDDDDDD", in_voter, VOTER, [0.4, 0.0, 0.97]),
    row(Entity::InVoter, "AAADDDDDDD", shape, VOTER, [0.06, 0.0, 0.85]),
    row(Entity::Plate, "AADDADDDD", in_plate, IN_PLATE, [0.4, 0.0, 0.95]).of("IN"),
    row(Entity::Plate, "AADDAADDDD", in_plate, IN_PLATE, [0.5, 0.0, 0.95]).of("IN"),
    row(Entity::Plate, "!AA DD AA DDDD", in_plate, IN_PLATE, [0.0, 0.85, 0.97]).of("IN"),
    row(Entity::Plate, "!AADD AA DDDD", in_plate, IN_PLATE, [0.0, 0.8, 0.97]).of("IN"),
    row(Entity::Plate, "!AA DD A DDDD", in_plate, IN_PLATE, [0.0, 0.8, 0.97]).of("IN"),
    row(Entity::Passport, "ADDDDDDD", shape, PASSPORT, [0.0, 0.0, 0.93]).of("IN"),
    // East Asia
    row(Entity::CnId, "DDDDDDDDDDDDDDDDDX", cn_id, CN, [0.97, 0.97, 0.99]),
    row(Entity::Passport, "ADDDDDDDD", shape, &["护照", "passport", "travel"], [0.0, 0.0, 0.95]).of("CN"),
    row(Entity::Passport, "AADDDDDDD", shape, &["旅券", "パスポート", "passport"], [0.0, 0.0, 0.95]).of("JP"),
    row(Entity::JpMyNumber, "DDDD DDDD DDDD", jp_my_number, MY_NUMBER, [0.1, 0.25, 0.98]),
    row(Entity::KrRrn, "DDDDDD-DDDDDDD", kr_rrn_checked, RRN, [0.6, 0.96, 0.99]),
    row(Entity::KrRrn, "DDDDDD-DDDDDDD", kr_rrn, RRN, [0.12, 0.45, 0.97]),
    row(Entity::KrBrn, "DDD-DD-DDDDD", kr_brn, BRN, [0.1, 0.8, 0.97]),
    row(Entity::DriverLicence, "DD DD DDDDDD DD", kr_licence, KR_LICENCE, [0.05, 0.7, 0.95]).of("KR"),
    row(Entity::Passport, "ADDDADDDD", kr_passport, KR_PASSPORT, [0.1, 0.0, 0.97]).of("KR"),
    row(Entity::Passport, "ADDDDDDDD", kr_passport, KR_PASSPORT, [0.0, 0.0, 0.95]).of("KR"),
    row(Entity::TwId, "ADDDDDDDDD", tw_id, TW, [0.4, 0.0, 0.98]),
    // South-east and west Asia
    row(Entity::ThTnin, "DDDDDDDDDDDDD", th_tnin, TNIN, [0.1, 0.0, 0.98]),
    row(Entity::ThTnin, "!D DDDD DDDDD DD D", th_tnin, TNIN, [0.0, 0.97, 0.99]),
    row(Entity::SgNric, "ADDDDDDDA", sg_nric, NRIC, [0.85, 0.0, 0.99]),
    row(Entity::SgUen, "DDDDDDDDA", shape, UEN, [0.0, 0.0, 0.9]),
    row(Entity::SgUen, "DDDDDDDDDA", shape, UEN, [0.0, 0.0, 0.9]),
    row(Entity::SgUen, "ADDAADDDDA", sg_uen, UEN, [0.1, 0.0, 0.95]),
    row(Entity::PhTin, "DDD-DDD-DDD-DDD", ph_tin, TIN, [0.0, 0.3, 0.95]),
    row(Entity::PhTin, "DDD-DDD-DDD", ph_tin, TIN, [0.0, 0.0, 0.93]),
    row(Entity::IlId, "DDDDDDDDD", luhn_only, IL, [0.08, 0.0, 0.97]),
    // Africa
    row(Entity::ZaId, "DDDDDD DDDD DDD", za_id, ZA, [0.75, 0.95, 0.98]),
    row(Entity::NgNin, "DDDDDDDDDDD", varied, NIN, [0.0, 0.0, 0.9]),
    row(Entity::Plate, "AAA-DDDAA", shape, NG_PLATE, [0.05, 0.5, 0.93]).of("NG"),
    row(Entity::Plate, "!AAA DDDAA", shape, NG_PLATE, [0.05, 0.3, 0.93]).of("NG"),
    // Australia
    row(Entity::AuTfn, "DDD DDD DDD", au_tfn, TFN, [0.12, 0.4, 0.97]),
    row(Entity::AuAbn, "DD DDD DDD DDD", au_abn, ABN, [0.4, 0.92, 0.98]),
    row(Entity::AuAcn, "DDD DDD DDD", au_acn, ACN, [0.08, 0.3, 0.96]),
    row(Entity::AuMedicare, "DDDD DDDDD D", au_medicare, MEDICARE, [0.12, 0.9, 0.97]),
    row(Entity::AuMedicare, "DDDD DDDDD DD", au_medicare, MEDICARE, [0.0, 0.3, 0.9]),
];
