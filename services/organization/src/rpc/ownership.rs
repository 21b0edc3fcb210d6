//! Who owns an organization: offered, answered, moved.

mod convert;
mod parse;

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::ownership_service_server::OwnershipService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::OwnershipOffer;
use crate::error::Error;
use crate::ops::ownership::{accept, decline, offer, reassign, withdraw};
use crate::store::ownership_offer;

#[tonic::async_trait]
impl OwnershipService for Rpc {
    async fn offer_ownership(
        &self,
        request: Request<pb::OfferOwnershipRequest>,
    ) -> Result<Response<pb::OfferOwnershipResponse>, Status> {
        let context = &self.context;
        let (call, offering) = Call::read(request, parse::offering)?;
        let work = async |tx: &mut _| offer::apply(tx, context, offering).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn list_ownership_offers(
        &self,
        request: Request<pb::ListOwnershipOffersRequest>,
    ) -> Result<Response<pb::ListOwnershipOffersResponse>, Status> {
        let now = self.context.clock.now();
        let (call, organization) = Call::read(request, parse::list)?;
        let list = async |before, limit| {
            let list = async |db: &mut _| ownership_offer::list(db, organization, before, limit).await;
            let page = self.context.database.read(list).await.map_err(Error::from)?;
            Ok::<_, Error>(page.into_iter().map(|offer| offer.at(now)).collect::<Vec<_>>())
        };
        call.page(&self.context.page_key, list, |last: &OwnershipOffer| last.id)
            .await
    }

    async fn withdraw_ownership_offer(
        &self,
        request: Request<pb::WithdrawOwnershipOfferRequest>,
    ) -> Result<Response<pb::WithdrawOwnershipOfferResponse>, Status> {
        let context = &self.context;
        let (call, (name, by)) = Call::read(request, parse::withdrawn)?;
        let work = async |tx: &mut _| withdraw::apply(tx, context, name, by).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn accept_ownership(
        &self,
        request: Request<pb::AcceptOwnershipRequest>,
    ) -> Result<Response<pb::AcceptOwnershipResponse>, Status> {
        let context = &self.context;
        let (call, acceptance) = Call::read(request, parse::acceptance)?;
        let work = async |tx: &mut _| accept::apply(tx, context, acceptance).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn decline_ownership(
        &self,
        request: Request<pb::DeclineOwnershipRequest>,
    ) -> Result<Response<pb::DeclineOwnershipResponse>, Status> {
        let context = &self.context;
        let (call, (name, by)) = Call::read(request, parse::declined)?;
        let work = async |tx: &mut _| decline::apply(tx, context, name, by).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn move_ownership(
        &self,
        request: Request<pb::MoveOwnershipRequest>,
    ) -> Result<Response<pb::MoveOwnershipResponse>, Status> {
        let context = &self.context;
        let (call, reassignment) = Call::read(request, parse::reassignment)?;
        let work = async |tx: &mut _| reassign::apply(tx, context, reassignment).await;
        call.once(&context.database, context.clock.now(), work).await
    }
}
