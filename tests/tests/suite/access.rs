//! What people are told of what they may do, beside what happens when they do it.

use std::collections::BTreeSet;

use bytes::Bytes;
use muster_access::{Mode, Rules, Target};
use muster_proto::gateway::v1::access_service_client::AccessServiceClient;
use muster_proto::gateway::v1::{
    ExplainAccessRequest, ExplainAccessResponse, ListMyPermissionsRequest, ListMyPermissionsResponse,
};
use muster_proto::organization::v1::Role;
use muster_refusal::{ErrorReason, reason_of};
use prost::Message;
use serde_json::Value;

use crate::support::{Organization, RawCall, Suite, with_others};

const ABSENT: &str = "organizations/00000000-0000-7000-8000-000000000000";
const CREATE: &str = "muster.invitation.v1.InvitationService/CreateInvitation";

async fn explain(suite: &Suite, who: &str, method: &str, resource: &str) -> ExplainAccessResponse {
    let request = ExplainAccessRequest {
        method: method.into(),
        resource: resource.into(),
    };
    let mut client = AccessServiceClient::new(suite.edge());
    let answer = client.explain_access(suite.call(who, request)).await;
    answer
        .unwrap_or_else(|status| panic!("{method}: {status:?}"))
        .into_inner()
}

async fn mine(suite: &Suite, who: &str, parent: &str) -> ListMyPermissionsResponse {
    let request = ListMyPermissionsRequest {
        parent: parent.into(),
    };
    let mut client = AccessServiceClient::new(suite.edge());
    client
        .list_my_permissions(suite.call(who, request))
        .await
        .unwrap()
        .into_inner()
}

/// Whether a call gets through the edge, whatever the service then says.
async fn passes(suite: &Suite, who: &str, rule: &muster_access::MethodRule, organization: &str) -> bool {
    let field = [
        &[0x0a, u8::try_from(organization.len()).unwrap()],
        organization.as_bytes(),
    ]
    .concat();
    let message = rule.scope().map_or_else(Bytes::new, |_| field.into());
    let mut call = RawCall::new(&rule.path, message).bearer(&suite.token(who));
    call.client_streaming = rule.client_streaming;
    let refused = call.send(suite.edge()).await.err();
    refused.and_then(|status| reason_of(&status)) != Some(ErrorReason::PermissionDenied)
}

#[tokio::test]
async fn what_is_explained_and_listed_is_what_happens() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let own = Organization::draft(&suite, "owner").await.name;
    let rules = Rules::load(muster_proto::pool()).expect("the contract's rules load");
    let mut compared = 0;
    for who in ["owner", "staff", "learner-9"] {
        let here = mine(&suite, who, &own).await;
        let platform = mine(&suite, who, "").await;
        let granted = here.permissions.iter().chain(&platform.permissions);
        let listed: BTreeSet<_> = granted.flat_map(|granted| granted.methods.clone()).collect();
        for rule in rules.iter().filter(|rule| !rule.is_internal()) {
            let Mode::Require { target, .. } = &rule.mode else {
                continue;
            };
            let organization = matches!(target, Target::Organization(path) if path.tags() == [1]);
            if !organization && *target != Target::Platform {
                continue;
            }
            let method = rule.path.trim_start_matches('/');
            let told = explain(&suite, who, method, &own).await;
            let passes = passes(&suite, who, rule, &own).await;
            assert_eq!(told.allowed, passes, "{method} by {who}: {told:?}");
            assert_eq!(listed.contains(method), passes, "{method} by {who}");
            compared += 1;
        }
    }
    assert!(compared > 40, "only {compared} were compared");
}

#[tokio::test]
async fn a_stranger_is_told_the_same_of_an_organization_and_of_none() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let other = Organization::draft(&suite, "outsider").await.name;
    let reply = async |path: &str, message: Vec<u8>| {
        let path = format!("/muster.gateway.v1.AccessService/{path}");
        let call = RawCall::new(&path, message).bearer(&suite.token("owner"));
        call.send(suite.edge()).await.unwrap()
    };
    let explain = |resource: &str| ExplainAccessRequest {
        method: CREATE.into(),
        resource: resource.into(),
    };
    let mine = |parent: &str| ListMyPermissionsRequest {
        parent: parent.into(),
    };
    assert_eq!(
        reply("ExplainAccess", explain(&other).encode_to_vec()).await,
        reply("ExplainAccess", explain(ABSENT).encode_to_vec()).await
    );
    assert_eq!(
        reply("ListMyPermissions", mine(&other).encode_to_vec()).await,
        reply("ListMyPermissions", mine(ABSENT).encode_to_vec()).await
    );
}

#[tokio::test]
async fn an_owner_asks_in_json() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let own = Organization::draft(&suite, "owner").await.name;
    let get = async |path: &str, query: &[(&str, &str)]| -> Value {
        let request = suite.http.get(format!("{}/v1/{path}", suite.address("gateway")));
        let request = request.query(query).bearer_auth(suite.token("owner"));
        request.send().await.unwrap().json().await.unwrap()
    };
    let told = get("access:explain", &[("method", CREATE), ("resource", &own)]).await;
    assert_eq!(
        (&told["allowed"], &told["role"]),
        (&true.into(), &"ROLE_OWNER".into()),
        "{told}"
    );
    let told = get("access/myPermissions", &[("parent", &own)]).await;
    assert_eq!(told["role"], Role::Owner.as_str_name(), "{told}");
    let permissions = told["permissions"].as_array().unwrap();
    assert!(
        permissions
            .iter()
            .any(|one| one["permission"] == "invitation.create"),
        "{told}"
    );
}
