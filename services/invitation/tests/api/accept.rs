//! What the holder of a link does with it.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::acceptance_internal_service_client::AcceptanceInternalServiceClient;
use muster_proto::invitation::v1::{
    AcceptInvitationRequest, FindAcceptanceRequest, FindAcceptanceResponse, GetAcceptanceRequest,
    InvitationSource, InvitationState, LookupInvitationRequest, LookupInvitationResponse,
};
use muster_testkit::{Callers, TestCaller};
use tonic::Status;

use crate::fixture::{Fixture, reason};

async fn lookup(fixture: &Fixture, who: TestCaller, token: &str) -> Result<LookupInvitationResponse, Status> {
    let request = LookupInvitationRequest {
        token: token.to_owned(),
    };
    Ok(fixture
        .redemption(who)
        .lookup_invitation(request)
        .await?
        .into_inner())
}

/// An invitation of `ada`, and the token of its link.
async fn invited(fixture: &Fixture) -> (String, String) {
    let made = fixture
        .create("Ada@Example.com", &[&fixture.nurses, &fixture.aides])
        .await
        .unwrap();
    let token = fixture.token(&made.name).await;
    (made.name, token)
}

async fn events(fixture: &Fixture) -> i64 {
    fixture
        .database
        .count("SELECT count(*) FROM outbox WHERE event_type = 'invitation.accepted'")
        .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_holder_sees_who_invites_to_what_and_the_organization_sees_the_name_only_after() {
    let fixture = Fixture::new().await;
    let (name, token) = invited(&fixture).await;
    let seen = lookup(&fixture, TestCaller::Anonymous, &token).await.unwrap();
    assert_eq!(seen.organization_display_name, "Day nursery");
    assert_eq!(seen.time_zone, "America/Detroit");
    assert_eq!(seen.groups, ["Aides", "Nurses"]);
    assert_eq!(seen.masked_address, "A***@example.com");
    assert_eq!(seen.state(), InvitationState::Prospect);
    assert!(!seen.address_matches && !seen.accepted_by_caller);
    assert!(
        lookup(&fixture, TestCaller::person("ada"), &token)
            .await
            .unwrap()
            .address_matches
    );
    assert_eq!(
        fixture.get(&name).await.unwrap().state(),
        InvitationState::Prospect,
        "looking changes nothing"
    );

    let accepted = fixture.accept(TestCaller::person("ada"), &token).await.unwrap();
    assert_eq!(accepted.organization, fixture.parent());
    let stored = fixture.get(&name).await.unwrap();
    assert_eq!(stored.state(), InvitationState::Active);
    assert_eq!(stored.person_display_name, "ada");
    assert_eq!(stored.accept_time, accepted.accept_time);
    assert!(
        lookup(&fixture, TestCaller::person("ada"), &token)
            .await
            .unwrap()
            .accepted_by_caller
    );
    assert_eq!(events(&fixture).await, 1);

    let mut employment =
        AcceptanceInternalServiceClient::new(fixture.as_who(TestCaller::Workload("employment")));
    let acceptance = employment
        .get_acceptance(GetAcceptanceRequest { invitation: name })
        .await
        .unwrap();
    assert_eq!(acceptance.into_inner().display_name, "ada");
}

#[tokio::test(flavor = "multi_thread")]
async fn accepting_again_as_the_same_person_answers_the_same() {
    let fixture = Fixture::new().await;
    let (_, token) = invited(&fixture).await;
    let first = fixture.accept(TestCaller::person("ada"), &token).await.unwrap();
    fixture.clock.advance(std::time::Duration::from_secs(10));
    assert_eq!(
        fixture.accept(TestCaller::person("ada"), &token).await.unwrap(),
        first
    );
    assert_eq!(events(&fixture).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_calls_and_two_people_one_person_wins_once() {
    let fixture = Fixture::new().await;
    for round in 0..6 {
        let made = fixture
            .create(&format!("ada{round}@example.com"), &[&fixture.nurses])
            .await
            .unwrap();
        let token = fixture.token(&made.name).await;
        let calls = (0..16).map(|call| {
            // Two sign-ins with the same verified address.
            let mut person = Callers::person(if call % 2 == 0 { "one" } else { "two" });
            person.emails = vec![made.address.parse().unwrap()];
            let mut client = fixture.redemption(TestCaller::Person(person, None));
            let request = AcceptInvitationRequest {
                token: token.clone(),
                request_id: String::new(),
            };
            tokio::spawn(async move { (call % 2, client.accept_invitation(request).await) })
        });
        let (mut won, mut closed) = ([0, 0], 0);
        for call in calls.collect::<Vec<_>>() {
            match call.await.unwrap() {
                (who, Ok(_)) => won[who] += 1,
                (_, refused) => {
                    assert_eq!(reason(refused), R::InvitationClosed);
                    closed += 1;
                }
            }
        }
        assert!(won == [8, 0] || won == [0, 8], "{won:?}");
        assert_eq!(closed, 8);
        assert_eq!(events(&fixture).await, round + 1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_changed_by_one_character_is_no_link() {
    let fixture = Fixture::new().await;
    let (name, token) = invited(&fixture).await;
    for at in 0..token.len() {
        let mut changed = token.clone().into_bytes();
        changed[at] = if changed[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(
            reason(lookup(&fixture, TestCaller::Anonymous, &changed).await),
            R::LinkInvalid,
            "{at}"
        );
        assert_eq!(
            reason(fixture.accept(TestCaller::person("ada"), &changed).await),
            R::LinkInvalid,
            "{at}"
        );
    }
    assert_eq!(
        fixture.get(&name).await.unwrap().state(),
        InvitationState::Prospect
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_wrong_person_and_nobody_are_refused_and_the_invitation_is_untouched() {
    let fixture = Fixture::new().await;
    let (name, token) = invited(&fixture).await;
    let before = fixture.get(&name).await.unwrap();
    assert_eq!(
        reason(fixture.accept(TestCaller::person("eve"), &token).await),
        R::AddressMismatch
    );
    let mut unverified = Callers::person("ada");
    unverified.emails.clear();
    assert_eq!(
        reason(fixture.accept(TestCaller::Person(unverified, None), &token).await),
        R::AddressUnknown
    );
    let mut look_alike = Callers::person("ada");
    look_alike.emails = vec!["\u{430}da@example.com".parse().unwrap()];
    assert_eq!(
        reason(fixture.accept(TestCaller::Person(look_alike, None), &token).await),
        R::AddressMismatch
    );
    assert!(fixture.accept(TestCaller::Anonymous, &token).await.is_err());
    assert_eq!(fixture.get(&name).await.unwrap(), before);
    fixture.accept(TestCaller::person("ada"), &token).await.unwrap();
    assert_eq!(
        reason(fixture.accept(TestCaller::person("eve"), &token).await),
        R::AddressMismatch
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_invitation_cannot_be_accepted_but_looked_at() {
    let fixture = Fixture::new().await;
    let (_, token) = invited(&fixture).await;
    fixture
        .database
        .execute("UPDATE invitations SET expire_time = create_time")
        .await;
    assert_eq!(
        lookup(&fixture, TestCaller::Anonymous, &token)
            .await
            .unwrap()
            .state(),
        InvitationState::Expired
    );
    assert_eq!(
        reason(fixture.accept(TestCaller::person("ada"), &token).await),
        R::InvitationExpired
    );
    assert_eq!(events(&fixture).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancelled_invitation_cannot_be_accepted_or_looked_at() {
    let fixture = Fixture::new().await;
    let (_, token) = invited(&fixture).await;
    fixture
        .database
        .execute("UPDATE invitations SET state = 'CANCELLED', generation = generation + 1")
        .await;
    assert_eq!(
        reason(fixture.accept(TestCaller::person("ada"), &token).await),
        R::InvitationCancelled
    );
    assert_eq!(
        reason(lookup(&fixture, TestCaller::Anonymous, &token).await),
        R::InvitationCancelled
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_of_an_older_generation_is_dead() {
    let fixture = Fixture::new().await;
    let (_, token) = invited(&fixture).await;
    fixture
        .database
        .execute("UPDATE invitations SET generation = generation + 1")
        .await;
    assert_eq!(
        reason(fixture.accept(TestCaller::person("ada"), &token).await),
        R::LinkReplaced
    );
    assert_eq!(
        reason(lookup(&fixture, TestCaller::Anonymous, &token).await),
        R::LinkReplaced
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn declined_and_archived_invitations_are_closed() {
    let fixture = Fixture::new().await;
    let (_, token) = invited(&fixture).await;
    fixture
        .database
        .execute("UPDATE invitations SET state = 'DECLINED', state_before_decline = 'PENDING', decline_time = send_time")
        .await;
    assert_eq!(
        reason(fixture.accept(TestCaller::person("ada"), &token).await),
        R::InvitationClosed
    );
    fixture
        .database
        .execute(
            "UPDATE invitations SET state = 'ARCHIVED', accept_time = create_time, person_display_name = '',
                    person_id = inviter_person_id, state_before_decline = NULL, decline_time = NULL",
        )
        .await;
    assert_eq!(
        reason(fixture.accept(TestCaller::person("ada"), &token).await),
        R::InvitationClosed
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_joins_an_organization_that_is_not_active() {
    let fixture = Fixture::new().await;
    let (_, token) = invited(&fixture).await;
    fixture
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    assert_eq!(
        reason(fixture.accept(TestCaller::person("ada"), &token).await),
        R::OrganizationNotActive
    );
    fixture
        .profile_sql("UPDATE organizations SET state = 'ACTIVE'")
        .await;
    fixture.accept(TestCaller::person("ada"), &token).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_acceptance_has_one_effect_and_its_id_is_for_one_request() {
    let fixture = Fixture::new().await;
    let (_, token) = invited(&fixture).await;
    let request_id = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    let request = AcceptInvitationRequest {
        token: token.clone(),
        request_id,
    };
    let mut ada = fixture.redemption(TestCaller::person("ada"));
    let first = ada.accept_invitation(request.clone()).await.unwrap().into_inner();
    fixture
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    assert_eq!(
        ada.accept_invitation(request.clone()).await.unwrap().into_inner(),
        first
    );
    let (_, other) = {
        fixture
            .profile_sql("UPDATE organizations SET state = 'ACTIVE'")
            .await;
        let made = fixture
            .create("ada2@example.com", &[&fixture.nurses])
            .await
            .unwrap();
        (made.name.clone(), fixture.token(&made.name).await)
    };
    let reused = AcceptInvitationRequest {
        token: other,
        ..request
    };
    assert_eq!(reason(ada.accept_invitation(reused).await), R::RequestIdReused);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_known_of_who_has_not_accepted() {
    let fixture = Fixture::new().await;
    let (name, _) = invited(&fixture).await;
    let mut employment =
        AcceptanceInternalServiceClient::new(fixture.as_who(TestCaller::Workload("employment")));
    let refused = employment
        .get_acceptance(GetAcceptanceRequest {
            invitation: name.clone(),
        })
        .await;
    assert_eq!(reason(refused), R::NotFound);
    let mut stranger =
        AcceptanceInternalServiceClient::new(fixture.as_who(TestCaller::Workload("notification")));
    let refused = stranger
        .get_acceptance(GetAcceptanceRequest { invitation: name })
        .await;
    assert_eq!(reason(refused), R::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_accepted_last_is_found_until_they_have_left() {
    let fixture = Fixture::new().await;
    let (name, token) = invited(&fixture).await;
    let find = async |who: TestCaller| {
        let request = FindAcceptanceRequest {
            organization: name.split("/invitations/").next().unwrap().to_owned(),
            person: format!("persons/{}", Callers::person("ada").id),
        };
        let mut service = AcceptanceInternalServiceClient::new(fixture.as_who(who));
        service.find_acceptance(request).await
    };
    let employment = || TestCaller::Workload("employment");
    assert_eq!(
        find(employment()).await.unwrap().into_inner(),
        FindAcceptanceResponse::default()
    );
    let request = AcceptInvitationRequest {
        token,
        request_id: String::new(),
    };
    fixture
        .redemption(TestCaller::person("ada"))
        .accept_invitation(request)
        .await
        .unwrap();
    let found = find(employment()).await.unwrap().into_inner();
    assert_eq!((&found.invitation, found.display_name.as_str()), (&name, "ada"));
    assert_eq!(found.source(), InvitationSource::Manual);
    assert_eq!(found.inviter, fixture.get(&name).await.unwrap().inviter);
    assert!(found.accept_time.is_some());
    for who in [
        TestCaller::Workload("records"),
        TestCaller::Workload("organization"),
    ] {
        assert_eq!(reason(find(who).await), R::PermissionDenied);
    }
    fixture
        .database
        .execute("UPDATE invitations SET state = 'ARCHIVED'")
        .await;
    assert_eq!(
        find(employment()).await.unwrap().into_inner(),
        FindAcceptanceResponse::default()
    );
}
