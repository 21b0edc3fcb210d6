//! Whoever walks through a list while it changes sees once what stays where it is: whatever comes, goes, is done, moves or is called
//! otherwise meanwhile, however many are alike in what the list goes by.

use std::time::Duration;

use muster_proto::records::v1::person_record_service_client::PersonRecordServiceClient;
use muster_proto::records::v1::progress_report_service_client::ProgressReportServiceClient;
use muster_proto::records::v1::record_history_service_client::RecordHistoryServiceClient;
use muster_proto::records::v1::{
    Certificate, ListIssuedCertificatesRequest, ListPersonCertificatesRequest, ListProgressRequest,
    ListProgressResponse, ListRecordAccessesRequest, ListRecordHistoryEntriesRequest,
};
use muster_testkit::{TestCaller, eventually_some, walk};

use crate::fixture::{Fixture, me, person_id};

/// On a page.
const SIZE: i32 = 2;
/// The id of number `n`.
const ID: &str = "('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid";

fn id_of(n: usize) -> String {
    format!("00000000-0000-7000-8000-{n:012}")
}

impl Fixture {
    async fn run(&self, statements: String) {
        self.service.database.run(statements).await;
    }

    /// Learners `from` to `to`, each with a training to take that was due when the day `end` says was over.
    async fn learners(&self, (from, to): (usize, usize), end: &str) {
        let organization = self.organization;
        self.run(format!(
            "INSERT INTO employment_projection (organization_id, person_id, employment_id, state, sequence, group_ids)
             SELECT '{organization}', {ID}, {ID}, 'VERIFIED', 1, '{{}}' FROM generate_series({from}, {to}) AS n;
             INSERT INTO assignments (person_id, assignment_id, organization_id, employment_id, training_id, state,
                 progress_percent, version, assign_time, group_ids, is_by_hand, due_date, due_zone, due_end_time)
             SELECT {ID}, {ID}, '{organization}', {ID}, t.training_id, 'ASSIGNED', 0, 1, now(), '{{}}', true,
                 date '2026-02-01', 'UTC', {end}
             FROM generate_series({from}, {to}) AS n CROSS JOIN trainings AS t"
        ))
        .await;
    }

    /// The same person's certificates `from` to `to`, for what they completed for the organization.
    async fn certified(&self, person: &str, (from, to): (usize, usize)) {
        let (person, organization) = (person_id(person), self.organization);
        self.run(format!(
            "INSERT INTO assignments (person_id, assignment_id, organization_id, training_id, state, progress_percent,
                 certificate_id, version, assign_time, start_time, complete_time, group_ids, is_by_hand)
             SELECT '{person}', {ID}, '{organization}', t.training_id, 'COMPLETED', 100, {ID}, 1, now(), now(), now(), '{{}}', true
             FROM generate_series({from}, {to}) AS n CROSS JOIN trainings AS t;
             INSERT INTO certificates (person_id, certificate_id, certificate_number, assignment_id, organization_id,
                 training_id, training_display_name, issue_time)
             SELECT '{person}', {ID}, 'number ' || n, {ID}, '{organization}', t.training_id, t.display_name, now()
             FROM generate_series({from}, {to}) AS n CROSS JOIN trainings AS t"
        ))
        .await;
    }

    /// A page of progress, also when what it is asked with was renewed a moment ago.
    async fn progress_page(&self, request: ListProgressRequest) -> ListProgressResponse {
        eventually_some(async || {
            let mut reports = ProgressReportServiceClient::new(self.service.calls_of(self.admin()));
            let page = reports.list_progress(request.clone()).await;
            page.ok().map(tonic::Response::into_inner)
        })
        .await
    }

    /// What becomes of learners behind each page; numbers 3 to 10 stay.
    async fn learners_change(&self, number: usize) {
        let is = |n: usize| format!("WHERE assignment_id = '{}'", id_of(n));
        match number {
            0 => {
                let done =
                    "state = 'COMPLETED', progress_percent = 100, start_time = now(), complete_time = now(),
                            certificate_id = assignment_id";
                self.run(format!("UPDATE assignments SET {done} {}", is(1))).await;
                // Longer late than all, and about as late as those who stay.
                self.learners((101, 101), "timestamptz '2026-02-01 00:00Z'").await;
                self.learners((102, 102), "timestamptz '2026-02-03 00:00Z'").await;
            }
            1 => {
                let moved = "due_date = '2026-03-09', due_end_time = '2026-03-10 00:00Z'";
                self.run(format!("UPDATE assignments SET {moved} {}", is(2)))
                    .await;
                let renamed = "UPDATE trainings SET display_name = 'Called otherwise'";
                self.run(renamed.to_owned()).await;
            }
            2 => {
                let left = "UPDATE employment_projection SET state = 'ENDED' WHERE person_id";
                self.run(format!("{left} = '{}'", id_of(11))).await;
                self.run(format!("DELETE FROM assignments {}", is(12))).await;
            }
            // Whoever is late by now stands behind all others.
            3 => self.pass(Duration::from_secs(60 * 60)),
            _ => {
                let next = 103 + number;
                self.learners((next, next), "timestamptz '2026-02-02 00:00Z'")
                    .await;
            }
        }
    }
}

/// The longest late stand first; many since the same moment.
#[tokio::test(flavor = "multi_thread")]
async fn who_stays_late_is_seen_once_by_who_walks_through_progress_while_others_are_done_or_late() {
    let fixture = Fixture::start().await;
    fixture.new_training("A-1").await;
    let end = "timestamptz '2026-02-02 00:00Z' + (n / 4) * interval '1 day'";
    fixture.learners((1, 12), end).await;
    // Late within the hour.
    fixture
        .learners((13, 14), "timestamptz '2026-03-01 12:30Z'")
        .await;
    let stay: Vec<String> = (3..=10).map(id_of).collect();
    for late_only in [true, false] {
        let page = async |page_token: String| {
            let request = ListProgressRequest {
                parent: fixture.organization_name().to_string(),
                page_size: SIZE,
                page_token,
                late_only,
                ..Default::default()
            };
            let page = fixture.progress_page(request).await;
            let names = page.entries.into_iter().map(|entry| {
                let assignment = entry.assignment.unwrap().name;
                assignment.rsplit('/').next().unwrap().to_owned()
            });
            (names.collect::<Vec<_>>(), page.next_page_token)
        };
        let change = async |number: usize| {
            // What was done to them is done.
            if late_only {
                fixture.learners_change(number).await;
            } else {
                let next = 200 + number;
                fixture
                    .learners((next, next), "timestamptz '2026-02-03 00:00Z'")
                    .await;
                let gone = format!(
                    "DELETE FROM assignments WHERE assignment_id = '{}'",
                    id_of(103 + number)
                );
                fixture.run(gone).await;
            }
        };
        let seen = walk(&stay, page, change).await;
        if late_only {
            let place = |n: usize| seen.iter().position(|one| *one == id_of(n));
            assert!(
                place(14) > place(10),
                "who came to be late meanwhile is behind: {seen:?}"
            );
            assert!(place(14).is_some(), "{seen:?}");
        }
    }
}

fn names_of(certificates: Vec<Certificate>) -> Vec<String> {
    let names = certificates.into_iter().map(|certificate| certificate.name);
    names.collect()
}

/// By whoever holds it, and by who issued it.
#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_seen_once_by_who_walks_through_them_while_others_are_issued_and_named() {
    let fixture = Fixture::start().await;
    fixture.new_training("A-1").await;
    let (person, organization) = (person_id("learner-1"), fixture.organization_name().to_string());
    fixture.certified("learner-1", (101, 110)).await;
    let stay: Vec<String> = (102..=109)
        .map(|n| format!("persons/{person}/certificates/{}", id_of(n)))
        .collect();
    let certificates = |number: usize| {
        let fixture = &fixture;
        async move {
            let named = "UPDATE certificates SET person_display_name = 'Ada', organization_display_name = 'Day nursery'";
            fixture.run(named.to_owned()).await;
            // Newer than all, of another person; and older than all.
            let (newer, older) = (200 + number, 50 - number);
            fixture.certified("learner-2", (newer, newer)).await;
            fixture.certified("learner-1", (older, older)).await;
            let gone = if number.is_multiple_of(2) { 101 } else { 110 };
            fixture
                .run(format!(
                    "DELETE FROM certificates WHERE certificate_id = '{}'",
                    id_of(gone)
                ))
                .await;
        }
    };
    let issued = async |page_token: String| {
        let mut reports = ProgressReportServiceClient::new(fixture.service.calls_of(fixture.admin()));
        let request = ListIssuedCertificatesRequest {
            parent: organization.clone(),
            page_size: SIZE,
            page_token,
            ..Default::default()
        };
        let page = reports
            .list_issued_certificates(request)
            .await
            .unwrap()
            .into_inner();
        (names_of(page.certificates), page.next_page_token)
    };
    walk(&stay, issued, async |number: usize| certificates(number).await).await;

    let own = async |page_token: String| {
        let learner = fixture.service.calls_of(TestCaller::person("learner-1"));
        let request = ListPersonCertificatesRequest {
            parent: me(),
            page_size: SIZE,
            page_token,
        };
        let page = PersonRecordServiceClient::new(learner)
            .list_person_certificates(request)
            .await;
        let page = page.unwrap().into_inner();
        (names_of(page.certificates), page.next_page_token)
    };
    walk(&stay, own, async |number: usize| certificates(number + 20).await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_is_seen_once_by_who_walks_through_them_while_others_read() {
    let fixture = Fixture::start().await;
    let (person, organization) = (person_id("learner-1"), fixture.organization);
    let read = async |from: usize, to: usize| {
        let rows = format!(
            "INSERT INTO record_accesses (person_id, access_id, organization_id, reader_person_id, reader_display_name, reason,
                 access_time, kind)
             SELECT '{person}', {ID}, '{organization}', {ID}, 'Bob', 'STAFF', '2026-03-01 11:00Z', 'RECORD'
             FROM generate_series({from}, {to}) AS n"
        );
        fixture.run(rows).await;
    };
    read(101, 110).await;
    let stay: Vec<String> = (102..=109)
        .map(|n| format!("persons/{person}/recordAccesses/{}", id_of(n)))
        .collect();
    let listed = async |page_token: String| {
        let learner = fixture.service.calls_of(TestCaller::person("learner-1"));
        let request = ListRecordAccessesRequest {
            parent: me(),
            page_size: SIZE,
            page_token,
        };
        let page = PersonRecordServiceClient::new(learner)
            .list_record_accesses(request)
            .await;
        let page = page.unwrap().into_inner();
        let names = page.record_accesses.into_iter().map(|access| access.name);
        (names.collect::<Vec<_>>(), page.next_page_token)
    };
    let change = async |number: usize| {
        read(200 + number, 200 + number).await;
        read(50 - number, 50 - number).await;
        let renamed = "UPDATE record_accesses SET reader_display_name = 'Ada'".to_owned();
        fixture.run(renamed).await;
        let gone = if number.is_multiple_of(2) { 101 } else { 110 };
        let gone = format!("DELETE FROM record_accesses WHERE access_id = '{}'", id_of(gone));
        fixture.run(gone).await;
    };
    walk(&stay, listed, change).await;
}

/// Nothing is taken out of a history; it grows, and what is in it is linked, while somebody reads.
#[tokio::test(flavor = "multi_thread")]
async fn what_stood_in_the_history_is_seen_once_by_who_walks_through_it_while_it_grows() {
    let fixture = Fixture::start().await;
    fixture.new_training("A-1").await;
    fixture.learners((1, 12), "timestamptz '2026-02-02 00:00Z'").await;
    let before = fixture.history("").await;
    let stay: Vec<String> = before.iter().map(|entry| entry.name.clone()).collect();
    assert!(stay.len() >= 12, "{stay:?}");
    let listed = async |page_token: String| {
        let request = ListRecordHistoryEntriesRequest {
            parent: fixture.organization_name().to_string(),
            page_size: SIZE,
            page_token,
            ..Default::default()
        };
        let mut histories = RecordHistoryServiceClient::new(fixture.service.calls_of(fixture.admin()));
        let page = histories.list_record_history_entries(request).await.unwrap();
        let page = page.into_inner();
        let names = page.record_history_entries.into_iter().map(|entry| entry.name);
        (names.collect::<Vec<_>>(), page.next_page_token)
    };
    let change = async |number: usize| fixture.learners_change(number).await;
    let seen = walk(&stay, listed, change).await;
    assert_eq!(
        seen.len(),
        stay.len(),
        "what came later stands in front of where the walk began"
    );
}
