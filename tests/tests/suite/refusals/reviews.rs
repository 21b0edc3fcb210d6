//! Reviews of profiles.

use muster_client::acts::{employment, review};
use muster_proto::employment::v1::EmploymentClaim;
use muster_proto::organization::v1::{ConfirmReviewRequest, GetReviewRequest, ReviewSubject};
use muster_refusal::ErrorReason as R;
use muster_testkit::eventually;

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
        acknowledged_claims: 0,
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
        row("ConfirmReview", R::ReviewClaimsPending, async |at| {
            let at = at.own().await;
            let claim = EmploymentClaim {
                organization: at.name(),
                ..Default::default()
            };
            let learner = at.suite.client(&at.address());
            employment::claim(&learner, vec![claim]).await.unwrap();
            let owner = at.suite.client("owner");
            let is_heard_of = async || {
                let review = review::get(&owner, &at.name()).await.unwrap();
                let mut claims = review
                    .items
                    .iter()
                    .filter(|item| item.subject() == ReviewSubject::EmploymentClaims);
                claims.any(|item| item.count == 1)
            };
            eventually(is_heard_of).await;
            Attempt::by("owner", &confirming(&at.name(), "")).metadata("pending_claims", "1")
        }),
        row("ConfirmReview", R::RequestIdReused, async |at| {
            // Nobody says of this one that they work there.
            let at = at.own().await;
            let id = at.suite.request_id();
            let draft = Organization::draft(&at.suite, "owner").await.name;
            let (first, second) = (confirming(&at.name(), &id), confirming(&draft, &id));
            at.reused("ConfirmReview", "owner", &first, &second).await
        }),
    ]
}
