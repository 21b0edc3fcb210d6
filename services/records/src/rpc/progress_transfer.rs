//! What a person takes by themself, and where its progress goes.

mod convert;
mod parse;

use muster_proto::records::v1 as pb;
use muster_proto::records::v1::progress_transfer_service_server::ProgressTransferService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::assignment::convert::for_person;
use super::{Rpc, oneself};
use crate::domain::ProgressTransfer;
use crate::error::Error;
use crate::ops::assignment::{move_progress, take};
use crate::store::progress_transfer;

#[tonic::async_trait]
impl ProgressTransferService for Rpc {
    async fn take_training(
        &self,
        request: Request<pb::TakeTrainingRequest>,
    ) -> Result<Response<pb::TakeTrainingResponse>, Status> {
        let context = &self.context;
        let now = context.clock.now();
        let (call, (person, training)) = Call::read(request, parse::take)?;
        let work = async |tx: &mut _| {
            let taken = take::apply(tx, context, person, training).await;
            taken.map(|assignment| for_person(assignment, now))
        };
        call.once(&context.database, now, work).await
    }

    async fn transfer_progress(
        &self,
        request: Request<pb::TransferProgressRequest>,
    ) -> Result<Response<pb::TransferProgressResponse>, Status> {
        let context = &self.context;
        let now = context.clock.now();
        let (call, moving) = Call::read(request, parse::transfer)?;
        let work = async |tx: &mut _| {
            let moved = move_progress::apply(tx, context, moving).await;
            moved.map(|assignment| for_person(assignment, now))
        };
        call.once(&context.database, now, work).await
    }

    async fn move_progress(
        &self,
        request: Request<pb::MoveProgressRequest>,
    ) -> Result<Response<pb::MoveProgressResponse>, Status> {
        let context = &self.context;
        let now = context.clock.now();
        let (call, moving) = Call::read(request, parse::moving)?;
        let work = async |tx: &mut _| {
            let moved = move_progress::apply(tx, context, moving).await;
            moved.map(|assignment| for_person(assignment, now))
        };
        call.once(&context.database, now, work).await
    }

    async fn list_progress_transfers(
        &self,
        request: Request<pb::ListProgressTransfersRequest>,
    ) -> Result<Response<pb::ListProgressTransfersResponse>, Status> {
        let (call, person) = Call::read(request, |call, violations| {
            oneself(call, violations, &call.message.parent)
        })?;
        let list = async |after, limit| {
            let list = async |db: &mut _| progress_transfer::list_of_person(db, person, after, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        let position = |last: &ProgressTransfer| last.from.assignment;
        call.page(&self.context.page_key, list, position).await
    }
}
