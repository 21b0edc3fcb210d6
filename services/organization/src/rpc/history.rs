//! Who changed what.

use muster_history::{HistoryEntry, HistoryQuery, page};
use muster_ids::{HistoryEntryName, OrganizationName};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::history_service_server::HistoryService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::Rpc;

#[tonic::async_trait]
impl HistoryService for Rpc {
    async fn list_history_entries(
        &self,
        request: Request<pb::ListHistoryEntriesRequest>,
    ) -> Result<Response<pb::ListHistoryEntriesResponse>, Status> {
        let (call, name) = Call::read(request, |call, violations| {
            Ok(call.name::<OrganizationName>(violations))
        })?;
        let asked = HistoryQuery {
            organization: name.organization,
            subject: "",
        };
        let context = &self.context;
        let page = page(&call, &context.page_key, &context.database, asked, name_of).await?;
        Ok(Response::new(pb::ListHistoryEntriesResponse {
            history_entries: page.items,
            next_page_token: page.next_page_token,
        }))
    }
}

fn name_of(entry: &HistoryEntry) -> String {
    let name = HistoryEntryName {
        organization: entry.organization,
        history_entry: entry.id,
    };
    name.to_string()
}
