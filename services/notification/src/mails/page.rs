//! What the templates of every mail see.

use std::ops::Deref;

use askama::Template;
use askama::filters::Safe;
use time::OffsetDateTime;
use time::macros::format_description;

use super::escape;
use crate::domain::MessageProblem;

/// The words of a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Words {
    /// The Subject header, on one line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The same in HTML.
    pub html: String,
}

/// What a mail says besides the variables of its source.
#[derive(Debug, Clone, Copy, Default)]
pub struct Circumstances {
    /// Until when the thing can be used that the mail is about, if that is known.
    pub expire_time: Option<OffsetDateTime>,
    /// Whether it stands for an earlier mail that may have arrived and said something else.
    pub replaces: bool,
}

/// `mail` in the templates: the variables of the source, as its fields, and what is said in every mail.
#[derive(Debug)]
pub(super) struct Page<'a, V> {
    variables: &'a V,
    /// Until when it can be used, in words.
    pub(super) until: Option<String>,
    /// See [`Circumstances::replaces`].
    pub(super) replaces: bool,
}

impl<'a, V> Page<'a, V> {
    pub(super) fn new(variables: &'a V, circumstances: Circumstances) -> Self {
        Self {
            variables,
            until: circumstances.expire_time.and_then(in_words),
            replaces: circumstances.replaces,
        }
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
pub(super) fn words(text: &impl Template, html: &impl Template) -> Result<Words, MessageProblem> {
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
    })
}

fn in_words(at: OffsetDateTime) -> Option<String> {
    at.to_offset(time::UtcOffset::UTC)
        .format(format_description!(
            "[day padding:none] [month repr:long] [year], [hour]:[minute] UTC"
        ))
        .ok()
}
