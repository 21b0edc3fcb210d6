//! `StaffReportService`: of its own trainings everybody's, of the rest only what was granted, and each of these logged.

use muster_ids::{EmploymentId, EmploymentName};
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::{Employment, PlaceEmploymentRequest};
use muster_proto::records::v1::staff_report_service_client::StaffReportServiceClient;
use muster_proto::records::v1::{ReadStaffReportRequest, ReadStaffReportResponse, StaffReportEntry};
use muster_server::convert::timestamp;
use muster_testkit::{TestCaller, eventually, eventually_some};

use sqlx::{AssertSqlSafe, Connection};

use crate::fixture::{Fixture, person_id};
use crate::learning_record::WAITING;

impl Fixture {
    pub(crate) async fn staff_report(
        &self,
        page_size: i32,
        page_token: String,
    ) -> (Vec<StaffReportEntry>, String) {
        let request = ReadStaffReportRequest {
            parent: self.organization_name().to_string(),
            page_size,
            page_token,
        };
        let mut client = StaffReportServiceClient::new(self.service.calls_of(self.admin()));
        let page = client.read_staff_report(request).await.unwrap().into_inner();
        (page.entries, page.next_page_token)
    }

    /// The first page, with whom it leaves out.
    async fn first_page(&self) -> ReadStaffReportResponse {
        let request = ReadStaffReportRequest {
            parent: self.organization_name().to_string(),
            ..Default::default()
        };
        let mut client = StaffReportServiceClient::new(self.service.calls_of(self.admin()));
        client.read_staff_report(request).await.unwrap().into_inner()
    }

    /// How many the report says that it leaves out.
    async fn left_out(&self) -> i32 {
        self.first_page().await.unverified_count
    }

    pub(crate) async fn reported_of(&self, person: &str) -> Option<StaffReportEntry> {
        let learner = self.learner(person).to_string();
        let (entries, _) = self.staff_report(0, String::new()).await;
        entries.into_iter().find(|entry| entry.learner == learner)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn own_trainings_are_reported_of_everybody_and_the_rest_of_those_who_granted_it() {
    let mut fixture = Fixture::start().await;
    let first = fixture.organization;
    let own = fixture.assigned("learner-1", "A-1").await;
    fixture.report(&own, 100).await.unwrap();
    let begun = fixture.assigned("learner-2", "A-2").await;
    fixture.report(&begun, 40).await.unwrap();
    fixture.organization = fixture.open_organization().await;
    let elsewhere = fixture.assigned("learner-1", "B-1").await;
    fixture.report(&elsewhere, 100).await.unwrap();
    fixture.organization = first;

    let entry = fixture.reported_of("learner-1").await.unwrap();
    assert_eq!(
        (
            entry.assigned_count,
            entry.in_progress_count,
            entry.completed_count
        ),
        (0, 0, 1)
    );
    assert!(entry.latest_complete_time.is_some());
    assert_eq!((entry.is_shared, entry.certificate_count), (false, 1));
    assert_eq!(entry.certificates.len(), 1);
    assert_eq!(
        entry.certificates[0].organization,
        fixture.organization_name().to_string()
    );
    let other = fixture.reported_of("learner-2").await.unwrap();
    assert_eq!((other.in_progress_count, other.certificate_count), (1, 0));
    assert!(other.latest_complete_time.is_none() && !other.is_shared);
    assert_eq!(fixture.logged().await, 0, "nothing of it needed a grant");

    let grant = fixture.grant("learner-1").await.unwrap();
    let entry = fixture.reported_of("learner-1").await.unwrap();
    assert_eq!((entry.is_shared, entry.certificate_count), (true, 2));
    assert_eq!(entry.certificates.len(), 2);
    assert_eq!(entry.completed_count, 1, "counts are of the organization's own");
    assert_eq!(fixture.logged().await, 1, "one reading, of one person");

    fixture.revoke("learner-1", grant.name).await.unwrap();
    let entry = fixture.reported_of("learner-1").await.unwrap();
    assert_eq!((entry.is_shared, entry.certificate_count), (false, 1));
    assert_eq!(fixture.logged().await, 1);
}

/// As the files do: who somebody is there, and what they do, is the organization's own knowledge.
#[tokio::test(flavor = "multi_thread")]
async fn an_entry_says_who_somebody_is_and_what_they_do_there_today() {
    let fixture = Fixture::start().await;
    for person in ["learner-1", "learner-2"] {
        fixture.verify(person, &[]).await;
    }
    let said = "
        UPDATE employments SET start_date = '2025-09-01' WHERE person_display_name = 'learner-1';
        INSERT INTO employment_positions (organization_id, employment_id, place, code, title, start_date, end_date)
        SELECT organization_id, employment_id, place, '', title, '2025-09-01', end_date
        FROM employments,
             (VALUES (1::smallint, 'Cook', NULL::date), (2, 'Baker', '2026-02-28'), (3, 'Driver', '2026-03-01'))
                 AS held (place, title, end_date)
        WHERE person_display_name = 'learner-1'";
    fixture.employments.database.execute(said).await;
    let entry = fixture.reported_of("learner-1").await.unwrap();
    assert_eq!(
        (entry.learner_display_name.as_str(), entry.start_date.as_str()),
        ("learner-1", "2025-09-01")
    );
    assert_eq!(entry.position_titles, ["Cook", "Driver"]);
    let (entries, _) = fixture.staff_report(0, String::new()).await;
    let mut names: Vec<_> = entries
        .iter()
        .map(|entry| entry.learner_display_name.as_str())
        .collect();
    names.sort_unstable();
    assert_eq!(names, ["learner-1", "learner-2", "owner"]);
    assert_eq!(fixture.logged().await, 0, "nothing of it needed a grant");
    // Page by page, too.
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let (entries, next) = fixture.staff_report(1, token).await;
        names.extend(entries.into_iter().map(|entry| entry.learner_display_name));
        token = next;
        if token.is_empty() {
            break;
        }
    }
    names.sort_unstable();
    assert_eq!(names, ["learner-1", "learner-2", "owner"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_says_since_when_the_first_of_those_waits_whom_it_leaves_out() {
    let fixture = Fixture::start().await;
    let page = fixture.first_page().await;
    assert_eq!((page.unverified_count, page.oldest_unverified_time), (0, None));
    let first = fixture.service.clock.now();
    for person in ["learner-1", "learner-2"] {
        fixture.claim_granting(person, None).await;
        eventually(async || fixture.known(person).await.state == "PENDING_VERIFICATION").await;
        fixture.service.clock.advance(std::time::Duration::from_secs(20));
    }
    let page = fixture.first_page().await;
    assert_eq!(
        (page.unverified_count, page.oldest_unverified_time),
        (2, Some(timestamp(first)))
    );
    // Placed in a group meanwhile, it waits as long as before.
    let waits = fixture.known("learner-1").await;
    let name = EmploymentName {
        organization: fixture.organization,
        employment: EmploymentId::from_uuid(waits.employment_id),
    };
    let request = PlaceEmploymentRequest {
        employment: Some(Employment {
            name: name.to_string(),
            groups: vec![fixture.new_group(&[]).await.to_string()],
            ..Default::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["groups".to_owned()],
        }),
        request_id: String::new(),
    };
    let mut employments = EmploymentServiceClient::new(fixture.employments.calls_of(fixture.admin()));
    employments.place_employment(request).await.unwrap();
    eventually(async || fixture.known("learner-1").await.sequence > waits.sequence).await;
    assert_eq!(
        fixture.first_page().await.oldest_unverified_time,
        Some(timestamp(first))
    );
    let verified =
        "UPDATE employment_projection SET state = 'VERIFIED' WHERE state_time = '2026-03-01 12:00Z'";
    fixture.service.database.execute(verified).await;
    let second = first + std::time::Duration::from_secs(20);
    let page = fixture.first_page().await;
    assert_eq!(
        (page.unverified_count, page.oldest_unverified_time),
        (1, Some(timestamp(second)))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_is_on_the_page_is_read_and_everybody_is_on_one_page() {
    let fixture = Fixture::start().await;
    for person in ["learner-1", "learner-2", "learner-3"] {
        fixture.verify(person, &[]).await;
        fixture.grant(person).await.unwrap();
    }
    // The director is verified, too, and granted nothing.
    let (first, token) = fixture.staff_report(3, String::new()).await;
    assert_eq!(first.len(), 3);
    let shared = first.iter().filter(|entry| entry.is_shared).count();
    assert_eq!(fixture.logged().await, i64::try_from(shared).unwrap());
    assert!((2..=3).contains(&shared), "{first:?}");
    let (second, token) = fixture.staff_report(3, token).await;
    assert_eq!((second.len(), token.as_str()), (1, ""));
    assert_eq!(fixture.logged().await, 3, "each once");
    let learners: std::collections::BTreeSet<_> = first
        .into_iter()
        .chain(second)
        .map(|entry| entry.learner)
        .collect();
    assert_eq!(learners.len(), 4);
}

/// Three hundred more who are verified, granted their record and hold twenty certificates each, of trainings with the longest
/// names.
const MUCH: [&str; 5] = [
    "INSERT INTO trainings (training_id, code, display_name, description, creator_person_id, create_time)
     SELECT gen_random_uuid(), 'LONG-' || n, repeat('長', 200), '', gen_random_uuid(), now()
     FROM generate_series(1, 20) AS n",
    "INSERT INTO employment_projection (organization_id, person_id, employment_id, state, sequence, group_ids)
     SELECT organization_id, gen_random_uuid(), gen_random_uuid(), 'VERIFIED', 1, '{}'
     FROM employment_projection, generate_series(1, 300)",
    "INSERT INTO grants (person_id, grant_id, organization_id, state, version, create_time)
     SELECT person_id, gen_random_uuid(), organization_id, 'ACTIVE', 1, now() FROM employment_projection",
    "INSERT INTO assignments (person_id, assignment_id, organization_id, training_id, state, progress_percent,
            certificate_id, version, assign_time, start_time, complete_time)
     SELECT person_id, gen_random_uuid(), organization_id, training_id, 'COMPLETED', 100, gen_random_uuid(), 3, now(),
            now(), now()
     FROM employment_projection, trainings WHERE code LIKE 'LONG-%'",
    "INSERT INTO certificates (person_id, certificate_id, certificate_number, assignment_id, organization_id, training_id,
            training_display_name, issue_time)
     SELECT person_id, certificate_id, certificate_id::text, assignment_id, organization_id, training_id, repeat('長', 200), now()
     FROM assignments WHERE state = 'COMPLETED'",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_much_ends_before_it_is_too_large_and_the_rest_is_not_read_yet() {
    let fixture = Fixture::start().await;
    for statement in MUCH {
        fixture.service.database.execute(statement).await;
    }
    let (mut learners, mut pages, mut token) = (std::collections::BTreeSet::new(), 0, String::new());
    loop {
        let (entries, next) = fixture.staff_report(1000, token).await;
        assert!(!entries.is_empty() && entries.iter().all(|entry| entry.is_shared));
        learners.extend(entries.into_iter().map(|entry| entry.learner));
        assert_eq!(fixture.logged().await, i64::try_from(learners.len()).unwrap());
        (pages, token) = (pages + 1, next);
        if token.is_empty() {
            break;
        }
    }
    // With the director.
    assert_eq!((learners.len(), pages), (301, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_verified_is_not_reported() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.grant("learner-1").await.unwrap();
    eventually(async || fixture.reported_of("learner-1").await.is_some()).await;
    assert_eq!(fixture.left_out().await, 0);
    for (becomes, left_out) in [
        // With the director.
        (
            "UPDATE employment_projection SET state = 'PENDING_VERIFICATION'",
            2,
        ),
        ("UPDATE employment_projection SET state = 'REJECTED'", 0),
        ("UPDATE employment_projection SET state = 'WITHDRAWN'", 0),
        ("UPDATE employment_projection SET state = 'ENDED'", 0),
    ] {
        fixture.service.database.execute(becomes).await;
        assert_eq!(fixture.staff_report(0, String::new()).await.0, []);
        assert_eq!(fixture.left_out().await, left_out, "{becomes}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn registry_staff_are_told_of_everybody_and_everybody_sees_that() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.verify("learner-2", &[]).await;
    fixture.grant("learner-2").await.unwrap();
    let request = ReadStaffReportRequest {
        parent: fixture.organization_name().to_string(),
        ..Default::default()
    };
    let staff = TestCaller::staff(fixture.organization);
    let client = StaffReportServiceClient::new(fixture.service.calls_of(staff));
    let told = eventually_some(async || {
        let page = client.clone().read_staff_report(request.clone()).await;
        let entries = page.unwrap().into_inner().entries;
        let is_there = |person| {
            entries
                .iter()
                .any(|entry| entry.learner == fixture.learner(person).to_string())
        };
        (is_there("learner-1") && is_there("learner-2")).then_some(entries)
    })
    .await;
    assert!(told.iter().all(|entry| entry.is_shared));
    let of_staff = "SELECT count(DISTINCT person_id) FROM record_accesses
                    WHERE reason = 'STAFF' AND kind = 'REPORT' AND grant_id IS NULL AND reader_role IS NULL";
    let seen = fixture.service.database.count(of_staff).await;
    assert_eq!(usize::try_from(seen).unwrap(), told.len());
    let told = fixture.reported_of("learner-1").await.unwrap();
    assert!(!told.is_shared, "the organization itself goes on needing consent");
}

/// They share their record until they are no longer in the report: never are they in it as somebody who does not.
#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_while_the_report_is_read_is_not_in_it() {
    let fixture = Fixture::start().await;
    for person in ["learner-1", "learner-2", "learner-3"] {
        fixture.verify(person, &[]).await;
        fixture.grant(person).await.unwrap();
    }
    let all = async || fixture.staff_report(0, String::new()).await.0.len() == 4;
    eventually(all).await;
    let logged = fixture.logged().await;
    let mut other = fixture.service.database.connection().await;
    let mut ending = other.begin().await.unwrap();
    let person = person_id("learner-2");
    let ends = format!(
        "UPDATE employment_projection SET state = 'ENDED' WHERE person_id = '{person}';
         UPDATE grants SET state = 'LAPSED', version = version + 1 WHERE person_id = '{person}'"
    );
    sqlx::raw_sql(AssertSqlSafe(ends))
        .execute(&mut *ending)
        .await
        .unwrap();
    let waits = async || fixture.service.database.count(WAITING).await == 1;
    let commits = async {
        eventually(waits).await;
        ending.commit().await.unwrap();
    };
    let ((entries, token), ()) = tokio::join!(fixture.staff_report(3, String::new()), commits);
    let left = fixture.learner("learner-2").to_string();
    assert!(entries.iter().all(|entry| entry.learner != left), "{entries:?}");
    // With the director: whoever came next is on the page in their place.
    assert_eq!((entries.len(), token.as_str()), (3, ""));
    let shared = entries.iter().filter(|entry| entry.is_shared).count();
    assert_eq!((shared, fixture.logged().await - logged), (2, 2));
}

/// On other terms one consent ends and another begins at once: no report falls between them.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_meets_a_consent_on_other_terms_goes_by_the_new_one() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.grant("learner-1").await.unwrap();
    let mut other = fixture.service.database.connection().await;
    let mut granting = other.begin().await.unwrap();
    let anew = "SELECT FROM employment_projection ORDER BY person_id FOR NO KEY UPDATE;
                UPDATE grants SET state = 'REVOKED', revoke_time = now(), version = 2;
                INSERT INTO grants (person_id, grant_id, organization_id, state, version, create_time, decide_time, employment_id)
                SELECT person_id, gen_random_uuid(), organization_id, 'ACTIVE', 1, create_time, decide_time, employment_id FROM grants";
    sqlx::raw_sql(anew).execute(&mut *granting).await.unwrap();
    let waits = async || fixture.service.database.count(WAITING).await == 1;
    let commits = async {
        eventually(waits).await;
        granting.commit().await.unwrap();
    };
    let (entry, ()) = tokio::join!(fixture.reported_of("learner-1"), commits);
    assert!(entry.unwrap().is_shared);
    assert_eq!(fixture.logged().await, 1);
}
