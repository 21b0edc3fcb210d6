//! Who calls, by the mode of the rule; whether they may is decided later, when their message is there.

use std::sync::Arc;

use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use muster_access::{Actor, MethodRule, Mode, SignIn};
use muster_identity::{Caller, TokenProblem};
use muster_refusal::Refusal;
use time::OffsetDateTime;

use super::call_cache::{Credential, Known};
use super::observe::CallerTag;
use super::refuse;
use super::shared::Shared;
use crate::limits::ClientAddress;

/// Who calls.
#[derive(Debug, Clone)]
pub(super) struct Identified {
    pub(super) caller: Arc<Caller>,
    /// What logs call them; `None`: they are known by their network only.
    pub(super) tag: Option<CallerTag>,
    /// What they have shown, and until when it is good, if it is worth remembering what they may.
    pub(super) shown: Option<(Credential, OffsetDateTime)>,
}

impl Identified {
    /// Whether they are known by more than their network.
    pub(super) fn is_signed_in(&self) -> bool {
        !matches!(*self.caller, Caller::Anonymous)
    }

    fn anonymous() -> Self {
        Self {
            caller: Arc::new(Caller::Anonymous),
            tag: None,
            shown: None,
        }
    }
}

impl Shared {
    /// Finds out who calls. Whoever may not call this method at all is refused already here.
    pub(super) async fn identify(
        &self,
        rule: &'static MethodRule,
        parts: &Parts,
    ) -> Result<Identified, Refusal> {
        match &rule.mode {
            Mode::Public { calls_per_minute } => {
                self.within_rate(rule, parts, *calls_per_minute)?;
                Ok(Identified::anonymous())
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
            } => self
                .workload(&parts.headers, names)
                .map(|caller| self.uncached(caller)),
            Mode::Authenticated {
                actor: Actor::Person, ..
            }
            | Mode::Require { .. } => {
                let person = self.person(&parts.headers).await?;
                let person = person.ok_or_else(refuse::token_missing)?;
                match rule.needs_address {
                    // Boxed: this future is large and rarely needed.
                    true => Box::pin(self.addressed(&parts.headers, person)).await,
                    false => Ok(person),
                }
            }
            Mode::Internal { .. } => Err(refuse::no_such_method()),
        }
    }

    /// Whoever holds a link, signed in or not. A token that is sent must be good, even where none is needed: a stale
    /// sign-in is to be told, not passed over.
    async fn holder(&self, headers: &HeaderMap, sign_in: SignIn) -> Result<Identified, Refusal> {
        match (self.person(headers).await?, sign_in) {
            (Some(person), _) => self.addressed(headers, person).await,
            (None, SignIn::Optional) => Ok(Identified::anonymous()),
            (None, SignIn::Required) => Err(refuse::token_missing()),
        }
    }

    /// The person who shows a token, if one is shown.
    async fn person(&self, headers: &HeaderMap) -> Result<Option<Identified>, Refusal> {
        let Some(header) = the_one(headers)? else {
            return Ok(None);
        };
        let token = bearer(header)?;
        let known = match self.call_cache.caller(token) {
            Some(known) => known,
            // Boxed: this future is large and rarely needed.
            None => Box::pin(self.verify(token)).await?,
        };
        Ok(Some(Identified {
            caller: known.caller,
            tag: known.tag,
            shown: Some((known.credential, known.until)),
        }))
    }

    /// A link is bound to an address: what is done with it is the one thing for which a person's must be known, and for which
    /// their issuer is asked if their token is silent about it.
    async fn addressed(&self, headers: &HeaderMap, who: Identified) -> Result<Identified, Refusal> {
        let silent = who.caller.person().is_some_and(|person| person.emails.is_empty());
        let Some(header) = the_one(headers)?.filter(|_| silent) else {
            return Ok(who);
        };
        let verifying = self.parts.persons.verify_with_address(bearer(header)?);
        // Boxed: this future is large and rarely needed.
        let person = Box::pin(verifying).await.map_err(refuse::token)?;
        Ok(self.uncached(Caller::Person(person)))
    }

    /// A caller whose calls are decided anew each time.
    fn uncached(&self, caller: Caller) -> Identified {
        Identified {
            tag: self.parts.caller_tags.of(&caller),
            caller: Arc::new(caller),
            shown: None,
        }
    }

    async fn verify(&self, token: &str) -> Result<Known, Refusal> {
        let verified = self.parts.persons.verify_until(token).await;
        let (person, until) = verified.map_err(refuse::token)?;
        let caller = Caller::Person(person);
        let known = Known {
            credential: Credential::new(token),
            tag: self.parts.caller_tags.of(&caller),
            caller: Arc::new(caller),
            until,
        };
        self.call_cache.insert_caller(known.clone());
        Ok(known)
    }

    fn workload(&self, headers: &HeaderMap, names: &[String]) -> Result<Caller, Refusal> {
        let header = the_one(headers)?.ok_or_else(refuse::token_missing)?;
        let name = self
            .parts
            .workloads
            .verify(bearer(header)?)
            .map_err(refuse::token)?;
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
        let ClientAddress(address) = ClientAddress::of(&parts.extensions);
        let taken = self.rate.take(&rule.path, address, calls_per_minute);
        taken.map_err(refuse::too_often)
    }
}

/// The one `authorization` header of a request. Two are none: somebody would read the other one.
fn the_one(headers: &HeaderMap) -> Result<Option<&HeaderValue>, Refusal> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    match (values.next(), values.next()) {
        (value, None) => Ok(value),
        (_, Some(_)) => Err(refuse::token(TokenProblem::Malformed)),
    }
}

/// The bearer token that it carries (RFC 6750). Who uses another scheme has shown none.
fn bearer(header: &HeaderValue) -> Result<&str, Refusal> {
    let malformed = |_| refuse::token(TokenProblem::Malformed);
    let text = header.to_str().map_err(malformed)?;
    let (scheme, token) = text.split_once(' ').unwrap_or((text, ""));
    if scheme.eq_ignore_ascii_case("bearer") {
        Ok(token.trim())
    } else {
        Err(refuse::token_missing())
    }
}

#[cfg(test)]
mod tests {
    use muster_refusal::ErrorReason;

    use super::*;

    fn bearer_of(values: &[&'static str]) -> Result<Option<String>, ErrorReason> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, HeaderValue::from_static(value));
        }
        let token = || the_one(&headers)?.map(bearer).transpose();
        token()
            .map(|token| token.map(str::to_owned))
            .map_err(|refusal| refusal.reason())
    }

    #[test]
    fn exactly_one_bearer_token_is_read() {
        assert_eq!(bearer_of(&[]), Ok(None));
        assert_eq!(bearer_of(&["Bearer a.b.c"]), Ok(Some("a.b.c".to_owned())));
        assert_eq!(bearer_of(&["bearer a.b.c"]), Ok(Some("a.b.c".to_owned())));
        for nothing in ["Bearer", "Bearer "] {
            assert_eq!(bearer_of(&[nothing]), Ok(Some(String::new())), "{nothing:?}");
        }
        for other in ["Basic a", "a.b.c", ""] {
            assert_eq!(bearer_of(&[other]), Err(ErrorReason::TokenMissing), "{other:?}");
        }
        let twice = bearer_of(&["Bearer a", "Bearer a"]);
        assert_eq!(twice, Err(ErrorReason::TokenInvalid));
    }
}
