//! `VerifyEmployment`.

use muster_identity::Role;
use muster_ids::{EmploymentId, EmploymentName};
use muster_proto::employment::v1::{Employment, EmploymentState, VerifyEmploymentRequest};
use muster_refusal::ErrorReason as R;
use muster_testkit::TestCaller;
use tonic::{Response, Status};

use crate::fixture::{Fixture, reason};

async fn verify(fixture: &Fixture, who: TestCaller, name: &str) -> Result<Response<Employment>, Status> {
    let request = VerifyEmploymentRequest {
        name: name.to_owned(),
        request_id: String::new(),
    };
    let verified = fixture.employments(who).verify_employment(request).await?;
    Ok(verified.map(|answer| answer.employment.unwrap()))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_verifies_a_claim_once_and_it_is_published_once() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    assert_eq!(claim.state(), EmploymentState::PendingVerification);

    let verified = verify(&fixture, fixture.admin(), &claim.name)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(verified.state(), EmploymentState::Verified);
    assert!(verified.verify_time.is_some() && verified.etag != claim.etag);
    let again = verify(&fixture, fixture.admin(), &claim.name)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(again, verified);
    assert_eq!(fixture.employment_of("learner-1").await, verified);

    let [(sequence, facts)] = fixture.told_of("learner-1").await.try_into().unwrap();
    assert_eq!((sequence, facts.state()), (2, EmploymentState::Verified));
    assert_eq!(facts.employment, claim.name);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_verifies_their_own_employment() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    let themself = TestCaller::member("learner-1", fixture.organization, Role::Admin);
    assert_eq!(
        reason(verify(&fixture, themself, &claim.name).await),
        R::OwnEmployment
    );
    assert_eq!(fixture.employment_of("learner-1").await, claim);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_closed_stays_closed() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    for (statement, why) in [
        (
            "UPDATE employments SET state = 'REJECTED' WHERE state <> 'VERIFIED'",
            R::EmploymentRejected,
        ),
        (
            "UPDATE employments SET state = 'WITHDRAWN' WHERE state <> 'VERIFIED'",
            R::EmploymentState,
        ),
        (
            "UPDATE employments SET state = 'ENDED' WHERE state <> 'VERIFIED'",
            R::EmploymentState,
        ),
    ] {
        fixture.service.database.execute(statement).await;
        let refused = verify(&fixture, fixture.admin(), &claim.name).await;
        assert_eq!(reason(refused), why, "{statement}");
    }
    assert_eq!(fixture.told_of("learner-1").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn administrators_who_verify_at_once_have_one_effect() {
    let fixture = Fixture::start().await;
    let claim = fixture.claimed("learner-1").await;
    let other = || TestCaller::member("director", fixture.organization, Role::Admin);
    let by = |who| verify(&fixture, who, &claim.name);
    let answers = tokio::join!(
        by(fixture.admin()),
        by(other()),
        by(fixture.admin()),
        by(other()),
        by(fixture.admin()),
        by(other())
    );
    let answers: [_; 6] = answers.into();
    for answer in answers {
        assert_eq!(answer.unwrap().into_inner().state(), EmploymentState::Verified);
    }
    assert_eq!(fixture.told_of("learner-1").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_not_found() {
    let fixture = Fixture::start().await;
    let absent = EmploymentName {
        organization: fixture.organization,
        employment: EmploymentId::from_uuid(fixture.service.clock.new_uuid()),
    };
    let refused = verify(&fixture, fixture.admin(), &absent.to_string()).await;
    assert_eq!(reason(refused), R::NotFound);
}
