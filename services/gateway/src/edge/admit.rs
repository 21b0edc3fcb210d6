//! Who calls, and whether they may: the mode of the rule, step by step.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::ConnectInfo;
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, header};
use muster_access::{Actor, MethodRule, Mode, ScopePath, SignIn, Target};
use muster_identity::{Access, Caller, PersonCaller, Role};
use muster_refusal::Refusal;

use super::deadline::Time;
use super::guard::{self, Guard};
use super::messages::Messages;
use super::observe::{Decision, Observation};
use super::{Shared, refuse};
use crate::pages::Visitor;
use crate::policy::Resource;

/// A call that may go on.
pub(super) struct Admitted {
    /// Who calls, as the service will be told.
    pub(super) caller: Caller,
    /// The first message, if it had to be read.
    pub(super) first: Option<Bytes>,
    /// What all messages must keep to.
    pub(super) guard: Guard,
}

impl Shared {
    /// Finds out who calls and whether they may.
    pub(super) async fn admit(
        &self,
        rule: &'static MethodRule,
        parts: &Parts,
        messages: &mut Messages,
        time: &Time,
        observation: &mut Observation,
    ) -> Result<Admitted, Refusal> {
        observation.decided(Decision::Refused);
        let caller = match &rule.mode {
            Mode::Public { calls_per_minute } => {
                self.within_rate(rule, parts, *calls_per_minute)?;
                Caller::Anonymous
            }
            Mode::Capability {
                sign_in,
                calls_per_minute,
            } => {
                self.within_rate(rule, parts, *calls_per_minute)?;
                self.holder(&parts.headers, *sign_in).await?
            }
            Mode::Authenticated {
                actor: Actor::Person, ..
            } => Caller::Person(self.person(&parts.headers).await?),
            Mode::Authenticated {
                actor: Actor::Workload(names),
                ..
            } => self.workload(&parts.headers, names)?,
            Mode::Require {
                permission,
                target: Target::Platform,
            } => {
                let person = self.person(&parts.headers).await?;
                Caller::Person(self.permit(person, None, permission, Resource::Platform, observation)?)
            }
            Mode::Require {
                permission,
                target: Target::Organization(path),
            } => {
                return self
                    .admit_to_organization(rule, parts, messages, (permission, path), time, observation)
                    .await;
            }
            Mode::Internal { .. } => return Err(refuse::no_such_method()),
        };
        observation.decided(Decision::Admitted);
        Ok(Admitted {
            caller,
            first: None,
            guard: Guard::unscoped(rule),
        })
    }

    /// The first message must be read to know the organization. Whoever has no role there hears the same, whether or not
    /// it exists, and so does whoever names none.
    async fn admit_to_organization(
        &self,
        rule: &'static MethodRule,
        parts: &Parts,
        messages: &mut Messages,
        (permission, path): (&str, &'static ScopePath),
        time: &Time,
        observation: &mut Observation,
    ) -> Result<Admitted, Refusal> {
        let person = self.person(&parts.headers).await?;
        let first = messages
            .next()
            .await
            .unwrap_or_else(|| Err(refuse::bad_framing()))?;
        let organization = guard::organization_in(path, &first)?.ok_or_else(Refusal::permission_denied)?;
        let role = self
            .parts
            .roles
            .of(person.id, organization, time.left())
            .await
            .map_err(|status| {
                tracing::warn!(code = ?status.code(), "the organization service does not tell roles");
                Refusal::unavailable()
            })?;
        let person = self.permit(
            person,
            role,
            permission,
            Resource::Organization(organization),
            observation,
        )?;
        observation.decided(Decision::Admitted);
        let guard = Guard::scoped(rule, path, organization);
        Ok(Admitted {
            caller: Caller::Person(person),
            first: Some(first),
            guard,
        })
    }

    fn permit(
        &self,
        person: PersonCaller,
        role: Option<Role>,
        permission: &str,
        on: Resource,
        observation: &mut Observation,
    ) -> Result<PersonCaller, Refusal> {
        let decided = self.parts.policies.decide(&person, role, permission, on);
        observation.by_policies(decided.policies);
        if !decided.allowed {
            return Err(Refusal::permission_denied());
        }
        let organization = match on {
            Resource::Organization(organization) => Some(organization),
            Resource::Platform => None,
        };
        let access = Some(Access {
            permission: permission.to_owned(),
            organization,
            role,
        });
        Ok(PersonCaller { access, ..person })
    }

    /// Whoever holds a link, signed in or not. A token that is sent must be good, even where none is needed: a stale
    /// sign-in is to be told, not passed over.
    async fn holder(&self, headers: &HeaderMap, sign_in: SignIn) -> Result<Caller, Refusal> {
        match (bearer(headers)?, sign_in) {
            (None, SignIn::Optional) => Ok(Caller::Anonymous),
            (None, SignIn::Required) => Err(refuse::token_missing()),
            (Some(token), _) => self
                .parts
                .persons
                .verify(token)
                .await
                .map(Caller::Person)
                .map_err(refuse::token),
        }
    }

    async fn person(&self, headers: &HeaderMap) -> Result<PersonCaller, Refusal> {
        let token = bearer(headers)?.ok_or_else(refuse::token_missing)?;
        self.parts.persons.verify(token).await.map_err(refuse::token)
    }

    fn workload(&self, headers: &HeaderMap, names: &[String]) -> Result<Caller, Refusal> {
        let token = bearer(headers)?.ok_or_else(refuse::token_missing)?;
        let name = self.parts.workloads.verify(token).map_err(refuse::token)?;
        if names.contains(&name) {
            Ok(Caller::Workload { name })
        } else {
            Err(Refusal::permission_denied())
        }
    }

    fn within_rate(
        &self,
        rule: &'static MethodRule,
        parts: &Parts,
        calls_per_minute: u32,
    ) -> Result<(), Refusal> {
        self.rate
            .take(&rule.path, address(parts), calls_per_minute)
            .map_err(refuse::too_often)
    }
}

/// The one bearer token of a request (RFC 6750). Two are none: somebody would read the other one.
fn bearer(headers: &HeaderMap) -> Result<Option<&str>, Refusal> {
    let invalid = || refuse::token(muster_identity::TokenProblem::Malformed);
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(invalid());
    }
    let (scheme, token) = value
        .to_str()
        .ok()
        .and_then(|text| text.split_once(' '))
        .ok_or_else(invalid)?;
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(Some(token.trim()))
    } else {
        Err(invalid())
    }
}

/// The network address that calls: of the visitor for whom a page calls, else of the connection. Only this process puts
/// them there; no header says it.
fn address(parts: &Parts) -> IpAddr {
    let visitor = parts
        .extensions
        .get::<Visitor>()
        .and_then(|visitor| visitor.address);
    let connection = parts
        .extensions
        .get::<ConnectInfo<SocketAddr>>()
        .map(|ConnectInfo(address)| address.ip());
    // Nobody known: all of them together are one.
    visitor
        .or(connection)
        .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn bearer_of(values: &[&'static str]) -> Result<Option<String>, ()> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        bearer(&headers)
            .map(|token| token.map(str::to_owned))
            .map_err(|_| ())
    }

    #[test]
    fn exactly_one_bearer_token_is_read() {
        assert_eq!(bearer_of(&[]), Ok(None));
        assert_eq!(bearer_of(&["Bearer a.b.c"]), Ok(Some("a.b.c".to_owned())));
        assert_eq!(bearer_of(&["bearer a.b.c"]), Ok(Some("a.b.c".to_owned())));
        for bad in [
            &["Bearer a", "Bearer a"][..],
            &["Basic a"],
            &["Bearer"],
            &["a.b.c"],
            &[""],
        ] {
            assert_eq!(bearer_of(bad), Err(()), "{bad:?}");
        }
    }
}
