//! Work that runs beside the calls: relay, consumers, tasks.

use std::time::Duration;

use muster_messaging::{consumer, relay};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::app::{App, Task};
use super::sweeps;
use crate::{Health, Shell};

const START_AGAIN: Duration = Duration::from_secs(1);

/// Everything that runs in the background of one service.
#[derive(Debug)]
pub(crate) struct Background {
    tracker: TaskTracker,
    shutdown: CancellationToken,
    /// Cancelled when something ended that must not end.
    broken: CancellationToken,
}

impl Background {
    pub(crate) fn new(shutdown: CancellationToken) -> Self {
        Self {
            tracker: TaskTracker::new(),
            shutdown,
            broken: CancellationToken::new(),
        }
    }

    /// Starts what the service and the shell do by themselves.
    pub(crate) fn start(&self, service: &'static str, shell: &Shell, health: &Health, mut app: App) {
        let Shell {
            database,
            broker,
            clock,
            ..
        } = shell.clone();
        database.be_present();
        self.keep("readiness", {
            let (health, shutdown) = (health.clone(), self.shutdown.clone());
            let (database, broker) = (database.clone(), broker.clone());
            async move { health.watch(database, broker, shutdown).await }
        });
        self.keep(
            "relay",
            relay::run(
                database.clone(),
                broker.clone(),
                service,
                clock.clone(),
                self.shutdown.clone(),
            ),
        );
        if let Some(handlers) = app.handlers.take() {
            let queue = handlers.queue().name;
            self.keep(
                queue,
                consumer::run(
                    database.clone(),
                    broker.clone(),
                    handlers,
                    clock,
                    self.shutdown.clone(),
                ),
            );
        }
        let app = sweeps::jobs(shell).into_iter().fold(app, App::job);
        for task in app.tasks {
            self.tracker.spawn(repeat(task, self.shutdown.clone()));
        }
        self.tracker.close();
    }

    /// Returns when something ended that must not end: the process is to be started anew.
    pub(crate) async fn broke(&self) {
        self.broken.cancelled().await;
    }

    /// Waits until everything has ended.
    pub(crate) async fn ended(&self) {
        self.tracker.wait().await;
    }

    /// Does it beside the calls; it must not end before the process stops.
    pub(crate) fn keep(&self, name: &'static str, work: impl Future<Output = ()> + Send + 'static) {
        let (shutdown, broken) = (self.shutdown.clone(), self.broken.clone());
        self.tracker.spawn(async move {
            let ended = tokio::spawn(work).await;
            if !shutdown.is_cancelled() {
                tracing::error!(
                    name,
                    panicked = ended.is_err(),
                    "background work ended before its time"
                );
                broken.cancel();
            }
        });
    }
}

async fn repeat(task: Task, shutdown: CancellationToken) {
    loop {
        let ended = tokio::spawn((task.run)(shutdown.clone())).await;
        if shutdown.is_cancelled() {
            return;
        }
        tracing::error!(
            task = task.name,
            panicked = ended.is_err(),
            "a task ended before its time; starting it again"
        );
        shutdown
            .run_until_cancelled(tokio::time::sleep(START_AGAIN))
            .await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_task_that_panics_is_started_again() {
        let starts = Arc::new(AtomicU32::new(0));
        let seen = Arc::clone(&starts);
        let app = App::new().task("made up", move |shutdown| {
            let first = seen.fetch_add(1, Ordering::Relaxed) == 0;
            async move {
                if first {
                    panic!("made up");
                }
                shutdown.cancelled().await;
            }
        });
        let shutdown = CancellationToken::new();
        let tasks: Vec<_> = app
            .tasks
            .into_iter()
            .map(|task| tokio::spawn(repeat(task, shutdown.clone())))
            .collect();
        tokio::time::sleep(START_AGAIN * 2).await;
        shutdown.cancel();
        for task in tasks {
            task.await.unwrap();
        }
        assert_eq!(starts.load(Ordering::Relaxed), 2);
    }
}
