//! Honest clients: a steady load that leaves the machine room.

use std::time::Duration;

use anyhow::ensure;
use muster_proto::records::v1::ListAssignmentsRequest;
use muster_proto::records::v1::assignment_service_client::AssignmentServiceClient;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};

use crate::fixture::{Fixture, answer, in_the_name_of};
use crate::steady::{Calls, Times};

/// So many clients, each with a connection of its own, and a call of each every so often: 1,000 a second.
const CLIENTS: u32 = 8;
const EVERY: Duration = Duration::from_millis(8);
const WARM_UP: Duration = Duration::from_secs(1);

/// Clients that are connected.
#[derive(Debug)]
pub(super) struct Honest {
    clients: Vec<Channel>,
    owner: MetadataValue<Ascii>,
    message: ListAssignmentsRequest,
}

impl Honest {
    /// Connects, and warms up.
    pub(super) async fn connect(fixture: &Fixture, address: &str, parent: &str) -> anyhow::Result<Self> {
        let mut clients = Vec::new();
        for _ in 0..CLIENTS {
            clients.push(Endpoint::from_shared(address.to_owned())?.connect().await?);
        }
        let message = ListAssignmentsRequest {
            parent: parent.to_owned(),
            ..ListAssignmentsRequest::default()
        };
        let honest = Self {
            clients,
            owner: fixture.owner.clone(),
            message,
        };
        let first = honest.work(WARM_UP).await?;
        ensure!(
            first.failed == 0,
            "{address} does not answer: {}",
            first.error.unwrap_or_default()
        );
        Ok(honest)
    }

    /// Calls for so long.
    pub(super) async fn work(&self, time: Duration) -> anyhow::Result<Calls> {
        let mut working = JoinSet::new();
        let begun = Instant::now();
        for (client, n) in self.clients.iter().zip(0..) {
            let times = Times {
                first: begun + EVERY * n / CLIENTS,
                every: EVERY,
                end: begun + time,
            };
            let (owner, message) = (self.owner.clone(), self.message.clone());
            let assignments = AssignmentServiceClient::new(client.clone());
            working.spawn(times.keep(move || {
                let (mut assignments, request) =
                    (assignments.clone(), in_the_name_of(&owner, message.clone()));
                async move { answer(assignments.list_assignments(request).await).map(drop) }
            }));
        }
        Calls::of(working).await
    }
}
