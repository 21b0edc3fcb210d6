//! A person's own employments.

use muster_proto::employment::v1 as pb;
use muster_proto::employment::v1::person_employment_service_server::PersonEmploymentService;
use muster_server::Call;
use muster_server::convert::timestamp;
use tonic::{Request, Response, Status};

use super::{claims, parse, positions};
use crate::context::Context;
use crate::domain::Employment;
use crate::error::Error;
use crate::ops::employment::remind::Reminded;
use crate::ops::employment::{claim, correct, edit, end, remind, undo_end, withdraw};
use crate::rpc::Rpc;
use crate::store::employment;

#[tonic::async_trait]
impl PersonEmploymentService for Rpc {
    async fn list_person_employments(
        &self,
        request: Request<pb::ListPersonEmploymentsRequest>,
    ) -> Result<Response<pb::ListPersonEmploymentsResponse>, Status> {
        let (call, person) = Call::read(request, parse::oneself)?;
        let list = async |after, limit| {
            let list = async |db: &mut _| employment::list_of_person(db, person, after, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        call.page(&self.context.page_key, list, |last: &Employment| last.id)
            .await
    }

    async fn claim_employments(
        &self,
        request: Request<pb::ClaimEmploymentsRequest>,
    ) -> Result<Response<pb::ClaimEmploymentsResponse>, Status> {
        let Context { database, clock, .. } = &self.context;
        let now = clock.now();
        let (call, claims) = Call::read(request, |call, violations| claims::claims(call, violations, now))?;
        let key = call.key();
        let prepare = async || claim::prepare(&self.context, &claims).await;
        let apply = async |tx: &mut _, sites| {
            let claimed = claim::apply(tx, &self.context, &claims, &sites).await?;
            Ok::<_, Error>(claims::answer(claims.person, claimed))
        };
        let done = database.once_prepared(&key, now, prepare, apply);
        Ok(Response::new(done.await?))
    }

    async fn update_employment(
        &self,
        request: Request<pb::UpdateEmploymentRequest>,
    ) -> Result<Response<pb::UpdateEmploymentResponse>, Status> {
        let (call, editing) = Call::read(request, positions::editing)?;
        let Context { database, clock, .. } = &self.context;
        let prepare = async || {
            let asked = edit::prepare(&self.context, &editing).await?;
            Ok((editing, asked))
        };
        let apply =
            async |tx: &mut _, (editing, asked)| edit::apply(tx, &self.context, editing, &asked).await;
        call.once_prepared(database, clock.now(), prepare, apply).await
    }

    async fn list_position_codes(
        &self,
        request: Request<pb::ListPositionCodesRequest>,
    ) -> Result<Response<pb::ListPositionCodesResponse>, Status> {
        let call = Call::accept(request)?;
        let list = self.context.positions.of(&call.message.authority);
        let positions = list.iter().cloned().map(Into::into).collect();
        Ok(Response::new(pb::ListPositionCodesResponse { positions }))
    }

    async fn correct_employment(
        &self,
        request: Request<pb::CorrectEmploymentRequest>,
    ) -> Result<Response<pb::CorrectEmploymentResponse>, Status> {
        let (call, own) = Call::read(request, parse::correct)?;
        let Context { database, clock, .. } = &self.context;
        let prepare = async || {
            let asked = correct::prepare(&self.context, &own).await?;
            Ok((own, asked))
        };
        let apply = async |tx: &mut _, (own, asked)| correct::apply(tx, &self.context, own, &asked).await;
        call.once_prepared(database, clock.now(), prepare, apply).await
    }

    async fn remind_verifiers(
        &self,
        request: Request<pb::RemindVerifiersRequest>,
    ) -> Result<Response<pb::RemindVerifiersResponse>, Status> {
        let (call, own) = Call::read(request, parse::remind)?;
        let Context { database, clock, .. } = &self.context;
        let key = call.key();
        let prepare = async || {
            let verifiers = remind::prepare(&self.context, &own).await?;
            Ok((own, verifiers))
        };
        let apply = async |tx: &mut _, (own, verifiers)| {
            let Reminded { verifiers, next } = remind::apply(tx, &self.context, own, &verifiers).await?;
            Ok::<_, Error>(pb::RemindVerifiersResponse {
                next_remind_time: Some(timestamp(next)),
                verifier_count: i32::try_from(verifiers).unwrap_or(i32::MAX),
            })
        };
        let done = database.once_prepared(&key, clock.now(), prepare, apply);
        Ok(Response::new(done.await?))
    }

    async fn withdraw_employment(
        &self,
        request: Request<pb::WithdrawEmploymentRequest>,
    ) -> Result<Response<pb::WithdrawEmploymentResponse>, Status> {
        let (call, own) = Call::read(request, parse::withdraw)?;
        let Context { database, clock, .. } = &self.context;
        let prepare = async || {
            withdraw::prepare(&self.context, &own).await?;
            Ok(own)
        };
        let apply = async |tx: &mut _, own| withdraw::apply(tx, &self.context, own).await;
        call.once_prepared(database, clock.now(), prepare, apply).await
    }

    async fn leave_employment(
        &self,
        request: Request<pb::LeaveEmploymentRequest>,
    ) -> Result<Response<pb::LeaveEmploymentResponse>, Status> {
        let (call, ending) = Call::read(request, parse::leave)?;
        let Context { database, clock, .. } = &self.context;
        let prepare = async || {
            let known = end::prepare(&self.context, &ending).await?;
            Ok((ending, known))
        };
        let apply = async |tx: &mut _, (ending, known)| end::apply(tx, &self.context, ending, &known).await;
        call.once_prepared(database, clock.now(), prepare, apply).await
    }

    async fn undo_leave_employment(
        &self,
        request: Request<pb::UndoLeaveEmploymentRequest>,
    ) -> Result<Response<pb::UndoLeaveEmploymentResponse>, Status> {
        let (call, undoing) = Call::read(request, parse::undo_leave)?;
        let Context { database, clock, .. } = &self.context;
        let prepare = async || {
            let known = undo_end::prepare(&self.context, &undoing).await?;
            Ok((undoing, known))
        };
        let apply =
            async |tx: &mut _, (undoing, known)| undo_end::apply(tx, &self.context, undoing, &known).await;
        call.once_prepared(database, clock.now(), prepare, apply).await
    }
}
