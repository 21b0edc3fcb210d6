//! One replica of a service: its connections, how busy it is, and whether it is not tried for a moment.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::Duration;

use tokio::runtime::{Handle, RuntimeFlavor};
use tokio::time::Instant;

use super::connection::{ConnectError, Connection, MAX_CALLS, StreamPermit, Target};

/// A replica that cannot be reached is not tried for so long, and for twice as long each time after that.
const BACK_OFF: Duration = Duration::from_millis(50);
const MAX_BACK_OFF: Duration = Duration::from_secs(2);

/// A replica.
#[derive(Debug)]
pub(super) struct Replica {
    pub(super) address: SocketAddr,
    /// The URL by which it was found.
    pub(super) target: Arc<Target>,
    /// Calls that run there.
    running: AtomicUsize,
    pool: Mutex<Pool>,
    /// Who connects; others wait and take what was made.
    connecting: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct Pool {
    connections: Vec<PooledConnection>,
    failures: u32,
    backs_off_until: Option<Instant>,
}

/// A connection and the calls on it.
#[derive(Debug)]
struct PooledConnection {
    connection: Connection,
    /// The thread that drives it, if it is one: only calls of that thread use it, so that no call wakes another thread.
    home: Option<ThreadId>,
}

/// One call at a replica, on one of its connections; given back on drop.
#[derive(Debug)]
pub(super) struct ReplicaPermit {
    pub(super) stream: StreamPermit,
    replica: Arc<Replica>,
}

impl Replica {
    pub(super) fn new(address: SocketAddr, target: Arc<Target>) -> Self {
        Self {
            address,
            target,
            running: AtomicUsize::new(0),
            pool: Mutex::default(),
            connecting: tokio::sync::Mutex::default(),
        }
    }

    /// How many calls run there.
    pub(super) fn running(&self) -> usize {
        self.running.load(Ordering::Relaxed)
    }

    /// Until when it is not tried.
    pub(super) fn backs_off_until(&self) -> Option<Instant> {
        self.pool()
            .backs_off_until
            .filter(|until| *until > Instant::now())
    }

    /// A call on the connection with the fewest, or on a new one when all are full.
    pub(super) async fn enter(self: &Arc<Self>) -> Result<ReplicaPermit, ConnectError> {
        if let Some(permit) = self.try_enter() {
            return Ok(permit);
        }
        let _alone = self.connecting.lock().await;
        // Whoever held the lock before has connected, or found out that nobody answers.
        if let Some(permit) = self.try_enter() {
            return Ok(permit);
        }
        if self.backs_off_until().is_some() {
            return Err(ConnectError::BackingOff);
        }
        let connected = self.target.connect(self.address).await;
        self.pool().connected(connected)?;
        self.try_enter().ok_or(ConnectError::BackingOff)
    }

    /// A call on a connection that is there; `None` if none has room.
    pub(super) fn try_enter(self: &Arc<Self>) -> Option<ReplicaPermit> {
        let mut pool = self.pool();
        pool.connections.retain(|pooled| !pooled.connection.is_closed());
        let here = here();
        let at_home = pool.connections.iter().filter(|pooled| pooled.home == here);
        let emptiest = at_home.min_by_key(|pooled| pooled.connection.running())?;
        if emptiest.connection.running() >= MAX_CALLS {
            return None;
        }
        let stream = emptiest.connection.enter();
        drop(pool);
        self.running.fetch_add(1, Ordering::Relaxed);
        Some(ReplicaPermit {
            stream,
            replica: Arc::clone(self),
        })
    }

    fn pool(&self) -> MutexGuard<'_, Pool> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pool {
    fn connected(&mut self, connected: Result<Connection, ConnectError>) -> Result<(), ConnectError> {
        match connected {
            Ok(connection) => {
                (self.failures, self.backs_off_until) = (0, None);
                self.connections.push(PooledConnection {
                    connection,
                    home: here(),
                });
                Ok(())
            }
            Err(error) => {
                let wait = BACK_OFF
                    .saturating_mul(1 << self.failures.min(10))
                    .min(MAX_BACK_OFF);
                self.backs_off_until = Some(Instant::now() + wait);
                self.failures += 1;
                Err(error)
            }
        }
    }
}

/// The thread of this task's runtime, if it has only one.
fn here() -> Option<ThreadId> {
    let alone = Handle::current().runtime_flavor() == RuntimeFlavor::CurrentThread;
    alone.then(|| thread::current().id())
}

impl Drop for ReplicaPermit {
    fn drop(&mut self) {
        self.replica.running.fetch_sub(1, Ordering::Relaxed);
    }
}
