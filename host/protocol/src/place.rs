//! Where in a body something stands: `messages[2].content[0].type`.

use std::fmt;

/// A place, written out only for whoever is told of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place<'a> {
    above: Option<&'a Place<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    /// The body itself.
    Nowhere,
    Key(&'a str),
    Item(usize),
}

impl<'a> Place<'a> {
    /// The body itself.
    pub(crate) const ROOT: Place<'static> = Place {
        above: None,
        step: Step::Nowhere,
    };

    /// A member of the body.
    pub(crate) const fn of(key: &'a str) -> Self {
        Self {
            above: None,
            step: Step::Key(key),
        }
    }

    /// A member of what is here.
    pub(crate) const fn key(&'a self, key: &'a str) -> Self {
        Self {
            above: Some(self),
            step: Step::Key(key),
        }
    }

    /// An item of what is here.
    pub(crate) const fn item(&'a self, index: usize) -> Self {
        Self {
            above: Some(self),
            step: Step::Item(index),
        }
    }

    fn is_nowhere(&self) -> bool {
        matches!(self.step, Step::Nowhere)
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(above) = self.above {
            above.fmt(f)?;
        }
        match self.step {
            Step::Nowhere => Ok(()),
            Step::Key(key) => {
                if self.above.is_some_and(|above| !above.is_nowhere()) {
                    f.write_str(".")?;
                }
                f.write_str(key)
            }
            Step::Item(index) => write!(f, "[{index}]"),
        }
    }
}

impl From<&Place<'_>> for String {
    fn from(place: &Place<'_>) -> Self {
        place.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_as_one_would_write_it() {
        let messages = Place::of("messages");
        let second = messages.item(2);
        let content = second.key("content");
        assert_eq!(
            content.item(0).key("type").to_string(),
            "messages[2].content[0].type"
        );
        assert_eq!(Place::ROOT.to_string(), "");
        assert_eq!(Place::ROOT.key("model").to_string(), "model");
    }
}
