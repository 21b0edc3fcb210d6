//! `up --detach`: leaves a supervisor behind, and says how it came up.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write, stdout};
use std::path::Path;
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use anyhow::bail;
use muster_engines::Running;
use tokio::time::sleep;

use crate::down;
use crate::outln;
use crate::supervise::Interruption;
use crate::up::options::Options;
use crate::workspace::Workspace;

/// The process that starts a supervisor: whoever comes meanwhile waits for it.
pub(super) const STARTER: &str = "starter";
/// Tells the supervisor that no terminal belongs to it.
pub(super) const MARK: &str = "MUSTER_DEV_DETACHED";

/// Whoever holds the lock says who it is at once, but not at the same time.
const INTRODUCTION: Duration = Duration::from_secs(2);

/// Starts a supervisor in the background, shows what it prints, and returns when the story has passed. Packages and programs
/// are there already.
pub(super) async fn run(workspace: &Workspace, options: Options) -> anyhow::Result<ExitCode> {
    let log = workspace.log("up");
    let mut follower = Follower::from_end(&log);
    let mut command = Command::new(Workspace::own_program()?);
    command
        .arg("--dir")
        .arg(&workspace.state)
        .args(["up", "--no-build"])
        .arg(format!("--trace-ratio={}", options.trace_ratio))
        .arg(format!("--replicas={}", options.replicas))
        .env(MARK, "1")
        .current_dir(&workspace.root);
    for (given, flag) in [
        (options.fresh, "--fresh"),
        (options.release, "--release"),
        (options.no_story, "--no-story"),
        (options.no_services, "--no-services"),
        (options.no_inbox, "--no-inbox"),
        (options.linked, "--linked"),
        (options.direct, "--direct"),
    ] {
        if given {
            command.arg(flag);
        }
    }
    let mut interruption = Interruption::new()?;
    let supervisor = Running::spawn(command, &log, workspace.pid_file("supervisor"))?;
    tokio::select! {
        code = wait(workspace, Some(supervisor), &mut follower) => code,
        () = interruption.wait() => {
            outln!("");
            down::run(workspace)?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// Waits until the running supervisor knows how it went.
pub(super) async fn outcome(workspace: &Workspace, supervisor: Option<Running>) -> anyhow::Result<ExitCode> {
    wait(
        workspace,
        supervisor,
        &mut Follower::from_end(&workspace.log("up")),
    )
    .await
}

async fn wait(
    workspace: &Workspace,
    mut supervisor: Option<Running>,
    follower: &mut Follower<'_>,
) -> anyhow::Result<ExitCode> {
    let mut seen = Instant::now();
    loop {
        follower.print();
        if let Ok(outcome) = std::fs::read_to_string(workspace.outcome()) {
            // Its last lines were written before the outcome was.
            follower.print();
            return Ok(if outcome == "passed" {
                ExitCode::SUCCESS
            } else {
                ExitCode::FAILURE
            });
        }
        let gone = match &mut supervisor {
            Some(running) => running.ended().is_some(),
            None => {
                let mut names = ["supervisor", STARTER].iter();
                if names.any(|name| workspace.pid_file(name).living().is_some()) {
                    seen = Instant::now();
                }
                seen.elapsed() > INTRODUCTION
            }
        };
        if gone {
            follower.print();
            bail!(
                "the suite did not come up, or was stopped; all of it is in {}",
                workspace.log("up").display()
            );
        }
        sleep(Duration::from_millis(100)).await;
    }
}

/// Prints what is appended to a file.
struct Follower<'p> {
    file: &'p Path,
    at: u64,
}

impl<'p> Follower<'p> {
    fn from_end(file: &'p Path) -> Self {
        Self {
            file,
            at: file.metadata().map_or(0, |meta| meta.len()),
        }
    }

    fn print(&mut self) {
        let Ok(mut file) = File::open(self.file) else {
            return;
        };
        // `--fresh` begins the file anew.
        if file.metadata().is_ok_and(|meta| meta.len() < self.at) {
            self.at = 0;
        }
        let mut text = Vec::new();
        if file.seek(SeekFrom::Start(self.at)).is_ok() && file.read_to_end(&mut text).is_ok() {
            self.at += text.len() as u64;
            let _ = stdout().write_all(&text).and_then(|()| stdout().flush());
        }
    }
}
