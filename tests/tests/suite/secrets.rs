//! Nothing is logged or traced that should not be.

use muster_testkit::eventually;

use crate::support::{Organization, Suite, link_for, with_others};

#[tokio::test]
async fn no_address_no_link_and_no_token_comes_into_logs_or_traces() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let canary = format!("canary-{}", suite.unique());
    let invitation = organization
        .invite(&suite, &format!("{canary}@example.test"))
        .await;
    let link = link_for(&suite, &format!("{canary}@example.test")).await;
    let secret = link.rsplit('/').next().unwrap().to_owned();
    suite.http.get(&link).send().await.unwrap();

    let mut trace = serde_json::Value::Null;
    eventually(async || {
        let request = muster_proto::invitation::v1::GetInvitationRequest {
            name: invitation.name.clone(),
        };
        let read = organization
            .invitations()
            .get_invitation(suite.call("owner", request))
            .await
            .unwrap();
        let id = read.into_inner().invitation.unwrap().trace_id;
        trace = suite
            .json(&format!("{}/api/traces/{id}", suite.address("traces")))
            .await
            .unwrap_or_default();
        trace.to_string().to_lowercase().contains("smtp")
    })
    .await;
    let spans = trace.to_string();
    let token = suite.token("owner");
    let signature = token.rsplit('.').next().unwrap();
    for (what, text) in suite
        .logs()
        .into_iter()
        .filter(|(path, _)| !path.ends_with("inbox.log"))
        .chain([("a trace".to_owned(), spans)])
    {
        assert!(!text.contains(&canary), "an address is in {what}");
        assert!(!text.contains(&secret), "a link is in {what}");
        assert!(!text.contains(signature), "a token is in {what}");
    }
}
