//! What honest clients feel while somebody abuses the gateway, and what the abuse takes of it.
//!
//! Each abuse meets a gateway of its own, in front of the echo. Honest clients call at a steady rate, first alone, then
//! beside the abuser: a process of one thread that yields to everybody (`nice`) and keeps to a quarter of a core.

mod abuser;
mod attacks;
mod connection;
mod frames;
mod headers;
mod honest;
mod messages;
mod target;

use std::cell::Cell;
use std::time::Duration;

use anyhow::Context;
use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use tokio::time::sleep;

pub(crate) use self::abuser::run as abuser;
use self::honest::Honest;
use self::target::{AttackSpec, CPU_SHARE, Report};
use super::edge::METHOD;
use super::figure::Figure;
use super::fixture::Fixture;
use super::process::Server;
use super::proxies::{self, Proxy};
use super::steady::Calls;
use muster_local::socket;
use muster_local::token;

/// Twice what the honest owner calls in a second; the abuser is somebody else.
const GATEWAY: Proxy = Proxy::Gateway {
    calls_per_second: 2000,
};

/// One way to abuse it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Abuse {
    /// None: as much of a core is taken, and nothing sent. Whoever shares a machine feels that much of any neighbour.
    Nothing,
    /// Calls that are taken back at once.
    RapidReset,
    /// Calls that are taken back when they are on their way to the service.
    ForwardedReset,
    /// A header block that never ends.
    Continuation,
    /// Settings without end.
    Settings,
    /// Pings without end.
    Ping,
    /// Bytes that drip.
    Loris,
    /// Connections that say nothing.
    Silent,
    /// Answers that nobody reads.
    Unread,
    /// Messages that are too large.
    Oversized,
    /// Messages that unpack to far more.
    GzipBomb,
    /// Headers that unpack to far more.
    HeaderBomb,
}

/// Alone.
const UNDISTURBED: Duration = Duration::from_secs(5);
/// Beside a flood, and beside what only shows when limit ends.
const SECONDS: u64 = 5;
const SLOW_SECONDS: u64 = 12;
const BETWEEN_LOOKS: Duration = Duration::from_millis(20);
/// What an abuse may add to the gateway's memory, in MiB.
const MEMORY: f64 = 100.0;

/// All of them, one after the other.
pub(super) async fn measure(fixture: &Fixture, echo: &str) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    let mut beside_nothing = None;
    let stranger = fixture.organization_of("outsider").await?;
    for abuse in Abuse::value_variants() {
        let outcome = one(fixture, echo, *abuse, &stranger).await;
        let outcome = outcome.with_context(|| format!("while measuring {}", abuse.name()))?;
        let slow = outcome.beside.latencies.percentile(0.99);
        let neighbour = *beside_nothing.get_or_insert(slow);
        figures.push(Figure::new(
            format!("abuse.{}.honest.p99.vs_neighbour", abuse.name()),
            slow,
            "ms",
            ("beside a neighbour who sends nothing", neighbour),
        ));
        figures.extend(outcome.figures(abuse.name()));
    }
    Ok(figures)
}

async fn one(fixture: &Fixture, echo: &str, abuse: Abuse, stranger: &str) -> anyhow::Result<Outcome> {
    let (gateway, address) = proxies::start(fixture, echo, GATEWAY).await?;
    let learner_of = |organization| format!("{organization}/learners/{}", fixture.clock.new_uuid());
    let parent = learner_of(fixture.organization.as_str());
    let honest = Honest::connect(fixture, &address, &parent).await?;
    let alone = honest.work(UNDISTURBED).await?;
    let before = gateway.memory()?;
    let spec = AttackSpec {
        abuse,
        address: socket(&address).parse()?,
        method: METHOD.to_owned(),
        // Not the honest owner's: what one caller may have at the same time is counted. With an organization of their own, for
        // whoever may not call is refused at the edge, and disturbs nobody behind it.
        token: token::of(&fixture.workspace, "outsider")?,
        parent: learner_of(stranger),
        seconds: abuse.seconds(),
    };
    let peak = Cell::new(before);
    let both = async {
        let beside = honest.work(Duration::from_secs(spec.seconds));
        tokio::try_join!(abuser::send_out(&fixture.workspace, &spec), beside)
    };
    let (report, beside) = tokio::select! {
        both = both => both?,
        gone = look(&gateway, &peak) => return Err(gone),
    };
    Ok(Outcome {
        alone,
        beside,
        before,
        peak: peak.get(),
        report,
    })
}

/// Keeps the most memory that it has taken; returns only when it is gone.
async fn look(gateway: &Server, peak: &Cell<f64>) -> anyhow::Error {
    loop {
        match gateway.memory() {
            Ok(now) => peak.set(now.max(peak.get())),
            Err(gone) => return gone,
        }
        sleep(BETWEEN_LOOKS).await;
    }
}

/// What one abuse came to.
struct Outcome {
    alone: Calls,
    beside: Calls,
    before: f64,
    peak: f64,
    report: Report,
}

impl Outcome {
    fn figures(self, name: &str) -> Vec<Figure> {
        let name = |what: &str| format!("abuse.{name}.{what}");
        let times = Figure::latencies(
            &name("honest"),
            &self.beside.latencies,
            ("undisturbed", &self.alone.latencies),
        );
        let calls = (self.alone.latencies.count() + self.beside.latencies.count()) as f64;
        let failed = (self.alone.failed + self.beside.failed) as f64;
        let error = self.alone.error.or(self.beside.error);
        let added = self.peak - self.before;
        let responses: Vec<_> = self
            .report
            .responses
            .iter()
            .map(|(what, often)| format!("{what} ({often})"))
            .collect();
        let rest = [
            Figure::new(name("failed"), failed, "calls", ("all of them", calls)).noted(error),
            Figure::new(name("memory"), added, "MB", ("allowed", MEMORY)),
            Figure::new(name("attacker"), self.report.cpu, "cores", ("allowed", CPU_SHARE))
                .noted(Some(responses.join(", "))),
        ];
        times.into_iter().chain(rest).collect()
    }
}

impl Abuse {
    fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::RapidReset => "rapid_reset",
            Self::ForwardedReset => "forwarded_reset",
            Self::Continuation => "continuation",
            Self::Settings => "settings",
            Self::Ping => "ping",
            Self::Loris => "loris",
            Self::Silent => "silent",
            Self::Unread => "unread",
            Self::Oversized => "oversized",
            Self::GzipBomb => "gzip_bomb",
            Self::HeaderBomb => "header_bomb",
        }
    }

    fn seconds(self) -> u64 {
        match self {
            Self::Loris | Self::Silent | Self::Unread => SLOW_SECONDS,
            _ => SECONDS,
        }
    }
}
