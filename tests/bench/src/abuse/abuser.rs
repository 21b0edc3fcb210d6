//! The abuser, a process of its own (`muster-bench abuser`): it reads what to do from standard input, does it on one
//! thread, and prints its report.

use std::io::read_to_string;
use std::process::Stdio;
use std::rc::Rc;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::AsyncWriteExt as _;
use tokio::process::Command;
use tokio::task::{LocalSet, spawn_blocking};
use tokio::time::timeout;

use super::attacks;
use super::target::{AttackSpec, Report, Target};
use muster_local::Workspace;
use muster_local::outln;

/// Beyond the time that it has.
const GRACE: Duration = Duration::from_secs(10);

/// Does what standard input says.
pub(crate) async fn run() -> anyhow::Result<()> {
    let report = spawn_blocking(|| {
        let spec: AttackSpec = serde_json::from_str(&read_to_string(std::io::stdin())?)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        LocalSet::new().block_on(&runtime, async {
            let target = Rc::new(Target::new(spec));
            attacks::run(&target).await?;
            target.report()
        })
    })
    .await??;
    outln!("{}", serde_json::to_string(&report)?);
    Ok(())
}

/// Starts one that yields to everybody else (`nice`), and waits for its report.
pub(super) async fn send_out(workspace: &Workspace, spec: &AttackSpec) -> anyhow::Result<Report> {
    let mut command = Command::new("nice");
    command
        .args(["-n", "19"])
        .arg(Workspace::own_program()?)
        .arg("--dir")
        .arg(&workspace.state)
        .arg("abuser")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let mut abuser = command.spawn().context("`nice` cannot be run")?;
    let mut words = abuser.stdin.take().context("the abuser has no standard input")?;
    words.write_all(&serde_json::to_vec(spec)?).await?;
    drop(words);
    let limit = Duration::from_secs(spec.seconds) + GRACE;
    let done = timeout(limit, abuser.wait_with_output())
        .await
        .context("the abuser does not end")??;
    if !done.status.success() {
        bail!("the abuser failed: {}", done.status);
    }
    serde_json::from_slice(&done.stdout).context("the abuser printed no report")
}
