//! Files of reports and records: what is in them, what is logged of them, and when they end.

use std::io::Read as _;

use flate2::read::DeflateDecoder;
use muster_client::acts::record::{self, Download};
use muster_proto::records::v1::staff_report_service_client::StaffReportServiceClient;
use muster_proto::records::v1::{
    ExportFormat, ExportStaffReportRequest, ListRecordAccessesRequest, RecordAccess,
};
use muster_refusal::ErrorReason;
use muster_testkit::{TestCaller, eventually};
use tonic::Status;

use crate::fixture::{Fixture, me, reason};

impl Fixture {
    pub(crate) async fn exported_report(&self, format: ExportFormat) -> Result<Download, Status> {
        let organization = self.organization_name().to_string();
        let admin = self.service.calls_of(self.admin());
        Ok(record::export_staff_report(&admin, &organization, format).await?)
    }

    pub(crate) async fn exported(&self, person: &str, format: ExportFormat) -> Result<Download, Status> {
        let admin = self.service.calls_of(self.admin());
        Ok(record::export(&admin, &self.learner(person).to_string(), format).await?)
    }

    async fn exported_own(&self, person: &str, format: ExportFormat) -> Download {
        let caller = self.service.calls_of(TestCaller::person(person));
        record::export_own(&caller, format).await.unwrap()
    }

    pub(crate) async fn accesses_of(&self, person: &str) -> Vec<RecordAccess> {
        let request = ListRecordAccessesRequest {
            parent: me(),
            ..Default::default()
        };
        let mut client = self.person_records(TestCaller::person(person));
        let listed = client.list_record_accesses(request).await;
        listed.unwrap().into_inner().record_accesses
    }
}

/// The lines of a table, without its headings.
pub(crate) fn lines(csv: &Download) -> Vec<String> {
    let text = std::str::from_utf8(&csv.bytes).unwrap();
    let lines = text.lines().skip(1);
    lines.map(str::to_owned).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_names_everybody_and_holds_what_was_granted() {
    let mut fixture = Fixture::start().await;
    let own = fixture.assigned("learner-1", "A-1").await;
    fixture.report(&own, 100).await.unwrap();
    fixture.completed_elsewhere(&[("learner-1", "B-1")]).await;
    fixture.verify("learner-2", &[]).await;

    let csv = fixture.exported_report(ExportFormat::Csv).await.unwrap();
    assert_eq!(
        (csv.file_name.as_str(), csv.media_type.as_str()),
        ("staff-report-2026-03-01.csv", "text/csv")
    );
    let rows = lines(&csv);
    assert_eq!(rows.len(), 3, "two learners and the director: {rows:?}");
    let one = rows.iter().find(|row| row.starts_with("learner-1,")).unwrap();
    assert!(
        one.contains("About A-1 (2026-03-01)") && !one.contains("About B-1"),
        "{one}"
    );
    assert!(one.contains(",0,0,1,2026-03-01T12:00:00Z,no,1,"), "{one}");
    assert!(rows.iter().any(|row| row.starts_with("learner-2,")), "{rows:?}");
    assert_eq!(fixture.logged().await, 0, "nothing of it needed a grant");

    fixture.grant("learner-1").await.unwrap();
    for (format, kind) in [
        (ExportFormat::Csv, "csv"),
        (ExportFormat::CsvExcel, "csv"),
        (ExportFormat::CsvExcelSemicolon, "csv"),
        (ExportFormat::Xlsx, "xlsx"),
        (ExportFormat::Pdf, "pdf"),
        (ExportFormat::Json, "json"),
    ] {
        let file = fixture.exported_report(format).await.unwrap();
        assert!(file.file_name.ends_with(kind), "{}", file.file_name);
        let begins: &[u8] = match format {
            ExportFormat::Xlsx => b"PK",
            ExportFormat::Pdf => b"%PDF-",
            ExportFormat::Json => b"[",
            ExportFormat::CsvExcel => "\u{feff}Name,".as_bytes(),
            ExportFormat::CsvExcelSemicolon => "\u{feff}Name;".as_bytes(),
            _ => b"Name,",
        };
        assert!(file.bytes.starts_with(begins), "{format:?}");
        assert_eq!(file.row_count, 3, "{format:?}");
        if format == ExportFormat::Csv {
            let rows = lines(&file);
            let one = rows.iter().find(|row| row.starts_with("learner-1,")).unwrap();
            assert!(one.contains("About B-1") && one.contains(",yes,2,"), "{one}");
        }
    }
    let formats: Vec<_> = fixture.accesses_of("learner-1").await;
    let formats: Vec<_> = formats.iter().map(RecordAccess::export_format).collect();
    assert_eq!(
        formats,
        [
            ExportFormat::Json,
            ExportFormat::Pdf,
            ExportFormat::Xlsx,
            ExportFormat::CsvExcelSemicolon,
            ExportFormat::CsvExcel,
            ExportFormat::Csv
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_record_is_written_with_consent_only_and_logged_once() {
    let fixture = Fixture::start().await;
    let own = fixture.assigned("learner-1", "A-1").await;
    fixture.report(&own, 100).await.unwrap();
    fixture.assigned("learner-1", "A-2").await;
    let refused = fixture.exported("learner-1", ExportFormat::Json).await;
    assert_eq!(reason(refused), ErrorReason::GrantRequired);
    assert_eq!(
        reason(fixture.exported("nobody", ExportFormat::Json).await),
        ErrorReason::NotFound
    );
    assert_eq!(fixture.logged().await, 0);

    let grant = fixture.grant("learner-1").await.unwrap();
    let file = fixture.exported("learner-1", ExportFormat::Json).await.unwrap();
    let text = String::from_utf8(file.bytes.clone()).unwrap();
    assert_eq!(text.matches(r#""training":"#).count(), 2, "{text}");
    assert_eq!(text.matches(r#""certificateNumber":"#).count(), 1, "{text}");
    assert!(!text.contains(r#""organization":"""#), "{text}");
    let accesses = fixture.accesses_of("learner-1").await;
    assert_eq!(accesses.len(), 1, "{accesses:?}");
    assert_eq!(accesses[0].export_format(), ExportFormat::Json);
    assert_eq!(accesses[0].reader_display_name, "admin");

    // Their own is the same, and nobody's reading.
    assert_eq!(fixture.exported_own("learner-1", ExportFormat::Json).await, file);
    let pdf = fixture.exported_own("learner-1", ExportFormat::Pdf).await;
    assert_eq!(pdf.file_name, "learning-record-2026-03-01.pdf");
    assert!(pdf.bytes.ends_with(b"%%EOF\n"));
    assert_eq!(fixture.logged().await, 1);

    fixture.revoke("learner-1", grant.name).await.unwrap();
    let refused = fixture.exported("learner-1", ExportFormat::Json).await;
    assert_eq!(reason(refused), ErrorReason::GrantRequired);
    assert_eq!(fixture.logged().await, 1);
}

/// The parts of an archive, as they are before they are compressed.
fn parts(archive: &[u8]) -> Vec<String> {
    let mut parts = Vec::new();
    for (at, signature) in archive.windows(4).enumerate() {
        if signature != b"PK\x03\x04" {
            continue;
        }
        let name_length = usize::from(archive[at + 26]);
        let mut text = String::new();
        let mut part = DeflateDecoder::new(&archive[at + 30 + name_length..]);
        part.read_to_string(&mut text).unwrap();
        parts.push(text);
    }
    parts
}

/// Whoever waits to be verified is not overlooked because a file has no row of them (R1).
#[tokio::test(flavor = "multi_thread")]
async fn a_report_says_how_many_it_leaves_out_and_as_of_when_it_is() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.claim_granting("learner-2", None).await;
    eventually(async || fixture.known("learner-2").await.state == "PENDING_VERIFICATION").await;
    let file = fixture.exported_report(ExportFormat::Xlsx).await.unwrap();
    let parts = parts(&file.bytes);
    let notes = parts.iter().find(|part| part.contains("Made on")).unwrap();
    for said in [
        "Staff report: Day nursery",
        "Made on 2026-03-01 at 07:00 EST (UTC-5), by admin",
        "Left out because their employment waits to be verified: 1, the longest since 2026-03-01.",
        "Times are in UTC, days are those of America/Detroit. Hours are added up by the year in UTC.",
    ] {
        assert!(notes.contains(said), "{said}: {notes}");
    }
    assert!(parts.iter().any(|part| part.contains("learner-1")));
    assert!(parts.iter().all(|part| !part.contains("learner-2")));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employee_with_the_name_of_a_formula_is_none() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let rename = "UPDATE employments SET person_display_name = '=HYPERLINK(\"x\")' WHERE person_display_name = 'learner-1'";
    fixture.employments.database.execute(rename).await;
    let rows = lines(&fixture.exported_report(ExportFormat::Csv).await.unwrap());
    assert!(
        rows.iter().any(|row| row.starts_with(r#""'=HYPERLINK(""x"")","#)),
        "{rows:?}"
    );
}

/// A record is so long that it is read piece by piece, and consent is taken back in the middle.
#[tokio::test(flavor = "multi_thread")]
async fn a_file_ends_with_the_consent() {
    let fixture = Fixture::start().await;
    fixture.assigned("learner-1", "A-1").await;
    let grant = fixture.grant("learner-1").await.unwrap();
    // So many that what waits for the caller, in the service and on the way, is not all of it.
    let many = "INSERT INTO assignments (person_id, assignment_id, organization_id, training_id, group_id, state,
                                         progress_percent, version, assign_time)
                SELECT person_id, gen_random_uuid(), organization_id, training_id, group_id, 'CANCELLED', 0, 1, assign_time
                FROM assignments, generate_series(1, 20000)";
    fixture.service.database.execute(many).await;
    let mut client = fixture.learning_records(fixture.admin());
    let request = muster_proto::records::v1::ExportLearningRecordRequest {
        name: fixture.record_request("learner-1").name,
        format: ExportFormat::Csv.into(),
    };
    let mut pieces = client.export_learning_record(request).await.unwrap().into_inner();
    let first = pieces.message().await.unwrap().unwrap();
    assert_eq!((first.row_count, first.expected_row_count), (200, 20_001));
    fixture.revoke("learner-1", grant.name).await.unwrap();
    let refused = loop {
        match pieces.message().await {
            Ok(Some(piece)) => assert!(piece.row_count < 20_001 && piece.sha256.is_empty()),
            Ok(None) => panic!("all of it came"),
            Err(refused) => break refused,
        }
    };
    assert_eq!(
        muster_refusal::reason_of(&refused),
        Some(ErrorReason::GrantRequired)
    );
    assert_eq!(fixture.logged().await, 1);
}

/// Whoever waits for a file sees how much of it is there.
#[tokio::test(flavor = "multi_thread")]
async fn each_piece_says_how_many_rows_there_are_to_be() {
    let fixture = Fixture::start().await;
    for person in ["learner-1", "learner-2"] {
        fixture.verify(person, &[]).await;
    }
    let more = "INSERT INTO employment_projection (organization_id, person_id, employment_id, state, sequence, group_ids)
                SELECT organization_id, gen_random_uuid(), gen_random_uuid(), 'VERIFIED', 1, '{}'
                FROM employment_projection, generate_series(1, 100)";
    fixture.service.database.execute(more).await;
    let mut client = StaffReportServiceClient::new(fixture.service.calls_of(fixture.admin()));
    let request = ExportStaffReportRequest {
        parent: fixture.organization_name().to_string(),
        format: ExportFormat::Csv.into(),
    };
    let mut pieces = client.export_staff_report(request).await.unwrap().into_inner();
    let mut told = Vec::new();
    while let Some(piece) = pieces.message().await.unwrap() {
        // With the director.
        assert_eq!(piece.expected_row_count, 303);
        told.push(piece.row_count);
    }
    assert!(told.len() > 2 && told.is_sorted(), "{told:?}");
    assert_eq!((told[0], told.last()), (200, Some(&303)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_is_free_again_when_nobody_takes_the_file() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    for _ in 0..3 {
        let mut held = Vec::new();
        for _ in 0..16 {
            let mut client = fixture.person_records(TestCaller::person("learner-1"));
            let request = muster_proto::records::v1::ExportPersonLearningRecordRequest {
                parent: me(),
                format: ExportFormat::Csv.into(),
            };
            held.push(client.export_person_learning_record(request).await);
        }
        drop(held);
        eventually(async || fixture.exported_report(ExportFormat::Csv).await.is_ok()).await;
    }
}

/// Nobody writes down that it is: what opens a record asks for the time.
#[tokio::test(flavor = "multi_thread")]
async fn neither_the_report_nor_a_file_goes_by_a_consent_that_is_over_by_the_clock() {
    let mut fixture = Fixture::start().await;
    fixture.completed_elsewhere(&[("learner-1", "B-1")]).await;
    fixture.verify("learner-1", &[]).await;
    let time = std::time::Duration::from_secs(30);
    fixture.grant_until("learner-1", time).await.unwrap();
    let shares = async |fixture: &Fixture| {
        let rows = lines(&fixture.exported_report(ExportFormat::Csv).await.unwrap());
        let row = rows.into_iter().find(|row| row.starts_with("learner-1,"));
        row.unwrap().contains("About B-1")
    };
    assert!(shares(&fixture).await);
    assert!(fixture.reported_of("learner-1").await.unwrap().is_shared);
    fixture.exported("learner-1", ExportFormat::Csv).await.unwrap();
    let logged = fixture.logged().await;

    fixture.service.clock.advance(time);
    assert!(!shares(&fixture).await);
    let entry = fixture.reported_of("learner-1").await.unwrap();
    assert_eq!((entry.is_shared, entry.certificate_count), (false, 0));
    let exported = fixture.exported("learner-1", ExportFormat::Csv).await;
    assert_eq!(reason(exported), ErrorReason::GrantRequired);
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
    assert_eq!(fixture.logged().await, logged, "nothing more was read by it");
    let written = "SELECT count(*) FROM grants WHERE state = 'ACTIVE'";
    assert_eq!(fixture.service.database.count(written).await, 1);
}
