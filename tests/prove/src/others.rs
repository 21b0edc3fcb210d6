//! Working while somebody else harms what the suite stands on (a cluster of brokers or databases, say), and telling what was felt.

use std::ffi::{OsStr, OsString};
use std::process::{ExitCode, Stdio};
use std::time::Duration;

use anyhow::{Context, ensure};
use muster_local::outln;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use super::end::End;
use super::ledger::Calls;
use super::place::Place;
use super::reads::{self, Reads, within};
use super::trouble::Harm;
use super::{audit, queues, report, settle, work};

/// Works until the program ends, looks what became of everything, and says what callers felt.
///
/// # Errors
/// The program cannot be run, or fails.
pub(crate) async fn prove(
    place: &Place,
    program: &OsStr,
    arguments: &[OsString],
) -> anyhow::Result<ExitCode> {
    outln!(
        "{} is worked through the edge, as long as {} runs …",
        place.organization,
        program.display()
    );
    let end = End::when_told();
    let parked_before = queues::parked(place).await?;
    let harming = async {
        let harm = harm(program, arguments).await;
        // Also when it failed: those who work wait for it.
        end.come();
        harm
    };
    let (ledger, reads, harm) = tokio::try_join!(work::run(place, &end), reads::run(place, &end), harming)?;
    outln!("The suite is left alone until nothing is on its way …");
    settle::wait(place).await?;
    let mailed = mailed(place).await?;
    let findings = audit::run(place, &ledger, &parked_before).await?;
    let code = report::print(&ledger, &harm, &findings);
    felt(&reads, &ledger.calls, &mailed);
    Ok(code)
}

async fn harm(program: &OsStr, arguments: &[OsString]) -> anyhow::Result<Harm> {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("{} cannot be run", program.display()))?;
    let out = child.stdout.take().context("nobody would hear what it did")?;
    let mut lines = BufReader::new(out).lines();
    let mut harm = Harm::default();
    while let Some(line) = lines.next_line().await? {
        outln!("  {line}");
        harm.count(line);
    }
    let status = child.wait().await?;
    ensure!(status.success(), "{} failed: {status}", program.display());
    Ok(harm)
}

/// From the moment that each mail was asked for, where its invitation was changed, until a mail server had it.
async fn mailed(place: &Place) -> anyhow::Result<Vec<Duration>> {
    let organization = place.organization_id()?;
    let asked: Vec<(String, f64)> = sqlx::query_as(
        "SELECT 'organizations/' || organization_id || '/invitations/' || aggregate_id,
                min(extract(epoch FROM created_at))::float8
         FROM outbox WHERE event_type = 'mail.requested' AND organization_id = $1 GROUP BY 1",
    )
    .bind(organization)
    .fetch_all(place.database("invitation")?)
    .await?;
    let mut mailed = Vec::new();
    for (invitation, asked) in asked {
        let sent: Option<f64> = sqlx::query_scalar(
            "SELECT min(extract(epoch FROM send_time))::float8 FROM deliveries WHERE subject = $1",
        )
        .bind(&invitation)
        .fetch_one(place.database("notification")?)
        .await?;
        mailed.extend(sent.map(|sent| Duration::from_secs_f64((sent - asked).max(0.0))));
    }
    Ok(mailed)
}

fn felt(reads: &Reads, calls: &Calls, mailed: &[Duration]) {
    outln!("\nFelt by callers");
    let answered = reads.answered();
    outln!("  {answered:>6}  reads by clients that try nothing twice were answered");
    for (code, times) in reads.failures() {
        outln!("  {times:>6}  failed: {code}");
    }
    for (rpc, silence) in reads.silences() {
        outln!(
            "          {:.1} s at most from one answer to {rpc} to the next",
            silence.as_secs_f64()
        );
    }
    times("reads that were answered", &reads.took());
    times("changes, until one was answered", &calls.took);
    times("mails, from asked for to handed over", mailed);
}

fn times(what: &str, took: &[Duration]) {
    let count = took.len();
    let [middle, most, nearly, all] =
        [0.5, 0.99, 0.999, 1.0].map(|share| within(took.to_vec(), share).as_secs_f64());
    outln!(
        "  {count:>6}  {what}: {middle:.3} s in the middle, {most:.3} s at 99 %, {nearly:.3} s at 99.9 %, {all:.3} s at most"
    );
}
