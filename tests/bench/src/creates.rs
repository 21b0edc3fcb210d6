//! Invitations a second: row, counter, outbox, idempotency record, commit.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;

use super::figure::Figure;
use super::fixture::Fixture;
use super::load::{Until, invite_many};
use super::pgbench::{Pgbench, Script};
use super::process::Suspended;

const WARM_UP: Until = Until::Done(500);
const MEASURED: Until = Until::Passed(Duration::from_secs(10));

/// pgbench first, while nothing waits to be mailed. Then with everything running, as it is; and once more with the mail
/// service suspended, to tell what its share of the machine is.
pub(super) async fn measure(fixture: &Arc<Fixture>, pgbench: &Pgbench) -> anyhow::Result<Vec<Figure>> {
    let commits = pgbench.run(Script::Write).await?;
    invite_many(fixture, WARM_UP).await?;
    let whole = invite_many(fixture, MEASURED).await?;
    let alone = {
        let mailer = fixture.workspace.pid_file("notification").living();
        let _stopped = Suspended::new(mailer.context("the notification service does not run")?);
        invite_many(fixture, MEASURED).await?
    };
    let yardstick = Script::Write.yardstick();
    let measured = [("creates", whole), ("creates.mail_suspended", alone)];
    let figures = measured.into_iter().flat_map(|(name, rate)| {
        let beside = (yardstick, commits.per_second);
        let speed = Figure::new(name, rate.per_second, "creates/s", beside);
        let times = Figure::latencies(name, &rate.latencies, (yardstick, &commits.latencies));
        std::iter::once(speed).chain(times)
    });
    Ok(figures.collect())
}
