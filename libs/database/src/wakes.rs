//! Whom a transaction wakes when it is committed: a worker that is woken before it looks too early, and then late.

use std::cell::RefCell;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::task_local;

task_local! {
    /// Of the transaction that this task works on.
    static WAKES: RefCell<Wakes>;
}

/// Whom one transaction wakes.
#[derive(Debug, Default)]
pub(crate) struct Wakes {
    pub(crate) relay: bool,
    pub(crate) workers: Vec<Arc<Notify>>,
}

/// Notifies one who waits there once the transaction is committed in which this is called, and not at all when it is rolled back.
/// Outside of [`crate::Database::write`], at once.
pub fn wake_after_commit(wake: &Arc<Notify>) {
    let collected = WAKES.try_with(|wakes| wakes.borrow_mut().workers.push(Arc::clone(wake)));
    if collected.is_err() {
        wake.notify_one();
    }
}

/// Has [`crate::Database::events_committed`] notified once the transaction is committed in which this is called: an event waits in
/// the outbox. Outside of [`crate::Database::write`] nobody is told: the relay finds it when it looks.
pub fn wake_relay_after_commit() {
    // Fails only where there is no transaction.
    let _ = WAKES.try_with(|wakes| wakes.borrow_mut().relay = true);
}

/// What the work came to, and whom it wants to wake.
pub(crate) async fn collected<F: Future>(work: F) -> (F::Output, Wakes) {
    let collecting = async {
        let worked = work.await;
        (worked, WAKES.with(RefCell::take))
    };
    WAKES.scope(RefCell::default(), collecting).await
}
