//! What an organization tells its people before it invites them, to copy: in its own name, and in words that fit the mail that
//! follows.

use std::sync::LazyLock;

use muster_language::{Language, Texts};

const ENGLISH: &str = include_str!("../../locales/announcement.en.ftl");
const SPANISH: &str = include_str!("../../locales/announcement.es.ftl");

static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::built_in(ENGLISH, SPANISH));

/// A message to send from one's own mailbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Announcement {
    pub(crate) language: Language,
    pub(crate) subject: String,
    pub(crate) text: String,
}

/// What it is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct About<'a> {
    /// The organization's name.
    pub(crate) organization: &'a str,
    /// Where links lead to.
    pub(crate) site: &'a str,
    /// Where people find their trainings.
    pub(crate) trainings: &'a str,
}

impl Announcement {
    /// The announcement in this language.
    pub(crate) fn of(about: About<'_>, language: Language) -> Self {
        let organization = ("organization", about.organization);
        let mail = TEXTS.say(language, "mail-subject", &[organization]);
        let values = [
            organization,
            ("mail", mail.as_str()),
            ("site", about.site),
            ("trainings", about.trainings),
        ];
        Self {
            language,
            subject: TEXTS.say(language, "subject", &[organization]),
            text: TEXTS.say(language, "text", &values),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_the_same_in_each_language() {
        assert_eq!(muster_language::faults(ENGLISH, SPANISH), Vec::<String>::new());
    }

    #[test]
    fn it_names_what_follows_as_it_is_called_and_leaves_nothing_open() {
        let about = About {
            organization: "Day nursery",
            site: "https://muster.test",
            trainings: "https://muster.test/trainings",
        };
        for (language, subject) in [
            (Language::English, "Day nursery invites you"),
            (Language::Spanish, "Day nursery le invita"),
        ] {
            let said = Announcement::of(about, language);
            assert!(said.subject.starts_with("Day nursery: "), "{}", said.subject);
            for part in [subject, about.site, about.trainings] {
                assert!(said.text.contains(part), "{}", said.text);
            }
            assert!(!said.text.contains(['{', '}', '$', '\u{2068}']), "{}", said.text);
            assert!(said.text.ends_with("Day nursery") || said.text.ends_with("Day nursery\n"));
        }
    }
}
