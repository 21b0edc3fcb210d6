//! What was found, and how it is told.

use std::error::Error;
use std::fmt;

use self::Verdict::{Fine, Odd, Wrong};

/// What was found of one thing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    what: String,
    verdict: Verdict,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    /// As it should be; how that shows.
    Fine(String),
    /// It works, and somebody should know; what to do.
    Odd(String, String),
    /// Nothing works with it; how to mend it.
    Wrong(String, String),
}

/// Prints what was found.
///
/// # Errors
/// Something is wrong.
pub fn report(findings: &[Finding]) -> anyhow::Result<()> {
    for finding in findings {
        println!("{finding}");
    }
    let wrong = findings.iter().filter(|finding| finding.is_wrong()).count();
    anyhow::ensure!(wrong == 0, "{wrong} of {} are wrong", findings.len());
    Ok(())
}

impl Finding {
    pub(super) fn new(what: impl Into<String>, verdict: Verdict) -> Self {
        let what = what.into();
        Self { what, verdict }
    }

    /// It is as it should be; `how` that shows.
    pub fn fine(what: impl Into<String>, how: impl Into<String>) -> Self {
        Self::new(what, Fine(how.into()))
    }

    /// It keeps part of the work from being done; how to `mend` it.
    pub fn odd(what: impl Into<String>, how: impl Into<String>, mend: impl Into<String>) -> Self {
        Self::new(what, Odd(how.into(), mend.into()))
    }

    /// What it is about.
    #[must_use]
    pub fn what(&self) -> &str {
        &self.what
    }

    /// What is not as it should be, and how to mend it; `None` where nothing is.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        match &self.verdict {
            Fine(_) => None,
            Odd(how, mend) | Wrong(how, mend) => Some(format!("{how}; {mend}")),
        }
    }

    /// Whether nothing works with it.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        matches!(self.verdict, Wrong(..))
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = &self.what;
        match &self.verdict {
            Fine(how) => write!(f, "fine   {what}: {how}"),
            Odd(how, mend) => write!(f, "odd    {what}: {how}\n       {mend}"),
            Wrong(how, mend) => write!(f, "WRONG  {what}: {how}\n       {mend}"),
        }
    }
}

/// An error with all its causes.
pub(crate) fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(&format!(": {error}"));
        cause = error.source();
    }
    text
}
