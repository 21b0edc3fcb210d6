//! Registry staff load licensed programmes: rows in a stream, each taken or refused by itself.

mod going_on;
mod refusals;

use muster_clock::Clock;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::programme_load_service_client::ProgrammeLoadServiceClient;
use muster_testkit::{TestCaller, TestChannel};
use tonic::Status;

use crate::fixture::Fixture;

impl Fixture {
    pub(crate) fn programme_loads(&self) -> ProgrammeLoadServiceClient<TestChannel> {
        ProgrammeLoadServiceClient::new(self.service.calls_of(TestCaller::platform_staff()))
    }

    async fn stream(&self, messages: Vec<pb::LoadProgrammesRequest>) -> Result<pb::ProgrammeLoad, Status> {
        let messages = futures::stream::iter(messages);
        let answer = self.programme_loads().load_programmes(messages).await?;
        Ok(answer.into_inner().programme_load.unwrap())
    }

    /// A load of its own of these rows.
    pub(crate) async fn load(&self, rows: Vec<pb::ProgrammeRow>) -> pb::ProgrammeLoad {
        self.stream(messages(&load_name(), rows, 2)).await.unwrap()
    }

    async fn get_load(&self, name: &str) -> pb::ProgrammeLoad {
        let request = pb::GetProgrammeLoadRequest {
            name: name.to_owned(),
        };
        let got = self.programme_loads().get_programme_load(request).await.unwrap();
        got.into_inner().programme_load.unwrap()
    }

    /// Row, license number and fields of everything that was refused.
    async fn refused_rows(&self, name: &str) -> Vec<(i32, String, Vec<String>)> {
        let request = pb::ListRefusedProgrammeRowsRequest {
            parent: name.to_owned(),
            ..Default::default()
        };
        let listed = self.programme_loads().list_refused_programme_rows(request).await;
        let shown = |row: pb::RefusedProgrammeRow| {
            let fields = row.problems.into_iter().map(|problem| problem.field);
            (row.row, row.license_number, fields.collect())
        };
        listed.unwrap().into_inner().rows.into_iter().map(shown).collect()
    }
}

fn load_name() -> String {
    format!("programmeLoads/{}", Clock::system().new_uuid())
}

/// The messages of a load, with so many rows each.
fn messages(name: &str, rows: Vec<pb::ProgrammeRow>, each: usize) -> Vec<pb::LoadProgrammesRequest> {
    let count = i32::try_from(rows.len()).unwrap();
    let pieces = rows
        .chunks(each)
        .enumerate()
        .map(|(place, rows)| pb::LoadProgrammesRequest {
            name: if place == 0 {
                name.to_owned()
            } else {
                String::new()
            },
            reason: if place == 0 {
                "the list of March".to_owned()
            } else {
                String::new()
            },
            row_count: if place == 0 { count } else { 0 },
            first_row: 0,
            rows: rows.to_vec(),
        });
    pieces.collect()
}

/// A programme with this number.
pub(crate) fn programme(number: &str) -> pb::ProgrammeRow {
    pb::ProgrammeRow {
        licensing_authority: "us-mi".to_owned(),
        license_number: number.to_owned(),
        display_name: format!("Sunshine {number}"),
        address: Some(pb::ProgrammeAddress {
            street_address: "12 Main Street".to_owned(),
            city: "Ann Arbor".to_owned(),
            region: "MI".to_owned(),
            postal_code: "48103".to_owned(),
        }),
        r#type: pb::ProgrammeType::DirectCare.into(),
        license_status: pb::LicenseStatus::Active.into(),
    }
}

fn programmes(count: usize) -> Vec<pb::ProgrammeRow> {
    (0..count)
        .map(|number| programme(&format!("DC {number:06}")))
        .collect()
}

/// Added, changed, unchanged, refused.
fn counts(load: &pb::ProgrammeLoad) -> [i32; 4] {
    [
        load.added_count,
        load.changed_count,
        load.unchanged_count,
        load.refused_count,
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_adds_what_is_not_known_and_says_so() {
    let fixture = Fixture::new().await;
    let load = fixture.load(programmes(5)).await;
    assert_eq!(counts(&load), [5, 0, 0, 0]);
    assert_eq!((load.row_count, load.taken_count), (5, 5));
    assert_eq!(load.state(), pb::ProgrammeLoadState::Done);
    assert_eq!(load.reason, "the list of March");
    assert!(load.creator.starts_with("persons/") && load.finish_time.is_some());
    assert_eq!(fixture.get_load(&load.name).await, load);
    let stored = "SELECT count(*) FROM programmes
                  WHERE display_name = 'Sunshine ' || license_number_as_given AND city = 'Ann Arbor'
                    AND license_number_normalized = replace(license_number_as_given, ' ', '')
                    AND programme_type = 'DIRECT_CARE' AND license_status = 'ACTIVE'
                    AND street_address = '12 Main Street' AND region = 'MI' AND postal_code = '48103'";
    assert_eq!(fixture.service.database.count(stored).await, 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_load_changes_what_is_different_and_leaves_the_rest() {
    let fixture = Fixture::new().await;
    let first = fixture.load(programmes(4)).await;
    let mut rows = programmes(5);
    rows[0].license_status = pb::LicenseStatus::Suspended.into();
    rows[1].address.as_mut().unwrap().street_address.clear();
    // Another spelling is shown as it is given; it is the same license.
    rows[2].license_number = "dc-000002".to_owned();
    rows[2].display_name = "Sunshine DC 000002".to_owned();
    let second = fixture.load(rows).await;
    assert_eq!(counts(&second), [1, 3, 1, 0]);
    let id = |load: &pb::ProgrammeLoad| load.name.replace("programmeLoads/", "");
    let expected = format!(
        "SELECT count(*) FROM programmes WHERE seen_load_id = '{1}' AND (changed_load_id, license_number_normalized) IN (
             ('{1}', 'DC000000'), ('{1}', 'DC000001'), ('{1}', 'DC000002'), ('{0}', 'DC000003'), ('{1}', 'DC000004'))",
        id(&first),
        id(&second)
    );
    let mut connection = fixture.service.database.connection().await;
    let counted = sqlx::query_scalar::<_, i64>(sqlx::AssertSqlSafe(expected));
    assert_eq!(counted.fetch_one(&mut connection).await.unwrap(), 5);
    let halted = "SELECT count(*) FROM programmes WHERE license_status = 'SUSPENDED' OR street_address = ''";
    assert_eq!(fixture.service.database.count(halted).await, 2);
    assert_eq!(counts(&fixture.load(programmes(1)).await), [0, 1, 0, 0]);
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM programmes")
            .await,
        5
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_makes_no_sense_is_refused_by_itself_with_everything_that_is_wrong() {
    let fixture = Fixture::new().await;
    let mut rows = programmes(6);
    rows[1].license_number = "№ 1".to_owned();
    rows[1].display_name.clear();
    rows[3].address = None;
    rows[3].r#type = 99;
    rows[3].license_status = 0;
    rows[4] = pb::ProgrammeRow::default();
    let load = fixture.load(rows).await;
    assert_eq!(counts(&load), [3, 0, 0, 3]);
    let all = [
        "licensing_authority",
        "license_number",
        "display_name",
        "address.city",
        "type",
        "license_status",
    ];
    let owned = |fields: &[&str]| fields.iter().map(|field| (*field).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        fixture.refused_rows(&load.name).await,
        [
            (2, "№ 1".to_owned(), owned(&["license_number", "display_name"])),
            (
                4,
                "DC 000003".to_owned(),
                owned(&["address.city", "type", "license_status"])
            ),
            (5, String::new(), owned(&all)),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_license_of_an_earlier_row_is_refused_and_that_row_is_named() {
    let fixture = Fixture::new().await;
    let mut rows = programmes(5);
    // In the same message, and in a later one.
    rows[1].license_number = "dc-000000".to_owned();
    rows[4].license_number = "DC000003".to_owned();
    rows[3].display_name = "The first one counts".to_owned();
    let load = fixture.load(rows.clone()).await;
    assert_eq!(counts(&load), [3, 0, 0, 2]);
    let request = pb::ListRefusedProgrammeRowsRequest {
        parent: load.name.clone(),
        ..Default::default()
    };
    let listed = fixture
        .programme_loads()
        .list_refused_programme_rows(request)
        .await;
    let said = |row: pb::RefusedProgrammeRow| (row.row, row.problems[0].description.clone());
    let said: Vec<_> = listed.unwrap().into_inner().rows.into_iter().map(said).collect();
    let text = |row| format!("must not be that of another row; row {row} has it");
    assert_eq!(said, [(2, text(1)), (5, text(4))]);
    let kept = "SELECT count(*) FROM programmes WHERE display_name = 'The first one counts'";
    assert_eq!(fixture.service.database.count(kept).await, 1);
    // Again, all in one message.
    let again = fixture.stream(messages(&load_name(), rows, 10)).await.unwrap();
    assert_eq!(counts(&again), [0, 0, 3, 2]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_authority_that_pads_has_one_programme_with_and_without_zeros() {
    let fixture = Fixture::new().await;
    let padded = |number: &str| pb::ProgrammeRow {
        licensing_authority: "us-ny".to_owned(),
        ..programme(number)
    };
    fixture.load(vec![padded("DC-12")]).await;
    // The last one is not written as the authority writes its numbers.
    let again = vec![padded("DC-0012"), programme("DC-12"), padded("DC-12345")];
    assert_eq!(counts(&fixture.load(again).await), [1, 1, 0, 1]);
}
