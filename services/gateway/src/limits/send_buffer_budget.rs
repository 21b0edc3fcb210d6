//! How many bytes of answers may wait in memory until the clients of one network read them.
//!
//! HTTP/2 lets a client ask for answers and never open its window for them. The call's other permits are free by then,
//! and the answer stays in memory for as long as the connection lives.

use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::Relaxed;

use muster_server::{KeyedLimit, KeyedPermit};

use super::network;

/// What may wait on one connection without being counted further: most never have more.
const MAX_UNCOUNTED: usize = 64 * 1024;
/// What may wait for one network beyond that.
const MAX_OF_NETWORK: usize = 16 * 1024 * 1024;
/// The most that is read of an answer before it is written: without room for that, nothing is asked for.
const MAX_ANSWER: usize = 64 * 1024;
/// The memory of a stream beside its answer.
const STREAM_OVERHEAD: usize = 2 * 1024;

/// The budget of each network. Cheap to clone: clones are one budget.
#[derive(Clone, Debug)]
pub(crate) struct SendBufferBudget(Arc<KeyedLimit<IpAddr>>);

/// What waits on one connection. Cheap to clone.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionSendBuffer {
    bytes: Arc<AtomicUsize>,
    networks: SendBufferBudget,
}

/// An answer that waits; given back on drop.
#[derive(Debug)]
pub(crate) struct SendBufferPermit {
    bytes: usize,
    on_connection: Arc<AtomicUsize>,
    _of_network: Option<KeyedPermit<IpAddr>>,
}

impl SendBufferBudget {
    pub(crate) fn new() -> Self {
        Self(Arc::new(KeyedLimit::new(MAX_OF_NETWORK)))
    }

    /// For a new connection.
    pub(crate) fn on_connection(&self) -> ConnectionSendBuffer {
        ConnectionSendBuffer {
            bytes: Arc::default(),
            networks: self.clone(),
        }
    }
}

impl ConnectionSendBuffer {
    /// Whether an answer to this address would find no room, as far as one can tell before it is there: something waits on
    /// this connection already, and the network's budget is used up.
    pub(crate) fn is_full(&self, address: IpAddr) -> bool {
        let of_network = || self.networks.0.take_many(network(address), MAX_ANSWER);
        self.bytes.load(Relaxed) > MAX_UNCOUNTED / 2 && of_network().is_none()
    }

    /// Room for an answer of so many bytes to this address; `None` if too much waits for its network already.
    pub(crate) fn take(&self, address: IpAddr, bytes: usize) -> Option<SendBufferPermit> {
        let bytes = bytes + STREAM_OVERHEAD;
        let before = self.bytes.fetch_add(bytes, Relaxed);
        let mut permit = SendBufferPermit {
            bytes,
            on_connection: Arc::clone(&self.bytes),
            _of_network: None,
        };
        if before + bytes > MAX_UNCOUNTED {
            permit._of_network = Some(self.networks.0.take_many(network(address), bytes)?);
        }
        Some(permit)
    }
}

impl Drop for SendBufferPermit {
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
    fn one_network_fills_its_own_budget_only() {
        const ANSWER: usize = 100_000;
        let budget = SendBufferBudget::new();
        let connections: Vec<_> = (0..4).map(|_| budget.on_connection()).collect();
        let one = |n: usize| connections[n % 4].take(EVE, ANSWER);
        let mut n = 0;
        let waiting: Vec<_> = from_fn(|| {
            n += 1;
            one(n)
        })
        .collect();
        assert_eq!(waiting.len(), MAX_OF_NETWORK / (ANSWER + STREAM_OVERHEAD));
        assert!(
            connections[0].take(ADA, ANSWER).is_some(),
            "even on the same connection"
        );
        assert!(
            budget.on_connection().take(EVE, 1000).is_some(),
            "little is not counted"
        );
        assert!(connections[0].is_full(EVE));
        assert!(!connections[0].is_full(ADA));
        assert!(!budget.on_connection().is_full(EVE), "nothing waits there yet");
        drop(waiting);
        assert!(!connections[0].is_full(EVE));
        assert!(one(0).is_some());
        assert!(connections.iter().all(|one| one.bytes.load(Relaxed) == 0));
    }
}
