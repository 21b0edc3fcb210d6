//! What registry staff looked at.

mod convert;
mod parse;

use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::staff_read_internal_service_server::StaffReadInternalService;
use muster_proto::organization::v1::staff_read_service_server::StaffReadService;
use muster_server::{Call, names};
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::StaffRead;
use crate::error::Error;
use crate::ops::staff_read::log;
use crate::store::staff_read;

#[tonic::async_trait]
impl StaffReadService for Rpc {
    async fn list_staff_reads(
        &self,
        request: Request<pb::ListStaffReadsRequest>,
    ) -> Result<Response<pb::ListStaffReadsResponse>, Status> {
        let (call, organization) = Call::read(request, parse::list)?;
        let list = async |before, limit| {
            let list = async |db: &mut _| staff_read::list(db, organization, before, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        call.page(&self.context.page_key, list, |last: &StaffRead| last.id)
            .await
    }

    async fn list_person_staff_reads(
        &self,
        request: Request<pb::ListPersonStaffReadsRequest>,
    ) -> Result<Response<pb::ListPersonStaffReadsResponse>, Status> {
        let (call, person) = Call::read(request, |call, violations| {
            names::oneself(&call.caller, violations, "parent", &call.message.parent)
        })?;
        let list = async |before, limit| {
            let list = async |db: &mut _| staff_read::list_of_person(db, person, before, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        call.page(&self.context.page_key, list, |last: &StaffRead| last.id)
            .await
    }
}

#[tonic::async_trait]
impl StaffReadInternalService for Rpc {
    async fn log_staff_read(
        &self,
        request: Request<pb::LogStaffReadRequest>,
    ) -> Result<Response<pb::LogStaffReadResponse>, Status> {
        let now = self.context.clock.now();
        let (_, read) = Call::read(request, |call, violations| parse::log(call, violations, now))?;
        let write = async |tx: &mut _| log::apply(tx, read).await;
        self.context.database.write(write).await?;
        Ok(Response::new(pb::LogStaffReadResponse {}))
    }
}
