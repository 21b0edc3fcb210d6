//! `EndEmployment`, and what follows from it in other services.

use muster_ids::{EmploymentId, EmploymentName};
use muster_proto::employment::v1::{Employment, EmploymentState, EndEmploymentRequest};
use muster_refusal::{ErrorReason as R, reason_of, violations_of};
use muster_testkit::eventually;
use tonic::{Response, Status};

use crate::fixture::{Fixture, reason};

async fn end(fixture: &Fixture, name: &str, why: &str) -> Result<Response<Employment>, Status> {
    fixture.end_on(name, why, "").await
}

impl Fixture {
    pub(crate) async fn end_on(
        &self,
        name: &str,
        why: &str,
        last_day: &str,
    ) -> Result<Response<Employment>, Status> {
        let request = EndEmploymentRequest {
            name: name.to_owned(),
            reason: why.to_owned(),
            request_id: String::new(),
            last_day: last_day.to_owned(),
        };
        let ended = self.employments(self.admin()).end_employment(request).await?;
        Ok(ended.map(|answer| answer.employment.unwrap()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employment_ends_once_and_keeps_its_first_reason() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    let name = fixture.employment_of("learner-1").await.name;
    let ended = end(&fixture, &name, "moved away").await.unwrap().into_inner();
    assert_eq!(ended.state(), EmploymentState::Ended);
    assert_eq!(ended.end_reason, "moved away");
    assert!(ended.end_time.is_some());
    let again = end(&fixture, &name, "retired").await.unwrap().into_inner();
    assert_eq!(again, ended);
    assert_eq!(fixture.employment_of("learner-1").await, ended);
    let published = "SELECT count(*) FROM outbox WHERE event_type = 'employment.ended'";
    assert_eq!(fixture.service.database.count(published).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_learner_accepted_is_archived_and_the_organization_knows_that_they_left() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    fixture.employ_anywhere("learner-2").await;
    let name = fixture.employment_of("learner-1").await.name;
    end(&fixture, &name, "moved away").await.unwrap();
    let archived = "SELECT count(*) FROM invitations WHERE state = 'ARCHIVED'";
    eventually(async || fixture.invitations.database.count(archived).await == 1).await;
    let projected = "SELECT count(*) FROM employment_projection WHERE state = 'ENDED'";
    eventually(async || fixture.organizations.database.count(projected).await == 1).await;
    let active = "SELECT count(*) FROM invitations WHERE state = 'ACTIVE'";
    assert_eq!(
        fixture.invitations.database.count(active).await,
        1,
        "learner-2 stays"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_after_the_end_has_a_new_employment_and_the_old_one_stays_ended() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    let first = fixture.employment_of("learner-1").await.name;
    end(&fixture, &first, "season is over").await.unwrap();
    let archived = "SELECT count(*) FROM invitations WHERE state = 'ARCHIVED'";
    eventually(async || fixture.invitations.database.count(archived).await == 1).await;
    fixture.employ_anywhere("learner-1").await;
    let states: Vec<_> = fixture
        .employments_of("learner-1")
        .await
        .iter()
        .map(Employment::state)
        .collect();
    assert_eq!(states, [EmploymentState::Verified, EmploymentState::Ended]);
    assert_eq!(fixture.invitations.database.count(archived).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_owners_employment_does_not_end_before_the_ownership_is_transferred() {
    let fixture = Fixture::start().await;
    let name = fixture.employment_of("owner").await.name;
    let organization = fixture.organization_name().to_string();
    // R8: whichever way it is tried, it is told which ownership is in the way, and what is done about it.
    for way in [
        end(&fixture, &name, "left").await.map(drop),
        fixture.leave_on("owner", &name, "").await.map(drop),
    ] {
        let status = way.unwrap_err();
        assert_eq!(reason_of(&status), Some(R::OwnerMustTransfer));
        let facts = String::from_utf8_lossy(status.details());
        assert!(
            facts.contains(&organization) && facts.contains("offer_ownership"),
            "{facts}"
        );
    }
    assert_eq!(
        fixture.employment_of("owner").await.state(),
        EmploymentState::Verified
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_was_verified_can_end() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    let name = fixture.employment_of("learner-1").await.name;
    for (statement, why) in [
        (
            "UPDATE employments SET state = 'PENDING_VERIFICATION', verify_time = NULL, first_verify_time = NULL
             WHERE source_invitation_id IS NOT NULL",
            R::EmploymentState,
        ),
        (
            "UPDATE employments SET state = 'REJECTED' WHERE source_invitation_id IS NOT NULL",
            R::EmploymentRejected,
        ),
        (
            "UPDATE employments SET state = 'WITHDRAWN' WHERE source_invitation_id IS NOT NULL",
            R::EmploymentState,
        ),
    ] {
        fixture.service.database.execute(statement).await;
        assert_eq!(reason(end(&fixture, &name, "left").await), why, "{statement}");
    }
    let absent = EmploymentName {
        organization: fixture.organization,
        employment: EmploymentId::from_uuid(fixture.service.clock.new_uuid()),
    };
    assert_eq!(
        reason(end(&fixture, &absent.to_string(), "left").await),
        R::NotFound
    );
    for why in [String::new(), "x".repeat(501)] {
        let refused = end(&fixture, &name, &why).await.unwrap_err();
        assert_eq!(violations_of(&refused)[0].0, "reason");
    }
}
