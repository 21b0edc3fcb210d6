//! Every service emits spans, and every call that the contract allows between services was seen.

use std::collections::BTreeSet;

use muster_testkit::eventually;

use crate::support::{Suite, with_others};

/// The story must have run on the suite: `cargo dev up` does that.
#[tokio::test]
async fn every_service_emits_and_every_edge_between_services_is_seen() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let rules = muster_access::Rules::load(muster_proto::pool()).expect("the contract's rules load");
    // A projection asks employment only when an event has not come yet: not every run sees those.
    let sometimes = [("records", "employment"), ("organization", "employment")];
    let mut wanted: BTreeSet<(String, String)> = muster_access::calls::graph(&rules)
        .into_keys()
        .map(|edge| (edge.caller.clone(), edge.callee.clone()))
        .filter(|(caller, callee)| !sometimes.contains(&(caller.as_str(), callee.as_str())))
        .collect();
    let services = [
        "organization",
        "employment",
        "invitation",
        "notification",
        "records",
    ];
    wanted.extend(services.map(|service| ("gateway".to_owned(), service.to_owned())));
    // Events: the trace runs on from the publisher to the consumer.
    for (from, to) in [
        ("invitation", "notification"),
        ("notification", "invitation"),
        ("invitation", "employment"),
        ("organization", "employment"),
        ("employment", "records"),
        ("employment", "organization"),
    ] {
        wanted.insert((from.to_owned(), to.to_owned()));
    }
    // Nobody lists deliveries in the story.
    let request = muster_proto::notification::v1::ListDeliveriesRequest::default();
    let mut deliveries =
        muster_proto::notification::v1::delivery_service_client::DeliveryServiceClient::new(suite.edge());
    let own = crate::support::Organization::create(&suite).await;
    let request = muster_proto::notification::v1::ListDeliveriesRequest {
        parent: own.name.clone(),
        ..request
    };
    deliveries
        .list_deliveries(suite.call("owner", request))
        .await
        .unwrap();

    let mut missing = wanted.clone();
    eventually(async || {
        let edges = suite
            .json(&format!("{}/api/edges", suite.address("traces")))
            .await
            .unwrap_or_default();
        let seen: BTreeSet<(String, String)> = edges
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|edge| Some((edge["from"].as_str()?.to_owned(), edge["to"].as_str()?.to_owned())))
            .collect();
        missing = wanted.difference(&seen).cloned().collect();
        if !missing.is_empty() {
            eprintln!("not seen yet: {missing:?}");
        }
        missing.is_empty()
    })
    .await;
}
