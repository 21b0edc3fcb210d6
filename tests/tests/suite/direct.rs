//! Whoever reaches a service's port directly gets nothing without a token for that very service.

use bytes::Bytes;
use muster_access::{Mode, Rules};
use tonic::Code;
use tonic::transport::Endpoint;

use crate::support::{RawCall, SERVICES, Suite, with_others};

#[tokio::test]
async fn a_service_refuses_every_call_that_carries_no_token_for_it() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let rules = Rules::load(muster_proto::pool()).expect("the contract's rules load");
    // What the gateway answers itself is behind its own door.
    for rule in rules.iter().filter(|rule| rule.area != "gateway") {
        let server = &rule.served_by[0];
        let channel = Endpoint::from_shared(suite.service(server))
            .unwrap()
            .connect_lazy();
        let owner = suite.token("owner");
        let mut attempts = vec![
            ("no token", RawCall::new(&rule.path, Bytes::new())),
            (
                "a person's own token",
                RawCall::new(&rule.path, Bytes::new()).bearer(&owner),
            ),
            (
                "a person's token as caller token",
                RawCall::new(&rule.path, Bytes::new()).header("muster-caller", owner.clone()),
            ),
            ("spoofed identity headers", spoofed(&rule.path)),
        ];
        let elsewhere = if server == "records" {
            "organization"
        } else {
            "records"
        };
        let foreign = suite.workload_token("gateway", elsewhere);
        attempts.push((
            "a workload token for another service",
            RawCall::new(&rule.path, Bytes::new()).bearer(&foreign),
        ));
        for (what, mut call) in attempts {
            call.client_streaming = rule.client_streaming;
            let reply = call.reply(channel.clone()).await;
            assert_eq!(
                reply.code,
                Code::Unauthenticated,
                "{} with {what}: {}",
                rule.path,
                reply.message
            );
        }
    }
}

fn spoofed(path: &str) -> RawCall {
    RawCall::new(path, Bytes::new())
        .header("x-user", "owner")
        .header("x-forwarded-user", "owner")
        .header("x-muster-caller", "owner")
        .header("x-muster-role", "OWNER")
}

#[tokio::test]
async fn a_service_may_call_only_what_the_contract_says() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let rules = Rules::load(muster_proto::pool()).expect("the contract's rules load");
    let others = ["gateway", "learning-system"];
    let services: Vec<&str> = others.into_iter().chain(SERVICES).collect();
    for rule in rules.iter() {
        let Mode::Internal { callers } = &rule.mode else {
            continue;
        };
        for (server, service) in pairs(&rule.served_by, &services) {
            let channel = Endpoint::from_shared(suite.service(server))
                .unwrap()
                .connect_lazy();
            let token = suite.workload_token(service, server);
            let reply = RawCall::new(&rule.path, Bytes::new())
                .bearer(&token)
                .reply(channel)
                .await;
            let refused = reply.code == Code::PermissionDenied;
            assert_eq!(
                !refused,
                callers.iter().any(|caller| caller == service),
                "{service} calls {}: {reply:?}",
                rule.path
            );
        }
    }
}

/// Each of the servers with each of the callers.
fn pairs<'a>(servers: &'a [String], callers: &'a [&str]) -> Vec<(&'a str, &'a str)> {
    let each = servers.iter().map(String::as_str);
    each.flat_map(|server| callers.iter().map(move |caller| (server, *caller)))
        .collect()
}

#[tokio::test]
async fn identity_headers_of_a_client_never_count_at_the_edge() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let path = "/muster.employment.v1.PersonEmploymentService/ListPersonEmployments";
    for name in [
        "muster-caller",
        "x-muster-caller",
        "x-forwarded-user",
        "x-user-id",
    ] {
        let call = RawCall::new(path, Bytes::new()).header(name, suite.token("owner"));
        assert_eq!(
            call.reply(suite.edge()).await.code,
            Code::Unauthenticated,
            "{name}"
        );
    }
}
