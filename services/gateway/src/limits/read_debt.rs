//! How long a connection waits before more of it is read: for what it has had done for nothing.
//!
//! A call costs whoever makes it less than whoever answers it, also when the answer is a refusal, or is not waited for. Who
//! is refused and calls again at once, or takes back what was begun, would keep a thread as busy as they like, and everybody
//! else on it waiting. Read more slowly, they wait themselves: what they send stays with them. A new connection from the same
//! network begins with what is owed there, for cutting one and opening the next costs nothing either.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::sync::Cache;
use tokio::time::Instant;

use super::network;

/// The longest that a connection waits between two reads: it must be heard within the patience of keep-alives.
const LONGEST: Duration = Duration::from_secs(2);
/// Networks that are remembered, each no longer than it can owe.
const NETWORKS: u64 = 10_000;

/// What is owed by network. Cheap to clone: clones are one.
#[derive(Clone, Debug)]
pub(crate) struct NetworkDebts(Cache<IpAddr, Instant>);

/// What one connection owes. Cheap to clone: clones are one debt.
#[derive(Clone, Debug)]
pub(crate) struct ReadDebt(Arc<Owed>);

#[derive(Debug)]
struct Owed {
    /// When nothing is owed any more.
    until: Mutex<Instant>,
    network: IpAddr,
    debts: NetworkDebts,
}

impl NetworkDebts {
    pub(crate) fn new() -> Self {
        let debts = Cache::builder().max_capacity(NETWORKS).time_to_live(LONGEST);
        Self(debts.build())
    }

    /// Of a new connection from this address.
    pub(crate) fn of_connection(&self, address: IpAddr) -> ReadDebt {
        let network = network(address);
        ReadDebt(Arc::new(Owed {
            until: Mutex::new(self.0.get(&network).unwrap_or_else(Instant::now)),
            network,
            debts: self.clone(),
        }))
    }
}

impl ReadDebt {
    /// More to wait.
    pub(crate) fn add(&self, wait: Duration) {
        let now = Instant::now();
        let mut until = self.until();
        *until = ((*until).max(now) + wait).min(now + LONGEST);
        let Owed { network, debts, .. } = &*self.0;
        // What another connection owes, if that is more: who opens several is not let in by the one that owes least.
        let most = debts.0.get(network).map_or(*until, |known| known.max(*until));
        debts.0.insert(*network, most);
    }

    /// Until when nothing more is to be read.
    pub(crate) fn wait(&self) -> Option<Instant> {
        Some(*self.until()).filter(|until| *until > Instant::now())
    }

    fn until(&self) -> MutexGuard<'_, Instant> {
        self.0.until.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use tokio::time::advance;

    use super::*;

    const ADA: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    const EVE: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 2));

    #[tokio::test(start_paused = true)]
    async fn what_is_owed_adds_up_to_a_bound_and_is_over_by_itself() {
        let debt = NetworkDebts::new().of_connection(EVE);
        assert_eq!(debt.wait(), None);
        debt.add(Duration::from_millis(5));
        debt.clone().add(Duration::from_millis(5));
        assert_eq!(debt.wait(), Some(Instant::now() + Duration::from_millis(10)));
        debt.add(Duration::from_secs(60));
        assert_eq!(debt.wait(), Some(Instant::now() + LONGEST));
        advance(LONGEST).await;
        assert_eq!(debt.wait(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn the_next_connection_of_the_network_owes_as_much_and_those_that_were_there_nothing() {
        let debts = NetworkDebts::new();
        let (colleague, little) = (debts.of_connection(EVE), debts.of_connection(EVE));
        debts.of_connection(EVE).add(LONGEST);
        little.add(Duration::from_millis(5));
        assert_eq!(debts.of_connection(EVE).wait(), Some(Instant::now() + LONGEST));
        assert_eq!(colleague.wait(), None);
        assert_eq!(debts.of_connection(ADA).wait(), None);
    }
}
