//! What is said, in each language.

use std::sync::Arc;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

use super::Language;

/// The messages of some part of the suite, in each language.
pub struct Texts {
    english: FluentBundle<Arc<FluentResource>>,
    spanish: FluentBundle<Arc<FluentResource>>,
}

/// A file of messages that cannot be read.
#[derive(Debug, thiserror::Error)]
#[error("messages in {language} cannot be read: {why}")]
pub struct TextsProblem {
    language: &'static str,
    why: String,
}

impl Texts {
    /// The messages of these Fluent files.
    ///
    /// # Errors
    /// A file that is not well formed, or that has a message twice.
    pub fn new(english: &str, spanish: &str) -> Result<Self, TextsProblem> {
        Ok(Self {
            english: bundle(Language::English, english)?,
            spanish: bundle(Language::Spanish, spanish)?,
        })
    }

    /// The messages of files that are part of the program, which a test reads ([`faults`](fn@crate::faults)): should one not be well
    /// formed nevertheless, that is logged, and every message is said by its key.
    #[must_use]
    pub fn built_in(english: &str, spanish: &str) -> Self {
        Self::new(english, spanish).unwrap_or_else(|problem| {
            tracing::error!(%problem, "there are no words");
            let nothing = || FluentBundle::new_concurrent(Vec::new());
            Self {
                english: nothing(),
                spanish: nothing(),
            }
        })
    }

    /// What a message says with these values, which stand in it as they are. A message that is missing in the language is
    /// said in English, and one that is missing there, too, by its key: a page with a gap is better than none.
    #[must_use]
    pub fn say(&self, language: Language, key: &str, values: &[(&str, &str)]) -> String {
        let chosen = match language {
            Language::English => &self.english,
            Language::Spanish => &self.spanish,
        };
        let said = [chosen, &self.english]
            .into_iter()
            .find_map(|bundle| said(bundle, key, values));
        said.unwrap_or_else(|| {
            tracing::error!(key, "there is no such message");
            key.to_owned()
        })
    }
}

fn bundle(language: Language, source: &str) -> Result<FluentBundle<Arc<FluentResource>>, TextsProblem> {
    let problem = |why: String| TextsProblem {
        language: language.own_name(),
        why,
    };
    let resource =
        FluentResource::try_new(source.to_owned()).map_err(|(_, errors)| problem(listed(&errors)))?;
    let identifier: LanguageIdentifier = language
        .tag()
        .parse()
        .map_err(|_| problem("its tag is none".to_owned()))?;
    let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
    // Names are free of characters that change the direction of what follows (`muster-text`): nothing has to be isolated.
    bundle.set_use_isolating(false);
    bundle
        .add_resource(Arc::new(resource))
        .map_err(|errors| problem(listed(&errors)))?;
    Ok(bundle)
}

fn listed(errors: &[impl ToString]) -> String {
    let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
    lines.join("; ")
}

fn said(bundle: &FluentBundle<Arc<FluentResource>>, key: &str, values: &[(&str, &str)]) -> Option<String> {
    let pattern = bundle.get_message(key)?.value()?;
    let arguments: FluentArgs<'_> = values.iter().copied().collect();
    let mut errors = Vec::new();
    let said = bundle.format_pattern(pattern, Some(&arguments), &mut errors);
    if !errors.is_empty() {
        tracing::error!(key, ?errors, "a message says values that it was not given");
    }
    Some(said.into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_in_a_message_as_they_are() {
        let texts = Texts::new("a = [{ $name }]", "a = ¡{ $name }!").unwrap();
        for name in ["Ada", "{ $name }", "", "1", "a\nb = c", "<b>&"] {
            let said = |language| texts.say(language, "a", &[("name", name)]);
            assert_eq!(said(Language::English), format!("[{name}]"));
            assert_eq!(said(Language::Spanish), format!("¡{name}!"));
        }
    }

    #[test]
    fn a_message_that_is_missing_is_said_in_english_or_by_its_key() {
        let texts = Texts::new("a = A", "b = B").unwrap();
        assert_eq!(texts.say(Language::Spanish, "a", &[]), "A");
        assert_eq!(texts.say(Language::English, "b", &[]), "b");
    }

    #[test]
    fn a_file_that_is_not_well_formed_is_refused() {
        for (english, spanish) in [("a = { $", ""), ("", "a"), ("a = 1\na = 2", "")] {
            assert!(Texts::new(english, spanish).is_err(), "{english} {spanish}");
            let texts = Texts::built_in(english, spanish);
            assert_eq!(texts.say(Language::Spanish, "a", &[]), "a");
        }
    }
}
