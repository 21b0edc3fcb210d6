//! How large a refusal may be. Its details travel in one header, as base64, and clients take about 8 KiB of headers in all.

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, StatusExt as _};

use crate::DOMAIN;

/// How many bytes of details are sent: 4 KiB as base64.
const MAX_DETAILS: usize = 3 * 1024;
/// How many bytes of text are sent.
const MAX_TEXT: usize = 1024;
/// Bytes of a field violation beside its two texts, and of the list around it.
const FRAMING: usize = 10;

/// A field and what it must be.
pub(crate) type FieldProblem = (String, String);

/// What is told of a refusal, as far as there is room.
pub(crate) struct Parts {
    pub(crate) code: Code,
    pub(crate) reason: &'static str,
    pub(crate) text: String,
    pub(crate) metadata: std::collections::HashMap<String, String>,
    pub(crate) details: ErrorDetails,
    pub(crate) violations: Vec<FieldProblem>,
}

impl Parts {
    /// The status. When not all violations fit, the first ones are told, and how many there are beside them.
    pub(crate) fn status(mut self) -> Status {
        cut(&mut self.text);
        let told = self.fitting();
        let omitted = self.violations.len() - told;
        if omitted > 0 {
            self.note_omitted(omitted);
        }
        for (field, description) in self.violations.drain(..).take(told) {
            self.details.add_bad_request_violation(field, description);
        }
        self.with(self.details.clone())
    }

    /// How many of the violations, from the first, have room.
    fn fitting(&self) -> usize {
        let mut left = MAX_DETAILS.saturating_sub(self.size_beside());
        let fits = |(field, description): &&FieldProblem| {
            let size = field.len() + description.len() + FRAMING;
            let fits = size <= left;
            left = left.saturating_sub(size);
            fits
        };
        self.violations.iter().take_while(fits).count()
    }

    /// The size of everything else, with the note about those that do not fit.
    fn size_beside(&self) -> usize {
        let mut noted = Self {
            text: self.text.clone(),
            metadata: self.metadata.clone(),
            details: self.details.clone(),
            violations: Vec::new(),
            ..*self
        };
        noted.note_omitted(self.violations.len());
        noted.details.add_bad_request_violation("", "");
        noted.with(noted.details.clone()).details().len()
    }

    fn note_omitted(&mut self, count: usize) {
        self.text
            .push_str(&format!("; {count} more are not listed, mend these first"));
        self.metadata
            .insert("violations_omitted".to_owned(), count.to_string());
    }

    fn with(&self, mut details: ErrorDetails) -> Status {
        details.set_error_info(self.reason, DOMAIN, self.metadata.clone());
        Status::with_error_details(self.code, &self.text, details)
    }
}

/// Texts are ours and short; one that repeats something long ends early.
fn cut(text: &mut String) {
    if text.len() > MAX_TEXT {
        text.truncate(text.floor_char_boundary(MAX_TEXT));
        text.push('…');
    }
}
