//! The neighbours who know who is employed where: the real services, started for the tests in which they are asked.

use std::time::Duration;

use muster_employment::EmploymentService;
use muster_ids::OrganizationId;
use muster_invitation::InvitationApp;
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::person_employment_service_client::PersonEmploymentServiceClient;
use muster_proto::employment::v1::{
    ClaimEmploymentsRequest, EmploymentClaim, EndEmploymentRequest, VerifyEmploymentRequest,
};
use muster_proto::organization::v1 as pb;
use muster_refusal::{ErrorReason as R, reason_of};
use muster_testkit::{Callers, TestCaller, TestService, eventually};

use crate::fixture::{Fixture, name, owner};
use crate::profile_users::{add, listed_as};
use crate::refused::refused;

impl Fixture {
    /// The employment service, and the invitation service that it asks in turn.
    pub(crate) async fn neighbours(&self) -> &TestService {
        let start = || self.suite.start::<InvitationApp>(&[]);
        self.invitation.get_or_init(start).await;
        let start = || self.suite.start::<EmploymentService>(&[]);
        self.employment.get_or_init(start).await
    }

    /// Time goes by, and what services show to each other is renewed meanwhile.
    pub(crate) async fn passes(&self, time: Duration, id: OrganizationId) {
        self.service.clock.advance(time);
        let neighbours = [self.employment.get(), self.invitation.get()];
        for service in neighbours.into_iter().flatten().chain([&self.service]) {
            service.renew_tokens();
        }
        let hears = async || {
            let asked = add(self, id, "stranger", pb::Role::Viewer).await;
            // A token that has run out is somebody's fault on our side.
            asked.is_err_and(|refused| !matches!(reason_of(&refused), Some(R::Unavailable | R::Internal)))
        };
        eventually(hears).await;
    }

    /// Somebody claims to work there, and is verified.
    async fn verified(&self, id: OrganizationId, who: &str) -> String {
        let employment = self.neighbours().await;
        let request = ClaimEmploymentsRequest {
            parent: "persons/me".to_owned(),
            claims: vec![EmploymentClaim {
                organization: name(id),
                ..Default::default()
            }],
            request_id: String::new(),
        };
        let person = employment.calls_of(TestCaller::person(who));
        let claimed = PersonEmploymentServiceClient::new(person)
            .claim_employments(request)
            .await;
        let claimed = claimed.unwrap().into_inner().employments.remove(0).name;
        let request = VerifyEmploymentRequest {
            name: claimed.clone(),
            request_id: String::new(),
        };
        let mut admin = EmploymentServiceClient::new(employment.calls_of(owner(id)));
        admin.verify_employment(request).await.unwrap();
        claimed
    }

    /// How many rows of the projection there are of somebody's employment in this state.
    async fn heard(&self, who: &str, state: &str) -> i64 {
        let person = Callers::person(who).id;
        let rows = format!(
            "SELECT count(*) FROM employment_projection WHERE person_id = '{person}' AND state = '{state}'"
        );
        let mut connection = self.service.database.connection().await;
        let rows = sqlx::query_scalar(sqlx::AssertSqlSafe(rows));
        rows.fetch_one(&mut connection).await.unwrap()
    }

    /// As long as the projection has not heard of the latest word on somebody's employment.
    async fn has_not_heard(&self, id: OrganizationId, who: &str, known: &str) {
        let person = Callers::person(who).id;
        let whose = format!("organization_id = '{id}' AND person_id = '{person}'");
        eventually(async || self.heard(who, "VERIFIED").await == 1).await;
        let former = match known {
            "" => format!("DELETE FROM employment_projection WHERE {whose}"),
            state => format!(
                "UPDATE employment_projection SET state = '{state}', sequence = sequence - 1 WHERE {whose}"
            ),
        };
        self.execute(former).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_verified_a_moment_ago_becomes_a_profile_user_before_the_event_has_come() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for (who, known) in [("ada", ""), ("grace", "PENDING_VERIFICATION")] {
        fixture.verified(id, who).await;
        fixture.has_not_heard(id, who, known).await;
        let added = add(&fixture, id, who, pb::Role::Viewer).await.unwrap();
        assert_eq!(added.state(), pb::ProfileUserState::Active, "{who}");
        assert_eq!(listed_as(&fixture, id, who).await, Some(added));
    }
}

/// What the employment service tells is taken in like an event: with the end of an employment, access ends.
#[tokio::test(flavor = "multi_thread")]
async fn who_has_left_a_moment_ago_becomes_none_and_is_none_any_more() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let employment = fixture.verified(id, "ada").await;
    eventually(async || fixture.heard("ada", "VERIFIED").await == 1).await;
    add(&fixture, id, "ada", pb::Role::Admin).await.unwrap();
    let request = EndEmploymentRequest {
        name: employment,
        reason: "gone".to_owned(),
        ..Default::default()
    };
    let calls = fixture.neighbours().await.calls_of(owner(id));
    EmploymentServiceClient::new(calls)
        .end_employment(request)
        .await
        .unwrap();
    eventually(async || fixture.heard("ada", "ENDED").await == 1).await;
    // As if nothing had been heard since the claim.
    let before = format!(
        "UPDATE employment_projection SET state = 'PENDING_VERIFICATION', sequence = sequence - 2
         WHERE person_id = '{}'",
        Callers::person("ada").id
    );
    fixture.execute(before).await;
    let again = add(&fixture, id, "ada", pb::Role::Admin).await;
    refused(again, R::EmployeeNotVerified);
    assert_eq!(listed_as(&fixture, id, "ada").await, None);
    assert_eq!(fixture.heard("ada", "ENDED").await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_told_that_they_are_not_verified_by_who_cannot_know() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    refused(add(&fixture, id, "ada", pb::Role::Viewer).await, R::Unavailable);
}
