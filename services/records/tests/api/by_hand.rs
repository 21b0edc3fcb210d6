//! What an organization assigns by hand, until when, and what it takes back.

use std::time::Duration;

use futures::future::join_all;
use muster_identity::Role;
use muster_ids::{GroupName, OrganizationId, TrainingName};
use muster_proto::records::v1::{
    AssignTrainingRequest, AssignTrainingToGroupRequest, AssignTrainingToGroupResponse, Assignment,
    AssignmentCancelReason, AssignmentState, CancelAssignmentRequest,
};
use muster_refusal::{ErrorReason, fields_of};
use muster_testkit::{TestCaller, acts, eventually_some};
use tonic::Status;

use crate::fixture::{Fixture, reason, seen};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Fixture {
    /// A training that is in the organization's catalog.
    async fn taken(&self, code: &str) -> TrainingName {
        let training = self.new_training(code).await;
        acts::take_training(&self.organizations, self.organization, training).await;
        training
    }

    fn wish(&self, person: &str, training: TrainingName, due: &str) -> AssignTrainingRequest {
        AssignTrainingRequest {
            parent: self.learner(person).to_string(),
            training: training.to_string(),
            due_date: due.to_owned(),
            request_id: String::new(),
        }
    }

    pub(crate) async fn assign(
        &self,
        person: &str,
        training: TrainingName,
        due: &str,
    ) -> Result<Assignment, Status> {
        let mut admin = self.assignments(self.admin());
        let assigned = admin.assign_training(self.wish(person, training, due)).await?;
        Ok(assigned.into_inner().assignment.unwrap())
    }

    /// Time goes by, and what services show to each other is renewed meanwhile.
    pub(crate) fn pass(&self, time: Duration) {
        self.service.clock.advance(time);
        for service in [&self.service, &self.organizations, &self.employments] {
            service.renew_tokens();
        }
    }

    /// Assigns as soon as what was renewed is read.
    async fn assign_later(&self, person: &str, training: TrainingName, due: &str) -> Assignment {
        eventually_some(async || self.assign(person, training, due).await.ok()).await
    }

    async fn assign_group(
        &self,
        group: GroupName,
        training: TrainingName,
        due: &str,
    ) -> Result<(i32, i32, i32), Status> {
        let request = AssignTrainingToGroupRequest {
            group: group.to_string(),
            training: training.to_string(),
            due_date: due.to_owned(),
            request_id: String::new(),
        };
        let mut admin = self.assignments(self.admin());
        let assigned = admin.assign_training_to_group(request).await?;
        let AssignTrainingToGroupResponse {
            assigned_count,
            kept_count,
            completed_count,
        } = assigned.into_inner();
        Ok((assigned_count, kept_count, completed_count))
    }

    async fn cancel(&self, name: &str) -> Result<Assignment, Status> {
        let request = CancelAssignmentRequest {
            name: name.to_owned(),
            request_id: String::new(),
        };
        let mut admin = self.assignments(self.admin());
        let cancelled = admin.cancel_assignment(request).await?;
        Ok(cancelled.into_inner().assignment.unwrap())
    }

    async fn due_of(&self, person: &str) -> String {
        self.assignments_of(person).await[0].due_date.clone()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_assigned_by_hand_is_there_once_with_its_day_and_late_when_that_is_over() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let training = fixture.taken("A-1").await;
    let first = fixture.assign("learner-1", training, "2026-03-02").await.unwrap();
    assert!(first.is_by_hand && first.groups.is_empty() && !first.is_late);
    assert_eq!(
        (
            first.state(),
            first.due_date.as_str(),
            first.due_time_zone.as_str()
        ),
        (AssignmentState::Assigned, "2026-03-02", "America/Detroit")
    );
    // The end of the day there is five in the morning of the next one by UTC.
    assert_eq!(first.due_end_time.unwrap().seconds, 1_772_514_000);
    // The learner is shown the same.
    let own = fixture.assignments_of("learner-1").await;
    assert_eq!((own.len(), own[0].due_date.as_str()), (1, "2026-03-02"));

    fixture
        .service
        .clock
        .advance(DAY + Duration::from_secs(17 * 60 * 60 - 1));
    assert!(!fixture.list("learner-1").await.unwrap()[0].is_late);
    fixture.pass(Duration::from_secs(1));
    assert!(fixture.list("learner-1").await.unwrap()[0].is_late);
    assert!(fixture.assignments_of("learner-1").await[0].is_late);

    // Another day in place of it; then none.
    let moved = fixture.assign_later("learner-1", training, "2026-04-01").await;
    assert_eq!((moved.due_date.as_str(), moved.is_late), ("2026-04-01", false));
    assert_eq!(moved.name, first.name);
    let none = fixture.assign("learner-1", training, "").await.unwrap();
    assert_eq!((none.due_date.as_str(), none.due_end_time), ("", None));
    assert_eq!(fixture.assignments_of("learner-1").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_late_stays_late_and_in_time_stays_in_time_whatever_is_said_of_the_day_afterwards() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let (late, timely) = (fixture.taken("A-1").await, fixture.taken("A-2").await);
    let timely_one = fixture.assign("learner-1", timely, "2026-03-02").await.unwrap();
    fixture.assign("learner-1", late, "2026-03-02").await.unwrap();
    let of = async |training: TrainingName| {
        let own = fixture.assignments_of("learner-1").await;
        own.into_iter()
            .find(|one| one.training == training.to_string())
            .unwrap()
    };
    fixture.report(&of(timely).await.name, 100).await.unwrap();
    fixture.pass(2 * DAY);
    fixture.report(&of(late).await.name, 100).await.unwrap();
    assert!(of(late).await.is_late && !of(timely).await.is_late);
    for training in [late, timely] {
        let answered = fixture.assign_later("learner-1", training, "2026-09-01").await;
        assert_eq!(
            (answered.state(), answered.due_date.as_str()),
            (AssignmentState::Completed, "2026-03-02")
        );
    }
    assert!(of(late).await.is_late && !of(timely).await.is_late);
    assert_eq!(
        reason(fixture.cancel(&timely_one.name).await),
        ErrorReason::AssignmentBegun
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_has_expired_does_not_fulfil_what_is_assigned_now() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let training = fixture.new_training_of("A-1", 60, 1).await;
    acts::take_training(&fixture.organizations, fixture.organization, training).await;
    fixture.assign("learner-1", training, "").await.unwrap();
    let own = fixture.assignments_of("learner-1").await[0].name.clone();
    fixture.report(&own, 100).await.unwrap();
    let still = fixture.assign("learner-1", training, "").await.unwrap();
    assert_eq!(still.state(), AssignmentState::Completed);
    fixture.pass(31 * DAY);
    let anew = fixture.assign_later("learner-1", training, "").await;
    assert_eq!(
        (anew.state(), anew.progress_percent),
        (AssignmentState::Assigned, 0)
    );
    let states: Vec<_> = fixture.assignments_of("learner-1").await;
    let states: Vec<_> = states.iter().map(|one| one.state()).collect();
    assert_eq!(states, [AssignmentState::Assigned, AssignmentState::Completed]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_said_to_a_learner_goes_before_that_of_a_group_and_the_earliest_of_several_groups_counts() {
    let fixture = Fixture::start().await;
    let training = fixture.taken("A-1").await;
    let (one, other) = (fixture.new_group(&[]).await, fixture.new_group(&[training]).await);
    fixture.verify("learner-1", &[one, other]).await;
    fixture.verify("learner-2", &[one]).await;
    fixture.verify("learner-3", &[]).await;
    // One has it by the other group already.
    let counts = fixture.assign_group(one, training, "2026-05-01").await.unwrap();
    assert_eq!(counts, (1, 1, 0));
    assert_eq!(fixture.assignments_of("learner-3").await, []);
    fixture.assign_group(other, training, "2026-06-01").await.unwrap();
    assert_eq!(fixture.due_of("learner-1").await, "2026-05-01", "the earlier one");
    fixture.assign_group(other, training, "2026-04-01").await.unwrap();
    assert_eq!(fixture.due_of("learner-1").await, "2026-04-01");
    fixture.assign_group(other, training, "2026-07-01").await.unwrap();
    assert_eq!(
        fixture.due_of("learner-1").await,
        "2026-07-01",
        "the same group puts it off"
    );

    fixture.assign("learner-1", training, "2026-08-01").await.unwrap();
    fixture.assign_group(one, training, "2026-04-15").await.unwrap();
    assert_eq!(
        fixture.due_of("learner-1").await,
        "2026-08-01",
        "the learner's own"
    );
    assert_eq!(fixture.due_of("learner-2").await, "2026-04-15");
    fixture.assign_group(one, training, "").await.unwrap();
    assert_eq!(fixture.due_of("learner-2").await, "");

    let done = fixture.assignments_of("learner-2").await[0].name.clone();
    fixture.report(&done, 100).await.unwrap();
    assert_eq!(fixture.assign_group(one, training, "").await.unwrap(), (0, 1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_assigned_by_hand_is_taken_back_unless_it_is_begun_or_a_group_requires_it() {
    let fixture = Fixture::start().await;
    let (required, wanted) = (fixture.taken("A-1").await, fixture.taken("A-2").await);
    let group = fixture.new_group(&[required]).await;
    fixture.verify("learner-1", &[group]).await;
    let by_group = fixture.list("learner-1").await.unwrap()[0].name.clone();
    assert_eq!(
        reason(fixture.cancel(&by_group).await),
        ErrorReason::AssignmentRequired
    );
    fixture.assign("learner-1", required, "2026-03-09").await.unwrap();
    let kept = fixture.cancel(&by_group).await.unwrap();
    assert_eq!(
        (
            kept.state(),
            kept.is_by_hand,
            kept.due_date.as_str(),
            kept.groups.len()
        ),
        (AssignmentState::Assigned, false, "", 1)
    );

    let by_hand = fixture.assign("learner-1", wanted, "2026-03-09").await.unwrap();
    let cancelled = fixture.cancel(&by_hand.name).await.unwrap();
    assert_eq!(
        (cancelled.state(), cancelled.cancel_reason(), cancelled.is_late),
        (
            AssignmentState::Cancelled,
            AssignmentCancelReason::TakenBack,
            false
        )
    );
    assert_eq!(fixture.cancel(&by_hand.name).await.unwrap(), cancelled);
    let anew = fixture.assign("learner-1", wanted, "").await.unwrap();
    assert_ne!(anew.name, by_hand.name);
    let own = fixture.assignments_of("learner-1").await;
    let begun = own
        .iter()
        .find(|one| one.name.ends_with(anew.name.rsplit('/').next().unwrap()));
    fixture.report(&begun.unwrap().name, 10).await.unwrap();
    assert_eq!(
        reason(fixture.cancel(&anew.name).await),
        ErrorReason::AssignmentBegun
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_admins_and_the_group_at_once_assign_one() {
    let fixture = Fixture::start().await;
    let training = fixture.taken("A-1").await;
    let group = fixture.new_group(&[]).await;
    fixture.verify("learner-1", &[group]).await;
    let trainings = [training];
    let required = fixture.require(group, &trainings);
    let by_hand = join_all((0..16).map(|_| fixture.assign("learner-1", training, "2026-03-09")));
    let by_group = join_all((0..4).map(|_| fixture.assign_group(group, training, "2026-03-20")));
    let ((), by_hand, by_group) = tokio::join!(required, by_hand, by_group);
    let names: std::collections::BTreeSet<_> = by_hand
        .into_iter()
        .map(|assigned| assigned.unwrap().name)
        .collect();
    assert_eq!(names.len(), 1);
    assert!(by_group.iter().all(Result::is_ok));
    let [own] = fixture.assignments_of("learner-1").await.try_into().unwrap();
    let Assignment {
        due_date,
        groups,
        is_by_hand,
        ..
    } = own;
    assert_eq!(
        (due_date.as_str(), groups.len(), is_by_hand),
        ("2026-03-09", 1, true)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_answered_as_the_first_one_was() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let training = fixture.taken("A-1").await;
    let request = AssignTrainingRequest {
        request_id: fixture.new_id().to_string(),
        ..fixture.wish("learner-1", training, "2026-03-09")
    };
    let mut admin = fixture.assignments(fixture.admin());
    let first = admin.assign_training(request.clone()).await.unwrap().into_inner();
    fixture
        .cancel(&first.assignment.clone().unwrap().name)
        .await
        .unwrap();
    let again = admin.assign_training(request.clone()).await.unwrap().into_inner();
    assert_eq!(first, again);
    let other = AssignTrainingRequest {
        due_date: String::new(),
        ..request
    };
    assert_eq!(
        reason(admin.assign_training(other).await),
        ErrorReason::RequestIdReused
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_assigned_is_refused_and_leaves_nothing() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let (taken, elsewhere) = (fixture.taken("A-1").await, fixture.new_training("A-2").await);
    assert_eq!(
        reason(fixture.assign("learner-1", elsewhere, "").await),
        ErrorReason::TrainingNotInCatalog
    );
    // A stranger is not found, whatever is wrong beside.
    let stranger = seen(fixture.assign("learner-2", taken, "").await);
    assert_eq!(
        stranger,
        seen(fixture.assign("learner-2", elsewhere, "2020-01-01").await)
    );
    assert_eq!(stranger.0, tonic::Code::NotFound);
    let gone = GroupName {
        organization: fixture.organization,
        group: muster_ids::GroupId::from_uuid(fixture.new_id()),
    };
    assert_eq!(
        reason(fixture.assign_group(gone, taken, "").await),
        ErrorReason::NotFound
    );

    // Yesterday, where the organization is: there it is seven in the morning of the first of March.
    for (due, code) in [("2026-02-28", "A"), ("2101-01-01", "B"), ("2026-02-30", "C")] {
        let refused = fixture.assign("learner-1", taken, due).await.unwrap_err();
        assert_eq!(
            muster_refusal::reason_of(&refused),
            Some(ErrorReason::InvalidRequest),
            "{code}"
        );
        let fields = fields_of(&refused);
        assert_eq!(fields, ["due_date"], "{code}");
    }
    fixture.assign("learner-1", taken, "2026-03-01").await.unwrap();
    assert_eq!(fixture.assignments_of("learner-1").await.len(), 1);

    let other = OrganizationId::from_uuid(fixture.new_id());
    for who in [
        TestCaller::member("outsider", other, Role::Owner),
        TestCaller::person("learner-1"),
    ] {
        let mut client = fixture.assignments(who.clone());
        let refused = client.assign_training(fixture.wish("learner-1", taken, "")).await;
        assert_eq!(reason(refused), ErrorReason::PermissionDenied, "{who:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_ends_with_the_employment_comes_back_with_its_day_when_the_end_is_taken_back() {
    let fixture = Fixture::start().await;
    let employment = fixture.verify("learner-1", &[]).await;
    let training = fixture.taken("A-1").await;
    fixture.assign("learner-1", training, "2026-03-09").await.unwrap();
    let before = fixture.assignments_of("learner-1").await;
    fixture.end(employment, "learner-1").await;
    let over = fixture.assignments_of("learner-1").await;
    assert_eq!(over[0].cancel_reason(), AssignmentCancelReason::EmploymentOver);
    assert_eq!(
        reason(fixture.assign("learner-1", training, "").await),
        ErrorReason::NotFound
    );
    fixture.undo_end(employment, "learner-1").await;
    assert_eq!(fixture.assignments_of("learner-1").await, before);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_assigned_by_an_organization_that_was_closed() {
    let fixture = Fixture::start().await;
    let training = fixture.taken("first-aid").await;
    let group = fixture.new_group(&[]).await;
    fixture.verify("learner-1", &[group]).await;
    acts::close_organization(&fixture.organizations, fixture.organization).await;
    // The one employment is known to be open: its end is told by nobody here.
    let refused = fixture.assign_group(group, training, "").await;
    assert_eq!(reason(refused), ErrorReason::OrganizationState);
    let refused = fixture.assign("learner-1", training, "").await;
    assert_eq!(reason(refused), ErrorReason::OrganizationState);
    assert!(fixture.assignments_of("learner-1").await.is_empty());
}
