//! For how long trainings count, and until when: on certificates, and in the report on the staff.

use std::time::Duration;

use muster_client::acts::record;
use muster_proto::records::v1::staff_report_service_client::StaffReportServiceClient;
use muster_proto::records::v1::{
    Certificate, CreateTrainingRequest, ExportFormat, ListPersonCertificatesRequest, ReadStaffReportRequest,
    StaffReportEntry, Training,
};
use muster_refusal::ErrorReason;
use muster_testkit::TestCaller;

use crate::fixture::{Fixture, me, reason};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

impl Fixture {
    /// Completes a training that counts so many minutes, and so many months.
    async fn completes(&self, person: &str, code: &str, minutes: i32, months: i32) {
        let training = self.new_training_of(code, minutes, months).await;
        let assignment = self.assigned_training(person, training).await;
        self.report(&assignment, 100).await.unwrap();
    }

    async fn certificates_of(&self, person: &str) -> Vec<Certificate> {
        let request = ListPersonCertificatesRequest {
            parent: me(),
            ..Default::default()
        };
        let mut client = self.person_records(TestCaller::person(person));
        let listed = client.list_person_certificates(request).await;
        listed.unwrap().into_inner().certificates
    }

    async fn hours_of(&self, person: &str) -> StaffReportEntry {
        let request = ReadStaffReportRequest {
            parent: self.organization_name().to_string(),
            ..Default::default()
        };
        let mut client = StaffReportServiceClient::new(self.service.calls_of(self.admin()));
        let page = client.read_staff_report(request).await.unwrap().into_inner();
        let learner = self.learner(person).to_string();
        let mut entries = page.entries.into_iter();
        entries.find(|entry| entry.learner == learner).unwrap()
    }
}

fn years(entry: &StaffReportEntry) -> Vec<(i32, i64)> {
    let years = entry.training_years.iter();
    years.map(|year| (year.year, year.duration_minutes)).collect()
}

fn expiring(entry: &StaffReportEntry) -> Vec<&str> {
    let expiring = entry.expiring_certificates.iter();
    expiring.map(|one| one.training_display_name.as_str()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_says_for_how_long_the_training_counted_and_until_when_it_is_valid() {
    let fixture = Fixture::start().await;
    fixture.completes("learner-1", "A-1", 90, 12).await;
    fixture.completes("learner-1", "A-2", 0, 0).await;
    let certificates = fixture.certificates_of("learner-1").await;
    let told = |code: &str| {
        let found = certificates
            .iter()
            .find(|one| one.training_display_name.ends_with(code))
            .unwrap();
        let valid = found
            .expire_time
            .map(|time| time.seconds - found.issue_time.unwrap().seconds);
        (found.duration_minutes, valid)
    };
    assert_eq!(told("A-1"), (90, Some(365 * 24 * 60 * 60)));
    assert_eq!(told("A-2"), (0, None));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_tells_hours_by_year_and_what_expires_within_90_days_of_what_may_be_seen() {
    let mut fixture = Fixture::start().await;
    let first = fixture.organization;
    fixture.completes("learner-1", "A-1", 90, 12).await;
    fixture.completes("learner-1", "A-2", 45, 3).await;
    let later = fixture.new_training_of("A-3", 60, 0).await;
    let later = fixture.assigned_training("learner-1", later).await;
    fixture.organization = fixture.open_organization().await;
    fixture.completes("learner-1", "B-1", 30, 1).await;
    fixture.organization = first;

    let entry = fixture.hours_of("learner-1").await;
    assert_eq!(years(&entry), [(2026, 135)]);
    // From the first of March, three months are 92 days.
    assert_eq!((entry.expiring_count, expiring(&entry)), (0, vec![]));
    fixture.pass(2 * DAY);
    let entry = fixture.hours_of("learner-1").await;
    assert_eq!((entry.expiring_count, expiring(&entry)), (1, vec!["About A-2"]));

    fixture.grant("learner-1").await.unwrap();
    let entry = fixture.hours_of("learner-1").await;
    assert_eq!(years(&entry), [(2026, 165)]);
    assert_eq!(
        (entry.expiring_count, expiring(&entry)),
        (2, vec!["About B-1", "About A-2"])
    );

    // Another year, in which what has expired is told no more, nor what is outlived.
    fixture.pass(330 * DAY);
    fixture.report(&later, 100).await.unwrap();
    let entry = fixture.hours_of("learner-1").await;
    assert_eq!(years(&entry), [(2027, 60), (2026, 165)]);
    assert_eq!(expiring(&entry), ["About A-1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_later_certificate_of_the_same_training_outlives_is_not_told_to_expire() {
    let fixture = Fixture::start().await;
    let training = fixture.new_training_of("A-1", 60, 2).await;
    let assignment = fixture.assigned_training("learner-1", training).await;
    fixture.report(&assignment, 100).await.unwrap();
    assert_eq!(fixture.hours_of("learner-1").await.expiring_count, 1);
    let again = "INSERT INTO assignments (person_id, assignment_id, organization_id, training_id, group_id, state, progress_percent,
                         certificate_id, version, assign_time, start_time, complete_time)
                 SELECT person_id, '00000000-0000-7000-8000-00000000000a', organization_id, training_id, group_id, state, progress_percent,
                        '00000000-0000-7000-8000-00000000000b', version, assign_time, start_time, complete_time FROM assignments;
                 INSERT INTO certificates (person_id, certificate_id, certificate_number, assignment_id, organization_id, training_id,
                         training_display_name, issue_time, duration_minutes, expire_time)
                 SELECT person_id, '00000000-0000-7000-8000-00000000000b', 'B', '00000000-0000-7000-8000-00000000000a', organization_id,
                        training_id, training_display_name, issue_time, duration_minutes, expire_time + interval '1 day'
                 FROM certificates";
    fixture.service.database.execute(again).await;
    let entry = fixture.hours_of("learner-1").await;
    assert_eq!((entry.expiring_count, entry.certificate_count), (1, 2));
    assert_eq!(entry.expiring_certificates[0].certificate_number, "B");
    assert_eq!(years(&entry), [(2026, 120)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_file_says_the_same_in_every_format() {
    let fixture = Fixture::start().await;
    fixture.completes("learner-1", "A-1", 95, 1).await;
    let admin = fixture.service.calls_of(fixture.admin());
    let organization = fixture.organization_name().to_string();
    let csv = record::export_staff_report(&admin, &organization, ExportFormat::Csv)
        .await
        .unwrap();
    let text = String::from_utf8(csv.bytes).unwrap();
    assert!(
        text.lines()
            .next()
            .unwrap()
            .contains("Hours by year,Expire within 90 days,Which expire")
    );
    let row = text.lines().find(|line| line.starts_with("learner-1,")).unwrap();
    assert!(row.contains(",2026: 1:35,1,About A-1 (2026-04-01),"), "{row}");
    let json = record::export_staff_report(&admin, &organization, ExportFormat::Json)
        .await
        .unwrap();
    let text = String::from_utf8(json.bytes).unwrap();
    assert!(
        text.contains("2026: 1:35") && text.contains("About A-1 (2026-04-01)"),
        "{text}"
    );
    for format in [ExportFormat::Xlsx, ExportFormat::Pdf] {
        let file = record::export_staff_report(&admin, &organization, format)
            .await
            .unwrap();
        assert!(file.bytes.len() > 1000, "{format:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_training_counts_for_no_less_than_nothing_and_no_longer_than_fifty_years() {
    let fixture = Fixture::start().await;
    for (minutes, months) in [(-1, 0), (100_001, 0), (0, -1), (0, 601)] {
        let request = CreateTrainingRequest {
            training: Some(Training {
                code: "A-1".to_owned(),
                display_name: "About A-1".to_owned(),
                duration_minutes: minutes,
                validity_months: months,
                ..Default::default()
            }),
            request_id: String::new(),
            reason: "a test".to_owned(),
        };
        let mut trainings = fixture.trainings(TestCaller::platform_staff());
        let refused = trainings.create_training(request).await;
        assert_eq!(reason(refused), ErrorReason::InvalidRequest, "{minutes} {months}");
    }
}
