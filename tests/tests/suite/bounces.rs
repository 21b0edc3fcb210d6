//! Mail that a server took and reports later as not delivered: whoever invited is told.

use muster_client::acts::{delivery, invitation};
use muster_proto::invitation::v1::{DeliveryState, Invitation, InvitationState, ListInvitationsRequest};
use muster_proto::notification::v1::ListDeliveriesRequest;
use muster_proto::notification::v1::delivery::State;
use muster_testkit::eventually_some;

use crate::support::{
    Organization, Snapshot, Suite, hand_in, handed_in, message_for, messages_for, return_path_of,
    undelivered, with_others,
};

/// The invitation once its mail is in this state.
async fn once(suite: &Suite, organization: &Organization, name: &str, state: DeliveryState) -> Invitation {
    eventually_some(async || {
        let invitation = organization.read(suite, name).await;
        (invitation.delivery_state() == state).then_some(invitation)
    })
    .await
}

/// The names of the organization's invitations whose mail came back.
async fn bounced(suite: &Suite, organization: &Organization) -> Vec<String> {
    let request = ListInvitationsRequest {
        parent: organization.name.clone(),
        delivery_states: vec![DeliveryState::Bounced.into()],
        ..Default::default()
    };
    let listed = invitation::list(&suite.client(&organization.owner), request).await;
    let invitations = listed.unwrap().invitations.into_iter();
    invitations.map(|invitation| invitation.name).collect()
}

#[tokio::test]
async fn whoever_invited_sees_that_the_mail_came_back_and_why() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let address = format!("bounced-{}@school.test", suite.unique());
    let name = organization.invite(&suite, &address).await.name;
    let sent = return_path_of(&message_for(&suite, &address).await.header("Return-Path"));
    assert!(
        sent.starts_with("bounces+") && sent.ends_with("@muster.test"),
        "{sent}"
    );
    let pending = once(&suite, &organization, &name, DeliveryState::Sent).await;
    assert_eq!(pending.state(), InvitationState::Pending);

    handed_in(&suite, &sent, &undelivered(&address)).await;
    let told = once(&suite, &organization, &name, DeliveryState::Bounced).await;
    assert_eq!(told.state(), InvitationState::Pending);
    assert_eq!(told.delivery_detail, "550 5.1.1 [...] no such user");
    assert_eq!(bounced(&suite, &organization).await, [name.as_str()]);
    let request = ListDeliveriesRequest {
        parent: organization.name.clone(),
        subject: name.clone(),
        ..Default::default()
    };
    let listed = delivery::list(&suite.client("owner"), request).await.unwrap();
    let [delivery] = &listed.deliveries[..] else {
        panic!("{listed:?}")
    };
    assert_eq!(delivery.state(), State::Bounced);
    assert_eq!(delivery.server_reply, told.delivery_detail);
    assert!(delivery.send_time.is_some() && delivery.bounce_time.is_some());

    // Once more, and the other way round: of a mail that was sent again what became of the first is no news. Whoever was told of it
    // nevertheless would have heard by the time everything is settled.
    let before = Snapshot::settled(&suite, &organization).await;
    handed_in(&suite, &sent, &undelivered(&address)).await;
    before
        .still_stands(&suite, &organization, "it was taken for news")
        .await;
    invitation::resend(&suite.client("owner"), &name, false)
        .await
        .unwrap();
    let newest = &messages_for(&suite, &address, 2).await[0];
    let again = return_path_of(&newest.header("Return-Path"));
    assert_ne!(again, sent);
    once(&suite, &organization, &name, DeliveryState::Sent).await;
    let before = Snapshot::settled(&suite, &organization).await;
    handed_in(&suite, &sent, &undelivered(&address)).await;
    before
        .still_stands(&suite, &organization, "it was taken for news")
        .await;
    handed_in(&suite, &again, &undelivered(&address)).await;
    once(&suite, &organization, &name, DeliveryState::Bounced).await;
}

#[tokio::test]
async fn nobody_says_of_somebody_elses_mail_that_it_came_back() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let address = format!("kept-{}@school.test", suite.unique());
    let name = organization.invite(&suite, &address).await.name;
    let sent = return_path_of(&message_for(&suite, &address).await.header("Return-Path"));
    once(&suite, &organization, &name, DeliveryState::Sent).await;

    let before = Snapshot::settled(&suite, &organization).await;
    let (local, domain) = sent.split_once('@').unwrap();
    let (known, last) = local.split_at(local.len() - 1);
    let other = if last == "a" { "b" } else { "a" };
    for wrong in [
        format!("bounces@{domain}"),
        format!("{known}{other}@{domain}"),
        format!("{local}@other.test"),
        address.clone(),
    ] {
        let reply = hand_in(&suite, &wrong, &undelivered(&address)).await;
        assert!(reply.starts_with("550 5.1.1"), "{wrong}: {reply}");
    }
    // It is the right address, and no report: an answer of the invitee's, say.
    let answer =
        format!("From: {address}\r\nAuto-Submitted: auto-replied\r\nSubject: Away\r\n\r\nUntil Monday.\r\n");
    assert!(hand_in(&suite, &sent, &answer).await.starts_with("250"));
    before
        .still_stands(&suite, &organization, "it was taken for news")
        .await;
    // Servers may write it in other letters.
    handed_in(&suite, &sent.to_uppercase(), &undelivered(&address)).await;
    once(&suite, &organization, &name, DeliveryState::Bounced).await;
}
