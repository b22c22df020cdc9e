//! The sorts of personal data there are.

use caponier_sdk::{Rule, Severity};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A sort of personal data. Its word is also the id of its rule.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Entity {
    /// An e-mail address.
    Email,
    /// A telephone number, international or of a known national shape.
    Phone,
    /// A payment card number with a known issuer range and a right check digit.
    CreditCard,
    /// An international bank account number with right check digits.
    Iban,
    /// A United States social security number that could have been issued.
    Ssn,
    /// An IP address, version 4 or 6.
    Ip,
}

impl Entity {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::Email,
        Self::Phone,
        Self::CreditCard,
        Self::Iban,
        Self::Ssn,
        Self::Ip,
    ];

    /// The id of its rule.
    pub const fn id(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Phone => "phone",
            Self::CreditCard => "credit-card",
            Self::Iban => "iban",
            Self::Ssn => "ssn",
            Self::Ip => "ip",
        }
    }

    /// What its tokens begin with.
    pub const fn label(self) -> &'static str {
        match self {
            Self::Email => "EMAIL",
            Self::Phone => "PHONE",
            Self::CreditCard => "CARD",
            Self::Iban => "IBAN",
            Self::Ssn => "SSN",
            Self::Ip => "IP",
        }
    }

    /// The entity whose tokens begin with `label`.
    pub fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|entity| entity.label() == label)
    }

    pub(crate) const fn index(self) -> usize {
        self as usize
    }

    /// Its rule. A window counts the match and the words before it that raise confidence.
    pub fn rule(self) -> Rule {
        let (title, severity, window) = match self {
            Self::Email => ("E-mail address", Severity::Medium, 384),
            Self::Phone => ("Telephone number", Severity::Medium, 128),
            Self::CreditCard => ("Payment card number", Severity::High, 128),
            Self::Iban => ("Bank account number (IBAN)", Severity::High, 128),
            Self::Ssn => ("US social security number", Severity::High, 128),
            Self::Ip => ("IP address", Severity::Low, 128),
        };
        Rule::new(self.id(), title)
            .severity(severity)
            .category("LLM02:2025")
            .window(window)
    }
}
