//! Reviews of profiles.

use muster_proto::organization::v1::review_service_client::ReviewServiceClient;
use muster_proto::organization::v1::{ConfirmReviewRequest, GetReviewRequest, Review};

use super::resource;
use crate::{CallError, Transport, request_id};

/// Reads the review of an organization, `organizations/{organization}`: when it is due, and what to check.
///
/// # Errors
/// The call failed.
pub async fn get<T: Transport>(reader: &T, organization: &str) -> Result<Review, CallError> {
    let request = GetReviewRequest {
        name: format!("{organization}/review"),
    };
    let send = async |client, request| ReviewServiceClient::new(client).get_review(request).await;
    resource(reader, request, send, |response| response.review).await
}

/// Confirms that everything was checked; `acknowledged_claims`: how many claims the caller has seen to wait, and leaves waiting.
///
/// # Errors
/// The call failed.
pub async fn confirm<T: Transport>(
    admin: &T,
    organization: &str,
    acknowledged_claims: i32,
) -> Result<Review, CallError> {
    let request = ConfirmReviewRequest {
        name: format!("{organization}/review"),
        request_id: request_id(),
        acknowledged_claims,
    };
    let send = async |client, request| ReviewServiceClient::new(client).confirm_review(request).await;
    resource(admin, request, send, |response| response.review).await
}
