//! How soon one mail is with the mail server, and how fast many that wait are.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, ensure};
use tokio::time::sleep;

use super::figure::Figure;
use super::lab::Lab;
use super::load::{Until, invite, invite_many};
use super::process::Suspended;
use super::sink::Sink;
use super::spread::{Spread, micros};
use super::waiting::{deliveries, instant, pending, sent_at, until};

/// One after the other.
const SINGLE: usize = 20;
/// At once.
const MANY: u32 = 2_000;
/// Sent just before, so that the worker's connections are open when the sink stands still.
const WARM_UP: u64 = 64;
const SESSIONS: u32 = 16;
const LIMIT: Duration = Duration::from_secs(120);
/// Between looks at one mail, and at many.
const SOON: Duration = Duration::from_millis(10);
const NOW_AND_THEN: Duration = Duration::from_millis(100);

/// Single mails, then the waiting ones.
pub(super) async fn measure(lab: &Arc<Lab>, sink: &Sink) -> anyhow::Result<Vec<Figure>> {
    let before = u64::try_from(pending(lab).await?)?;
    let mut figures = single(lab, sink).await?;
    let singles = u64::try_from(SINGLE)?;
    figures.extend(waiting(lab, sink, before + singles).await?);
    Ok(figures)
}

/// From the invitation's time, which its commit follows, to the mail server's 250, both told by the services.
async fn single(lab: &Lab, sink: &Sink) -> anyhow::Result<Vec<Figure>> {
    let one_session = sink.time_of_source(100, 1).await?.as_secs_f64() * 1000.0 / 100.0;
    let mut delays = Vec::with_capacity(SINGLE);
    for _ in 0..SINGLE {
        // Nothing else happens meanwhile.
        sleep(Duration::from_millis(300)).await;
        let invitation = invite(lab).await?;
        let made = invitation
            .create_time
            .and_then(|at| instant(at.seconds, at.nanos))
            .context("the invitation has no time")?;
        let sent = until("waiting for a mail", LIMIT, SOON, async || {
            let about = deliveries(lab, &invitation.name).await?;
            Ok(about.first().and_then(sent_at))
        })
        .await?;
        delays.push(micros((sent - made).try_into().unwrap_or_default()));
    }
    let spread = Spread::of(delays);
    let yardstick = ("smtp-source, one by one", one_session);
    Ok(vec![
        Figure::new("mail.delay.median", spread.at(0.5), "ms", yardstick),
        Figure::new("mail.delay.max", spread.most(), "ms", yardstick),
    ])
}

/// The sink stands still until every delivery is waiting; `before` have been sent already.
async fn waiting(lab: &Arc<Lab>, sink: &Sink, before: u64) -> anyhow::Result<Vec<Figure>> {
    let source = sink.time_of_source(MANY, SESSIONS).await?.as_secs_f64();
    let all = before + WARM_UP + u64::from(MANY);
    invite_many(lab, Until::Done(WARM_UP)).await?;
    all_pending(lab, before + WARM_UP).await?;

    let standing = Suspended::new(sink.server.id());
    invite_many(lab, Until::Done(MANY.into())).await?;
    until("waiting for deliveries", LIMIT, NOW_AND_THEN, async || {
        let known = deliveries(lab, "").await?.len();
        Ok((u64::try_from(known)? >= all).then_some(()))
    })
    .await?;
    let begun = lab.clock.now();
    drop(standing);
    all_pending(lab, all).await?;
    let reported = (lab.clock.now() - begun).as_seconds_f64();

    let times: Vec<_> = deliveries(lab, "").await?.iter().filter_map(sent_at).collect();
    let early = times.iter().filter(|at| **at < begun).count();
    ensure!(
        u64::try_from(early)? == before + WARM_UP,
        "{early} mails were sent before the sink went on, not {}",
        before + WARM_UP
    );
    let last = times.into_iter().max().context("nothing was sent")?;
    let many = f64::from(MANY);
    let yardstick = ("smtp-source -s 16", many / source);
    let taken = (last - begun).as_seconds_f64();
    Ok(vec![
        Figure::new("mail.waiting", many / taken, "mails/s", yardstick),
        Figure::new("mail.waiting.pending", many / reported, "mails/s", yardstick),
    ])
}

async fn all_pending(lab: &Lab, count: u64) -> anyhow::Result<()> {
    let wanted = i64::try_from(count)?;
    until("waiting for PENDING", LIMIT, NOW_AND_THEN, async || {
        Ok((pending(lab).await? == wanted).then_some(()))
    })
    .await
}
