//! What issuers said of people elsewhere than in the token that they call with.

use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use moka::future::Cache;
use muster_address::EmailAddress;
use muster_clock::Clock;
use time::OffsetDateTime;

use crate::TokenProblem;

/// About five megabytes when full.
const MAX_PROFILES: u64 = 10_000;
/// What nobody needs any more is forgotten: it is personal.
const IDLE: Duration = Duration::from_secs(3600);
/// How long it holds that an issuer tells no address: people confirm theirs, and come back with the same token.
const SILENT_FOR: time::Duration = time::Duration::minutes(1);

/// What an issuer says of a person, beside who it is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Profile {
    /// Their name.
    pub name: Option<String>,
    /// Their address, if the issuer has verified it.
    pub email: Option<EmailAddress>,
}

/// Profiles by the digest of a whole token. The token is verified before each look, so nothing outlives it.
#[derive(Debug, Clone)]
pub(super) struct Profiles {
    known: Cache<[u8; 32], Known>,
    clock: Clock,
}

#[derive(Debug, Clone)]
struct Known {
    profile: Profile,
    /// When the issuer is to be asked again; `None`: not for this token.
    until: Option<OffsetDateTime>,
}

impl Profiles {
    pub(super) fn new(clock: Clock) -> Self {
        let known = Cache::builder()
            .max_capacity(MAX_PROFILES)
            .time_to_idle(IDLE)
            .build();
        Self { known, clock }
    }

    /// The profile of who holds this token: known, or asked for by one of all who want to know it.
    pub(super) async fn of(
        &self,
        token: &str,
        ask: impl Future<Output = Result<Profile, TokenProblem>>,
    ) -> Result<Profile, TokenProblem> {
        let (key, now) = (key(token), self.clock.now());
        if let Some(known) = self.known.get(&key).await {
            if known.until.is_none_or(|until| now < until) {
                return Ok(known.profile);
            }
            self.known.invalidate(&key).await;
        }
        let asked = async {
            let profile = ask.await?;
            let until = profile.email.is_none().then_some(now + SILENT_FOR);
            Ok(Known { profile, until })
        };
        let known = self.known.try_get_with(key, asked).await;
        known.map(|known| known.profile).map_err(|problem| *problem)
    }

    pub(super) async fn remember(&self, token: &str, profile: Profile) {
        let known = Known { profile, until: None };
        self.known.insert(key(token), known).await;
    }
}

fn key(token: &str) -> [u8; 32] {
    let mut key = [0; 32];
    key.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    key
}
