//! The projection of employments.

use std::time::Duration;

use muster_ids::{EmploymentId, EmploymentName, OrganizationId, PersonId, PersonName};
use muster_messaging::{parked, topology};
use muster_proto::employment::v1::{EmploymentFacts, EmploymentState, EmploymentVerifiedEvent};
use muster_testkit::{Callers, eventually};
use uuid::Uuid;

use crate::employed::publish;
use crate::fixture::{Fixture, name};

/// Which employment of the pair is known, in which version.
async fn known(fixture: &Fixture, organization: OrganizationId) -> Option<(Uuid, i64)> {
    let mut connection = fixture.service.database.connection().await;
    sqlx::query_as(
        "SELECT employment_id, sequence FROM employment_projection
         WHERE organization_id = $1 AND person_id = $2 AND state = 'VERIFIED'",
    )
    .bind(organization.as_uuid())
    .bind(Callers::person("learner-1").id.as_uuid())
    .fetch_optional(&mut connection)
    .await
    .unwrap()
}

/// Since when the person is known, in whole seconds, and by which invitation.
async fn origin(fixture: &Fixture, organization: OrganizationId) -> (i64, Option<Uuid>) {
    let mut connection = fixture.service.database.connection().await;
    sqlx::query_as(
        "SELECT extract(epoch FROM date_trunc('second', known_since))::bigint, source_invitation_id
         FROM employment_projection WHERE organization_id = $1",
    )
    .bind(organization.as_uuid())
    .fetch_one(&mut connection)
    .await
    .unwrap()
}

/// Tells of a verified employment, through a real outbox, relay and broker.
async fn tell(fixture: &Fixture, organization: OrganizationId, employment: u128, sequence: i64) {
    let person: PersonId = Callers::person("learner-1").id;
    let employment = EmploymentName {
        organization,
        employment: EmploymentId::from_uuid(Uuid::from_u128(employment)),
    };
    let facts = EmploymentFacts {
        employment: employment.to_string(),
        organization: name(organization),
        person: PersonName { person }.to_string(),
        state: EmploymentState::Verified.into(),
        source_invitation: format!("{}/invitations/{}", name(organization), invitation(sequence)),
        ..Default::default()
    };
    let payload = EmploymentVerifiedEvent { facts: Some(facts) };
    publish(fixture, organization, employment.employment, sequence, payload).await;
}

/// Each word of an employment names another, so that one sees which is kept.
fn invitation(sequence: i64) -> Uuid {
    Uuid::from_u128(sequence.unsigned_abs().into())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_word_on_an_employment_is_kept() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    tell(&fixture, id, 10, 4).await;
    eventually(async || known(&fixture, id).await == Some((Uuid::from_u128(10), 4))).await;
    let first = fixture.service.clock.now().unix_timestamp();
    fixture.service.clock.advance(Duration::from_secs(60));
    // A later employment of the same pair continues the versions, whatever its id: two machines' clocks made the two.
    tell(&fixture, id, 9, 6).await;
    eventually(async || known(&fixture, id).await == Some((Uuid::from_u128(9), 6))).await;
    // Late, of this employment and of the one before: changes nothing.
    tell(&fixture, id, 9, 5).await;
    tell(&fixture, id, 10, 3).await;
    let heard = "SELECT count(*) FROM inbox WHERE event_type = 'employment.verified'";
    eventually(async || fixture.service.database.count(heard).await == 4).await;
    assert_eq!(known(&fixture, id).await, Some((Uuid::from_u128(9), 6)));
    let (since, source) = origin(&fixture, id).await;
    assert!(
        (first - 30..=first).contains(&since),
        "known since the first word"
    );
    assert_eq!(source, Some(invitation(6)));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_names_another_organization_is_parked() {
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    let employment = EmploymentId::from_uuid(Uuid::from_u128(10));
    let facts = EmploymentFacts {
        employment: EmploymentName {
            organization: other,
            employment,
        }
        .to_string(),
        organization: name(other),
        person: PersonName {
            person: Callers::person("learner-1").id,
        }
        .to_string(),
        state: EmploymentState::Verified.into(),
        ..Default::default()
    };
    let payload = EmploymentVerifiedEvent { facts: Some(facts) };
    publish(&fixture, id, employment, 1, payload).await;
    let broker = fixture.service.broker.broker();
    eventually(async || {
        !parked::list(&broker, &topology::ORGANIZATION, 10)
            .await
            .unwrap()
            .is_empty()
    })
    .await;
    assert_eq!(
        (known(&fixture, id).await, known(&fixture, other).await),
        (None, None)
    );
}
