//! What operators and tools see.

use std::net::SocketAddr;

use muster_server::settings::Program;
use muster_testkit::eventually;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;
use tonic_reflection::pb::v1::{ServerReflectionRequest, ServerReflectionResponse};
use tonic_reflection::pb::v1alpha::server_reflection_client::ServerReflectionClient as AlphaClient;

use crate::small::{Fixture, get_role, operators};

/// Ends every session of the database and allows no new ones.
async fn shut(fixture: &Fixture) {
    let path = fixture.database.url().rsplit('/').next().unwrap();
    let name = path.split('?').next().unwrap();
    let mut server = PgConnection::connect(muster_testkit::postgres_url().await)
        .await
        .unwrap();
    let statements = format!(
        "ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS false;
         SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
    );
    sqlx::raw_sql(AssertSqlSafe(statements))
        .execute(&mut server)
        .await
        .unwrap();
}

async fn status(fixture: &Fixture, service: &str) -> ServingStatus {
    let request = HealthCheckRequest {
        service: service.to_owned(),
    };
    let answer = HealthClient::new(fixture.channel().await)
        .check(request)
        .await
        .unwrap();
    answer.into_inner().status()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_is_away_makes_it_not_ready_but_alive() {
    let fixture = Fixture::new().await;
    assert!(
        operators(&fixture.running, "/readyz")
            .await
            .starts_with("HTTP/1.1 200")
    );
    for service in [
        "",
        "readiness",
        "liveness",
        "muster.organization.v1.LocationService",
    ] {
        assert_eq!(
            status(&fixture, service).await,
            ServingStatus::Serving,
            "{service}"
        );
    }

    shut(&fixture).await;
    eventually(async || !fixture.running.is_ready()).await;
    assert!(
        operators(&fixture.running, "/readyz")
            .await
            .starts_with("HTTP/1.1 503")
    );
    assert!(
        operators(&fixture.running, "/livez")
            .await
            .starts_with("HTTP/1.1 200")
    );
    assert_eq!(status(&fixture, "").await, ServingStatus::NotServing);
    assert_eq!(status(&fixture, "liveness").await, ServingStatus::Serving);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_image_that_holds_only_the_program_can_ask_for_its_health() {
    let fixture = Fixture::new().await;
    let asked = async |address: SocketAddr| {
        let program = Program {
            name: String::new(),
            about: String::new(),
            version: "",
            epilogue: "".into(),
        };
        let arguments = [format!("--admin-listen={address}").into()];
        tokio::task::spawn_blocking(move || muster_server::ask(&program, &arguments))
            .await
            .unwrap()
    };
    let address = fixture.running.admin_address();
    asked(address).await.unwrap();
    shut(&fixture).await;
    eventually(async || !fixture.running.is_ready()).await;
    let not_ready = asked(address).await.unwrap_err().to_string();
    assert!(not_ready.ends_with("is not ready"), "{not_ready}");
    let nobody = asked(SocketAddr::from(([127, 0, 0, 1], 9))).await.unwrap_err();
    assert!(nobody.to_string().starts_with("nobody answers"), "{nobody}");
}

fn listed(answer: ServerReflectionResponse) -> Vec<String> {
    match answer.message_response {
        Some(MessageResponse::ListServicesResponse(list)) => {
            list.service.into_iter().map(|service| service.name).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reflection_tells_of_the_services_that_are_here() {
    let fixture = Fixture::new().await;
    let list = ServerReflectionRequest {
        message_request: Some(MessageRequest::ListServices(String::new())),
        ..ServerReflectionRequest::default()
    };
    let mut client = ServerReflectionClient::new(fixture.channel().await);
    let mut answers = client
        .server_reflection_info(tokio_stream::iter([list]))
        .await
        .unwrap()
        .into_inner();
    let mut names = listed(answers.message().await.unwrap().unwrap());
    names.sort();
    assert_eq!(
        names,
        [
            "grpc.health.v1.Health",
            "grpc.reflection.v1.ServerReflection",
            "muster.organization.v1.LocationService",
            "muster.organization.v1.RolesInternalService"
        ]
    );
    let mut old = AlphaClient::new(fixture.channel().await);
    let nothing = tokio_stream::iter(Vec::new());
    assert!(old.server_reflection_info(nothing).await.is_ok());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_answer_is_counted_under_its_code() {
    let fixture = Fixture::new().await;
    let mut roles = fixture.roles().await;
    assert!(roles.get_role(fixture.get_role("persons/1")).await.is_ok());
    assert!(roles.get_role(get_role("persons/1")).await.is_err());
    let method = "muster.organization.v1.RolesInternalService/GetRole";
    for code in ["OK", "UNAUTHENTICATED"] {
        let line = format!("rpc_server_call_duration_seconds_count{{method=\"{method}\",code=\"{code}\"}}");
        // The server finishes a measurement after the client has its answer.
        eventually(async || operators(&fixture.running, "/metrics").await.contains(&line)).await;
    }
    assert!(
        operators(&fixture.running, "/metrics")
            .await
            .contains("database_pool_connections{state=\"idle\"}")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn watching_health_has_an_end_of_places_and_takes_none_from_calls() {
    let fixture = Fixture::with_max_calls(1).await;
    let channel = fixture.channel().await;
    let watch = || {
        let request = HealthCheckRequest {
            service: String::new(),
        };
        let mut health = HealthClient::new(channel.clone());
        async move { health.watch(request).await }
    };
    let mut watching = Vec::new();
    let refused = loop {
        match watch().await {
            Ok(answer) => watching.push(answer),
            Err(status) => break status,
        }
        assert!(watching.len() < 200, "anybody may have all of it");
    };
    assert_eq!(refused.code(), tonic::Code::ResourceExhausted);
    let mut roles = fixture.roles().await;
    assert!(roles.get_role(fixture.get_role("persons/1")).await.is_ok());
    drop(watching);
    eventually(async || watch().await.is_ok()).await;
}
