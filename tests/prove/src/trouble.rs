//! What is done to the suite while it works.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Context;
use muster_engines::{ProcessId, RabbitMq};
use muster_local::replicas;
use muster_local::suite::{ENGINES, OWNERS};
use nix::sys::signal::Signal;
use tokio::process::Command;
use tokio::time::{Instant, sleep, timeout};

use super::deck::Deck;
use super::end::End;
use super::place::Place;
use super::wire::Wire;

/// How often what was done.
#[derive(Debug, Default)]
pub(crate) struct Harm(BTreeMap<String, u64>);

impl Harm {
    /// In words, and how often.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (&str, u64)> {
        self.0.iter().map(|(what, times)| (what.as_str(), *times))
    }

    /// One more of this.
    pub(crate) fn count(&mut self, what: String) {
        *self.0.entry(what).or_default() += 1;
    }
}

/// Between two blows, in milliseconds.
const PAUSE: Range<u64> = 200..1_500;
/// How long something is held, in milliseconds: beyond every deadline of a call, and below.
const HELD: Range<u64> = 300..6_000;
/// The same of an engine: whoever needs it gives up and tries again, more than once.
const ENGINE_HELD: Range<u64> = 2_000..20_000;
/// How long an engine is kept away before it may start, in milliseconds.
const ENGINE_AWAY: Range<u64> = 5_000..20_000;
/// An engine needs a while to come back; if it were away all the time, nothing would be on its way when others are killed.
const ENGINES_EVERY: Duration = Duration::from_secs(25);
/// For the broker to be told something; it may not be there.
const TELLING: Duration = Duration::from_secs(20);

/// One blow.
#[derive(Debug, Clone, Copy)]
enum Blow {
    Kill,
    Restart,
    Freeze,
    CutDatabase,
    CutBroker,
    CutCallers,
    Mail,
    Engine,
}

/// As often as each stands here.
const BLOWS: [Blow; 16] = [
    Blow::Kill,
    Blow::Kill,
    Blow::Kill,
    Blow::Kill,
    Blow::Restart,
    Blow::Freeze,
    Blow::Freeze,
    Blow::CutDatabase,
    Blow::CutDatabase,
    Blow::CutBroker,
    Blow::CutCallers,
    Blow::Mail,
    Blow::Mail,
    Blow::Mail,
    Blow::Engine,
    Blow::Engine,
];

/// What happens to an engine.
#[derive(Debug, Clone, Copy)]
enum Outage {
    /// It starts again at once.
    Killed,
    Away,
    Frozen,
}

const OUTAGES: [Outage; 3] = [Outage::Killed, Outage::Away, Outage::Frozen];

/// What the mail server does to whoever sends: as the inbox calls it, and in words.
type Mood = (&'static str, &'static str);

const MOODS: [Mood; 4] = [
    ("away", "mail server turns everybody away"),
    ("cuts-after-dot", "mail server hangs up after a message"),
    ("mumbles", "mail server answers nonsense after a message"),
    ("slow", "mail server takes its time"),
];
/// What makes mail a minute late: for runs that take longer.
const LATE_MOODS: [Mood; 2] = [
    ("greylists", "mail server asks of each recipient to come again"),
    ("busy", "mail server is too busy for a message"),
];
const LONG_RUN: Duration = Duration::from_secs(60);

/// Harms the suite until then, and leaves it whole.
///
/// Where several processes of each service stand behind a load balancer, its death breaks every connection from one service to
/// another, and from the callers to the edge, and leaves both ends alive.
///
/// # Errors
/// A database cannot be asked, or a file not be written.
pub(crate) async fn run(place: &Place, wire: &Wire, end: &End) -> anyhow::Result<Harm> {
    let mut trouble = Trouble::of(place, wire, end);
    while !end.has_come() {
        sleep(within(PAUSE)).await;
        if !end.has_come() {
            trouble.strike().await?;
        }
    }
    Ok(trouble.harm)
}

/// Who does it, to whom.
struct Trouble<'a> {
    place: &'a Place,
    wire: &'a Wire,
    end: &'a End,
    harm: Harm,
    blows: Deck<Blow>,
    /// Every part but the engines.
    killed: Deck<String>,
    restarted: Deck<String>,
    frozen: Deck<String>,
    databases: Deck<&'static str>,
    moods: Deck<Mood>,
    engines: Deck<(&'static str, Outage)>,
    /// When an engine may be harmed again.
    engines_from: Instant,
}

impl<'a> Trouble<'a> {
    fn of(place: &'a Place, wire: &'a Wire, end: &'a End) -> Self {
        let parts = replicas::parts(&place.workspace);
        let late: &[Mood] = if end.comes_within(LONG_RUN) {
            &[]
        } else {
            &LATE_MOODS
        };
        let outages = |engine| OUTAGES.map(|outage| (engine, outage));
        Self {
            place,
            wire,
            end,
            harm: Harm::default(),
            blows: Deck::of(BLOWS),
            killed: Deck::of(parts.clone()),
            restarted: Deck::of(parts.clone()),
            frozen: Deck::of(parts),
            databases: Deck::of(OWNERS),
            moods: Deck::of(MOODS.iter().chain(late).copied()),
            engines: Deck::of(ENGINES.into_iter().flat_map(outages)),
            engines_from: Instant::now(),
        }
    }

    async fn strike(&mut self) -> anyhow::Result<()> {
        match self.blows.draw()? {
            Blow::Kill => {
                let part = self.killed.draw()?;
                self.signal(&part, Signal::SIGKILL, "killed");
            }
            Blow::Restart => {
                let part = self.restarted.draw()?;
                self.signal(&part, Signal::SIGTERM, "restarted");
            }
            Blow::Freeze => {
                let part = self.frozen.draw()?;
                self.freeze(&part, HELD).await;
            }
            Blow::CutDatabase => {
                let service = self.databases.draw()?;
                self.cut_database(service).await?;
            }
            Blow::CutBroker => self.cut_broker().await?,
            Blow::CutCallers => {
                self.wire.cut();
                self.harm.count("callers cut off from the edge".to_owned());
            }
            Blow::Mail => {
                let mood = self.moods.draw()?;
                self.mail(mood).await?;
            }
            Blow::Engine => {
                if Instant::now() >= self.engines_from {
                    self.harm_engine().await?;
                    self.engines_from = Instant::now() + ENGINES_EVERY;
                }
            }
        }
        Ok(())
    }

    /// The supervisor starts again what ends.
    fn signal(&mut self, part: &str, signal: Signal, word: &str) {
        if let Some(process) = self.place.workspace.pid_file(part).living() {
            process.signal(signal);
            self.harm.count(format!("{part} {word}"));
        }
    }

    /// Its connections stay, and nobody answers.
    async fn freeze(&mut self, part: &str, time: Range<u64>) {
        let Some(process) = self.place.workspace.pid_file(part).living() else {
            return;
        };
        let thaw = Undo(|| process.signal_family(Signal::SIGCONT));
        process.signal_family(Signal::SIGSTOP);
        self.end.wait(within(time)).await;
        drop(thaw);
        self.harm.count(format!("{part} frozen for a while"));
    }

    async fn harm_engine(&mut self) -> anyhow::Result<()> {
        let (engine, outage) = self.engines.draw()?;
        match outage {
            Outage::Killed => self.signal(engine, Signal::SIGKILL, "killed"),
            Outage::Away => self.take_away(engine).await?,
            Outage::Frozen => self.freeze(engine, ENGINE_HELD).await,
        }
        Ok(())
    }

    /// It dies, and is not started again before some time is over.
    async fn take_away(&mut self, engine: &str) -> anyhow::Result<()> {
        let keeper = self.place.workspace.keeper_file(engine);
        let own = ProcessId::own().context("this process cannot be found in /proc")?;
        keeper.write(own)?;
        let give_back = Undo(|| keeper.remove());
        self.signal(engine, Signal::SIGKILL, "taken away for a while");
        self.end.wait(within(ENGINE_AWAY)).await;
        drop(give_back);
        Ok(())
    }

    /// Every connection of a service to its database breaks, in the middle of whatever it does there.
    async fn cut_database(&mut self, service: &str) -> anyhow::Result<()> {
        let cutting = sqlx::query(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
             WHERE datname = current_database() AND pid <> pg_backend_pid()",
        )
        .execute(self.place.database(service)?);
        // The database may be away itself.
        if cutting.await.is_ok() {
            self.harm.count(format!("{service} cut off from its database"));
        }
        Ok(())
    }

    /// Every connection to the broker breaks, and what was taken and not acknowledged comes again.
    async fn cut_broker(&mut self) -> anyhow::Result<()> {
        let mapper = self.place.addresses.engines.mapper;
        let control = RabbitMq::control(&self.place.workspace.at("rabbitmq"), mapper)?;
        let mut cutting = Command::from(control);
        cutting
            .args(["close_all_connections", "cut on purpose"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        // The broker may be away itself.
        let cut = timeout(TELLING, cutting.status()).await;
        if cut.is_ok_and(|told| told.is_ok_and(|status| status.success())) {
            self.harm.count("services cut off from the broker".to_owned());
        }
        Ok(())
    }

    /// The mail server behaves badly.
    async fn mail(&mut self, (mood, words): Mood) -> anyhow::Result<()> {
        let file = self.place.workspace.at("inbox/mood");
        fs::write(&file, mood).context("the mail server cannot be put in a mood")?;
        // What cannot be removed is found by whoever waits for the mails.
        let calm_down = Undo(|| drop(fs::remove_file(&file)));
        self.end.wait(within(HELD)).await;
        drop(calm_down);
        self.harm.count(words.to_owned());
        Ok(())
    }
}

/// Ends what was begun, also when this program ends in the middle of it.
struct Undo<F: FnMut()>(F);

impl<F: FnMut()> Drop for Undo<F> {
    fn drop(&mut self) {
        (self.0)();
    }
}

fn within(milliseconds: Range<u64>) -> Duration {
    Duration::from_millis(rand::random_range(milliseconds))
}
