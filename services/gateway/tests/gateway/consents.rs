//! Somebody at six organizations, and what became of their consent at each, as the services behind the edge tell it.

use muster_proto::employment::v1::{Employment, EmploymentState, ListPersonEmploymentsResponse};
use muster_proto::organization::v1::{
    BatchGetPublicOrganizationsRequest, BatchGetPublicOrganizationsResponse, ListPersonStaffReadsResponse,
    PublicOrganization, Role, StaffRead,
};
use muster_proto::records::v1::{
    ApproveGrantRequest, CreateGrantRequest, ExportFormat, Grant, GrantState, ListPersonGrantsResponse,
    ListRecordAccessesRequest, ListRecordAccessesResponse, RecordAccess, RecordAccessKind,
    RecordAccessReason,
};
use muster_refusal::{ErrorReason, Refusal};
use prost::Message as _;
use tonic::Status;

/// May read.
pub(crate) const GIVEN: &str = "organizations/given";
/// May read once the employment is verified.
pub(crate) const ASLEEP: &str = "organizations/asleep";
/// Asks to read.
pub(crate) const ASKS: &str = "organizations/asks";
/// May not.
pub(crate) const NOT: &str = "organizations/not";
/// Nobody works there any more when it is granted.
pub(crate) const LEFT: &str = "organizations/left";
/// Asks no more when it is answered.
pub(crate) const ANSWERED: &str = "organizations/answered";
/// The services tell its name to nobody.
pub(crate) const NAMELESS: &str = "organizations/nameless";

/// The grant of an organization.
pub(crate) fn grant_of(organization: &str) -> String {
    organization.replace("organizations/", "persons/p/grants/")
}

/// 3 March 2026, 09:05 UTC, and as many days later.
fn day(later: i64) -> Option<prost_types::Timestamp> {
    Some(prost_types::Timestamp {
        seconds: 1_772_528_700 + later * 86_400,
        nanos: 0,
    })
}

/// What is answered to a call about consent.
pub(crate) fn answer(path: &str, asked: &[u8]) -> Option<Vec<u8>> {
    let asked = asked.get(5..).unwrap_or_default();
    let rpc = path.rsplit('/').next()?;
    Some(match rpc {
        "ListPersonEmployments" => employments(),
        "ListPersonGrants" => grants(),
        "ListRecordAccesses" => accesses(&ListRecordAccessesRequest::decode(asked).unwrap().page_token),
        "ListPersonStaffReads" => staff_reads(),
        "BatchGetPublicOrganizations" => names(BatchGetPublicOrganizationsRequest::decode(asked).unwrap()),
        "CreateGrant" | "ApproveGrant" | "DenyGrant" | "RevokeGrant" => Vec::new(),
        _ => return None,
    })
}

/// Why a decision is refused, if it is.
pub(crate) fn refusal(path: &str, asked: &[u8]) -> Option<Status> {
    let too_late = |end: Option<prost_types::Timestamp>, field: &str| {
        let refused = Refusal::new(ErrorReason::InvalidRequest, "no").violation(field, "no");
        end.filter(|end| end.seconds < 1_772_528_700)
            .map(|_| refused.into())
    };
    let because = |reason| Some(Refusal::new(reason, "no").into());
    if path.ends_with("/CreateGrant") {
        let grant = CreateGrantRequest::decode(asked)
            .unwrap()
            .grant
            .unwrap_or_default();
        if grant.organization == LEFT {
            return because(ErrorReason::EmploymentRequired);
        }
        return too_late(grant.expire_time, "grant.expire_time");
    }
    if path.ends_with("/ApproveGrant") {
        let asked = ApproveGrantRequest::decode(asked).unwrap();
        if asked.name == grant_of(ANSWERED) {
            return because(ErrorReason::GrantState);
        }
        return too_late(asked.expire_time, "expire_time");
    }
    None
}

fn employments() -> Vec<u8> {
    use EmploymentState as S;
    let one = |organization: &str, state: S| Employment {
        name: format!("{organization}/employments/e"),
        state: state.into(),
        verify_time: day(0).filter(|_| state == S::Verified),
        wait_time: day(0).filter(|_| state == S::PendingVerification),
        ..Employment::default()
    };
    ListPersonEmploymentsResponse {
        employments: vec![
            one(GIVEN, S::Verified),
            one(ASLEEP, S::PendingVerification),
            one(ASKS, S::Verified),
            one(NOT, S::Verified),
            one(LEFT, S::Verified),
            one(ANSWERED, S::Verified),
            one(NAMELESS, S::Ended),
        ],
        ..Default::default()
    }
    .encode_to_vec()
}

fn grants() -> Vec<u8> {
    use GrantState as S;
    let one = |organization: &str, state: S| Grant {
        name: grant_of(organization),
        organization: organization.to_owned(),
        state: state.into(),
        create_time: day(1),
        decide_time: day(2).filter(|_| state != S::Requested),
        ..Grant::default()
    };
    let given = Grant {
        expire_time: day(300),
        ..one(GIVEN, S::Active)
    };
    let asleep = Grant {
        is_of_claim: true,
        ..one(ASLEEP, S::Active)
    };
    let asks = Grant {
        requester_display_name: "Dora <Director>".to_owned(),
        request_message: "For the inspection.\nThank you!".to_owned(),
        expire_time: day(31),
        ..one(ASKS, S::Requested)
    };
    let revoked = Grant {
        name: "persons/p/grants/former".to_owned(),
        revoke_time: day(3),
        ..one(NAMELESS, S::Revoked)
    };
    ListPersonGrantsResponse {
        grants: vec![given, asleep, asks, one(ANSWERED, S::Requested), revoked],
        ..Default::default()
    }
    .encode_to_vec()
}

/// The token of the second page.
pub(crate) const OLDER: &str = "older+/=";

fn accesses(page_token: &str) -> Vec<u8> {
    let access = RecordAccess {
        organization: GIVEN.to_owned(),
        reader_display_name: "Dora <Director>".to_owned(),
        reason: RecordAccessReason::Grant.into(),
        access_time: day(4),
        export_format: ExportFormat::Pdf.into(),
        kind: RecordAccessKind::Record.into(),
        reader_role: Role::Owner.into(),
        ..RecordAccess::default()
    };
    let old = RecordAccess {
        reader_display_name: "Vera Viewer".to_owned(),
        export_format: ExportFormat::Unspecified.into(),
        kind: RecordAccessKind::Report.into(),
        reader_role: Role::Viewer.into(),
        ..access.clone()
    };
    let (one, next) = match page_token {
        OLDER => (old, ""),
        _ => (access, OLDER),
    };
    ListRecordAccessesResponse {
        record_accesses: vec![one],
        next_page_token: next.to_owned(),
    }
    .encode_to_vec()
}

fn staff_reads() -> Vec<u8> {
    let look = StaffRead {
        name: format!("{ASKS}/staffReads/s"),
        staff_display_name: "Sam Staff".to_owned(),
        method: "muster.records.v1.LearningRecordService/GetLearningRecord".to_owned(),
        person: "persons/p".to_owned(),
        reason: "a complaint <42>".to_owned(),
        read_time: day(5),
        ..StaffRead::default()
    };
    ListPersonStaffReadsResponse {
        staff_reads: vec![look],
        ..Default::default()
    }
    .encode_to_vec()
}

/// Where some of them are. Of others a release before this one tells nothing, or a later one a zone that nobody here knows.
fn time_zone(organization: &str) -> &'static str {
    match organization {
        GIVEN | NOT | "organizations/a" => "America/Detroit",
        ASKS => "America/Nowhere",
        _ => "",
    }
}

fn names(asked: BatchGetPublicOrganizationsRequest) -> Vec<u8> {
    let called = |name: String| PublicOrganization {
        display_name: name.replace("organizations/", "House & "),
        time_zone: time_zone(&name).to_owned(),
        name,
    };
    let told = asked.names.into_iter().filter(|name| name != NAMELESS);
    BatchGetPublicOrganizationsResponse {
        organizations: told.map(called).collect(),
    }
    .encode_to_vec()
}
