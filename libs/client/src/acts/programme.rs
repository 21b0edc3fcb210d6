//! Licensed programmes: registry staff load them, people find and claim them.

use muster_proto::organization::v1::programme_load_service_client::ProgrammeLoadServiceClient;
use muster_proto::organization::v1::registry_service_client::RegistryServiceClient;
use muster_proto::organization::v1::{
    BatchGetPublicOrganizationsRequest, ClaimProgrammeRequest, GetProgrammeLoadRequest, GetProgrammeRequest,
    ListRefusedProgrammeRowsRequest, ListRefusedProgrammeRowsResponse, LoadProgrammesRequest, Organization,
    ProgrammeLoad, ProgrammeRow, PublicOrganization, RegistryEntry, SearchRegistryRequest,
    SearchRegistryResponse,
};

use super::resource;
use crate::{CallError, Transport, call, call_with_stream, request_id};

/// The rows of a message; the contract takes up to 1000, as many as 256 KiB hold.
const ROWS: usize = 250;

/// A fresh name of a load.
#[must_use]
pub fn load_name() -> String {
    format!("programmeLoads/{}", request_id())
}

/// Registry staff load programmes. `name` is that of the load: with the same one, a load that was cut off goes on.
///
/// # Errors
/// The call failed; what was taken before stays.
pub async fn load<T: Transport>(
    staff: &T,
    name: &str,
    reason: &str,
    rows: Vec<ProgrammeRow>,
) -> Result<ProgrammeLoad, CallError> {
    let messages = messages(name, reason, rows);
    let loaded = call_with_stream(staff, messages, async |client, messages| {
        ProgrammeLoadServiceClient::new(client)
            .load_programmes(messages)
            .await
    });
    let load = loaded.await?.programme_load;
    load.ok_or_else(CallError::without_resource::<LoadProgrammesRequest>)
}

/// What a load consists of: the first message says what it is, all carry rows of it.
#[must_use]
pub fn messages(name: &str, reason: &str, rows: Vec<ProgrammeRow>) -> Vec<LoadProgrammesRequest> {
    let row_count = i32::try_from(rows.len()).unwrap_or(i32::MAX);
    let pieces = rows.chunks(ROWS).map(|rows| LoadProgrammesRequest {
        rows: rows.to_vec(),
        ..LoadProgrammesRequest::default()
    });
    let mut messages: Vec<_> = pieces.collect();
    // A load without rows is a message, too: the answer says that it needs some.
    if messages.is_empty() {
        messages.push(LoadProgrammesRequest::default());
    }
    if let Some(first) = messages.first_mut() {
        name.clone_into(&mut first.name);
        reason.clone_into(&mut first.reason);
        first.row_count = row_count;
    }
    messages
}

/// Reads a load: how far it has come.
///
/// # Errors
/// The call failed.
pub async fn get_load<T: Transport>(staff: &T, name: &str) -> Result<ProgrammeLoad, CallError> {
    let request = GetProgrammeLoadRequest {
        name: name.to_owned(),
    };
    let send = async |client, request| {
        ProgrammeLoadServiceClient::new(client)
            .get_programme_load(request)
            .await
    };
    resource(staff, request, send, |response| response.programme_load).await
}

/// Lists the rows of a load that were refused: one page.
///
/// # Errors
/// The call failed.
pub async fn list_refused_rows<T: Transport>(
    staff: &T,
    request: ListRefusedProgrammeRowsRequest,
) -> Result<ListRefusedProgrammeRowsResponse, CallError> {
    let listed = call(staff, request, async |client, request| {
        ProgrammeLoadServiceClient::new(client)
            .list_refused_programme_rows(request)
            .await
    });
    listed.await
}

/// Looks for a site: one page, the best first.
///
/// # Errors
/// The call failed.
pub async fn search<T: Transport>(
    person: &T,
    request: SearchRegistryRequest,
) -> Result<SearchRegistryResponse, CallError> {
    let found = call(person, request, async |client, request| {
        RegistryServiceClient::new(client).search_registry(request).await
    });
    found.await
}

/// What organizations are called, `organizations/{organization}`: those that were approved once, and the caller's own.
///
/// # Errors
/// The call failed.
pub async fn names_of<T: Transport>(
    person: &T,
    names: Vec<String>,
) -> Result<Vec<PublicOrganization>, CallError> {
    let request = BatchGetPublicOrganizationsRequest { names };
    let found = call(person, request, async |client, request| {
        RegistryServiceClient::new(client)
            .batch_get_public_organizations(request)
            .await
    });
    Ok(found.await?.organizations)
}

/// Reads a programme.
///
/// # Errors
/// The call failed.
pub async fn get<T: Transport>(person: &T, name: &str) -> Result<RegistryEntry, CallError> {
    let request = GetProgrammeRequest {
        name: name.to_owned(),
    };
    let send = async |client, request| RegistryServiceClient::new(client).get_programme(request).await;
    resource(person, request, send, |response| response.entry).await
}

/// Claims a programme: a profile of the caller's own is made of it.
///
/// # Errors
/// The call failed.
pub async fn claim<T: Transport>(person: &T, name: &str) -> Result<Organization, CallError> {
    let request = ClaimProgrammeRequest {
        name: name.to_owned(),
        request_id: request_id(),
    };
    let send = async |client, request| RegistryServiceClient::new(client).claim_programme(request).await;
    resource(person, request, send, |response| response.organization).await
}
