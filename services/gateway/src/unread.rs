//! Answers that wait until the other side reads them: so many bytes of one network.
//!
//! HTTP/2 lets a client ask for answers and never open its window for them. What a call occupied is free by then, and the
//! answer lies in memory for as long as the connection lives.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use crate::rate::network;
use crate::tally::{Held, Tally};

/// What may wait on one connection without being counted further: most never have more.
const ON_ONE_CONNECTION: usize = 64 * 1024;
/// What may wait for one network beyond that.
const FOR_ONE_NETWORK: usize = 16 * 1024 * 1024;
/// What a stream takes beside its answer.
const STREAM: usize = 2 * 1024;

/// What waits for each network.
#[derive(Clone, Debug)]
pub(crate) struct Unread(Arc<Tally<IpAddr>>);

/// What waits on one connection.
#[derive(Clone, Debug)]
pub(crate) struct OnConnection {
    bytes: Arc<AtomicUsize>,
    networks: Unread,
}

/// An answer that waits; no longer on drop.
#[derive(Debug)]
pub(crate) struct Waiting {
    bytes: usize,
    on_connection: Arc<AtomicUsize>,
    _share: Option<Held<IpAddr>>,
}

impl Unread {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Tally::new(FOR_ONE_NETWORK)))
    }

    /// On a new connection.
    pub(crate) fn on_connection(&self) -> OnConnection {
        OnConnection {
            bytes: Arc::default(),
            networks: self.clone(),
        }
    }
}

impl OnConnection {
    /// An answer of so many bytes to this address; `None` if too much waits for its network already.
    pub(crate) fn wait(&self, address: IpAddr, bytes: usize) -> Option<Waiting> {
        let bytes = bytes + STREAM;
        let before = self.bytes.fetch_add(bytes, Relaxed);
        let mut waiting = Waiting {
            bytes,
            on_connection: Arc::clone(&self.bytes),
            _share: None,
        };
        if before + bytes > ON_ONE_CONNECTION {
            waiting._share = Some(self.networks.0.take_many(network(address), bytes)?);
        }
        Some(waiting)
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.on_connection.fetch_sub(self.bytes, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::iter::from_fn;
    use std::net::Ipv4Addr;

    use super::*;

    const ADA: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const EVE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

    #[test]
    fn one_network_fills_its_own_room_only() {
        const ANSWER: usize = 100_000;
        let unread = Unread::new();
        let connections: Vec<_> = (0..4).map(|_| unread.on_connection()).collect();
        let one = |n: usize| connections[n % 4].wait(EVE, ANSWER);
        let mut n = 0;
        let waiting: Vec<_> = from_fn(|| {
            n += 1;
            one(n)
        })
        .collect();
        assert_eq!(waiting.len(), FOR_ONE_NETWORK / (ANSWER + STREAM));
        assert!(
            connections[0].wait(ADA, ANSWER).is_some(),
            "even on the same connection"
        );
        assert!(
            unread.on_connection().wait(EVE, 1000).is_some(),
            "little is not counted"
        );
        drop(waiting);
        assert!(one(0).is_some());
        assert!(connections.iter().all(|one| one.bytes.load(Relaxed) == 0));
    }
}
