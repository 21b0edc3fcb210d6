//! Whose turn it is to talk to the mail servers. More mails are being worked on than that, so that the others ask their sources
//! meanwhile.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The turns of a worker.
#[derive(Debug)]
pub(super) struct Turns {
    talking: Arc<Semaphore>,
    unsettled: Arc<Semaphore>,
}

/// A connection may be had.
#[derive(Debug)]
pub(super) struct Turn {
    /// Until the server has said its word, and the connection can take the next message.
    pub(super) talking: OwnedSemaphorePermit,
    /// Until that is written down: what a process that is killed leaves ambiguous is among these.
    pub(super) unsettled: OwnedSemaphorePermit,
}

impl Turns {
    /// So many messages are on their way at once, and as many again are being written down.
    pub(super) fn of(at_once: usize) -> Self {
        Self {
            talking: Arc::new(Semaphore::new(at_once)),
            unsettled: Arc::new(Semaphore::new(2 * at_once)),
        }
    }

    /// As many as there are mails.
    pub(super) fn unlimited() -> Self {
        Self::of(Semaphore::MAX_PERMITS / 2)
    }

    /// A turn that nobody waits for.
    pub(super) fn free(&self) -> Option<Turn> {
        let unsettled = Arc::clone(&self.unsettled).try_acquire_owned().ok()?;
        let talking = Arc::clone(&self.talking).try_acquire_owned().ok()?;
        Some(Turn { talking, unsettled })
    }

    /// The next turn, once those who waited before have had theirs. `None`: there are none any more.
    pub(super) async fn next(&self) -> Option<Turn> {
        let unsettled = Arc::clone(&self.unsettled).acquire_owned().await.ok()?;
        let talking = Arc::clone(&self.talking).acquire_owned().await.ok()?;
        Some(Turn { talking, unsettled })
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    async fn is_free(turns: &Turns) -> bool {
        timeout(Duration::from_millis(1), turns.next()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn as_many_talk_as_may_and_twice_as_many_are_not_written_down() {
        let turns = Turns::of(2);
        let mut settling = Vec::new();
        for _ in 0..2 {
            let (one, other) = (turns.free().unwrap(), turns.next().await.unwrap());
            assert!(turns.free().is_none() && !is_free(&turns).await, "two talk");
            settling.extend([one.unsettled, other.unsettled]);
        }
        assert!(
            turns.free().is_none() && !is_free(&turns).await,
            "four wait to be written down"
        );
        settling.pop();
        assert!(is_free(&turns).await);
    }

    #[tokio::test(start_paused = true)]
    async fn nobody_goes_before_those_who_wait() {
        let turns = Arc::new(Turns::of(1));
        let first = turns.free().unwrap();
        let waiting = tokio::spawn({
            let turns = Arc::clone(&turns);
            async move { turns.next().await }
        });
        tokio::task::yield_now().await;
        drop(first);
        assert!(turns.free().is_none());
        drop(waiting.await.unwrap());
        assert!(turns.free().is_some());
    }
}
