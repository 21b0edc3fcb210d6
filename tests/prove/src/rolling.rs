//! Restarting everything as a cluster does when a release is rolled out: one process after the other, each ready before the next
//! one goes, while people work. No call may fail, and nobody has to send one twice; with k6 beside them, none of its calls either.
//!
//! With programs of another release, the first round goes from them to those that were built last, after the migrations of the
//! latter, the second one back, the third one forth again in the opposite order: both work side by side, whichever service is
//! the first to go.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use muster_engines::ProcessId;
use muster_local::replicas::{self, BALANCER};
use muster_local::suite::OWNERS;
use muster_local::{Workspace, outln, socket};
use nix::sys::signal::Signal;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use super::audit::{self, Finding};
use super::end::End;
use super::k6::K6;
use super::place::{Place, setting};
use super::reads::{self, Reads};
use super::trouble::Harm;
use super::{queues, report, settle, work};

/// For a process to drain, end, and be ready again.
const PATIENCE: Duration = Duration::from_secs(90);
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// Ready for so long before the next one goes: the load balancer has seen it, and so have those who keep connections. A gateway that
/// calls replicas directly looks each second, which is within this and the time that the next one still takes calls.
const SETTLED: Duration = Duration::from_millis(500);
/// Work before the first restart and after the last one.
const CALM: Duration = Duration::from_secs(3);

/// Restarts every process so many times, and says what callers felt.
///
/// # Errors
/// The suite has one process of each service, one does not come back, or k6 is asked for and cannot call.
pub(crate) async fn prove(
    place: &Place,
    rounds: u32,
    from: Option<&Path>,
    with_k6: bool,
) -> anyhow::Result<ExitCode> {
    let processes = replicas::living(&place.workspace);
    ensure!(
        place.workspace.pid_file(BALANCER).living().is_some(),
        "there is one process of each service: start the suite with `--replicas 2`"
    );
    outln!(
        "{} is worked through the edge, while {} processes are restarted {rounds} times, one after the other …",
        place.organization,
        processes.len()
    );
    let k6 = if with_k6 {
        Some(K6::begin(place).await?)
    } else {
        None
    };
    let end = End::when_told();
    let parked_before = queues::parked(place).await?;
    let calling = async {
        match k6 {
            Some(k6) => k6.until(&end).await.map(Some),
            None => Ok(None),
        }
    };
    let rolling = async {
        let harm = restart_all(place, &processes, rounds, from).await;
        // Also when it failed: those who work wait for it.
        end.come();
        harm
    };
    let (working, reading) = (work::run(place, &end), reads::run(place, &end));
    let (ledger, reads, called, harm) = tokio::try_join!(working, reading, calling, rolling)?;
    outln!("The suite is left alone until nothing is on its way …");
    settle::wait(place).await?;
    let mut findings = audit::run(place, &ledger, &parked_before).await?;
    let sent_again = ledger.calls.repeated;
    findings.push(Finding {
        promise: "no call had to be sent again",
        looked_at: usize::try_from(ledger.calls.answered)?,
        problems: (sent_again > 0)
            .then(|| format!("{sent_again} calls had to be"))
            .into_iter()
            .collect(),
    });
    findings.push(Finding {
        promise: "no read failed, of clients that try nothing twice",
        looked_at: reads.answered(),
        problems: reads.failed(),
    });
    if let Some(called) = &called {
        findings.extend(called.findings(place).await?);
    }
    let code = report::print(&ledger, &harm, &findings);
    print_times(&reads);
    if let Some(called) = &called {
        called.print();
    }
    Ok(code)
}

async fn restart_all(
    place: &Place,
    processes: &[String],
    rounds: u32,
    from: Option<&Path>,
) -> anyhow::Result<Harm> {
    let mut harm = Harm::default();
    let built = Workspace::binaries(false)?;
    sleep(CALM).await;
    if from.is_some() {
        for service in OWNERS {
            migrate(place, &built, service).await?;
            harm.count(format!("{service} migrated, while its former release works"));
        }
    }
    for round in 1..=rounds {
        let is_back = round % 2 == 0;
        let mut processes = processes.to_vec();
        if round % 4 == 3 || round % 4 == 0 {
            processes.reverse();
        }
        for name in &processes {
            if let Some(former) = from {
                replicas::point(&place.workspace, name, if is_back { former } else { &built })?;
            }
            restart(place, name).await?;
            harm.count(match (from, is_back) {
                (None, _) => format!("{name} restarted"),
                (Some(_), false) => format!("{name} restarted as the newer release"),
                (Some(_), true) => format!("{name} restarted as the former release"),
            });
        }
        outln!("  round {round} of {rounds}");
    }
    sleep(CALM).await;
    Ok(harm)
}

/// By the newer release, while the former one works.
async fn migrate(place: &Place, programs: &Path, service: &str) -> anyhow::Result<()> {
    let mut migrate = Command::new(replicas::program(programs, service)?);
    migrate.arg("migrate").env(
        "MUSTER_DATABASE_URL",
        setting(&place.workspace, service, "MUSTER_DATABASE_URL")?,
    );
    let done = migrate.output().await?;
    ensure!(
        done.status.success(),
        "{service} cannot be migrated: {}",
        String::from_utf8_lossy(&done.stderr)
    );
    Ok(())
}

/// Until another process of this name is ready.
async fn restart(place: &Place, name: &str) -> anyhow::Result<()> {
    let (service, number) = replicas::service_of(name).context("it is no service")?;
    let admin = replicas::address(&place.addresses.service(service)?.admin, number);
    let ready = format!("http://{}/readyz", socket(&admin));
    let pid = || place.workspace.pid_file(name).living().map(ProcessId::pid);
    let process = place.workspace.pid_file(name).living();
    let process = process.with_context(|| format!("{name} does not run"))?;
    let before = Some(process.pid());
    process.signal(Signal::SIGTERM);
    let began = Instant::now();
    loop {
        sleep(BETWEEN_LOOKS).await;
        let now = pid();
        if now.is_some() && now != before && answers(place, &ready).await {
            sleep(SETTLED).await;
            return Ok(());
        }
        if began.elapsed() > PATIENCE {
            bail!("{name} is not back after {} s", PATIENCE.as_secs());
        }
    }
}

async fn answers(place: &Place, url: &str) -> bool {
    let answer = place.http.get(url).send().await;
    answer.is_ok_and(|answer| answer.status().is_success())
}

fn print_times(reads: &Reads) {
    outln!(
        "Reads took {:.0} ms in the middle, {:.0} ms at 99 %, {:.0} ms at 99.9 %, {:.0} ms at most.",
        reads.within(0.5),
        reads.within(0.99),
        reads.within(0.999),
        reads.within(1.0)
    );
}
