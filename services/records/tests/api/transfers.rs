//! Progress that moves from what a person took by themself to what an organization assigned.

use futures::future::join_all;
use muster_client::acts::record;
use muster_identity::PersonCaller;
use muster_ids::TrainingName;
use muster_proto::records::v1::progress_transfer_service_client::ProgressTransferServiceClient;
use muster_proto::records::v1::{
    Assignment, AssignmentCancelReason, AssignmentState, MoveProgressRequest, TakeTrainingRequest,
    TransferProgressRequest,
};
use muster_refusal::ErrorReason;
use muster_testkit::{Callers, TestCaller, TestChannel};
use tonic::Status;

use crate::fixture::{Fixture, me, reason};

impl Fixture {
    fn transfers(&self, who: TestCaller) -> ProgressTransferServiceClient<TestChannel> {
        ProgressTransferServiceClient::new(self.service.calls_of(who))
    }

    async fn take(&self, person: &str, training: TrainingName) -> Assignment {
        let learner = self.service.calls_of(TestCaller::person(person));
        record::take_training(&learner, &training.to_string())
            .await
            .unwrap()
    }

    async fn transfer(&self, person: &str, name: &str, to: &str) -> Result<Assignment, Status> {
        let request = TransferProgressRequest {
            name: name.to_owned(),
            to: to.to_owned(),
            request_id: String::new(),
        };
        let mut learner = self.transfers(TestCaller::person(person));
        let moved = learner.transfer_progress(request).await?;
        Ok(moved.into_inner().assignment.unwrap())
    }

    async fn move_between(&self, name: &str, to: &str) -> Result<Assignment, Status> {
        self.move_as(TestCaller::platform_staff(), name, to).await
    }

    async fn move_as(&self, staff: TestCaller, name: &str, to: &str) -> Result<Assignment, Status> {
        let request = MoveProgressRequest {
            name: name.to_owned(),
            to: to.to_owned(),
            reason: "they showed both sign-ins".to_owned(),
            request_id: String::new(),
        };
        let mut staff = self.transfers(staff);
        let moved = staff.move_progress(request).await?;
        Ok(moved.into_inner().assignment.unwrap())
    }

    /// What the person has, by its name.
    async fn own(&self, person: &str, name: &str) -> Assignment {
        let all = self.assignments_of(person).await;
        all.into_iter().find(|one| one.name == name).unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_takes_by_themself_is_their_own_and_there_once() {
    let fixture = Fixture::start().await;
    let training = fixture.new_training("A-1").await;
    let taken = join_all((0..16).map(|_| fixture.take("learner-1", training))).await;
    assert!(taken.iter().all(|one| one.name == taken[0].name), "{taken:?}");
    assert_eq!(
        (taken[0].state(), taken[0].organization.as_str()),
        (AssignmentState::Assigned, "")
    );
    fixture.report(&taken[0].name, 100).await.unwrap();
    let again = fixture.take("learner-1", training).await;
    assert_ne!(
        again.name, taken[0].name,
        "it is taken again when it was completed"
    );
    let request = TakeTrainingRequest {
        parent: me(),
        training: TrainingName {
            training: fixture.new_id().into(),
        }
        .to_string(),
        request_id: String::new(),
    };
    let mut learner = fixture.transfers(TestCaller::person("learner-1"));
    assert_eq!(
        reason(learner.take_training(request).await),
        ErrorReason::NotFound
    );
}

/// How far the person's own is, and the organization's: not begun, begun, and further.
const PROGRESS: [(i32, i32); 9] = [
    (0, 0),
    (0, 30),
    (0, 60),
    (30, 0),
    (30, 30),
    (30, 60),
    (60, 0),
    (60, 30),
    (60, 60),
];

#[tokio::test(flavor = "multi_thread")]
async fn the_further_progress_stays_and_what_is_reported_late_of_the_other_is_not_lost() {
    let fixture = Fixture::start().await;
    for (place, (own_percent, organizations_percent)) in PROGRESS.into_iter().enumerate() {
        let training = fixture.new_training(&format!("A-{place}")).await;
        let own = fixture.take("learner-1", training).await.name;
        fixture.report(&own, own_percent).await.unwrap();
        let to = fixture.assigned_training("learner-1", training).await;
        fixture.report(&to, organizations_percent).await.unwrap();
        let further = own_percent.max(organizations_percent);
        let moved = fixture.transfer("learner-1", &own, &to).await.unwrap();
        assert_eq!(
            (moved.name.as_str(), moved.progress_percent),
            (to.as_str(), further)
        );
        assert!(moved.transfer_time.is_some());
        assert_eq!(
            fixture.transfer("learner-1", &own, &to).await.unwrap(),
            moved,
            "twice"
        );
        let given = fixture.own("learner-1", &own).await;
        assert_eq!(
            (
                given.state(),
                given.cancel_reason(),
                given.transferred_to.as_str(),
                given.progress_percent
            ),
            (
                AssignmentState::Cancelled,
                AssignmentCancelReason::Transferred,
                to.as_str(),
                own_percent
            )
        );

        let late = fixture.report(&own, further + 5).await.unwrap();
        assert_eq!(
            (late.name.as_str(), late.progress_percent),
            (to.as_str(), further + 5)
        );
        assert_eq!(
            fixture.report(&own, further).await.unwrap().progress_percent,
            further + 5
        );
    }
    let learner = fixture.service.calls_of(TestCaller::person("learner-1"));
    let history = record::list_own_transfers(&learner).await.unwrap();
    let before: Vec<_> = history
        .iter()
        .rev()
        .map(|one| (one.progress_percent, one.to_progress_percent))
        .collect();
    assert_eq!(before, PROGRESS);
    assert!(history.iter().all(|one| one.reason.is_empty()));
    // The organization is shown how far the learner is, and since when.
    let seen = fixture.list("learner-1").await.unwrap();
    assert!(seen.iter().all(|one| one.transfer_time.is_some()) && seen.len() == PROGRESS.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_interrupted_half_way_is_not_moved_and_may_be_moved_again() {
    let fixture = Fixture::start().await;
    let training = fixture.new_training("A-1").await;
    let own = fixture.take("learner-1", training).await.name;
    fixture.report(&own, 60).await.unwrap();
    let to = fixture.assigned_training("learner-1", training).await;
    fixture.report(&to, 30).await.unwrap();
    let both = async || {
        (
            fixture.own("learner-1", &own).await,
            fixture.own("learner-1", &to).await,
        )
    };
    let before = both().await;
    // Both are written, and the last statement fails, the first time; the second time the whole connection is cut off there.
    fixture
        .service
        .database
        .execute(
            "CREATE SEQUENCE interruptions;
             CREATE FUNCTION interrupt() RETURNS trigger LANGUAGE plpgsql AS $$
             DECLARE
                 number bigint := nextval('interruptions');
             BEGIN
                 IF number = 1 THEN
                     RAISE EXCEPTION 'interrupted';
                 ELSIF number = 2 THEN
                     PERFORM pg_terminate_backend(pg_backend_pid());
                 END IF;
                 RETURN NEW;
             END $$;
             CREATE TRIGGER interrupted BEFORE INSERT ON progress_transfers FOR EACH ROW EXECUTE FUNCTION interrupt();
             GRANT ALL ON SEQUENCE interruptions TO PUBLIC",
        )
        .await;
    assert!(fixture.transfer("learner-1", &own, &to).await.is_err());
    assert_eq!(both().await, before, "nothing of it is there");
    assert_eq!(fixture.report(&own, 65).await.unwrap().name, own);
    // Cut off, and tried again by whoever asked.
    let mut tries = 0;
    let moved = loop {
        match fixture.transfer("learner-1", &own, &to).await {
            Ok(moved) => break moved,
            Err(status) => assert!(tries < 3, "{status:?}"),
        }
        let (still_own, organizations) = both().await;
        assert_eq!(
            (still_own.progress_percent, organizations.progress_percent),
            (65, 30)
        );
        tries += 1;
    };
    assert_eq!((moved.name.as_str(), moved.progress_percent), (to.as_str(), 65));
    let count = async |what| fixture.service.database.count(what).await;
    assert_eq!(count("SELECT count(*) FROM progress_transfers").await, 1);
    assert_eq!(count("SELECT last_value FROM interruptions").await, 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_completes_what_was_moved_issues_one_certificate_of_the_organization() {
    let fixture = Fixture::start().await;
    let training = fixture.new_training("A-1").await;
    let own = fixture.take("learner-1", training).await.name;
    fixture
        .verify("learner-1", &[fixture.new_group(&[training]).await])
        .await;
    let all = fixture.assignments_of("learner-1").await;
    let to = all.into_iter().find(|one| one.name != own).unwrap().name;
    let transfers = join_all((0..8).map(|_| fixture.transfer("learner-1", &own, &to)));
    let reports = join_all((1..9).map(|step| fixture.report(&own, step * 10)));
    let (transfers, reports) = tokio::join!(transfers, reports);
    assert!(
        transfers.iter().chain(&reports).all(Result::is_ok),
        "{transfers:?} {reports:?}"
    );
    assert_eq!(fixture.own("learner-1", &to).await.progress_percent, 80);
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM progress_transfers")
            .await,
        1
    );
    let done = fixture.report(&own, 100).await.unwrap();
    assert_eq!(done.name, to);
    let organization = "SELECT count(*) FROM certificates WHERE organization_id IS NOT NULL";
    assert_eq!(fixture.service.database.count(organization).await, 1);
    assert_eq!(
        reason(fixture.transfer("learner-2", &own, &to).await),
        ErrorReason::PermissionDenied
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn registry_staff_move_it_between_two_sign_ins_and_both_read_why() {
    let fixture = Fixture::start().await;
    let training = fixture.new_training("A-1").await;
    let own = fixture.take("learner-2", training).await.name;
    fixture.report(&own, 70).await.unwrap();
    let to = fixture.assigned_training("learner-1", training).await;
    let moved = fixture.move_between(&own, &to).await.unwrap();
    assert_eq!((moved.name.as_str(), moved.progress_percent), (to.as_str(), 70));
    assert_eq!(fixture.move_between(&own, &to).await.unwrap(), moved);
    for person in ["learner-1", "learner-2"] {
        let caller = fixture.service.calls_of(TestCaller::person(person));
        let [told] = record::list_own_transfers(&caller)
            .await
            .unwrap()
            .try_into()
            .unwrap();
        assert_eq!(
            (told.assignment.as_str(), told.to.as_str()),
            (own.as_str(), to.as_str())
        );
        assert_eq!((told.progress_percent, told.to_progress_percent), (70, 0));
        assert_eq!(told.reason, "they showed both sign-ins");
    }
    let late = fixture.report(&own, 90).await.unwrap();
    assert_eq!((late.name.as_str(), late.progress_percent), (to.as_str(), 90));
    // Within one sign-in the person does it.
    let again = fixture.take("learner-1", training).await.name;
    assert_eq!(
        reason(fixture.move_between(&again, &to).await),
        ErrorReason::InvalidRequest
    );
    let third = fixture
        .take("learner-3", fixture.new_training("B-1").await)
        .await
        .name;
    assert_eq!(
        reason(fixture.move_between(&third, &to).await),
        ErrorReason::TrainingDiffers
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_on_after_an_employment_is_moved_to_what_the_next_one_asks_for() {
    let fixture = Fixture::start().await;
    let training = fixture.new_training("A-1").await;
    let group = fixture.new_group(&[training]).await;
    let employment = fixture.verify("learner-1", &[group]).await;
    let begun = fixture.assignments_of("learner-1").await[0].name.clone();
    fixture.report(&begun, 40).await.unwrap();
    fixture.end(employment, "learner-1").await;
    fixture.verify("learner-1", &[group]).await;
    let next = fixture.assignments_of("learner-1").await;
    let next = next.into_iter().find(|one| one.name != begun).unwrap();
    assert_eq!(next.progress_percent, 0);
    let moved = fixture.transfer("learner-1", &begun, &next.name).await.unwrap();
    assert_eq!(moved.progress_percent, 40);
    assert_eq!(
        reason(fixture.transfer("learner-1", &next.name, &begun).await),
        ErrorReason::AssignmentNotOwn
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn registry_staff_move_no_progress_of_their_own_nor_to_an_assignment_of_theirs() {
    let fixture = Fixture::start().await;
    let training = fixture.new_training("A-1").await;
    let own = fixture.take("learner-1", training).await.name;
    fixture.report(&own, 95).await.unwrap();
    let to = fixture.assigned_training("learner-2", training).await;
    for name in ["learner-1", "learner-2"] {
        let person = PersonCaller {
            staff: true,
            ..Callers::person(name)
        };
        let moved = fixture.move_as(TestCaller::Person(person, None), &own, &to).await;
        assert_eq!(reason(moved), ErrorReason::OwnProgress, "{name}");
    }
    assert_eq!(fixture.own("learner-1", &own).await.progress_percent, 95);
    assert_eq!(fixture.own("learner-2", &to).await.progress_percent, 0);
    let moved = fixture.move_between(&own, &to).await.unwrap();
    assert_eq!(moved.progress_percent, 95, "a colleague does");
}
