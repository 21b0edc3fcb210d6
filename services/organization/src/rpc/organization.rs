//! Profiles: create, read, change, hand in, compare, approve, close.

mod convert;
mod director;
pub(super) mod parse;

use muster_proto::answer;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::organization_service_server::OrganizationService;
use muster_server::{Call, Failure};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::Organization;
use crate::error::Error;
use crate::ops::organization::decide::{self, Verdict};
use crate::ops::organization::{approve, close, create, submit, update};
use crate::store::organization;

#[tonic::async_trait]
impl OrganizationService for Rpc {
    async fn create_organization(
        &self,
        request: Request<pb::CreateOrganizationRequest>,
    ) -> Result<Response<pb::CreateOrganizationResponse>, Status> {
        let context = &self.context;
        let (call, new) = Call::read(request, |call, violations| {
            parse::new(call, violations, &context.license_rules)
        })?;
        let work = async |tx: &mut _| create::apply(tx, context, new).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn get_organization(
        &self,
        request: Request<pb::GetOrganizationRequest>,
    ) -> Result<Response<pb::GetOrganizationResponse>, Status> {
        let (_, id) = Call::read(request, parse::named)?;
        let found = self.context.profiles.find(&self.context.database, id).await;
        let found = found.map_err(Error::from)?;
        let organization = found.ok_or(Error::from(Failure::NotFound))?;
        Ok(Response::new(answer(organization)))
    }

    async fn update_organization(
        &self,
        request: Request<pb::UpdateOrganizationRequest>,
    ) -> Result<Response<pb::UpdateOrganizationResponse>, Status> {
        let context = &self.context;
        let (call, (id, changes)) = Call::read(request, parse::update)?;
        let work = async |tx: &mut _| update::apply(tx, context, id, changes, &call.if_match()).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn submit_organization(
        &self,
        request: Request<pb::SubmitOrganizationRequest>,
    ) -> Result<Response<pb::SubmitOrganizationResponse>, Status> {
        let context = &self.context;
        let (call, submission) = Call::read(request, parse::submission)?;
        let work = async |tx: &mut _| submit::apply(tx, context, submission).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn approve_organization(
        &self,
        request: Request<pb::ApproveOrganizationRequest>,
    ) -> Result<Response<pb::ApproveOrganizationResponse>, Status> {
        let context = &self.context;
        let (call, decision) = Call::read(request, |call, violations| {
            parse::decision(call, violations, &call.message.reason)
        })?;
        let work = async |tx: &mut _| approve::apply(tx, context, decision).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn return_organization(
        &self,
        request: Request<pb::ReturnOrganizationRequest>,
    ) -> Result<Response<pb::ReturnOrganizationResponse>, Status> {
        let context = &self.context;
        let (call, (decision, verdict)) = Call::read(request, parse::giving_back)?;
        let work = async |tx: &mut _| decide::apply(tx, context, decision, verdict).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn reject_organization(
        &self,
        request: Request<pb::RejectOrganizationRequest>,
    ) -> Result<Response<pb::RejectOrganizationResponse>, Status> {
        let context = &self.context;
        let (call, decision) = Call::read(request, |call, violations| {
            parse::decision(call, violations, &call.message.reason)
        })?;
        let work = async |tx: &mut _| decide::apply(tx, context, decision, Verdict::Reject).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn suspend_organization(
        &self,
        request: Request<pb::SuspendOrganizationRequest>,
    ) -> Result<Response<pb::SuspendOrganizationResponse>, Status> {
        let context = &self.context;
        let (call, decision) = Call::read(request, |call, violations| {
            parse::decision(call, violations, &call.message.reason)
        })?;
        let work = async |tx: &mut _| decide::apply(tx, context, decision, Verdict::Suspend).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn reinstate_organization(
        &self,
        request: Request<pb::ReinstateOrganizationRequest>,
    ) -> Result<Response<pb::ReinstateOrganizationResponse>, Status> {
        let context = &self.context;
        let (call, decision) = Call::read(request, |call, violations| {
            parse::decision(call, violations, &call.message.reason)
        })?;
        let work = async |tx: &mut _| decide::apply(tx, context, decision, Verdict::Reinstate).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn close_organization(
        &self,
        request: Request<pb::CloseOrganizationRequest>,
    ) -> Result<Response<pb::CloseOrganizationResponse>, Status> {
        let context = &self.context;
        let (call, closing) = Call::read(request, parse::closing)?;
        let work = async |tx: &mut _| close::apply(tx, context, closing).await;
        call.once(&context.database, context.clock.now(), work).await
    }

    async fn list_license_claims(
        &self,
        request: Request<pb::ListLicenseClaimsRequest>,
    ) -> Result<Response<pb::ListLicenseClaimsResponse>, Status> {
        let (call, id) = Call::read(request, parse::named)?;
        let list = async |after, limit| {
            let list = async |db: &mut _| {
                let one = organization::find(db, id).await?.ok_or(Failure::NotFound)?;
                match one.licensing.license() {
                    Some(license) => Ok(organization::list_claims(db, license, after, limit).await?),
                    None => Ok::<_, Error>(Vec::new()),
                }
            };
            self.context.database.read(list).await
        };
        call.page(&self.context.page_key, list, |last: &Organization| last.id)
            .await
    }
}
