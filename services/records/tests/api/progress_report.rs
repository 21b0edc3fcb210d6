//! `ProgressReportService`.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_identity::Role;
use muster_ids::{GroupName, LocationId, LocationName, OrganizationId};
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::{Employment, PlaceEmploymentRequest};
use muster_proto::records::v1::progress_report_service_client::ProgressReportServiceClient;
use muster_proto::records::v1::{
    AssignmentState, ListProgressRequest, ProgressCounts, ProgressDimension, ProgressEntry, ProgressRow,
    SummarizeProgressRequest, SummarizeProgressResponse,
};
use muster_refusal::ErrorReason;
use muster_testkit::{TestCaller, TestChannel, acts};
use prost_types::FieldMask;
use tonic::Status;

use crate::fixture::{Fixture, reason};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Fixture {
    fn reports(&self, who: TestCaller) -> ProgressReportServiceClient<TestChannel> {
        ProgressReportServiceClient::new(self.service.calls_of(who))
    }

    fn asked(&self) -> ListProgressRequest {
        ListProgressRequest {
            parent: self.organization_name().to_string(),
            ..Default::default()
        }
    }

    /// All pages, of one entry each.
    async fn progress_of(&self, mut request: ListProgressRequest) -> Vec<ProgressEntry> {
        let mut entries = Vec::new();
        let mut admin = self.reports(self.admin());
        request.page_size = 1;
        loop {
            let page = admin.list_progress(request.clone()).await.unwrap().into_inner();
            assert!(page.entries.len() <= 1);
            entries.extend(page.entries);
            if page.next_page_token.is_empty() {
                return entries;
            }
            request.page_token = page.next_page_token;
        }
    }

    /// The name of each learner, and the code of the training.
    async fn lines_of(&self, request: ListProgressRequest) -> Vec<(String, String)> {
        let line = |entry: ProgressEntry| {
            let training = entry.assignment.unwrap().training_display_name;
            (entry.learner_display_name, training.replace("About ", ""))
        };
        self.progress_of(request).await.into_iter().map(line).collect()
    }

    async fn summary(&self, request: SummarizeProgressRequest) -> Result<SummarizeProgressResponse, Status> {
        let summary = self.reports(self.admin()).summarize_progress(request).await?;
        Ok(summary.into_inner())
    }
}

fn line(person: &str, code: &str) -> (String, String) {
    (person.to_owned(), code.to_owned())
}

/// Three learners: `learner-1` in both groups, `learner-2` in the first one, `learner-3` in the second one. The first requires `A-1`, the second
/// `B-1`. Then, at the end of the third of March: `learner-1` has completed `A-1` in time and is late with `B-1`, `learner-2` is late with
/// `A-1`, begun, and `learner-3` has completed `B-1` too late.
async fn learning() -> (Fixture, GroupName, GroupName) {
    let fixture = Fixture::start().await;
    let (a, b) = (
        fixture.new_training("A-1").await,
        fixture.new_training("B-1").await,
    );
    let (one, other) = (fixture.new_group(&[a]).await, fixture.new_group(&[b]).await);
    fixture.verify("learner-1", &[one, other]).await;
    fixture.verify("learner-2", &[one]).await;
    fixture.verify("learner-3", &[other]).await;
    for (person, training, due) in [
        ("learner-1", a, "2026-03-02"),
        ("learner-1", b, "2026-03-02"),
        ("learner-2", a, "2026-03-01"),
        ("learner-3", b, "2026-03-02"),
    ] {
        fixture.assign(person, training, due).await.unwrap();
    }
    let name = async |person: &str, code: &str| fixture.assignment(person, code).await.name;
    fixture
        .report(&name("learner-1", "A-1").await, 100)
        .await
        .unwrap();
    fixture.report(&name("learner-2", "A-1").await, 30).await.unwrap();
    fixture.pass(2 * DAY + DAY / 2);
    fixture
        .report(&name("learner-3", "B-1").await, 100)
        .await
        .unwrap();
    (fixture, one, other)
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_listed_by_group_training_and_state_and_the_longest_late_come_first() {
    let (fixture, one, other) = learning().await;
    let mut all = fixture.lines_of(fixture.asked()).await;
    all.sort();
    let (first, second) = (line("learner-1", "A-1"), line("learner-1", "B-1"));
    let (third, fourth) = (line("learner-2", "A-1"), line("learner-3", "B-1"));
    assert_eq!(
        all,
        [first.clone(), second.clone(), third.clone(), fourth.clone()]
    );

    let late = ListProgressRequest {
        late_only: true,
        ..fixture.asked()
    };
    assert_eq!(
        fixture.lines_of(late.clone()).await,
        [third.clone(), second.clone()]
    );
    let of_group = ListProgressRequest {
        group: other.to_string(),
        ..late.clone()
    };
    assert_eq!(fixture.lines_of(of_group).await, std::slice::from_ref(&second));
    let begun = ListProgressRequest {
        states: vec![AssignmentState::InProgress.into()],
        ..late
    };
    assert_eq!(fixture.lines_of(begun).await, std::slice::from_ref(&third));

    let of_group = ListProgressRequest {
        group: one.to_string(),
        ..fixture.asked()
    };
    let mut of_group = fixture.lines_of(of_group).await;
    of_group.sort();
    assert_eq!(
        of_group,
        [first, second.clone(), third],
        "everything of who is in it"
    );
    let of_training = ListProgressRequest {
        training: fixture.assignment("learner-3", "B-1").await.training,
        ..fixture.asked()
    };
    let mut of_training = fixture.lines_of(of_training).await;
    of_training.sort();
    assert_eq!(of_training, [second, fourth]);
    let entries = fixture.progress_of(fixture.asked()).await;
    let of_two = entries.iter().filter(|entry| entry.groups.len() == 2);
    assert_eq!(of_two.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_counted_in_all_and_by_group_and_training() {
    let (fixture, one, other) = learning().await;
    let by = |by: ProgressDimension| SummarizeProgressRequest {
        parent: fixture.organization_name().to_string(),
        by: by.into(),
        ..Default::default()
    };
    let counts = |numbers: [i64; 6]| {
        let [
            learner_count,
            assigned_count,
            in_progress_count,
            completed_count,
            late_count,
            completed_late_count,
        ] = numbers;
        Some(ProgressCounts {
            learner_count,
            assigned_count,
            in_progress_count,
            completed_count,
            late_count,
            completed_late_count,
        })
    };
    let summary = fixture.summary(by(ProgressDimension::Group)).await.unwrap();
    assert_eq!(summary.total, counts([3, 1, 1, 2, 2, 1]));
    let of = |subject: &str| {
        let mut rows = summary.rows.iter().filter(|row| row.subject == subject);
        rows.next().and_then(|row| row.counts)
    };
    assert_eq!(of(&one.to_string()), counts([2, 1, 1, 1, 2, 0]));
    assert_eq!(of(&other.to_string()), counts([2, 1, 0, 2, 1, 1]));
    assert_eq!(summary.rows.len(), 2);

    let summary = fixture.summary(by(ProgressDimension::Training)).await.unwrap();
    let mut rows: Vec<_> = summary.rows.iter().map(|row| row.counts).collect();
    rows.sort_by_key(|row| row.map(|row| row.assigned_count));
    assert_eq!(rows, [counts([2, 0, 1, 1, 1, 0]), counts([2, 1, 0, 1, 1, 1])]);
    let summary = fixture.summary(by(ProgressDimension::Location)).await.unwrap();
    let [row] = summary.rows.as_slice() else {
        panic!("{:?}", summary.rows)
    };
    assert_eq!((row.subject.as_str(), row.counts), ("", summary.total));
    let nowhere = LocationName {
        organization: fixture.organization,
        location: LocationId::from_uuid(fixture.new_id()),
    };
    let none = SummarizeProgressRequest {
        location: nowhere.to_string(),
        ..by(ProgressDimension::Unspecified)
    };
    let none = fixture.summary(none).await.unwrap();
    assert_eq!((none.total, none.rows.len()), (counts([0; 6]), 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn progress_is_told_by_place_of_work_and_goes_with_whoever_is_placed_elsewhere() {
    let fixture = Fixture::start().await;
    let training = fixture.new_training("A-1").await;
    let group = fixture.new_group(&[training]).await;
    let place = async |name: &str| {
        let made = acts::make_location(&fixture.organizations, fixture.organization, name).await;
        made.to_string()
    };
    let (north, south) = (place("North").await, place("South").await);
    fixture.verify_at("learner-1", &[group], &north).await;
    let moving = fixture.verify_at("learner-2", &[group], &north).await;
    fixture.verify_at("learner-3", &[group], &south).await;
    fixture.verify("learner-4", &[group]).await;
    for person in ["learner-1", "learner-2", "learner-3", "learner-4"] {
        fixture.assign(person, training, "2026-03-02").await.unwrap();
    }
    let done = fixture.assignment("learner-1", "A-1").await.name;
    fixture.report(&done, 100).await.unwrap();
    fixture.pass(2 * DAY + DAY / 2);
    // Of each place: learners, how many have done it, and how many are late.
    let told = async || {
        let by_location = SummarizeProgressRequest {
            parent: fixture.organization_name().to_string(),
            by: ProgressDimension::Location.into(),
            ..Default::default()
        };
        let summary = fixture.summary(by_location).await.unwrap();
        let row = |row: ProgressRow| {
            let counts = row.counts.unwrap();
            let numbers = (counts.learner_count, counts.completed_count, counts.late_count);
            (row.subject, numbers)
        };
        summary.rows.into_iter().map(row).collect::<BTreeMap<_, _>>()
    };
    let late_at = async |location: &str| {
        let late = ListProgressRequest {
            location: location.to_owned(),
            late_only: true,
            ..fixture.asked()
        };
        let lines = fixture.lines_of(late).await;
        let mut people: Vec<String> = lines.into_iter().map(|(person, _)| person).collect();
        people.sort();
        people
    };
    let expected = [
        (String::new(), (1, 0, 1)),
        (north.clone(), (2, 1, 1)),
        (south.clone(), (1, 0, 1)),
    ];
    assert_eq!(told().await, BTreeMap::from(expected));
    assert_eq!(
        (late_at(&north).await, late_at(&south).await),
        (vec!["learner-2".to_owned()], vec!["learner-3".to_owned()])
    );

    let before = fixture.applied().await;
    let request = PlaceEmploymentRequest {
        employment: Some(Employment {
            name: moving.to_string(),
            location: south.clone(),
            ..Default::default()
        }),
        update_mask: Some(FieldMask {
            paths: vec!["location".to_owned()],
        }),
        request_id: String::new(),
    };
    let mut employments = EmploymentServiceClient::new(fixture.employments.calls_of(fixture.admin()));
    employments.place_employment(request).await.unwrap();
    fixture.wait_applied(before + 1).await;
    let expected = [
        (String::new(), (1, 0, 1)),
        (north.clone(), (1, 1, 0)),
        (south.clone(), (2, 0, 2)),
    ];
    assert_eq!(told().await, BTreeMap::from(expected));
    assert_eq!(late_at(&north).await, Vec::<String>::new());
    assert_eq!(late_at(&south).await, ["learner-2", "learner-3"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_left_and_what_is_cancelled_is_neither_listed_nor_counted_and_others_are_refused() {
    let (fixture, ..) = learning().await;
    let ended = "UPDATE employment_projection SET state = 'ENDED' WHERE person_id =
                 (SELECT person_id FROM assignments WHERE state = 'IN_PROGRESS')";
    fixture.service.database.execute(ended).await;
    let cancelled = "UPDATE assignments SET state = 'CANCELLED' WHERE state = 'ASSIGNED'";
    fixture.service.database.execute(cancelled).await;
    let mut lines = fixture.lines_of(fixture.asked()).await;
    lines.sort();
    assert_eq!(lines, [line("learner-1", "A-1"), line("learner-3", "B-1")]);
    let asked = SummarizeProgressRequest {
        parent: fixture.organization_name().to_string(),
        ..Default::default()
    };
    let total = fixture.summary(asked.clone()).await.unwrap().total.unwrap();
    assert_eq!(
        (total.learner_count, total.assigned_count, total.late_count),
        (2, 0, 0)
    );

    let other = OrganizationId::from_uuid(fixture.new_id());
    for who in [
        TestCaller::member("outsider", other, Role::Owner),
        TestCaller::person("learner-1"),
    ] {
        let listed = fixture.reports(who.clone()).list_progress(fixture.asked()).await;
        assert_eq!(reason(listed), ErrorReason::PermissionDenied);
        let counted = fixture.reports(who).summarize_progress(asked.clone()).await;
        assert_eq!(reason(counted), ErrorReason::PermissionDenied);
    }
}
