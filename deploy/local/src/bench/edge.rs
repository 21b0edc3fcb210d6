//! What the edge costs: the same echo straight, behind two proxies that only pass calls on, and behind the gateway.

use anyhow::ensure;
use muster_proto::records::v1::ListAssignmentsRequest;
use muster_proto::records::v1::assignment_service_client::AssignmentServiceClient;
use prost::Message;
use tonic::transport::Endpoint;

use super::checks;
use super::figure::Figure;
use super::h2load::Call;
use super::lab::{Lab, answer};
use super::process::Server;
use super::proxies::{self, Proxy};
use super::spread::Rate;

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
pub(super) async fn measure(lab: &Lab, echo: &str) -> anyhow::Result<Vec<Figure>> {
    let direct = load(lab, echo).await?;
    let nginx = through(lab, echo, Proxy::Nginx).await?;
    let haproxy = through(lab, echo, Proxy::Haproxy).await?;
    let gateway = through(lab, echo, Proxy::PATIENT).await?;
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
    let times = Figure::latencies("edge.gateway", &ours.spread, ("nginx grpc_pass", &theirs.spread));
    let slow = ("haproxy", haproxy.rate.spread.at(0.99));
    let costs = [
        Figure::new("edge.gateway.p99.vs_haproxy", ours.spread.at(0.99), "ms", slow),
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
    let never_seen = checks::measure(lab, echo).await?;
    let all = rates.into_iter().chain(times).chain(costs);
    Ok(all.chain([never_seen]).collect())
}

async fn through(lab: &Lab, echo: &str, proxy: Proxy) -> anyhow::Result<Measured> {
    let (server, address) = proxies::start(lab, echo, proxy).await?;
    measured(lab, &server, &address).await
}

async fn measured(lab: &Lab, server: &Server, address: &str) -> anyhow::Result<Measured> {
    let before = server.cpu();
    let rate = load(lab, address).await?;
    let cpu = server.cpu().saturating_sub(before);
    let calls = (rate.spread.count() + Call::WARM_UP) as f64;
    Ok(Measured {
        cpu: cpu.as_secs_f64() * 1e6 / calls,
        rate,
    })
}

/// Checks a few calls with a client that understands the answer, then lets h2load repeat them. Everybody gets the same
/// request, with the token that only the gateway reads.
async fn load(lab: &Lab, address: &str) -> anyhow::Result<Rate> {
    let message = ListAssignmentsRequest {
        parent: format!("{}/learners/{}", lab.organization, lab.clock.new_uuid()),
        ..ListAssignmentsRequest::default()
    };
    let channel = Endpoint::from_shared(address.to_owned())?.connect().await?;
    let mut assignments = AssignmentServiceClient::new(channel);
    let mut size = 0;
    for _ in 0..CHECKED_CALLS {
        let echoed = answer(assignments.list_assignments(lab.call(message.clone())).await)?;
        size = echoed.encoded_len();
        let names: Vec<_> = echoed.assignments.into_iter().map(|it| it.name).collect();
        ensure!(names == [message.parent.as_str()], "{address} does not echo");
    }
    let bearer = format!("Bearer {}", lab.token);
    let call = Call {
        url: format!("{address}{METHOD}"),
        credential: Some(("authorization", &bearer)),
        message: &message.encode_to_vec(),
        answer: size,
    };
    call.load(&lab.scratch).await
}
