//! One set of policies, validated against the schema, and the decisions that it has made.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use cedar_policy::{
    AuthorizationError, Authorizer, Context, Decision, PolicyId, PolicySet, Request, Response,
    ValidationMode, Validator,
};
use miette::Diagnostic;
use muster_identity::{PersonCaller, Role};
use muster_ids::PersonId;

use super::actions::{self, Prepared};
use super::decision_cache::{DecisionCache, Question};
use super::source::{NamedPolicy, Note};
use super::vocabulary::{Principal, Vocabulary};
use super::{Decided, PolicyProblem, Resource};

static REVISIONS: AtomicU64 = AtomicU64::new(0);

/// Policies that decide together. They do not change: others are another set.
#[derive(Debug)]
pub(super) struct Set {
    revision: u64,
    authorizer: Authorizer,
    vocabulary: Arc<Vocabulary>,
    permissions: HashMap<String, Prepared>,
    notes: HashMap<String, Arc<Note>>,
    /// Persons whom policies name.
    persons: BTreeSet<PersonId>,
    decisions: DecisionCache,
    /// The policies whose failures are told already.
    told: Mutex<HashSet<String>>,
}

/// Why no decision could be made.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Failure {
    /// The schema has no such action.
    #[error("there is no such permission")]
    Unknown,
    /// The action is about something else.
    #[error("the permission is not about this kind of thing")]
    Misplaced,
    /// The question cannot be put to Cedar.
    #[error("the question cannot be asked: {0}")]
    Question(String),
    /// The evaluation of a policy failed.
    #[error("the policy `{policy}` fails: {why}")]
    Policy {
        /// Its id.
        policy: String,
        /// What failed.
        why: String,
    },
}

impl Set {
    /// The policies together.
    ///
    /// # Errors
    /// Every id that stands there twice, and everything that does not fit the schema.
    pub(super) fn new(
        vocabulary: Arc<Vocabulary>,
        policies: Vec<NamedPolicy>,
    ) -> Result<Self, Vec<PolicyProblem>> {
        let (mut all, mut notes, mut problems) = (PolicySet::new(), HashMap::new(), Vec::new());
        for named in &policies {
            if all.add(named.policy.clone()).is_err() {
                problems
                    .push(named.mistake(format!("there is another policy with the id `{}`", named.note.id)));
            }
            notes.insert(named.note.id.clone(), Arc::clone(&named.note));
        }
        problems.extend(unfit(&vocabulary, &all, &policies));
        if !problems.is_empty() {
            return Err(problems);
        }
        let permissions = actions::prepare(&vocabulary, &all).map_err(|problem| vec![problem])?;
        Ok(Self {
            revision: REVISIONS.fetch_add(1, Ordering::Relaxed),
            authorizer: Authorizer::new(),
            persons: policies
                .iter()
                .flat_map(|named| vocabulary.persons_in(&named.policy))
                .collect(),
            vocabulary,
            permissions,
            notes,
            decisions: DecisionCache::new(),
            told: Mutex::default(),
        })
    }

    /// No other set of this process has it.
    pub(super) fn revision(&self) -> u64 {
        self.revision
    }

    /// Decides, or says why that is impossible: then nothing is cached.
    pub(super) fn decide(
        &self,
        person: &PersonCaller,
        role: Option<Role>,
        permission: &str,
        on: Resource,
    ) -> Result<Decided, Failure> {
        let prepared = self.permissions.get(permission).ok_or(Failure::Unknown)?;
        let who = Principal {
            person: person.id,
            staff: person.staff,
            role,
        };
        let question = Question {
            who,
            permission: prepared.number,
            on,
        };
        if let Some(decided) = self.decisions.get(&question) {
            return Ok(decided);
        }
        let decided = self.evaluate(who, prepared, on)?;
        self.decisions.insert(question, &decided);
        Ok(decided)
    }

    fn evaluate(&self, who: Principal, prepared: &Prepared, on: Resource) -> Result<Decided, Failure> {
        if !prepared.applies_to(on) {
            return Err(Failure::Misplaced);
        }
        let vocabulary = &self.vocabulary;
        let (principal, resource) = (vocabulary.principal(who.person), vocabulary.resource(on));
        // Types are as the schema wants them, or the permission would not apply.
        let request = Request::new(
            principal,
            prepared.action.clone(),
            resource,
            Context::empty(),
            None,
        );
        let request = request.map_err(|error| Failure::Question(error.to_string()))?;
        let entities = vocabulary.entities(who).map_err(Failure::Question)?;
        decided(
            &self
                .authorizer
                .is_authorized(&request, &prepared.policies, &entities),
        )
    }

    /// Persons whom policies name: of all others nobody is told from another.
    pub(super) fn persons(&self) -> &BTreeSet<PersonId> {
        &self.persons
    }

    /// What people are told of a policy.
    pub(super) fn note(&self, id: &str) -> Option<Arc<Note>> {
        self.notes.get(id).cloned()
    }

    /// Counts a failure, and tells operators of it: once for each policy, however many calls it refuses.
    pub(super) fn tell(&self, permission: &str, failure: &Failure) {
        let policy = match failure {
            Failure::Policy { policy, .. } => policy.as_str(),
            Failure::Unknown | Failure::Misplaced | Failure::Question(_) => "none",
        };
        metrics::counter!("edge_policies_failed_total", "policy" => policy.to_owned()).increment(1);
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.insert(policy.to_owned()) {
            tracing::error!(
                permission,
                error = failure as &dyn std::error::Error,
                "a decision cannot be made; such calls are refused, and edge_policies_failed_total counts them"
            );
        }
    }
}

/// What Cedar's answer means here.
pub(super) fn decided(answer: &Response) -> Result<Decided, Failure> {
    match answer.diagnostics().errors().next() {
        None => {}
        Some(AuthorizationError::PolicyEvaluationError(error)) => {
            return Err(Failure::Policy {
                policy: error.policy_id().to_string(),
                why: error.inner().to_string(),
            });
        }
    }
    let policies: BTreeSet<&str> = answer.diagnostics().reason().map(PolicyId::as_ref).collect();
    Ok(Decided {
        allowed: answer.decision() == Decision::Allow,
        policies: policies.into_iter().collect::<Vec<_>>().join(",").into(),
    })
}

fn unfit(vocabulary: &Vocabulary, all: &PolicySet, policies: &[NamedPolicy]) -> Vec<PolicyProblem> {
    let validated = Validator::new(vocabulary.schema.clone()).validate(all, ValidationMode::Strict);
    let named = |id: &PolicyId| policies.iter().find(|named| named.policy.id() == id);
    let told = |id: &PolicyId, said: &dyn Diagnostic| match named(id) {
        Some(named) => named.said(said),
        None => PolicyProblem::Schema(said.to_string()),
    };
    let errors = validated
        .validation_errors()
        .map(|error| told(error.policy_id(), error));
    let errors: Vec<_> = errors.collect();
    if !errors.is_empty() {
        return errors;
    }
    // What is only warned of is a policy that can never apply, or text that does not read as it looks.
    let warnings = validated.validation_warnings();
    warnings
        .map(|warning| told(warning.policy_id(), warning))
        .collect()
}
