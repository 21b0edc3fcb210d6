//! Registry staff give profiles back, refuse, halt and reinstate them; the owner reads why.

mod races;

use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::OrganizationReturnReason as Why;
use muster_refusal::ErrorReason;
use muster_testkit::TestCaller;
use tonic::{Response, Status};

use crate::fixture::{Fixture, approve, name};
use crate::refused::{fact, fields, refused};

const ACTS: &str = "SELECT count(*) FROM staff_acts WHERE act <> 'APPROVE_ORGANIZATION'";

/// How many acts of registry staff there were beside approvals.
pub(crate) async fn staff_acts(fixture: &Fixture) -> i64 {
    fixture.service.database.count(ACTS).await
}

/// What registry staff stated with each act of a kind.
pub(crate) async fn reason_of_acts(fixture: &Fixture, act: &str) -> Vec<String> {
    sqlx::query_scalar("SELECT reason FROM staff_acts WHERE act = $1 AND actor LIKE 'person:%'")
        .bind(act)
        .fetch_all(&mut fixture.service.database.connection().await)
        .await
        .unwrap()
}

impl Fixture {
    pub(crate) async fn give_back(
        &self,
        id: OrganizationId,
        reasons: &[Why],
        reason: &str,
    ) -> Result<pb::Organization, Status> {
        let request = pb::ReturnOrganizationRequest {
            name: name(id),
            reasons: reasons.iter().map(|why| (*why).into()).collect(),
            reason: reason.into(),
            request_id: String::new(),
        };
        let mut staff = self.profiles(TestCaller::staff(id));
        let answer = staff.return_organization(request).await?.into_inner();
        Ok(answer.organization.unwrap())
    }

    pub(crate) async fn reject(&self, id: OrganizationId) -> Result<pb::Organization, Status> {
        let request = pb::RejectOrganizationRequest {
            name: name(id),
            reason: "no such programme".into(),
            request_id: String::new(),
        };
        let mut staff = self.profiles(TestCaller::staff(id));
        Ok(staff
            .reject_organization(request)
            .await?
            .into_inner()
            .organization
            .unwrap())
    }

    pub(crate) async fn suspend(&self, id: OrganizationId, reason: &str) -> Result<pb::Organization, Status> {
        let request = pb::SuspendOrganizationRequest {
            name: name(id),
            reason: reason.into(),
            request_id: String::new(),
        };
        let mut staff = self.profiles(TestCaller::staff(id));
        Ok(staff
            .suspend_organization(request)
            .await?
            .into_inner()
            .organization
            .unwrap())
    }

    pub(crate) async fn reinstate(&self, id: OrganizationId) -> Result<pb::Organization, Status> {
        let request = pb::ReinstateOrganizationRequest {
            name: name(id),
            reason: "the state lifted it".into(),
            request_id: String::new(),
        };
        let mut staff = self.profiles(TestCaller::staff(id));
        Ok(staff
            .reinstate_organization(request)
            .await?
            .into_inner()
            .organization
            .unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_returned_profile_says_why_until_it_is_handed_in_again() {
    let fixture = Fixture::new().await;
    let id = fixture.submitted().await;
    let both = [Why::NameMismatch, Why::LicenseNumberUnknown];
    let returned = fixture
        .give_back(id, &both, "the license says Sunshine Two")
        .await
        .unwrap();
    assert_eq!(returned.state(), pb::OrganizationState::Returned);
    let sorted = [Why::LicenseNumberUnknown, Why::NameMismatch];
    assert_eq!(returned.return_reasons().collect::<Vec<_>>(), sorted);
    assert_eq!(returned.decision_reason, "the license says Sunshine Two");

    let again = fixture.give_back(id, &sorted, "other words").await.unwrap();
    assert_eq!(again, returned, "the first decision stays");
    let contrary = fixture.give_back(id, &[Why::Other], "other").await;
    assert_eq!(
        fact(&refused(contrary, ErrorReason::OrganizationState), "state").as_deref(),
        Some("RETURNED")
    );
    assert_eq!(fixture.service.database.count(ACTS).await, 1);

    let owner = || TestCaller::member("owner", id, muster_identity::Role::Owner);
    let submit = pb::SubmitOrganizationRequest {
        name: name(id),
        request_id: String::new(),
    };
    let submitted = fixture
        .profiles(owner())
        .submit_organization(submit)
        .await
        .unwrap();
    let submitted = submitted.into_inner().organization.unwrap();
    assert_eq!(submitted.state(), pb::OrganizationState::Submitted);
    assert!(submitted.return_reasons.is_empty() && submitted.decision_reason.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_given_back_says_what_is_to_be_corrected_and_why() {
    let fixture = Fixture::new().await;
    let id = fixture.submitted().await;
    assert_eq!(
        fields(
            fixture.give_back(id, &[], "").await.map(Response::new),
            ErrorReason::InvalidRequest
        ),
        ["reasons", "reason"]
    );
    let twice = [Why::Other, Why::Other];
    assert_eq!(
        fields(
            fixture.give_back(id, &twice, "x").await.map(Response::new),
            ErrorReason::InvalidRequest
        ),
        ["reasons"]
    );
    let none = [Why::Unspecified];
    assert_eq!(
        fields(
            fixture.give_back(id, &none, "x").await.map(Response::new),
            ErrorReason::InvalidRequest
        ),
        ["reasons[0]"]
    );
    assert_eq!(fixture.service.database.count(ACTS).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rejected_profile_is_refused_for_good() {
    let fixture = Fixture::new().await;
    let id = fixture.submitted().await;
    let rejected = fixture.reject(id).await.unwrap();
    assert_eq!(rejected.state(), pb::OrganizationState::Rejected);
    assert_eq!(rejected.decision_reason, "no such programme");
    assert_eq!(fixture.reject(id).await.unwrap(), rejected);
    let approved = fixture
        .profiles(TestCaller::staff(id))
        .approve_organization(approve(id))
        .await;
    refused(approved, ErrorReason::OrganizationState);
    refused(
        fixture.give_back(id, &[Why::Other], "x").await,
        ErrorReason::OrganizationState,
    );
    assert_eq!(fixture.service.database.count(ACTS).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_active_organization_is_halted_and_goes_on() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let suspended = fixture.suspend(id, "an inspection").await.unwrap();
    assert_eq!(suspended.state(), pb::OrganizationState::Suspended);
    assert_eq!(fixture.suspend(id, "other words").await.unwrap(), suspended);
    refused(fixture.reject(id).await, ErrorReason::OrganizationState);
    let active = fixture.reinstate(id).await.unwrap();
    assert_eq!(active.state(), pb::OrganizationState::Active);
    assert_eq!(active.decision_reason, "the state lifted it");
    assert_eq!(fixture.reinstate(id).await.unwrap(), active);
    assert_eq!(fixture.service.database.count(ACTS).await, 2);
    let reasons = "SELECT count(*) FROM staff_acts WHERE actor LIKE 'person:%'
                   AND (act, reason) IN (('SUSPEND_ORGANIZATION', 'an inspection'),
                                         ('REINSTATE_ORGANIZATION', 'the state lifted it'))";
    assert_eq!(fixture.service.database.count(reasons).await, 2);
}
