//! Collecting everything that is wrong with a request before refusing it.

use std::fmt::Display;

use muster_proto::FieldViolation;

use crate::{ErrorReason, Refusal};

/// Field violations, collected while a request is parsed, so that the caller hears of all of them at once.
///
/// ```
/// let mut violations = muster_refusal::Violations::new();
/// let number: Option<u8> = violations.check("number", "300".parse());
/// assert!(number.is_none());
/// assert!(violations.finish().is_err());
/// ```
#[derive(Debug, Default)]
pub struct Violations {
    found: Vec<FieldViolation>,
    /// How many of them, the first ones, are broken rules of the contract.
    rules: usize,
}

impl Violations {
    /// Nothing wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value, or nothing and one violation more.
    pub fn check<T, E: Display>(&mut self, field: impl Into<String>, result: Result<T, E>) -> Option<T> {
        result
            .map_err(|problem| self.add(field, problem.to_string()))
            .ok()
    }

    /// One violation more: `field` as a path in the request, `description` what it must be. Nothing more is said of a
    /// field that breaks a rule of the contract, nor of what is inside it.
    pub fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        let (field, description) = (field.into(), description.into());
        if !self.breaks_a_rule(&field) {
            self.found.push(FieldViolation { field, description });
        }
    }

    fn breaks_a_rule(&self, field: &str) -> bool {
        let mut broken = self.found.iter().take(self.rules);
        broken.any(|broken| {
            let inside = field.strip_prefix(broken.field.as_str());
            inside.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        })
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Refuses when anything was found.
    ///
    /// # Errors
    ///
    /// `INVALID_REQUEST` with every violation.
    pub fn finish(self) -> Result<(), Refusal> {
        if self.found.is_empty() {
            Ok(())
        } else {
            Err(self.into_refusal())
        }
    }

    /// The refusal, also when nothing was found: for a value that [`Violations::check`] did not give.
    pub fn into_refusal(self) -> Refusal {
        let message = match self.found.as_slice() {
            [one] => format!("{} {}", one.field, one.description),
            many => format!("{} fields are not valid; see the field violations", many.len()),
        };
        let refusal = Refusal::new(ErrorReason::InvalidRequest, message);
        self.found.into_iter().fold(refusal, |refusal, one| {
            refusal.violation(one.field, one.description)
        })
    }
}

/// Broken rules of the contract, before anything is parsed.
impl From<Vec<FieldViolation>> for Violations {
    fn from(found: Vec<FieldViolation>) -> Self {
        let rules = found.len();
        Self { found, rules }
    }
}
