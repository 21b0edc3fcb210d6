//! Who wants no further invitation sees where they said so, and takes it back: nobody else does.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{
    DeclinePersonInvitationRequest, DeliveryState, LiftPersonOptOutRequest, ListPersonOptOutsRequest,
    PersonOptOut,
};
use muster_testkit::{Callers, TestCaller};
use tonic::Status;

use crate::fixture::{Fixture, reason};
use crate::own::{account, ada, undo, with};
use crate::resend::resend;

async fn opt_outs(fixture: &Fixture, who: TestCaller) -> Result<Vec<PersonOptOut>, Status> {
    let request = ListPersonOptOutsRequest {
        parent: "persons/me".to_owned(),
        ..Default::default()
    };
    let listed = account(fixture, who).list_person_opt_outs(request).await?;
    Ok(listed.into_inner().opt_outs)
}

async fn lift(fixture: &Fixture, who: TestCaller, name: &str) -> Result<String, Status> {
    let request = LiftPersonOptOutRequest {
        name: name.to_owned(),
        request_id: String::new(),
    };
    let lifted = account(fixture, who).lift_person_opt_out(request).await?;
    Ok(lifted.into_inner().organization)
}

/// Ada was invited, and wants no further invitation; the name of the invitation.
async fn unwanted(fixture: &Fixture) -> String {
    let made = fixture
        .create("Ada@Example.com", &[&fixture.nurses])
        .await
        .unwrap();
    decline_for_ever(fixture, &made.name).await;
    made.name
}

async fn decline_for_ever(fixture: &Fixture, name: &str) {
    let request = DeclinePersonInvitationRequest {
        name: name.to_owned(),
        do_not_invite_again: true,
        request_id: String::new(),
    };
    account(fixture, ada())
        .decline_person_invitation(request)
        .await
        .unwrap();
}

async fn history(fixture: &Fixture) -> Vec<(String, bool)> {
    sqlx::query_as("SELECT lifted_by, person_id IS NOT NULL FROM lifted_opt_outs ORDER BY lift_time")
        .fetch_all(&mut fixture.database.connection().await)
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_no_further_invitation_sees_it_and_takes_it_back() {
    let fixture = Fixture::new().await;
    let name = unwanted(&fixture).await;
    let found = opt_outs(&fixture, ada()).await.unwrap();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].name, name);
    assert_eq!(found[0].organization_display_name, "Day nursery");
    assert_eq!(found[0].time_zone, "America/Detroit");
    assert_eq!(found[0].address, "Ada@Example.com");
    assert!(found[0].create_time.is_some());
    let silent = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    assert_eq!(silent.delivery_state(), DeliveryState::Suppressed);
    assert_eq!(reason(resend(&fixture, &silent.name).await), R::AddressSuppressed);

    for _ in 0..2 {
        assert_eq!(lift(&fixture, ada(), &name).await.unwrap(), fixture.parent());
    }
    assert_eq!(opt_outs(&fixture, ada()).await.unwrap(), []);
    assert_eq!(history(&fixture).await, [("ACCOUNT".to_owned(), true)]);
    let resent = resend(&fixture, &silent.name).await.unwrap();
    assert_eq!(resent.delivery_state(), DeliveryState::Queued);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_sees_or_lifts_it() {
    let fixture = Fixture::new().await;
    let name = unwanted(&fixture).await;
    assert_eq!(opt_outs(&fixture, TestCaller::person("eve")).await.unwrap(), []);
    let lifted = lift(&fixture, TestCaller::person("eve"), &name).await;
    assert_eq!(reason(lifted), R::NotFound);
    // The organization, whose owner has another address.
    assert_eq!(reason(lift(&fixture, fixture.owner(), &name).await), R::NotFound);
    let absent = format!(
        "{}/invitations/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88",
        fixture.parent()
    );
    assert_eq!(reason(lift(&fixture, ada(), &absent).await), R::NotFound);
    let silent = with("ada", &[]);
    assert_eq!(
        reason(lift(&fixture, silent.clone(), &name).await),
        R::AddressUnknown
    );
    assert_eq!(reason(opt_outs(&fixture, silent).await), R::AddressUnknown);
    let request = ListPersonOptOutsRequest {
        parent: format!("persons/{}", Callers::person("eve").id),
        ..Default::default()
    };
    let refused = account(&fixture, ada()).list_person_opt_outs(request).await;
    assert_eq!(reason(refused), R::PermissionDenied);
    assert_eq!(opt_outs(&fixture, ada()).await.unwrap().len(), 1);
    assert_eq!(history(&fixture).await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn whichever_act_takes_it_back_is_known_afterwards() {
    let fixture = Fixture::new().await;
    let name = unwanted(&fixture).await;
    undo(&fixture, ada(), &name).await.unwrap();
    assert_eq!(opt_outs(&fixture, ada()).await.unwrap(), []);
    assert_eq!(history(&fixture).await, [("UNDO".to_owned(), true)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_said_and_taken_back_twice_in_one_moment_is_kept_twice() {
    let fixture = Fixture::new().await;
    let name = unwanted(&fixture).await;
    undo(&fixture, ada(), &name).await.unwrap();
    decline_for_ever(&fixture, &name).await;
    undo(&fixture, ada(), &name).await.unwrap();
    let undone = ("UNDO".to_owned(), true);
    assert_eq!(history(&fixture).await, [undone.clone(), undone]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_lift_at_once_one_does() {
    let fixture = Fixture::new().await;
    let name = unwanted(&fixture).await;
    let lifts = (0..16).map(|_| lift(&fixture, ada(), &name));
    for lifted in futures::future::join_all(lifts).await {
        assert_eq!(lifted.unwrap(), fixture.parent());
    }
    assert_eq!(history(&fixture).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_request_is_answered_as_before_and_another_with_its_id_is_refused() {
    let fixture = Fixture::new().await;
    let name = unwanted(&fixture).await;
    let request = LiftPersonOptOutRequest {
        name,
        request_id: "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned(),
    };
    let mut client = account(&fixture, ada());
    let first = client
        .lift_person_opt_out(request.clone())
        .await
        .unwrap()
        .into_inner();
    let again = client
        .lift_person_opt_out(request.clone())
        .await
        .unwrap()
        .into_inner();
    assert_eq!(first, again);
    let other = fixture
        .create("ada@example.com", &[&fixture.aides])
        .await
        .unwrap();
    let other = LiftPersonOptOutRequest {
        name: other.name,
        ..request
    };
    assert_eq!(
        reason(client.lift_person_opt_out(other).await),
        R::RequestIdReused
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wish_holds_for_every_spelling_of_the_mailbox_and_is_lifted_for_all_of_them() {
    let fixture = Fixture::new().await;
    let name = unwanted(&fixture).await;
    for address in ["ada+again@example.com", "a.d.a@example.com"] {
        let made = fixture.create(address, &[&fixture.nurses]).await.unwrap();
        assert_eq!(made.delivery_state(), DeliveryState::Suppressed, "{address}");
        let refused = resend(&fixture, &made.name).await;
        assert_eq!(reason(refused), R::AddressSuppressed, "{address}");
    }
    let other = fixture
        .create("ada@example.org", &[&fixture.nurses])
        .await
        .unwrap();
    assert_eq!(other.delivery_state(), DeliveryState::Queued);
    lift(&fixture, ada(), &name).await.unwrap();
    let made = fixture
        .create("ada+later@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    assert_eq!(made.delivery_state(), DeliveryState::Queued);
}
