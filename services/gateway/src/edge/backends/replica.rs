//! One replica of a service: its connections, how busy it is, and whether it is left alone for a moment.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::time::Instant;

use super::connection::{CALLS, ConnectError, Connection, Room, Target};

/// A replica that cannot be reached is left alone for so long, and for twice as long each time after that.
const REST: Duration = Duration::from_millis(50);
const LONGEST_REST: Duration = Duration::from_secs(2);

/// A replica.
#[derive(Debug)]
pub(super) struct Replica {
    pub(super) address: SocketAddr,
    /// Calls that run there.
    running: AtomicUsize,
    held: Mutex<Held>,
    /// Who connects; others wait and take what was made.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Held {
    lanes: Vec<Lane>,
    failures: u32,
    rests_until: Option<Instant>,
}

/// A connection and the calls on it.
#[derive(Debug)]
struct Lane {
    connection: Connection,
    /// Where it lives, if that is one thread: calls of that thread use it, and nobody wakes another one.
    home: Option<ThreadId>,
}

/// A place on a connection; given back on drop.
#[derive(Debug)]
pub(super) struct Place {
    pub(super) room: Room,
    replica: Arc<Replica>,
}

impl Replica {
    pub(super) fn new(address: SocketAddr) -> Self {
        Self {
            address,
            running: AtomicUsize::new(0),
            held: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        }
    }

    /// How many calls run there.
    pub(super) fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }

    /// Until when it is left alone.
    pub(super) fn rests_until(&self) -> Option<Instant> {
        self.held().rests_until.filter(|until| *until > Instant::now())
    }

    /// A place on the connection with the most room, or on a new one when all are full.
    pub(super) async fn place(self: &Arc<Self>, target: &Target) -> Result<Place, ConnectError> {
        if let Some(place) = self.free() {
            return Ok(place);
        }
        let _alone = self.connecting.lock().await;
        // Whoever was here before has made room, or found out that there is nobody.
        if let Some(place) = self.free() {
            return Ok(place);
        }
        if self.rests_until().is_some() {
            return Err(ConnectError::Resting);
        }
        let connected = target.connect(self.address).await;
        self.held().connected(connected)?;
        self.free().ok_or(ConnectError::Resting)
    }

    /// A place on a connection that is there.
    pub(super) fn free(self: &Arc<Self>) -> Option<Place> {
        let mut held = self.held();
        held.lanes.retain(|lane| !lane.connection.is_over());
        let here = here();
        let at_home = held.lanes.iter().filter(|lane| lane.home == here);
        let emptiest = at_home.min_by_key(|lane| lane.connection.running())?;
        if emptiest.connection.running() >= CALLS {
            return None;
        }
        let room = emptiest.connection.enter();
        drop(held);
        self.running.fetch_add(1, Ordering::Relaxed);
        Some(Place {
            room,
            replica: Arc::clone(self),
        })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Held {
    fn connected(&mut self, connected: Result<Connection, ConnectError>) -> Result<(), ConnectError> {
        match connected {
            Ok(connection) => {
                (self.failures, self.rests_until) = (0, None);
                self.lanes.push(Lane {
                    connection,
                    home: here(),
                });
                Ok(())
            }
            Err(error) => {
                let rest = REST.saturating_mul(1 << self.failures.min(10)).min(LONGEST_REST);
                self.rests_until = Some(Instant::now() + rest);
                self.failures += 1;
                Err(error)
            }
        }
    }
}

/// The thread that runs everything of this task's runtime, if it is one.
fn here() -> Option<ThreadId> {
    let alone = Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread;
    alone.then(|| thread::current().id())
}

impl Drop for Place {
    fn drop(&mut self) {
        self.replica.running.fetch_sub(1, Ordering::Relaxed);
    }
}
