//! How often one network address may call what needs no sign-in, and one caller everything else.
//!
//! In this process only: with several replicas each counts for itself.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use muster_clock::Clock;
use muster_identity::Caller;
use muster_ids::PersonId;
use time::OffsetDateTime;

/// The most that are remembered. When there are more, those are forgotten that have not called for longest: nobody new is
/// kept out by how many there are.
const REMEMBERED: u64 = 100_000;
/// A bucket that nobody touched for so long is full again and can be forgotten.
const FULL_AGAIN: Duration = Duration::from_secs(60);

const MINUTE: f64 = 60.0;

/// An IPv6 site has 65,536 networks: together they may call as often as so many.
const NETWORKS_OF_A_SITE: u32 = 16;

/// Counts calls by method and address, and by caller, as token buckets.
#[derive(Debug)]
pub struct RateLimiter {
    clock: Clock,
    buckets: Cache<(&'static str, Block), Arc<Mutex<Bucket>>>,
}

/// What has a bucket of its own.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Block {
    Network(IpAddr),
    /// The first 48 bits.
    Site([u16; 3]),
    Person(PersonId),
    Workload(String),
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: OffsetDateTime,
}

/// How many calls are allowed: at once, and then a second.
#[derive(Debug, Clone, Copy)]
struct Allowance {
    at_once: f64,
    a_second: f64,
}

impl Allowance {
    /// A minute's worth at once: people come with their colleagues, and not every minute.
    fn of_address(calls_per_minute: u32) -> Self {
        let at_once = f64::from(calls_per_minute);
        Self {
            at_once,
            a_second: at_once / MINUTE,
        }
    }

    /// Ten seconds' worth at once.
    fn of_caller(calls_per_second: u32) -> Self {
        let a_second = f64::from(calls_per_second);
        Self {
            at_once: a_second * 10.0,
            a_second,
        }
    }
}

impl RateLimiter {
    /// An empty one.
    pub fn new(clock: Clock) -> Self {
        Self::with_room(clock, REMEMBERED)
    }

    fn with_room(clock: Clock, room: u64) -> Self {
        let buckets = Cache::builder()
            .max_capacity(room)
            .eviction_policy(EvictionPolicy::lru())
            .time_to_idle(FULL_AGAIN)
            .build();
        Self { clock, buckets }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// When there were too many: how long to wait.
    pub fn take(&self, method: &'static str, address: IpAddr, calls_per_minute: u32) -> Result<(), Duration> {
        let network = network(address);
        self.take_of(
            method,
            Block::Network(network),
            Allowance::of_address(calls_per_minute),
        )?;
        match network {
            IpAddr::V4(_) => Ok(()),
            IpAddr::V6(network) => {
                let [a, b, c, ..] = network.segments();
                let limit = calls_per_minute.saturating_mul(NETWORKS_OF_A_SITE);
                self.take_of(method, Block::Site([a, b, c]), Allowance::of_address(limit))
            }
        }
    }

    /// Counts a call of somebody who is signed in, whatever the method.
    ///
    /// # Errors
    /// When there were too many: how long to wait.
    pub fn take_of_caller(&self, caller: &Caller, calls_per_second: u32) -> Result<(), Duration> {
        let block = match caller {
            Caller::Person(person) => Block::Person(person.id),
            Caller::Workload { name } => Block::Workload(name.clone()),
            Caller::Anonymous => return Ok(()),
        };
        self.take_of("", block, Allowance::of_caller(calls_per_second))
    }

    fn take_of(&self, method: &'static str, block: Block, allowed: Allowance) -> Result<(), Duration> {
        let now = self.clock.now();
        let full = || {
            Arc::new(Mutex::new(Bucket {
                left: allowed.at_once,
                at: now,
            }))
        };
        let bucket = self.buckets.get_with((method, block), full);
        bucket
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(now, allowed)
    }
}

impl Bucket {
    fn take(&mut self, now: OffsetDateTime, allowed: Allowance) -> Result<(), Duration> {
        let elapsed = (now - self.at).as_seconds_f64().max(0.0);
        self.left = (self.left + elapsed * allowed.a_second).min(allowed.at_once);
        self.at = now;
        if self.left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - self.left) / allowed.a_second));
        }
        self.left -= 1.0;
        Ok(())
    }
}

/// What counts as one address: an IPv4 address, or the /64 that one IPv6 subscriber has to themself.
pub(crate) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => IpAddr::V4(address),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
        }
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
        let limiter = RateLimiter::with_room(clock, 100);
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
