//! More and more events that wait in an outbox, and then in the queue of their consumer.
//!
//! They are requests for mails that may not go out before tomorrow: nothing else comes of them.

use anyhow::Context;
use muster_ids::EventId;
use muster_messaging::outbox::{self, NewEvent};
use muster_proto::notification::v1::{MailPurpose, MailRequestedEvent};
use prost_types::Timestamp;
use sqlx::{Connection, PgConnection};

use super::Grown;
use super::costs::Cost;
use super::deliveries::{cancelled, forget};
use super::jobs::{CONSUMER, RELAY, now};
use crate::invitations::Measured;
use crate::invitations::filling::Filled;
use crate::pairs::{RUNS, timed};
use crate::process::Suspended;

/// As many as one statement writes; all are committed together.
const BATCH: usize = 10_000;
const A_DAY: i64 = 24 * 60 * 60;

pub(super) struct Events<'a> {
    measured: &'a Measured<'a>,
    organization: Filled,
    /// What the mails are about.
    subject: String,
    /// How many were asked for.
    requested: i32,
    /// Of invitation, which publishes.
    publisher: PgConnection,
    /// Of notification, which consumes.
    consumer: PgConnection,
}

impl<'a> Events<'a> {
    pub(super) async fn open(measured: &'a Measured<'a>) -> anyhow::Result<Self> {
        let (organization, subjects) = cancelled(measured, 1).await?;
        Ok(Self {
            measured,
            organization,
            subject: subjects.into_iter().next().context("there is no subject")?,
            requested: 0,
            publisher: measured.databases.to_fill("invitation").await?,
            consumer: measured.databases.to_fill("notification").await?,
        })
    }

    /// Both costs of a run, and what it cost to write the events down.
    async fn run(&mut self, count: usize) -> anyhow::Result<(f64, f64, f64)> {
        let id = self.organization.id;
        let suspended = Suspended::service(&self.measured.fixture.workspace, "notification")?;
        let since = now(&mut self.publisher).await?;
        let events: Vec<_> = (0..count).map(|_| self.event()).collect();
        let (written, ()) = timed(write(&mut self.publisher, events)).await?;
        let relayed = RELAY.cost(&mut self.publisher, id, since, count).await?;
        let since = now(&mut self.consumer).await?;
        drop(suspended);
        let consumed = CONSUMER.cost(&mut self.consumer, id, since, count).await?;
        Ok((relayed, consumed, written as f64 / count as f64))
    }

    fn event(&mut self) -> (NewEvent, MailRequestedEvent) {
        let clock = &self.measured.fixture.clock;
        let now = clock.now();
        self.requested += 1;
        let event = NewEvent {
            id: clock.new_id::<EventId>(),
            organization: self.organization.id,
            aggregate: clock.new_uuid(),
            sequence: 1,
            time: now,
            actor: "service:invitation".to_owned(),
            traceparent: None,
        };
        let request = MailRequestedEvent {
            subject: self.subject.clone(),
            purpose: MailPurpose::Invite.into(),
            generation: 1,
            request: self.requested,
            not_before: Some(Timestamp {
                seconds: now.unix_timestamp() + A_DAY,
                nanos: 0,
            }),
        };
        (event, request)
    }

    /// Has the mails wait no more.
    pub(super) async fn forget(mut self) -> anyhow::Result<()> {
        forget(&mut self.consumer, self.organization.id).await
    }
}

impl Grown for Events<'_> {
    async fn costs(&mut self, rows: u32) -> anyhow::Result<Vec<Cost>> {
        let (mut relay, mut consumer) = (Vec::with_capacity(RUNS), Vec::with_capacity(RUNS));
        for _ in 0..RUNS {
            let (relayed, consumed, written) = self.run(usize::try_from(rows)?).await?;
            relay.push((relayed, written));
            consumer.push((consumed, written));
        }
        Ok(vec![
            Cost::of_events("relay", Ok(relay)),
            Cost::of_events("consumer", Ok(consumer)),
        ])
    }
}

async fn write(db: &mut PgConnection, events: Vec<(NewEvent, MailRequestedEvent)>) -> anyhow::Result<()> {
    let mut tx = db.begin().await?;
    for batch in events.chunks(BATCH) {
        outbox::append_all(&mut tx, batch.to_vec()).await?;
    }
    tx.commit().await?;
    Ok(())
}
