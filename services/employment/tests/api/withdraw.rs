//! `WithdrawEmployment`, and what follows from it in other services.

use muster_proto::employment::v1::{Employment, EmploymentState, RejectionReason, WithdrawEmploymentRequest};
use muster_refusal::{ErrorReason as R, reason_of};
use muster_testkit::{TestCaller, eventually};
use tonic::{Response, Status};

use crate::fixture::{Fixture, reason};

impl Fixture {
    pub(crate) async fn withdraw(&self, person: &str, name: &str) -> Result<Response<Employment>, Status> {
        let request = WithdrawEmploymentRequest {
            name: name.to_owned(),
            request_id: String::new(),
        };
        let mut client = self.person_employments(TestCaller::person(person));
        let withdrawn = client.withdraw_employment(request).await?;
        Ok(withdrawn.map(|answer| answer.employment.unwrap()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_taken_back_once_and_what_was_accepted_is_archived() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    let before = fixture.published("employment.changed").await;
    let withdrawn = fixture
        .withdraw("learner-1", &claim.name)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(withdrawn.state(), EmploymentState::Withdrawn);
    let again = fixture.withdraw("learner-1", &claim.name).await.unwrap();
    assert_eq!(again.into_inner(), withdrawn);
    assert_eq!(fixture.published("employment.changed").await, before + 1);
    let archived = "SELECT count(*) FROM invitations WHERE state = 'ARCHIVED'";
    eventually(async || fixture.invitations.database.count(archived).await == 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_waits_is_taken_back_and_only_by_the_person() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    assert_eq!(
        reason(fixture.withdraw("learner-2", &claim.name).await),
        R::NotFound
    );
    for (statement, why) in [
        (
            "UPDATE employments SET state = 'VERIFIED', verify_time = now() WHERE person_display_name = 'learner-1'",
            R::EmploymentVerified,
        ),
        (
            "UPDATE employments SET state = 'REJECTED' WHERE person_display_name = 'learner-1'",
            R::EmploymentRejected,
        ),
        (
            "UPDATE employments SET state = 'ENDED' WHERE person_display_name = 'learner-1'",
            R::EmploymentState,
        ),
    ] {
        fixture.service.database.execute(statement).await;
        let refused = fixture.withdraw("learner-1", &claim.name).await;
        assert_eq!(reason(refused), why, "{statement}");
    }
}

/// A person who edits what was verified would else be gone without a reason, a last day and a way back.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_verified_is_left_and_not_taken_back_also_while_it_waits_again() {
    let fixture = Fixture::start().await;
    let name = fixture.employed("learner-1").await.name;
    let waits = fixture.restart("learner-1", &name, "2026-02-01").await.unwrap();
    assert_eq!(waits.state(), EmploymentState::PendingVerification);
    let refused = fixture.withdraw("learner-1", &name).await.unwrap_err();
    assert!(refused.message().contains("leave it"), "{refused:?}");
    assert_eq!(reason_of(&refused), Some(R::EmploymentVerified));
    assert_eq!(fixture.read(&name).await, waits);
    // Nor after a rejection in between.
    let why = RejectionReason::Dates;
    fixture.reject(&name, why, "").await.unwrap();
    fixture.correct("learner-1", &name).await.unwrap();
    assert_eq!(
        reason(fixture.withdraw("learner-1", &name).await),
        R::EmploymentVerified
    );
    let left = fixture.leave_on("learner-1", &name, "").await.unwrap();
    assert_eq!(
        (left.state(), left.end_reason.as_str()),
        (EmploymentState::Ended, "a new life")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owners_is_not_taken_back() {
    let fixture = Fixture::start().await;
    let name = fixture.employment_of("owner").await.name;
    fixture.restart("owner", &name, "2026-02-01").await.unwrap();
    // Also where it is not known that it was verified, as of before that was kept.
    for statement in ["SELECT", "UPDATE employments SET first_verify_time = NULL"] {
        fixture.service.database.execute(statement).await;
        let refused = fixture.withdraw("owner", &name).await;
        assert_eq!(reason(refused), R::OwnerMustTransfer, "{statement}");
    }
}
