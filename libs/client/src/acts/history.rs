//! Who changed what.

use muster_proto::employment::v1::employment_history_service_client::EmploymentHistoryServiceClient;
use muster_proto::employment::v1::{
    ListEmploymentHistoryEntriesRequest, ListEmploymentHistoryEntriesResponse,
};
use muster_proto::organization::v1::history_service_client::HistoryServiceClient;
use muster_proto::organization::v1::{ListHistoryEntriesRequest, ListHistoryEntriesResponse};
use muster_proto::records::v1::record_history_service_client::RecordHistoryServiceClient;
use muster_proto::records::v1::{ListRecordHistoryEntriesRequest, ListRecordHistoryEntriesResponse};

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

/// Lists what was changed of the employments of an organization, newest first.
///
/// # Errors
/// The call failed.
pub async fn list_of_employments<T: Transport>(
    reader: &T,
    request: ListEmploymentHistoryEntriesRequest,
) -> Result<ListEmploymentHistoryEntriesResponse, CallError> {
    let send = async |client, request| {
        EmploymentHistoryServiceClient::new(client)
            .list_employment_history_entries(request)
            .await
    };
    call(reader, request, send).await
}

/// Lists what was changed of the assignments and grants of an organization, newest first.
///
/// # Errors
/// The call failed.
pub async fn list_of_records<T: Transport>(
    reader: &T,
    request: ListRecordHistoryEntriesRequest,
) -> Result<ListRecordHistoryEntriesResponse, CallError> {
    let send = async |client, request| {
        RecordHistoryServiceClient::new(client)
            .list_record_history_entries(request)
            .await
    };
    call(reader, request, send).await
}
