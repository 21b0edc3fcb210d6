//! Nothing is logged or traced that should not be: not of what goes well, and not of what is refused.

use bytes::Bytes;
use muster_proto::invitation::v1::import_service_client::ImportServiceClient;
use muster_proto::invitation::v1::invitation_redemption_service_client::InvitationRedemptionServiceClient;
use muster_proto::invitation::v1::{AcceptInvitationRequest, LookupInvitationRequest, UploadImportRequest};
use muster_testkit::eventually;
use sha2::{Digest, Sha256};
use tonic::Code;

use crate::support::{
    Organization, RawCall, Suite, hand_in, handed_in, link_for, message_for, return_path_of, token_of,
    undelivered, with_others,
};

const GET: &str = "/muster.invitation.v1.InvitationService/GetInvitation";

#[tokio::test]
async fn no_address_no_link_and_no_token_comes_into_logs_or_traces() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let canary = format!("canary-{}", suite.unique());
    send_what_is_refused(&suite, &organization, &canary).await;

    let address = format!("{canary}@example.test");
    let invitation = organization.invite(&suite, &address).await;
    let link = link_for(&suite, &address).await;
    let secret = token_of(&link);
    suite.http.get(&link).send().await.unwrap();
    somebody_else_tries(&suite, &secret, &canary).await;
    let return_path = return_path_of(&message_for(&suite, &address).await.header("Return-Path"));
    let (_, return_token) = return_path.split_once('+').unwrap();
    let return_token = return_token.split('@').next().unwrap();
    hand_in_what_is_refused(&suite, &return_path, &canary).await;
    handed_in(&suite, &return_path, &undelivered(&address)).await;

    // Each service sends its spans in order: when this mail's are here, those of everything before are.
    let id = organization.read(&suite, &invitation.name).await.trace_id;
    let trace = format!("{}/api/traces/{id}", suite.address("traces"));
    let is_known = async || {
        let trace = suite.json(&trace).await;
        let trace = trace.map(|trace| trace.to_string().to_lowercase());
        trace.is_some_and(|trace| trace.contains("smtp") && trace.contains("mail came back"))
    };
    eventually(is_known).await;
    let token = suite.token("owner");
    let signature = token.rsplit('.').next().unwrap();
    let logs = suite
        .logs()
        .into_iter()
        .filter(|(path, _)| !path.ends_with("inbox.log"));
    for (what, text) in logs.chain(suite.spans()) {
        assert!(
            !text.contains(&canary),
            "an address, or what was sent in place of a token, is in {what}"
        );
        assert!(!text.contains(&secret), "a link is in {what}");
        assert!(!text.contains(signature), "a token is in {what}");
        assert!(
            !text.to_lowercase().contains(return_token),
            "a return path is in {what}"
        );
    }
}

/// Bad tokens, links, addresses, names and files: each with the canary in it.
async fn send_what_is_refused(suite: &Suite, organization: &Organization, canary: &str) {
    let token = suite.token("owner");
    let (signed, _) = token.rsplit_once('.').unwrap();
    for bad in [
        canary.to_owned(),
        format!("{signed}.{canary}"),
        format!("{canary}.{canary}.{canary}"),
    ] {
        let call = RawCall::new(GET, Bytes::new()).bearer(&bad);
        assert_eq!(call.reply(suite.edge()).await.code, Code::Unauthenticated);
    }
    let mut redemption = InvitationRedemptionServiceClient::new(suite.edge());
    let lookup = LookupInvitationRequest {
        token: canary.to_owned(),
    };
    redemption.lookup_invitation(lookup).await.unwrap_err();
    let page = format!("{}/i/{canary}", suite.address("gateway"));
    suite.http.get(page).send().await.unwrap();
    let inviting = organization.inviting(&format!("{canary}@@example.test"));
    let mut invitations = organization.invitations();
    invitations
        .create_invitation(suite.call("owner", inviting))
        .await
        .unwrap_err();
    let mut imports = ImportServiceClient::new(suite.edge());
    for file in [
        format!("{canary},phone\nAda,1\n"),
        format!("email,groups\n{canary}@,{canary}\n"),
    ] {
        let piece = UploadImportRequest {
            parent: organization.name.clone(),
            file_name: "list.csv".into(),
            sha256: Sha256::digest(&file).to_vec(),
            chunk: file.into_bytes(),
            request_id: String::new(),
        };
        let _ = imports
            .upload_import(suite.call("owner", tokio_stream::once(piece)))
            .await;
    }
}

/// Reports to addresses that are none, and a mail that is no report.
async fn hand_in_what_is_refused(suite: &Suite, return_path: &str, canary: &str) {
    for wrong in [format!("{canary}@muster.test"), format!("x{return_path}")] {
        let reply = hand_in(suite, &wrong, &undelivered(canary)).await;
        assert!(reply.starts_with("550"), "{reply}");
    }
    let answer = format!("From: {canary}@example.test\r\n\r\nI am {canary}.\r\n");
    handed_in(suite, return_path, &answer).await;
}

/// A link in the hands of somebody to whom it was not sent.
async fn somebody_else_tries(suite: &Suite, secret: &str, canary: &str) {
    let request = AcceptInvitationRequest {
        token: secret.to_owned(),
        request_id: String::new(),
    };
    let stranger = format!("foreign-{canary}@example.test");
    let mut redemption = InvitationRedemptionServiceClient::new(suite.edge());
    let answer = redemption.accept_invitation(suite.call(&stranger, request)).await;
    assert_eq!(answer.unwrap_err().code(), Code::PermissionDenied);
}
