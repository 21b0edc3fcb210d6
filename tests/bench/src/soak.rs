//! Whether the gateway's memory stays what it is: everything it does, steadily, for minutes.

use std::time::Duration;

use anyhow::{Context, ensure};
use muster_proto::organization::v1::GetOrganizationRequest;
use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use reqwest::StatusCode;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use tonic::Code;
use tonic::transport::Endpoint;

use super::figure::Figure;
use super::fixture::{Fixture, answer, in_the_name_of};
use super::steady::{Calls, Times};

const BETWEEN_LOOKS: Duration = Duration::from_secs(1);
/// Until caches and buffers have their size: a fifth of the time.
const WARM_UP: usize = 5;
/// Callers of each kind, who call at the same pace.
const CALLERS: u32 = 4;
const KINDS: u32 = 5;
const EVERY: Duration = Duration::from_millis(20);
const MB: f64 = 1024.0;

/// What is asked for.
#[derive(Clone, Copy, Debug)]
enum Kind {
    /// A call over a connection that stays.
    Grpc,
    /// The same over one of its own.
    NewConnection,
    /// The same in JSON, over HTTP/1.1.
    Json,
    /// A call that is refused.
    Refused,
    /// A page.
    Page,
}

/// Calls the suite's own gateway for so many minutes.
pub(super) async fn measure(fixture: &Fixture, minutes: u32) -> anyhow::Result<Vec<Figure>> {
    let gateway = fixture
        .workspace
        .pid_file("gateway")
        .living()
        .context("the gateway does not run")?;
    let memory = || Some(gateway.resident_kb()? as f64 / MB);
    let mut seen = vec![memory().context("the gateway is gone")?];
    let begun = Instant::now();
    let end = begun + Duration::from_secs(60) * minutes;
    let calling = call_until(fixture, begun, end);
    let looking = async {
        while Instant::now() < end {
            sleep(BETWEEN_LOOKS).await;
            seen.push(memory().context("the gateway is gone")?);
        }
        anyhow::Ok(())
    };
    let (calls, ()) = tokio::try_join!(calling, looking)?;
    figures(&seen, &calls, end - begun)
}

async fn call_until(fixture: &Fixture, begun: Instant, end: Instant) -> anyhow::Result<Calls> {
    let mut calling = JoinSet::new();
    let kinds = [
        Kind::Grpc,
        Kind::NewConnection,
        Kind::Json,
        Kind::Refused,
        Kind::Page,
    ];
    for (kind, n) in kinds.into_iter().cycle().zip(0..CALLERS * KINDS) {
        let times = Times {
            first: begun + EVERY * n / (CALLERS * KINDS),
            every: EVERY,
            end,
        };
        let caller = Caller::new(fixture, kind)?;
        calling.spawn(times.keep(move || {
            let caller = caller.clone();
            async move { caller.call().await }
        }));
    }
    Calls::of(calling).await
}

#[derive(Clone, Debug)]
struct Caller {
    kind: Kind,
    endpoint: Endpoint,
    organizations: OrganizationServiceClient<tonic::transport::Channel>,
    http: reqwest::Client,
    gateway: String,
    organization: String,
    token: String,
    owner: tonic::metadata::MetadataValue<tonic::metadata::Ascii>,
}

impl Caller {
    fn new(fixture: &Fixture, kind: Kind) -> anyhow::Result<Self> {
        let endpoint = Endpoint::from_shared(fixture.addresses.gateway.clone())?;
        Ok(Self {
            kind,
            organizations: OrganizationServiceClient::new(endpoint.connect_lazy()),
            endpoint,
            http: reqwest::Client::builder().no_proxy().build()?,
            gateway: fixture.addresses.gateway.clone(),
            organization: fixture.organization.clone(),
            token: fixture.token.clone(),
            owner: fixture.owner.clone(),
        })
    }

    async fn call(mut self) -> anyhow::Result<()> {
        let request = GetOrganizationRequest {
            name: self.organization.clone(),
        };
        match self.kind {
            Kind::Grpc => {
                let call = in_the_name_of(&self.owner, request);
                answer(self.organizations.get_organization(call).await).map(drop)
            }
            Kind::NewConnection => {
                let mut organizations = OrganizationServiceClient::new(self.endpoint.connect().await?);
                let call = in_the_name_of(&self.owner, request);
                answer(organizations.get_organization(call).await).map(drop)
            }
            Kind::Json => {
                let url = format!("{}/v1/{}", self.gateway, self.organization);
                let status = self.http.get(url).bearer_auth(self.token).send().await?;
                found(status).await
            }
            Kind::Refused => {
                let refused = self.organizations.get_organization(request).await;
                let code = refused.err().map(|status| status.code());
                ensure!(code == Some(Code::Unauthenticated), "without a token: {code:?}");
                Ok(())
            }
            Kind::Page => found(self.http.get(self.gateway).send().await?).await,
        }
    }
}

/// The answer is there, and whole.
async fn found(response: reqwest::Response) -> anyhow::Result<()> {
    let status = response.status();
    ensure!(status == StatusCode::OK, "status {status}");
    response.bytes().await?;
    Ok(())
}

fn figures(seen: &[f64], calls: &Calls, time: Duration) -> anyhow::Result<Vec<Figure>> {
    let steady = seen.get(seen.len() / WARM_UP..).unwrap_or_default();
    let (start, warm, end) = match (seen.first(), steady.first(), steady.last()) {
        (Some(start), Some(warm), Some(end)) => (*start, *warm, *end),
        _ => anyhow::bail!("there was no time to look"),
    };
    let peak = seen.iter().copied().fold(start, f64::max);
    let warmed = ("after warm-up", warm);
    let all = calls.latencies.count() as f64;
    let asked = f64::from(CALLERS * KINDS) / EVERY.as_secs_f64();
    let minutes = slope(steady) * 60.0 / BETWEEN_LOOKS.as_secs_f64();
    Ok(vec![
        Figure::new(
            "soak.calls",
            all / time.as_secs_f64(),
            "calls/s",
            ("asked for", asked),
        ),
        Figure::new("soak.failed", calls.failed as f64, "calls", ("all of them", all))
            .noted(calls.error.clone()),
        Figure::new("soak.memory.warm", warm, "MB", ("at the start", start)),
        Figure::new("soak.memory.end", end, "MB", warmed),
        Figure::new("soak.memory.peak", peak, "MB", warmed),
        Figure::new("soak.memory.slope", minutes, "MB/min", warmed),
    ])
}

/// By how much it grows from one look to the next: the straight line that is nearest to all of them.
fn slope(seen: &[f64]) -> f64 {
    let count = seen.len() as f64;
    let middle = (count - 1.0) / 2.0;
    let mean = seen.iter().sum::<f64>() / count;
    let looks = || {
        seen.iter()
            .zip(0u32..)
            .map(|(memory, at)| (f64::from(at) - middle, memory - mean))
    };
    let together: f64 = looks().map(|(at, memory)| at * memory).sum();
    let alone: f64 = looks().map(|(at, _)| at * at).sum();
    if alone > 0.0 { together / alone } else { 0.0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slope_is_what_is_added_each_time() {
        assert_eq!(slope(&[5.0, 5.0, 5.0]), 0.0);
        assert_eq!(slope(&[1.0, 3.0, 5.0, 7.0]), 2.0);
        assert_eq!(slope(&[1.0]), 0.0);
    }
}
