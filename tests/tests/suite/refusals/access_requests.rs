//! Requests for access.

use muster_client::acts::organization;
use muster_proto::organization::v1::{
    AccessRequest, ApproveAccessRequestRequest, DenyAccessRequestRequest, ListAccessRequestsRequest,
    ListPersonAccessRequestsRequest, ListPersonOrganizationsRequest, RequestAccessRequest,
    RequestAccessResponse, Role, WithdrawAccessRequestRequest,
};
use muster_refusal::ErrorReason as R;

use super::attempt::Attempt;
use super::stage::Stage;
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    let mut rows = asked();
    rows.extend(asked_too_often());
    rows.extend(approved());
    rows.extend(denied());
    rows.extend(withdrawn());
    rows.extend(listed());
    rows
}

async fn asking(at: &Stage, request_id: &str) -> RequestAccessRequest {
    let profile = organization::get(&at.suite.client("owner"), &at.name()).await;
    RequestAccessRequest {
        parent: "persons/me".into(),
        organization_number: profile.unwrap().organization_number,
        role: Role::Viewer.into(),
        message: String::new(),
        request_id: request_id.into(),
    }
}

/// A request of somebody that waits.
pub(super) async fn waiting(at: &Stage, who: &str) -> AccessRequest {
    let made: RequestAccessResponse = at.done("RequestAccess", who, &asking(at, "").await).await;
    made.access_request.unwrap()
}

fn approving(name: String, request_id: &str) -> ApproveAccessRequestRequest {
    ApproveAccessRequestRequest {
        name,
        role: Role::Unspecified.into(),
        request_id: request_id.into(),
    }
}

fn denying(name: String, request_id: &str) -> DenyAccessRequestRequest {
    DenyAccessRequestRequest {
        name,
        request_id: request_id.into(),
    }
}

fn withdrawing(name: String, request_id: &str) -> WithdrawAccessRequestRequest {
    WithdrawAccessRequestRequest {
        name,
        request_id: request_id.into(),
    }
}

fn asked() -> Vec<Row> {
    vec![
        row("RequestAccess", R::PermissionDenied, async |at| {
            let parent = format!("persons/{}", at.suite.request_id());
            let request = asking(&at, "").await;
            Attempt::by(&at.address(), &RequestAccessRequest { parent, ..request })
        }),
        row("RequestAccess", R::AddressUnknown, async |at| {
            Attempt::by("unverified", &asking(&at, "").await)
        }),
        row("RequestAccess", R::NotFound, async |at| {
            let organization_number = "00000000".into();
            let request = asking(&at, "").await;
            let nowhere = RequestAccessRequest {
                organization_number,
                ..request
            };
            Attempt::by(&at.address(), &nowhere)
        }),
        row("RequestAccess", R::OrganizationNotActive, async |at| {
            let at = at.own().await;
            at.becomes("SUSPENDED").await;
            Attempt::by(&at.address(), &asking(&at, "").await)
        }),
        row("RequestAccess", R::ProfileUserExists, async |at| {
            Attempt::by("owner", &asking(&at, "").await)
        }),
        row("RequestAccess", R::InvalidRequest, async |at| {
            let message = "hidden\u{200b}".into();
            let request = asking(&at, "").await;
            let hidden = RequestAccessRequest { message, ..request };
            Attempt::by(&at.address(), &hidden).violates(&["message"])
        }),
        row("RequestAccess", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let first = asking(&at, &id).await;
            let second = RequestAccessRequest {
                role: Role::Admin.into(),
                ..first.clone()
            };
            at.reused("RequestAccess", &at.address(), &first, &second).await
        }),
    ]
}

fn asked_too_often() -> Vec<Row> {
    vec![
        row("RequestAccess", R::AccessRequestDenied, async |at| {
            let who = at.address();
            let request = waiting(&at, &who).await;
            at.done::<()>("DenyAccessRequest", "owner", &denying(request.name, ""))
                .await;
            Attempt::by(&who, &asking(&at, "").await)
        }),
        row("RequestAccess", R::TooManyAccessRequests, async |at| {
            let who = at.address();
            for _ in 0..10 {
                let name = waiting(&at, &who).await.name;
                at.done::<()>("WithdrawAccessRequest", &who, &withdrawing(name, ""))
                    .await;
            }
            Attempt::by(&who, &asking(&at, "").await).quota(10, 10)
        }),
    ]
}

fn approved() -> Vec<Row> {
    vec![
        row("ApproveAccessRequest", R::AccessRequestState, async |at| {
            let name = waiting(&at, &at.address()).await.name;
            at.done::<()>("DenyAccessRequest", "owner", &denying(name.clone(), ""))
                .await;
            Attempt::by("owner", &approving(name, "")).metadata("state", "DENIED")
        }),
        row("ApproveAccessRequest", R::OrganizationNotActive, async |at| {
            let at = at.own().await;
            let name = waiting(&at, &at.address()).await.name;
            at.becomes("SUSPENDED").await;
            Attempt::by("owner", &approving(name, ""))
        }),
        row("ApproveAccessRequest", R::NotFound, async |at| {
            Attempt::by("owner", &approving(at.absent("accessRequests"), ""))
        }),
        row("ApproveAccessRequest", R::InvalidRequest, async |at| {
            let request = ApproveAccessRequestRequest {
                role: Role::Owner.into(),
                ..approving(at.absent("accessRequests"), "")
            };
            Attempt::by("owner", &request).violates(&["role"])
        }),
        row("ApproveAccessRequest", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let first = approving(waiting(&at, &at.address()).await.name, &id);
            let second = approving(at.absent("accessRequests"), &id);
            at.reused("ApproveAccessRequest", "owner", &first, &second).await
        }),
    ]
}

fn denied() -> Vec<Row> {
    vec![
        row("DenyAccessRequest", R::AccessRequestState, async |at| {
            let name = waiting(&at, &at.address()).await.name;
            at.done::<()>("ApproveAccessRequest", "owner", &approving(name.clone(), ""))
                .await;
            Attempt::by("owner", &denying(name, "")).metadata("state", "APPROVED")
        }),
        row("DenyAccessRequest", R::NotFound, async |at| {
            Attempt::by("owner", &denying(at.absent("accessRequests"), ""))
        }),
        row("DenyAccessRequest", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let first = denying(waiting(&at, &at.address()).await.name, &id);
            let second = denying(at.absent("accessRequests"), &id);
            at.reused("DenyAccessRequest", "owner", &first, &second).await
        }),
    ]
}

fn withdrawn() -> Vec<Row> {
    vec![
        row("WithdrawAccessRequest", R::AccessRequestState, async |at| {
            let who = at.address();
            let name = waiting(&at, &who).await.name;
            at.done::<()>("DenyAccessRequest", "owner", &denying(name.clone(), ""))
                .await;
            Attempt::by(&who, &withdrawing(name, "")).metadata("state", "DENIED")
        }),
        row("WithdrawAccessRequest", R::NotFound, async |at| {
            let name = waiting(&at, &at.address()).await.name;
            Attempt::by("outsider", &withdrawing(name, ""))
        }),
        row("WithdrawAccessRequest", R::RequestIdReused, async |at| {
            let (id, who) = (at.suite.request_id(), at.address());
            let first = withdrawing(waiting(&at, &who).await.name, &id);
            let second = withdrawing(at.absent("accessRequests"), &id);
            at.reused("WithdrawAccessRequest", &who, &first, &second).await
        }),
    ]
}

fn listed() -> Vec<Row> {
    vec![
        row("ListAccessRequests", R::PageTokenInvalid, async |at| {
            let request = ListAccessRequestsRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListPersonOrganizations", R::PermissionDenied, async |at| {
            let request = ListPersonOrganizationsRequest {
                parent: format!("persons/{}", at.suite.request_id()),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListPersonOrganizations", R::PageTokenInvalid, async |_| {
            let request = ListPersonOrganizationsRequest {
                parent: "persons/me".into(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListPersonAccessRequests", R::PermissionDenied, async |at| {
            let request = ListPersonAccessRequestsRequest {
                parent: format!("persons/{}", at.suite.request_id()),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListPersonAccessRequests", R::PageTokenInvalid, async |_| {
            let request = ListPersonAccessRequestsRequest {
                parent: "persons/me".into(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
    ]
}
