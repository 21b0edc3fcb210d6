//! What the templates of every mail see.

use std::ops::Deref;

use askama::Template;
use askama::filters::Safe;
use muster_clock::Zone;
use muster_language::{Language, Texts};
use time::OffsetDateTime;

use super::MessageProblem;
use super::escape;

/// The words of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The Subject header, on one line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same in HTML.
    pub html: String,
    /// The language that all of it is in, where the header says so: not of words that were English before there was a choice.
    pub language: Option<Language>,
}

/// What a mail says besides the variables of its source.
#[derive(Debug, Clone, Default)]
pub struct Circumstances {
    /// Until when the thing can be used that the mail is about, if that is known.
    pub expire_time: Option<OffsetDateTime>,
    /// In which that is said.
    pub zone: Zone,
    /// Whether it stands for an earlier mail that may have arrived and said something else.
    pub replaces: bool,
}

/// In which of the two forms of a mail something stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// The plain text.
    Text,
    /// HTML.
    Html,
}

/// What a mail is said in.
#[derive(Clone, Copy)]
pub(super) enum Spoken {
    /// Words that stand in the templates, as all did once: English.
    English,
    /// Words of their own in each language.
    Words(&'static Texts, Language),
}

impl Spoken {
    fn language(self) -> Option<Language> {
        match self {
            Self::English => None,
            Self::Words(_, language) => Some(language),
        }
    }
}

/// `mail` in the templates: the variables of the source, as its fields, and what is said in every mail.
pub(super) struct Page<'a, V> {
    variables: &'a V,
    /// Until when it can be used, in words and in UTC, as all mails said it once.
    pub(super) until: Option<String>,
    /// The same as clocks show it where the organization is.
    until_there: Option<String>,
    /// See [`Circumstances::replaces`].
    pub(super) replaces: bool,
    /// In which the mail is written.
    pub(super) language: Language,
    spoken: Spoken,
    form: Form,
}

impl<'a, V> Page<'a, V> {
    pub(super) fn new(variables: &'a V, circumstances: &Circumstances, spoken: Spoken, form: Form) -> Self {
        let language = spoken.language().unwrap_or_default();
        let until = |zone: &Zone| circumstances.expire_time.map(|at| language.time(at, zone));
        Self {
            variables,
            until: until(&Zone::UTC),
            until_there: until(&circumstances.zone),
            replaces: circumstances.replaces,
            language,
            spoken,
            form,
        }
    }

    /// What is said under this key.
    pub(super) fn say(&self, key: &str) -> Safe<String> {
        self.with(key, &[])
    }

    /// What is said of an organization.
    pub(super) fn naming(&self, key: &str, organization: &str) -> Safe<String> {
        self.with(key, &[("organization", &self.value(organization))])
    }

    /// The same, where its name stands out.
    pub(super) fn stressing(&self, key: &str, organization: &str) -> Safe<String> {
        self.with(key, &[("organization", &self.stressed(organization))])
    }

    /// What is said of the time until which the thing can be used.
    pub(super) fn timed(&self, key: &str) -> Safe<String> {
        self.with(key, &[("time", self.time())])
    }

    /// What is said of an organization and that time.
    pub(super) fn naming_timed(&self, key: &str, organization: &str) -> Safe<String> {
        let organization = self.value(organization);
        self.with(key, &[("organization", &organization), ("time", self.time())])
    }

    /// The same, where the name stands out.
    pub(super) fn stressing_timed(&self, key: &str, organization: &str) -> Safe<String> {
        let organization = self.stressed(organization);
        self.with(key, &[("organization", &organization), ("time", self.time())])
    }

    /// What is said of the time until which the thing can be used, as clocks show it there.
    pub(super) fn timed_there(&self, key: &str) -> Safe<String> {
        self.with(key, &[("time", self.time_there())])
    }

    /// What is said of an organization and that time.
    pub(super) fn naming_timed_there(&self, key: &str, organization: &str) -> Safe<String> {
        let organization = self.value(organization);
        self.with(
            key,
            &[("organization", &organization), ("time", self.time_there())],
        )
    }

    /// The same, where the name stands out.
    pub(super) fn stressing_timed_there(&self, key: &str, organization: &str) -> Safe<String> {
        let organization = self.stressed(organization);
        self.with(
            key,
            &[("organization", &organization), ("time", self.time_there())],
        )
    }

    fn time(&self) -> &str {
        self.until.as_deref().unwrap_or_default()
    }

    fn time_there(&self) -> &str {
        self.until_there.as_deref().unwrap_or_default()
    }

    /// A name that somebody chose, as it may stand in this form.
    fn value(&self, name: &str) -> String {
        let plain = escape::plain(name);
        match self.form {
            Form::Text => plain,
            Form::Html => escape::html(&plain),
        }
    }

    fn stressed(&self, name: &str) -> String {
        match self.form {
            Form::Text => self.value(name),
            Form::Html => format!("<strong>{}</strong>", self.value(name)),
        }
    }

    /// The words themselves hold no markup, and of values only what this form may say.
    fn with(&self, key: &str, values: &[(&str, &str)]) -> Safe<String> {
        Safe(match self.spoken {
            Spoken::English => key.to_owned(),
            Spoken::Words(texts, language) => texts.say(language, key, values),
        })
    }

    /// A link in the plain text.
    pub(super) fn url(&self, link: &str) -> Safe<String> {
        Safe(escape::one_line(link))
    }

    /// A link in HTML.
    pub(super) fn href(&self, link: &str) -> Safe<String> {
        Safe(escape::html(&escape::one_line(link)))
    }
}

impl<V> Deref for Page<'_, V> {
    type Target = V;

    fn deref(&self) -> &V {
        self.variables
    }
}

/// Puts the two templates together: the plain text begins with `Subject: ` and an empty line.
pub(super) fn words(
    spoken: Spoken,
    text: &impl Template,
    html: &impl Template,
) -> Result<Words, MessageProblem> {
    let written = |template: askama::Result<String>| template.map_err(|_| MessageProblem::Form);
    let text = written(text.render())?;
    let (subject, text) = text
        .strip_prefix("Subject: ")
        .and_then(|text| text.split_once("\n\n"))
        .ok_or(MessageProblem::Form)?;
    Ok(Words {
        subject: subject.to_owned(),
        text: text.to_owned(),
        html: written(html.render())?,
        language: spoken.language(),
    })
}
