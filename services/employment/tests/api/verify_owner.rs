//! `VerifyOwnerEmployment`: the owner cannot verify themself, and may be the only one who could.

use muster_identity::Role;
use muster_proto::employment::v1::{Employment, EmploymentState as S, VerifyOwnerEmploymentRequest};
use muster_refusal::ErrorReason as R;
use muster_testkit::TestCaller;
use tonic::{Response, Status};

use crate::fixture::{Fixture, reason};

impl Fixture {
    async fn verify_owners(&self, who: TestCaller, name: &str) -> Result<Response<Employment>, Status> {
        let request = VerifyOwnerEmploymentRequest {
            name: name.to_owned(),
            request_id: String::new(),
        };
        let verified = self.employments(who).verify_owner_employment(request).await?;
        Ok(verified.map(|answer| answer.employment.unwrap()))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registry_staff_verify_what_the_owner_has_edited_once() {
    let fixture = Fixture::start().await;
    let staff = || TestCaller::staff(fixture.organization);
    let name = fixture.employment_of("owner").await.name;
    let waits = fixture.restart("owner", &name, "2026-02-01").await.unwrap();
    assert_eq!(waits.state(), S::PendingVerification);
    let told = fixture.told_of("owner").await.len();
    let verified = fixture.verify_owners(staff(), &name).await.unwrap().into_inner();
    assert_eq!(
        (verified.state(), verified.start_date.as_str()),
        (S::Verified, "2026-02-01")
    );
    let again = fixture.verify_owners(staff(), &name).await.unwrap();
    assert_eq!(again.into_inner(), verified);
    assert_eq!(fixture.told_of("owner").await.len(), told + 1);
    let by_staff = "SELECT count(*) FROM outbox o JOIN employments e ON e.employment_id = o.aggregate_id
        WHERE event_type = 'employment.verified' AND actor LIKE 'person:%' AND actor <> 'person:' || e.person_id";
    assert_eq!(fixture.service.database.count(by_staff).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_elses_and_nobodys_of_an_organization_of_their_own() {
    let fixture = Fixture::start().await;
    let staff = || TestCaller::staff(fixture.organization);
    let claim = fixture.claimed("learner-1").await;
    assert_eq!(
        reason(fixture.verify_owners(staff(), &claim.name).await),
        R::EmploymentNotOwners
    );
    assert_eq!(
        reason(fixture.verify_owners(staff(), &fixture.absent()).await),
        R::NotFound
    );
    let name = fixture.employment_of("owner").await.name;
    fixture.restart("owner", &name, "2026-02-01").await.unwrap();
    // A member of registry staff who owns it.
    let themself = TestCaller::member("owner", fixture.organization, Role::Owner);
    assert_eq!(
        reason(fixture.verify_owners(themself, &name).await),
        R::OwnProfile
    );
    assert_eq!(fixture.read(&name).await.state(), S::PendingVerification);
    assert_eq!(fixture.read(&claim.name).await, claim);
}
