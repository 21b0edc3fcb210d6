//! What was found out a moment ago: whose token this is, and what they may call.
//!
//! Nothing is kept for longer than a second, nor beyond the life of the token, nor under other policies; roles are three
//! seconds old at most when they are looked at. So nobody gets in more than four seconds after losing their role.
//!
//! The caches are bounded by bytes, not by entries: a token may have up to 16 KiB.

use std::hash::{Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::HeaderValue;
use moka::sync::Cache;
use muster_clock::Clock;
use muster_identity::Caller;
use muster_ids::OrganizationId;
use muster_telemetry::PolicyDecision;
use time::OffsetDateTime;

use super::observe::CallerTag;

const KEPT_FOR: Duration = Duration::from_secs(1);
/// Bytes: about 10,000 callers with tokens of a kilobyte, and 20,000 of their calls.
const MAX_CALLERS: u64 = 32 << 20;
const MAX_CALLS: u64 = 52 << 20;
/// About what an entry takes beside its tokens, in bytes.
const ENTRY: usize = 512;

/// The end of a token: it is the signature, which nobody can choose. So it alone is hashed, and the whole token compared.
const TAIL: usize = 32;
type Tail = [u8; TAIL];

/// Callers by their tokens, and what was decided about their calls.
pub(super) struct CallCache {
    clock: Clock,
    callers: Cache<Tail, Known>,
    admissions: Cache<Call, Admission>,
}

/// A token that was verified, in a buffer of its own: a header is part of a larger one, which would stay with it. However
/// the header was written (`Bearer`, `bearer`, more spaces), one token is one credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Credential(Bytes);

/// Whom a token belongs to.
#[derive(Debug, Clone)]
pub(super) struct Known {
    pub(super) credential: Credential,
    pub(super) caller: Arc<Caller>,
    /// What logs call them.
    pub(super) tag: Option<CallerTag>,
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

/// That the call may go on.
#[derive(Debug, Clone)]
pub(super) struct Admission {
    /// Which policies said so.
    pub(super) policies: Arc<str>,
    /// What they were asked.
    pub(super) asked: Option<PolicyDecision>,
    /// What the service is shown.
    pub(super) caller_token: HeaderValue,
    /// Whether the look is written down before the call goes on.
    pub(super) is_logged: bool,
    /// When the credential ends.
    pub(super) until: OffsetDateTime,
}

impl CallCache {
    pub(super) fn new(clock: Clock) -> Self {
        Self {
            clock,
            callers: cache(MAX_CALLERS, |_, known: &Known| known.weight()),
            admissions: cache(MAX_CALLS, |call: &Call, admission: &Admission| {
                call.weight() + admission.weight()
            }),
        }
    }

    /// Whose token this is, if it was verified a moment ago and is still good.
    pub(super) fn caller(&self, token: &str) -> Option<Known> {
        let known = self.callers.get(&tail(token.as_bytes()))?;
        let same = known.credential.0 == token.as_bytes();
        (same && self.clock.now() < known.until).then_some(known)
    }

    pub(super) fn insert_caller(&self, known: Known) {
        self.callers.insert(tail(&known.credential.0), known);
    }

    /// What was decided about this call a moment ago.
    pub(super) fn admission(&self, call: &Call) -> Option<Admission> {
        let admission = self.admissions.get(call)?;
        (self.clock.now() < admission.until).then_some(admission)
    }

    pub(super) fn insert_admission(&self, call: Call, admission: Admission) {
        self.admissions.insert(call, admission);
    }
}

fn cache<K, V>(max_bytes: u64, weight: impl Fn(&K, &V) -> usize + Send + Sync + 'static) -> Cache<K, V>
where
    K: Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    Cache::builder()
        .max_capacity(max_bytes)
        .weigher(move |key, value| u32::try_from(weight(key, value)).unwrap_or(u32::MAX))
        .time_to_live(KEPT_FOR)
        .build()
}

fn tail(token: &[u8]) -> Tail {
    let mut tail = [0; TAIL];
    let end = token.get(token.len().saturating_sub(TAIL)..).unwrap_or_default();
    for (to, from) in tail.iter_mut().zip(end) {
        *to = *from;
    }
    tail
}

impl Credential {
    pub(super) fn new(token: &str) -> Self {
        Self(Bytes::copy_from_slice(token.as_bytes()))
    }
}

impl Hash for Credential {
    fn hash<H: Hasher>(&self, state: &mut H) {
        state.write(&tail(&self.0));
    }
}

impl Known {
    /// The token, and what was read from it.
    fn weight(&self) -> usize {
        ENTRY + 2 * self.credential.0.len()
    }
}

impl Call {
    fn weight(&self) -> usize {
        ENTRY + self.credential.0.len()
    }
}

impl Admission {
    fn weight(&self) -> usize {
        self.caller_token.len()
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn call(credential: &'static str, revision: u64) -> Call {
        Call {
            method: "/p.S/M",
            credential: Credential::new(credential),
            organization: None,
            revision,
        }
    }

    fn known(token: &str) -> Known {
        Known {
            credential: Credential::new(token),
            caller: Arc::new(Caller::Anonymous),
            tag: None,
            until: datetime!(2026-03-01 12:01 UTC),
        }
    }

    #[test]
    fn only_the_very_same_call_of_a_living_token_is_known() {
        let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
        let cache = CallCache::new(clock.clone());
        let admission = Admission {
            policies: Arc::from("owner-submits"),
            asked: None,
            caller_token: HeaderValue::from_static("token"),
            is_logged: false,
            until: datetime!(2026-03-01 12:01 UTC),
        };
        let tail = "a.01234567890123456789012345678901";
        let other = "b.01234567890123456789012345678901";
        cache.insert_admission(call(tail, 1), admission);
        assert!(cache.admission(&call(tail, 1)).is_some());
        assert!(cache.admission(&call(other, 1)).is_none(), "the same hash");
        assert!(cache.admission(&call(tail, 2)).is_none(), "other policies");
        let elsewhere = Call {
            method: "/p.S/N",
            ..call(tail, 1)
        };
        assert!(cache.admission(&elsewhere).is_none());
        clock.advance(Duration::from_secs(60));
        assert!(cache.admission(&call(tail, 1)).is_none(), "the token ended");
    }

    #[test]
    fn a_token_is_only_known_as_a_whole() {
        let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
        let cache = CallCache::new(clock.clone());
        let tail = "a.01234567890123456789012345678901";
        cache.insert_caller(known(tail));
        assert!(cache.caller(tail).is_some());
        assert!(cache.caller(&tail.replace('a', "b")).is_none(), "the same tail");
        clock.advance(Duration::from_secs(60));
        assert!(cache.caller(tail).is_none(), "the token ended");
    }

    #[test]
    fn however_large_tokens_are_the_cache_holds_so_many_bytes() {
        let cache = CallCache::new(Clock::fixed(datetime!(2026-03-01 12:00 UTC)));
        for n in 0..5_000 {
            cache.insert_caller(known(&format!("{}{n:032}", "x".repeat(16_000))));
        }
        cache.callers.run_pending_tasks();
        assert!(cache.callers.weighted_size() <= MAX_CALLERS);
        assert!(
            cache.callers.entry_count() < 1_100,
            "{}",
            cache.callers.entry_count()
        );
    }
}
