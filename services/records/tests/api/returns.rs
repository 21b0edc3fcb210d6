//! What of a former employment does not come back with the next one.

use std::time::Duration;

use muster_client::acts::employment;
use muster_ids::EmploymentName;
use muster_proto::employment::v1::{
    EmploymentChangedEvent, EmploymentState, EmploymentVerifiedEvent, RejectionReason,
};
use muster_proto::records::v1::{GrantState, ListPersonGrantsRequest};
use muster_refusal::ErrorReason;
use muster_testkit::{TestCaller, eventually, eventually_some};

use crate::fixture::{Fixture, me, reason};
use crate::people::BY_HAND;

const MINUTE: Duration = Duration::from_secs(60);

impl Fixture {
    /// What the person granted, newest first.
    async fn consents(&self, person: &str) -> Vec<GrantState> {
        let request = ListPersonGrantsRequest {
            parent: me(),
            ..Default::default()
        };
        let mut client = self.grants(TestCaller::person(person));
        let listed = client.list_person_grants(request).await.unwrap();
        listed
            .into_inner()
            .grants
            .iter()
            .map(|grant| grant.state())
            .collect()
    }

    /// An administrator rejects the claim that waits.
    async fn reject(&self, person: &str) {
        let claim = "SELECT employment_id FROM employments WHERE state = 'PENDING_VERIFICATION'
                     AND person_display_name = $1";
        let mut connection = self.employments.database.connection().await;
        let found = sqlx::query_scalar(claim).bind(person);
        let name = EmploymentName {
            organization: self.organization,
            employment: muster_ids::EmploymentId::from_uuid(found.fetch_one(&mut connection).await.unwrap()),
        };
        let admin = self.employments.calls_of(self.admin());
        let why = RejectionReason::NotEmployed;
        let rejected = employment::reject(&admin, &name.to_string(), why, "").await;
        rejected.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_given_with_a_rejected_claim_is_none_for_the_claim_after_it() {
    let fixture = Fixture::start().await;
    fixture.claim("learner-1").await;
    fixture.grant("learner-1").await.unwrap();
    fixture.reject("learner-1").await;
    eventually(async || fixture.known("learner-1").await.state == "REJECTED").await;
    fixture.service.clock.advance(MINUTE);
    fixture.verify("learner-1", &[]).await;
    eventually(async || fixture.known("learner-1").await.state == "VERIFIED").await;

    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
    assert_eq!(fixture.consents("learner-1").await, [GrantState::Lapsed]);
    fixture.grant("learner-1").await.unwrap();
    fixture.read("learner-1").await.unwrap();
}

/// Everything that the employment service says is on its way when the person consents: the claim that was rejected is the one
/// that is known.
#[tokio::test(flavor = "multi_thread")]
async fn a_consent_given_with_the_new_claim_stays_however_late_it_is_heard_of() {
    let fixture = Fixture::start().await;
    fixture.claim("learner-1").await;
    eventually(async || fixture.service.database.count(CLAIMED).await == 1).await;
    fixture.employments.outbox().hold().await;
    fixture.reject("learner-1").await;
    fixture.service.clock.advance(MINUTE);
    fixture.accept("learner-1", &[], BY_HAND).await;
    let verified =
        "SELECT count(*) FROM employments WHERE person_display_name = 'learner-1' AND state = 'VERIFIED'";
    eventually(async || fixture.employments.database.count(verified).await == 1).await;
    let grant = fixture.grant("learner-1").await.unwrap();
    assert_eq!(fixture.known("learner-1").await.state, "PENDING_VERIFICATION");
    fixture.service.clock.advance(MINUTE);

    fixture.employments.outbox().release().await;
    eventually(async || fixture.known("learner-1").await.state == "VERIFIED").await;
    fixture.employments.outbox().publish_all_again().await;
    fixture.employments.outbox().drained().await;
    fixture.read("learner-1").await.unwrap();
    assert_eq!(fixture.grant("learner-1").await.unwrap().name, grant.name);
}

/// The same, of an end: nothing of it has been heard when the person consents under the next employment.
#[tokio::test(flavor = "multi_thread")]
async fn a_consent_given_with_the_next_employment_stays_however_late_the_end_of_the_last_one_is_heard_of() {
    let fixture = Fixture::start().await;
    let former = fixture.verify("learner-1", &[]).await;
    fixture.employments.outbox().hold().await;
    let admin = fixture.employments.calls_of(fixture.admin());
    employment::end(&admin, &former.to_string(), "gone", "")
        .await
        .unwrap();
    fixture.pass(MINUTE);
    fixture.accept("learner-1", &[], BY_HAND).await;
    let verified =
        "SELECT count(*) FROM employments WHERE person_display_name = 'learner-1' AND state = 'VERIFIED'";
    eventually(async || fixture.employments.database.count(verified).await == 1).await;
    fixture.pass(MINUTE);
    let granting = async || fixture.grant("learner-1").await.ok();
    let grant = eventually_some(granting).await;
    let former = former.employment.as_uuid();
    assert_eq!(fixture.known("learner-1").await.employment_id, former);

    fixture.employments.outbox().release().await;
    fixture.employments.outbox().drained().await;
    eventually(async || fixture.known("learner-1").await.employment_id != former).await;
    eventually(async || fixture.known("learner-1").await.state == "VERIFIED").await;
    fixture.read("learner-1").await.unwrap();
    assert_eq!(fixture.grant("learner-1").await.unwrap().name, grant.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_newer_employment_ends_the_consent_to_a_former_one_whose_end_nobody_has_heard_of() {
    let fixture = Fixture::start().await;
    let former = fixture.verify("learner-1", &[]).await;
    let consent = fixture.grant("learner-1").await.unwrap();
    fixture.service.clock.advance(MINUTE);
    let next = fixture.new_employment();
    let facts = fixture.facts(next, "learner-1", EmploymentState::Verified);
    let heard = fixture.applied().await;
    fixture
        .publish(
            next,
            9,
            EmploymentVerifiedEvent {
                facts: Some(facts.clone()),
            },
        )
        .await;
    fixture.wait_applied(heard + 1).await;
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );

    let anew = fixture.grant("learner-1").await.unwrap();
    assert_ne!(anew.name, consent.name);
    fixture.service.clock.advance(MINUTE);
    // Late, of the former one; and once more of the present one.
    let late = fixture.facts(former, "learner-1", EmploymentState::Rejected);
    fixture
        .publish(former, 7, EmploymentChangedEvent { facts: Some(late) })
        .await;
    fixture
        .publish(next, 10, EmploymentVerifiedEvent { facts: Some(facts) })
        .await;
    fixture.wait_applied(heard + 3).await;
    fixture.read("learner-1").await.unwrap();
    assert_eq!(
        fixture.consents("learner-1").await,
        [GrantState::Active, GrantState::Lapsed]
    );
}

const CLAIMED: &str = "SELECT count(*) FROM employment_projection WHERE state = 'PENDING_VERIFICATION'";
