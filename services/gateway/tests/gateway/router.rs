//! One port for everybody, and a start that tells everything that is wrong.

use futures::{FutureExt as _, TryStreamExt as _};
use muster_clock::Clock;
use muster_gateway::{Settings, start};
use muster_identity::{DEVELOPMENT_MARK, SigningKey};
use muster_server::settings::ConfigErrors;
use prost::Message as _;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ErrorResponse, ExtensionRequest, ServerReflectionRequest};

use crate::support::{Fixture, TempDir, elsewhere, settings};
use crate::wire::framed;

#[tokio::test]
async fn pages_and_grpc_share_a_port() {
    let fixture = Fixture::new().await;
    let url = format!("http://{}", fixture.address);
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
    let fixture = Fixture::new().await;
    let mut health = HealthClient::new(fixture.channel.clone());
    crate::support::eventually(async || fixture.operators("/readyz").await.0 == 200).await;
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
    let fixture = Fixture::new().await;
    let list = MessageRequest::ListServices(String::new());
    let MessageResponse::ListServicesResponse(listed) = described(&fixture, list).await else {
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
    let fixture = Fixture::new().await;
    for (symbol, is_known) in [
        ("google.rpc.ErrorInfo", true),
        ("google.rpc.BadRequest", true),
        ("muster.organization.v1.RolesInternalService", false),
    ] {
        let asked = MessageRequest::FileContainingSymbol(symbol.to_owned());
        let told = described(&fixture, asked).await;
        let is_told = matches!(told, MessageResponse::FileDescriptorResponse(_));
        assert_eq!(is_told, is_known, "{symbol}: {told:?}");
    }
}

#[tokio::test]
async fn reflection_describes_extensions_and_goes_on_after_what_it_does_not_know() {
    let fixture = Fixture::new().await;
    let extension = |number| {
        MessageRequest::FileContainingExtension(ExtensionRequest {
            containing_type: "google.protobuf.MethodOptions".to_owned(),
            extension_number: number,
        })
    };
    let numbers = MessageRequest::AllExtensionNumbersOfType("google.protobuf.MethodOptions".to_owned());
    let MessageResponse::AllExtensionNumbersResponse(known) = described(&fixture, numbers.clone()).await
    else {
        panic!("no numbers")
    };
    for number in &known.extension_number {
        let told = described(&fixture, extension(*number)).await;
        assert!(
            matches!(told, MessageResponse::FileDescriptorResponse(_)),
            "{number}"
        );
    }
    assert!(known.extension_number.len() > 1, "the rule and the HTTP binding");
    // One stream: the second question is answered although nothing is known of the first.
    let answers = answers(&fixture, [extension(1), numbers]).await.unwrap();
    assert!(matches!(answers[0], MessageResponse::ErrorResponse(_)));
    assert!(matches!(
        answers[1],
        MessageResponse::AllExtensionNumbersResponse(_)
    ));
}

#[tokio::test]
async fn one_stream_of_reflection_is_told_only_so_much() {
    let fixture = Fixture::new().await;
    let file = || MessageRequest::FileContainingSymbol("muster.invitation.v1.InvitationService".to_owned());
    let refused = answers(&fixture, (0..300).map(move |_| file()))
        .await
        .unwrap_err();
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    let list = MessageRequest::ListServices(String::new());
    assert!(answers(&fixture, [list]).await.is_ok(), "another stream");
}

#[tokio::test]
async fn watching_the_health_of_an_unknown_service_says_so_and_goes_on() {
    let fixture = Fixture::new().await;
    let mut health = HealthClient::new(fixture.channel.clone());
    let service = "no.such.Service".to_owned();
    let watched = health.watch(HealthCheckRequest { service }).await.unwrap();
    let mut watched = watched.into_inner();
    let told = watched.message().await.unwrap().unwrap();
    assert_eq!(told.status(), ServingStatus::ServiceUnknown);
    assert!(watched.message().now_or_never().is_none());
}

#[tokio::test]
async fn health_and_reflection_are_spoken_in_grpc_web() {
    let fixture = Fixture::new().await;
    let web = async |path: &str, message: Vec<u8>| {
        let request = reqwest::Client::new().post(format!("http://{}/{path}", fixture.address));
        let request = request.header("content-type", "application/grpc-web+proto");
        let answer = request.body(framed(&message)).send().await.unwrap();
        assert_eq!(answer.headers()["content-type"], "application/grpc-web+proto");
        String::from_utf8_lossy(&answer.bytes().await.unwrap()).into_owned()
    };
    let health = web("grpc.health.v1.Health/Check", Vec::new()).await;
    assert!(health.contains("grpc-status:0"), "{health}");
    let list = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(MessageRequest::ListServices(String::new())),
    };
    for version in ["v1", "v1alpha"] {
        let path = format!("grpc.reflection.{version}.ServerReflection/ServerReflectionInfo");
        let listed = web(&path, list.encode_to_vec()).await;
        assert!(
            listed.contains("muster.invitation.v1.InvitationService"),
            "{listed}"
        );
    }
}

/// The answers of one stream.
async fn answers(
    fixture: &Fixture,
    asked: impl IntoIterator<Item = MessageRequest, IntoIter: Send + 'static>,
) -> Result<Vec<MessageResponse>, tonic::Status> {
    let questions = asked.into_iter().map(|asked| ServerReflectionRequest {
        host: String::new(),
        message_request: Some(asked),
    });
    let mut reflection = ServerReflectionClient::new(fixture.channel.clone());
    let questions = futures::stream::iter(questions);
    let told = reflection.server_reflection_info(questions).await?.into_inner();
    let told = told.map_ok(|answer| answer.message_response.unwrap());
    told.try_collect().await
}

async fn described(fixture: &Fixture, asked: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest {
        host: String::new(),
        message_request: Some(asked),
    };
    let mut reflection = ServerReflectionClient::new(fixture.channel.clone());
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
    let Some(ConfigErrors::Wrong(wrong)) = error.downcast_ref::<ConfigErrors>() else {
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

#[tokio::test]
async fn development_keys_are_refused_where_others_come_and_so_are_keys_of_one_byte() {
    let place = TempDir::new();
    let key = SigningKey::generate().unwrap();
    let mut settings = settings(&place, "http://127.0.0.1:1", "http://127.0.0.1:1", &key, &key);
    let sealed = std::fs::read_to_string(&settings.session_key).unwrap();
    place.write("session.key", &format!("{DEVELOPMENT_MARK}\n{sealed}\n"));
    start(&settings, Clock::system(), None)
        .await
        .unwrap()
        .stop()
        .await;

    settings.listen.listen = "0.0.0.0:0".parse().unwrap();
    let refused = async |settings: &Settings| {
        let start_error = start(settings, Clock::system(), None).await.unwrap_err();
        let check_error = muster_gateway::check(settings).await.unwrap_err();
        assert_eq!(start_error.to_string(), check_error.to_string());
        let Some(ConfigErrors::Wrong(wrong)) = start_error.downcast_ref::<ConfigErrors>() else {
            panic!("{start_error:#}")
        };
        wrong.clone()
    };
    let told = refused(&settings).await;
    let settings_told = [
        "--caller-key (MUSTER_CALLER_KEY)",
        "--session-key (MUSTER_SESSION_KEY)",
    ];
    for setting in settings_told {
        let is_told = |line: &String| line.starts_with(setting) && line.contains("is a development key");
        assert!(told.iter().any(is_told), "{setting} is missing in {told:#?}");
    }
    assert!(
        told.iter().all(|line| line.contains("deploy/secrets")),
        "{told:#?}"
    );

    // The same keys without their mark, as deploy/secrets makes them.
    let pem = key.to_pem().unwrap().replace(DEVELOPMENT_MARK, "");
    place.write("caller.pem", &pem);
    place.write("session.key", &sealed);
    start(&settings, Clock::system(), None)
        .await
        .unwrap()
        .stop()
        .await;

    place.write("session.key", "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=");
    let told = refused(&settings).await;
    assert!(
        told.len() == 1 && told[0].starts_with(settings_told[1]) && told[0].contains("can be guessed"),
        "{told:#?}"
    );
}
