//! What a component says of where it comes from, in the sections that other tools read too.

use wasm_metadata::{AddMetadata, AddMetadataField, Payload};

use crate::{Error, Language};

/// Where a component comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Metadata {
    /// The plugin's name.
    pub name: Option<String>,
    /// Its version.
    pub version: Option<String>,
    /// What it does, in a sentence.
    pub description: Option<String>,
    /// Under which licence: an SPDX expression.
    pub licence: Option<String>,
    /// Where its source is: a URL.
    pub source: Option<String>,
    /// What it was built with: the SDK, compilers, each with its version.
    pub tools: Vec<(String, String)>,
}

impl Metadata {
    /// What a component carries.
    ///
    /// # Errors
    /// Bytes that are no component.
    pub fn read(component: &[u8]) -> Result<Self, Error> {
        let payload =
            Payload::from_binary(component).map_err(|error| Error::Wrap(format!("{error:#}")))?;
        let known = payload.metadata();
        let mut tools = Vec::new();
        for (_, values) in known
            .producers
            .iter()
            .flat_map(|producers| producers.iter())
        {
            for (name, version) in values.iter() {
                tools.push((name.clone(), version.clone()));
            }
        }
        Ok(Self {
            name: known.name.clone(),
            version: known.version.as_ref().map(ToString::to_string),
            description: known.description.as_ref().map(ToString::to_string),
            licence: known.licenses.as_ref().map(ToString::to_string),
            source: known.source.as_ref().map(ToString::to_string),
            tools,
        })
    }
}

/// What a project says of its plugin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Words {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) description: Option<String>,
    pub(crate) licence: Option<String>,
    pub(crate) source: Option<String>,
}

/// The component with its project's words in it. Each is checked: `key` and what is wrong with it.
pub(crate) fn add(
    component: &[u8],
    words: &Words,
    language: Language,
) -> Result<Vec<u8>, (&'static str, String)> {
    fn field<T: std::fmt::Debug + Clone + std::str::FromStr>(
        key: &'static str,
        word: Option<&String>,
    ) -> Result<AddMetadataField<T>, (&'static str, String)>
    where
        T::Err: std::fmt::Display,
    {
        match word.filter(|word| !word.is_empty()) {
            None => Ok(AddMetadataField::Keep),
            Some(word) => match word.parse() {
                Ok(value) => Ok(AddMetadataField::Set(value)),
                Err(error) => Err((key, format!("`{word}`: {error:#}"))),
            },
        }
    }
    let mut metadata = AddMetadata::default();
    metadata.name = AddMetadataField::Set(words.name.clone());
    metadata.version = field("version", Some(&words.version))?;
    metadata.description = field("description", words.description.as_ref())?;
    metadata.licenses = field("licence", words.licence.as_ref())?;
    metadata.source = field("source", words.source.as_ref())?;
    metadata.sdk = vec![(
        format!("caponier-sdk {}", language.title()),
        env!("CARGO_PKG_VERSION").to_owned(),
    )];
    metadata
        .to_wasm(component)
        .map_err(|error| ("", format!("{error:#}")))
}
