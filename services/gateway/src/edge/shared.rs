//! What all calls share.

use std::num::NonZeroU32;

use muster_access::{MethodRule, Rules};
use muster_clock::Clock;
use muster_identity::oidc::PersonVerifier;
use muster_identity::{CallerSigner, WorkloadVerifier};
use tokio_util::sync::CancellationToken;

use super::call_cache::CallCache;
use super::capacity::Capacity;
use super::observe::{CallerTags, Observer};
use crate::access::Access;
use crate::limits::RateLimiter;
use crate::policy::Policies;
use crate::upstream::{Roles, StaffReads, Upstreams};

/// What the edge is made of.
pub(crate) struct EdgeParts {
    /// The rules of every RPC. They live as long as the process.
    pub(crate) rules: &'static Rules,
    /// Decides about permissions.
    pub(crate) policies: Policies,
    /// Verifies the tokens of persons.
    pub(crate) persons: PersonVerifier,
    /// Verifies the tokens of workloads that call through the edge.
    pub(crate) workloads: WorkloadVerifier,
    /// Knows roles.
    pub(crate) roles: Roles,
    /// Writes down what registry staff look at.
    pub(crate) staff_reads: StaffReads,
    /// Tells services who calls.
    pub(crate) signer: CallerSigner,
    /// The services.
    pub(crate) upstreams: Upstreams,
    /// Time and ids.
    pub(crate) clock: Clock,
    /// Calls that may run at the same time.
    pub(crate) max_calls: usize,
    /// Calls a second of one caller who is signed in; `None`: as many as they like.
    pub(crate) calls_per_second: Option<NonZeroU32>,
    /// Cancelled when streams that still run are to end.
    pub(crate) streams: CancellationToken,
    /// Names callers in logs.
    pub(crate) caller_tags: CallerTags,
    /// Sees what becomes of calls.
    pub(crate) observer: Observer,
}

pub(super) struct Shared {
    pub(super) parts: EdgeParts,
    pub(super) rate: RateLimiter,
    pub(super) capacity: Capacity,
    pub(super) call_cache: CallCache,
    pub(super) access: Access,
}

impl Shared {
    pub(super) fn new(parts: EdgeParts) -> Self {
        Self {
            rate: RateLimiter::new(parts.clock.clone()),
            capacity: Capacity::new(parts.max_calls),
            call_cache: CallCache::new(parts.clock.clone()),
            access: Access::new(parts.rules, parts.policies.clone(), parts.roles.clone()),
            parts,
        }
    }

    /// The rule of a method that can be called from outside. Internal methods do not exist here.
    pub(super) fn exposed(&self, path: &str) -> Option<&'static MethodRule> {
        self.parts.rules.get(path).filter(|rule| !rule.is_internal())
    }
}
