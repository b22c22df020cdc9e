//! Identifiers of North and South America.

use super::checks::{mostly_digits, shape, varied};
use super::checks_americas::{
    ar_cuit, br_cnpj, br_cpf, ca_sin, cl_rut, mx_curp, mx_rfc, us_dea, us_itin, us_mbi, us_npi,
    us_routing,
};
use super::shape::{Row, row};
use crate::Entity;

const ITIN: &[&str] = &["itin", "itins", "taxpayer", "tax", "irs", "tin"];
const ROUTING: &[&str] = &["aba", "routing", "rtn", "transit", "fedwire", "ach"];
const MBI: &[&str] = &["mbi", "medicare", "beneficiary"];
const NPI: &[&str] = &["npi", "npis", "provider", "prescriber"];
const DEA: &[&str] = &["dea", "prescriber", "registrant", "certificate"];
const LICENCE: &[&str] = &["driv*+licen*", "dln"];
const ACCOUNT: &[&str] = &["account", "acct", "accounts"];
const ZIP: &[&str] = &["zip", "zipcode", "postal", "postcode"];
const SIN: &[&str] = &["sin", "nas", "insurance", "sociale", "assurance"];
const CPF: &[&str] = &["cpf", "contribuinte", "cadastro"];
const CNPJ: &[&str] = &["cnpj", "empresa"];
const CURP: &[&str] = &["curp", "clave"];
const RFC: &[&str] = &["rfc", "contribuyente"];
const RUT: &[&str] = &["rut", "cédula", "cedula"];
const CUIT: &[&str] = &["cuit", "cuil", "cdi"];

// One row, one line.
#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(Entity::UsItin, "DDD-DD-DDDD", us_itin, ITIN, [0.06, 0.85, 0.97]),
    row(Entity::UsItin, "!DDD-DDDDDD", us_itin, ITIN, [0.0, 0.3, 0.9]),
    row(Entity::UsItin, "!DDDDD-DDDD", us_itin, ITIN, [0.0, 0.1, 0.8]),
    row(Entity::UsRouting, "DDDDDDDDD", us_routing, ROUTING, [0.1, 0.0, 0.97]),
    row(Entity::UsRouting, "!DDDD-DDDD-D", us_routing, ROUTING, [0.0, 0.8, 0.97]),
    row(Entity::UsMbi, "DAXD-AXD-AADD", us_mbi, MBI, [0.7, 0.95, 0.98]),
    row(Entity::UsNpi, "DDDDDDDDDD", us_npi, NPI, [0.1, 0.0, 0.97]),
    row(Entity::UsNpi, "!DDDD DDD DDD", us_npi, NPI, [0.0, 0.3, 0.97]),
    row(Entity::UsDea, "AADDDDDDD", us_dea, DEA, [0.4, 0.0, 0.97]),
    row(Entity::UsDea, "ADDDDDDDD", us_dea, DEA, [0.05, 0.0, 0.9]),
    row(Entity::DriverLicence, "DDDDDDD", varied, LICENCE, [0.0, 0.0, 0.75]).of("US").upto(12),
    row(Entity::DriverLicence, "ADDDDDD", mostly_digits, LICENCE, [0.0, 0.0, 0.85]).of("US").upto(15),
    row(Entity::DriverLicence, "AADDDDDD", mostly_digits, LICENCE, [0.0, 0.0, 0.8]).of("US").upto(9),
    row(Entity::DriverLicence, "!ADDD-DDDD-DDDD", varied, LICENCE, [0.0, 0.0, 0.9]).of("US"),
    row(Entity::DriverLicence, "!ADDD-DDDD-DDDD-DD", varied, LICENCE, [0.0, 0.0, 0.9]).of("US"),
    row(Entity::DriverLicence, "!DDDD-DD-DDDD", varied, LICENCE, [0.0, 0.0, 0.85]).of("US"),
    row(Entity::DriverLicence, "!DDD DDD DDD", varied, LICENCE, [0.0, 0.0, 0.8]).of("US"),
    row(Entity::BankAccount, "DDDDDDDD", varied, ACCOUNT, [0.0, 0.0, 0.7]).of("US").upto(17),
    row(Entity::Postcode, "DDDDD", shape, ZIP, [0.0, 0.0, 0.85]).of("US"),
    row(Entity::Postcode, "DDDDD-DDDD", shape, ZIP, [0.0, 0.3, 0.95]).of("US"),
    row(Entity::CaSin, "DDD DDD DDD", ca_sin, SIN, [0.12, 0.55, 0.97]),
    row(Entity::Postcode, "ADA DAD", shape, ZIP, [0.0, 0.4, 0.9]).of("CA"),
    row(Entity::BrCpf, "DDD.DDD.DDD-DD", br_cpf, CPF, [0.4, 0.98, 0.98]),
    row(Entity::BrCpf, "!DDDDDDDDD-DD", br_cpf, CPF, [0.4, 0.9, 0.98]),
    row(Entity::BrCnpj, "DD.DDD.DDD/DDDD-DD", br_cnpj, CNPJ, [0.4, 0.98, 0.98]),
    row(Entity::BrCnpj, "XX.XXX.XXX/XXXX-DD", br_cnpj, CNPJ, [0.0, 0.95, 0.95]),
    row(Entity::Postcode, "DDDDD-DDD", shape, &["cep", "postal"], [0.0, 0.2, 0.9]).of("BR"),
    row(Entity::MxCurp, "AAAADDDDDDAAAAAAXD", mx_curp, CURP, [0.98, 0.0, 0.99]),
    row(Entity::MxRfc, "AAAADDDDDDXXX", mx_rfc, RFC, [0.9, 0.0, 0.98]),
    row(Entity::ClRut, "DD.DDD.DDD-X", cl_rut, RUT, [0.06, 0.97, 0.98]),
    row(Entity::ClRut, "D.DDD.DDD-X", cl_rut, RUT, [0.0, 0.95, 0.97]),
    row(Entity::ClRut, "!DDDDDDDD-X", cl_rut, RUT, [0.0, 0.5, 0.97]),
    row(Entity::ArCuit, "DD-DDDDDDDD-D", ar_cuit, CUIT, [0.1, 0.95, 0.98]),
];
