//! Who calls, by the mode of the rule; whether they may is decided later, when their message is there.

use std::net::{IpAddr, Ipv4Addr};

use http::request::Parts;
use http::{Extensions, HeaderMap, header};
use muster_access::{Actor, MethodRule, Mode, SignIn};
use muster_identity::{Caller, PersonCaller};
use muster_refusal::Refusal;

use super::{Shared, refuse};
use crate::visitor::Visitor;

impl Shared {
    /// Finds out who calls. Whoever may not call this method at all is refused already here.
    pub(super) async fn identify(&self, rule: &'static MethodRule, parts: &Parts) -> Result<Caller, Refusal> {
        match &rule.mode {
            Mode::Public { calls_per_minute } => {
                self.within_rate(rule, parts, *calls_per_minute)?;
                Ok(Caller::Anonymous)
            }
            Mode::Capability {
                sign_in,
                calls_per_minute,
            } => {
                self.within_rate(rule, parts, *calls_per_minute)?;
                self.holder(&parts.headers, *sign_in).await
            }
            Mode::Authenticated {
                actor: Actor::Workload(names),
                ..
            } => self.workload(&parts.headers, names),
            Mode::Authenticated {
                actor: Actor::Person, ..
            }
            | Mode::Require { .. } => Ok(Caller::Person(self.person(&parts.headers).await?)),
            Mode::Internal { .. } => Err(refuse::no_such_method()),
        }
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
            .take(&rule.path, address(&parts.extensions), calls_per_minute)
            .map_err(refuse::too_often)
    }
}

/// The network address that calls, as the listener found it out. Nobody known: all of them together are one.
pub(super) fn address(extensions: &Extensions) -> IpAddr {
    extensions
        .get::<Visitor>()
        .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |visitor| visitor.address)
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
