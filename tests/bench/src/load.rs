//! A closed loop of calls, such as invitations, each with an address of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{CreateInvitationRequest, Invitation};
use tokio::task::JoinSet;

use super::fixture::{Fixture, answer, in_the_name_of};
use super::latencies::{Latencies, Rate, micros};

/// How many calls are under way at the same time, as in pgbench.
const IN_FLIGHT: usize = 16;
/// No address is invited twice in a run.
static NEXT: AtomicU64 = AtomicU64::new(1);

/// When a load ends.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    /// After this long.
    Passed(Duration),
    /// After this many.
    Done(u64),
}

/// Calls once with each of them. The first that fails ends it.
pub(super) async fn call_each<T, C, F>(each: &[T], call: C) -> anyhow::Result<Rate>
where
    T: Clone + Send + Sync + 'static,
    C: Fn(T) -> F + Clone + Send + 'static,
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let all = Arc::<[T]>::from(each);
    let calling = move |number: u64| {
        let (all, call) = (Arc::clone(&all), call.clone());
        async move {
            let one = all.get(usize::try_from(number)?).cloned();
            call(one.context("there is none left to call with")?).await
        }
    };
    call_many(Until::Done(u64::try_from(each.len())?), calling).await
}

/// Invites until then. The first refusal ends it.
pub(super) async fn invite_many(fixture: &Arc<Fixture>, until: Until) -> anyhow::Result<Rate> {
    let fixture = Arc::clone(fixture);
    let inviting = move |_| {
        let fixture = Arc::clone(&fixture);
        async move { invite(&fixture).await.map(drop) }
    };
    call_many(until, inviting).await
}

/// Calls until then; each call is told how many were begun before it. The first that fails ends it.
pub(super) async fn call_many<C, F>(until: Until, call: C) -> anyhow::Result<Rate>
where
    C: Fn(u64) -> F + Clone + Send + 'static,
    F: Future<Output = anyhow::Result<()>> + Send,
{
    let begun = Instant::now();
    let started = Arc::new(AtomicU64::new(0));
    let mut workers = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (call, started) = (call.clone(), Arc::clone(&started));
        workers.spawn(async move {
            let mut times = Vec::new();
            loop {
                let number = started.fetch_add(1, Ordering::Relaxed);
                if !goes_on(until, begun, number) {
                    return anyhow::Ok(times);
                }
                let called = Instant::now();
                call(number).await?;
                times.push(micros(called.elapsed()));
            }
        });
    }
    let mut times = Vec::new();
    while let Some(worker) = workers.join_next().await {
        times.extend(worker??);
    }
    Ok(Rate {
        per_second: times.len() as f64 / begun.elapsed().as_secs_f64(),
        latencies: Latencies::of(times),
    })
}

fn goes_on(until: Until, begun: Instant, started: u64) -> bool {
    match until {
        Until::Passed(time) => begun.elapsed() < time,
        Until::Done(count) => started < count,
    }
}

/// Invites somebody new, mail at once.
pub(super) async fn invite(fixture: &Fixture) -> anyhow::Result<Invitation> {
    invite_to(fixture, &fixture.organization, &fixture.group).await
}

/// The same, into a group of another organization of the owner's.
pub(super) async fn invite_to(
    fixture: &Fixture,
    organization: &str,
    group: &str,
) -> anyhow::Result<Invitation> {
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let invitation = Invitation {
        address: format!("measured-{number}@school.test"),
        groups: vec![group.to_owned()],
        ..Invitation::default()
    };
    let request = CreateInvitationRequest {
        parent: organization.to_owned(),
        invitation: Some(invitation),
        request_id: fixture.request_id(),
    };
    let mut invitations = InvitationServiceClient::new(fixture.edge.clone());
    let created = invitations
        .create_invitation(in_the_name_of(&fixture.owner, request))
        .await;
    let created = answer(created).context("an invitation was refused")?;
    created.invitation.ok_or_else(|| anyhow!("no invitation"))
}
