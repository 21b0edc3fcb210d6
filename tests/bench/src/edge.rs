//! What the edge costs: the same echo straight, behind two proxies that only pass calls on, and behind the gateway.

use anyhow::ensure;
use muster_proto::records::v1::ListAssignmentsRequest;
use muster_proto::records::v1::assignment_service_client::AssignmentServiceClient;
use prost::Message;
use tonic::transport::Endpoint;

use super::checks;
use super::figure::Figure;
use super::fixture::{Fixture, answer};
use super::h2load::Call;
use super::latencies::Rate;
use super::process::Server;
use super::proxies::{self, Proxy};

/// What is called.
pub(super) const METHOD: &str = "/muster.records.v1.AssignmentService/ListAssignments";
/// Before h2load, which does not see refusals.
const CHECKED_CALLS: usize = 5;

/// A load, and what it cost the process in front of the echo.
struct Measured {
    rate: Rate,
    /// Microseconds of CPU a call.
    cpu: f64,
}

/// The echo alone, then what stands in front of it, one after the other.
pub(super) async fn measure(fixture: &Fixture, echo: &str) -> anyhow::Result<Vec<Figure>> {
    let direct = load(fixture, echo).await?;
    let nginx = through(fixture, echo, Proxy::Nginx).await?;
    let haproxy = through(fixture, echo, Proxy::Haproxy).await?;
    let gateway = through(fixture, echo, Proxy::PATIENT).await?;
    let speed = |name: &str, rate: &Rate, beside| Figure::new(name, rate.per_second, "calls/s", beside);
    let (ours, theirs) = (&gateway.rate, &nginx.rate);
    let rates = [
        speed("edge.gateway", ours, ("nginx grpc_pass", theirs.per_second)),
        speed(
            "edge.gateway.vs_haproxy",
            ours,
            ("haproxy", haproxy.rate.per_second),
        ),
        speed(
            "edge.gateway.vs_direct",
            ours,
            ("the echo alone", direct.per_second),
        ),
    ];
    let times = Figure::latencies(
        "edge.gateway",
        &ours.latencies,
        ("nginx grpc_pass", &theirs.latencies),
    );
    let slow = ("haproxy", haproxy.rate.latencies.percentile(0.99));
    let costs = [
        Figure::new(
            "edge.gateway.p99.vs_haproxy",
            ours.latencies.percentile(0.99),
            "ms",
            slow,
        ),
        Figure::new(
            "edge.gateway.cpu",
            gateway.cpu,
            "µs/call",
            ("nginx grpc_pass", nginx.cpu),
        ),
        Figure::new(
            "edge.gateway.cpu.vs_haproxy",
            gateway.cpu,
            "µs/call",
            ("haproxy", haproxy.cpu),
        ),
    ];
    let never_seen = checks::measure(fixture, echo).await?;
    let all = rates.into_iter().chain(times).chain(costs);
    Ok(all.chain([never_seen]).collect())
}

async fn through(fixture: &Fixture, echo: &str, proxy: Proxy) -> anyhow::Result<Measured> {
    let (server, address) = proxies::start(fixture, echo, proxy).await?;
    measured(fixture, &server, &address).await
}

async fn measured(fixture: &Fixture, server: &Server, address: &str) -> anyhow::Result<Measured> {
    let before = server.cpu();
    let rate = load(fixture, address).await?;
    let cpu = server.cpu().saturating_sub(before);
    let calls = (rate.latencies.count() + Call::WARM_UP) as f64;
    Ok(Measured {
        cpu: cpu.as_secs_f64() * 1e6 / calls,
        rate,
    })
}

/// Checks a few calls with a client that understands the answer, then lets h2load repeat them. Everybody gets the same
/// request, with the token that only the gateway reads.
async fn load(fixture: &Fixture, address: &str) -> anyhow::Result<Rate> {
    let message = ListAssignmentsRequest {
        parent: format!("{}/learners/{}", fixture.organization, fixture.clock.new_uuid()),
        ..ListAssignmentsRequest::default()
    };
    let channel = Endpoint::from_shared(address.to_owned())?.connect().await?;
    let mut assignments = AssignmentServiceClient::new(channel);
    let mut size = 0;
    for _ in 0..CHECKED_CALLS {
        let echoed = answer(assignments.list_assignments(fixture.call(message.clone())).await)?;
        size = echoed.encoded_len();
        let names: Vec<_> = echoed.assignments.into_iter().map(|it| it.name).collect();
        ensure!(names == [message.parent.as_str()], "{address} does not echo");
    }
    let bearer = format!("Bearer {}", fixture.token);
    let call = Call {
        url: format!("{address}{METHOD}"),
        credential: Some(("authorization", &bearer)),
        message: &message.encode_to_vec(),
        answer: size,
    };
    call.load(&fixture.scratch).await
}
