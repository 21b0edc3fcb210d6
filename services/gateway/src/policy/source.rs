//! Policies as they stand in a file: each with an id and a sentence for people, and with the line where it begins.

use std::str::FromStr;
use std::sync::Arc;

use cedar_policy::{Effect, ParseError, Policy, PolicyId, PolicySet};
use miette::Diagnostic;

use super::{PolicyProblem, shape};

const LONGEST_ID: usize = 64;
const LONGEST_DESCRIPTION: usize = 300;

/// A file of policies.
#[derive(Debug, Clone, Copy)]
pub(super) struct Source<'a> {
    pub(super) file: &'a str,
    pub(super) text: &'a str,
}

/// A policy under the name that people gave it.
#[derive(Debug, Clone)]
pub(super) struct NamedPolicy {
    pub(super) policy: Policy,
    pub(super) note: Arc<Note>,
    place: Place,
}

/// What people are told of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Its `@id`.
    pub id: String,
    /// Its `@description`: one sentence.
    pub description: String,
    /// Whether it permits; otherwise it forbids.
    pub permits: bool,
}

/// Where a policy stands.
#[derive(Debug, Clone)]
struct Place {
    file: Arc<str>,
    text: Arc<str>,
    line: usize,
}

impl Source<'_> {
    /// The policies, in order.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub(super) fn read(self) -> Result<Vec<NamedPolicy>, Vec<PolicyProblem>> {
        shape::check(self.text).map_err(|(at, what)| vec![self.mistake(line_at(self.text, at), what)])?;
        let set = PolicySet::from_str(self.text).map_err(|errors| {
            let told =
                |error: &ParseError| self.mistake(line(self.text, error).unwrap_or(1), on_one_line(error));
            errors.iter().map(told).collect::<Vec<_>>()
        })?;
        let mut problems = Vec::new();
        for template in set.templates() {
            let line = self.line_of(&template.to_cedar(), 0).1;
            problems.push(self.mistake(line, "a template (?principal, ?resource) cannot be used here"));
        }
        let (file, text): (Arc<str>, Arc<str>) = (self.file.into(), self.text.into());
        let (mut named, mut read) = (Vec::new(), 0);
        for policy in in_order(&set) {
            let (end, line) = self.line_of(&policy.to_string(), read);
            read = end;
            let (file, text) = (Arc::clone(&file), Arc::clone(&text));
            match note(policy) {
                Ok(note) => named.push(NamedPolicy {
                    policy: policy.new_id(PolicyId::new(&note.id)),
                    note: Arc::new(note),
                    place: Place { file, text, line },
                }),
                Err(what) => problems.push(self.mistake(line, what)),
            }
        }
        if problems.is_empty() {
            Ok(named)
        } else {
            Err(problems)
        }
    }

    fn mistake(self, line: usize, what: impl Into<String>) -> PolicyProblem {
        PolicyProblem::Mistake {
            file: self.file.to_owned(),
            line,
            what: what.into(),
        }
    }

    /// Where a policy that begins behind `from` ends, and its line.
    fn line_of(self, policy: &str, from: usize) -> (usize, usize) {
        let behind = self.text.get(from..).unwrap_or_default();
        let begin = from + behind.find(policy).unwrap_or_default();
        (begin + policy.len(), line_at(self.text, begin))
    }
}

impl NamedPolicy {
    /// Something that is wrong with the whole policy.
    pub(super) fn mistake(&self, what: impl Into<String>) -> PolicyProblem {
        PolicyProblem::Mistake {
            file: self.place.file.to_string(),
            line: self.place.line,
            what: what.into(),
        }
    }

    /// Something that Cedar says of the policy, with the line that it means.
    pub(super) fn said(&self, diagnostic: &dyn Diagnostic) -> PolicyProblem {
        let line = line(&self.place.text, diagnostic).unwrap_or(self.place.line);
        PolicyProblem::Mistake {
            file: self.place.file.to_string(),
            line,
            what: on_one_line(diagnostic),
        }
    }
}

/// Cedar numbers policies as they come; their set does not promise an order.
fn in_order(set: &PolicySet) -> Vec<&Policy> {
    let mut policies: Vec<_> = set.policies().collect();
    let number = |policy: &&Policy| {
        let id: &str = policy.id().as_ref();
        id.trim_start_matches("policy").parse().unwrap_or(usize::MAX)
    };
    policies.sort_by_key(number);
    policies
}

fn note(policy: &Policy) -> Result<Note, String> {
    let id = policy.annotation("id").unwrap_or_default();
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if id.is_empty() || id.len() > LONGEST_ID || !id.chars().all(is_plain) {
        return Err(format!(
            "a policy needs an @id of 1 to {LONGEST_ID} letters, digits, `-`, `_` and `.`"
        ));
    }
    let description = policy.annotation("description").unwrap_or_default().trim();
    let length = description.chars().count();
    if !(1..=LONGEST_DESCRIPTION).contains(&length) || description.chars().any(char::is_control) {
        return Err(format!(
            "the policy `{id}` needs a @description: one sentence of at most {LONGEST_DESCRIPTION} characters, which \
             people read whom it lets pass or not"
        ));
    }
    Ok(Note {
        id: id.to_owned(),
        description: description.to_owned(),
        permits: policy.effect() == Effect::Permit,
    })
}

/// The line that a diagnostic points to.
fn line(text: &str, diagnostic: &dyn Diagnostic) -> Option<usize> {
    let label = diagnostic.labels()?.next()?;
    Some(line_at(text, label.offset()))
}

fn line_at(text: &str, offset: usize) -> usize {
    let before = text.as_bytes().get(..offset).unwrap_or(text.as_bytes());
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

/// What Cedar says, on one line.
fn on_one_line(diagnostic: &dyn Diagnostic) -> String {
    let mut text = diagnostic.to_string();
    if let Some(help) = diagnostic.help() {
        text.push_str(&format!(" ({help})"));
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
