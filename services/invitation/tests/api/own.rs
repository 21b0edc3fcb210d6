//! What a person finds in their own account, and answers there without a link.

use std::time::Duration;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::person_invitation_service_client::PersonInvitationServiceClient;
use muster_proto::invitation::v1::{
    AcceptPersonInvitationRequest, AcceptPersonInvitationResponse, CancelInvitationRequest,
    DeclinePersonInvitationRequest, DeclinePersonInvitationResponse, DeliveryState, InvitationState,
    ListPersonInvitationsRequest, PersonInvitation, UndoPersonDeclineRequest, UndoPersonDeclineResponse,
};
use muster_testkit::{Callers, TestCaller, TestChannel};
use tonic::Status;

use crate::fixture::{Fixture, reason};

const HOUR: Duration = Duration::from_secs(60 * 60);

pub(crate) fn account(fixture: &Fixture, who: TestCaller) -> PersonInvitationServiceClient<TestChannel> {
    PersonInvitationServiceClient::new(fixture.as_who(who))
}

/// Somebody with these verified addresses.
pub(crate) fn with(name: &str, addresses: &[&str]) -> TestCaller {
    let mut person = Callers::person(name);
    person.emails = addresses.iter().map(|address| address.parse().unwrap()).collect();
    TestCaller::Person(person, None)
}

pub(crate) fn ada() -> TestCaller {
    TestCaller::person("ada")
}

async fn list(fixture: &Fixture, who: TestCaller) -> Result<Vec<PersonInvitation>, Status> {
    let request = ListPersonInvitationsRequest {
        parent: "persons/me".to_owned(),
        ..Default::default()
    };
    let listed = account(fixture, who).list_person_invitations(request).await?;
    Ok(listed.into_inner().invitations)
}

async fn accept(
    fixture: &Fixture,
    who: TestCaller,
    name: &str,
) -> Result<AcceptPersonInvitationResponse, Status> {
    let request = AcceptPersonInvitationRequest {
        name: name.to_owned(),
        request_id: String::new(),
    };
    let mut client = account(fixture, who);
    Ok(client.accept_person_invitation(request).await?.into_inner())
}

async fn decline(
    fixture: &Fixture,
    who: TestCaller,
    name: &str,
) -> Result<DeclinePersonInvitationResponse, Status> {
    let request = DeclinePersonInvitationRequest {
        name: name.to_owned(),
        ..Default::default()
    };
    let mut client = account(fixture, who);
    Ok(client.decline_person_invitation(request).await?.into_inner())
}

pub(crate) async fn undo(
    fixture: &Fixture,
    who: TestCaller,
    name: &str,
) -> Result<UndoPersonDeclineResponse, Status> {
    let request = UndoPersonDeclineRequest {
        name: name.to_owned(),
        request_id: String::new(),
    };
    let mut client = account(fixture, who);
    Ok(client.undo_person_decline(request).await?.into_inner())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_finds_what_was_sent_to_any_of_their_verified_addresses() {
    let fixture = Fixture::new().await;
    let groups = [&fixture.nurses, &fixture.aides];
    let first = fixture.create("Ada@Example.com", &groups).await.unwrap();
    let second = fixture.create("ada@work.test", &[&fixture.nurses]).await.unwrap();
    fixture
        .create("eve@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let both = with("ada", &["ADA@example.com", "ada@WORK.test"]);
    let mut found = list(&fixture, both).await.unwrap();
    found.sort_by(|one, other| one.address.cmp(&other.address));
    let names: Vec<&str> = found.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, [first.name.as_str(), second.name.as_str()]);
    let told = &found[0];
    assert_eq!(told.organization_display_name, "Day nursery");
    assert_eq!(told.groups, ["Aides", "Nurses"]);
    assert_eq!(told.address, "Ada@Example.com");
    assert_eq!(told.state(), InvitationState::Prospect);
    assert_eq!(told.expire_time, first.expire_time);
    assert_eq!(list(&fixture, ada()).await.unwrap().len(), 1);
    assert_eq!(list(&fixture, TestCaller::person("nobody")).await.unwrap(), []);
    let without = list(&fixture, with("ada", &[])).await;
    assert_eq!(reason(without), R::AddressUnknown);
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_elses_list_is_refused() {
    let fixture = Fixture::new().await;
    let request = ListPersonInvitationsRequest {
        parent: format!("persons/{}", Callers::person("eve").id),
        ..Default::default()
    };
    let refused = account(&fixture, ada()).list_person_invitations(request).await;
    assert_eq!(reason(refused), R::PermissionDenied);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_the_address_accepts_without_the_link() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let accepted = accept(&fixture, ada(), &made.name).await.unwrap();
    assert_eq!(accepted.organization, fixture.parent());
    assert_eq!(accepted.organization_display_name, "Day nursery");
    let again = accept(&fixture, ada(), &made.name).await.unwrap();
    assert_eq!(again, accepted, "it is done already");
    let stored = fixture.get(&made.name).await.unwrap();
    assert_eq!(
        (stored.state(), stored.person_display_name.as_str()),
        (InvitationState::Active, "ada")
    );
    let left = list(&fixture, ada()).await.unwrap();
    assert_eq!(left, [], "nothing is left to answer");
    let other = with("ada-elsewhere", &["ada@example.com"]);
    let second = accept(&fixture, other, &made.name).await;
    assert_eq!(reason(second), R::InvitationClosed);
    let events = "SELECT count(*) FROM outbox WHERE event_type = 'invitation.accepted'";
    assert_eq!(fixture.database.count(events).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn to_others_there_is_no_such_invitation() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let absent = format!("{}/invitations/{}", fixture.parent(), fixture.clock.new_uuid());
    // Whoever looks alike is another one.
    let alike = [
        "ada@example.com.evil.test",
        "a.da@example.com",
        "\u{430}da@example.com",
    ];
    for name in [&made.name, &absent] {
        for who in [TestCaller::person("eve"), with("ada", &alike)] {
            let accepted = accept(&fixture, who.clone(), name).await;
            let declined = decline(&fixture, who.clone(), name).await;
            let undone = undo(&fixture, who, name).await;
            assert_eq!(reason(accepted), R::NotFound);
            assert_eq!(reason(declined), R::NotFound);
            assert_eq!(reason(undone), R::NotFound);
        }
    }
    let accepted = accept(&fixture, with("ada", &[]), &made.name).await;
    assert_eq!(reason(accepted), R::AddressUnknown);
    assert_eq!(fixture.get(&made.name).await.unwrap(), made);
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_declined_and_undone_there_too() {
    let mut fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let declined = decline(&fixture, ada(), &made.name).await.unwrap();
    let found = list(&fixture, ada()).await.unwrap();
    assert_eq!(
        (found[0].state(), found[0].undo_expire_time),
        (InvitationState::Declined, declined.undo_expire_time)
    );
    let undone = undo(&fixture, ada(), &made.name).await.unwrap();
    assert_eq!(undone.state(), InvitationState::Prospect);
    decline(&fixture, ada(), &made.name).await.unwrap();
    fixture.later(24 * HOUR).await;
    let found = list(&fixture, ada()).await.unwrap();
    assert_eq!(found, [], "what cannot be undone is over");
    assert_eq!(reason(undo(&fixture, ada(), &made.name).await), R::UndoTooLate);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_knows_of_it_before_its_send_time() {
    let mut fixture = Fixture::new().await;
    let made = fixture
        .create_later("ada@example.com", &[&fixture.nurses], HOUR)
        .await;
    let made = made.unwrap();
    assert_eq!(made.delivery_state(), DeliveryState::Scheduled);
    assert_eq!(list(&fixture, ada()).await.unwrap(), []);
    let accepted = accept(&fixture, ada(), &made.name).await;
    assert_eq!(reason(accepted), R::NotFound);
    let declined = decline(&fixture, ada(), &made.name).await;
    assert_eq!(reason(declined), R::NotFound);
    fixture.later(HOUR).await;
    assert_eq!(list(&fixture, ada()).await.unwrap().len(), 1);
    accept(&fixture, ada(), &made.name).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_cancelled_or_has_expired_says_so() {
    let mut fixture = Fixture::new().await;
    let cancelled = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let cancel = CancelInvitationRequest {
        name: cancelled.name.clone(),
        request_id: String::new(),
    };
    fixture.invitations().cancel_invitation(cancel).await.unwrap();
    assert_eq!(list(&fixture, ada()).await.unwrap(), []);
    let accepted = accept(&fixture, ada(), &cancelled.name).await;
    assert_eq!(reason(accepted), R::InvitationCancelled);
    let expired = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    fixture.later(31 * 24 * HOUR).await;
    let found = list(&fixture, ada()).await.unwrap();
    assert_eq!(found[0].state(), InvitationState::Expired);
    let accepted = accept(&fixture, ada(), &expired.name).await;
    assert_eq!(reason(accepted), R::InvitationExpired);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_list_has_pages() {
    let fixture = Fixture::new().await;
    let addresses = ["a@example.com", "b@example.com", "c@example.com", "d@example.com"];
    for address in addresses {
        fixture.create(address, &[&fixture.nurses]).await.unwrap();
    }
    let mut client = account(&fixture, with("ada", &addresses));
    let (mut sizes, mut names, mut page_token) = (Vec::new(), Vec::new(), String::new());
    loop {
        let request = ListPersonInvitationsRequest {
            parent: "persons/me".to_owned(),
            page_size: 3,
            page_token,
        };
        let page = client.list_person_invitations(request).await.unwrap();
        let page = page.into_inner();
        sizes.push(page.invitations.len());
        names.extend(page.invitations.into_iter().map(|one| one.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    names.sort();
    names.dedup();
    assert_eq!((sizes, names.len()), (vec![3, 1], 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_says_times_is_told_where_the_organization_is() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("Ada@Example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let told = async || {
        let listed = list(&fixture, ada()).await.unwrap();
        let mail = fixture.mail(&made.name, 1).await.unwrap();
        (listed[0].time_zone.clone(), mail.time_zone)
    };
    let both = |zone: &str| (zone.to_owned(), zone.to_owned());
    assert_eq!(told().await, both("America/Detroit"));
    // An authority for which the operator named no zone.
    fixture
        .profile_sql("UPDATE organizations SET licensing_authority = 'us-zz'")
        .await;
    assert_eq!(told().await, both("UTC"));
}
