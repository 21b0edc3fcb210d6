//! `AssignmentService`.

use muster_identity::Role;
use muster_ids::{LearnerName, OrganizationId};
use muster_proto::records::v1::{Assignment, AssignmentState, ListAssignmentsRequest};
use muster_refusal::ErrorReason;
use muster_testkit::TestCaller;
use tonic::Status;

use crate::fixture::{Fixture, reason, seen};

impl Fixture {
    fn learner_request(&self, person: &str) -> ListAssignmentsRequest {
        ListAssignmentsRequest {
            parent: self.learner(person).to_string(),
            ..Default::default()
        }
    }

    pub(crate) async fn list(&self, person: &str) -> Result<Vec<Assignment>, Status> {
        let mut client = self.assignments(self.admin());
        let listed = client.list_assignments(self.learner_request(person)).await?;
        Ok(listed.into_inner().assignments)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_sees_the_progress_of_its_own_assignments_and_no_others() {
    let mut fixture = Fixture::start().await;
    let first = fixture.organization;
    let own = fixture.assigned("learner-1", "A-1").await;
    fixture.report(&own, 40).await.unwrap();
    fixture.assigned("learner-2", "A-2").await;
    fixture.organization = fixture.open_organization().await;
    fixture.assigned("learner-1", "B-1").await;
    assert_eq!(fixture.assignments_of("learner-1").await.len(), 2);

    fixture.organization = first;
    let [seen] = fixture.list("learner-1").await.unwrap().try_into().unwrap();
    assert_eq!(
        (seen.state(), seen.progress_percent),
        (AssignmentState::InProgress, 40)
    );
    assert!(
        seen.name
            .starts_with(&format!("{}/assignments/", fixture.learner("learner-1")))
    );
    assert!(own.ends_with(seen.name.rsplit('/').next().unwrap()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_no_learner_here_is_not_found_and_who_has_left_is_out_of_sight() {
    let fixture = Fixture::start().await;
    fixture.assigned("learner-1", "A-1").await;
    let stranger = fixture.list("learner-2").await;
    assert_eq!(
        muster_refusal::reason_of(stranger.as_ref().unwrap_err()),
        Some(ErrorReason::NotFound)
    );
    for statement in [
        "UPDATE employment_projection SET state = 'ENDED'",
        "UPDATE employment_projection SET state = 'REJECTED'",
        "UPDATE employment_projection SET state = 'WITHDRAWN'",
    ] {
        fixture.service.database.execute(statement).await;
        assert_eq!(
            seen(fixture.list("learner-1").await),
            seen(fixture.list("learner-2").await)
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employment_that_no_event_has_told_of_is_asked_for_once() {
    let mut fixture = Fixture::start().await;
    fixture.claim("learner-1").await;
    assert_eq!(fixture.list("learner-1").await.unwrap(), []);
    fixture.employments.leave().await;
    assert_eq!(fixture.list("learner-1").await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_older_than_an_event_changes_nothing() {
    let fixture = Fixture::start().await;
    let employment = fixture.verify("learner-1", &[]).await;
    fixture.publish_verified(employment, "learner-1", &[], 4).await;
    fixture.wait_applied(3).await;
    let older = "UPDATE employments SET state = 'ENDED', version = 3";
    fixture.employments.database.execute(older).await;
    assert!(fixture.list("learner-1").await.is_ok());
    let known = fixture.known("learner-1").await;
    assert_eq!((known.state.as_str(), known.sequence), ("VERIFIED", 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_while_the_employment_service_cannot_be_asked() {
    let mut fixture = Fixture::start().await;
    fixture.employments.leave().await;
    assert_eq!(reason(fixture.list("learner-1").await), ErrorReason::Unavailable);
}

#[tokio::test(flavor = "multi_thread")]
async fn other_organizations_and_persons_without_a_role_are_refused() {
    let fixture = Fixture::start().await;
    fixture.assigned("learner-1", "A-1").await;
    let other = OrganizationId::from_uuid(fixture.new_id());
    for (who, refused) in [
        (
            TestCaller::member("outsider", other, Role::Owner),
            ErrorReason::PermissionDenied,
        ),
        (TestCaller::person("learner-1"), ErrorReason::PermissionDenied),
        (TestCaller::Anonymous, ErrorReason::PermissionDenied),
        (TestCaller::Nobody, ErrorReason::TokenMissing),
    ] {
        let answer = fixture
            .assignments(who.clone())
            .list_assignments(fixture.learner_request("learner-1"))
            .await;
        assert_eq!(reason(answer), refused, "{who:?}");
    }
    let parent = LearnerName {
        organization: other,
        ..fixture.learner("learner-1")
    }
    .to_string();
    let mut outsider = fixture.assignments(TestCaller::member("outsider", other, Role::Owner));
    let answer = outsider
        .list_assignments(ListAssignmentsRequest {
            parent,
            ..Default::default()
        })
        .await;
    assert_eq!(reason(answer), ErrorReason::NotFound);
    let parent = format!("{}/learners/x", fixture.organization_name());
    let mut admin = fixture.assignments(fixture.admin());
    let answer = admin
        .list_assignments(ListAssignmentsRequest {
            parent,
            ..Default::default()
        })
        .await;
    assert_eq!(reason(answer), ErrorReason::InvalidRequest);
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_go_on_newest_first_and_a_page_token_serves_only_its_caller_and_learner() {
    let fixture = Fixture::start().await;
    let mut trainings = Vec::new();
    for code in ["A-1", "A-2", "A-3"] {
        trainings.push(fixture.new_training(code).await);
    }
    fixture
        .verify("learner-1", &[fixture.new_group(&trainings).await])
        .await;
    fixture.verify("learner-2", &[]).await;
    let first = ListAssignmentsRequest {
        page_size: 2,
        ..fixture.learner_request("learner-1")
    };
    let mut admin = fixture.assignments(fixture.admin());
    let page = admin.list_assignments(first.clone()).await.unwrap().into_inner();
    assert_eq!(page.assignments.len(), 2);
    let next = ListAssignmentsRequest {
        page_token: page.next_page_token,
        ..first
    };
    let rest = admin.list_assignments(next.clone()).await.unwrap().into_inner();
    assert_eq!((rest.assignments.len(), rest.next_page_token.as_str()), (1, ""));
    assert!(page.assignments.iter().all(|one| !rest.assignments.contains(one)));

    let of_another = ListAssignmentsRequest {
        parent: fixture.learner("learner-2").to_string(),
        ..next.clone()
    };
    assert_eq!(
        reason(admin.list_assignments(of_another).await),
        ErrorReason::PageTokenInvalid
    );
    let mut viewer = fixture.assignments(TestCaller::member("viewer", fixture.organization, Role::Viewer));
    assert_eq!(
        reason(viewer.list_assignments(next).await),
        ErrorReason::PageTokenInvalid
    );
}
