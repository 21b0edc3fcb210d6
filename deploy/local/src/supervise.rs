//! Keeps a part running: starts it, watches it, starts it again when it dies, and ends it when told to.

mod part;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use muster_engines::{Running, tail};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::sleep;

pub(crate) use self::part::{Kind, Part};
use crate::status::answers;

/// Between looks at a process.
const WATCH: Duration = Duration::from_millis(100);
/// The first wait before starting again; it doubles up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(200);
const LONGEST_WAIT: Duration = Duration::from_secs(5);
/// Whoever lived this long begins with the first wait again.
const SETTLED: Duration = Duration::from_secs(10);
/// A part that ends this often before it was ever ready has failed.
const TRIES: u32 = 3;

/// What is known of a part.
#[derive(Clone, Debug, Default)]
struct Condition {
    running: bool,
    ends: u32,
    last_end: String,
}

/// A part that is kept running.
#[derive(Debug)]
pub(crate) struct Kept {
    part: Arc<Part>,
    condition: watch::Receiver<Condition>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Kept {
    /// Begins to keep a part running.
    pub(crate) fn keep(part: Part) -> Self {
        let part = Arc::new(part);
        let (report, condition) = watch::channel(Condition::default());
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(run(Arc::clone(&part), report, stopped));
        Self {
            part,
            condition,
            stop,
            task,
        }
    }

    /// The part's name.
    pub(crate) fn name(&self) -> &str {
        &self.part.name
    }

    /// Waits until it answers; refuses with the end of its log when it does not within `patience`, or keeps dying.
    pub(crate) async fn ready(&self, patience: Duration) -> anyhow::Result<()> {
        let deadline = Instant::now() + patience;
        loop {
            let condition = self.condition.borrow().clone();
            let healthy = match &self.part.health {
                Some(url) => condition.running && answers(url).await,
                None => condition.running,
            };
            if healthy {
                return Ok(());
            }
            let name = &self.part.name;
            let log = &self.part.log;
            if condition.ends >= TRIES {
                bail!(
                    "{name} does not start: {}; the end of {}:\n{}",
                    condition.last_end,
                    log.display(),
                    tail(log, 12)
                );
            }
            if Instant::now() >= deadline {
                let seconds = patience.as_secs();
                bail!(
                    "{name} is not ready after {seconds} s; the end of {}:\n{}",
                    log.display(),
                    tail(log, 12)
                );
            }
            sleep(WATCH).await;
        }
    }

    /// Ends it and waits until it is gone.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

async fn run(part: Arc<Part>, report: watch::Sender<Condition>, mut stop: watch::Receiver<bool>) {
    let mut wait = FIRST_WAIT;
    while !*stop.borrow() {
        let begun = Instant::now();
        let starting = Arc::clone(&part);
        // A start that is under way when we are told to stop is waited for: it would leave a process behind.
        let end = match spawn_blocking(move || starting.start()).await {
            Ok(Ok(running)) => {
                report.send_modify(|condition| condition.running = true);
                match watch_over(running, &part, &mut stop).await {
                    Some(end) => end,
                    None => return,
                }
            }
            Ok(Err(error)) => format!("{error:#}"),
            Err(error) => error.to_string(),
        };
        if begun.elapsed() > SETTLED {
            wait = FIRST_WAIT;
        }
        println!(
            "  ! {} ended ({}); starting it again",
            part.name,
            end.lines().next().unwrap_or_default()
        );
        report.send_modify(|condition| {
            condition.running = false;
            condition.ends += 1;
            condition.last_end = end;
        });
        tokio::select! {
            () = sleep(wait) => {}
            _ = stop.changed() => return,
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}

/// How it ended by itself; `None` when it was told to.
async fn watch_over(
    mut running: Running,
    part: &Arc<Part>,
    stop: &mut watch::Receiver<bool>,
) -> Option<String> {
    loop {
        if let Some(end) = running.ended() {
            return Some(end);
        }
        if *stop.borrow() {
            let part = Arc::clone(part);
            let _ = spawn_blocking(move || part.stop(&mut running)).await;
            return None;
        }
        tokio::select! {
            () = sleep(WATCH) => {}
            _ = stop.changed() => {}
        }
    }
}
