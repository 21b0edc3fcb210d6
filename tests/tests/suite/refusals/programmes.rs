//! Licensed programmes.

use muster_proto::organization::v1::{
    GetProgrammeLoadRequest, LicenseStatus, ListRefusedProgrammeRowsRequest, LoadProgrammesRequest,
    ProgrammeAddress, ProgrammeRow, ProgrammeType,
};
use muster_refusal::ErrorReason as R;

use super::attempt::Attempt;
use super::stage::Stage;
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = loaded();
    rows.extend(read());
    rows
}

/// A load of so many rows, of which one comes.
fn loading(at: &Stage, row_count: i32) -> LoadProgrammesRequest {
    LoadProgrammesRequest {
        name: format!("programmeLoads/{}", at.suite.request_id()),
        reason: "the list of March".into(),
        row_count,
        first_row: 0,
        rows: vec![programme(&at.suite.request_id())],
    }
}

fn programme(number: &str) -> ProgrammeRow {
    ProgrammeRow {
        licensing_authority: "us-mi".into(),
        license_number: number.into(),
        display_name: "Sunshine Day Care".into(),
        address: Some(ProgrammeAddress {
            city: "Ann Arbor".into(),
            ..Default::default()
        }),
        r#type: ProgrammeType::DirectCare.into(),
        license_status: LicenseStatus::Active.into(),
    }
}

fn loaded() -> Vec<Row> {
    vec![
        row("LoadProgrammes", R::InvalidRequest, async |_| {
            let nothing = LoadProgrammesRequest::default();
            Attempt::by("staff", &nothing).violates(&["name", "reason", "row_count"])
        }),
        row("LoadProgrammes", R::ProgrammeRowsMissing, async |at| {
            let request = LoadProgrammesRequest {
                first_row: 3,
                ..loading(&at, 5)
            };
            Attempt::by("staff", &request).metadata("next_row", "1")
        }),
        row("LoadProgrammes", R::RequestIdReused, async |at| {
            let first = loading(&at, 5);
            at.done::<()>("LoadProgrammes", "staff", &first).await;
            let other = LoadProgrammesRequest {
                row_count: 6,
                ..first
            };
            Attempt::by("staff", &other)
        }),
    ]
}

fn read() -> Vec<Row> {
    let listing = |parent: String, page_token: &str| ListRefusedProgrammeRowsRequest {
        parent,
        page_token: page_token.into(),
        ..Default::default()
    };
    vec![
        row("GetProgrammeLoad", R::InvalidRequest, async |_| {
            let name = "programmeLoads/1".into();
            Attempt::by("staff", &GetProgrammeLoadRequest { name }).violates(&["name"])
        }),
        row("GetProgrammeLoad", R::NotFound, async |at| {
            let name = format!("programmeLoads/{}", at.suite.request_id());
            Attempt::by("staff", &GetProgrammeLoadRequest { name })
        }),
        row("ListRefusedProgrammeRows", R::InvalidRequest, async move |_| {
            Attempt::by("staff", &listing("programmeLoads/1".into(), "")).violates(&["parent"])
        }),
        row("ListRefusedProgrammeRows", R::NotFound, async move |at| {
            let parent = format!("programmeLoads/{}", at.suite.request_id());
            Attempt::by("staff", &listing(parent, ""))
        }),
        row("ListRefusedProgrammeRows", R::PageTokenInvalid, async move |at| {
            let load = loading(&at, 1);
            at.done::<()>("LoadProgrammes", "staff", &load).await;
            Attempt::by("staff", &listing(load.name, "AAAA"))
        }),
    ]
}
