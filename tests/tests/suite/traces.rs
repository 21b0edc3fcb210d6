//! Every service emits spans, and every call and every event that the contract allows between services was seen.

use std::collections::BTreeSet;

use muster_messaging::EventType;
use muster_proto::notification::v1::ListDeliveriesRequest;
use muster_proto::notification::v1::delivery_service_client::DeliveryServiceClient;
use muster_proto::records::v1::ListAssignmentsRequest;
use muster_proto::records::v1::assignment_service_client::AssignmentServiceClient;
use muster_testkit::{eventually, eventually_some};
use serde_json::Value;

use crate::support::{Organization, Suite, link_for, with_others};

/// From, to, and the kind of the span there: `server` for a call, `consumer` for a message.
type Edge = (String, String, String);

/// What the trace page has seen since it was started, whatever it keeps of that; `None` when it did not answer this time.
async fn seen(suite: &Suite) -> Option<BTreeSet<Edge>> {
    let page = format!("{}/api/edges", suite.address("traces"));
    let edges = suite.json(&page).await?;
    let edges = edges.as_array().unwrap().iter();
    let word = |edge: &Value, field: &str| edge[field].as_str().unwrap().to_owned();
    let seen = edges.map(|edge| (word(edge, "from"), word(edge, "to"), word(edge, "kind")));
    Some(seen.collect())
}

fn edge(from: &str, to: &str, kind: &str) -> Edge {
    (from.to_owned(), to.to_owned(), kind.to_owned())
}

/// What the descriptors and the table of events say.
fn wanted() -> BTreeSet<Edge> {
    let rules = muster_access::Rules::load(muster_proto::pool()).expect("the contract's rules load");
    let allowed = muster_access::calls::graph(&rules)
        .into_keys()
        .map(|it| edge(&it.caller, &it.callee, "server"));
    let doors = rules
        .iter()
        // The gateway answers its own without asking anybody.
        .filter(|rule| !rule.is_internal() && rule.area != "gateway")
        .map(|rule| edge("gateway", &rule.area, "server"));
    let events = EventType::ALL.iter().flat_map(|event| {
        let spec = event.spec();
        let publishers = spec.publishers.iter();
        publishers.flat_map(|publisher| {
            let consumers = spec.consumers.iter();
            consumers.map(|queue| edge(publisher.service, queue.service, "consumer"))
        })
    });
    allowed.chain(doors).chain(events).collect()
}

/// What no other test is sure to do: a service asks another only about what no event has told of.
async fn walk_the_quiet_paths(suite: &Suite) {
    let organization = Organization::create(suite).await;
    let address = format!("traced-{}@example.test", suite.unique());
    organization.invite(suite, &address).await;
    organization
        .join(suite, &link_for(suite, &address).await, &address)
        .await;
    let request = ListDeliveriesRequest {
        parent: organization.name.clone(),
        ..Default::default()
    };
    let mut deliveries = DeliveryServiceClient::new(suite.edge());
    deliveries
        .list_deliveries(suite.call("owner", request))
        .await
        .unwrap();
    let request = ListAssignmentsRequest {
        parent: format!("{}/learners/{}", organization.name, suite.request_id()),
        ..Default::default()
    };
    let nobody = AssignmentServiceClient::new(suite.edge())
        .list_assignments(suite.call("owner", request))
        .await;
    assert_eq!(nobody.unwrap_err().code(), tonic::Code::NotFound);
}

#[tokio::test]
async fn every_service_emits_and_every_edge_between_services_is_seen() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    walk_the_quiet_paths(&suite).await;
    let wanted = wanted();
    let mut missing = wanted.clone();
    eventually(async || {
        let Some(seen) = seen(&suite).await else {
            return false;
        };
        let unheard: BTreeSet<Edge> = wanted.difference(&seen).cloned().collect();
        if unheard != missing {
            eprintln!("not seen yet: {unheard:?}");
        }
        missing = unheard;
        missing.is_empty()
    })
    .await;
}

/// The contract may not allow what nobody does, beyond what is said above; and nobody does what it does not allow.
#[tokio::test]
async fn no_edge_is_seen_that_the_contract_does_not_allow() {
    let _undisturbed = with_others().await;
    let (suite, wanted) = (Suite::find(), wanted());
    let seen = eventually_some(async || seen(&suite).await).await;
    let beyond: Vec<&Edge> = seen.difference(&wanted).collect();
    assert!(beyond.is_empty(), "{beyond:?}");
}
