//! Who changed what.

mod convert;

use muster_ids::OrganizationName;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::history_service_server::HistoryService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::Rpc;
use crate::domain::HistoryEntry;
use crate::error::Error;
use crate::store::history;

#[tonic::async_trait]
impl HistoryService for Rpc {
    async fn list_history_entries(
        &self,
        request: Request<pb::ListHistoryEntriesRequest>,
    ) -> Result<Response<pb::ListHistoryEntriesResponse>, Status> {
        let (call, name) = Call::read(request, |call, violations| {
            Ok(call.name::<OrganizationName>(violations))
        })?;
        let list = async |before, limit| {
            let list = async |db: &mut _| history::list(db, name.organization, before, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        call.page(&self.context.page_key, list, |last: &HistoryEntry| last.number)
            .await
    }
}
