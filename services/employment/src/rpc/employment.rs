//! Employments as an organization sees them.

mod batch;
mod claims;
mod convert;
mod filter;
mod internal;
mod parse;
mod person;
mod positions;

use muster_proto::answer;
use muster_proto::employment::v1 as pb;
use muster_proto::employment::v1::employment_service_server::EmploymentService;
use muster_server::{Call, Failure};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::context::Context;
use crate::domain::Employment;
use crate::error::Error;
use crate::ops::employment::{
    batch_end, batch_verify, end, place, reject, today, undo_end, verify, verify_owner,
};
use crate::store::employment::{self, ListPosition};

#[tonic::async_trait]
impl EmploymentService for Rpc {
    async fn get_employment(
        &self,
        request: Request<pb::GetEmploymentRequest>,
    ) -> Result<Response<pb::GetEmploymentResponse>, Status> {
        let (_, name) = Call::read(request, parse::employment)?;
        let find = async |db: &mut _| {
            let found = employment::find(db, name.organization, name.employment).await?;
            found.ok_or(Error::from(Failure::NotFound))
        };
        let employment = self.context.database.read(find).await?;
        Ok(Response::new(answer(employment)))
    }

    async fn list_employments(
        &self,
        request: Request<pb::ListEmploymentsRequest>,
    ) -> Result<Response<pb::ListEmploymentsResponse>, Status> {
        let (call, (organization, mut filter)) = Call::read(request, filter::list)?;
        if !filter.position.is_empty() {
            filter.today = Some(today::at(&self.context, organization).await?);
        }
        let list = async |after, limit| {
            let list = async |db: &mut _| employment::list(db, organization, &filter, after, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        let position = |last: &Employment| ListPosition::of(last, filter.order);
        call.page(&self.context.page_key, list, position).await
    }

    async fn verify_employment(
        &self,
        request: Request<pb::VerifyEmploymentRequest>,
    ) -> Result<Response<pb::VerifyEmploymentResponse>, Status> {
        let (call, verification) = Call::read(request, parse::verify)?;
        let Context { database, clock, .. } = &self.context;
        let apply = async |tx: &mut _| verify::apply(tx, &self.context, verification).await;
        call.once(database, clock.now(), apply).await
    }

    async fn verify_owner_employment(
        &self,
        request: Request<pb::VerifyOwnerEmploymentRequest>,
    ) -> Result<Response<pb::VerifyOwnerEmploymentResponse>, Status> {
        let (call, verification) = Call::read(request, parse::verify_owner)?;
        let Context { database, clock, .. } = &self.context;
        let prepare = async || {
            verify_owner::prepare(&self.context, &verification).await?;
            Ok(verification)
        };
        let apply = async |tx: &mut _, verification| verify::apply(tx, &self.context, verification).await;
        call.once_prepared(database, clock.now(), prepare, apply).await
    }

    async fn batch_verify_employments(
        &self,
        request: Request<pb::BatchVerifyEmploymentsRequest>,
    ) -> Result<Response<pb::BatchVerifyEmploymentsResponse>, Status> {
        let (call, batch) = Call::read(request, batch::verifications)?;
        let Context { database, clock, .. } = &self.context;
        let key = call.key();
        let done = database.once(&key, clock.now(), async |tx| {
            let outcomes = batch_verify::apply(tx, &self.context, &batch).await?;
            let outcomes = batch::in_order(&batch.employments, batch.organization, outcomes);
            Ok::<_, Error>(pb::BatchVerifyEmploymentsResponse { outcomes })
        });
        Ok(Response::new(done.await?))
    }

    async fn batch_end_employments(
        &self,
        request: Request<pb::BatchEndEmploymentsRequest>,
    ) -> Result<Response<pb::BatchEndEmploymentsResponse>, Status> {
        let (call, batch) = Call::read(request, batch::endings)?;
        let Context { database, clock, .. } = &self.context;
        let key = call.key();
        let prepare = async || batch_end::prepare(&self.context, &batch).await;
        let apply = async |tx: &mut _, prepared| {
            let outcomes = batch_end::apply(tx, &self.context, &batch, prepared).await?;
            let outcomes = batch::in_order(&batch.employments, batch.organization, outcomes);
            Ok::<_, Error>(pb::BatchEndEmploymentsResponse { outcomes })
        };
        let done = database.once_prepared(&key, clock.now(), prepare, apply);
        Ok(Response::new(done.await?))
    }

    async fn reject_employment(
        &self,
        request: Request<pb::RejectEmploymentRequest>,
    ) -> Result<Response<pb::RejectEmploymentResponse>, Status> {
        let (call, rejecting) = Call::read(request, parse::reject)?;
        let Context { database, clock, .. } = &self.context;
        let prepare = async || {
            reject::prepare(&self.context, &rejecting).await?;
            Ok(rejecting)
        };
        let apply = async |tx: &mut _, rejecting| reject::apply(tx, &self.context, rejecting).await;
        call.once_prepared(database, clock.now(), prepare, apply).await
    }

    async fn end_employment(
        &self,
        request: Request<pb::EndEmploymentRequest>,
    ) -> Result<Response<pb::EndEmploymentResponse>, Status> {
        let (call, ending) = Call::read(request, parse::end)?;
        let Context { database, clock, .. } = &self.context;
        let prepare = async || {
            let known = end::prepare(&self.context, &ending).await?;
            Ok((ending, known))
        };
        let apply = async |tx: &mut _, (ending, known)| end::apply(tx, &self.context, ending, &known).await;
        call.once_prepared(database, clock.now(), prepare, apply).await
    }

    async fn undo_end_employment(
        &self,
        request: Request<pb::UndoEndEmploymentRequest>,
    ) -> Result<Response<pb::UndoEndEmploymentResponse>, Status> {
        let (call, undoing) = Call::read(request, parse::undo_end)?;
        let Context { database, clock, .. } = &self.context;
        let prepare = async || {
            let known = undo_end::prepare(&self.context, &undoing).await?;
            Ok((undoing, known))
        };
        let apply =
            async |tx: &mut _, (undoing, known)| undo_end::apply(tx, &self.context, undoing, &known).await;
        call.once_prepared(database, clock.now(), prepare, apply).await
    }

    async fn place_employment(
        &self,
        request: Request<pb::PlaceEmploymentRequest>,
    ) -> Result<Response<pb::PlaceEmploymentResponse>, Status> {
        let (call, placing) = Call::read(request, parse::place)?;
        let Context { database, clock, .. } = &self.context;
        let prepare = async || {
            let places = place::prepare(&self.context, &placing).await?;
            Ok((placing, places))
        };
        let apply =
            async |tx: &mut _, (placing, places)| place::apply(tx, &self.context, placing, &places).await;
        call.once_prepared(database, clock.now(), prepare, apply).await
    }
}
