//! A call as its handler sees it. There is no other way to learn who calls, so it cannot be forgotten.

use std::sync::Arc;

use muster_access::{MethodRule, scan};
use muster_database::idempotency::{Key, fingerprint};
use muster_identity::{Caller, PersonCaller, Role};
use muster_ids::OrganizationId;
use muster_refusal::{ErrorReason, Refusal, Violations};
use prost::{Message, Name};
use tonic::{Request, Streaming};
use uuid::Uuid;

use crate::front::access::Accepted;
use crate::page::{Asked, List, Size};

/// A verified call with a valid message.
#[derive(Debug)]
pub struct Call<M> {
    /// Who calls.
    pub caller: Caller,
    /// What is asked: every field rule of the contract holds.
    pub message: M,
    rule: &'static MethodRule,
}

/// A verified call that sends many messages.
#[derive(Debug)]
pub struct StreamCall<M> {
    /// Who calls.
    pub caller: Caller,
    messages: Streaming<M>,
    accepted: Arc<Accepted>,
    begun: bool,
}

/// What a handler parses of a message: nothing, when it has noted why; or a refusal that goes before all violations,
/// because the caller may not ask this at all.
pub type Parsed<T> = Result<Option<T>, Refusal>;

impl<M: Message + Name> Call<M> {
    /// Takes the verified caller and checks the message: first its scope, then its fields.
    ///
    /// # Errors
    /// `PERMISSION_DENIED` when the message names another organization than the token; `INVALID_REQUEST` with every
    /// violation at once.
    pub fn accept(request: Request<M>) -> Result<Self, Refusal> {
        Self::read(request, |_, _| Ok(Some(()))).map(|(call, ())| call)
    }

    /// As [`Call::accept`], and `parse` reads what the field rules cannot say. The caller hears of broken rules and of
    /// what `parse` notes at once. So `parse` also sees messages that break rules: it must take whatever it finds.
    ///
    /// # Errors
    /// As [`Call::accept`], and what `parse` refuses.
    pub fn read<T>(
        request: Request<M>,
        parse: impl FnOnce(&Self, &mut Violations) -> Parsed<T>,
    ) -> Result<(Self, T), Refusal> {
        let accepted = accepted(request.extensions())?;
        let message = request.into_inner();
        check_scope(&accepted, &message)?;
        let mut violations = Violations::from(muster_proto::validate(&message));
        let call = Self {
            caller: accepted.caller.clone(),
            message,
            rule: accepted.rule,
        };
        match parse(&call, &mut violations)? {
            Some(parsed) if violations.is_empty() => Ok((call, parsed)),
            _ => Err(violations.into_refusal()),
        }
    }

    /// The key under which this call's answer is stored; `request_id` as it stands in the message, empty for none.
    ///
    /// # Errors
    /// `INVALID_REQUEST` when it is no UUID.
    pub fn key(&self, request_id: &str) -> Result<Key, Refusal> {
        let method = self.rule.path.trim_start_matches('/');
        let request_id = match request_id {
            "" => None,
            text => Some(Uuid::try_parse(text).map_err(|_| not_a_uuid())?),
        };
        Ok(Key {
            caller: self.caller.actor(),
            method,
            request_id,
            request_sha256: fingerprint(&self.message),
        })
    }
}

impl<M> Call<M> {
    /// The page that this call asks for. `filter`: everything of the request that decides what is in the list, the
    /// parent included; `page_size` and `page_token` as they stand in the message.
    #[must_use]
    pub fn list<'a>(&'a self, filter: &'a str, page_size: i32, page_token: &'a str) -> Asked<'a> {
        Asked {
            list: List {
                caller: &self.caller,
                method: self.rule.path.as_str(),
                filter,
            },
            size: Size::of(page_size),
            token: page_token,
        }
    }

    /// The person who calls.
    ///
    /// # Errors
    /// `PERMISSION_DENIED` when it is not a person.
    pub fn person(&self) -> Result<&PersonCaller, Refusal> {
        self.caller.person().ok_or_else(Refusal::permission_denied)
    }

    /// The organization on which the permission was granted: the tenant key of every statement.
    ///
    /// # Errors
    /// `PERMISSION_DENIED` for a method whose rule names none.
    pub fn organization(&self) -> Result<OrganizationId, Refusal> {
        self.caller.organization().ok_or_else(Refusal::permission_denied)
    }

    /// The person's role in that organization; `None` for registry staff without one.
    #[must_use]
    pub fn organization_role(&self) -> Option<Role> {
        self.caller.organization_role()
    }

    /// The caller as audit trails and events name it.
    #[must_use]
    pub fn actor(&self) -> String {
        self.caller.actor()
    }
}

impl<M: Message + Name + Default> StreamCall<M> {
    /// Takes the verified caller; each message is checked when it is taken.
    ///
    /// # Errors
    /// Only when the shell is put together wrongly.
    pub fn accept(request: Request<Streaming<M>>) -> Result<Self, Refusal> {
        let accepted = accepted(request.extensions())?;
        Ok(Self {
            caller: accepted.caller.clone(),
            messages: request.into_inner(),
            accepted,
            begun: false,
        })
    }

    /// The next message, checked like the message of a [`Call`]; `None` at the end. The first one names the scope,
    /// later ones name the same or none.
    ///
    /// # Errors
    /// As [`Call::accept`], `STREAM_SCOPE_CHANGED`, or the transport's.
    pub async fn next(&mut self) -> Result<Option<M>, tonic::Status> {
        let Some(message) = self.messages.message().await? else {
            return Ok(None);
        };
        match scope_of(self.accepted.rule, &message) {
            Scope::Free => {}
            Scope::Absent if self.begun => {}
            Scope::Named(named) if Some(named) == self.caller.organization() => {}
            _ if self.begun => return Err(scope_changed().into()),
            _ => return Err(Refusal::permission_denied().into()),
        }
        self.begun = true;
        Violations::from(muster_proto::validate(&message)).finish()?;
        Ok(Some(message))
    }

    /// As [`Call::organization`].
    ///
    /// # Errors
    /// As [`Call::organization`].
    pub fn organization(&self) -> Result<OrganizationId, Refusal> {
        self.caller.organization().ok_or_else(Refusal::permission_denied)
    }
}

fn accepted(extensions: &tonic::Extensions) -> Result<Arc<Accepted>, Refusal> {
    extensions.get::<Arc<Accepted>>().cloned().ok_or_else(|| {
        tracing::error!("a handler was reached around the access layer");
        Refusal::internal()
    })
}

/// What a message says about the organization it is about.
enum Scope {
    /// The rule of the method names no field.
    Free,
    /// The field is empty.
    Absent,
    /// The field names this organization.
    Named(OrganizationId),
    /// The field holds something else.
    Unreadable,
}

fn scope_of(rule: &MethodRule, message: &impl Message) -> Scope {
    let Some(path) = rule.scope() else {
        return Scope::Free;
    };
    match scan::scope(path, &message.encode_to_vec()) {
        Ok(None | Some("")) => Scope::Absent,
        Ok(Some(name)) => match scan::organization(name) {
            Some(id) => Scope::Named(OrganizationId::from_uuid(id)),
            None => Scope::Unreadable,
        },
        Err(_) => Scope::Unreadable,
    }
}

fn check_scope(accepted: &Accepted, message: &impl Message) -> Result<(), Refusal> {
    match scope_of(accepted.rule, message) {
        Scope::Free => Ok(()),
        Scope::Named(named) if Some(named) == accepted.caller.organization() => Ok(()),
        _ => Err(Refusal::permission_denied()),
    }
}

fn scope_changed() -> Refusal {
    Refusal::new(
        ErrorReason::StreamScopeChanged,
        "every message of the stream must name the scope of the first one",
    )
}

fn not_a_uuid() -> Refusal {
    Refusal::new(ErrorReason::InvalidRequest, "request_id must be a UUID")
        .violation("request_id", "must be a UUID")
}
