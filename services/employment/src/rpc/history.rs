//! Who changed what.

use muster_history::{HistoryEntry, HistoryQuery, page};
use muster_ids::{EmploymentHistoryEntryName, OrganizationName};
use muster_proto::employment::v1 as pb;
use muster_proto::employment::v1::employment_history_service_server::EmploymentHistoryService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::Rpc;

#[tonic::async_trait]
impl EmploymentHistoryService for Rpc {
    async fn list_employment_history_entries(
        &self,
        request: Request<pb::ListEmploymentHistoryEntriesRequest>,
    ) -> Result<Response<pb::ListEmploymentHistoryEntriesResponse>, Status> {
        let (call, name) = Call::read(request, |call, violations| {
            Ok(call.name::<OrganizationName>(violations))
        })?;
        let asked = HistoryQuery {
            organization: name.organization,
            subject: &call.message.subject,
        };
        let context = &self.context;
        let page = page(&call, &context.page_key, &context.database, asked, name_of).await?;
        Ok(Response::new(pb::ListEmploymentHistoryEntriesResponse {
            employment_history_entries: page.items,
            next_page_token: page.next_page_token,
        }))
    }
}

fn name_of(entry: &HistoryEntry) -> String {
    let name = EmploymentHistoryEntryName {
        organization: entry.organization,
        history_entry: entry.id,
    };
    name.to_string()
}
