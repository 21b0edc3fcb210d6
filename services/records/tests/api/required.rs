//! What groups come to require of the learners who are in them, and what they require no more.

use muster_client::acts::{employment, group};
use muster_identity::Role;
use muster_ids::{CatalogTrainingName, GroupName, TrainingName};
use muster_proto::organization::v1::catalog_service_client::CatalogServiceClient;
use muster_proto::organization::v1::{
    DeactivateCatalogTrainingRequest, GroupChangedEvent, GroupState, ReactivateCatalogTrainingRequest,
};
use muster_proto::records::v1::{Assignment, AssignmentCancelReason, AssignmentState};
use muster_refusal::{ErrorReason, violations_of};
use muster_testkit::{TestCaller, acts, eventually};

use crate::fixture::{Fixture, reason};

impl Fixture {
    /// The owner has the group require these trainings, and the service has heard of it.
    pub(crate) async fn require(&self, group: GroupName, trainings: &[TrainingName]) {
        for &training in trainings {
            acts::take_training(&self.organizations, self.organization, training).await;
        }
        let before = self.applied().await;
        let owner = TestCaller::member("owner", self.organization, Role::Owner);
        let owner = self.organizations.calls_of(owner);
        let trainings: Vec<_> = trainings.iter().map(ToString::to_string).collect();
        let required = group::require(&owner, &group.to_string(), &trainings).await;
        required.unwrap();
        self.wait_applied(before + 1).await;
    }

    /// Of each assignment its training's code, where it stands, and how many groups require it.
    async fn demands(&self, person: &str) -> Vec<(String, AssignmentState, usize)> {
        let demand = |one: &Assignment| {
            let code = one.training_display_name.replace("About ", "");
            (code, one.state(), one.groups.len())
        };
        let mut demands: Vec<_> = self.assignments_of(person).await.iter().map(demand).collect();
        demands.sort_by(|one, other| one.0.cmp(&other.0));
        demands
    }
}

fn demand(code: &str, state: AssignmentState, groups: usize) -> (String, AssignmentState, usize) {
    (code.to_owned(), state, groups)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_group_newly_requires_reaches_its_learners_and_what_it_drops_is_cancelled_unless_begun() {
    let fixture = Fixture::start().await;
    let (one, two, three) = (
        fixture.new_training("A-1").await,
        fixture.new_training("A-2").await,
        fixture.new_training("A-3").await,
    );
    let group = fixture.new_group(&[one, two]).await;
    let other = fixture.new_group(&[two]).await;
    fixture.verify("learner-1", &[group]).await;
    fixture.verify("learner-2", &[group, other]).await;
    fixture.verify("learner-3", &[other]).await;
    fixture.require(group, &[two, three]).await;
    use AssignmentState::{Assigned, Cancelled};
    assert_eq!(
        fixture.demands("learner-1").await,
        [
            demand("A-1", Cancelled, 0),
            demand("A-2", Assigned, 1),
            demand("A-3", Assigned, 1)
        ]
    );
    assert_eq!(
        fixture.demands("learner-2").await,
        [
            demand("A-1", Cancelled, 0),
            demand("A-2", Assigned, 2),
            demand("A-3", Assigned, 1)
        ]
    );
    assert_eq!(fixture.demands("learner-3").await, [demand("A-2", Assigned, 1)]);
    let cancelled = fixture.assignments_of("learner-1").await;
    let cancelled = cancelled.iter().find(|one| one.state() == Cancelled).unwrap();
    assert_eq!(cancelled.cancel_reason(), AssignmentCancelReason::NotRequired);

    // What another group asks for stays, what is begun goes on, and what is done stays done.
    let begun = fixture.assignments_of("learner-1").await;
    let begun = begun
        .iter()
        .find(|one| one.training == three.to_string())
        .unwrap();
    fixture.report(&begun.name, 40).await.unwrap();
    fixture.require(group, &[]).await;
    assert_eq!(
        fixture.demands("learner-1").await,
        [
            demand("A-1", Cancelled, 0),
            demand("A-2", Cancelled, 0),
            demand("A-3", AssignmentState::InProgress, 0),
        ]
    );
    assert_eq!(fixture.demands("learner-2").await[1], demand("A-2", Assigned, 1));
}

/// An event of a group that comes late or twice turns nothing back, and one of a group that takes nobody asks for nothing new.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_heard_late_or_twice_of_a_group_changes_nothing() {
    let fixture = Fixture::start().await;
    let (one, two) = (
        fixture.new_training("A-1").await,
        fixture.new_training("A-2").await,
    );
    let group = fixture.new_group(&[one]).await;
    fixture.verify("learner-1", &[group]).await;
    fixture.require(group, &[one, two]).await;
    let versions = "SELECT sum(version)::bigint FROM assignments";
    let before = fixture.service.database.count(versions).await;
    fixture.organizations.outbox().publish_all_again().await;
    fixture.organizations.outbox().drained().await;
    let told = |state: GroupState, trainings: &[TrainingName]| GroupChangedEvent {
        group: group.to_string(),
        state: state.into(),
        trainings: trainings.iter().map(ToString::to_string).collect(),
        inactive_trainings: Vec::new(),
    };
    let heard = fixture.applied().await;
    fixture
        .publish_group(group, 1, told(GroupState::Active, &[]))
        .await;
    fixture.wait_applied(heard + 1).await;
    assert_eq!(fixture.service.database.count(versions).await, before);

    let three = fixture.new_training("A-3").await;
    let more = told(GroupState::Inactive, &[one, two, three]);
    fixture.publish_group(group, 7, more).await;
    fixture.wait_applied(heard + 2).await;
    assert_eq!(fixture.demands("learner-1").await.len(), 2);
    let again = told(GroupState::Active, &[one, two, three]);
    fixture.publish_group(group, 8, again).await;
    fixture.wait_applied(heard + 3).await;
    assert_eq!(fixture.demands("learner-1").await.len(), 3);
}

/// The event of the employment has asked what the group required before; it is applied when the group's event has been.
#[tokio::test(flavor = "multi_thread")]
async fn who_joins_while_a_group_changes_is_assigned_what_it_requires_then() {
    let fixture = Fixture::start().await;
    let (one, two) = (
        fixture.new_training("A-1").await,
        fixture.new_training("A-2").await,
    );
    let group = fixture.new_group(&[one]).await;
    for round in 0..4 {
        let person = format!("learner-{}", round + 1);
        let trainings: &[TrainingName] = if round % 2 == 0 { &[one, two] } else { &[one] };
        let heard = fixture.applied().await;
        let groups = [group];
        let joining = fixture.accept(&person, &groups, crate::people::BY_HAND);
        let changing = async {
            for &training in trainings {
                acts::take_training(&fixture.organizations, fixture.organization, training).await;
            }
            let owner = TestCaller::member("owner", fixture.organization, Role::Owner);
            let owner = fixture.organizations.calls_of(owner);
            let names: Vec<_> = trainings.iter().map(ToString::to_string).collect();
            group::require(&owner, &group.to_string(), &names).await.unwrap();
        };
        tokio::join!(joining, changing);
        fixture.wait_applied(heard + 2).await;
        let live = fixture.demands(&person).await;
        let live = live.iter().filter(|one| one.1 == AssignmentState::Assigned);
        assert_eq!(live.count(), trainings.len(), "round {round}");
    }
}

/// Whom a former version took in, who has no groups noted.
#[tokio::test(flavor = "multi_thread")]
async fn where_somebody_is_placed_is_asked_once_of_whom_a_former_version_has_heard() {
    let fixture = Fixture::start().await;
    let (one, two) = (
        fixture.new_training("A-1").await,
        fixture.new_training("A-2").await,
    );
    let group = fixture.new_group(&[one]).await;
    fixture.verify("learner-1", &[group]).await;
    let former = "UPDATE employment_projection SET group_ids = NULL";
    fixture.service.database.execute(former).await;
    let former = "UPDATE assignments SET group_ids = NULL";
    fixture.service.database.execute(former).await;
    fixture.require(group, &[two]).await;
    assert_eq!(
        fixture.demands("learner-1").await,
        [
            demand("A-1", AssignmentState::Cancelled, 0),
            demand("A-2", AssignmentState::Assigned, 1)
        ]
    );
    let unknown = "SELECT count(*) FROM employment_projection WHERE group_ids IS NULL";
    assert_eq!(fixture.service.database.count(unknown).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_taken_back_brings_what_the_group_has_come_to_require() {
    let fixture = Fixture::start().await;
    let (one, two) = (
        fixture.new_training("A-1").await,
        fixture.new_training("A-2").await,
    );
    let group = fixture.new_group(&[one]).await;
    let employment = fixture.verify("learner-1", &[group]).await;
    fixture.end(employment, "learner-1").await;
    fixture.require(group, &[one, two]).await;
    assert_eq!(
        fixture.demands("learner-1").await,
        [demand("A-1", AssignmentState::Cancelled, 1)]
    );
    fixture.undo_end(employment, "learner-1").await;
    eventually(async || fixture.demands("learner-1").await.len() == 2).await;
    assert_eq!(
        fixture.demands("learner-1").await,
        [
            demand("A-1", AssignmentState::Assigned, 1),
            demand("A-2", AssignmentState::Assigned, 1)
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_placed_into_other_groups_gets_what_they_require_and_keeps_what_was_begun() {
    let fixture = Fixture::start().await;
    let (one, two, three) = (
        fixture.new_training("A-1").await,
        fixture.new_training("A-2").await,
        fixture.new_training("A-3").await,
    );
    let (former, next) = (
        fixture.new_group(&[one, two]).await,
        fixture.new_group(&[two, three]).await,
    );
    fixture.verify("learner-1", &[former]).await;
    let place = async |groups: &[GroupName]| {
        let before = fixture.applied().await;
        let employment = fixture.known("learner-1").await.employment_id;
        let name = format!("{}/employments/{employment}", fixture.organization_name());
        let groups: Vec<_> = groups.iter().map(ToString::to_string).collect();
        let admin = fixture.employments.calls_of(fixture.admin());
        employment::place(&admin, &name, &groups).await.unwrap();
        fixture.wait_applied(before + 1).await;
    };
    use AssignmentState::{Assigned, Cancelled, InProgress};
    place(&[former, next]).await;
    assert_eq!(
        fixture.demands("learner-1").await,
        [
            demand("A-1", Assigned, 1),
            demand("A-2", Assigned, 2),
            demand("A-3", Assigned, 1)
        ]
    );
    let begun = fixture.assignments_of("learner-1").await;
    let begun = begun
        .iter()
        .find(|held| held.training == three.to_string())
        .unwrap();
    fixture.report(&begun.name, 40).await.unwrap();
    place(&[former]).await;
    assert_eq!(
        fixture.demands("learner-1").await,
        [
            demand("A-1", Assigned, 1),
            demand("A-2", Assigned, 1),
            demand("A-3", InProgress, 0)
        ]
    );
    place(&[]).await;
    assert_eq!(
        fixture.demands("learner-1").await,
        [
            demand("A-1", Cancelled, 0),
            demand("A-2", Cancelled, 0),
            demand("A-3", InProgress, 0)
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_organization_has_deactivated_is_assigned_to_nobody_anew_and_goes_on_for_whoever_has_it() {
    let fixture = Fixture::start().await;
    let (one, two) = (
        fixture.new_training("A-1").await,
        fixture.new_training("A-2").await,
    );
    let group = fixture.new_group(&[one, two]).await;
    fixture.verify("learner-1", &[group]).await;
    let switch = async |is_active: bool| {
        let before = fixture.applied().await;
        let name = CatalogTrainingName {
            organization: fixture.organization,
            training: one.training,
        }
        .to_string();
        let owner = TestCaller::member("owner", fixture.organization, Role::Owner);
        let mut catalog = CatalogServiceClient::new(fixture.organizations.calls_of(owner));
        let request_id = String::new();
        if is_active {
            let request = ReactivateCatalogTrainingRequest { name, request_id };
            catalog.reactivate_catalog_training(request).await.unwrap();
        } else {
            let request = DeactivateCatalogTrainingRequest { name, request_id };
            catalog.deactivate_catalog_training(request).await.unwrap();
        }
        fixture.wait_applied(before + 1).await;
    };
    switch(false).await;
    use AssignmentState::Assigned;
    let both = [demand("A-1", Assigned, 1), demand("A-2", Assigned, 1)];
    assert_eq!(
        fixture.demands("learner-1").await,
        both,
        "it was asked of them before"
    );
    fixture.verify("learner-2", &[group]).await;
    assert_eq!(fixture.demands("learner-2").await, [demand("A-2", Assigned, 1)]);
    let by_hand = fixture.assign("learner-2", one, "").await.unwrap_err();
    assert_eq!(violations_of(&by_hand)[0].0, "training");
    assert_eq!(reason(Err::<(), _>(by_hand)), ErrorReason::TrainingInactive);
    let begun = fixture.assignments_of("learner-1").await;
    let begun = begun
        .iter()
        .find(|one| one.training_display_name == "About A-1")
        .unwrap();
    let done = fixture.report(&begun.name, 100).await.unwrap();
    assert_eq!(done.state(), AssignmentState::Completed, "what is done counts");

    switch(true).await;
    assert_eq!(
        fixture.demands("learner-2").await,
        both,
        "it is asked of them from now on"
    );
    assert_eq!(
        fixture.demands("learner-1").await[0],
        demand("A-1", AssignmentState::Completed, 1),
        "and of nobody who has done it"
    );
}
