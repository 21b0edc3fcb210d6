//! Whose access to the organization comes from their employment keeps it until they, or the owner, end that.

use muster_client::acts::profile_user;
use muster_identity::Role;
use muster_proto::employment::v1::{Employment, EmploymentState, EndEmploymentRequest, RejectionReason};
use muster_proto::organization::v1::{ListProfileUsersRequest, Role as GivenRole};
use muster_refusal::{ErrorReason as R, reason_of};
use muster_testkit::{TestCaller, eventually};
use tonic::Status;

use crate::fixture::{Fixture, person_name};

impl Fixture {
    fn owner(&self) -> TestCaller {
        TestCaller::member("owner", self.organization, Role::Owner)
    }

    async fn end_by(&self, who: TestCaller, name: &str, last_day: &str) -> Result<Employment, Status> {
        let request = EndEmploymentRequest {
            name: name.to_owned(),
            reason: "moved".to_owned(),
            request_id: String::new(),
            last_day: last_day.to_owned(),
        };
        let ended = self.employments(who).end_employment(request).await?;
        Ok(ended.into_inner().employment.unwrap())
    }

    /// The employment of somebody whom the owner has made a profile user by it.
    async fn let_in(&self, who: &str, role: GivenRole) -> Employment {
        self.employ_anywhere(who).await;
        let person = person_name(who);
        let known = async || -> i64 {
            sqlx::query_scalar(
                "SELECT count(*) FROM employment_projection WHERE person_id = $1 AND state = 'VERIFIED'",
            )
            .bind(person.person.as_uuid())
            .fetch_one(&mut self.organizations.database.connection().await)
            .await
            .unwrap()
        };
        eventually(async || known().await == 1).await;
        let owner = self.organizations.calls_of(self.owner());
        let organization = self.organization_name().to_string();
        profile_user::create(&owner, &organization, &person.to_string(), role)
            .await
            .unwrap();
        self.employment_of(who).await
    }

    async fn has_access(&self, who: &str) -> bool {
        let person = person_name(who).to_string();
        let owner = self.organizations.calls_of(self.owner());
        let request = ListProfileUsersRequest {
            parent: self.organization_name().to_string(),
            ..Default::default()
        };
        let listed = profile_user::list(&owner, request).await.unwrap();
        listed.profile_users.iter().any(|user| user.person == person)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_does_not_end_the_employment_that_gives_somebody_access() {
    let fixture = Fixture::start().await;
    for (who, role) in [("director", GivenRole::Admin), ("auditor", GivenRole::Viewer)] {
        let name = fixture.let_in(who, role).await.name;
        for last_day in ["", "2026-03-01", "2026-12-31"] {
            let refused = fixture.end_by(fixture.admin(), &name, last_day).await;
            assert_eq!(reason_of(&refused.unwrap_err()), Some(R::EmploymentGivesAccess));
        }
        let outcomes = fixture.batch_end_on(vec![name.clone()], "").await.unwrap();
        assert_eq!(outcomes[0].refusal_reason(), R::EmploymentGivesAccess);
        assert_eq!(outcomes[0].state(), EmploymentState::Verified);
        assert!(fixture.has_access(who).await);
        // It sleeps while what they have said anew waits, and nobody but the owner rejects that.
        let edit = Employment {
            name: name.clone(),
            start_date: "2026-01-01".to_owned(),
            ..Default::default()
        };
        fixture.update(who, edit, &["start_date"]).await.unwrap();
        let asleep = "SELECT count(*) FROM employment_projection WHERE state = 'PENDING_VERIFICATION'";
        eventually(async || fixture.organizations.database.count(asleep).await == 1).await;
        let refused = fixture.reject(&name, RejectionReason::Dates, "").await;
        assert_eq!(reason_of(&refused.unwrap_err()), Some(R::EmploymentGivesAccess));
        fixture.verify(&name).await;
        eventually(async || fixture.organizations.database.count(asleep).await == 0).await;
        assert!(fixture.has_access(who).await);
        // The owner does.
        let ended = fixture.end_by(fixture.owner(), &name, "").await.unwrap();
        assert_eq!(ended.state(), EmploymentState::Ended);
        eventually(async || !fixture.has_access(who).await).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_access_ends_their_own_employment_and_who_was_removed_is_an_employee_like_others() {
    let fixture = Fixture::start().await;
    let own = fixture.let_in("director", GivenRole::Admin).await.name;
    let director = TestCaller::member("director", fixture.organization, Role::Admin);
    fixture.end_by(director, &own, "").await.unwrap();
    eventually(async || !fixture.has_access("director").await).await;
    let name = fixture.let_in("auditor", GivenRole::Viewer).await.name;
    let owner = fixture.organizations.calls_of(fixture.owner());
    let user = format!(
        "{}/profileUsers/{}",
        fixture.organization_name(),
        person_name("auditor").person
    );
    profile_user::remove(&owner, &user).await.unwrap();
    fixture.end_by(fixture.admin(), &name, "").await.unwrap();
}
