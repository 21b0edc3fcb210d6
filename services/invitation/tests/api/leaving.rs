//! Learners who leave, and whose end is taken back.

use std::time::Duration;

use muster_ids::{EmploymentId, EmploymentName, EventId, PersonName};
use muster_messaging::Event;
use muster_messaging::outbox::{self, NewEvent};
use muster_proto::employment::v1::{
    EmploymentEndedEvent, EmploymentFacts, EmploymentRestoredEvent, EmploymentState,
};
use muster_proto::invitation::v1::InvitationState as S;
use muster_server::convert::timestamp;
use muster_testkit::{Callers, TestCaller, eventually};
use time::OffsetDateTime;

use crate::fixture::Fixture;

/// Bob is a learner, leaves, and the end is taken back, after what is done `meanwhile`.
async fn leaves_and_returns(fixture: &Fixture, meanwhile: impl AsyncFnOnce()) {
    let bob = Bob::leaves(fixture);
    bob.ended(2, bob.end).await;
    meanwhile().await;
    bob.restored(3).await;
}

/// Who leaves now, as far as it is told.
struct Bob<'a> {
    fixture: &'a Fixture,
    employment: EmploymentId,
    end: OffsetDateTime,
}

impl<'a> Bob<'a> {
    /// A minute later, so that what was accepted is earlier.
    fn leaves(fixture: &'a Fixture) -> Self {
        fixture.clock.advance(Duration::from_secs(60));
        Self {
            fixture,
            employment: EmploymentId::from_uuid(fixture.clock.new_uuid()),
            end: fixture.clock.now(),
        }
    }

    /// It is told that the employment ended at that time.
    async fn ended(&self, sequence: i64, end: OffsetDateTime) {
        let ended = EmploymentEndedEvent {
            facts: Some(facts(self.fixture, self.employment, EmploymentState::Ended)),
        };
        hear(self.fixture, self.employment, sequence, ended, end).await;
    }

    /// It is told that its first end was taken back.
    async fn restored(&self, sequence: i64) {
        let restored = EmploymentRestoredEvent {
            facts: Some(facts(self.fixture, self.employment, EmploymentState::Verified)),
            end_time: Some(timestamp(self.end)),
            former_end_time: None,
        };
        let now = self.fixture.clock.now();
        hear(self.fixture, self.employment, sequence, restored, now).await;
    }
}

fn facts(fixture: &Fixture, employment: EmploymentId, state: EmploymentState) -> EmploymentFacts {
    let name = EmploymentName {
        organization: fixture.organization,
        employment,
    };
    let person = PersonName {
        person: Callers::person("bob").id,
    };
    EmploymentFacts {
        employment: name.to_string(),
        organization: fixture.parent(),
        person: person.to_string(),
        state: state.into(),
        ..Default::default()
    }
}

/// Tells what employment would, through a real outbox, relay and broker, and waits until it was heard.
async fn hear<E: Event>(
    fixture: &Fixture,
    employment: EmploymentId,
    sequence: i64,
    event: E,
    time: OffsetDateTime,
) {
    let heard = async || fixture.database.count("SELECT count(*) FROM inbox").await;
    let before = heard().await;
    let new = NewEvent {
        id: EventId::from_uuid(fixture.clock.new_uuid()),
        organization: fixture.organization,
        aggregate: employment.as_uuid(),
        sequence,
        time,
        actor: "service:employment".to_owned(),
        traceparent: None,
    };
    let database = fixture.database.database();
    let written = database.write(async |tx| outbox::append(tx, new, &event).await);
    written.await.unwrap();
    eventually(async || heard().await > before).await;
}

async fn learner(fixture: &Fixture) -> String {
    let invitation = fixture
        .create("bob@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let token = fixture.token(&invitation.name).await;
    fixture.accept(TestCaller::person("bob"), &token).await.unwrap();
    invitation.name
}

async fn state(fixture: &Fixture, name: &str) -> S {
    fixture.get(name).await.unwrap().state()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_returns_by_undo_is_a_learner_again() {
    let fixture = Fixture::with_broker().await;
    let accepted = learner(&fixture).await;
    leaves_and_returns(&fixture, async || {
        assert_eq!(state(&fixture, &accepted).await, S::Archived);
    })
    .await;
    assert_eq!(state(&fixture, &accepted).await, S::Active);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_invitation_made_meanwhile_counts_and_brings_them_back() {
    let fixture = Fixture::with_broker().await;
    let accepted = learner(&fixture).await;
    let mut newer = None;
    leaves_and_returns(&fixture, async || {
        let invitation = fixture.create("bob@example.com", &[&fixture.aides]).await;
        newer = Some(invitation.unwrap().name);
    })
    .await;
    let newer = newer.unwrap();
    assert_eq!(state(&fixture, &accepted).await, S::Archived);
    assert_eq!(state(&fixture, &newer).await, S::Prospect);
    let token = fixture.token(&newer).await;
    fixture.accept(TestCaller::person("bob"), &token).await.unwrap();
    assert_eq!(state(&fixture, &newer).await, S::Active);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_heard_of_after_it_was_taken_back_archives_nothing() {
    let fixture = Fixture::with_broker().await;
    let accepted = learner(&fixture).await;
    let bob = Bob::leaves(&fixture);
    bob.restored(3).await;
    bob.ended(2, bob.end).await;
    assert_eq!(state(&fixture, &accepted).await, S::Active);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_taken_back_once_stays_archived_when_it_has_ended_anew() {
    let fixture = Fixture::with_broker().await;
    let accepted = learner(&fixture).await;
    let bob = Bob::leaves(&fixture);
    bob.ended(2, bob.end).await;
    fixture.clock.advance(Duration::from_secs(60));
    bob.ended(4, fixture.clock.now()).await;
    bob.restored(3).await;
    assert_eq!(state(&fixture, &accepted).await, S::Archived);
}
