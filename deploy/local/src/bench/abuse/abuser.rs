//! The abuser, a process of its own (`muster-dev tool abuser`): it reads its order, carries it out on one thread, and
//! prints its report.

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
use super::target::{Order, Report, Target};
use crate::place::Place;
use crate::say::say;

/// Beyond its order.
const PATIENCE: Duration = Duration::from_secs(10);

/// Carries out the order on standard input.
pub(crate) async fn run() -> anyhow::Result<()> {
    let report = spawn_blocking(|| {
        let order: Order = serde_json::from_str(&read_to_string(std::io::stdin())?)?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        LocalSet::new().block_on(&runtime, async {
            let target = Rc::new(Target::new(order));
            attacks::run(&target).await?;
            target.report()
        })
    })
    .await??;
    say!("{}", serde_json::to_string(&report)?);
    Ok(())
}

/// Starts one that yields to everybody else (`nice`), and waits for its report.
pub(super) async fn send_out(place: &Place, order: &Order) -> anyhow::Result<Report> {
    let mut command = Command::new("nice");
    command
        .args(["-n", "19"])
        .arg(Place::own_program()?)
        .arg("--dir")
        .arg(&place.state)
        .args(["tool", "abuser"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .kill_on_drop(true);
    let mut abuser = command.spawn().context("`nice` cannot be run")?;
    let mut words = abuser.stdin.take().context("the abuser does not listen")?;
    words.write_all(&serde_json::to_vec(order)?).await?;
    drop(words);
    let limit = Duration::from_secs(order.seconds) + PATIENCE;
    let done = timeout(limit, abuser.wait_with_output())
        .await
        .context("the abuser does not end")??;
    if !done.status.success() {
        bail!("the abuser failed: {}", done.status);
    }
    serde_json::from_slice(&done.stdout).context("the abuser told nothing")
}
