//! What it costs the edge to get to know a caller: a token that it has never seen, against one that it saw a moment ago.
//!
//! The signature is verified, the policies decide and a caller token is signed. The caller's role is known, as it is for
//! every caller who called within three seconds.

use anyhow::ensure;
use muster_proto::records::v1::ListAssignmentsRequest;
use muster_proto::records::v1::assignment_service_client::AssignmentServiceClient;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};

use super::figure::Figure;
use super::fixture::{Fixture, answer, bearer, in_the_name_of};
use super::process::Server;
use super::proxies::{self, Proxy};
use muster_local::token;

/// One after the other: enough for the ten milliseconds in which CPU is counted.
const CALLS: usize = 3000;

/// The CPU that a call takes more.
pub(super) async fn measure(fixture: &Fixture, echo: &str) -> anyhow::Result<Figure> {
    let (server, address) = proxies::start(fixture, echo, Proxy::PATIENT).await?;
    let channel = Endpoint::from_shared(address)?.connect().await?;
    let known = vec![fixture.owner.clone(); CALLS];
    let unknown = (0..CALLS)
        .map(|_| bearer(&token::of(&fixture.workspace, "owner")?))
        .collect::<anyhow::Result<Vec<_>>>()?;
    // Connections are made, and memory is found.
    cpu_of(fixture, &server, &channel, &known).await?;
    let seen = cpu_of(fixture, &server, &channel, &known).await?;
    let never_seen = cpu_of(fixture, &server, &channel, &unknown).await?;
    Ok(Figure::new(
        "edge.gateway.never_seen.cpu",
        never_seen - seen,
        "µs/call more",
        ("a caller seen just now", seen),
    ))
}

/// Microseconds of CPU that each of these calls takes.
async fn cpu_of(
    fixture: &Fixture,
    server: &Server,
    channel: &Channel,
    callers: &[MetadataValue<Ascii>],
) -> anyhow::Result<f64> {
    let mut assignments = AssignmentServiceClient::new(channel.clone());
    let parent = format!("{}/learners/{}", fixture.organization, fixture.clock.new_uuid());
    let before = server.cpu();
    for caller in callers {
        let message = ListAssignmentsRequest {
            parent: parent.clone(),
            ..ListAssignmentsRequest::default()
        };
        let echoed = answer(
            assignments
                .list_assignments(in_the_name_of(caller, message))
                .await,
        )?;
        ensure!(echoed.assignments.len() == 1, "the gateway does not echo");
    }
    let cpu = server.cpu().saturating_sub(before);
    Ok(cpu.as_secs_f64() * 1e6 / callers.len() as f64)
}
