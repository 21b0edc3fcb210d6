//! What becomes of assignments when the employment in which they were made is over, and when it is open again.

use muster_client::acts::{employment, organization};
use muster_identity::Role;
use muster_ids::{CatalogTrainingName, EmploymentName, GroupName};
use muster_proto::employment::v1::{
    EmploymentEndedEvent, EmploymentFacts, EmploymentRestoredEvent, EmploymentState,
};
use muster_proto::organization::v1::catalog_service_client::CatalogServiceClient;
use muster_proto::organization::v1::group_service_client::GroupServiceClient;
use muster_proto::organization::v1::{
    DeactivateCatalogTrainingRequest, DeactivateGroupRequest, Organization,
};
use muster_proto::records::v1::{Assignment, AssignmentState, ListPersonCertificatesRequest};
use muster_testkit::{TestCaller, acts, eventually};

use crate::fixture::{Fixture, me};
use crate::issued::renamed;

/// What is asked of an assignment here: its training, where it stands, how far it is and whether it is an organization's.
type Line = (String, AssignmentState, i32, bool);

impl Fixture {
    /// A group that requires `A-1`, `A-2` and `A-3`.
    async fn group_of_three(&self) -> GroupName {
        let mut trainings = Vec::new();
        for code in ["A-1", "A-2", "A-3"] {
            trainings.push(self.new_training(code).await);
        }
        self.new_group(&trainings).await
    }

    /// A learner of that group who has completed `A-1`, has come to 40 percent of `A-2`, and has not begun `A-3`.
    async fn learning(&self, person: &str, group: GroupName) -> EmploymentName {
        let employment = self.verify(person, &[group]).await;
        for (code, percent) in [("A-1", 100), ("A-2", 40)] {
            self.report(&self.assignment(person, code).await.name, percent)
                .await
                .unwrap();
        }
        employment
    }

    /// The newest one of the training.
    pub(crate) async fn assignment(&self, person: &str, code: &str) -> Assignment {
        let assignments = self.assignments_of(person).await;
        let mut of = assignments
            .into_iter()
            .filter(|one| one.training_display_name == format!("About {code}"));
        of.next().unwrap()
    }

    async fn lines(&self, person: &str) -> Vec<Line> {
        lines(&self.assignments_of(person).await)
    }

    pub(crate) async fn end(&self, employment: EmploymentName, person: &str) {
        let admin = self.employments.calls_of(self.admin());
        let ended = employment::end(&admin, &employment.to_string(), "has moved away", "").await;
        ended.unwrap();
        eventually(async || self.known(person).await.state == "ENDED").await;
    }

    pub(crate) async fn undo_end(&self, employment: EmploymentName, person: &str) {
        let admin = self.employments.calls_of(self.admin());
        let restored = employment::undo_end(&admin, &employment.to_string()).await;
        restored.unwrap();
        eventually(async || self.known(person).await.state == "VERIFIED").await;
    }

    /// Whose each certificate of the person is, oldest first: whether an organization's.
    async fn certificates(&self, person: &str) -> Vec<(String, bool)> {
        let request = ListPersonCertificatesRequest {
            parent: me(),
            ..Default::default()
        };
        let mut client = self.person_records(TestCaller::person(person));
        let listed = client.list_person_certificates(request).await.unwrap();
        let certificates = listed.into_inner().certificates;
        let mut whose: Vec<_> = certificates
            .into_iter()
            .map(|one| (one.training_display_name, !one.organization.is_empty()))
            .collect();
        whose.sort();
        whose
    }
}

/// In the order of trainings, of each the newest last.
fn lines(assignments: &[Assignment]) -> Vec<Line> {
    let line = |one: &Assignment| {
        let code = one.training_display_name.replace("About ", "");
        (
            code,
            one.state(),
            one.progress_percent,
            !one.organization.is_empty(),
        )
    };
    let mut lines: Vec<_> = assignments.iter().rev().map(line).collect();
    lines.sort_by(|one, other| one.0.cmp(&other.0));
    lines
}

fn line(code: &str, state: AssignmentState, percent: i32, is_of_organization: bool) -> Line {
    (code.to_owned(), state, percent, is_of_organization)
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_end_what_was_not_begun_is_cancelled_and_what_was_begun_is_the_persons_own() {
    let fixture = Fixture::start().await;
    let group = fixture.group_of_three().await;
    let employment = fixture.learning("learner-1", group).await;
    fixture.end(employment, "learner-1").await;
    assert_eq!(
        fixture.lines("learner-1").await,
        [
            line("A-1", AssignmentState::Completed, 100, true),
            line("A-2", AssignmentState::InProgress, 40, false),
            line("A-3", AssignmentState::Cancelled, 0, true),
        ]
    );

    let begun = fixture.assignment("learner-1", "A-2").await;
    fixture.report(&begun.name, 100).await.unwrap();
    let whose = [("About A-1".to_owned(), true), ("About A-2".to_owned(), false)];
    assert_eq!(fixture.certificates("learner-1").await, whose);

    // Back again: what was completed for the organization fulfils, the rest begins anew, and what is the person's own is out of sight.
    fixture.verify("learner-1", &[group]).await;
    let seen = lines(&fixture.list("learner-1").await.unwrap());
    assert_eq!(
        seen,
        [
            line("A-1", AssignmentState::Completed, 100, true),
            line("A-2", AssignmentState::Assigned, 0, true),
            line("A-3", AssignmentState::Cancelled, 0, true),
            line("A-3", AssignmentState::Assigned, 0, true),
        ]
    );
    let reported = fixture.reported_of("learner-1").await.unwrap();
    assert_eq!(
        (
            reported.is_shared,
            reported.certificate_count,
            reported.completed_count
        ),
        (false, 1, 1)
    );
    assert_eq!(fixture.certificates("learner-1").await, whose);
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_the_end_back_restores_what_was_assigned_as_it_was() {
    let fixture = Fixture::start().await;
    let group = fixture.group_of_three().await;
    let employment = fixture.learning("learner-1", group).await;
    let before = fixture.assignments_of("learner-1").await;
    fixture.end(employment, "learner-1").await;
    fixture.undo_end(employment, "learner-1").await;
    assert_eq!(fixture.assignments_of("learner-1").await, before);

    // Progress that was made meanwhile is not lost, and what was completed meanwhile stays the person's.
    let again = fixture.assignment("learner-1", "A-2").await;
    fixture.end(employment, "learner-1").await;
    fixture.report(&again.name, 70).await.unwrap();
    fixture.undo_end(employment, "learner-1").await;
    let (two, three) = (
        line("A-2", AssignmentState::InProgress, 70, true),
        line("A-3", AssignmentState::Assigned, 0, true),
    );
    assert_eq!(fixture.lines("learner-1").await[1..], [two, three.clone()]);
    fixture.end(employment, "learner-1").await;
    fixture.report(&again.name, 100).await.unwrap();
    fixture.undo_end(employment, "learner-1").await;
    let own = line("A-2", AssignmentState::Completed, 100, false);
    assert_eq!(fixture.lines("learner-1").await[1..], [own, three]);
}

#[tokio::test(flavor = "multi_thread")]
async fn events_of_an_end_that_come_twice_or_late_change_nothing_more() {
    let fixture = Fixture::start().await;
    let group = fixture.group_of_three().await;
    let employment = fixture.learning("learner-1", group).await;
    let before = fixture.assignments_of("learner-1").await;
    let sequence = fixture.known("learner-1").await.sequence;
    let heard = fixture.applied().await;
    let ended = EmploymentEndedEvent {
        facts: Some(fixture.facts(employment, "learner-1", EmploymentState::Ended)),
    };
    let restored = EmploymentRestoredEvent {
        facts: Some(EmploymentFacts {
            groups: vec![group.to_string()],
            ..fixture.facts(employment, "learner-1", EmploymentState::Verified)
        }),
        ..Default::default()
    };
    // That the end was taken back is heard of before the end.
    fixture.publish(employment, sequence + 2, restored.clone()).await;
    fixture.wait_applied(heard + 1).await;
    fixture.publish(employment, sequence + 1, ended.clone()).await;
    fixture.wait_applied(heard + 2).await;
    assert_eq!(fixture.assignments_of("learner-1").await, before);

    let versions = "SELECT sum(version)::bigint FROM assignments";
    let before_the_end = fixture.service.database.count(versions).await;
    for (number, ended) in [(3, ended.clone()), (4, ended)] {
        fixture.publish(employment, sequence + number, ended).await;
        fixture.wait_applied(heard + number).await;
        let archived = "SELECT count(*) FROM assignments WHERE archive_time IS NOT NULL";
        assert_eq!(fixture.service.database.count(archived).await, 2);
        assert_eq!(
            fixture.service.database.count(versions).await,
            before_the_end + 2,
            "each once"
        );
    }
    fixture.publish(employment, sequence + 5, restored).await;
    fixture.wait_applied(heard + 5).await;
    assert_eq!(fixture.assignments_of("learner-1").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_assigned_in_a_former_employment_ends_with_the_next_one_too() {
    let fixture = Fixture::start().await;
    let group = fixture.group_of_three().await;
    fixture.learning("learner-1", group).await;
    let heard = fixture.applied().await;
    let next = fixture.new_employment();
    fixture.publish_verified(next, "learner-1", &[group], 9).await;
    fixture.wait_applied(heard + 1).await;
    assert_eq!(
        fixture.lines("learner-1").await,
        [
            line("A-1", AssignmentState::Completed, 100, true),
            line("A-2", AssignmentState::InProgress, 40, false),
            line("A-2", AssignmentState::Assigned, 0, true),
            line("A-3", AssignmentState::Cancelled, 0, true),
            line("A-3", AssignmentState::Assigned, 0, true),
        ]
    );
}

/// Whatever becomes of those whom it names, a certificate is what it was, to whoever has it.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_stays_as_it_was_issued_whatever_ends_closes_or_is_called_otherwise() {
    let fixture = Fixture::start().await;
    let training = fixture.new_training("C-1").await;
    let group = fixture.new_group(&[training]).await;
    let employed = fixture.verify("learner-1", &[group]).await;
    let assignment = fixture.assignment("learner-1", "C-1").await;
    fixture.report(&assignment.name, 100).await.unwrap();
    let own = async || {
        let request = ListPersonCertificatesRequest {
            parent: me(),
            ..Default::default()
        };
        let mut client = fixture.person_records(TestCaller::person("learner-1"));
        let listed = client.list_person_certificates(request).await.unwrap();
        listed.into_inner().certificates
    };
    let issued = own().await;
    assert_eq!(issued.len(), 1);
    assert_eq!(issued[0].organization, fixture.organization_name().to_string());
    assert_eq!(issued[0].person_display_name, "learner-1");
    assert_ne!(issued[0].organization_display_name, "");
    let name = &issued[0].name;
    let printed = fixture.own_certificate("learner-1", name).await.unwrap();
    // To whoever may see it, also to somebody who is called otherwise where they sign in.
    let unchanged = async |what: &str| {
        assert_eq!(own().await, issued, "{what}");
        for again in [
            fixture.own_certificate("learner-1", name).await,
            fixture.certificate_of(renamed("learner-1"), name).await,
            fixture.issued_certificate(name).await,
        ] {
            assert!(again.unwrap() == printed, "{what}: another page is printed");
        }
    };
    let completed = fixture.assignment("learner-1", "C-1").await;
    let owner =
        fixture
            .organizations
            .calls_of(TestCaller::member("owner", fixture.organization, Role::Owner));

    let request = DeactivateGroupRequest {
        name: group.to_string(),
        ..Default::default()
    };
    GroupServiceClient::new(owner.clone())
        .deactivate_group(request)
        .await
        .unwrap();
    unchanged("the group is deactivated").await;

    let in_catalog = CatalogTrainingName {
        organization: fixture.organization,
        training: training.training,
    };
    let request = DeactivateCatalogTrainingRequest {
        name: in_catalog.to_string(),
        ..Default::default()
    };
    let mut catalog = CatalogServiceClient::new(owner.clone());
    catalog.deactivate_catalog_training(request).await.unwrap();
    unchanged("the training is withdrawn").await;

    let profile = Organization {
        name: fixture.organization_name().to_string(),
        display_name: "Called Otherwise".to_owned(),
        ..Default::default()
    };
    organization::update(&owner, profile, &["display_name"])
        .await
        .unwrap();
    unchanged("the organization has another name").await;

    let rename = "UPDATE employments SET person_display_name = 'Somebody Else' WHERE person_display_name = 'learner-1'";
    fixture.employments.database.execute(rename).await;
    unchanged("the person has another name").await;

    fixture.end(employed, "learner-1").await;
    unchanged("the employment has ended").await;
    assert_eq!(
        fixture.assignment("learner-1", "C-1").await,
        completed,
        "nor what it was issued for"
    );

    acts::close_organization(&fixture.organizations, fixture.organization).await;
    unchanged("the organization is closed").await;
}
