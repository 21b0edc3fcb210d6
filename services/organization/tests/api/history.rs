//! Who changed what, and what shows that somebody has tampered with it.

mod causes;
mod chain;
mod kept;

use muster_ids::OrganizationId;
use muster_proto::history::v1::HistoryEntry;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::history_service_client::HistoryServiceClient;
use muster_testkit::{TestCaller, eventually};

use crate::fixture::{Fixture, name, owner};

/// A page of the history.
pub(crate) async fn page(
    fixture: &Fixture,
    who: TestCaller,
    id: OrganizationId,
    page: (i32, &str),
) -> pb::ListHistoryEntriesResponse {
    let (page_size, page_token) = page;
    let request = pb::ListHistoryEntriesRequest {
        parent: name(id),
        page_size,
        page_token: page_token.to_owned(),
    };
    let mut history = HistoryServiceClient::new(fixture.service.calls_of(who));
    history.list_history_entries(request).await.unwrap().into_inner()
}

/// The whole history, oldest first.
pub(crate) async fn history(fixture: &Fixture, id: OrganizationId) -> Vec<HistoryEntry> {
    let mut entries = page(fixture, owner(id), id, (0, "")).await.history_entries;
    entries.reverse();
    entries
}

/// The whole history once all of it is linked, oldest first.
async fn sealed(fixture: &Fixture, id: OrganizationId) -> Vec<HistoryEntry> {
    eventually(async || history(fixture, id).await.iter().all(|entry| entry.position > 0)).await;
    history(fixture, id).await
}

/// A location more.
async fn add_location(fixture: &Fixture, id: OrganizationId, called: &str) {
    use muster_proto::organization::v1::location_service_client::LocationServiceClient;
    let request = pb::CreateLocationRequest {
        parent: name(id),
        location: Some(pb::Location {
            display_name: called.to_owned(),
            ..Default::default()
        }),
        request_id: String::new(),
    };
    let mut locations = LocationServiceClient::new(fixture.service.calls_of(owner(id)));
    locations.create_location(request).await.unwrap();
}
