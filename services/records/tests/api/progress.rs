//! `ProgressService`.

use futures::future::join_all;
use muster_ids::{AssignmentId, PersonAssignmentName};
use muster_proto::records::v1::{AssignmentState, ListPersonCertificatesRequest, ReportProgressRequest};
use muster_refusal::{ErrorReason, fields_of};
use muster_testkit::TestCaller;

use crate::fixture::{Fixture, me, person_id, reason, seen};

const CERTIFICATES: &str = "SELECT count(*) FROM certificates";

fn learning_system() -> TestCaller {
    TestCaller::WorkloadThroughEdge("learning-system")
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_begins_goes_on_never_back_and_ends_with_a_certificate() {
    let fixture = Fixture::start().await;
    let name = fixture.assigned("learner-1", "A-1").await;
    let untouched = fixture.report(&name, 0).await.unwrap();
    assert_eq!(
        (untouched.state(), untouched.start_time),
        (AssignmentState::Assigned, None)
    );
    let begun = fixture.report(&name, 40).await.unwrap();
    assert_eq!(
        (begun.state(), begun.progress_percent),
        (AssignmentState::InProgress, 40)
    );
    assert!(begun.start_time.is_some());
    for behind in [39, 0, 40] {
        assert_eq!(fixture.report(&name, behind).await.unwrap(), begun);
    }
    fixture.service.clock.advance(std::time::Duration::from_secs(30));
    let done = fixture.report(&name, 100).await.unwrap();
    assert_eq!(
        (done.state(), done.progress_percent),
        (AssignmentState::Completed, 100)
    );
    assert!(done.start_time == begun.start_time);
    assert_eq!(
        done.complete_time.unwrap().seconds,
        done.start_time.unwrap().seconds + 30
    );
    for later in [50, 100] {
        assert_eq!(fixture.report(&name, later).await.unwrap(), done);
    }

    let request = ListPersonCertificatesRequest {
        parent: me(),
        ..Default::default()
    };
    let mut learner = fixture.person_records(TestCaller::person("learner-1"));
    let certificates = learner
        .list_person_certificates(request)
        .await
        .unwrap()
        .into_inner()
        .certificates;
    let [certificate] = certificates.as_slice() else {
        panic!("{} certificates", certificates.len())
    };
    assert_eq!(
        (&certificate.name, &certificate.training),
        (&done.certificate, &done.training)
    );
    assert_eq!(certificate.training_display_name, "About A-1");
    assert_eq!(certificate.organization, fixture.organization_name().to_string());
    assert_eq!(certificate.issue_time, done.complete_time);
    assert_eq!(certificate.certificate_number.len(), 26);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_completions_at_once_issue_one_certificate() {
    let fixture = Fixture::start().await;
    for round in 0..5 {
        let name = fixture.assigned("learner-1", &format!("A-{round}")).await;
        let answers = join_all((0..16).map(|_| fixture.report(&name, 100))).await;
        let certificates: std::collections::BTreeSet<_> = answers
            .into_iter()
            .map(|answer| answer.unwrap().certificate)
            .collect();
        assert_eq!(certificates.len(), 1);
        assert_eq!(fixture.service.database.count(CERTIFICATES).await, round + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_reports_at_once_the_furthest_stands() {
    let fixture = Fixture::start().await;
    let name = fixture.assigned("learner-1", "A-1").await;
    let answers = join_all((1..=48).map(|number| fixture.report(&name, number * 29 % 97 + 1))).await;
    let furthest = answers
        .into_iter()
        .map(|answer| answer.unwrap().progress_percent)
        .max()
        .unwrap();
    let stands = fixture.assignments_of("learner-1").await[0].progress_percent;
    assert_eq!(stands, furthest);
    assert_eq!(stands, (1..=48).map(|number| number * 29 % 97 + 1).max().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_assignment_takes_no_progress() {
    let fixture = Fixture::start().await;
    let name = fixture.assigned("learner-1", "A-1").await;
    fixture
        .service
        .database
        .execute("UPDATE assignments SET state = 'CANCELLED'")
        .await;
    for percent in [0, 50, 100] {
        assert_eq!(
            reason(fixture.report(&name, percent).await),
            ErrorReason::AssignmentClosed
        );
    }
    assert_eq!(fixture.service.database.count(CERTIFICATES).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_assignment_of_another_person_is_not_found_like_one_that_does_not_exist() {
    let fixture = Fixture::start().await;
    let name: PersonAssignmentName = fixture.assigned("learner-1", "A-1").await.parse().unwrap();
    let of_another = PersonAssignmentName {
        person: person_id("learner-2"),
        ..name
    };
    let absent = PersonAssignmentName {
        assignment: AssignmentId::from_uuid(fixture.new_id()),
        ..name
    };
    let foreign = fixture.report(&of_another.to_string(), 100).await;
    let absent = fixture.report(&absent.to_string(), 100).await;
    assert_eq!(
        muster_refusal::reason_of(foreign.as_ref().unwrap_err()),
        Some(ErrorReason::NotFound)
    );
    assert_eq!(seen(foreign), seen(absent));
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_learning_system_reports_never_the_learner() {
    let fixture = Fixture::start().await;
    let assignment = fixture.assigned("learner-1", "A-1").await;
    let request = ReportProgressRequest {
        assignment,
        percent: 100,
        request_id: String::new(),
    };
    for (who, refused) in [
        (TestCaller::person("learner-1"), ErrorReason::PermissionDenied),
        (fixture.admin(), ErrorReason::PermissionDenied),
        (TestCaller::platform_staff(), ErrorReason::PermissionDenied),
        (TestCaller::Anonymous, ErrorReason::PermissionDenied),
        (
            TestCaller::WorkloadThroughEdge("invitation"),
            ErrorReason::PermissionDenied,
        ),
        (TestCaller::Workload("learning-system"), ErrorReason::TokenMissing),
        (TestCaller::Nobody, ErrorReason::TokenMissing),
    ] {
        let answer = fixture
            .progress(who.clone())
            .report_progress(request.clone())
            .await;
        assert_eq!(reason(answer), refused, "{who:?}");
    }
    assert_eq!(
        fixture.assignments_of("learner-1").await[0].state(),
        AssignmentState::Assigned
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_report_gets_the_same_answer_and_its_id_serves_no_other() {
    let fixture = Fixture::start().await;
    let assignment = fixture.assigned("learner-1", "A-1").await;
    let request = ReportProgressRequest {
        assignment: assignment.clone(),
        percent: 10,
        request_id: fixture.new_id().to_string(),
    };
    let mut client = fixture.progress(learning_system());
    let first = client
        .report_progress(request.clone())
        .await
        .unwrap()
        .into_inner();
    fixture.report(&assignment, 20).await.unwrap();
    let again = client
        .report_progress(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    let other = ReportProgressRequest {
        percent: 100,
        ..request
    };
    assert_eq!(
        reason(client.report_progress(other).await),
        ErrorReason::RequestIdReused
    );
    assert_eq!(fixture.assignments_of("learner-1").await[0].progress_percent, 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_report_is_told_everything_that_is_wrong() {
    let fixture = Fixture::start().await;
    let mut client = fixture.progress(learning_system());
    let request = ReportProgressRequest {
        assignment: String::new(),
        percent: 101,
        request_id: "x".to_owned(),
    };
    let refused = client.report_progress(request).await.unwrap_err();
    let fields = fields_of(&refused);
    assert_eq!(fields, ["assignment", "percent", "request_id"]);
    assert_eq!(
        reason(fixture.report("persons/me/assignments/1", 1).await),
        ErrorReason::InvalidRequest
    );
}
