//! Reviews of profiles.

use muster_proto::organization::v1::{ConfirmReviewRequest, GetReviewRequest};
use muster_refusal::ErrorReason as R;

use super::attempt::Attempt;
use super::{Row, row};
use crate::support::Organization;

const ABSENT: &str = "organizations/00000000-0000-7000-8000-000000000000";

fn reading(organization: &str) -> GetReviewRequest {
    GetReviewRequest {
        name: format!("{organization}/review"),
    }
}

fn confirming(organization: &str, request_id: &str) -> ConfirmReviewRequest {
    ConfirmReviewRequest {
        name: format!("{organization}/review"),
        request_id: request_id.into(),
    }
}

pub(super) fn rows() -> Vec<Row> {
    vec![
        row("GetReview", R::PermissionDenied, async |at| {
            Attempt::by("outsider", &reading(&at.name()))
        }),
        row("GetReview", R::OrganizationState, async |at| {
            let draft = Organization::draft(&at.suite, "owner").await.name;
            Attempt::by("owner", &reading(&draft)).metadata("state", "DRAFT")
        }),
        row("GetReview", R::NotFound, async |_| {
            Attempt::by("staff", &reading(ABSENT))
        }),
        row("ConfirmReview", R::PermissionDenied, async |at| {
            Attempt::by("outsider", &confirming(&at.name(), ""))
        }),
        row("ConfirmReview", R::OrganizationState, async |at| {
            let draft = Organization::draft(&at.suite, "owner").await.name;
            Attempt::by("owner", &confirming(&draft, "")).metadata("state", "DRAFT")
        }),
        row("ConfirmReview", R::RequestIdReused, async |at| {
            let id = at.suite.request_id();
            let draft = Organization::draft(&at.suite, "owner").await.name;
            let (first, second) = (confirming(&at.name(), &id), confirming(&draft, &id));
            at.reused("ConfirmReview", "owner", &first, &second).await
        }),
    ]
}
