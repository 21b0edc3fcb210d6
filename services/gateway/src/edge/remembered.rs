//! What was found out a moment ago: whose token this is, and what they may call.
//!
//! Nothing is remembered for longer than a second, nor beyond the life of the token, nor under other policies; roles are
//! three seconds old at most when they are looked at. So nobody gets in more than four seconds after losing their role.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use moka::sync::Cache;
use muster_clock::Clock;
use muster_identity::Caller;
use muster_ids::OrganizationId;
use time::OffsetDateTime;

const REMEMBERED_FOR: Duration = Duration::from_secs(1);
/// Callers of a second; with a token of a kilobyte, and what they called, some tens of megabytes when full.
const CALLERS: u64 = 10_000;
const CALLS: u64 = 20_000;

/// What callers have shown and what was decided.
pub(super) struct Remembered {
    clock: Clock,
    callers: Cache<Credential, Known>,
    admissions: Cache<Call, Admission>,
}

/// An `authorization` header that has been believed.
///
/// Equal when all its bytes are. Only the end is hashed: it is the signature, which nobody can choose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credential(HeaderValue);

/// Whom a credential belongs to.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) caller: Arc<Caller>,
    /// When the token ends.
    pub(super) until: OffsetDateTime,
}

/// What somebody calls.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Call {
    pub(super) method: &'static str,
    pub(super) credential: Credential,
    pub(super) organization: Option<OrganizationId>,
    /// Of the policies that decided.
    pub(super) revision: u64,
}

/// That they may.
#[derive(Debug, Clone)]
pub(super) struct Admission {
    /// Which policies said so.
    pub(super) policies: Arc<str>,
    /// What the service is shown.
    pub(super) caller_token: HeaderValue,
    /// When the credential ends.
    pub(super) until: OffsetDateTime,
}

impl Remembered {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            callers: cache(CALLERS),
            admissions: cache(CALLS),
        }
    }

    pub(super) fn caller(&self, credential: &Credential) -> Option<Known> {
        let known = self.callers.get(credential)?;
        (self.clock.now() < known.until).then_some(known)
    }

    pub(super) fn believe(&self, credential: Credential, known: Known) {
        self.callers.insert(credential, known);
    }

    pub(super) fn admission(&self, call: &Call) -> Option<Admission> {
        let admission = self.admissions.get(call)?;
        (self.clock.now() < admission.until).then_some(admission)
    }

    pub(super) fn admit(&self, call: Call, admission: Admission) {
        self.admissions.insert(call, admission);
    }
}

fn cache<K: Hash + Eq + Send + Sync + 'static, V: Clone + Send + Sync + 'static>(most: u64) -> Cache<K, V> {
    Cache::builder()
        .max_capacity(most)
        .time_to_live(REMEMBERED_FOR)
        .build()
}

impl Credential {
    const HASHED: usize = 32;

    pub(super) fn new(header: &HeaderValue) -> Self {
        Self(header.clone())
    }
}

impl Hash for Credential {
    fn hash<H: Hasher>(&self, state: &mut H) {
        let bytes = self.0.as_bytes();
        let end = bytes.len().saturating_sub(Self::HASHED);
        state.write(bytes.get(end..).unwrap_or(bytes));
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn call(credential: &'static str, revision: u64) -> Call {
        Call {
            method: "/p.S/M",
            credential: Credential(HeaderValue::from_static(credential)),
            organization: None,
            revision,
        }
    }

    #[test]
    fn only_the_very_same_call_of_a_living_token_is_remembered() {
        let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
        let remembered = Remembered::new(clock.clone());
        let admission = Admission {
            policies: Arc::from("owner-submits"),
            caller_token: HeaderValue::from_static("token"),
            until: datetime!(2026-03-01 12:01 UTC),
        };
        let tail = "Bearer a.01234567890123456789012345678901";
        let other = "Bearer b.01234567890123456789012345678901";
        remembered.admit(call(tail, 1), admission);
        assert!(remembered.admission(&call(tail, 1)).is_some());
        assert!(remembered.admission(&call(other, 1)).is_none(), "the same hash");
        assert!(remembered.admission(&call(tail, 2)).is_none(), "other policies");
        let elsewhere = Call {
            method: "/p.S/N",
            ..call(tail, 1)
        };
        assert!(remembered.admission(&elsewhere).is_none());
        clock.advance(Duration::from_secs(60));
        assert!(remembered.admission(&call(tail, 1)).is_none(), "the token ended");
    }
}
