//! Authenticated reads: through the gateway, and straight at the service with a token as the gateway makes them.

use std::fs;

use anyhow::{Context, anyhow, ensure};
use muster_identity::{Access, CALLER_HEADER, Caller, CallerSigner, PersonCaller, Role, SigningKey};
use muster_ids::PersonId;
use muster_proto::organization::v1::GetOrganizationRequest;
use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use prost::Message;
use tonic::Request;
use tonic::transport::Endpoint;

use super::echo;
use super::figure::Figure;
use super::fixture::{Fixture, answer};
use super::h2load::Call;
use super::latencies::Rate;
use super::pgbench::{Pgbench, Script};

const METHOD: &str = "/muster.organization.v1.OrganizationService/GetOrganization";
/// Before h2load, which does not see refusals.
const CHECKED_CALLS: usize = 5;

/// The echo and pgbench first, then what is measured.
pub(super) async fn measure(fixture: &Fixture, pgbench: &Pgbench, echo: &str) -> anyhow::Result<Vec<Figure>> {
    let rows = pgbench.run(Script::Read).await?;
    let bare = load(fixture, echo, None).await?;
    let bearer = format!("Bearer {}", fixture.token);
    let edge = load(
        fixture,
        &fixture.addresses.gateway,
        Some(("authorization", bearer.as_str())),
    )
    .await?;
    let service = &fixture.addresses.service("organization")?.grpc;
    let caller = caller_token(fixture, "organization", METHOD, "organization.read")?;
    let straight = load(fixture, service, Some((CALLER_HEADER, caller.as_str()))).await?;
    let measured = [("reads.gateway", &edge), ("reads.service", &straight)];
    Ok(measured
        .into_iter()
        .flat_map(|(name, rate)| figures(name, rate, &bare, &rows))
        .collect())
}

/// Rate and latencies beside the echo's, and the rate once more beside the database's alone.
fn figures(name: &str, rate: &Rate, bare: &Rate, rows: &Rate) -> Vec<Figure> {
    let speed = |name: String, beside| Figure::new(name, rate.per_second, "reads/s", beside);
    let beside_rows = (Script::Read.yardstick(), rows.per_second);
    let rates = [
        speed(name.to_owned(), (echo::BARE, bare.per_second)),
        speed(format!("{name}.vs_pgbench"), beside_rows),
    ];
    let times = Figure::latencies(name, &rate.latencies, (echo::BARE, &bare.latencies));
    rates.into_iter().chain(times).collect()
}

/// Checks a few calls with a client that understands the answer, then lets h2load repeat them.
async fn load(
    fixture: &Fixture,
    address: &str,
    credential: Option<(&'static str, &str)>,
) -> anyhow::Result<Rate> {
    let message = GetOrganizationRequest {
        name: fixture.organization.clone(),
    };
    let channel = Endpoint::from_shared(address.to_owned())?.connect().await?;
    let mut organizations = OrganizationServiceClient::new(channel);
    let mut size = 0;
    for _ in 0..CHECKED_CALLS {
        let mut request = Request::new(message.clone());
        if let Some((name, value)) = credential {
            let value = value.parse().context("the token is no header")?;
            request.metadata_mut().insert(name, value);
        }
        let found = answer(organizations.get_organization(request).await)?;
        size = found.encoded_len();
        let name = found.organization.map(|organization| organization.name);
        ensure!(
            name.as_ref() == Some(&fixture.organization),
            "{address} answers with another organization"
        );
    }
    let call = Call {
        url: format!("{address}{METHOD}"),
        credential,
        message: &message.encode_to_vec(),
        answer: size,
    };
    call.load(&fixture.scratch).await
}

/// What the gateway says to a service when the owner calls a method that needs a permission. It lives for a minute.
pub(super) fn caller_token(
    fixture: &Fixture,
    service: &str,
    method: &str,
    permission: &str,
) -> anyhow::Result<String> {
    let pem = fs::read_to_string(fixture.workspace.at("keys/caller.pem"))
        .context("the gateway's key cannot be read")?;
    let signer = CallerSigner::new(SigningKey::from_pem(&pem)?, fixture.clock.clone());
    let organization = fixture
        .organization
        .strip_prefix("organizations/")
        .and_then(|id| id.parse().ok())
        .ok_or_else(|| anyhow!("{} is no organization", fixture.organization))?;
    let owner = PersonCaller {
        id: PersonId::derive(&fixture.addresses.issuer, "owner"),
        name: None,
        emails: Vec::new(),
        staff: false,
        access: Some(Access {
            permission: permission.to_owned(),
            organization: Some(organization),
            role: Some(Role::Owner),
        }),
    };
    Ok(signer.sign(&Caller::Person(owner), service, method)?)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::latencies::Latencies;

    #[test]
    fn every_figure_has_a_name_of_its_own() {
        let rate = Rate {
            per_second: 1.0,
            latencies: Latencies::of(vec![1]),
        };
        let all = ["reads.gateway", "reads.service"].map(|name| figures(name, &rate, &rate, &rate));
        let names: BTreeSet<_> = all.iter().flatten().map(|figure| &figure.name).collect();
        assert_eq!(names.len(), all.iter().map(Vec::len).sum::<usize>());
    }
}
