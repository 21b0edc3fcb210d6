//! `RejectEmployment`, and what follows from it in other services.

use muster_proto::employment::v1::{Employment, EmploymentState, RejectEmploymentRequest, RejectionReason};
use muster_refusal::{ErrorReason as R, violations_of};
use muster_testkit::eventually;
use tonic::{Response, Status};

use crate::fixture::{Fixture, person_name, reason};

impl Fixture {
    pub(crate) async fn reject(
        &self,
        name: &str,
        reason: RejectionReason,
        comment: &str,
    ) -> Result<Response<Employment>, Status> {
        let request = RejectEmploymentRequest {
            name: name.to_owned(),
            reason: reason.into(),
            comment: comment.to_owned(),
            request_id: String::new(),
        };
        let rejected = self.employments(self.admin()).reject_employment(request).await?;
        Ok(rejected.map(|answer| answer.employment.unwrap()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_rejected_once_and_keeps_its_first_reason() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    let before = fixture.published("employment.changed").await;
    let why = RejectionReason::OtherSite;
    let rejected = fixture.reject(&claim.name, why, " Elm Street ").await.unwrap();
    let rejected = rejected.into_inner();
    assert_eq!(rejected.state(), EmploymentState::Rejected);
    let [rejection] = rejected.rejections.as_slice() else {
        panic!("{:?}", rejected.rejections)
    };
    assert_eq!(
        (rejection.reason(), rejection.comment.as_str()),
        (why, "Elm Street")
    );
    assert_eq!(rejection.person, person_name("admin").to_string());
    assert!(rejection.reject_time.is_some());

    let again = fixture.reject(&claim.name, RejectionReason::Other, "no").await;
    assert_eq!(again.unwrap().into_inner(), rejected);
    assert_eq!(fixture.employment_of("learner-1").await, rejected);
    assert_eq!(fixture.published("employment.changed").await, before + 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_verified_is_not_rejected_any_more_and_what_is_over_stays_over() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    for (statement, why) in [
        (
            "UPDATE employments SET state = 'VERIFIED', verify_time = now() WHERE person_display_name = 'learner-1'",
            R::EmploymentVerified,
        ),
        (
            "UPDATE employments SET state = 'WITHDRAWN' WHERE person_display_name = 'learner-1'",
            R::EmploymentState,
        ),
        (
            "UPDATE employments SET state = 'ENDED' WHERE person_display_name = 'learner-1'",
            R::EmploymentState,
        ),
    ] {
        fixture.service.database.execute(statement).await;
        let refused = fixture.reject(&claim.name, RejectionReason::Dates, "").await;
        assert_eq!(reason(refused), why, "{statement}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owners_claim_is_not_rejected() {
    let fixture = Fixture::start().await;
    let back = "UPDATE employments SET state = 'PENDING_VERIFICATION'";
    fixture.service.database.execute(back).await;
    let name = fixture.employment_of("owner").await.name;
    let refused = fixture.reject(&name, RejectionReason::NotEmployed, "").await;
    assert_eq!(reason(refused), R::OwnerMustTransfer);
    assert_eq!(
        fixture.employment_of("owner").await.state(),
        EmploymentState::PendingVerification
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reason_is_needed_and_a_word_beside_it_where_no_reason_fits() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    for (why, comment, field) in [
        (RejectionReason::Unspecified, String::new(), "reason"),
        (RejectionReason::Other, "  ".to_owned(), "comment"),
        (RejectionReason::Dates, "x".repeat(501), "comment"),
    ] {
        let refused = fixture.reject(&claim.name, why, &comment).await.unwrap_err();
        assert_eq!(violations_of(&refused)[0].0, field, "{why:?}");
    }
    assert_eq!(fixture.employment_of("learner-1").await, claim);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_organization_knows_that_a_claim_waits_and_that_it_was_rejected() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    let waits = "SELECT count(*) FROM employment_projection WHERE state = 'PENDING_VERIFICATION'";
    eventually(async || fixture.organizations.database.count(waits).await == 1).await;
    fixture
        .reject(&claim.name, RejectionReason::NotEmployed, "")
        .await
        .unwrap();
    let rejected = "SELECT count(*) FROM employment_projection WHERE state = 'REJECTED'";
    eventually(async || fixture.organizations.database.count(rejected).await == 1).await;
    // Nobody learns here by it any more, unless the person corrects it.
    let archived = "SELECT count(*) FROM invitations WHERE state = 'ARCHIVED'";
    eventually(async || fixture.invitations.database.count(archived).await == 1).await;
}
