//! Subscriptions, and the limits that follow from them.

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::subscription_service_server::SubscriptionService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::{Rpc, parse};
use crate::domain::Entitlement;
use crate::ops;
use crate::store::subscriptions;

#[tonic::async_trait]
impl SubscriptionService for Rpc {
    async fn activate_subscription(
        &self,
        request: Request<pb::ActivateSubscriptionRequest>,
    ) -> Result<Response<pb::ActivateSubscriptionResponse>, Status> {
        let (call, new) = Call::read(request, parse::new_subscription)?;
        let key = call.key();
        let answer = ops::activate_subscription(&self.desk, key, new).await?;
        Ok(Response::new(answer))
    }

    async fn get_limits(
        &self,
        request: Request<pb::GetLimitsRequest>,
    ) -> Result<Response<pb::GetLimitsResponse>, Status> {
        let (_, id) = Call::read(request, |call, violations| {
            parse::organization(call, violations, "parent", &call.message.parent)
        })?;
        let subscription = self
            .desk
            .read(move |c| Box::pin(subscriptions::get(c, id)))
            .await?;
        let in_force = Entitlement::at(self.desk.clock.now(), subscription.as_ref(), self.basic);
        Ok(Response::new(in_force.into()))
    }
}
