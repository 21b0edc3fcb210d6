//! Who calls, proven. Nothing that a network could forge is believed: a caller token of the gateway for this service
//! and this method, or a workload token of somebody the rule names.

use std::borrow::Cow;
use std::sync::Arc;

use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName};
use muster_access::{Actor, MethodRule, Mode, SignIn, Target};
use muster_database::origin::Origin;
use muster_identity::{CALLER_HEADER, Caller, CallerVerifier, Role, TokenProblem, WorkloadVerifier};
use muster_refusal::{ErrorReason, Refusal};

/// Who has a permission without a role in the organization.
const STAFF: &str = "STAFF";

/// What a handler learns about its call; the only way in is through [`Gate::accept`].
#[derive(Clone, Debug)]
pub(crate) struct Accepted {
    pub(crate) rule: &'static MethodRule,
    pub(crate) caller: Caller,
}

impl Accepted {
    /// What is changed on the way is changed by this call, with the role for which it was let in.
    pub(crate) fn origin(&self) -> Origin {
        let access = self.caller.person().and_then(|person| person.access.as_ref());
        let role = access.map_or("", |access| access.role.map_or(STAFF, Role::as_str));
        Origin {
            role,
            cause: Cow::Borrowed(&self.rule.path),
        }
    }
}

/// What the gate has accepted of the call that carries these extensions.
///
/// # Errors
/// Only when the shell is put together wrongly.
pub(crate) fn accepted(extensions: &tonic::Extensions) -> Result<Arc<Accepted>, Refusal> {
    extensions.get::<Arc<Accepted>>().cloned().ok_or_else(|| {
        tracing::error!("a handler was reached around the access layer");
        Refusal::internal()
    })
}

/// Verifies the callers of one service.
#[derive(Debug)]
pub(crate) struct Gate {
    service: &'static str,
    callers: CallerVerifier,
    workloads: WorkloadVerifier,
}

impl Gate {
    pub(crate) fn new(service: &'static str, callers: CallerVerifier, workloads: WorkloadVerifier) -> Self {
        Self {
            service,
            callers,
            workloads,
        }
    }

    /// The caller of a method, or a refusal that does not tell which check failed.
    pub(crate) fn accept(&self, rule: &'static MethodRule, headers: &HeaderMap) -> Result<Accepted, Refusal> {
        if !rule.served_by.iter().any(|service| service == self.service) {
            return Err(Refusal::new(
                ErrorReason::MethodNotFound,
                "this service has no such method",
            ));
        }
        let caller = match &rule.mode {
            Mode::Internal { callers } => self.workload(headers, callers),
            _ => self.caller(headers, rule),
        };
        caller.map(|caller| Accepted { rule, caller }).inspect_err(|refusal| {
            let reason = refusal.reason().as_str_name();
            metrics::counter!("access_refusals_total", "method" => rule.path.as_str(), "reason" => reason).increment(1);
        })
    }

    fn workload(&self, headers: &HeaderMap, callers: &[String]) -> Result<Caller, Refusal> {
        let bearer = single(headers, &AUTHORIZATION)?;
        let token = bearer.strip_prefix("Bearer ").ok_or_else(token_invalid)?;
        let name = self.workloads.verify(token).map_err(not_believed)?;
        if callers.contains(&name) {
            Ok(Caller::Workload { name })
        } else {
            Err(Refusal::permission_denied())
        }
    }

    fn caller(&self, headers: &HeaderMap, rule: &MethodRule) -> Result<Caller, Refusal> {
        let token = single(headers, &HeaderName::from_static(CALLER_HEADER))?;
        let caller = self.callers.verify(token, &rule.path).map_err(not_believed)?;
        if fits(&rule.mode, &caller) {
            Ok(caller)
        } else {
            Err(Refusal::permission_denied())
        }
    }
}

/// The edge decided; the rule is looked at again, so that a mistake there opens nothing here.
fn fits(mode: &Mode, caller: &Caller) -> bool {
    match mode {
        Mode::Public { .. }
        | Mode::Capability {
            sign_in: SignIn::Optional,
            ..
        } => true,
        Mode::Capability {
            sign_in: SignIn::Required,
            ..
        }
        | Mode::Authenticated {
            actor: Actor::Person, ..
        } => {
            matches!(caller, Caller::Person(_))
        }
        Mode::Authenticated {
            actor: Actor::Workload(names),
            ..
        } => {
            matches!(caller, Caller::Workload { name } if names.contains(name))
        }
        Mode::Require { permission, target } => {
            let access = caller.person().and_then(|person| person.access.as_ref());
            access.is_some_and(|access| {
                let on_organization = matches!(target, Target::Organization(_));
                access.permission == *permission && access.organization.is_some() == on_organization
            })
        }
        // Internal calls never come with a caller token.
        Mode::Internal { .. } => false,
    }
}

/// A header that occurs once: two values could be read differently by two parsers.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<&'h str, Refusal> {
    let mut values = headers.get_all(name).iter();
    let first = values.next().ok_or_else(|| {
        Refusal::new(
            ErrorReason::TokenMissing,
            "this call needs a token; services are called through the gateway",
        )
    })?;
    match values.next() {
        None => first.to_str().map_err(|_| token_invalid()),
        Some(_) => Err(token_invalid()),
    }
}

fn not_believed(problem: TokenProblem) -> Refusal {
    tracing::info!(%problem, "a token was not believed");
    token_invalid()
}

fn token_invalid() -> Refusal {
    Refusal::new(
        ErrorReason::TokenInvalid,
        "the token is not valid for this call; get a new one",
    )
}
