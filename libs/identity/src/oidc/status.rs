//! How an issuer is doing, for those who run the suite.

use super::fetch::FetchProblem;

/// How an issuer is doing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerStatus {
    /// The issuer identifier.
    pub url: String,
    /// What could not be read of it the last time, why, and what follows.
    pub problem: Option<String>,
}

/// What is read of an issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Document {
    Discovery,
    Keys,
}

impl Document {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Discovery => "discovery document",
            Self::Keys => "keys",
        }
    }

    /// What follows when it cannot be read.
    pub(super) fn consequence(self, known: bool) -> &'static str {
        match (self, known) {
            (_, true) => "what was read before goes on to count",
            (Self::Discovery, false) => "nobody can sign in there, and its tokens are refused",
            (Self::Keys, false) => "its tokens are refused",
        }
    }
}

/// One line about a document that could not be read.
pub(super) fn problem(document: Document, url: &str, problem: &FetchProblem, known: bool) -> String {
    let (name, follows) = (document.name(), document.consequence(known));
    format!("{name} at {url}: {problem} ({follows})")
}
