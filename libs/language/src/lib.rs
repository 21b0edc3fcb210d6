//! The languages in which people are spoken to, and what is said to them: pages and mails.
//!
//! What is said stands in Fluent files (`.ftl`), one a language, beside the code that says it; [`Texts`] holds them. Each
//! message is called by its key, with the values that stand in it. A test of whoever has such files asks [`faults`]: every
//! message exists in each language and says the same values; and one of whoever has templates asks [`said`]: they say nothing by themselves.
//!
//! ```
//! use muster_language::{Language, Texts};
//!
//! let texts = Texts::new("hello = Good morning, { $name }.", "hello = Buenos días, { $name }.").unwrap();
//! let language = Language::preferred("de, es-MX;q=0.8, en;q=0.5").unwrap_or_default();
//! assert_eq!(language, Language::Spanish);
//! assert_eq!(texts.say(language, "hello", &[("name", "Ada")]), "Buenos días, Ada.");
//! ```

mod date;
mod faults;
mod preferred;
mod templates;
mod texts;

use std::str::FromStr;

pub use faults::{faults, keys};
pub use templates::{Said, said};
pub use texts::{Texts, TextsProblem};

/// A language in which people are spoken to. English, where nothing else is known.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Spanish.
    Spanish,
}

/// The text is the tag of no language in which people are spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be one of the languages in which people are spoken to: en, es")]
pub struct UnknownLanguage;

impl Language {
    /// All of them, in the order in which they are offered.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// Its tag (BCP 47), as it is stored and sent.
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// What its speakers call it.
    #[must_use]
    pub fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Español",
        }
    }

    /// The language of a tag, whatever region or script it says besides: `es-419` is Spanish.
    #[must_use]
    pub fn of_tag(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next()?;
        let mut known = Self::ALL.into_iter();
        known.find(|language| language.tag().eq_ignore_ascii_case(primary))
    }
}

impl FromStr for Language {
    type Err = UnknownLanguage;

    /// Reads a tag as it is stored and sent: nothing else is taken for it.
    fn from_str(tag: &str) -> Result<Self, UnknownLanguage> {
        let mut known = Self::ALL.into_iter();
        known
            .find(|language| language.tag() == tag)
            .ok_or(UnknownLanguage)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_read_as_it_is_written_and_known_by_any_region() {
        for language in Language::ALL {
            assert_eq!(language.tag().parse(), Ok(language));
            assert_eq!(Language::of_tag(language.tag()), Some(language));
        }
        for tag in ["es-419", "ES", "es-Latn-MX", "es_ES.UTF-8"] {
            assert_eq!(Language::of_tag(tag), Some(Language::Spanish), "{tag}");
            assert_eq!(tag.parse::<Language>(), Err(UnknownLanguage), "{tag}");
        }
        for tag in ["", "de", "est", "e", "*", "-es"] {
            assert_eq!(Language::of_tag(tag), None, "{tag}");
        }
    }
}
