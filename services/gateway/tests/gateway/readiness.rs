//! What operators see of the gateway.

use std::time::Duration;

use muster_clock::Clock;
use tonic::Code;

use crate::backend::Backend;
use crate::issuer::Issuer;
use crate::support::{Fixture, eventually};
use crate::wire::{Call, field};

const OWN: &str = "records.v1.PersonRecordService/ListRecordAccesses";
/// As many as show who is called.
const CALLS: usize = 20;

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

const OFF: Duration = Duration::from_secs(120);

/// What its clock is beside those of the services: they forgive its tokens ten seconds.
#[tokio::test]
async fn a_clock_that_is_two_minutes_off_is_named_and_no_calls_are_taken_until_it_is_right() {
    let now = Clock::system().now();
    for wrong in [now + OFF, now - OFF] {
        let clock = Clock::fixed(wrong);
        let fixture = Fixture::at(clock.clone()).await;
        let begins = "not ready\nproblem: clock: is not that of most services";
        eventually(async || fixture.operators("/readyz").await.1.starts_with(begins)).await;
        let (status, told) = fixture.operators("/readyz").await;
        assert_eq!(status, 503, "{told}");
        for words in [
            "problem: clock of organization: differs from this machine's by ",
            "problem: clock of records: differs from this machine's by ",
            "tokens are refused; keep the clocks of all machines in step (chrony,",
        ] {
            assert!(told.contains(words), "{words} is not in\n{told}");
        }
        if wrong < now {
            let ready = (200, "ready\n".to_owned());
            eventually(async || {
                let behind = Clock::system().now() - clock.now();
                clock.advance(Duration::try_from(behind).unwrap_or_default());
                fixture.operators("/readyz").await == ready
            })
            .await;
        }
    }
}

/// Every replica sees that; none of them is to blame.
#[tokio::test]
async fn a_service_whose_clock_is_two_minutes_off_is_named_and_makes_nothing_unready() {
    let late = Backend::default();
    late.set_clock(Clock::system().now() - OFF);
    let url = late.serve().await;
    let fixture = Fixture::told(|settings| settings.peers.records_url = url.parse().unwrap()).await;
    let begins = "ready\nproblem: clock of records: differs from this machine's by ";
    eventually(async || fixture.operators("/readyz").await.1.starts_with(begins)).await;
    let (status, told) = fixture.operators("/readyz").await;
    assert_eq!((status, told.lines().count()), (200, 2), "{told}");
}

/// How many of some calls came to this replica.
async fn share_of(replica: &Backend, fixture: &Fixture) -> usize {
    replica.forget();
    let (token, message) = (fixture.issuer.token("ada"), field(1, "first"));
    for _ in 0..CALLS {
        let answer = Call::to(OWN).token(&token).send(&fixture.edge, &message).await;
        assert_eq!(answer.code(), Code::Ok);
    }
    let seen = replica.seen();
    seen.iter().filter(|seen| seen.path.ends_with(OWN)).count()
}

#[tokio::test]
async fn of_replicas_with_urls_of_their_own_those_are_called_that_are_ready() {
    let replicas = [Backend::default(), Backend::default()];
    let [one, other] = &replicas;
    let urls = format!("{},{}", one.serve().await, other.serve().await);
    let fixture = Fixture::told(|settings| settings.peers.records_url = urls.parse().unwrap()).await;
    let is_shared = async || (1..CALLS).contains(&share_of(one, &fixture).await);
    is(&fixture, 200, "ready\n").await;
    eventually(&is_shared).await;
    one.set_ready(false);
    eventually(async || share_of(one, &fixture).await == 0).await;
    other.set_ready(false);
    one.set_ready(true);
    eventually(async || share_of(one, &fixture).await == CALLS).await;
    // Nobody is better than those who are not ready.
    one.set_ready(false);
    eventually(&is_shared).await;
    is(&fixture, 200, "ready\n").await;
    one.set_ready(true);
    other.set_ready(true);
    eventually(&is_shared).await;
    is(&fixture, 200, "ready\n").await;
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
