//! Invitations a second: row, counter, outbox, idempotency record, commit.

use std::sync::Arc;
use std::time::Duration;

use anyhow::ensure;

use super::figure::Figure;
use super::fixture::Fixture;
use super::load::{Until, invite_many};
use super::pgbench::{Pgbench, Script};
use super::process::Suspended;
use super::watchers::Watchers;

const WARM_UP: Until = Until::Done(500);
/// So many watch the organization, which may not slow who writes.
const WATCHERS: usize = 1_000;
const MEASURED: Until = Until::Passed(Duration::from_secs(10));

/// pgbench first, while nothing waits to be mailed. Then with everything running, as it is; and once more with the mail
/// service suspended, to tell what its share of the machine is.
pub(super) async fn measure(fixture: &Arc<Fixture>, pgbench: &Pgbench) -> anyhow::Result<Vec<Figure>> {
    let commits = pgbench.run(Script::Write).await?;
    invite_many(fixture, WARM_UP).await?;
    let whole = invite_many(fixture, MEASURED).await?;
    let watched = {
        let mut watchers = Watchers::open(fixture, WATCHERS).await?;
        let watched = invite_many(fixture, MEASURED).await?;
        // Nobody is told less because there is much to tell.
        watchers
            .were_told((watched.latencies.count() * WATCHERS) as u64)
            .await?;
        ensure!(watchers.count() == WATCHERS, "some streams ended");
        watched
    };
    let alone = {
        let _stopped = Suspended::service(&fixture.workspace, "notification")?;
        invite_many(fixture, MEASURED).await?
    };
    let whole_rate = whole.per_second;
    let yardstick = Script::Write.yardstick();
    let measured = [("creates", whole), ("creates.mail_suspended", alone)];
    let figures = measured.into_iter().flat_map(|(name, rate)| {
        let beside = (yardstick, commits.per_second);
        let speed = Figure::new(name, rate.per_second, "creates/s", beside);
        let times = Figure::latencies(name, &rate.latencies, (yardstick, &commits.latencies));
        std::iter::once(speed).chain(times)
    });
    let beside = ("creates/s that nobody watches", whole_rate);
    let watched = Figure::new("creates.watched_by_1000", watched.per_second, "creates/s", beside);
    Ok(figures.chain([watched]).collect())
}
