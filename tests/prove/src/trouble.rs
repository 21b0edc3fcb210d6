//! What is done to the suite while it works.

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use anyhow::Context;
use muster_local::replicas;
use muster_local::suite::OWNERS;
use nix::sys::signal::Signal;
use rand::seq::IndexedRandom as _;
use tokio::time::{Instant, sleep};

use super::end::End;
use super::place::Place;

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
const PAUSE: std::ops::Range<u64> = 200..1_500;
/// How long something is held, in milliseconds: beyond every deadline of a call, and below.
const HELD: std::ops::Range<u64> = 300..6_000;
/// An engine needs a while to come back; if it were away all the time, nothing would be on its way when others are killed.
const ENGINES_EVERY: Duration = Duration::from_secs(25);
/// What the mail server does to whoever sends.
const MOODS: [&str; 3] = ["away", "cuts-after-dot", "mumbles"];

/// One blow.
#[derive(Debug, Clone, Copy)]
enum Blow {
    Kill,
    Restart,
    Freeze,
    CutDatabase,
    Mail,
    Engine,
}

/// As often as each stands here.
const BLOWS: [Blow; 12] = [
    Blow::Kill,
    Blow::Kill,
    Blow::Kill,
    Blow::Kill,
    Blow::Restart,
    Blow::Freeze,
    Blow::Freeze,
    Blow::CutDatabase,
    Blow::CutDatabase,
    Blow::Mail,
    Blow::Mail,
    Blow::Engine,
];

/// Harms the suite until then, and leaves it whole.
///
/// # Errors
/// A database cannot be asked, or a file not be written.
pub(crate) async fn run(place: &Place, end: &End) -> anyhow::Result<Harm> {
    let mut harm = Harm::default();
    let mut engines_from = Instant::now();
    let services = replicas::living(&place.workspace);
    while !end.has_come() {
        sleep(Duration::from_millis(rand::random_range(PAUSE))).await;
        if end.has_come() {
            break;
        }
        match any(&BLOWS)? {
            Blow::Kill => signal(place, &mut harm, any_of(&services)?, Signal::SIGKILL, "killed"),
            Blow::Restart => signal(place, &mut harm, any_of(&services)?, Signal::SIGTERM, "restarted"),
            Blow::Freeze => freeze(place, &mut harm, any_of(&services)?).await,
            Blow::CutDatabase => cut(place, &mut harm, any(&OWNERS)?).await?,
            Blow::Mail => mail(place, &mut harm, any(&MOODS)?).await?,
            Blow::Engine if Instant::now() >= engines_from => {
                let engine = any(&["postgres", "rabbitmq"])?;
                signal(place, &mut harm, engine, Signal::SIGKILL, "killed");
                engines_from = Instant::now() + ENGINES_EVERY;
            }
            Blow::Engine => {}
        }
    }
    Ok(harm)
}

fn any<T: Copy>(of: &[T]) -> anyhow::Result<T> {
    of.choose(&mut rand::rng())
        .copied()
        .context("there is nothing to choose from")
}

fn any_of(parts: &[String]) -> anyhow::Result<&str> {
    let chosen = parts.choose(&mut rand::rng());
    chosen.map(String::as_str).context("no service runs")
}

/// The supervisor starts again what ends.
fn signal(place: &Place, harm: &mut Harm, part: &str, signal: Signal, word: &str) {
    if let Some(process) = place.workspace.pid_file(part).living() {
        process.signal(signal);
        harm.count(format!("{part} {word}"));
    }
}

/// Its connections stay, and nobody answers.
async fn freeze(place: &Place, harm: &mut Harm, part: &str) {
    let Some(process) = place.workspace.pid_file(part).living() else {
        return;
    };
    process.signal(Signal::SIGSTOP);
    sleep(held()).await;
    process.signal(Signal::SIGCONT);
    harm.count(format!("{part} frozen for a while"));
}

/// Every connection of a service to its database breaks, in the middle of whatever it does there.
async fn cut(place: &Place, harm: &mut Harm, service: &str) -> anyhow::Result<()> {
    let cutting = sqlx::query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )
    .execute(place.database(service)?);
    // The database may be away itself.
    if cutting.await.is_ok() {
        harm.count(format!("{service} cut off from its database"));
    }
    Ok(())
}

/// The mail server behaves badly.
async fn mail(place: &Place, harm: &mut Harm, mood: &str) -> anyhow::Result<()> {
    let file = place.workspace.at("inbox/mood");
    fs::write(&file, mood).context("the mail server cannot be put in a mood")?;
    sleep(held()).await;
    fs::remove_file(&file).context("the mail server cannot be put in a good mood")?;
    harm.count(match mood {
        "away" => "mail server turns everybody away".to_owned(),
        "mumbles" => "mail server answers nonsense after a message".to_owned(),
        _ => "mail server hangs up after a message".to_owned(),
    });
    Ok(())
}

fn held() -> Duration {
    Duration::from_millis(rand::random_range(HELD))
}
