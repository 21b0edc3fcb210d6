//! What is wrong with policies.

use std::io;

/// Policies that cannot be used; the process does not start with them, and does not change to them.
#[derive(Debug, thiserror::Error)]
pub enum PolicyProblem {
    /// A file cannot be read.
    #[error("cannot read {file}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: io::Error,
    },
    /// The schema is none, or not one for what the gateway asks.
    #[error("the policy schema is not valid: {0}")]
    Schema(String),
    /// Something in a file of policies is wrong.
    #[error("{file}:{line}: {what}")]
    Mistake {
        /// The file.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong there.
        what: String,
    },
    /// There is more than can be looked after.
    #[error("{directory}: more than {most} {what}")]
    TooMany {
        /// The folder.
        directory: String,
        /// What there is too much of.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// The folder is written to all the time.
    #[error("{directory}: its files change while they are read")]
    Restless {
        /// The folder.
        directory: String,
    },
}

impl PolicyProblem {
    /// On one line, with its cause.
    pub(super) fn in_words(&self) -> String {
        match self {
            Self::Unreadable { source, .. } => format!("{self}: {source}"),
            _ => self.to_string(),
        }
    }
}
