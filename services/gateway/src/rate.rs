//! How often one network address may call what needs no sign-in.
//!
//! In this process only: with several replicas an address gets that many calls from each.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use muster_clock::Clock;
use time::OffsetDateTime;

/// The most address and method pairs that are remembered. A bucket that nobody touched for a minute is full again and
/// can be forgotten; if that does not make room, new addresses wait.
const REMEMBERED: usize = 100_000;

const MINUTE: f64 = 60.0;

/// Counts calls by method and address, as token buckets that hold one minute's worth.
#[derive(Debug)]
pub struct RateLimiter {
    clock: Clock,
    buckets: Mutex<HashMap<(&'static str, IpAddr), Bucket>>,
}

#[derive(Debug, Clone, Copy)]
struct Bucket {
    left: f64,
    at: OffsetDateTime,
}

impl RateLimiter {
    /// An empty one.
    pub fn new(clock: Clock) -> Self {
        Self {
            clock,
            buckets: Mutex::default(),
        }
    }

    /// Counts a call.
    ///
    /// # Errors
    /// When there were too many: how long to wait.
    pub fn take(&self, method: &'static str, address: IpAddr, calls_per_minute: u32) -> Result<(), Duration> {
        let (now, limit) = (self.clock.now(), f64::from(calls_per_minute));
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= REMEMBERED {
            buckets.retain(|_, bucket| (now - bucket.at).as_seconds_f64() < MINUTE);
        }
        let key = (method, network(address));
        if buckets.len() >= REMEMBERED && !buckets.contains_key(&key) {
            return Err(Duration::from_secs(60));
        }
        let bucket = buckets.entry(key).or_insert(Bucket { left: limit, at: now });
        let elapsed = (now - bucket.at).as_seconds_f64().max(0.0);
        bucket.left = (bucket.left + elapsed * limit / MINUTE).min(limit);
        bucket.at = now;
        if bucket.left < 1.0 {
            return Err(Duration::from_secs_f64((1.0 - bucket.left) * MINUTE / limit));
        }
        bucket.left -= 1.0;
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
}
