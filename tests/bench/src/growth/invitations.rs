//! An organization with more and more invitations: its lists and counts, one more, one that is accepted, and those whose time has
//! come.

use std::sync::Arc;

use muster_ids::InvitationId;

use super::costs::{Cost, NEEDED, called, commit, medians};
use super::jobs::{SCHEDULER, now};
use super::{Grown, PAGE};
use crate::database::calm;
use crate::fixture::Fixture;
use crate::invitations::Measured;
use crate::invitations::accepts::{Acceptance, accept};
use crate::invitations::filling::Filled;
use crate::invitations::lists::{COUNTING, List, STATES};
use crate::load::invite_to;
use crate::paging::{Paged, Start};
use crate::pairs::RUNS;
use crate::process::Suspended;

/// How often it is counted in a run.
const COUNTS: usize = 30;
/// How many mails are due at once.
const DUE: usize = 300;
const SCHEDULE: &str =
    "UPDATE invitations SET state = 'PROSPECT', delivery_state = 'SCHEDULED', send_time = now(), mail_number = mail_number + 1
     WHERE organization_id = $1 AND invitation_id = ANY ($2)";

pub(super) struct Invitations<'a> {
    measured: &'a Measured<'a>,
    filled: Filled,
}

impl<'a> Invitations<'a> {
    pub(super) async fn open(measured: &'a Measured<'a>) -> anyhow::Result<Self> {
        let (fixture, databases) = (measured.fixture, &measured.databases);
        let filled = Filled::make(fixture, databases, "Growing", 0, &STATES).await?;
        fixture.unlimit(&filled.name).await?;
        Ok(Self { measured, filled })
    }

    async fn counts(&self, list: &mut List<'_>) -> anyhow::Result<Vec<(f64, f64)>> {
        let mut runs = Vec::with_capacity(RUNS);
        for _ in 0..RUNS {
            runs.push(list.counts(COUNTS).await?);
        }
        Ok(medians(runs))
    }

    /// Some that wait for their invitees, each with its address.
    async fn waiting(&mut self, count: usize) -> anyhow::Result<Vec<(InvitationId, String)>> {
        let (fixture, databases) = (self.measured.fixture, &self.measured.databases);
        let count = u32::try_from(count)?;
        let all = self.filled.count + count;
        self.filled.grow(fixture, databases, all, &["PENDING"]).await?;
        let mut db = databases.of("invitation").await?;
        self.filled.oldest(&mut db, "PENDING", count).await
    }

    async fn creates(&self, commit: f64) -> anyhow::Result<Vec<(f64, f64)>> {
        let fixture = Arc::clone(self.measured.fixture);
        let (name, group) = (self.filled.name.clone(), self.filled.group.clone());
        let (name, group): (Arc<str>, Arc<str>) = (name.into(), group.into());
        let inviting = move |()| invite_one(Arc::clone(&fixture), Arc::clone(&name), Arc::clone(&group));
        called(&[(); NEEDED], commit, inviting).await
    }

    async fn accepts(
        &self,
        commit: f64,
        invitations: &[(InvitationId, String)],
    ) -> anyhow::Result<Vec<(f64, f64)>> {
        let fixture = Arc::clone(self.measured.fixture);
        let acceptances = Acceptance::of(&fixture, &self.filled.name, invitations)?;
        called(&acceptances, commit, move |one| accept(Arc::clone(&fixture), one)).await
    }

    async fn due(
        &self,
        commit: f64,
        invitations: &[(InvitationId, String)],
    ) -> anyhow::Result<Vec<(f64, f64)>> {
        // Not as what is filled in: of a change of state triggers count.
        let mut db = self.measured.databases.of("invitation").await?;
        let mut runs = Vec::with_capacity(RUNS);
        for due in invitations.chunks(DUE) {
            let ids: Vec<_> = due.iter().map(|(id, _)| *id).collect();
            let since = now(&mut db).await?;
            let scheduling = sqlx::query(SCHEDULE).bind(self.filled.id).bind(&ids);
            scheduling.execute(&mut db).await?;
            let cost = SCHEDULER.cost(&mut db, self.filled.id, since, ids.len());
            runs.push((cost.await?, commit));
        }
        Ok(runs)
    }
}

impl Grown for Invitations<'_> {
    async fn costs(&mut self, rows: u32) -> anyhow::Result<Vec<Cost>> {
        let (fixture, databases) = (self.measured.fixture, &self.measured.databases);
        self.filled.grow(fixture, databases, rows, &STATES).await?;
        let mut list = List::open(fixture, databases, &self.filled, PAGE).await?;
        let pages = Paged::read(&mut list, &Start::newest()).await;
        let counts = self.counts(&mut list).await;
        let waiting = self.waiting(NEEDED + RUNS * DUE).await?;
        let (accepted, due) = waiting.split_at(NEEDED.min(waiting.len()));
        let commit = commit(self.measured).await?;
        // What is mailed meanwhile would be counted with what is measured.
        let suspended = Suspended::service(&fixture.workspace, "notification")?;
        let created = self.creates(commit).await;
        let accepted = self.accepts(commit, accepted).await;
        let due = self.due(commit, due).await;
        drop(suspended);
        calm(databases).await?;
        let [first, hundredth] = Cost::of_pages(pages);
        Ok(vec![
            first,
            hundredth,
            Cost {
                beside: COUNTING,
                ..Cost::of_reads("counts", counts)
            },
            Cost::of_writes("create", created),
            Cost::of_writes("accept", accepted),
            Cost::of_writes("due", due),
        ])
    }
}

async fn invite_one(fixture: Arc<Fixture>, organization: Arc<str>, group: Arc<str>) -> anyhow::Result<()> {
    invite_to(&fixture, &organization, &group).await.map(drop)
}
