//! How often something may be called: token buckets by network address, and by caller.
//!
//! In this process only: with several replicas each counts for itself.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use muster_clock::Clock;
use time::OffsetDateTime;

use super::{CallerKey, network};

/// Buckets that are kept. Beyond that the least recently used is forgotten, so that nobody new is kept out by how many
/// there are.
const MAX_BUCKETS: u64 = 100_000;
/// A bucket that nobody touched for so long is full again and can be forgotten.
const FULL_AGAIN: Duration = Duration::from_secs(60);

const MINUTE: f64 = 60.0;

/// An IPv6 site has 65,536 networks: together they may call as often as so many.
const NETWORKS_OF_A_SITE: u32 = 16;

/// Counts calls by network and by caller.
#[derive(Debug)]
pub(crate) struct RateLimiter {
    clock: Clock,
    buckets: Cache<Key, Arc<Mutex<Bucket>>>,
}

/// What has a bucket of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    /// Calls of one kind from one network.
    Network(&'static str, IpAddr),
    /// Calls of one kind from one IPv6 site: the first 48 bits of the address.
    Site(&'static str, [u16; 3]),
    /// All calls of one caller.
    Caller(CallerKey),
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: OffsetDateTime,
}

/// How many calls are allowed.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    /// At once, when there was none before.
    burst: f64,
    /// From then on.
    per_second: f64,
}

impl Allowance {
    /// A minute's worth at once: people come with their colleagues, and not every minute.
    fn per_minute(calls: u32) -> Self {
        let burst = f64::from(calls);
        Self {
            burst,
            per_second: burst / MINUTE,
        }
    }

    /// Ten seconds' worth at once.
    fn per_second(calls: u32) -> Self {
        let per_second = f64::from(calls);
        Self {
            burst: per_second * 10.0,
            per_second,
        }
    }
}

impl RateLimiter {
    /// Without any calls yet.
    pub(crate) fn new(clock: Clock) -> Self {
        Self::with_max_buckets(clock, MAX_BUCKETS)
    }

    fn with_max_buckets(clock: Clock, max: u64) -> Self {
        let buckets = Cache::builder()
            .max_capacity(max)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(FULL_AGAIN)
            .build();
        Self { clock, buckets }
    }

    /// Counts a call of this kind from this address.
    ///
    /// # Errors
    /// When there were too many: how long to wait.
    pub(crate) fn take(&self, kind: &'static str, address: IpAddr, per_minute: u32) -> Result<(), Duration> {
        let network = network(address);
        self.take_of(Key::Network(kind, network), Allowance::per_minute(per_minute))?;
        match network {
            IpAddr::V4(_) => Ok(()),
            IpAddr::V6(network) => {
                let [a, b, c, ..] = network.segments();
                let limit = per_minute.saturating_mul(NETWORKS_OF_A_SITE);
                self.take_of(Key::Site(kind, [a, b, c]), Allowance::per_minute(limit))
            }
        }
    }

    /// Counts a call of this caller, whatever its kind.
    ///
    /// # Errors
    /// When there were too many: how long to wait.
    pub(crate) fn take_of_caller(&self, caller: CallerKey, per_second: u32) -> Result<(), Duration> {
        self.take_of(Key::Caller(caller), Allowance::per_second(per_second))
    }

    fn take_of(&self, key: Key, allowed: Allowance) -> Result<(), Duration> {
        let now = self.clock.now();
        let full = || {
            Arc::new(Mutex::new(Bucket {
                left: allowed.burst,
                at: now,
            }))
        };
        let bucket = self.buckets.get_with(key, full);
        bucket
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(now, allowed)
    }
}

impl Bucket {
    fn take(&mut self, now: OffsetDateTime, allowed: Allowance) -> Result<(), Duration> {
        let elapsed = (now - self.at).as_seconds_f64().max(0.0);
        self.left = (self.left + elapsed * allowed.per_second).min(allowed.burst);
        self.at = now;
        if self.left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - self.left) / allowed.per_second));
        }
        self.left -= 1.0;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    fn limiter() -> (RateLimiter, Clock) {
        let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
        (RateLimiter::new(clock.clone()), clock)
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn calls_beyond_the_rate_wait_and_the_wait_suffices() {
        let (limiter, clock) = limiter();
        let take = || limiter.take("/m", address("192.0.2.1"), 2);
        assert_eq!((take(), take()), (Ok(()), Ok(())));
        let wait = take().unwrap_err();
        assert_eq!(wait, Duration::from_secs(30));
        clock.advance(wait);
        assert_eq!(take(), Ok(()));
        assert!(take().is_err());
    }

    #[test]
    fn methods_and_addresses_are_counted_apart() {
        let (limiter, _) = limiter();
        assert!(limiter.take("/m", address("192.0.2.1"), 1).is_ok());
        assert!(limiter.take("/n", address("192.0.2.1"), 1).is_ok());
        assert!(limiter.take("/m", address("192.0.2.2"), 1).is_ok());
        assert!(limiter.take("/m", address("::ffff:192.0.2.1"), 1).is_err());
    }

    #[test]
    fn a_whole_ipv6_network_is_one_address() {
        let (limiter, _) = limiter();
        assert!(limiter.take("/m", address("2001:db8::1"), 1).is_ok());
        assert!(limiter.take("/m", address("2001:db8::ffff:2"), 1).is_err());
        assert!(limiter.take("/m", address("2001:db8:0:1::1"), 1).is_ok());
    }

    #[test]
    fn the_networks_of_one_site_are_counted_together_too() {
        let (limiter, _) = limiter();
        let take = |network: u16| limiter.take("/m", address(&format!("2001:db8:7:{network:x}::1")), 1);
        let allowed = (0..100).filter(|network| take(*network).is_ok()).count();
        assert_eq!(allowed, 16);
        assert!(limiter.take("/m", address("2001:db8:8::1"), 1).is_ok());
    }

    #[test]
    fn however_many_have_called_somebody_new_may() {
        let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
        let limiter = RateLimiter::with_max_buckets(clock, 100);
        for n in 0..10_000_u32 {
            assert!(limiter.take("/m", IpAddr::V4(n.into()), 1).is_ok(), "the {n}th");
        }
        limiter.buckets.run_pending_tasks();
        assert!(limiter.buckets.entry_count() <= 100);
        assert!(
            limiter.take("/m", IpAddr::V4(9_999_u32.into()), 1).is_err(),
            "the latest are remembered"
        );
    }
}
