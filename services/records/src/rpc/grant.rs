//! Consent.

mod convert;
mod parse;

use muster_proto::records::v1 as pb;
use muster_proto::records::v1::grant_request_service_server::GrantRequestService;
use muster_proto::records::v1::grant_service_server::GrantService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::{Rpc, oneself};
use crate::domain::Grant;
use crate::error::Error;
use crate::ops::grant::{create, request, revoke};
use crate::store::grant;
use convert::{for_organization, for_person};

#[tonic::async_trait]
impl GrantService for Rpc {
    async fn create_grant(
        &self,
        request: Request<pb::CreateGrantRequest>,
    ) -> Result<Response<pb::CreateGrantResponse>, Status> {
        let context = &self.context;
        let now = context.clock.now();
        let (call, consent) = Call::read(request, |call, violations| {
            parse::create_grant(call, violations, now)
        })?;
        let prepare = async || create::prepare(context, &consent).await;
        let apply = async |tx: &mut _, ()| {
            let granted = create::apply(tx, context, consent.clone()).await;
            granted.map(|grant| for_person(grant, now))
        };
        call.once_prepared(&context.database, now, prepare, apply).await
    }

    async fn revoke_grant(
        &self,
        request: Request<pb::RevokeGrantRequest>,
    ) -> Result<Response<pb::RevokeGrantResponse>, Status> {
        let context = &self.context;
        let now = context.clock.now();
        let (call, name) = Call::read(request, |call, violations| {
            parse::own(call, violations, &call.message.name)
        })?;
        let prepare = async || revoke::prepare(context, name).await;
        let apply = async |tx: &mut _, ()| {
            let revoked = revoke::apply(tx, context, name).await;
            revoked.map(|grant| for_person(grant, now))
        };
        call.once_prepared(&context.database, now, prepare, apply).await
    }

    async fn approve_grant(
        &self,
        request: Request<pb::ApproveGrantRequest>,
    ) -> Result<Response<pb::ApproveGrantResponse>, Status> {
        let context = &self.context;
        let now = context.clock.now();
        let (call, (name, terms)) = Call::read(request, |call, violations| {
            parse::approve_grant(call, violations, now)
        })?;
        let work = async |tx: &mut _| {
            let approved = create::approve(tx, context, name, terms.clone()).await;
            approved.map(|grant| for_person(grant, now))
        };
        call.once(&context.database, now, work).await
    }

    async fn deny_grant(
        &self,
        request: Request<pb::DenyGrantRequest>,
    ) -> Result<Response<pb::DenyGrantResponse>, Status> {
        let context = &self.context;
        let now = context.clock.now();
        let (call, name) = Call::read(request, |call, violations| {
            parse::own(call, violations, &call.message.name)
        })?;
        let work = async |tx: &mut _| {
            let denied = create::deny(tx, context, name).await;
            denied.map(|grant| for_person(grant, now))
        };
        call.once(&context.database, now, work).await
    }

    async fn list_person_grants(
        &self,
        request: Request<pb::ListPersonGrantsRequest>,
    ) -> Result<Response<pb::ListPersonGrantsResponse>, Status> {
        let now = self.context.clock.now();
        let (call, person) = Call::read(request, |call, violations| {
            oneself(call, violations, &call.message.parent)
        })?;
        let list = async |after, limit| {
            let list = async |db: &mut _| grant::list_of_person(db, person, after, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        let (position, show) = (|last: &Grant| last.id, |grant| for_person(grant, now));
        let page = call
            .page_with(&self.context.page_key, list, position, show)
            .await?;
        Ok(Response::new(pb::ListPersonGrantsResponse {
            grants: page.items,
            next_page_token: page.next_page_token,
        }))
    }
}

#[tonic::async_trait]
impl GrantRequestService for Rpc {
    async fn request_grant(
        &self,
        request: Request<pb::RequestGrantRequest>,
    ) -> Result<Response<pb::RequestGrantResponse>, Status> {
        let context = &self.context;
        let now = context.clock.now();
        let (call, asking) = Call::read(request, parse::request_grant)?;
        let prepare = async || {
            request::prepare(context, &asking).await?;
            Ok(asking)
        };
        let apply = async |tx: &mut _, asking| {
            let asked = request::apply(tx, context, asking).await;
            asked.map(|grant| for_organization(grant, now))
        };
        call.once_prepared(&context.database, now, prepare, apply).await
    }

    async fn list_learner_grants(
        &self,
        request: Request<pb::ListLearnerGrantsRequest>,
    ) -> Result<Response<pb::ListLearnerGrantsResponse>, Status> {
        let now = self.context.clock.now();
        let (call, learner) = Call::read(request, parse::list_learner_grants)?;
        let list = async |after, limit| {
            let (organization, person) = (learner.organization, learner.person);
            let list =
                async |db: &mut _| grant::list_of_learner(db, organization, person, after, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        let (position, show) = (|last: &Grant| last.id, |grant| for_organization(grant, now));
        let page = call
            .page_with(&self.context.page_key, list, position, show)
            .await?;
        Ok(Response::new(pb::ListLearnerGrantsResponse {
            grants: page.items,
            next_page_token: page.next_page_token,
        }))
    }
}
