//! Who changed what.

use muster_history::{HistoryEntry, HistoryQuery, page};
use muster_ids::{OrganizationName, RecordHistoryEntryName};
use muster_proto::records::v1 as pb;
use muster_proto::records::v1::record_history_service_server::RecordHistoryService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::Rpc;

#[tonic::async_trait]
impl RecordHistoryService for Rpc {
    async fn list_record_history_entries(
        &self,
        request: Request<pb::ListRecordHistoryEntriesRequest>,
    ) -> Result<Response<pb::ListRecordHistoryEntriesResponse>, Status> {
        let (call, name) = Call::read(request, |call, violations| {
            Ok(call.name::<OrganizationName>(violations))
        })?;
        let asked = HistoryQuery {
            organization: name.organization,
            subject: &call.message.subject,
        };
        let context = &self.context;
        let page = page(&call, &context.page_key, &context.database, asked, name_of).await?;
        Ok(Response::new(pb::ListRecordHistoryEntriesResponse {
            record_history_entries: page.items,
            next_page_token: page.next_page_token,
        }))
    }
}

fn name_of(entry: &HistoryEntry) -> String {
    let name = RecordHistoryEntryName {
        organization: entry.organization,
        history_entry: entry.id,
    };
    name.to_string()
}
