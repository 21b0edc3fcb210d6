//! Keeps a part running: starts it, watches it, starts it again when it dies, and ends it when it has to.

mod condition;
mod interruption;
mod part;
mod shell;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::bail;
use muster_engines::{Running, tail};
use tokio::sync::watch;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::sleep;

use self::condition::{Condition, End};
pub use self::interruption::Interruption;
pub(crate) use self::part::{Kind, Part};
pub(crate) use self::shell::only_given;
use crate::outln;
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

/// A part that is kept running.
#[derive(Debug)]
pub(crate) struct Supervised {
    part: Arc<Part>,
    begun: Instant,
    condition: watch::Receiver<Condition>,
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Supervised {
    /// Begins to keep a part running.
    pub(crate) fn start(part: Part) -> Self {
        let part = Arc::new(part);
        let (report, condition) = watch::channel(Condition::default());
        let (stop, stopped) = watch::channel(false);
        let task = tokio::spawn(run(Arc::clone(&part), report, stopped));
        Self {
            part,
            begun: Instant::now(),
            condition,
            stop,
            task,
        }
    }

    /// Waits until it answers, and answers its name and how long it took; fails with the end of its log when it does not within `timeout`, or
    /// keeps dying.
    pub(crate) fn ready(
        &self,
        timeout: Duration,
    ) -> impl Future<Output = anyhow::Result<(String, Duration)>> + Send + use<> {
        let (part, begun, condition) = (Arc::clone(&self.part), self.begun, self.condition.clone());
        async move {
            let deadline = Instant::now() + timeout;
            loop {
                let now = condition.borrow().clone();
                if now.running && is_healthy(&part).await {
                    return Ok((part.name.clone(), begun.elapsed()));
                }
                let reason = if now.ends >= TRIES || now.last_end.needs_help {
                    let end = now.last_end;
                    if end.is_whole {
                        bail!("{} does not start: {}", part.name, end.reason);
                    }
                    format!("does not start: {}", end.reason)
                } else if Instant::now() >= deadline {
                    format!("is not ready after {} s", timeout.as_secs())
                } else {
                    sleep(WATCH).await;
                    continue;
                };
                bail!(
                    "{} {reason}; the end of {}:\n{}",
                    part.name,
                    part.log.display(),
                    tail(&part.log, 12)
                );
            }
        }
    }

    /// Ends it and waits until it is gone.
    pub(crate) async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.task.await;
    }
}

async fn is_healthy(part: &Part) -> bool {
    match &part.health {
        Some(url) => answers(url).await,
        None => true,
    }
}

async fn run(part: Arc<Part>, report: watch::Sender<Condition>, mut stop: watch::Receiver<bool>) {
    let mut wait = FIRST_WAIT;
    while !*stop.borrow() {
        // Somebody looks how the others do without it.
        if part.keeper.living().is_some() {
            tokio::select! {
                () = sleep(WATCH) => {}
                _ = stop.changed() => {}
            }
            continue;
        }
        let begun = Instant::now();
        let starting = Arc::clone(&part);
        // A start that is under way when we have to stop is waited for: it would leave a process behind.
        let end = match spawn_blocking(move || starting.start()).await {
            Ok(Ok(running)) => {
                report.send_modify(|condition| condition.running = true);
                match watch_over(running, &part, &mut stop).await {
                    Some(end) => End::by_itself(end),
                    None => break,
                }
            }
            Ok(Err(error)) => End::at_start(&error),
            Err(error) => End::by_itself(error.to_string()),
        };
        if begun.elapsed() > SETTLED {
            wait = FIRST_WAIT;
        }
        outln!(
            "  ! {} ended ({}); starting it again",
            part.name,
            end.reason.lines().next().unwrap_or_default()
        );
        report.send_modify(|condition| {
            condition.running = false;
            condition.ends += 1;
            condition.last_end = end;
        });
        tokio::select! {
            () = sleep(wait) => {}
            _ = stop.changed() => break,
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
    // Not only what runs: the last start may have failed and left a process behind.
    let _ = spawn_blocking(move || part.clear()).await;
}

/// How it ended by itself; `None` when it was made to.
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

#[cfg(test)]
mod tests {
    use std::fs;

    use muster_engines::{PidFile, ProcessId};
    use nix::sys::signal::Signal;

    use super::*;

    #[tokio::test]
    async fn what_is_kept_away_is_started_again_once_nobody_does_so_any_more() {
        let directory = std::env::temp_dir().join(format!("muster-keeper-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let (pid_file, keeper) = (directory.join("pid"), directory.join("keeper"));
        let living = || PidFile::at(pid_file.clone()).living();
        let kept = Supervised::start(Part {
            name: "sleep".to_owned(),
            kind: Kind::Program {
                program: "sleep".into(),
                arguments: vec!["600".to_owned()],
                environment: Vec::new(),
            },
            health: None,
            log: directory.join("log"),
            pid_file: PidFile::at(pid_file.clone()),
            keeper: PidFile::at(keeper.clone()),
        });
        kept.ready(SETTLED).await.unwrap();

        let keeper = PidFile::at(keeper);
        keeper.write(ProcessId::own().unwrap()).unwrap();
        living().unwrap().signal(Signal::SIGKILL);
        // Otherwise it would run again by then.
        sleep(FIRST_WAIT * 5).await;
        assert_eq!(living(), None);

        keeper.remove();
        let removed = Instant::now();
        while living().is_none() {
            assert!(removed.elapsed() < SETTLED, "it is not started again");
            sleep(WATCH).await;
        }
        kept.stop().await;
        assert_eq!(living(), None);
        fs::remove_dir_all(&directory).unwrap();
    }
}
