//! Published sets, where they are at hand: they are not part of the project. The folder is named
//! by `CAPONIER_DATA`.
#![expect(clippy::string_slice, reason = "a test may panic")]

use std::io::Read;
use std::path::PathBuf;

use caponier_sdk::Stage;
use caponier_sdk::testing::{Harness, Input};
use serde_json::Value;

use crate::{Detector, Entity, Pii};

fn rows(name: &str) -> Vec<Value> {
    let folder = std::env::var_os("CAPONIER_DATA").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let Ok(file) = std::fs::File::open(folder.join(name)) else {
        return Vec::new();
    };
    let mut text = String::new();
    flate2::read::GzDecoder::new(file)
        .read_to_string(&mut text)
        .unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn naughty_strings_do_no_harm() {
    for row in rows("blns.jsonl.gz") {
        let text = row["text"].as_str().unwrap();
        let mut harness = Harness::<Pii>::new(r#"{"restore": true, "entities": ["all"]}"#).unwrap();
        let outcome = harness.prompt(text).unwrap();
        outcome.applied(0, text);
        harness
            .inspect(Stage::Output, &[Input::assistant(text)])
            .unwrap();
    }
}

/// What the sets call the entities.
const RECOGNIZERS: &[(&str, Entity)] = &[
    ("email", Entity::Email),
    ("phone", Entity::Phone),
    ("tr_phone_number", Entity::Phone),
    ("ph_mobile_number", Entity::Phone),
    ("credit_card", Entity::CreditCard),
    ("iban", Entity::Iban),
    ("us_ssn", Entity::Ssn),
    ("ip", Entity::Ip),
    ("mac", Entity::Mac),
    ("crypto", Entity::Crypto),
    ("aba_routing", Entity::UsRouting),
    ("us_itin", Entity::UsItin),
    ("us_mbi", Entity::UsMbi),
    ("us_npi", Entity::UsNpi),
    ("certificate_number", Entity::UsDea),
    ("us_passport", Entity::Passport),
    ("us_driver_license", Entity::DriverLicence),
    ("us_bank", Entity::BankAccount),
    ("ca_sin", Entity::CaSin),
    ("uk_nhs", Entity::UkNhs),
    ("uk_nino", Entity::UkNino),
    ("uk_passport", Entity::Passport),
    ("uk_driving_licence", Entity::DriverLicence),
    ("uk_postcode", Entity::Postcode),
    ("uk_vehicle_registration", Entity::Plate),
    ("in_aadhaar", Entity::InAadhaar),
    ("in_pan", Entity::InPan),
    ("in_gstin", Entity::InGstin),
    ("in_voter", Entity::InVoter),
    ("in_passport", Entity::Passport),
    ("in_vehicle_registration", Entity::Plate),
    ("de_tax_id", Entity::DeTax),
    ("de_tax_number", Entity::DeTax),
    ("de_social_security", Entity::DeSocial),
    ("de_health_insurance", Entity::DeHealth),
    ("de_passport", Entity::Passport),
    ("de_id_card", Entity::IdCard),
    ("de_fuehrerschein", Entity::DriverLicence),
    ("de_kfz", Entity::Plate),
    ("de_plz", Entity::Postcode),
    ("de_vat_id", Entity::Vat),
    ("es_nif", Entity::EsNif),
    ("es_nie", Entity::EsNie),
    ("es_passport", Entity::Passport),
    ("it_fiscal_code", Entity::ItFiscal),
    ("it_vat_code", Entity::Vat),
    ("it_driver_license", Entity::DriverLicence),
    ("it_identity_card", Entity::IdCard),
    ("it_passport", Entity::Passport),
    ("au_tfn", Entity::AuTfn),
    ("au_abn", Entity::AuAbn),
    ("au_acn", Entity::AuAcn),
    ("au_medicare", Entity::AuMedicare),
    ("pl_pesel", Entity::PlPesel),
    ("sg_fin", Entity::SgNric),
    ("fi_personal_identity_code", Entity::FiHetu),
    ("kr_rrn", Entity::KrRrn),
    ("kr_frn", Entity::KrRrn),
    ("kr_brn", Entity::KrBrn),
    ("kr_driver_license", Entity::DriverLicence),
    ("kr_passport", Entity::Passport),
    ("th_tnin", Entity::ThTnin),
    ("se_personnummer", Entity::SePersonnummer),
    ("tr_national_id", Entity::TrTckn),
    ("tr_license_plate", Entity::Plate),
    ("za_id_number", Entity::ZaId),
    ("ng_nin", Entity::NgNin),
    ("ng_vehicle_registration", Entity::Plate),
    ("ph_tin", Entity::PhTin),
];

/// Prints recall and precision by entity: `cargo test --release -p caponier-plugin-pii published -- --ignored --nocapture`.
#[test]
#[ignore = "it prints figures on sets that are not part of the project"]
fn figures() {
    let names = [
        ("EMAIL_ADDRESS", Entity::Email),
        ("PHONE_NUMBER", Entity::Phone),
        ("CREDIT_CARD", Entity::CreditCard),
        ("IBAN_CODE", Entity::Iban),
        ("US_SSN", Entity::Ssn),
        ("IP_ADDRESS", Entity::Ip),
        ("US_DRIVER_LICENSE", Entity::DriverLicence),
    ];
    let verbose = std::env::var_os("CAPONIER_VERBOSE").is_some();
    let detector = Detector::new(
        &Entity::ALL,
        &Detector::countries()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    );
    for least in [0.05, 0.3, 0.5] {
        for (name, entity) in names {
            let (mut hit, mut missed, mut extra) = (0, 0, 0);
            for row in rows("pii_presidio_synth_even.jsonl.gz") {
                let text = row["text"].as_str().unwrap();
                let byte = |at: u64| {
                    text.char_indices()
                        .nth(usize::try_from(at).unwrap())
                        .map_or(text.len(), |(byte, _)| byte)
                };
                let wanted: Vec<_> = row["meta"]["spans"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .filter(|span| span[0] == name)
                    .map(|span| {
                        (
                            byte(span[1].as_u64().unwrap()),
                            byte(span[2].as_u64().unwrap()),
                        )
                    })
                    .collect();
                let found: Vec<_> = detector
                    .scan(text, 0)
                    .into_iter()
                    .filter(|found| found.entity == entity && found.confidence >= least)
                    .collect();
                for (start, end) in &wanted {
                    if found
                        .iter()
                        .any(|found| found.start <= *start && found.end >= *end)
                    {
                        hit += 1;
                    } else {
                        missed += 1;
                        if verbose && least < 0.1 {
                            println!("missed {name}: «{}»", &text[*start..*end]);
                        }
                    }
                }
                for found in &found {
                    if !wanted
                        .iter()
                        .any(|(start, end)| found.start < *end && *start < found.end)
                    {
                        extra += 1;
                        if verbose && least < 0.1 {
                            println!(
                                "extra {name} {:.2}: {}",
                                found.confidence,
                                &text[found.start..found.end]
                            );
                        }
                    }
                }
            }
            println!("synth ≥{least} {name}: hit {hit} missed {missed} extra {extra}");
        }
        for (name, entity) in RECOGNIZERS {
            let entity = *entity;
            let (mut right, mut missed, mut extra) = (0, 0, 0);
            for row in rows("pii_presidio_recognizers.jsonl.gz") {
                if row["meta"]["recognizer"] != *name {
                    continue;
                }
                let text = row["text"].as_str().unwrap();
                let found = detector
                    .scan(text, 0)
                    .into_iter()
                    .any(|found| found.entity == entity && found.confidence >= least);
                match (row["label"] == 1, found) {
                    (true, false) => missed += 1,
                    (false, true) => extra += 1,
                    _ => right += 1,
                }
                if verbose && least < 0.1 && (row["label"] == 1) != found {
                    println!("{name} label {}: {text:.100}", row["label"]);
                }
            }
            println!("recognizers ≥{least} {name}: right {right} missed {missed} extra {extra}");
        }
    }
}

/// Prints megabytes per second on prose.
#[test]
#[ignore = "it prints a figure of this machine"]
fn speed() {
    let prose = "When they weren't singing about hobbits, they were in the studio until 10 at night, again and again. ".repeat(10_000);
    let mut harness = Harness::<Pii>::new(r#"{"entities": ["all"]}"#).unwrap();
    for _ in 0..3 {
        let start = std::time::Instant::now();
        let outcome = harness.prompt(&prose).unwrap();
        let seconds = start.elapsed().as_secs_f64();
        println!(
            "{} findings, {:.0} MB/s",
            outcome.findings.len(),
            prose.len() as f64 / 1e6 / seconds
        );
    }
}

/// Prints what is found in the project's honest text, where names and numbers are invented too.
#[test]
#[ignore = "it prints what a person must judge"]
fn honest_text() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../tests/eval"));
    let detector = Detector::new(
        &Entity::ALL,
        &Detector::countries()
            .into_iter()
            .map(str::to_owned)
            .collect::<Vec<_>>(),
    );
    for name in ["agent-scaffolding.jsonl", "honest-text.jsonl"] {
        let lines = std::fs::read_to_string(folder.join(name)).unwrap();
        for line in lines.lines() {
            let row: Value = serde_json::from_str(line).unwrap();
            let text = row["text"].as_str().unwrap();
            for found in detector.scan(text, 0) {
                let value = &text[found.start..found.end];
                println!(
                    "{} {:.2} {} «{value}»",
                    row["id"], found.confidence, found.entity
                );
            }
        }
    }
}
