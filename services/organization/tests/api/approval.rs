//! Registry staff approve, and the others hear of it.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use muster_ids::{OrganizationId, PersonName};
use muster_messaging::{EventType, Handler, Handlers, HandlingError, Received, consumer, topology};
use muster_proto::organization::v1 as pb;
use muster_refusal::ErrorReason;
use muster_testkit::{Callers, TestCaller, eventually_some};
use sqlx::PgConnection;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::fixture::{Fixture, approve, name};
use crate::refused::{fact, fields, refused};

const EVENTS: &str = "SELECT count(*) FROM outbox WHERE event_type = 'organization.approved'";
const ACTS: &str = "SELECT count(*) FROM staff_acts WHERE act = 'APPROVE_ORGANIZATION'
                    AND actor LIKE 'person:%' AND reason = 'license checked with the state'";

#[tokio::test(flavor = "multi_thread")]
async fn approval_activates_once_with_one_audit_entry_and_one_event() {
    let fixture = Fixture::new().await;
    let id = fixture.submitted().await;
    let mut staff = fixture.profiles(TestCaller::staff(id));
    let first = staff
        .approve_organization(approve(id))
        .await
        .unwrap()
        .into_inner();
    let again = staff
        .approve_organization(approve(id))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    let profile = first.organization.unwrap();
    assert_eq!(profile.state(), pb::OrganizationState::Active);
    assert!(profile.approve_time.is_some());
    assert_eq!(fixture.service.database.count(EVENTS).await, 1);
    assert_eq!(fixture.service.database.count(ACTS).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_approvals_at_once_one_takes_effect_and_all_answer_the_same() {
    let fixture = Fixture::new().await;
    let id = fixture.submitted().await;
    let approvals = (0..16).map(|_| {
        let mut staff = fixture.profiles(TestCaller::staff(id));
        async move {
            staff
                .approve_organization(approve(id))
                .await
                .unwrap()
                .into_inner()
        }
    });
    let answers = futures::future::join_all(approvals).await;
    assert!(answers.iter().all(|answer| answer == &answers[0]));
    assert_eq!(fixture.service.database.count(EVENTS).await, 1);
    assert_eq!(fixture.service.database.count(ACTS).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_submitted_profile_is_approved() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("owner", fixture.profile()).await;
    let answer = fixture
        .profiles(TestCaller::staff(id))
        .approve_organization(approve(id))
        .await;
    assert_eq!(
        fact(&refused(answer, ErrorReason::OrganizationState), "state").as_deref(),
        Some("DRAFT")
    );
    let nowhere = OrganizationId::from_uuid(Uuid::from_u128(1));
    let answer = fixture
        .profiles(TestCaller::staff(nowhere))
        .approve_organization(approve(nowhere))
        .await;
    refused(answer, ErrorReason::NotFound);
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM outbox")
            .await,
        0
    );
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM staff_acts")
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approval_states_its_reason() {
    let fixture = Fixture::new().await;
    let id = fixture.submitted().await;
    let silent = pb::ApproveOrganizationRequest {
        name: name(id),
        ..Default::default()
    };
    let answer = fixture
        .profiles(TestCaller::staff(id))
        .approve_organization(silent)
        .await;
    assert_eq!(fields(answer, ErrorReason::InvalidRequest), ["reason"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn employment_learns_of_an_approval_and_of_its_director() {
    let fixture = Fixture::new().await;
    let consumed = Consumed::default();
    let shutdown = CancellationToken::new();
    let database = fixture.service.database.database();
    let broker = fixture.service.broker.as_service("employment");
    let listener = consumer::run(
        database,
        broker,
        Handlers::of(&topology::EMPLOYMENT).on(consumed.clone()),
        fixture.service.clock.clone(),
        shutdown.clone(),
    );
    let listener = tokio::spawn(listener);

    let id = fixture.active().await;
    let event = eventually_some(async || consumed.0.lock().unwrap().first().cloned()).await;
    assert_eq!(
        (event.event_type, event.organization),
        (EventType::OrganizationApproved, id)
    );
    assert_eq!((event.aggregate, event.sequence), (id.as_uuid(), 3));
    assert_eq!(event.time, fixture.service.clock.now());
    assert_eq!(event.actor, format!("person:{}", Callers::person("staff").id));
    let told: pb::OrganizationApprovedEvent = event.decode().unwrap();
    let director = PersonName {
        person: Callers::person("owner").id,
    }
    .to_string();
    assert_eq!(
        told,
        pb::OrganizationApprovedEvent {
            organization: name(id),
            director
        }
    );
    shutdown.cancel();
    listener.await.unwrap();
}

/// Keeps what it consumes.
#[derive(Debug, Clone, Default)]
struct Consumed(Arc<Mutex<Vec<Received>>>);

#[async_trait]
impl Handler for Consumed {
    type Event = pb::OrganizationApprovedEvent;
    type Prepared = ();

    async fn prepare(&self, _: &Received, _: Self::Event) -> Result<(), HandlingError> {
        Ok(())
    }

    async fn apply(&self, _: &mut PgConnection, event: &Received, (): ()) -> Result<(), HandlingError> {
        self.0.lock().unwrap().push(event.clone());
        Ok(())
    }
}
