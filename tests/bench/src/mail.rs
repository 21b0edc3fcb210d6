//! How soon one mail is with the mail server, and how fast many that wait are.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::time::sleep;

use super::figure::Figure;
use super::fixture::Fixture;
use super::latencies::{Latencies, micros};
use super::load::{Until, invite, invite_many};
use super::polling::{deliveries, mail_delay, pending, sent_at, until};
use super::process::Suspended;
use super::sink::Sink;

/// One after the other.
const SINGLE: usize = 20;
/// At once.
const MANY: u32 = 2_000;
/// Sent just before, so that the worker's connections are open when the sink stands still.
const WARM_UP: u64 = 64;
const SESSIONS: u32 = 16;
/// Of so many in a hundred the rate is told: the last ones were on their way when the sink stood still, and what is timed then is how
/// long their next attempt waits.
const TIMED: usize = 95;
const LIMIT: Duration = Duration::from_secs(120);
/// Between looks.
const NOW_AND_THEN: Duration = Duration::from_millis(100);

/// Single mails, then the waiting ones.
pub(super) async fn measure(fixture: &Arc<Fixture>, sink: &Sink) -> anyhow::Result<Vec<Figure>> {
    let before = u64::try_from(pending(fixture).await?)?;
    let mut figures = single(fixture, sink).await?;
    let singles = u64::try_from(SINGLE)?;
    figures.extend(waiting(fixture, sink, before + singles).await?);
    Ok(figures)
}

async fn single(fixture: &Fixture, sink: &Sink) -> anyhow::Result<Vec<Figure>> {
    let one_session = sink.time_of_source(100, 1).await?.as_secs_f64() * 1000.0 / 100.0;
    let mut delays = Vec::with_capacity(SINGLE);
    for _ in 0..SINGLE {
        // Nothing else happens meanwhile.
        sleep(Duration::from_millis(300)).await;
        let invitation = invite(fixture).await?;
        delays.push(micros(mail_delay(fixture, &invitation).await?));
    }
    let latencies = Latencies::of(delays);
    let yardstick = ("smtp-source, one by one", one_session);
    Ok(vec![
        Figure::new("mail.delay.median", latencies.percentile(0.5), "ms", yardstick),
        Figure::new("mail.delay.max", latencies.max(), "ms", yardstick),
    ])
}

/// The sink stands still until every delivery is waiting; `before` have been sent already.
async fn waiting(fixture: &Arc<Fixture>, sink: &Sink, before: u64) -> anyhow::Result<Vec<Figure>> {
    let source = sink.time_of_source(MANY, SESSIONS).await?.as_secs_f64();
    let all = before + WARM_UP + u64::from(MANY);
    invite_many(fixture, Until::Done(WARM_UP)).await?;
    all_pending(fixture, before + WARM_UP).await?;

    let standing = Suspended::new(sink.server.id());
    invite_many(fixture, Until::Done(MANY.into())).await?;
    until("waiting for deliveries", LIMIT, NOW_AND_THEN, async || {
        let known = deliveries(fixture, "").await?.len();
        Ok((u64::try_from(known)? >= all).then_some(()))
    })
    .await?;
    let begun = fixture.clock.now();
    drop(standing);
    all_pending(fixture, all).await?;
    let reported = (fixture.clock.now() - begun).as_seconds_f64();

    let mut times: Vec<_> = deliveries(fixture, "")
        .await?
        .iter()
        .filter_map(sent_at)
        .collect();
    times.sort_unstable();
    let early = times.partition_point(|at| *at < begun);
    ensure!(
        u64::try_from(early)? == before + WARM_UP,
        "{early} mails were sent before the sink went on, not {}",
        before + WARM_UP
    );
    let timed = (times.len() - early) * TIMED / 100;
    let last = timed.checked_sub(1).and_then(|last| times.get(early + last));
    let taken = (*last.context("nothing was sent")? - begun).as_seconds_f64();
    let many = f64::from(MANY);
    let yardstick = ("smtp-source -s 16", many / source);
    Ok(vec![
        Figure::new(
            "mail.waiting",
            f64::from(u32::try_from(timed)?) / taken,
            "mails/s",
            yardstick,
        ),
        Figure::new("mail.waiting.pending", many / reported, "mails/s", yardstick),
    ])
}

async fn all_pending(fixture: &Fixture, count: u64) -> anyhow::Result<()> {
    let wanted = i64::try_from(count)?;
    until("waiting for PENDING", LIMIT, NOW_AND_THEN, async || {
        Ok((pending(fixture).await? == wanted).then_some(()))
    })
    .await
}
