//! What every RPC answers of an organization that is ACTIVE, SUSPENDED, or CLOSED with all that follows.
//!
//! The rows are called in this order: what an earlier one did, a later one finds. In the requests, `$word` is what the scene has
//! of that name.

use muster_refusal::ErrorReason as R;

/// `None`: it is done, or answered.
pub(super) type Answer = Option<R>;

/// One RPC.
pub(super) struct Row {
    pub(super) call: Call,
    /// What is called before, whatever it answers.
    pub(super) before: &'static [Call],
    /// Where the organization is ACTIVE, SUSPENDED, CLOSED.
    pub(super) answers: [Answer; 3],
    pub(super) why: &'static str,
}

/// A call by its RPC.
pub(super) struct Call {
    pub(super) rpc: &'static str,
    /// Whose token; empty: nobody's.
    pub(super) who: &'static str,
    /// In protobuf's text format.
    pub(super) request: &'static str,
    /// The word for the `name` in the resource of the answer.
    pub(super) keep: Option<&'static str>,
}

const OK: Answer = None;
const STATE: Answer = Some(R::OrganizationState);
const NOT_ACTIVE: Answer = Some(R::OrganizationNotActive);

const ALWAYS: [Answer; 3] = [OK, OK, OK];
const NEVER: [Answer; 3] = [STATE, STATE, STATE];
const UNTIL_SUSPENDED: [Answer; 3] = [OK, STATE, STATE];
const UNTIL_CLOSED: [Answer; 3] = [OK, OK, STATE];
const ACTIVE_ONLY: [Answer; 3] = [OK, NOT_ACTIVE, NOT_ACTIVE];
const NO_PAGE: [Answer; 3] = [OK, Some(R::NotFound), Some(R::NotFound)];
const EXPIRED: [Answer; 3] = [OK, Some(R::AccessRequestState), Some(R::AccessRequestState)];

const READ: &str = "what is there stays readable";
const PUBLIC_ONLY: &str = "only an active organization lets people in";
const FURNISH: &str =
    "an organization is set up also while it is suspended; of one that was closed nothing changes";
const DECIDED: &str =
    "an employment goes on while its organization is suspended; with the closing it has ended";
const REPEATED: &str = "the closing has done it, and what is done already is answered as it is";
const LEAVE: &str = "who leaves may always leave; with the closing it has ended, and is answered as it is";
const CONSENT: &str = "consent is the person's, whatever becomes of the organization";
const OUT: &str =
    "who works there goes on while it is suspended; with the closing nobody works there any more";

const fn call(rpc: &'static str, who: &'static str, request: &'static str) -> Call {
    Call {
        rpc,
        who,
        request,
        keep: None,
    }
}

const fn row(
    rpc: &'static str,
    who: &'static str,
    request: &'static str,
    answers: [Answer; 3],
    why: &'static str,
) -> Row {
    Row {
        call: call(rpc, who, request),
        before: &[],
        answers,
        why,
    }
}

const OFFERED: &[Call] = &[Call {
    keep: Some("offer"),
    ..call(
        "OfferOwnership",
        "$owner",
        r#"parent: "$organization" person: "$admin_person""#,
    )
}];

/// Everything that names an organization, or what is in one.
pub(super) fn rows() -> Vec<Row> {
    let mut rows = profile();
    rows.extend(imports());
    rows.extend(places());
    rows.extend(people());
    rows.extend(employments());
    rows.extend(invitations());
    rows.extend(consent());
    rows.extend(learning());
    rows.extend(ownership());
    rows.extend(state());
    rows
}

/// What names no organization: why its state is none of their business.
pub(super) const OF_NO_ORGANIZATION: &[(&str, &str)] = &[
    (
        "BatchGetPublicOrganizations",
        "what an organization is called that was approved stays public",
    ),
    (
        "ClaimProgramme",
        "a programme that is somebody's profile already says so by its own reason",
    ),
    (
        "CreateOrganization",
        "begins one; what was closed counts towards no limit",
    ),
    ("CreateTraining", "the shared catalog is nobody's"),
    (
        "ExplainAccess",
        "the edge tells what it would decide, which goes by roles alone",
    ),
    ("ExportPersonLearningRecord", "a person's own record is theirs"),
    ("GetProgramme", "which sites are licensed is public"),
    ("GetProgrammeLoad", "a load is registry staff's"),
    (
        "ListMyPermissions",
        "the edge tells what it would decide, which goes by roles alone",
    ),
    (
        "ListPersonAccessRequests",
        "the caller's own, wherever they asked",
    ),
    ("ListPersonAssignments", "the caller's own, whoever assigned them"),
    ("DownloadPersonCertificate", "the caller's own, whoever issued it"),
    ("ListPersonCertificates", "the caller's own, whoever issued them"),
    (
        "ListPersonEmployments",
        "the caller's own, also those that have ended",
    ),
    (
        "ListPersonGrants",
        "the caller's own, also those that have lapsed",
    ),
    (
        "ListPersonInvitations",
        "what waits for the caller; what was cancelled is not listed",
    ),
    (
        "ListPersonOptOuts",
        "what the caller has said holds until they take it back",
    ),
    ("ListPersonOrganizations", "the caller's own, each with its state"),
    ("ListPersonStaffReads", "who looked at the caller's own"),
    ("ListPositionCodes", "the same for everybody"),
    ("ListProgressTransfers", "the caller's own"),
    (
        "ListRecordAccesses",
        "who read the caller's own, also of organizations that were closed since",
    ),
    ("ListRefusedProgrammeRows", "a load is registry staff's"),
    (
        "ListSubmissions",
        "what waits for registry staff, of every organization",
    ),
    ("ListTrainings", "the shared catalog is nobody's"),
    ("LoadProgrammes", "a load is registry staff's"),
    (
        "SearchRegistry",
        "which sites are licensed is public; a closed profile is not found",
    ),
    ("TakeTraining", "a person learns by themself"),
];

fn profile() -> Vec<Row> {
    vec![
        row(
            "ConfirmReview",
            "$owner",
            r#"name: "$organization/review" acknowledged_claims: 1000"#,
            UNTIL_SUSPENDED,
            "a review is of an active organization",
        ),
        row(
            "GetReview",
            "$owner",
            r#"name: "$organization/review""#,
            UNTIL_CLOSED,
            "of a closed organization nothing is due any more",
        ),
        row(
            "GetOrganization",
            "$owner",
            r#"name: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "GetSetupChecklist",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row("GetLimits", "$owner", r#"parent: "$organization""#, ALWAYS, READ),
        row(
            "ListLicenseNumbers",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "ListLicenseClaims",
            "staff",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "ListHistoryEntries",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "ListStaffReads",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "ListDeliveries",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "UpdateOrganization",
            "$owner",
            r#"organization { name: "$organization" display_name: "Renamed" } update_mask { paths: "display_name" }"#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "RenewLicense",
            "staff",
            r#"name: "$organization" license_number: "$license" reason: "a test""#,
            UNTIL_CLOSED,
            "a suspended organization holds its number; a closed one has freed it",
        ),
        row(
            "SetLicenseStatus",
            "staff",
            r#"name: "$organization" license_status: LICENSE_STATUS_PROVISIONAL reason: "a test""#,
            UNTIL_CLOSED,
            "a license stands as it does while the organization is suspended; of one that was closed nothing changes",
        ),
        row(
            "ActivateSubscription",
            "staff",
            r#"name: "$organization/subscription" plan: PLAN_PREMIUM limits { invitations_by_hand: 10 import_rows: 500 messages_per_day: 1000 } reason: "a test""#,
            UNTIL_CLOSED,
            "a subscription runs on while its organization is suspended; a closed one gets none",
        ),
        row(
            "SubmitOrganization",
            "$owner",
            r#"name: "$organization""#,
            NEVER,
            "what was approved is not submitted again, and what was closed never",
        ),
        row(
            "ReturnOrganization",
            "staff",
            r#"name: "$organization" reasons: ORGANIZATION_RETURN_REASON_OTHER reason: "a test""#,
            NEVER,
            "only what was submitted is returned",
        ),
        row(
            "RejectOrganization",
            "staff",
            r#"name: "$organization" reason: "a test""#,
            NEVER,
            "only what was submitted is rejected",
        ),
        row(
            "ApproveOrganization",
            "staff",
            r#"name: "$organization" reason: "a test""#,
            UNTIL_SUSPENDED,
            "what is active was approved already; a suspension is lifted, not approved away",
        ),
    ]
}

fn places() -> Vec<Row> {
    vec![
        row("ListGroups", "$owner", r#"parent: "$organization""#, ALWAYS, READ),
        row("GetGroup", "$owner", r#"name: "$spare_group""#, ALWAYS, READ),
        row(
            "CreateGroup",
            "$owner",
            r#"parent: "$organization" group { display_name: "Another" }"#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "UpdateGroup",
            "$owner",
            r#"group { name: "$spare_group" display_name: "Renamed" } update_mask { paths: "display_name" }"#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "DeactivateGroup",
            "$owner",
            r#"name: "$spare_group""#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "ReactivateGroup",
            "$owner",
            r#"name: "$spare_group""#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "ListLocations",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row("GetLocation", "$owner", r#"name: "$location""#, ALWAYS, READ),
        row(
            "CreateLocation",
            "$owner",
            r#"parent: "$organization" location { display_name: "Another" }"#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "UpdateLocation",
            "$owner",
            r#"location { name: "$location" display_name: "Renamed" } update_mask { paths: "display_name" }"#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "DeactivateLocation",
            "$owner",
            r#"name: "$location""#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "ReactivateLocation",
            "$owner",
            r#"name: "$location""#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "ListCatalogTrainings",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "AddTraining",
            "$owner",
            r#"parent: "$organization" training: "$shared_training""#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "GetCatalogTraining",
            "$owner",
            r#"name: "$own_training""#,
            ALWAYS,
            READ,
        ),
        row(
            "DeactivateCatalogTraining",
            "$owner",
            r#"name: "$own_training""#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "ReactivateCatalogTraining",
            "$owner",
            r#"name: "$own_training""#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "GetJoinPage",
            "$owner",
            r#"name: "$organization/joinPage""#,
            ALWAYS,
            READ,
        ),
        row(
            "UpdateJoinPage",
            "$owner",
            r#"join_page { name: "$organization/joinPage" allowed_domains: "example.test" } update_mask { paths: "allowed_domains" }"#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "RemoveJoinPageLogo",
            "$owner",
            r#"name: "$organization/joinPage""#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "SetJoinPageLogo",
            "$owner",
            r#"name: "$organization/joinPage" picture: "\x89\x50\x4e\x47\x0d\x0a\x1a\x0a\x00\x00\x00\x0d\x49\x48\x44\x52\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00\x3a\x7e\x9b\x55\x00\x00\x00\x0a\x49\x44\x41\x54\x78\x9c\x63\x60\x07\x00\x00\x09\x00\x08\x20\x23\xc3\x8c\x00\x00\x00\x00\x49\x45\x4e\x44\xae\x42\x60\x82""#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "LookupJoinPageLogo",
            "",
            r#"slug: "$slug""#,
            NO_PAGE,
            "the page is off until the suspension is lifted, and for good with the closing",
        ),
        row(
            "LookupJoinPage",
            "",
            r#"slug: "$slug""#,
            NO_PAGE,
            "the page is off until the suspension is lifted, and for good with the closing",
        ),
        row(
            "RequestToJoin",
            "",
            r#"slug: "$slug" group: "$group" location: "$location" address: "$stranger""#,
            NO_PAGE,
            "the page is off until the suspension is lifted, and for good with the closing",
        ),
        row(
            "VerifyJoinRequest",
            "",
            r#"token: "$join_token""#,
            [OK, Some(R::JoinPageClosed), Some(R::JoinPageClosed)],
            "page and organization are looked at again, with the click",
        ),
    ]
}

fn people() -> Vec<Row> {
    vec![
        row(
            "ListProfileUsers",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "CreateProfileUser",
            "$owner",
            r#"parent: "$organization" profile_user { person: "$ender_person" role: ROLE_VIEWER }"#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "UpdateProfileUser",
            "$owner",
            r#"profile_user { name: "$organization/profileUsers/$viewer_id" role: ROLE_ADMIN } update_mask { paths: "role" }"#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "RemoveProfileUser",
            "$owner",
            r#"name: "$organization/profileUsers/$viewer_id""#,
            [OK, OK, Some(R::NotFound)],
            "access may always be taken away; with the closing nobody has any but the owner",
        ),
        row(
            "ListAccessRequests",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "RequestAccess",
            "$stranger",
            r#"parent: "persons/me" organization_number: "$number" role: ROLE_VIEWER"#,
            ACTIVE_ONLY,
            PUBLIC_ONLY,
        ),
        row(
            "ApproveAccessRequest",
            "$owner",
            r#"name: "$access_request_1""#,
            EXPIRED,
            "what waited has expired with the suspension, and does not come back",
        ),
        row(
            "DenyAccessRequest",
            "$owner",
            r#"name: "$access_request_2""#,
            EXPIRED,
            "what waited has expired with the suspension, and does not come back",
        ),
        row(
            "WithdrawAccessRequest",
            "$asker_3",
            r#"name: "$access_request_3""#,
            EXPIRED,
            "what waited has expired with the suspension, and does not come back",
        ),
    ]
}

fn employments() -> Vec<Row> {
    let ended = Some(R::EmploymentState);
    vec![
        row(
            "ListEmployments",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row("GetEmployment", "$owner", r#"name: "$claim_1""#, ALWAYS, READ),
        row(
            "ListEmploymentHistoryEntries",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "ClaimEmployments",
            "$stranger",
            r#"parent: "persons/me" claims { organization: "$organization" }"#,
            ACTIVE_ONLY,
            PUBLIC_ONLY,
        ),
        row(
            "VerifyEmployment",
            "$owner",
            r#"name: "$claim_1""#,
            [OK, OK, ended],
            DECIDED,
        ),
        row(
            "PlaceEmployment",
            "$owner",
            r#"employment { name: "$claim_1" groups: "$group" } update_mask { paths: "groups" }"#,
            [OK, OK, ended],
            DECIDED,
        ),
        row(
            "RejectEmployment",
            "$owner",
            r#"name: "$claim_2" reason: REJECTION_REASON_OTHER_SITE"#,
            [OK, OK, ended],
            DECIDED,
        ),
        row(
            "UpdateEmployment",
            "$claimer_3",
            r#"employment { name: "$claim_3" start_date: "2026-01-05" } update_mask { paths: "start_date" }"#,
            [OK, OK, NOT_ACTIVE],
            DECIDED,
        ),
        row(
            "RemindVerifiers",
            "$claimer_3",
            r#"name: "$claim_3""#,
            [OK, OK, ended],
            DECIDED,
        ),
        row(
            "WithdrawEmployment",
            "$claimer_3",
            r#"name: "$claim_3""#,
            [OK, OK, ended],
            DECIDED,
        ),
        row(
            "CorrectEmployment",
            "$claimer_4",
            r#"name: "$claim_4""#,
            [OK, OK, NOT_ACTIVE],
            "what was rejected is mended while the organization is suspended; where it was closed, nobody could verify it",
        ),
        row(
            "VerifyOwnerEmployment",
            "staff",
            r#"name: "$owner_employment""#,
            [OK, OK, ended],
            DECIDED,
        ),
        row(
            "BatchVerifyEmployments",
            "$owner",
            r#"parent: "$organization" names: "$claim_5""#,
            ALWAYS,
            "each name has its own outcome",
        ),
        row(
            "BatchEndEmployments",
            "$owner",
            r#"parent: "$organization" names: "$claim_5" reason: "a test""#,
            ALWAYS,
            "each name has its own outcome",
        ),
        row(
            "EndEmployment",
            "$owner",
            r#"name: "$ender_employment" reason: "a test""#,
            ALWAYS,
            REPEATED,
        ),
        row(
            "UndoEndEmployment",
            "$owner",
            r#"name: "$ender_employment""#,
            [OK, OK, NOT_ACTIVE],
            "nothing opens again where the organization was closed",
        ),
        row(
            "LeaveEmployment",
            "$leaver",
            r#"name: "$leaver_employment" reason: "a test""#,
            ALWAYS,
            LEAVE,
        ),
        row(
            "UndoLeaveEmployment",
            "$leaver",
            r#"name: "$leaver_employment""#,
            [OK, OK, NOT_ACTIVE],
            "nothing opens again where the organization was closed",
        ),
    ]
}

fn invitations() -> Vec<Row> {
    let cancelled = Some(R::InvitationCancelled);
    vec![
        row(
            "ListInvitations",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "WatchInvitations",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "ListLearners",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "GetInvitation",
            "$owner",
            r#"name: "$invitation_1""#,
            ALWAYS,
            READ,
        ),
        row(
            "CreateInvitation",
            "$owner",
            r#"parent: "$organization" invitation { address: "$newcomer" groups: "$group" }"#,
            ACTIVE_ONLY,
            "only an active organization invites",
        ),
        row(
            "BatchCreateInvitations",
            "$owner",
            r#"parent: "$organization" requests { parent: "$organization" invitation { address: "$newcomer" groups: "$group" } }"#,
            ACTIVE_ONLY,
            "only an active organization invites",
        ),
        row(
            "ResendInvitation",
            "$owner",
            r#"name: "$invitation_1""#,
            ACTIVE_ONLY,
            "only an active organization invites",
        ),
        row(
            "GetAnnouncement",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            "words to copy invite nobody",
        ),
        row(
            "GetRateLimits",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "RescheduleInvitation",
            "$owner",
            r#"name: "$scheduled" send_time { seconds: $later }"#,
            ACTIVE_ONLY,
            "only an active organization invites",
        ),
        row(
            "CancelInvitation",
            "$owner",
            r#"name: "$invitation_1""#,
            ALWAYS,
            REPEATED,
        ),
        row(
            "BatchResendInvitations",
            "$owner",
            r#"parent: "$organization" names: "$invitation_2""#,
            ACTIVE_ONLY,
            "only an active organization invites",
        ),
        row(
            "BatchCancelInvitations",
            "$owner",
            r#"parent: "$organization" names: "$invitation_2""#,
            ALWAYS,
            "each name has its own outcome",
        ),
        row(
            "LookupInvitation",
            "",
            r#"token: "$token_3""#,
            [OK, OK, cancelled],
            "who holds the link is told what became of the invitation",
        ),
        row(
            "AcceptInvitation",
            "$invitee_3",
            r#"token: "$token_3""#,
            [OK, NOT_ACTIVE, cancelled],
            "nobody joins a suspended organization; with the closing the invitation is cancelled",
        ),
        row(
            "DeclineInvitation",
            "",
            r#"token: "$token_4""#,
            [OK, OK, cancelled],
            "a no is taken at any time; with the closing the invitation is cancelled",
        ),
        row(
            "UndoDecline",
            "",
            r#"token: "$token_4""#,
            [OK, OK, cancelled],
            "a decline is taken back within its 24 hours; with the closing the invitation is cancelled",
        ),
        row(
            "AcceptPersonInvitation",
            "$invitee_5",
            r#"name: "$invitation_5""#,
            [OK, NOT_ACTIVE, cancelled],
            "nobody joins a suspended organization; with the closing the invitation is cancelled",
        ),
        row(
            "DeclinePersonInvitation",
            "$invitee_6",
            r#"name: "$invitation_6" do_not_invite_again: true"#,
            [OK, OK, cancelled],
            "a no is taken at any time; with the closing the invitation is cancelled",
        ),
        row(
            "LiftPersonOptOut",
            "$invitee_7",
            r#"name: "$invitation_7""#,
            ALWAYS,
            "what a person has said they take back at any time",
        ),
        row(
            "UndoPersonDecline",
            "$invitee_6",
            r#"name: "$invitation_6""#,
            [OK, OK, cancelled],
            "a decline is taken back within its 24 hours; with the closing the invitation is cancelled",
        ),
    ]
}

fn imports() -> Vec<Row> {
    vec![
        row(
            "DownloadImportTemplate",
            "$owner",
            r#"parent: "$organization" format: IMPORT_FILE_FORMAT_CSV"#,
            ACTIVE_ONLY,
            "only an active organization invites",
        ),
        row(
            "UploadImport",
            "$owner",
            r#"parent: "$organization" file_name: "list.csv" sha256: "$digest" chunk: "$sheet""#,
            ACTIVE_ONLY,
            "only an active organization invites",
        ),
        row(
            "ListImports",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row("GetImport", "$owner", r#"name: "$import_1""#, ALWAYS, READ),
        row("WatchImport", "$owner", r#"name: "$import_1""#, ALWAYS, READ),
        row("ListImportRows", "$owner", r#"parent: "$import_1""#, ALWAYS, READ),
        row(
            "DownloadRefusedRows",
            "$owner",
            r#"name: "$import_1""#,
            ALWAYS,
            READ,
        ),
        row(
            "ApproveImport",
            "$owner",
            r#"name: "$import_1" etag: "$import_1_etag""#,
            [OK, NOT_ACTIVE, Some(R::ImportState)],
            "only an active organization invites; with the closing what was not decided on is over",
        ),
        row(
            "DisapproveImport",
            "$owner",
            r#"name: "$import_2""#,
            ALWAYS,
            REPEATED,
        ),
    ]
}

fn consent() -> Vec<Row> {
    let unemployed = Some(R::EmploymentRequired);
    vec![
        row(
            "ListLearnerGrants",
            "$owner",
            r#"parent: "$organization/learners/$learner_id""#,
            ALWAYS,
            READ,
        ),
        row(
            "RequestGrant",
            "$owner",
            r#"parent: "$organization/learners/$ender_id" message: "Please.""#,
            [OK, OK, unemployed],
            OUT,
        ),
        row(
            "CreateGrant",
            "$mover",
            r#"parent: "persons/me" grant { organization: "$organization" }"#,
            [OK, OK, unemployed],
            OUT,
        ),
        row(
            "ApproveGrant",
            "$consenter",
            r#"name: "$asked_1""#,
            [OK, OK, Some(R::GrantState)],
            "with the closing what was asked for has lapsed",
        ),
        row(
            "DenyGrant",
            "$mover_2",
            r#"name: "$asked_2""#,
            [OK, OK, Some(R::GrantState)],
            "with the closing what was asked for has lapsed",
        ),
        row(
            "GetLearningRecord",
            "$owner",
            r#"name: "$organization/learners/$learner_id/learningRecord""#,
            [OK, OK, unemployed],
            OUT,
        ),
        row(
            "ExportLearningRecord",
            "$owner",
            r#"name: "$organization/learners/$learner_id/learningRecord" format: EXPORT_FORMAT_CSV"#,
            [OK, OK, unemployed],
            OUT,
        ),
        row("RevokeGrant", "$learner", r#"name: "$grant""#, ALWAYS, CONSENT),
        row(
            "ReadStaffReport",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "ExportStaffReport",
            "$owner",
            r#"parent: "$organization" format: EXPORT_FORMAT_CSV"#,
            ALWAYS,
            READ,
        ),
    ]
}

fn learning() -> Vec<Row> {
    let gone = Some(R::NotFound);
    vec![
        row(
            "ListAssignments",
            "$owner",
            r#"parent: "$organization/learners/$learner_id""#,
            [OK, OK, gone],
            OUT,
        ),
        row(
            "ListProgress",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "SummarizeProgress",
            "$owner",
            r#"parent: "$organization" by: PROGRESS_DIMENSION_GROUP"#,
            ALWAYS,
            READ,
        ),
        row(
            "ListIssuedCertificates",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "DownloadIssuedCertificate",
            "$owner",
            r#"parent: "$organization" certificate: "$certificate""#,
            ALWAYS,
            READ,
        ),
        row(
            "ListRecordHistoryEntries",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        row(
            "AssignTraining",
            "$owner",
            r#"parent: "$organization/learners/$learner_id" training: "$catalog_training""#,
            [OK, OK, gone],
            OUT,
        ),
        row(
            "AssignTrainingToGroup",
            "$owner",
            r#"group: "$group" training: "$catalog_training""#,
            UNTIL_CLOSED,
            FURNISH,
        ),
        row(
            "CancelAssignment",
            "$owner",
            r#"name: "$organization/learners/$ender_id/assignments/$by_hand_id""#,
            [OK, OK, gone],
            OUT,
        ),
        row(
            "ReportProgress",
            "learning-system",
            r#"assignment: "$begun" percent: 60"#,
            ALWAYS,
            "what was begun goes on, with the closing as the person's own",
        ),
        row(
            "TransferProgress",
            "$mover",
            r#"name: "$mover_own" to: "$mover_assignment""#,
            [OK, OK, Some(R::AssignmentClosed)],
            "learners go on while it is suspended; with the closing what was not begun is cancelled",
        ),
        row(
            "MoveProgress",
            "staff",
            r#"name: "$mover_2_own" to: "$leaver_assignment" reason: "a test""#,
            [OK, OK, Some(R::AssignmentClosed)],
            "learners go on while it is suspended; with the closing what was not begun is cancelled",
        ),
    ]
}

fn ownership() -> Vec<Row> {
    let lapsed = Some(R::OwnershipOfferState);
    let declined = row(
        "DeclineOwnership",
        "$admin",
        r#"name: "$offer""#,
        [OK, OK, lapsed],
        "a no is taken at any time; with the closing the offer has ended",
    );
    let mut withdrawn = row(
        "WithdrawOwnershipOffer",
        "$owner",
        r#"name: "$offer""#,
        [OK, OK, lapsed],
        "an offer is taken back at any time; with the closing it has ended",
    );
    withdrawn.before = OFFERED;
    let mut accepted = row(
        "AcceptOwnership",
        "$admin",
        r#"name: "$offer""#,
        [OK, OK, lapsed],
        "who owns it may change while it is suspended; with the closing the offer has ended",
    );
    accepted.before = OFFERED;
    vec![
        row(
            "ListOwnershipOffers",
            "$owner",
            r#"parent: "$organization""#,
            ALWAYS,
            READ,
        ),
        declined,
        withdrawn,
        row(
            "OfferOwnership",
            "$owner",
            r#"parent: "$organization" person: "$admin_person""#,
            UNTIL_CLOSED,
            "who owns it may change while it is suspended; what was closed stays its last owner's",
        ),
        accepted,
        row(
            "MoveOwnership",
            "staff",
            r#"name: "$organization" person: "$partner_person" reason: "a test""#,
            UNTIL_CLOSED,
            "who owns it may change while it is suspended; what was closed stays its last owner's",
        ),
    ]
}

/// Last, because they lead out of the state.
fn state() -> Vec<Row> {
    vec![
        row(
            "SuspendOrganization",
            "staff",
            r#"name: "$organization" reason: "a test""#,
            UNTIL_CLOSED,
            "nothing leads out of CLOSED",
        ),
        row(
            "ReinstateOrganization",
            "staff",
            r#"name: "$organization" reason: "a test""#,
            UNTIL_CLOSED,
            "nothing leads out of CLOSED",
        ),
        row(
            "CloseOrganization",
            "staff",
            r#"name: "$organization" reason: "a test""#,
            ALWAYS,
            "closed from any state, and twice answered as it is",
        ),
    ]
}
