//! A call as its handler sees it. There is no other way to learn who calls, so it cannot be forgotten.

mod once;
mod scope;
mod stream;

use std::fmt::Display;
use std::str::FromStr;

use muster_access::MethodRule;
use muster_identity::{Caller, PersonCaller, Role};
use muster_ids::OrganizationId;
use muster_proto::RequestMessage;
use muster_refusal::{Refusal, Violations};
use tonic::Request;

pub use stream::StreamCall;

use crate::front::access::{Accepted, accepted};

/// A verified call with a valid message.
#[derive(Debug)]
pub struct Call<M> {
    /// Who calls.
    pub caller: Caller,
    /// What is asked: every field rule of the contract holds.
    pub message: M,
    pub(crate) rule: &'static MethodRule,
}

/// What a handler parses of a message: nothing, when it has noted why; or a refusal that goes before all violations,
/// because the caller may not ask this at all.
pub type Parsed<T> = Result<Option<T>, Refusal>;

impl<M: RequestMessage> Call<M> {
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
        scope::check(&accepted.caller, &message)?;
        let mut violations = broken_rules(&message);
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

    /// The resource name in the field that names the organization, or nothing and one violation more. The shell has
    /// compared its organization with the caller's token. Only for methods whose rule has a `scope`: the others have no
    /// such field, and every request of theirs would be a violation; they take [`crate::names::named`].
    pub fn name<N>(&self, violations: &mut Violations) -> Option<N>
    where
        N: FromStr<Err: Display>,
    {
        let field = M::SCOPE.map_or("name", |scope| scope.field);
        violations.check(field, self.message.scope().parse())
    }
}

impl<M> Call<M> {
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

/// Every rule of the contract that the message breaks, of the fields that the call looks at.
fn broken_rules<M: RequestMessage>(message: &M) -> Violations {
    let mut broken = muster_proto::validate(message);
    broken.retain(|violation| message.reads(&violation.field));
    broken.extend(scope::malformed(message));
    Violations::from(broken)
}
