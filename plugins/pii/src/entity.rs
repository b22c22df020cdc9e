//! The sorts of personal data there are.

use std::fmt;

use caponier_sdk::scan::bytes;
use caponier_sdk::{Rule, Severity};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Most bytes that decide a match: the words before it, the value, the words after it.
const WINDOW: u32 = 192;

macro_rules! entities {
    ($($(#[$doc:meta])* $name:ident = $id:literal $label:literal $country:literal $title:literal $severity:ident,)+) => {
        /// A sort of personal data. Its word is also the id of its rule.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Entity {
            $($(#[$doc])* $name,)+
        }

        impl Entity {
            /// All of them.
            pub const ALL: [Self; [$($id),+].len()] = [$(Self::$name),+];

            /// The first eight bytes of their labels as numbers.
            const HEADS: [u64; Self::ALL.len()] = [$(head($label)),+];

            const FACTS: &'static [Facts] = &[$(Facts {
                id: $id,
                label: $label,
                country: $country,
                title: $title,
                severity: Severity::$severity,
            }),+];
        }
    };
}

/// The first eight bytes of a label, the first of them lowest.
const fn head(label: &str) -> u64 {
    let (mut head, mut shift, mut rest) = (0, 0, label.as_bytes());
    while let [byte, tail @ ..] = rest {
        if shift < 64 {
            head |= (*byte as u64) << shift;
        }
        (shift, rest) = (shift + 8, tail);
    }
    head
}

/// What is known of an entity.
struct Facts {
    id: &'static str,
    label: &'static str,
    country: &'static str,
    title: &'static str,
    severity: Severity,
}

const UNKNOWN: Facts = Facts {
    id: "",
    label: "",
    country: "",
    title: "",
    severity: Severity::Medium,
};

entities! {
    /// An e-mail address.
    Email = "email" "EMAIL" "" "E-mail address" Medium,
    /// A telephone number, international or of a known national shape.
    Phone = "phone" "PHONE" "" "Telephone number" Medium,
    /// A payment card number with a known issuer range and a right check digit.
    CreditCard = "credit-card" "CARD" "" "Payment card number" High,
    /// An international bank account number with right check digits.
    Iban = "iban" "IBAN" "" "Bank account number (IBAN)" High,
    /// A United States social security number that could have been issued.
    Ssn = "ssn" "SSN" "US" "US social security number" High,
    /// An IP address, version 4 or 6.
    Ip = "ip" "IP" "" "IP address" Low,
    /// A hardware address of 48 bits.
    Mac = "mac" "MAC" "" "Hardware (MAC) address" Low,
    /// A cryptocurrency address with a right checksum.
    Crypto = "crypto-address" "WALLET" "" "Cryptocurrency address" Medium,
    /// A person's name, beside words that say so.
    PersonName = "person-name" "NAME" "" "Person's name" Low,
    /// A postal address: street and number, and what follows.
    Address = "postal-address" "ADDRESS" "" "Postal address" Medium,
    /// A postal code.
    Postcode = "postcode" "POSTCODE" "" "Postal code" Low,
    /// A date beside words that say that somebody was born then.
    BirthDate = "date-of-birth" "BIRTHDATE" "" "Date of birth" Medium,
    /// A passport's number.
    Passport = "passport" "PASSPORT" "" "Passport number" High,
    /// An identity card's number.
    IdCard = "identity-card" "IDCARD" "" "Identity card number" High,
    /// A driving licence's number.
    DriverLicence = "driver-licence" "LICENCE" "" "Driving licence number" High,
    /// A vehicle's number plate.
    Plate = "vehicle-plate" "PLATE" "" "Vehicle registration" Low,
    /// A bank account's number in its national form.
    BankAccount = "bank-account" "ACCOUNT" "" "Bank account number" High,
    /// A bank's identifier (ISO 9362).
    Bic = "bic" "BIC" "" "Bank identifier (BIC)" Low,
    /// A value added tax identifier.
    Vat = "vat-id" "VAT" "" "VAT identifier" Low,
    /// A United States individual taxpayer identification number.
    UsItin = "us-itin" "ITIN" "US" "US taxpayer number (ITIN)" High,
    /// A United States bank routing number.
    UsRouting = "us-routing" "ROUTING" "US" "US bank routing number" Low,
    /// A United States Medicare beneficiary identifier.
    UsMbi = "us-mbi" "MBI" "US" "US Medicare beneficiary identifier" High,
    /// A United States national provider identifier.
    UsNpi = "us-npi" "NPI" "US" "US national provider identifier" Low,
    /// A United States Drug Enforcement Administration registration.
    UsDea = "us-dea" "DEA" "US" "US medical licence (DEA number)" Medium,
    /// A Canadian social insurance number.
    CaSin = "ca-sin" "SIN" "CA" "Canadian social insurance number" High,
    /// A British National Health Service number.
    UkNhs = "uk-nhs" "NHS" "GB" "UK NHS number" High,
    /// A British national insurance number.
    UkNino = "uk-nino" "NINO" "GB" "UK national insurance number" High,
    /// An Indian Aadhaar number.
    InAadhaar = "in-aadhaar" "AADHAAR" "IN" "Indian Aadhaar number" High,
    /// An Indian permanent account number.
    InPan = "in-pan" "PAN" "IN" "Indian permanent account number" High,
    /// An Indian goods and services tax number.
    InGstin = "in-gstin" "GSTIN" "IN" "Indian GST number" Medium,
    /// An Indian voter's identity card.
    InVoter = "in-voter-id" "VOTER" "IN" "Indian voter id (EPIC)" High,
    /// A Chinese resident identity number.
    CnId = "cn-resident-id" "CNID" "CN" "Chinese resident id" High,
    /// A German tax identification number or a local tax number.
    DeTax = "de-tax-id" "STEUERID" "DE" "German tax number" High,
    /// A number in the German company register.
    DeRegister = "de-company-register" "HRNR" "DE" "German company register number" Low,
    /// A German physician's number.
    DeLanr = "de-physician" "LANR" "DE" "German physician's number (LANR)" Low,
    /// A German social insurance number.
    DeSocial = "de-social-security" "RVNR" "DE" "German social insurance number" High,
    /// A German health insurance number.
    DeHealth = "de-health-insurance" "KVNR" "DE" "German health insurance number" High,
    /// A French social security number.
    FrNir = "fr-nir" "NIR" "FR" "French social security number (NIR)" High,
    /// A Spanish tax identity number, of citizens.
    EsNif = "es-nif" "ESNIF" "ES" "Spanish NIF" High,
    /// A Spanish identity number of foreigners.
    EsNie = "es-nie" "NIE" "ES" "Spanish NIE" High,
    /// An Italian fiscal code.
    ItFiscal = "it-fiscal-code" "FISCAL" "IT" "Italian codice fiscale" High,
    /// A Brazilian taxpayer number, of persons.
    BrCpf = "br-cpf" "CPF" "BR" "Brazilian CPF" High,
    /// A Brazilian taxpayer number, of companies.
    BrCnpj = "br-cnpj" "CNPJ" "BR" "Brazilian CNPJ" Low,
    /// An Australian tax file number.
    AuTfn = "au-tfn" "TFN" "AU" "Australian tax file number" High,
    /// An Australian business number.
    AuAbn = "au-abn" "ABN" "AU" "Australian business number" Low,
    /// An Australian company number.
    AuAcn = "au-acn" "ACN" "AU" "Australian company number" Low,
    /// An Australian Medicare number.
    AuMedicare = "au-medicare" "MEDICARE" "AU" "Australian Medicare number" High,
    /// A Polish personal number.
    PlPesel = "pl-pesel" "PESEL" "PL" "Polish PESEL" High,
    /// A Singaporean identity number.
    SgNric = "sg-nric" "NRIC" "SG" "Singapore NRIC or FIN" High,
    /// A Singaporean entity's number.
    SgUen = "sg-uen" "UEN" "SG" "Singapore UEN" Low,
    /// A Finnish personal identity code.
    FiHetu = "fi-hetu" "HETU" "FI" "Finnish personal identity code" High,
    /// A Korean registration number, of residents and foreigners.
    KrRrn = "kr-rrn" "RRN" "KR" "Korean resident registration number" High,
    /// A Korean business registration number.
    KrBrn = "kr-brn" "BRN" "KR" "Korean business registration number" Low,
    /// A Thai national identity number.
    ThTnin = "th-tnin" "TNIN" "TH" "Thai national id" High,
    /// A Swedish personal number.
    SePersonnummer = "se-personnummer" "PNR" "SE" "Swedish personal number" High,
    /// A Swedish organisation's number.
    SeOrganisation = "se-organisation" "ORGNR" "SE" "Swedish organisation number" Low,
    /// A Norwegian birth number.
    NoFnr = "no-fnr" "FNR" "NO" "Norwegian birth number" High,
    /// A Danish personal number.
    DkCpr = "dk-cpr" "CPR" "DK" "Danish CPR number" High,
    /// A Dutch citizen service number.
    NlBsn = "nl-bsn" "BSN" "NL" "Dutch citizen service number" High,
    /// A Belgian national register number.
    BeNational = "be-national-number" "BENN" "BE" "Belgian national register number" High,
    /// A Portuguese taxpayer number.
    PtNif = "pt-nif" "PTNIF" "PT" "Portuguese NIF" High,
    /// A Swiss social security number.
    ChAhv = "ch-ahv" "AHV" "CH" "Swiss AHV number" High,
    /// A Turkish identity number.
    TrTckn = "tr-tckn" "TCKN" "TR" "Turkish identity number" High,
    /// A Mexican population register code.
    MxCurp = "mx-curp" "CURP" "MX" "Mexican CURP" High,
    /// A Mexican taxpayer code.
    MxRfc = "mx-rfc" "RFC" "MX" "Mexican RFC" High,
    /// A South African identity number.
    ZaId = "za-id" "ZAID" "ZA" "South African identity number" High,
    /// A Japanese individual number.
    JpMyNumber = "jp-my-number" "MYNUMBER" "JP" "Japanese My Number" High,
    /// A Nigerian national identification number.
    NgNin = "ng-nin" "NIN" "NG" "Nigerian NIN" High,
    /// An Irish personal public service number.
    IePps = "ie-pps" "PPS" "IE" "Irish PPS number" High,
    /// A Czech or Slovak birth number.
    CzBirth = "cz-birth-number" "RODNE" "CZ" "Czech or Slovak birth number" High,
    /// A Romanian personal code.
    RoCnp = "ro-cnp" "CNP" "RO" "Romanian CNP" High,
    /// A Croatian personal identification number.
    HrOib = "hr-oib" "OIB" "HR" "Croatian OIB" High,
    /// A Chilean tax and identity number.
    ClRut = "cl-rut" "RUT" "CL" "Chilean RUT" High,
    /// An Argentine tax identification code.
    ArCuit = "ar-cuit" "CUIT" "AR" "Argentine CUIT or CUIL" High,
    /// A Taiwanese national identity number.
    TwId = "tw-id" "TWID" "TW" "Taiwanese identity number" High,
    /// An Israeli identity number.
    IlId = "il-id" "ILID" "IL" "Israeli identity number" High,
    /// A Philippine taxpayer number.
    PhTin = "ph-tin" "TIN" "PH" "Philippine TIN" High,
}

impl Entity {
    /// Whether it is looked for unless the settings say otherwise: all but names, which a word with
    /// a capital after "my name is" or a title is too often not.
    pub fn is_default(self) -> bool {
        self != Self::PersonName
    }

    const fn facts(self) -> &'static Facts {
        // `get` is not const for slices: the pattern cannot fail, and costs nothing.
        match Self::FACTS.split_at_checked(self as usize) {
            Some((_, [facts, ..])) => facts,
            _ => &UNKNOWN,
        }
    }

    /// The id of its rule.
    pub const fn id(self) -> &'static str {
        self.facts().id
    }

    /// What its tokens begin with.
    pub const fn label(self) -> &'static str {
        self.facts().label
    }

    /// The country (ISO 3166) whose it is; empty where it belongs to several.
    pub const fn country(self) -> &'static str {
        self.facts().country
    }

    /// The entity whose tokens begin with `label`.
    pub fn from_label(label: &str) -> Option<Self> {
        let head = bytes::head(label.as_bytes());
        let mut same = Self::HEADS.iter().zip(Self::ALL);
        same.find(|(known, entity)| **known == head && entity.label() == label)
            .map(|(_, entity)| entity)
    }

    /// The entity with this id.
    pub fn from_id(id: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|entity| entity.id() == id)
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// Its rule. A window counts the match and the words around it that raise confidence.
    pub fn rule(self) -> Rule {
        let facts = self.facts();
        let window = if self == Self::Email { 384 } else { WINDOW };
        Rule::new(facts.id, facts.title)
            .severity(facts.severity)
            .category("LLM02:2025")
            .window(window)
    }
}

impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id())
    }
}

/// The id where people read it, the index in the plugin's state.
impl Serialize for Entity {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.serialize_str(self.id())
        } else {
            serializer.serialize_u8(u8::try_from(self.index()).unwrap_or(u8::MAX))
        }
    }
}

impl<'de> Deserialize<'de> for Entity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            let id = std::borrow::Cow::<str>::deserialize(deserializer)?;
            Self::from_id(&id).ok_or_else(|| D::Error::custom(unknown(&id)))
        } else {
            let index = u8::deserialize(deserializer)?;
            let entity = Self::ALL.get(usize::from(index)).copied();
            entity.ok_or_else(|| D::Error::custom("no such entity"))
        }
    }
}

/// What to say where a word is no entity: the ones that are alike. The word itself is not repeated,
/// like no value of a setting.
pub(crate) fn unknown(word: &str) -> String {
    let alike = |id: &&str| {
        id.split('-')
            .any(|part| word.split('-').any(|given| given == part))
            || id.contains(word)
    };
    let near: Vec<&str> = Entity::ALL
        .iter()
        .map(|entity| entity.id())
        .filter(alike)
        .take(6)
        .collect();
    match near.as_slice() {
        [] => "it is no entity; hint: each rule of the plugin is one".to_owned(),
        near => format!("it is no entity; hint: did you mean {}", near.join(", ")),
    }
}

impl JsonSchema for Entity {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Entity".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let ids = Self::ALL.map(Self::id).to_vec();
        json_schema!({
            "type": "string",
            "description": "A sort of personal data. Its word is also the id of its rule.",
            "enum": ids,
        })
    }
}
