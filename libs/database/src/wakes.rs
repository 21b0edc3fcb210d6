//! Whom a transaction wakes when it is committed: a worker that is woken before it looks too early, and then late.

use std::cell::RefCell;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::task_local;

task_local! {
    /// Of the transaction that this task works on.
    static WAKES: RefCell<Vec<Arc<Notify>>>;
}

/// Notifies one who waits there once the transaction is committed in which this is called, and not at all when it is rolled back.
/// Outside of [`crate::Database::write`], at once.
pub fn wake_after_commit(wake: &Arc<Notify>) {
    let collected = WAKES.try_with(|wakes| wakes.borrow_mut().push(Arc::clone(wake)));
    if collected.is_err() {
        wake.notify_one();
    }
}

/// What the work came to, and whom it wants to wake.
pub(crate) async fn collected<F: Future>(work: F) -> (F::Output, Vec<Arc<Notify>>) {
    let collecting = async {
        let worked = work.await;
        (worked, WAKES.with(RefCell::take))
    };
    WAKES.scope(RefCell::default(), collecting).await
}
