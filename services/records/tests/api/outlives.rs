//! Nothing that a consent once allowed outlives it (R24). Each call that needs the permission to read records has a case here, and so
//! has what such a call leaves in the hands of its caller: a new call without one fails.

use std::collections::BTreeSet;
use std::time::Duration;

use muster_access::Rules;
use muster_client::acts::employment;
use muster_ids::EmploymentName;
use muster_proto::records::v1::staff_report_service_client::StaffReportServiceClient;
use muster_proto::records::v1::{ExportFormat, ExportStaffReportRequest, GrantState, StaffReportEntry};
use muster_testkit::eventually;

use crate::exports::lines;
use crate::fixture::{Fixture, person_id};

const PERMISSION: &str = "learning_record.read";
/// What was learned elsewhere, which only a consent shows.
const ELSEWHERE: &str = "About B-";
const MOMENT: Duration = Duration::from_secs(30);

/// What a consent opens: by the call, and what of it.
const OPENED: [(&str, &str); 6] = [
    ("GetLearningRecord", "the record"),
    ("ExportLearningRecord", "the record as a file"),
    ("ReadStaffReport", "a line of the report"),
    ("ReadStaffReport", "the token of a page"),
    ("ExportStaffReport", "a line of the report as a file"),
    ("ListLearnerGrants", "that it is granted"),
];

/// How a consent comes to be over.
#[derive(Debug, Clone, Copy)]
enum End {
    Revoked,
    OverByTheClock,
    WithTheEmployment,
}

fn shows(entry: &StaffReportEntry) -> bool {
    let mut certificates = entry.certificates.iter();
    entry.is_shared
        && certificates.any(|certificate| certificate.training_display_name.starts_with(ELSEWHERE))
}

impl Fixture {
    /// Somebody who is not the first one in the report, with the token of their page.
    async fn on_a_later_page(&self) -> (&'static str, String) {
        let mut token = String::new();
        loop {
            let (entries, next) = self.staff_report(1, token.clone()).await;
            let learner = |who: &&str| entries[0].learner == self.learner(who).to_string();
            match ["learner-1", "learner-2"].into_iter().find(learner) {
                Some(who) if !token.is_empty() => return (who, token),
                _ => token = next,
            }
        }
    }

    /// Whether this shows what only a consent does.
    async fn opens(&self, person: &str, opened: (&str, &str), token: &str) -> bool {
        match opened {
            ("GetLearningRecord", _) => self.read(person).await.is_ok_and(|record| {
                let mut assignments = record.assignments.iter();
                assignments.any(|one| one.training_display_name.starts_with(ELSEWHERE))
            }),
            ("ExportLearningRecord", _) => {
                let file = self.exported(person, ExportFormat::Csv).await;
                file.is_ok_and(|file| lines(&file).iter().any(|line| line.starts_with(ELSEWHERE)))
            }
            ("ReadStaffReport", "the token of a page") => {
                let (entries, _) = self.staff_report(1, token.to_owned()).await;
                entries.iter().any(shows)
            }
            ("ReadStaffReport", _) => self.reported_of(person).await.as_ref().is_some_and(shows),
            ("ExportStaffReport", _) => {
                let file = self.exported_report(ExportFormat::Csv).await.unwrap();
                let lines = lines(&file);
                let mut own = lines.iter().filter(|line| line.starts_with(person));
                own.any(|line| line.contains(ELSEWHERE))
            }
            ("ListLearnerGrants", _) => {
                let grants = self.grants_of(person).await;
                grants.iter().any(|grant| grant.state() == GrantState::Active)
            }
            unknown => unreachable!("there is no case of {unknown:?}"),
        }
    }

    async fn ends(&self, person: &str, employment: EmploymentName, end: End) {
        match end {
            End::Revoked => {
                let grant = self.own_grants(person).await.remove(0);
                self.revoke(person, grant.name).await.unwrap();
            }
            End::OverByTheClock => self.pass(MOMENT),
            End::WithTheEmployment => {
                let admin = self.employments.calls_of(self.admin());
                let ended = employment::end(&admin, &employment.to_string(), "gone", "").await;
                ended.unwrap();
                eventually(async || self.known(person).await.state == "ENDED").await;
            }
        }
    }
}

#[test]
fn each_call_that_needs_the_permission_has_a_case() {
    let rules = Rules::load(muster_proto::pool()).unwrap();
    let need = rules.iter().filter(|rule| rule.permission() == Some(PERMISSION));
    let need: BTreeSet<&str> = need.map(|rule| rule.method.as_str()).collect();
    let cases: BTreeSet<&str> = OPENED.iter().map(|(rpc, _)| *rpc).collect();
    assert_eq!(need, cases);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_consent_opened_is_closed_when_it_is_over_however_it_came_to_be() {
    let mut fixture = Fixture::start().await;
    let elsewhere = [("learner-1", "B-1"), ("learner-2", "B-2")];
    fixture.completed_elsewhere(&elsewhere).await;
    let one = fixture.verify("learner-1", &[]).await;
    let two = fixture.verify("learner-2", &[]).await;
    let (person, token) = fixture.on_a_later_page().await;
    let employment = if person == "learner-1" { one } else { two };

    for end in [End::Revoked, End::OverByTheClock, End::WithTheEmployment] {
        let opens = async |opened| fixture.opens(person, opened, &token).await;
        match end {
            End::OverByTheClock => fixture.grant_until(person, MOMENT).await.unwrap(),
            End::Revoked | End::WithTheEmployment => fixture.grant(person).await.unwrap(),
        };
        for opened in OPENED {
            assert!(opens(opened).await, "{opened:?} before {end:?}");
        }
        fixture.ends(person, employment, end).await;
        let logged = fixture.logged().await;
        for opened in OPENED {
            assert!(!opens(opened).await, "{opened:?} after {end:?}");
        }
        assert_eq!(fixture.logged().await, logged, "{end:?}: nothing was read by it");
    }
}

/// So many come before them that what waits for the caller, in the service and on the way, is not all of it.
#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_being_written_goes_by_what_is_granted_when_the_row_is() {
    let mut fixture = Fixture::start().await;
    fixture.completed_elsewhere(&[("learner-1", "B-1")]).await;
    fixture.verify("learner-1", &[]).await;
    let grant = fixture.grant("learner-1").await.unwrap();
    let many = sqlx::query(
        "INSERT INTO employment_projection (organization_id, person_id, employment_id, state, sequence, group_ids)
         SELECT $1, lpad(to_hex(number), 32, '0')::uuid, gen_random_uuid(), 'VERIFIED', 1, '{}'
         FROM generate_series(1, 40000) AS number",
    );
    let mut connection = fixture.service.database.connection().await;
    let many = many.bind(fixture.organization.as_uuid());
    many.execute(&mut connection).await.unwrap();
    assert!(
        person_id("learner-1").as_uuid().as_u128() > 40_000,
        "they come last"
    );

    let request = ExportStaffReportRequest {
        parent: fixture.organization_name().to_string(),
        format: ExportFormat::Csv.into(),
    };
    let mut client = StaffReportServiceClient::new(fixture.service.calls_of(fixture.admin()));
    let mut pieces = client.export_staff_report(request).await.unwrap().into_inner();
    let piece = pieces.message().await.unwrap().unwrap();
    assert_eq!(piece.row_count, 200);
    fixture.revoke("learner-1", grant.name).await.unwrap();
    let mut bytes = piece.file.unwrap().data;
    while let Some(piece) = pieces.message().await.unwrap() {
        bytes.extend(piece.file.unwrap().data);
    }
    let text = String::from_utf8(bytes).unwrap();
    let row = text.lines().find(|line| line.starts_with("learner-1,")).unwrap();
    assert!(!row.contains(ELSEWHERE) && row.contains(",no,"), "{row}");
    assert_eq!(fixture.logged().await, 0);
}
