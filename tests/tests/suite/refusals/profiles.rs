//! Profiles and subscriptions.

use muster_proto::organization::v1::{
    ActivateSubscriptionRequest, ApproveOrganizationRequest, CloseOrganizationRequest,
    CreateOrganizationRequest, CreateOrganizationResponse, GetLimitsRequest, GetOrganizationRequest,
    GetSetupChecklistRequest, LicenseStatus, Limits, ListLicenseClaimsRequest, ListLicenseNumbersRequest,
    Organization as Profile, OrganizationReturnReason, OrganizationType, Plan, ReinstateOrganizationRequest,
    RejectOrganizationRequest, RenewLicenseRequest, ReturnOrganizationRequest, SetLicenseStatusRequest,
    SubmitOrganizationRequest, SuspendOrganizationRequest, UpdateOrganizationRequest,
};
use muster_refusal::ErrorReason as R;
use prost::Message;
use prost_types::FieldMask;

use super::attempt::Attempt;
use super::{Row, row};
use crate::support::Organization;

const ABSENT: &str = "organizations/00000000-0000-7000-8000-000000000000";

pub(super) fn rows() -> Vec<Row> {
    let mut rows = created();
    rows.extend(updated());
    rows.extend(submitted());
    rows.extend(approved());
    rows.extend(decided());
    rows.extend(renewed());
    rows.extend(closed());
    rows.extend(subscribed());
    rows
}

fn profile(license_number: String) -> Profile {
    Profile {
        display_name: "Test Kindergarten".into(),
        licensing_authority: "us-mi".into(),
        license_number,
        ..Default::default()
    }
}

fn creating(organization: Profile, request_id: &str) -> CreateOrganizationRequest {
    CreateOrganizationRequest {
        organization: Some(organization),
        request_id: request_id.into(),
    }
}

fn created() -> Vec<Row> {
    vec![
        row("CreateOrganization", R::InvalidRequest, async |_| {
            let mut nameless = profile("T1234".into());
            nameless.display_name.clear();
            nameless.set_type(OrganizationType::StartUp);
            let fields = [
                "organization.display_name",
                "request_id",
                "organization.license_number",
            ];
            Attempt::by("owner", &creating(nameless, "seven")).violates(&fields)
        }),
        row("CreateOrganization", R::TooManyProfiles, async |at| {
            let who = at.address();
            let made: CreateOrganizationResponse = at
                .done("CreateOrganization", &who, &creating(profile("T1234".into()), ""))
                .await;
            let id = made.organization.unwrap().name.replace("organizations/", "");
            at.multiplies(&id).await;
            Attempt::by(&who, &creating(profile("T1234".into()), ""))
        }),
        row("CreateOrganization", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let request = || creating(profile(format!("T{}", at.suite.unique())), &id);
            at.reused("CreateOrganization", "owner", &request(), &request())
                .await
        }),
        row("GetOrganization", R::PermissionDenied, async |at| {
            Attempt::by("outsider", &GetOrganizationRequest { name: at.name() })
        }),
        row("GetOrganization", R::NotFound, async |_| {
            Attempt::by("staff", &GetOrganizationRequest { name: ABSENT.into() })
        }),
    ]
}

fn updating(name: String, changes: Profile, paths: &[&str]) -> UpdateOrganizationRequest {
    let paths = paths.iter().map(|path| (*path).to_owned()).collect();
    UpdateOrganizationRequest {
        organization: Some(Profile { name, ..changes }),
        update_mask: Some(FieldMask { paths }),
        request_id: String::new(),
    }
}

fn updated() -> Vec<Row> {
    let rename = |name: String| updating(name, profile("T1234".into()), &["display_name"]);
    vec![
        row("UpdateOrganization", R::OrganizationState, async move |at| {
            let at = at.own().await;
            at.becomes("SUBMITTED").await;
            Attempt::by("owner", &rename(at.name())).metadata("state", "SUBMITTED")
        }),
        row("UpdateOrganization", R::LicenseNumberTaken, async |at| {
            let holder = GetOrganizationRequest { name: at.name() };
            let holder: muster_proto::organization::v1::GetOrganizationResponse =
                at.done("GetOrganization", "owner", &holder).await;
            let holder = holder.organization.unwrap();
            let own = at.own().await;
            own.becomes("RETURNED").await;
            let request = updating(own.name(), profile(holder.license_number), &["license_number"]);
            Attempt::by("owner", &request).metadata("organization_number", holder.organization_number)
        }),
        row("UpdateOrganization", R::EtagMismatch, async move |at| {
            let mut request = rename(at.name());
            request.organization.as_mut().unwrap().etag = "another".into();
            Attempt::by("owner", &request)
        }),
        row("UpdateOrganization", R::InvalidRequest, async |at| {
            let request = updating(at.name(), Profile::default(), &["display_name", "owner"]);
            let fields = ["organization.display_name", "update_mask.paths[1]"];
            Attempt::by("owner", &request).violates(&fields)
        }),
        row("UpdateOrganization", R::RequestIdReused, async move |at| {
            let at = at.own().await;
            let first = UpdateOrganizationRequest {
                request_id: at.suite.request_id(),
                ..rename(at.name())
            };
            let mut second = first.clone();
            second.organization.as_mut().unwrap().display_name = "Another".into();
            at.reused("UpdateOrganization", "owner", &first, &second).await
        }),
    ]
}

fn submitting(name: &str, request_id: &str) -> SubmitOrganizationRequest {
    SubmitOrganizationRequest {
        name: name.into(),
        request_id: request_id.into(),
    }
}

fn submitted() -> Vec<Row> {
    vec![
        row("SubmitOrganization", R::LicenseNumberTaken, async |at| {
            let holder = GetOrganizationRequest { name: at.name() };
            let holder: muster_proto::organization::v1::GetOrganizationResponse =
                at.done("GetOrganization", "owner", &holder).await;
            let holder = holder.organization.unwrap();
            let second = creating(profile(holder.license_number), "");
            let second: CreateOrganizationResponse = at.done("CreateOrganization", "outsider", &second).await;
            Attempt::by("outsider", &submitting(&second.organization.unwrap().name, ""))
                .metadata("organization_number", holder.organization_number)
        }),
        row("SubmitOrganization", R::AddressUnknown, async |at| {
            let draft = Organization::draft(&at.suite, "unverified").await.name;
            Attempt::by("unverified", &submitting(&draft, ""))
        }),
        row("SubmitOrganization", R::OrganizationState, async |at| {
            Attempt::by("owner", &submitting(&at.name(), "")).metadata("state", "ACTIVE")
        }),
        row("SubmitOrganization", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let first = Organization::draft(&at.suite, "owner").await.name;
            let second = Organization::draft(&at.suite, "owner").await.name;
            let (first, second) = (submitting(&first, &id), submitting(&second, &id));
            at.reused("SubmitOrganization", "owner", &first, &second).await
        }),
    ]
}

fn approving(name: &str, request_id: &str) -> ApproveOrganizationRequest {
    ApproveOrganizationRequest {
        name: name.into(),
        reason: "a test".into(),
        request_id: request_id.into(),
    }
}

fn approved() -> Vec<Row> {
    vec![
        row("ApproveOrganization", R::LicenseNumberTaken, async |at| {
            let first = Organization::draft(&at.suite, "owner").await;
            let second = creating(profile(first.license_number.clone()), "");
            let second: CreateOrganizationResponse = at.done("CreateOrganization", "outsider", &second).await;
            let second = second.organization.unwrap().name;
            for (who, name) in [("owner", &first.name), ("outsider", &second)] {
                at.done::<()>("SubmitOrganization", who, &submitting(name, ""))
                    .await;
            }
            at.done::<()>("ApproveOrganization", "staff", &approving(&first.name, ""))
                .await;
            Attempt::by("staff", &approving(&second, ""))
                .metadata("organization_number", first.organization_number)
        }),
        row("ListLicenseClaims", R::NotFound, async |_| {
            let request = ListLicenseClaimsRequest {
                parent: ABSENT.into(),
                ..Default::default()
            };
            Attempt::by("staff", &request)
        }),
        row("ListLicenseClaims", R::PageTokenInvalid, async |at| {
            let request = ListLicenseClaimsRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("staff", &request)
        }),
        row("ApproveOrganization", R::OrganizationState, async |at| {
            let draft = Organization::draft(&at.suite, "owner").await.name;
            Attempt::by("staff", &approving(&draft, "")).metadata("state", "DRAFT")
        }),
        row("ApproveOrganization", R::OwnProfile, async |at| {
            let own = Organization::draft(&at.suite, "staff").await.name;
            Attempt::by("staff", &approving(&own, ""))
        }),
        row("ApproveOrganization", R::NotFound, async |_| {
            Attempt::by("staff", &approving(ABSENT, ""))
        }),
        row("ApproveOrganization", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let draft = Organization::draft(&at.suite, "owner").await.name;
            let (first, second) = (approving(&at.name(), &id), approving(&draft, &id));
            at.reused("ApproveOrganization", "staff", &first, &second).await
        }),
    ]
}

fn renewing(name: String, license_number: &str, request_id: &str) -> RenewLicenseRequest {
    RenewLicenseRequest {
        name,
        license_number: license_number.into(),
        reason: "a test".into(),
        request_id: request_id.into(),
        ..Default::default()
    }
}

fn stating(name: String, status: LicenseStatus, request_id: &str) -> SetLicenseStatusRequest {
    SetLicenseStatusRequest {
        name,
        license_status: status.into(),
        reason: "a test".into(),
        license_number: String::new(),
        request_id: request_id.into(),
    }
}

fn renewed() -> Vec<Row> {
    vec![
        row("RenewLicense", R::InvalidRequest, async |at| {
            Attempt::by("staff", &renewing(at.name(), "--- ", "")).violates(&["license_number"])
        }),
        row("RenewLicense", R::LicenseNumberTaken, async |at| {
            let holder = GetOrganizationRequest { name: at.name() };
            let holder: muster_proto::organization::v1::GetOrganizationResponse =
                at.done("GetOrganization", "owner", &holder).await;
            let holder = holder.organization.unwrap();
            let own = at.own().await;
            Attempt::by("staff", &renewing(own.name(), &holder.license_number, ""))
                .metadata("organization_number", holder.organization_number)
        }),
        row("RenewLicense", R::OrganizationState, async |at| {
            let draft = Organization::draft(&at.suite, "owner").await.name;
            Attempt::by("staff", &renewing(draft, "T 4711", "")).metadata("state", "DRAFT")
        }),
        row("RenewLicense", R::OwnProfile, async |at| {
            let own = Organization::draft(&at.suite, "staff").await.name;
            Attempt::by("staff", &renewing(own, "T 4711", ""))
        }),
        row("RenewLicense", R::NotFound, async |_| {
            Attempt::by("staff", &renewing(ABSENT.into(), "T 4711", ""))
        }),
        row("RenewLicense", R::RequestIdReused, async |at| {
            let at = at.own().await;
            let id = at.suite.request_id();
            let new = format!("R{}", &id[..8]);
            let (first, second) = (renewing(at.name(), &new, &id), renewing(at.name(), "T 4712", &id));
            at.reused("RenewLicense", "staff", &first, &second).await
        }),
        row("SetLicenseStatus", R::InvalidRequest, async |at| {
            let request = SetLicenseStatusRequest {
                license_status: LicenseStatus::Unspecified.into(),
                ..stating(at.name(), LicenseStatus::Active, "")
            };
            Attempt::by("staff", &request).violates(&["license_status"])
        }),
        row("SetLicenseStatus", R::OrganizationState, async |at| {
            let draft = Organization::draft(&at.suite, "owner").await.name;
            Attempt::by("staff", &stating(draft, LicenseStatus::Active, "")).metadata("state", "DRAFT")
        }),
        row("SetLicenseStatus", R::LicenseNumberNotCurrent, async |at| {
            let request = SetLicenseStatusRequest {
                license_number: "T 4713".into(),
                ..stating(at.name(), LicenseStatus::Active, "")
            };
            let holder = GetOrganizationRequest { name: at.name() };
            let holder: muster_proto::organization::v1::GetOrganizationResponse =
                at.done("GetOrganization", "owner", &holder).await;
            Attempt::by("staff", &request)
                .metadata("license_number", holder.organization.unwrap().license_number)
        }),
        row("SetLicenseStatus", R::OwnProfile, async |at| {
            let own = Organization::draft(&at.suite, "staff").await.name;
            Attempt::by("staff", &stating(own, LicenseStatus::Active, ""))
        }),
        row("SetLicenseStatus", R::NotFound, async |_| {
            Attempt::by("staff", &stating(ABSENT.into(), LicenseStatus::Active, ""))
        }),
        row("SetLicenseStatus", R::RequestIdReused, async |at| {
            let at = at.own().await;
            let id = at.suite.request_id();
            let first = stating(at.name(), LicenseStatus::Active, &id);
            let second = stating(at.name(), LicenseStatus::Revoked, &id);
            at.reused("SetLicenseStatus", "staff", &first, &second).await
        }),
        row("ListLicenseNumbers", R::PageTokenInvalid, async |at| {
            let request = ListLicenseNumbersRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
    ]
}

fn decided() -> Vec<Row> {
    let mut rows = decision("ReturnOrganization", "ACTIVE", |name, request_id| {
        ReturnOrganizationRequest {
            name,
            reasons: vec![OrganizationReturnReason::Other.into()],
            reason: "a test".into(),
            request_id,
        }
    });
    rows.extend(decision("RejectOrganization", "ACTIVE", |name, request_id| {
        RejectOrganizationRequest {
            name,
            reason: "a test".into(),
            request_id,
        }
    }));
    rows.extend(decision("SuspendOrganization", "DRAFT", |name, request_id| {
        SuspendOrganizationRequest {
            name,
            reason: "a test".into(),
            request_id,
        }
    }));
    rows.extend(decision("ReinstateOrganization", "DRAFT", |name, request_id| {
        ReinstateOrganizationRequest {
            name,
            reason: "a test".into(),
            request_id,
        }
    }));
    rows
}

fn closing(name: String, request_id: &str) -> CloseOrganizationRequest {
    CloseOrganizationRequest {
        name,
        reason: "a test".into(),
        request_id: request_id.into(),
    }
}

fn closed() -> Vec<Row> {
    vec![
        row("GetSetupChecklist", R::PermissionDenied, async |at| {
            Attempt::by("outsider", &GetSetupChecklistRequest { parent: at.name() })
        }),
        row("GetSetupChecklist", R::NotFound, async |_| {
            let request = GetSetupChecklistRequest {
                parent: ABSENT.into(),
            };
            Attempt::by("staff", &request)
        }),
        row("CloseOrganization", R::PermissionDenied, async |at| {
            Attempt::by("outsider", &closing(at.name(), ""))
        }),
        row("CloseOrganization", R::NotFound, async |_| {
            Attempt::by("staff", &closing(ABSENT.into(), ""))
        }),
        row("CloseOrganization", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let draft = Organization::draft(&at.suite, "owner").await.name;
            let (first, second) = (closing(draft, &id), closing(at.name(), &id));
            at.reused("CloseOrganization", "owner", &first, &second).await
        }),
    ]
}

/// The refusals of a decision that is not taken of a profile in `state`.
fn decision<M: Message + 'static>(
    rpc: &'static str,
    state: &'static str,
    request: fn(String, String) -> M,
) -> Vec<Row> {
    vec![
        row(rpc, R::OrganizationState, async move |at| {
            let name = match state {
                "ACTIVE" => at.name(),
                _ => Organization::draft(&at.suite, "owner").await.name,
            };
            Attempt::by("staff", &request(name, String::new())).metadata("state", state)
        }),
        row(rpc, R::OwnProfile, async move |at| {
            let own = Organization::draft(&at.suite, "staff").await.name;
            Attempt::by("staff", &request(own, String::new()))
        }),
        row(rpc, R::NotFound, async move |_| {
            Attempt::by("staff", &request(ABSENT.into(), String::new()))
        }),
        row(rpc, R::RequestIdReused, async move |at| {
            let id = at.suite.request_id();
            let decided = match state {
                "ACTIVE" => {
                    let name = Organization::draft(&at.suite, "owner").await.name;
                    at.done::<()>("SubmitOrganization", "owner", &submitting(&name, ""))
                        .await;
                    name
                }
                _ => at.own().await.name(),
            };
            let (first, second) = (request(decided, id.clone()), request(at.name(), id));
            at.reused(rpc, "staff", &first, &second).await
        }),
    ]
}

fn subscribing(organization: &str, plan: Plan, request_id: &str) -> ActivateSubscriptionRequest {
    ActivateSubscriptionRequest {
        name: format!("{organization}/subscription"),
        plan: plan.into(),
        limits: Some(Limits {
            invitations_by_hand: 10,
            import_rows: 500,
            messages_per_day: 1000,
        }),
        reason: "a test".into(),
        request_id: request_id.into(),
        ..Default::default()
    }
}

fn subscribed() -> Vec<Row> {
    vec![
        row("ActivateSubscription", R::OwnProfile, async |at| {
            let own = Organization::draft(&at.suite, "staff").await.name;
            Attempt::by("staff", &subscribing(&own, Plan::Premium, ""))
        }),
        row("ActivateSubscription", R::OrganizationState, async |at| {
            let at = at.own().await;
            at.becomes("CLOSED").await;
            Attempt::by("staff", &subscribing(&at.name(), Plan::Premium, "")).metadata("state", "CLOSED")
        }),
        row("ActivateSubscription", R::NotFound, async |_| {
            Attempt::by("staff", &subscribing(ABSENT, Plan::Premium, ""))
        }),
        row("ActivateSubscription", R::InvalidRequest, async |at| {
            let mut request = subscribing(&at.name(), Plan::Basic, "");
            request.end_time = Some(prost_types::Timestamp::default());
            Attempt::by("staff", &request).violates(&["end_time", "limits.import_rows"])
        }),
        row("ActivateSubscription", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let first = subscribing(&at.name(), Plan::Premium, &id);
            let mut second = first.clone();
            second.reason = "another reason".into();
            at.reused("ActivateSubscription", "staff", &first, &second).await
        }),
        row("GetLimits", R::PermissionDenied, async |at| {
            Attempt::by("outsider", &GetLimitsRequest { parent: at.name() })
        }),
    ]
}
