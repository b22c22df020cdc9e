//! At least one value of every entity, in words that surround it. What is between `«` and `»` must
//! be found. The numbers are made up; their check digits are right.

use crate::Entity;

pub(super) const ALL: &[(Entity, &str)] = &[
    (Entity::Email, "write to «ann@example.org» today"),
    (Entity::Phone, "call «+44 20 7946 0958» now"),
    (Entity::CreditCard, "pay «4111 1111 1111 1111» please"),
    (Entity::Iban, "to «DE89 3704 0044 0532 0130 00» please"),
    (Entity::Ssn, "ssn «125-17-4954» of hers"),
    (Entity::Ip, "from «41.173.96.26» and on"),
    (Entity::Mac, "the adapter «00:1A:2B:3C:4D:5E» is up"),
    (Entity::Mac, "the adapter «AA-0B-CC-DD-EE-F1» is up"),
    (Entity::Mac, "the mac «0012.3456.789a» is up"),
    (
        Entity::Crypto,
        "send it to «3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy» or so",
    ),
    (
        Entity::Crypto,
        "or «bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4», soon",
    ),
    (
        Entity::Crypto,
        "or «0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed» then",
    ),
    (
        Entity::PersonName,
        "Hello, my name is «Ann Okafor-Lee», nice to meet you",
    ),
    (
        Entity::PersonName,
        "please ask Dr. «Miriam van der Berg» about it",
    ),
    (Entity::PersonName, "Full name: «José Álvarez»\nNext"),
    (
        Entity::PersonName,
        "see you soon.\nKind regards,\n«Tom Baker»\n",
    ),
    (
        Entity::Address,
        "she lives at «12 Rose Hill Street, Apt. 4, Springfield, IL 62704» now",
    ),
    (
        Entity::Address,
        "livré au «14 rue de la Paix, 75002» Paris, adresse connue de tous les gens ici, et de moi",
    ),
    (
        Entity::Address,
        "wohnhaft «Lindenstraße 7, 10969» Berlin, und zwar seit vielen Jahren, wie wir alle noch wissen",
    ),
    (Entity::Postcode, "the postcode is «SW1A 1AA», I think"),
    (
        Entity::BirthDate,
        "he was born on «12 March 1980» in a town",
    ),
    (
        Entity::BirthDate,
        "she was born on «March 12, 1980» in a town",
    ),
    (Entity::BirthDate, "DOB: «1980-03-12», male"),
    (Entity::BirthDate, "geboren am «3.12.1980» in Bonn"),
    (Entity::Passport, "passport number «X1234567» is lost"),
    (
        Entity::Passport,
        "«AAB123456» es mi número de pasaporte, creo",
    ),
    (Entity::IdCard, "la carta di identità «CA12345AB» è mia"),
    (
        Entity::DriverLicence,
        "my driver's license number is «U62928788557186», I think",
    ),
    (
        Entity::DriverLicence,
        "the licence «MORGA657054SM9IJ» is mine",
    ),
    (Entity::Plate, "the car with plate «AB51 KTY» is gone"),
    (Entity::Plate, "das Kennzeichen ist «B-MX 1234», glaube ich"),
    (
        Entity::BankAccount,
        "my account number is «1234567890», thanks",
    ),
    (Entity::Bic, "the SWIFT code «DEUTDEFF500» belongs to it"),
    (Entity::Vat, "USt-IdNr. «DE136695976» steht da"),
    (Entity::UsItin, "my ITIN is «990-83-0166», or so"),
    (
        Entity::UsRouting,
        "the routing number «021000021» is theirs",
    ),
    (Entity::UsMbi, "the MBI «1EG4-TE5-MK73» is an example"),
    (Entity::UsNpi, "NPI: «1234567893», registered"),
    (Entity::UsDea, "the DEA number «BB1388568» is on file"),
    (Entity::CaSin, "my SIN is «694 280 256», eh"),
    (Entity::UkNhs, "NHS number «287 498 1001», please"),
    (Entity::UkNino, "it is «AA 12 34 56 B», I believe"),
    (Entity::InAadhaar, "Aadhaar: «6949 2837 1197» given"),
    (Entity::InPan, "PAN «IZUHP0262J» of hers"),
    (Entity::InGstin, "GSTIN «18XQOPB2137H2ZA» of the firm"),
    (Entity::InVoter, "the voter id «FPH7570112» is old"),
    (
        Entity::CnId,
        "身份证号«110105197304123718»，谢谢你们大家的帮助，我很高兴认识你们",
    ),
    (Entity::DeTax, "die Steuer-ID «45 086 270 905» stimmt"),
    (Entity::DeTax, "die Steuernummer «181/815/08155» stimmt"),
    (
        Entity::DeRegister,
        "eingetragen im «HRB 99871» beim Amtsgericht, und zwar seit langer Zeit schon, wie man sieht",
    ),
    (Entity::DeLanr, "die LANR «100000601» und so"),
    (Entity::SeOrganisation, "vårt orgnr är «556703-7485», tack"),
    (Entity::SgUen, "the UEN «53125226D» is theirs"),
    (Entity::DeSocial, "RVNR «15 070649 C 103» und so"),
    (Entity::DeHealth, "KVNR «A123456780» und so"),
    (Entity::FrNir, "le NIR «1 92 01 02 260 134 80» est juste"),
    (Entity::EsNif, "el DNI «49786153P» es mío"),
    (Entity::EsNie, "el NIE «Z1205687D» es mío"),
    (
        Entity::ItFiscal,
        "codice fiscale «NRIGSX40A18H501R», grazie",
    ),
    (Entity::BrCpf, "CPF «723.716.094-04», obrigado"),
    (Entity::BrCnpj, "CNPJ «46.984.850/0001-72», obrigado"),
    (Entity::AuTfn, "my TFN is «320 077 551», mate"),
    (Entity::AuAbn, "ABN «60 785 051 102», mate"),
    (Entity::AuAcn, "ACN «995 646 261», mate"),
    (Entity::AuMedicare, "Medicare «2123 45670 1», mate"),
    (Entity::PlPesel, "PESEL «58041590341», proszę"),
    (Entity::SgNric, "NRIC «S1234567D», lah"),
    (Entity::FiHetu, "hetu «020643-6440», kiitos"),
    (Entity::KrRrn, "주민등록번호 «571215-1142782» 입니다"),
    (Entity::KrBrn, "BRN «989-02-61039» is theirs"),
    (Entity::ThTnin, "Thai ID «4 1083 83259 26 5» is hers"),
    (Entity::SePersonnummer, "personnummer «470718-2715», tack"),
    (Entity::NoFnr, "fødselsnummer «16078360171», takk"),
    (Entity::DkCpr, "CPR «241284-6667», tak"),
    (Entity::NlBsn, "mijn BSN is «327653449», dank"),
    (
        Entity::BeNational,
        "rijksregisternummer «91.06.14-415.51», dank",
    ),
    (Entity::PtNif, "o NIF «257144170» é meu"),
    (Entity::ChAhv, "AHV «756.0948.7332.53» ist meine"),
    (Entity::TrTckn, "TC Kimlik No: «56309212378» benim"),
    (Entity::MxCurp, "CURP «RDCY580905HDFSSK02» es mía"),
    (Entity::MxRfc, "RFC «QERE730901SB0» es mío"),
    (Entity::ZaId, "my South African ID is «4306062680183», hey"),
    (Entity::JpMyNumber, "マイナンバーは«7458 1990 1177»です"),
    (Entity::NgNin, "my NIN is «12345678901», thanks"),
    (Entity::IePps, "my PPS is «0867547L», thanks"),
    (Entity::CzBirth, "rodné číslo «981007/9730», děkuji"),
    (Entity::RoCnp, "CNP «2750409271086», mersi"),
    (Entity::HrOib, "OIB «66843753994», hvala"),
    (Entity::ClRut, "RUT «18.317.934-9», gracias"),
    (Entity::ArCuit, "CUIT «20-27533541-0», gracias"),
    (Entity::TwId, "身分證«A123456789»，謝謝大家"),
    (Entity::IlId, "teudat zehut «414522623», toda"),
    (Entity::PhTin, "TIN: «000-123-456-001», salamat"),
];

/// The text without the marks, and what is between them.
pub(super) fn split(sample: &str) -> (String, &str) {
    let text = sample.replace(['«', '»'], "");
    let value = sample
        .split('«')
        .nth(1)
        .and_then(|rest| rest.split('»').next());
    (text, value.unwrap_or_default())
}
