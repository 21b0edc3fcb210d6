//! Licensed programmes.

use muster_client::acts::{organization, programme as programmes};
use muster_proto::organization::v1::{
    BatchGetPublicOrganizationsRequest, ClaimProgrammeRequest, ClaimProgrammeResponse,
    GetProgrammeLoadRequest, GetProgrammeRequest, LicenseStatus, ListRefusedProgrammeRowsRequest,
    ListSubmissionsRequest, LoadProgrammesRequest, Organization, OrganizationType, ProgrammeAddress,
    ProgrammeRow, ProgrammeType, RenewLicenseRequest, SearchRegistryRequest, SetLicenseStatusRequest,
    UpdateOrganizationRequest,
};
use muster_refusal::ErrorReason as R;

use super::attempt::Attempt;
use super::stage::Stage;
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = loaded();
    rows.extend(read());
    rows.extend(found());
    rows.extend(claimed());
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
        row("ListSubmissions", R::PageTokenInvalid, async |_| {
            let request = ListSubmissionsRequest {
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("staff", &request)
        }),
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

fn found() -> Vec<Row> {
    let looking = |text: &str, page_token: &str| SearchRegistryRequest {
        text: text.into(),
        page_token: page_token.into(),
        ..Default::default()
    };
    vec![
        row("SearchRegistry", R::InvalidRequest, async move |at| {
            Attempt::by(&at.address(), &looking("--", "")).violates(&["text"])
        }),
        row("SearchRegistry", R::PageTokenInvalid, async move |at| {
            Attempt::by(&at.address(), &looking("sunshine", "AAAA"))
        }),
        row("BatchGetPublicOrganizations", R::InvalidRequest, async |at| {
            let names = vec![at.name(), "organizations/1".into()];
            Attempt::by(&at.address(), &BatchGetPublicOrganizationsRequest { names }).violates(&["names[1]"])
        }),
        row("GetProgramme", R::InvalidRequest, async |at| {
            let name = "programmes/1".into();
            Attempt::by(&at.address(), &GetProgrammeRequest { name }).violates(&["name"])
        }),
        row("GetProgramme", R::NotFound, async |at| {
            let name = format!("programmes/{}", at.suite.request_id());
            Attempt::by(&at.address(), &GetProgrammeRequest { name })
        }),
    ]
}

/// A programme that nobody has claimed: its name and its license number.
async fn licensed(at: &Stage) -> (String, String) {
    let load = loading(at, 1);
    let number = load.rows[0].license_number.clone();
    at.done::<()>("LoadProgrammes", "staff", &load).await;
    let looking = SearchRegistryRequest {
        text: number.clone(),
        ..Default::default()
    };
    let found = programmes::search(&at.suite.client("owner"), looking)
        .await
        .unwrap();
    (found.entries[0].programme.clone(), number)
}

fn claiming(name: String, request_id: &str) -> ClaimProgrammeRequest {
    ClaimProgrammeRequest {
        name,
        request_id: request_id.into(),
    }
}

/// A profile of `owner` that was made of a programme.
async fn made(at: &Stage) -> (String, Organization) {
    let (programme, _) = licensed(at).await;
    let made: ClaimProgrammeResponse = at
        .done("ClaimProgramme", "owner", &claiming(programme.clone(), ""))
        .await;
    (programme, made.organization.unwrap())
}

fn claimed() -> Vec<Row> {
    vec![
        row("ClaimProgramme", R::InvalidRequest, async |at| {
            Attempt::by(&at.address(), &claiming("programmes/1".into(), "")).violates(&["name"])
        }),
        row("ClaimProgramme", R::NotFound, async |at| {
            let name = format!("programmes/{}", at.suite.request_id());
            Attempt::by(&at.address(), &claiming(name, ""))
        }),
        row("ClaimProgramme", R::ProgrammeClaimed, async |at| {
            let (programme, _) = made(&at).await;
            Attempt::by(&at.address(), &claiming(programme, "")).metadata("next_step", "create_organization")
        }),
        row("ClaimProgramme", R::LicenseNumberTaken, async |at| {
            let (programme, profile) = made(&at).await;
            let (owner, staff) = (at.suite.client("owner"), at.suite.client("staff"));
            organization::submit(&owner, &profile.name).await.unwrap();
            organization::approve(&staff, &profile.name, "license checked")
                .await
                .unwrap();
            Attempt::by(&at.address(), &claiming(programme, "")).metadata("next_step", "request_access")
        }),
        row("ClaimProgramme", R::TooManyProfiles, async |at| {
            let who = at.address();
            let (first, _) = licensed(&at).await;
            let made: ClaimProgrammeResponse = at.done("ClaimProgramme", &who, &claiming(first, "")).await;
            let id = made.organization.unwrap().name.replace("organizations/", "");
            at.multiplies(&id).await;
            Attempt::by(&who, &claiming(licensed(&at).await.0, ""))
        }),
        row("ClaimProgramme", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let (one, other) = (licensed(&at).await.0, licensed(&at).await.0);
            let (first, second) = (claiming(one, &id), claiming(other, &id));
            at.reused("ClaimProgramme", &at.address(), &first, &second).await
        }),
        row("RenewLicense", R::ProgrammeReadOnly, async |at| {
            let (_, profile) = made(&at).await;
            let (owner, staff) = (at.suite.client("owner"), at.suite.client("staff"));
            organization::submit(&owner, &profile.name).await.unwrap();
            organization::approve(&staff, &profile.name, "license checked")
                .await
                .unwrap();
            let request = RenewLicenseRequest {
                name: profile.name,
                license_number: profile.license_number,
                r#type: OrganizationType::TrainingSponsor.into(),
                reason: "a test".into(),
                request_id: String::new(),
            };
            Attempt::by("staff", &request)
        }),
        row("SetLicenseStatus", R::ProgrammeReadOnly, async |at| {
            let (_, profile) = made(&at).await;
            let request = SetLicenseStatusRequest {
                name: profile.name,
                license_status: LicenseStatus::Active.into(),
                reason: "a test".into(),
                ..Default::default()
            };
            Attempt::by("staff", &request)
        }),
        row("UpdateOrganization", R::ProgrammeReadOnly, async |at| {
            let (_, profile) = made(&at).await;
            let update = UpdateOrganizationRequest {
                organization: Some(Organization {
                    name: profile.name,
                    display_name: "Moonlight".into(),
                    ..Default::default()
                }),
                update_mask: Some(prost_types::FieldMask {
                    paths: vec!["display_name".into()],
                }),
                request_id: String::new(),
            };
            Attempt::by("owner", &update)
        }),
    ]
}
