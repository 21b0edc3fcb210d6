//! Subscriptions, and the limits that follow from them.

mod convert;
mod parse;

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::subscription_service_server::SubscriptionService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::Entitlement;
use crate::error::Error;
use crate::ops::subscription::activate;
use crate::store::subscription;

#[tonic::async_trait]
impl SubscriptionService for Rpc {
    async fn activate_subscription(
        &self,
        request: Request<pb::ActivateSubscriptionRequest>,
    ) -> Result<Response<pb::ActivateSubscriptionResponse>, Status> {
        let context = &self.context;
        let (call, new) = Call::read(request, parse::new)?;
        let work = async |tx: &mut _| activate::apply(tx, context, new).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn get_limits(
        &self,
        request: Request<pb::GetLimitsRequest>,
    ) -> Result<Response<pb::GetLimitsResponse>, Status> {
        let context = &self.context;
        let (_, id) = Call::read(request, parse::organization)?;
        let find = async |db: &mut _| subscription::find(db, id).await.map_err(Error::from);
        let subscription = context.database.read(find).await?;
        let in_force = Entitlement::at(context.clock.now(), subscription.as_ref(), context.basic);
        Ok(Response::new(in_force.into()))
    }
}
