//! What operators see of the gateway.

use crate::issuer::Issuer;
use crate::support::{Fixture, eventually};
use crate::wire::Call;

const OWN: &str = "records.v1.PersonRecordService/ListRecordAccesses";

async fn is(fixture: &Fixture, status: u16, text: &str) {
    eventually(async || fixture.operators("/readyz").await == (status, text.to_owned())).await;
}

#[tokio::test]
async fn it_is_ready_when_the_organization_service_is() {
    let fixture = Fixture::new().await;
    is(&fixture, 200, "ready\n").await;
    fixture.backend.set_ready(false);
    is(&fixture, 503, "not ready\naway: organization\n").await;
    fixture.backend.set_ready(true);
    is(&fixture, 200, "ready\n").await;
}

#[tokio::test]
async fn a_service_that_was_never_reached_is_named_and_waited_for() {
    let fixture =
        Fixture::told(|settings| settings.peers.records_url = "http://127.0.0.1:1".parse().unwrap()).await;
    is(&fixture, 503, "not ready\naway: records\n").await;
}

/// Which issuer, and why, before anybody comes from there.
#[tokio::test]
async fn an_issuer_that_cannot_be_used_is_named_with_the_reason_and_makes_nothing_unready() {
    let issuer = Issuer::start().await;
    issuer.is_another();
    let fixture = Fixture::with_issuer(issuer).await;
    let url = &fixture.issuer.url;
    let told = format!(
        "ready\nproblem: issuer {url}: discovery document at {url}/.well-known/openid-configuration: it is the document of the \
         issuer https://another.example; the issuer's url must be written exactly so (nobody can sign in there, and its \
         tokens are refused)\n"
    );
    is(&fixture, 200, &told).await;
}

#[tokio::test]
async fn refused_tokens_are_counted_by_what_is_wrong_with_them() {
    let fixture = Fixture::new().await;
    Call::to(OWN).token("x").send(&fixture.edge, b"").await;
    let (_, metrics) = fixture.operators("/metrics").await;
    let counted = "edge_tokens_refused_total{problem=\"malformed\"}";
    assert!(metrics.contains(counted), "{metrics}");
}

/// What `check` prints, for the settings of a gateway that runs.
async fn checked(fixture: &Fixture) -> Vec<String> {
    let findings = muster_gateway::findings(fixture.settings()).await.unwrap();
    findings.iter().map(ToString::to_string).collect()
}

#[tokio::test]
async fn what_could_not_serve_is_told_before_it_is_tried() {
    let fixture = Fixture::new().await;
    let printed = checked(&fixture).await;
    assert!(printed.iter().all(|line| line.starts_with("fine")), "{printed:?}");
    let issuer = format!("fine   issuer {}: ", fixture.issuer.url);
    for line in [
        &issuer,
        "fine   token for organization: says gateway",
        "fine   records service: ",
        "fine   clock of records: ",
    ] {
        assert!(
            printed.iter().any(|printed| printed.starts_with(line)),
            "{line} {printed:?}"
        );
    }

    fixture.issuer.is_another();
    fixture.backend.set_ready(false);
    let printed = checked(&fixture).await;
    let issuer = format!("odd    issuer {}: discovery document", fixture.issuer.url);
    for line in [&issuer, "odd    records service: is not ready"] {
        assert!(
            printed.iter().any(|printed| printed.starts_with(line)),
            "{line} {printed:?}"
        );
    }
}
