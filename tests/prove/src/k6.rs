//! k6 beside the others: a program that is not ours calls at a steady rate, by a client that is not ours, and sends nothing twice.

use std::fs;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use muster_local::k6::program;
use muster_local::{outln, socket, token};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde::Deserialize;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::{Child, ChildStderr, Command};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::audit::Finding;
use super::end::End;
use super::place::{Founded, OWNER, Place, id};

/// What it runs, below the workspace.
const SCRIPT: &str = "tests/prove/rollout.js";
/// Nothing of it is for people, it tells nobody that it was used, and nobody steers it from outside: two of them may run.
const ARGUMENTS: [&str; 6] = [
    "run",
    "--quiet",
    "--no-color",
    "--no-usage-report",
    "--log-format=raw",
    "--address=",
];
/// How long it would call if nobody ended it: an hour less than its token lives.
const SECONDS: &str = "25200";
/// What begins the line that it says when the first calls have been answered, and one about each that failed.
const BEGUN: &str = "calls: ";
const FAILED: &str = "failed: ";
/// The most lines of either kind that are kept.
const KEPT: usize = 100;
/// For it to begin, and to end when it is told.
const PATIENCE: Duration = Duration::from_secs(60);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);

/// It runs, and calls.
pub(crate) struct K6 {
    child: Child,
    hearing: JoinHandle<Heard>,
    summary: PathBuf,
    organization: String,
}

/// What it said on standard error.
#[derive(Debug, Default)]
struct Heard {
    /// Calls that failed, each in one line.
    failed: Vec<String>,
    /// Everything else.
    other: Vec<String>,
}

/// How its calls went.
#[derive(Debug)]
pub(crate) struct Called {
    summary: Summary,
    failed: Vec<String>,
    /// `organizations/{organization}`, of its own.
    organization: String,
}

/// What it writes down at its end.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Summary {
    calls: u64,
    failed: u64,
    /// Invitations that it was answered.
    invitations: u64,
    /// Calls that did not begin when they were to, because all its callers waited for answers.
    not_begun: u64,
    median_ms: f64,
    p99_ms: f64,
    longest_ms: f64,
}

impl K6 {
    /// Starts it, on an organization of its own; its first calls have been answered.
    ///
    /// # Errors
    /// It is not there, or cannot call.
    pub(crate) async fn begin(place: &Place) -> anyhow::Result<Self> {
        let program = program()?;
        let Founded { organization, group } = place
            .found('K')
            .await
            .context("the organization that k6 calls about cannot be made")?;
        let summary = place.workspace.at("k6.json");
        let _ = fs::remove_file(&summary);
        let mut child = Command::new(program)
            .args(ARGUMENTS)
            .arg(place.workspace.root.join(SCRIPT))
            // Not as arguments, which everybody on this machine can read.
            .env("MUSTER_TOKEN", token::of(&place.workspace, OWNER)?)
            .env("MUSTER_EDGE", socket(&place.addresses.gateway))
            .env("MUSTER_ORGANIZATION", &organization)
            .env("MUSTER_GROUP", group)
            .env("MUSTER_SECONDS", SECONDS)
            .env("MUSTER_SUMMARY", &summary)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("k6 cannot be run")?;
        let errors = child.stderr.take().context("nobody would hear k6")?;
        let (begun, has_begun) = oneshot::channel();
        let this = Self {
            child,
            hearing: tokio::spawn(hear(errors, begun)),
            summary,
            organization,
        };
        match timeout(PATIENCE, has_begun).await {
            Ok(Ok(())) => Ok(this),
            Ok(Err(_ended)) => {
                let said = this.said().await?;
                bail!("k6 cannot call: {said}")
            }
            Err(_) => bail!("k6 does not call after {} s", PATIENCE.as_secs()),
        }
    }

    /// Lets it call until then, and ends it.
    ///
    /// # Errors
    /// It ends before, or does not say how it went.
    pub(crate) async fn until(mut self, end: &End) -> anyhow::Result<Called> {
        while !end.has_come() {
            if let Some(status) = self.child.try_wait()? {
                let said = self.said().await?;
                bail!("k6 ended before its time ({status}): {said}");
            }
            sleep(BETWEEN_LOOKS).await;
        }
        let pid = self.child.id().context("k6 has ended by itself")?;
        kill(Pid::from_raw(pid.try_into()?), Signal::SIGINT)?;
        let ended = timeout(PATIENCE, self.child.wait()).await;
        ended.context("k6 does not end")??;
        let heard = self.hearing.await?;
        let summary = fs::read(&self.summary).context("k6 does not say how it went")?;
        Ok(Called {
            summary: serde_json::from_slice(&summary).context("k6 says something else than how it went")?,
            failed: heard.failed,
            organization: self.organization,
        })
    }

    /// Why it ended, in its words.
    async fn said(self) -> anyhow::Result<String> {
        let Heard { mut failed, other } = self.hearing.await?;
        failed.extend(other);
        Ok(failed.join("; "))
    }
}

async fn hear(errors: ChildStderr, begun: oneshot::Sender<()>) -> Heard {
    let (mut heard, mut begun) = (Heard::default(), Some(begun));
    let mut lines = BufReader::new(errors).lines();
    while let Ok(Some(line)) = lines.next_line().await {
        if line.starts_with(BEGUN) {
            let _nobody_waits = begun.take().map(|begun| begun.send(()));
            continue;
        }
        let (kept, told) = match line.strip_prefix(FAILED) {
            Some(failed) => (&mut heard.failed, failed),
            None => (&mut heard.other, line.as_str()),
        };
        if kept.len() < KEPT {
            kept.push(told.to_owned());
        }
    }
    heard
}

impl Called {
    /// Whether everything that it sent was answered, and what was answered is there.
    ///
    /// # Errors
    /// The database does not answer.
    pub(crate) async fn findings(&self, place: &Place) -> anyhow::Result<[Finding; 2]> {
        let there: i64 = sqlx::query_scalar("SELECT count(*) FROM invitations WHERE organization_id = $1")
            .bind(id(&self.organization)?)
            .fetch_one(place.database("invitation")?)
            .await?;
        let (there, told) = (u64::try_from(there)?, self.summary.invitations);
        let made = Finding {
            promise: "every invitation that k6 was answered is there",
            looked_at: usize::try_from(told)?,
            problems: (there < told)
                .then(|| format!("{there} of {told} are there"))
                .into_iter()
                .collect(),
        };
        Ok([self.answered()?, made])
    }

    fn answered(&self) -> anyhow::Result<Finding> {
        let Summary { calls, failed, .. } = self.summary;
        let failed = usize::try_from(failed)?;
        let mut problems = self.failed.clone();
        // What was under way at its end is told after everything else, and not counted.
        problems.truncate(failed);
        if problems.len() < failed {
            problems.push(format!("{} more", failed - problems.len()));
        }
        if calls == 0 {
            problems.push("it made none".to_owned());
        }
        Ok(Finding {
            promise: "no call of k6 failed, which sends nothing twice",
            looked_at: usize::try_from(calls)?,
            problems,
        })
    }

    /// Says how long its calls took.
    pub(crate) fn print(&self) {
        let Summary {
            calls,
            failed,
            not_begun,
            median_ms,
            p99_ms,
            longest_ms,
            ..
        } = self.summary;
        outln!(
            "k6 made {calls} calls, of which {failed} failed, and {not_begun} more could not begin in time: {median_ms:.0} ms in the \
             middle, {p99_ms:.0} ms at 99 %, {longest_ms:.0} ms at most."
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(calls: u64, failed: u64, lines: &[&str]) -> Vec<String> {
        let summary = Summary {
            calls,
            failed,
            invitations: 0,
            not_begun: 0,
            median_ms: 1.0,
            p99_ms: 2.0,
            longest_ms: 3.0,
        };
        let called = Called {
            summary,
            failed: lines.iter().map(|line| (*line).to_owned()).collect(),
            organization: String::new(),
        };
        called.answered().unwrap().problems
    }

    #[test]
    fn what_k6_counted_as_failed_is_found() {
        assert!(called(7, 0, &[]).is_empty());
        // Ended with it.
        assert!(called(7, 0, &["ListDeliveries: Canceled"]).is_empty());
        let lines = ["Get: Unavailable", "List: Canceled"];
        assert_eq!(called(7, 1, &lines), ["Get: Unavailable"]);
        assert_eq!(called(7, 3, &lines[..1]), ["Get: Unavailable", "2 more"]);
        assert_eq!(called(0, 0, &[]), ["it made none"]);
    }

    /// As the script writes it: k6 knows no integers.
    #[test]
    fn its_summary_is_read() {
        let text = r#"{"calls":54,"failed":0,"invitations":9,"not_begun":0,"median_ms":202.6,"p99_ms":252.28,"longest_ms":282}"#;
        let summary: Summary = serde_json::from_str(text).unwrap();
        assert_eq!((summary.calls, summary.longest_ms), (54, 282.0));
    }
}
