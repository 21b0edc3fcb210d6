//! Employments, and the lists of deliveries.

use muster_proto::employment::v1::{
    EmploymentOrder, EndEmploymentRequest, GetEmploymentRequest, ListEmploymentsRequest,
    ListEmploymentsResponse, ListPersonEmploymentsRequest, VerifyEmploymentRequest,
};
use muster_proto::notification::v1::ListDeliveriesRequest;
use muster_refusal::ErrorReason as R;
use muster_testkit::eventually_some;

use super::attempt::Attempt;
use super::stage::{Learner, Stage, last};
use super::{Row, row};

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("GetEmployment", R::NotFound, async |at| {
            let name = at.absent("employments");
            Attempt::by("owner", &GetEmploymentRequest { name })
        }),
        row("VerifyEmployment", R::NotFound, async |at| {
            Attempt::by("owner", &verifying(at.absent("employments"), ""))
        }),
        row("VerifyEmployment", R::OwnEmployment, async |at| {
            Attempt::by("owner", &verifying(owners(&at).await, ""))
        }),
        row("VerifyEmployment", R::EmploymentState, async |at| {
            let name = employed(&at, "WITHDRAWN").await.employment;
            Attempt::by("owner", &verifying(name, ""))
        }),
        row("VerifyEmployment", R::EmploymentRejected, async |at| {
            let name = employed(&at, "REJECTED").await.employment;
            Attempt::by("owner", &verifying(name, ""))
        }),
        row("VerifyEmployment", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let (first, second) = (at.learner().await.employment, at.learner().await.employment);
            at.reused(
                "VerifyEmployment",
                "owner",
                &verifying(first, &id),
                &verifying(second, &id),
            )
            .await
        }),
        row("EndEmployment", R::NotFound, async |at| {
            Attempt::by("owner", &ending(at.absent("employments"), ""))
        }),
        row("EndEmployment", R::OwnerMustTransfer, async |at| {
            Attempt::by("owner", &ending(owners(&at).await, ""))
        }),
        row("EndEmployment", R::EmploymentState, async |at| {
            let name = employed(&at, "WITHDRAWN").await.employment;
            Attempt::by("owner", &ending(name, ""))
        }),
        row("EndEmployment", R::EmploymentRejected, async |at| {
            let name = employed(&at, "REJECTED").await.employment;
            Attempt::by("owner", &ending(name, ""))
        }),
        row("EndEmployment", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let (first, second) = (at.learner().await.employment, at.learner().await.employment);
            at.reused(
                "EndEmployment",
                "owner",
                &ending(first, &id),
                &ending(second, &id),
            )
            .await
        }),
        row("ListEmployments", R::PageTokenInvalid, async |at| {
            let request = ListEmploymentsRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListPersonEmployments", R::PermissionDenied, async |at| {
            let request = ListPersonEmploymentsRequest {
                parent: format!("persons/{}", at.suite.request_id()),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListPersonEmployments", R::PageTokenInvalid, async |_| {
            let request = ListPersonEmploymentsRequest {
                parent: "persons/me".into(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
        row("ListDeliveries", R::InvalidRequest, async |at| {
            let request = ListDeliveriesRequest {
                parent: at.name(),
                subject: "invitations/none".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request).violates(&["subject"])
        }),
        row("ListDeliveries", R::PageTokenInvalid, async |at| {
            let request = ListDeliveriesRequest {
                parent: at.name(),
                page_token: "AAAA".into(),
                ..Default::default()
            };
            Attempt::by("owner", &request)
        }),
    ]
}

/// A learner whose employment was put into a state.
pub(super) async fn employed(at: &Stage, state: &str) -> Learner {
    let learner = at.learner().await;
    let id = last(&learner.employment);
    let statement = format!("UPDATE employments SET state = '{state}' WHERE employment_id = '{id}'");
    at.database("employment").await.change(&statement).await;
    learner
}

/// The employment of the owner, which the approval of the profile made.
pub(super) async fn owners(at: &Stage) -> String {
    // The director's is the first that an organization has.
    let request = ListEmploymentsRequest {
        parent: at.name(),
        order: EmploymentOrder::Oldest.into(),
        ..Default::default()
    };
    eventually_some(async || {
        let listed: ListEmploymentsResponse = at.done("ListEmployments", "owner", &request).await;
        Some(listed.employments.into_iter().next()?.name)
    })
    .await
}

fn verifying(name: String, request_id: &str) -> VerifyEmploymentRequest {
    VerifyEmploymentRequest {
        name,
        request_id: request_id.into(),
    }
}

fn ending(name: String, request_id: &str) -> EndEmploymentRequest {
    EndEmploymentRequest {
        name,
        reason: "left".into(),
        request_id: request_id.into(),
    }
}
