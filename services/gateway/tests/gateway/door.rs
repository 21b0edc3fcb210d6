//! One port for everybody, and a start that tells everything that is wrong.

use muster_clock::Clock;
use muster_gateway::start;
use muster_server::settings::Mistakes;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ErrorResponse, ServerReflectionRequest};

use crate::support::{Fixture, elsewhere};

#[tokio::test]
async fn pages_and_grpc_share_a_port() {
    let world = Fixture::new().await;
    let url = format!("http://{}", world.address);
    let http1 = reqwest::get(&url).await.unwrap();
    assert_eq!(http1.status(), 200);
    assert!(http1.headers().contains_key("content-security-policy"));
    let of_kind = |kind: &str| {
        reqwest::Client::new()
            .post(&url)
            .header("content-type", kind)
            .send()
    };
    let web = of_kind("application/grpc-web+proto").await.unwrap();
    assert_eq!(web.headers()["content-type"], "application/grpc-web+proto");
    assert_eq!(of_kind("application/grpc+json").await.unwrap().status(), 415);
}

#[tokio::test]
async fn health_is_told_without_a_token() {
    let world = Fixture::new().await;
    let mut health = HealthClient::new(world.channel.clone());
    crate::support::eventually(async || world.operators("/readyz").await.0 == 200).await;
    let told = health
        .check(HealthCheckRequest {
            service: String::new(),
        })
        .await
        .unwrap()
        .into_inner();
    assert_eq!(told.status, 1);
}

#[tokio::test]
async fn reflection_lists_what_can_be_called_and_nothing_internal() {
    let world = Fixture::new().await;
    let list = MessageRequest::ListServices(String::new());
    let MessageResponse::ListServicesResponse(listed) = described(&world, list).await else {
        panic!("no list")
    };
    let names: Vec<_> = listed.service.into_iter().map(|service| service.name).collect();
    assert!(
        names
            .iter()
            .any(|name| name == "muster.invitation.v1.InvitationService"),
        "{names:?}"
    );
    assert!(!names.iter().any(|name| name.contains("Internal")), "{names:?}");
}

#[tokio::test]
async fn reflection_describes_what_refusals_say_and_nothing_internal() {
    let world = Fixture::new().await;
    for (symbol, is_known) in [
        ("google.rpc.ErrorInfo", true),
        ("google.rpc.BadRequest", true),
        ("muster.organization.v1.RolesInternalService", false),
    ] {
        let asked = MessageRequest::FileContainingSymbol(symbol.to_owned());
        let told = described(&world, asked).await;
        let is_told = matches!(told, MessageResponse::FileDescriptorResponse(_));
        assert_eq!(is_told, is_known, "{symbol}: {told:?}");
    }
}

async fn described(world: &Fixture, asked: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(asked),
    };
    let mut reflection = ServerReflectionClient::new(world.channel.clone());
    let told = reflection.server_reflection_info(futures::stream::iter([request]));
    match told.await {
        Ok(told) => told.into_inner().message().await,
        Err(status) => Err(status),
    }
    .map_or_else(of_status, |told| told.unwrap().message_response.unwrap())
}

/// The server ends the stream with what it does not know.
fn of_status(status: tonic::Status) -> MessageResponse {
    MessageResponse::ErrorResponse(ErrorResponse {
        error_code: status.code().into(),
        error_message: status.message().to_owned(),
    })
}

#[tokio::test]
async fn everything_that_is_wrong_is_told_at_once() {
    let mut settings = elsewhere("http://127.0.0.1:1");
    settings.policies = Some("/nowhere".into());
    settings.public_url = "https://muster.example.org".parse().unwrap();
    let error = start(&settings, Clock::system(), None).await.unwrap_err();
    let Some(Mistakes::Wrong(wrong)) = error.downcast_ref::<Mistakes>() else {
        panic!("{error:#}")
    };
    for what in [
        "muster.cedarschema",
        "caller.pem",
        "session.key",
        "cluster.json",
        "issuers.toml",
        "MUSTER_TRUSTED_PROXIES",
    ] {
        assert!(
            wrong.iter().any(|line| line.contains(what)),
            "{what} is missing in {wrong:#?}"
        );
    }
}
