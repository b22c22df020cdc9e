//! Identifiers of Europe and Turkey.

use super::checks::{mostly_digits, shape, varied};
use super::checks_british::{
    ie_pps, uk_girobank, uk_licence, uk_nhs, uk_nino, uk_old_plate, uk_plate, uk_postcode,
};
use super::checks_east::{
    cz_birth, dk_cpr, fi_hetu, hr_oib, no_fnr, pl_pesel, ro_cnp, se_organisation, se_personnummer,
    tr_plate, tr_tckn,
};
use super::checks_west::{
    be_national, ch_ahv, de_document, de_health, de_lanr, de_local_tax, de_register,
    de_season_plate, de_social, de_tax_id, de_vat, de_vat_checked, es_nie, es_nif, fr_nir,
    it_fiscal, it_vat, nl_bsn, pt_nif,
};
use super::shape::{Row, row};
use crate::Entity;

const NHS: &[&str] = &["nhs"];
const NINO: &[&str] = &["nino", "ni", "insurance"];
const LICENCE: &[&str] = &["driving", "driver", "drivers", "licence", "license", "dvla"];
const POSTCODE: &[&str] = &["postcode", "postal", "address"];
const PLATE: &[&str] = &[
    "registration",
    "reg",
    "plate",
    "plates",
    "vehicle",
    "vehicles",
    "vrm",
    "car",
];
const PPS: &[&str] = &["pps", "ppsn"];
const TAX_ID: &[&str] = &["steuer*", "idnr", "tin", "identifikationsnummer"];
const LOCAL_TAX: &[&str] = &["steuernummer", "steuernr", "st", "stnr", "finanzamt"];
const SOCIAL: &[&str] = &[
    "rvnr",
    "sozialversicherung*",
    "rentenversicherung*",
    "sv",
    "svnr",
    "versicherungsnummer",
];
const HEALTH: &[&str] = &[
    "kvnr",
    "krankenversicher*",
    "krankenkasse*",
    "egk",
    "gesundheitskarte",
    "versichertennummer",
];
const DE_CARD: &[&str] = &["ausweis*", "personalausweis*", "perso"];
const DE_PASS: &[&str] = &["reisepass*", "pass", "passnummer", "passport*"];
const DE_LICENCE: &[&str] = &[
    "führerschein*",
    "fahrerlaubnis*",
    "fuehrerschein*",
    "driving",
    "driver",
];
const DE_PLATE: &[&str] = &[
    "kennzeichen",
    "kfz",
    "nummernschild",
    "autokennzeichen",
    "plate",
];
const REGISTER: &[&str] = &["handelsregister*", "amtsgericht", "registergericht"];
const LANR: &[&str] = &["lanr", "arztnummer", "arzt", "kbv"];
const ORGNR: &[&str] = &["organisationsnummer", "orgnr", "orgnummer", "org"];
const PLZ: &[&str] = &["plz", "postleitzahl", "postal", "zip"];
const VAT: &[&str] = &["ust", "umsatzsteuer*", "vat", "idnr", "uid"];
const NIR: &[&str] = &[
    "nir",
    "sécurité",
    "securite",
    "sociale",
    "insee",
    "vitale",
    "ssn",
];
const NIF: &[&str] = &["nif", "dni", "identidad", "fiscal", "tributaria"];
const NIE: &[&str] = &["nie", "extranjero", "extranjeros"];
const ES_PASS: &[&str] = &["pasaporte", "passport"];
const FISCAL: &[&str] = &["codice", "fiscale", "cf", "fiscal"];
const IVA: &[&str] = &["iva", "partita", "p.iva", "piva", "vat"];
const IT_LICENCE: &[&str] = &[
    "patente", "licenza", "license", "licence", "driving", "guida",
];
const IT_CARD: &[&str] = &["identità", "identita", "identity", "cie", "carta"];
const IT_PASS: &[&str] = &["passaporto", "passport"];
const PT: &[&str] = &["nif", "contribuinte", "fiscal"];
const BSN: &[&str] = &["bsn", "burgerservicenummer", "sofinummer", "sofi"];
const BE: &[&str] = &[
    "rijksregister*",
    "national",
    "registre",
    "niss",
    "insz",
    "nrn",
];
const AHV: &[&str] = &["ahv", "avs", "ahvn13", "navs13", "sozialversicherung*"];
const HETU: &[&str] = &["hetu", "henkilötunnus", "personbeteckning", "identity"];
const PNR: &[&str] = &["personnummer*", "pnr", "samordningsnummer", "personal"];
const FNR: &[&str] = &["fødselsnummer", "fodselsnummer", "fnr", "personnummer"];
const CPR: &[&str] = &["cpr", "personnummer"];
const PESEL: &[&str] = &["pesel"];
const RODNE: &[&str] = &["rodné", "rodne", "rč", "rc"];
const CNP: &[&str] = &["cnp", "numeric"];
const OIB: &[&str] = &["oib"];
const TCKN: &[&str] = &["tckn", "tc", "kimlik", "turkish", "t.c"];
const TR_PLATE: &[&str] = &["plaka*", "plate", "araç"];

// One row, one line.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    // United Kingdom and Ireland
    row(Entity::UkNhs, "DDD DDD DDDD", uk_nhs, NHS, [0.12, 0.35, 0.97]),
    row(Entity::UkNino, "AA DD DD DD A", uk_nino, NINO, [0.9, 0.97, 0.99]),
    row(Entity::UkNino, "!AA DDDDDDA", uk_nino, NINO, [0.9, 0.9, 0.98]),
    row(Entity::UkNino, "!AA DDDDDD A", uk_nino, NINO, [0.9, 0.9, 0.98]),
    row(Entity::DriverLicence, "XXXXXDDDDDDXXXAA", uk_licence, LICENCE, [0.9, 0.0, 0.98]).of("GB"),
    row(Entity::DriverLicence, "!XXXXX DDDDDD XXXAA", uk_licence, LICENCE, [0.0, 0.9, 0.98]).of("GB"),
    row(Entity::Postcode, "AD DAA", uk_postcode, POSTCODE, [0.05, 0.5, 0.9]).of("GB"),
    row(Entity::Postcode, "ADD DAA", uk_postcode, POSTCODE, [0.05, 0.6, 0.9]).of("GB"),
    row(Entity::Postcode, "ADA DAA", uk_postcode, POSTCODE, [0.05, 0.7, 0.9]).of("GB"),
    row(Entity::Postcode, "AAD DAA", uk_postcode, POSTCODE, [0.05, 0.7, 0.9]).of("GB"),
    row(Entity::Postcode, "AADD DAA", uk_postcode, POSTCODE, [0.1, 0.7, 0.9]).of("GB"),
    row(Entity::Postcode, "AADA DAA", uk_postcode, POSTCODE, [0.1, 0.75, 0.9]).of("GB"),
    row(Entity::Postcode, "!AAA DAA", uk_postcode, POSTCODE, [0.0, 0.0, 0.3]).of("GB"),
    row(Entity::Postcode, "AAA DAA", uk_girobank, POSTCODE, [0.5, 0.7, 0.9]).of("GB"),
    row(Entity::Plate, "AADD AAA", uk_plate, PLATE, [0.1, 0.55, 0.92]).of("GB"),
    row(Entity::Plate, "ADDD AAA", uk_old_plate, PLATE, [0.05, 0.15, 0.85]).of("GB"),
    row(Entity::Plate, "ADD AAA", uk_old_plate, PLATE, [0.0, 0.1, 0.85]).of("GB"),
    row(Entity::Plate, "AD AAA", uk_old_plate, PLATE, [0.0, 0.1, 0.8]).of("GB"),
    row(Entity::Plate, "AAA DDDA", uk_old_plate, PLATE, [0.05, 0.15, 0.85]).of("GB"),
    row(Entity::Plate, "AAA DDA", uk_old_plate, PLATE, [0.0, 0.1, 0.85]).of("GB"),
    row(Entity::Plate, "AAA DA", uk_old_plate, PLATE, [0.0, 0.1, 0.8]).of("GB"),
    row(Entity::BankAccount, "DDDDDDDD", varied, &["account", "sort", "acc"], [0.0, 0.0, 0.75]).of("GB"),
    row(Entity::IePps, "DDDDDDDA", ie_pps, PPS, [0.2, 0.0, 0.97]),
    row(Entity::IePps, "DDDDDDDAA", ie_pps, PPS, [0.2, 0.0, 0.97]),
    // Germany, Austria, Switzerland
    row(Entity::DeTax, "DD DDD DDD DDD", de_tax_id, TAX_ID, [0.12, 0.8, 0.97]),
    row(Entity::DeTax, "!DDD/DDD/DDDDD", shape, LOCAL_TAX, [0.0, 0.7, 0.95]),
    row(Entity::DeTax, "!DD/DDD/DDDDD", shape, LOCAL_TAX, [0.0, 0.7, 0.95]),
    row(Entity::DeTax, "!DD/DDD/DDDD", shape, LOCAL_TAX, [0.0, 0.3, 0.9]),
    row(Entity::DeTax, "!DD/DDDD/DDDD", shape, LOCAL_TAX, [0.0, 0.4, 0.9]),
    row(Entity::DeTax, "!DDD/DDDD/DDDD", shape, LOCAL_TAX, [0.0, 0.6, 0.95]),
    row(Entity::DeTax, "DDDDDDDDDDDDD", de_local_tax, LOCAL_TAX, [0.0, 0.0, 0.9]),
    row(Entity::DeSocial, "DD DDDDDD A DDD", de_social, SOCIAL, [0.85, 0.97, 0.99]),
    row(Entity::DeHealth, "ADDDDDDDDD", de_health, HEALTH, [0.3, 0.0, 0.98]),
    row(Entity::DeHealth, "ADDD DDD DDD", de_health, HEALTH, [0.3, 0.7, 0.98]),
    row(Entity::IdCard, "XXXXXXXXX", de_document, DE_CARD, [0.0, 0.0, 0.6]).of("DE"),
    row(Entity::IdCard, "XXXXXXXXXD", de_document, DE_CARD, [0.1, 0.0, 0.95]).of("DE"),
    row(Entity::Passport, "AXXXXXXXX", mostly_digits, DE_PASS, [0.0, 0.0, 0.9]).of("DE"),
    row(Entity::Passport, "XXXXXXXXXD", de_document, DE_PASS, [0.0, 0.0, 0.95]).of("DE"),
    row(Entity::DriverLicence, "XXXDDDDDXXX", mostly_digits, DE_LICENCE, [0.0, 0.0, 0.9]).of("DE"),
    row(Entity::Plate, "!A AA D", shape, DE_PLATE, [0.0, 0.05, 0.85]).of("DE").upto(7),
    row(Entity::Plate, "!A A DD", shape, DE_PLATE, [0.0, 0.05, 0.85]).of("DE").upto(6),
    row(Entity::Plate, "!AA A DD", shape, DE_PLATE, [0.0, 0.1, 0.85]).of("DE").upto(7),
    row(Entity::Plate, "!AA AA D", shape, DE_PLATE, [0.0, 0.2, 0.9]).of("DE").upto(8),
    row(Entity::Plate, "!AAA A DD", shape, DE_PLATE, [0.0, 0.2, 0.9]).of("DE").upto(8),
    row(Entity::Plate, "!AAA AA DD", shape, DE_PLATE, [0.0, 0.2, 0.9]).of("DE").upto(9),
    row(Entity::Plate, "!A-AA DD", shape, DE_PLATE, [0.0, 0.6, 0.95]).of("DE").upto(7),
    row(Entity::Plate, "!AA-A DD", shape, DE_PLATE, [0.0, 0.6, 0.95]).of("DE").upto(7),
    row(Entity::Plate, "!AA-AA DD", shape, DE_PLATE, [0.0, 0.7, 0.95]).of("DE").upto(8),
    row(Entity::Plate, "!AAA-A DD", shape, DE_PLATE, [0.0, 0.6, 0.95]).of("DE").upto(8),
    row(Entity::Plate, "!A AA DDA", de_season_plate, DE_PLATE, [0.0, 0.1, 0.85]).of("DE"),
    row(Entity::Plate, "!A AA DDDA", de_season_plate, DE_PLATE, [0.0, 0.1, 0.85]).of("DE"),
    row(Entity::Plate, "!AA AA DDA", de_season_plate, DE_PLATE, [0.0, 0.2, 0.9]).of("DE"),
    row(Entity::Plate, "!AA-AA DDA", de_season_plate, DE_PLATE, [0.0, 0.6, 0.95]).of("DE"),
    row(Entity::DeRegister, "AAA D", de_register, REGISTER, [0.4, 0.8, 0.95]).upto(9),
    row(Entity::DeLanr, "DDDDDDDDD", de_lanr, LANR, [0.06, 0.0, 0.95]),
    row(Entity::Postcode, "DDDDD", shape, PLZ, [0.0, 0.0, 0.9]).of("DE"),
    row(Entity::Postcode, "DDDD", shape, PLZ, [0.0, 0.0, 0.8]).of("AT"),
    row(Entity::Vat, "AA DDD DDD DDD", de_vat_checked, VAT, [0.9, 0.97, 0.98]).of("DE"),
    row(Entity::Vat, "AADDDDDDDDD", de_vat, VAT, [0.15, 0.0, 0.9]).of("DE"),
    row(Entity::Vat, "!AA DDDDDDDDD", de_vat, VAT, [0.0, 0.3, 0.9]).of("DE"),
    row(Entity::Vat, "!AA.DDD.DDD.DDD", de_vat, VAT, [0.0, 0.3, 0.9]).of("DE"),
    row(Entity::ChAhv, "DDD.DDDD.DDDD.DD", ch_ahv, AHV, [0.8, 0.98, 0.99]),
    row(Entity::BankAccount, "DDDDDDD", varied, &["kontonummer", "konto*", "kto"], [0.0, 0.0, 0.8]).of("DE").upto(10),
    // France, Belgium, Netherlands
    row(Entity::FrNir, "DDDDDXXDDDDDDDD", fr_nir, NIR, [0.9, 0.97, 0.99]),
    row(Entity::FrNir, "!D DD DD XX DDD DDD DD", fr_nir, NIR, [0.0, 0.98, 0.99]),
    row(Entity::FrNir, "!DDDDDXXDDDDDD DD", fr_nir, NIR, [0.0, 0.97, 0.99]),
    row(Entity::Passport, "DDAADDDDD", shape, &["passeport", "passport"], [0.0, 0.0, 0.95]).of("FR"),
    row(Entity::IdCard, "DDDDDDDDDDDD", varied, &["cni", "identité", "identite"], [0.0, 0.0, 0.85]).of("FR"),
    row(Entity::Postcode, "DDDDD", shape, &["cp", "postal"], [0.0, 0.0, 0.85]).of("FR"),
    row(Entity::BeNational, "DD.DD.DD-DDD.DD", be_national, BE, [0.45, 0.98, 0.99]),
    row(Entity::NlBsn, "DDDDDDDDD", nl_bsn, BSN, [0.1, 0.0, 0.97]),
    row(Entity::NlBsn, "!DDDD.DD.DDD", nl_bsn, BSN, [0.0, 0.8, 0.97]),
    row(Entity::Postcode, "DDDD AA", shape, &["postcode", "zip", "adres"], [0.0, 0.1, 0.9]).of("NL"),
    // Spain, Portugal, Italy
    row(Entity::EsNif, "DDDDDDDD-A", es_nif, NIF, [0.85, 0.9, 0.99]),
    row(Entity::EsNif, "DD.DDD.DDD-A", es_nif, NIF, [0.85, 0.97, 0.99]),
    row(Entity::EsNif, "DDDDDDD-A", es_nif, NIF, [0.4, 0.5, 0.97]),
    row(Entity::EsNie, "ADDDDDDD-A", es_nie, NIE, [0.92, 0.95, 0.99]),
    row(Entity::EsNie, "!A-DDDDDDD-A", es_nie, NIE, [0.0, 0.95, 0.99]),
    row(Entity::Passport, "AAADDDDDD", shape, ES_PASS, [0.0, 0.0, 0.95]).of("ES"),
    row(Entity::PtNif, "DDD DDD DDD", pt_nif, PT, [0.1, 0.2, 0.97]),
    row(Entity::ItFiscal, "AAAAAAXXAXXAXXXA", it_fiscal, FISCAL, [0.98, 0.0, 0.99]),
    row(Entity::Vat, "DDDDDDDDDDD", it_vat, IVA, [0.35, 0.0, 0.97]).of("IT"),
    row(Entity::Vat, "AADDDDDDDDDDD", it_vat, IVA, [0.6, 0.0, 0.97]).of("IT"),
    row(Entity::DriverLicence, "AADDDDDDDA", shape, IT_LICENCE, [0.1, 0.0, 0.92]).of("IT"),
    row(Entity::DriverLicence, "ADXXXXXXXA", mostly_digits, IT_LICENCE, [0.0, 0.0, 0.85]).of("IT"),
    row(Entity::IdCard, "AADDDDDAA", shape, IT_CARD, [0.1, 0.0, 0.93]).of("IT"),
    row(Entity::IdCard, "AADDDDDDD", shape, IT_CARD, [0.0, 0.0, 0.9]).of("IT"),
    row(Entity::Passport, "AADDDDDDD", shape, IT_PASS, [0.0, 0.0, 0.93]).of("IT"),
    // Nordic countries
    row(Entity::FiHetu, "!DDDDDD-DDDX", fi_hetu, HETU, [0.0, 0.97, 0.99]),
    row(Entity::FiHetu, "!DDDDDD+DDDX", fi_hetu, HETU, [0.0, 0.97, 0.99]),
    row(Entity::FiHetu, "DDDDDDADDDX", fi_hetu, HETU, [0.9, 0.0, 0.99]),
    row(Entity::SePersonnummer, "DDDDDD-DDDD", se_personnummer, PNR, [0.3, 0.9, 0.98]),
    row(Entity::SePersonnummer, "!DDDDDD+DDDD", se_personnummer, PNR, [0.0, 0.9, 0.98]),
    row(Entity::SePersonnummer, "DDDDDDDD-DDDD", se_personnummer, PNR, [0.7, 0.95, 0.99]),
    row(Entity::SeOrganisation, "DDDDDD-DDDD", se_organisation, ORGNR, [0.0, 0.5, 0.95]),
    row(Entity::NoFnr, "DDDDDD DDDDD", no_fnr, FNR, [0.5, 0.8, 0.98]),
    row(Entity::DkCpr, "DDDDDD-DDDD", dk_cpr, CPR, [0.0, 0.5, 0.95]),
    // Eastern Europe and Turkey
    row(Entity::PlPesel, "DDDDDDDDDDD", pl_pesel, PESEL, [0.5, 0.0, 0.99]),
    row(Entity::CzBirth, "DDDDDD/DDDD", cz_birth, RODNE, [0.2, 0.97, 0.98]),
    row(Entity::RoCnp, "DDDDDDDDDDDDD", ro_cnp, CNP, [0.7, 0.0, 0.98]),
    row(Entity::HrOib, "DDDDDDDDDDD", hr_oib, OIB, [0.1, 0.0, 0.98]),
    row(Entity::TrTckn, "DDDDDDDDDDD", tr_tckn, TCKN, [0.45, 0.0, 0.98]),
    row(Entity::Plate, "!DD A DD", tr_plate, TR_PLATE, [0.0, 0.1, 0.9]).of("TR").upto(6),
    row(Entity::Plate, "!DD AA DD", tr_plate, TR_PLATE, [0.0, 0.1, 0.9]).of("TR"),
    row(Entity::Plate, "!DD A DDDD", tr_plate, TR_PLATE, [0.0, 0.3, 0.92]).of("TR").upto(8),
    row(Entity::Plate, "!DD AA DDD", tr_plate, TR_PLATE, [0.0, 0.3, 0.92]).of("TR").upto(8),
    row(Entity::Plate, "!DD AAA DD", tr_plate, TR_PLATE, [0.0, 0.3, 0.92]).of("TR").upto(9),
];
