//! Employments that the service hears of.

use muster_ids::{EmploymentId, EmploymentName, EventId, OrganizationId, PersonName};
use muster_messaging::outbox::{self, NewEvent};
use muster_proto::employment::v1::{
    EmploymentChangedEvent, EmploymentEndedEvent, EmploymentFacts, EmploymentState, EmploymentVerifiedEvent,
};
use muster_testkit::{Callers, eventually};

use crate::fixture::{Fixture, name};

/// Somebody's employment is known to stand there, as if it had been told.
pub(crate) async fn employed(fixture: &Fixture, organization: OrganizationId, who: &str, state: &str) {
    let person = Callers::person(who).id;
    let statement = format!(
        "INSERT INTO employment_projection (organization_id, person_id, employment_id, state, sequence)
         VALUES ('{organization}', '{person}', gen_random_uuid(), '{state}', 1)
         ON CONFLICT ON CONSTRAINT employment_projection_pkey DO UPDATE SET state = '{state}'"
    );
    fixture.execute(statement).await;
}

/// Tells of somebody's one employment, through a real outbox, relay and broker, and waits until it is heard.
pub(crate) async fn hears(
    fixture: &Fixture,
    organization: OrganizationId,
    who: &str,
    sequence: i64,
    state: EmploymentState,
) {
    let only = EmploymentId::from_uuid(Callers::person(who).id.as_uuid());
    hears_of(fixture, organization, (who, only), sequence, state).await;
}

/// As [`hears`], of one of the employments that somebody has had there.
pub(crate) async fn hears_of(
    fixture: &Fixture,
    organization: OrganizationId,
    (who, employment): (&str, EmploymentId),
    sequence: i64,
    state: EmploymentState,
) {
    let employment = EmploymentName {
        organization,
        employment,
    };
    let facts = EmploymentFacts {
        employment: employment.to_string(),
        organization: name(organization),
        person: PersonName {
            person: Callers::person(who).id,
        }
        .to_string(),
        state: state.into(),
        ..Default::default()
    };
    let (facts, employment) = (Some(facts), employment.employment);
    let heard = async || fixture.service.database.count("SELECT count(*) FROM inbox").await;
    let before = heard().await;
    match state {
        EmploymentState::Verified => {
            let payload = EmploymentVerifiedEvent { facts };
            publish(fixture, organization, employment, sequence, payload).await;
        }
        EmploymentState::Ended => {
            let payload = EmploymentEndedEvent { facts };
            publish(fixture, organization, employment, sequence, payload).await;
        }
        _ => {
            let payload = EmploymentChangedEvent { facts };
            publish(fixture, organization, employment, sequence, payload).await;
        }
    }
    eventually(async || heard().await > before).await;
}

/// Publishes what employment would.
pub(crate) async fn publish<E: muster_messaging::Event>(
    fixture: &Fixture,
    organization: OrganizationId,
    employment: EmploymentId,
    sequence: i64,
    payload: E,
) {
    let event = NewEvent {
        id: EventId::from_uuid(fixture.service.clock.new_uuid()),
        organization,
        aggregate: employment.as_uuid(),
        sequence,
        time: fixture.service.clock.now(),
        actor: "service:employment".to_owned(),
        traceparent: None,
    };
    let database = fixture.service.database.database();
    let written = database.write(async |tx| outbox::append(tx, event, &payload).await);
    written.await.unwrap();
    eventually(async || {
        let waiting = "SELECT count(*) FROM outbox WHERE published_at IS NULL";
        fixture.service.database.count(waiting).await == 0
    })
    .await;
}
