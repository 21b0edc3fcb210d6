//! Plans of organizations.

use muster_proto::organization::v1::subscription_service_client::SubscriptionServiceClient;
use muster_proto::organization::v1::{ActivateSubscriptionRequest, Limits, Plan, Subscription};

use super::resource;
use crate::{CallError, Transport, request_id};

/// Registry staff set an organization's premium plan, without an end.
///
/// # Errors
/// The call failed.
pub async fn activate<T: Transport>(
    staff: &T,
    organization: &str,
    limits: Limits,
    reason: &str,
) -> Result<Subscription, CallError> {
    let request = ActivateSubscriptionRequest {
        name: format!("{organization}/subscription"),
        plan: Plan::Premium.into(),
        limits: Some(limits),
        end_time: None,
        reason: reason.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| {
        SubscriptionServiceClient::new(client)
            .activate_subscription(request)
            .await
    };
    resource(staff, request, send, |response| response.subscription).await
}
