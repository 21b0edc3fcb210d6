//! What is asked at the same time, answered together: one statement, one transaction, one question for many.
//!
//! Nobody waits for company that is not about to ask. The first to ask is answered as soon as the runtime has nothing else to
//! do, or has had its turns; whoever asks meanwhile is answered by the next batch, with all that came until then. So what comes
//! as one burst is one batch, a batch is as large as the load is heavy, and what it found out is never older than the question.
//!
//! ```no_run
//! # use muster_database::Together;
//! # async fn squares(numbers: Vec<u64>) -> Vec<u64> { numbers.iter().map(|number| number * number).collect() }
//! # async fn example() {
//! let together = Together::new(100, |_: &(), numbers| squares(numbers));
//! let answer = together.ask((), 3).await;
//! assert_eq!(answer, Some(9));
//! # }
//! ```

use std::collections::HashMap;
use std::hash::Hash;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio::task::yield_now;
use tokio::time::{Instant, timeout};
use tracing::{Instrument, Span};

use crate::deadline;

/// After this long a batch is no longer waited for by those of the same key that came later: it waits for a lock, or for
/// somebody who does not answer.
const PATIENCE: Duration = Duration::from_millis(25);
/// So many batches of a key are under way before more is asked of it: more than one only when the others take long.
const CONCURRENCY: usize = 4;
/// After so many turns of the runtime that brought nobody a batch begins: one burst is often read by one thread and asked by
/// another. On a machine with nothing else to do a turn takes microseconds.
const QUIET_TURNS: usize = 2;
/// Among those who never stop coming, a batch begins after so many turns.
const TURNS: usize = 16;

type Work<K, I, O> = dyn Fn(&K, Vec<I>) -> Pin<Box<dyn Future<Output = Vec<O>> + Send>> + Send + Sync;

/// Answers those together who ask at the same time about the same key. Cheap to clone.
pub struct Together<K, I, O>(Arc<Shared<K, I, O>>);

struct Shared<K, I, O> {
    /// The keys that somebody is being answered about.
    keys: Mutex<HashMap<K, Vec<Waiting<I, O>>>>,
    limit: usize,
    work: Box<Work<K, I, O>>,
}

struct Waiting<I, O> {
    item: I,
    answer: oneshot::Sender<O>,
    span: Span,
    deadline: Option<Instant>,
}

impl<K, I, O> Together<K, I, O>
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    I: Send + 'static,
    O: Send + 'static,
{
    /// `work` answers each of at most `limit` items, in their order. It runs in a task of its own, in the span of the first of
    /// them, until the latest of their deadlines.
    pub fn new<F>(limit: usize, work: impl Fn(&K, Vec<I>) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Vec<O>> + Send + 'static,
    {
        Self(Arc::new(Shared {
            keys: Mutex::default(),
            limit: limit.max(1),
            work: Box::new(move |key, items| Box::pin(work(key, items))),
        }))
    }

    /// The answer to `item`. `None` when the batch ended without one: it panicked, or the process stops.
    pub async fn ask(&self, key: K, item: I) -> Option<O> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting {
            item,
            answer,
            span: Span::current(),
            deadline: deadline::current(),
        };
        if self.0.enter(&key, waiting) {
            tokio::spawn(answer_all(Arc::clone(&self.0), key));
        }
        answered.await.ok()
    }
}

impl<K, I, O> Clone for Together<K, I, O> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<K, I, O> std::fmt::Debug for Together<K, I, O> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Together").finish_non_exhaustive()
    }
}

impl<K: Eq + Hash + Clone, I, O> Shared<K, I, O> {
    fn keys(&self) -> MutexGuard<'_, HashMap<K, Vec<Waiting<I, O>>>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether nobody is answering about the key yet.
    fn enter(&self, key: &K, waiting: Waiting<I, O>) -> bool {
        let mut keys = self.keys();
        let is_first = !keys.contains_key(key);
        keys.entry(key.clone()).or_default().push(waiting);
        is_first
    }

    fn waiting(&self, key: &K) -> usize {
        self.keys().get(key).map_or(0, Vec::len)
    }

    /// Returns when whoever is about to ask has asked, or a batch is full. No clock: it ends when a few turns of the runtime
    /// brought nobody.
    async fn gathered(&self, key: &K) {
        let (mut waiting, mut quiet) = (self.waiting(key), 0);
        for _ in 0..TURNS {
            if waiting >= self.limit || quiet == QUIET_TURNS {
                return;
            }
            yield_now().await;
            let before = std::mem::replace(&mut waiting, self.waiting(key));
            quiet = if waiting > before { 0 } else { quiet + 1 };
        }
    }

    /// Those who wait, the first ones first; what nobody waits for any more is not begun. Of a key about which nobody asks any
    /// more nothing is kept.
    fn next(&self, key: &K) -> Option<Vec<Waiting<I, O>>> {
        let mut keys = self.keys();
        let waiting = keys.get_mut(key)?;
        waiting.retain(|waiting| !waiting.answer.is_closed());
        if waiting.is_empty() {
            keys.remove(key);
            return None;
        }
        let count = waiting.len().min(self.limit);
        Some(waiting.drain(..count).collect())
    }
}

/// Answers batch after batch until nobody asks about the key.
async fn answer_all<K, I, O>(shared: Arc<Shared<K, I, O>>, key: K)
where
    K: Eq + Hash + Clone + Send + Sync + 'static,
    I: Send + 'static,
    O: Send + 'static,
{
    let places = Arc::new(Semaphore::new(CONCURRENCY));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        shared.gathered(&key).await;
        let Some(batch) = shared.next(&key) else { return };
        let (shared, key) = (Arc::clone(&shared), key.clone());
        let answering = tokio::spawn(async move {
            answer(&shared, &key, batch).await;
            drop(place);
        });
        drop(timeout(PATIENCE, answering).await);
    }
}

async fn answer<K, I, O>(shared: &Shared<K, I, O>, key: &K, batch: Vec<Waiting<I, O>>) {
    let span = batch.first().map_or_else(Span::none, |first| first.span.clone());
    let until = latest(batch.iter().map(|waiting| waiting.deadline));
    let (mut items, mut answers) = (Vec::with_capacity(batch.len()), Vec::with_capacity(batch.len()));
    for waiting in batch {
        items.push(waiting.item);
        answers.push(waiting.answer);
    }
    let working = deadline::scope(until, (shared.work)(key, items));
    for (answer, found) in answers.into_iter().zip(working.instrument(span).await) {
        // Whoever has gone meanwhile is not told.
        drop(answer.send(found));
    }
}

/// None, when one of them is none.
fn latest(deadlines: impl IntoIterator<Item = Option<Instant>>) -> Option<Instant> {
    let deadlines: Option<Vec<Instant>> = deadlines.into_iter().collect();
    deadlines?.into_iter().max()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    type Batches = Arc<Mutex<Vec<Vec<u32>>>>;

    /// Doubles; writes down its batches, each of which takes `took`.
    fn doubling(limit: usize, took: Duration) -> (Together<&'static str, u32, u32>, Batches) {
        let batches = Batches::default();
        let seen = Arc::clone(&batches);
        let together = Together::new(limit, move |_: &&str, items: Vec<u32>| {
            seen.lock().unwrap().push(items.clone());
            async move {
                tokio::time::sleep(took).await;
                items.into_iter().map(|item| item * 2).collect()
            }
        });
        (together, batches)
    }

    async fn ask_all(together: &Together<&'static str, u32, u32>, items: std::ops::Range<u32>) -> Vec<u32> {
        let asking = items.map(|item| {
            let together = together.clone();
            tokio::spawn(async move { together.ask("key", item).await.unwrap() })
        });
        let mut answers = Vec::new();
        for answer in asking.collect::<Vec<_>>() {
            answers.push(answer.await.unwrap());
        }
        answers
    }

    #[tokio::test(start_paused = true)]
    async fn whoever_asks_while_others_are_answered_is_answered_by_the_next_batch() {
        let (together, batches) = doubling(3, Duration::from_millis(1));
        let first = tokio::spawn({
            let together = together.clone();
            async move { together.ask("key", 100).await }
        });
        while batches.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(ask_all(&together, 0..4).await, [0, 2, 4, 6]);
        assert_eq!(first.await.unwrap(), Some(200));
        let batches = batches.lock().unwrap().clone();
        assert_eq!(batches, [vec![100], vec![0, 1, 2], vec![3]]);
        // Nothing is kept of a key about which nobody asks any more.
        while !together.0.keys().is_empty() {
            tokio::task::yield_now().await;
        }
    }

    /// Asks `item` after as many turns of the runtime.
    fn ask_after(
        together: &Together<&'static str, u32, u32>,
        turns: u32,
    ) -> tokio::task::JoinHandle<Option<u32>> {
        let together = together.clone();
        tokio::spawn(async move {
            for _ in 0..turns {
                yield_now().await;
            }
            together.ask("key", turns).await
        })
    }

    #[tokio::test(start_paused = true)]
    async fn a_burst_that_comes_one_by_one_is_one_batch() {
        let (together, batches) = doubling(100, Duration::from_millis(1));
        // Each comes a turn after the one before; the last when there was time to begin without it.
        let turns = [0, 1, 2, 3, 4, 5, 6, 60];
        for asked in turns.map(|turns| ask_after(&together, turns)) {
            asked.await.unwrap().unwrap();
        }
        assert_eq!(*batches.lock().unwrap(), [vec![0, 1, 2, 3, 4, 5, 6], vec![60]]);
    }

    #[tokio::test(start_paused = true)]
    async fn who_never_stop_coming_are_not_waited_for() {
        let (together, batches) = doubling(1_000, Duration::from_millis(1));
        let asking: Vec<_> = (0..200).map(|turns| ask_after(&together, turns)).collect();
        for asked in asking {
            asked.await.unwrap().unwrap();
        }
        let first = batches.lock().unwrap()[0].len();
        assert!(
            (TURNS / 2..TURNS * 2).contains(&first),
            "{first} in the first batch"
        );
    }

    #[tokio::test(start_paused = true)]
    async fn keys_do_not_wait_for_each_other_and_a_slow_batch_not_for_long() {
        let (together, batches) = doubling(1, Duration::from_secs(1));
        let begun = Instant::now();
        let other = tokio::spawn({
            let together = together.clone();
            async move { together.ask("other", 7).await }
        });
        ask_all(&together, 0..4).await;
        assert_eq!(other.await.unwrap(), Some(14));
        assert!(
            begun.elapsed() < Duration::from_millis(1_200),
            "{:?}",
            begun.elapsed()
        );
        assert_eq!(batches.lock().unwrap().len(), 5);
    }

    #[tokio::test(start_paused = true)]
    async fn what_nobody_waits_for_any_more_is_not_begun() {
        let (together, batches) = doubling(8, Duration::from_millis(10));
        let asking = |item| {
            let together = together.clone();
            tokio::spawn(async move { together.ask("key", item).await })
        };
        let first = asking(1);
        while batches.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
        let (gone, there) = (asking(2), asking(3));
        tokio::task::yield_now().await;
        gone.abort();
        assert_eq!((first.await.unwrap(), there.await.unwrap()), (Some(2), Some(6)));
        assert_eq!(*batches.lock().unwrap(), [vec![1], vec![3]]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_that_panics_answers_nobody_and_the_next_one_is_answered() {
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let together = Together::new(8, move |_: &(), items: Vec<u32>| {
            let is_first = counted.fetch_add(1, Ordering::SeqCst) == 0;
            async move {
                assert!(!is_first, "the first batch panics");
                items
            }
        });
        assert_eq!(together.ask((), 1).await, None);
        assert_eq!(together.ask((), 2).await, Some(2));
    }

    #[tokio::test(start_paused = true)]
    async fn the_latest_deadline_counts() {
        let together = Together::new(8, |_: &(), items: Vec<()>| async move {
            items.iter().map(|()| deadline::remaining()).collect::<Vec<_>>()
        });
        let soon = Some(Instant::now() + Duration::from_secs(1));
        let later = Some(Instant::now() + Duration::from_secs(2));
        let asking = |until| {
            let together = together.clone();
            tokio::spawn(deadline::scope(until, async move { together.ask((), ()).await }))
        };
        let (first, second) = (asking(soon), asking(later));
        assert_eq!(first.await.unwrap(), Some(Some(Duration::from_secs(2))));
        assert_eq!(second.await.unwrap(), Some(Some(Duration::from_secs(2))));
        assert_eq!(together.ask((), ()).await, Some(None));
    }
}
