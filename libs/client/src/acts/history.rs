//! Who changed what.

use muster_proto::organization::v1::history_service_client::HistoryServiceClient;
use muster_proto::organization::v1::{ListHistoryEntriesRequest, ListHistoryEntriesResponse};

use crate::{CallError, Transport, call};

/// Lists what was changed of an organization, newest first.
///
/// # Errors
/// The call failed.
pub async fn list<T: Transport>(
    reader: &T,
    request: ListHistoryEntriesRequest,
) -> Result<ListHistoryEntriesResponse, CallError> {
    let send = async |client, request| {
        HistoryServiceClient::new(client)
            .list_history_entries(request)
            .await
    };
    call(reader, request, send).await
}
