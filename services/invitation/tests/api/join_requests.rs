//! Strangers who ask to join by an organization's page.

use std::time::Duration;

use futures::future::join_all;
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::join_request_service_client::JoinRequestServiceClient;
use muster_proto::invitation::v1::{
    DeliveryState, Invitation, InvitationSource, InvitationState, ListInvitationsRequest,
    RequestToJoinRequest, VerifyJoinRequestRequest,
};
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::notification::v1::mail_source_internal_service_client::MailSourceInternalServiceClient;
use muster_proto::notification::v1::{GetMailRequest, GetMailResponse, MailPurpose, MailRequestedEvent};
use muster_testkit::effort::JOINS;
use muster_testkit::{Callers, TestCaller, eventually, take_alike};
use tonic::Status;

use crate::fixture::{Fixture, reason};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An organization whose page is open, to addresses of these domains.
async fn open(allowed: &str) -> Fixture {
    open_with(&[], allowed).await
}

/// As [`open`], with settings of the service.
async fn open_with(settings: &[(&str, &str)], allowed: &str) -> Fixture {
    let fixture = Fixture::with(settings).await;
    fixture.subscribe(500, 10_000).await;
    fixture.open_join_page("sunrise", allowed).await;
    fixture
}

pub(crate) async fn ask(fixture: &Fixture, address: &str) -> Result<String, Status> {
    let request = RequestToJoinRequest {
        slug: "sunrise".to_owned(),
        group: fixture.group_name(&fixture.nurses),
        location: fixture.location.clone(),
        address: address.to_owned(),
        ..Default::default()
    };
    send(fixture, request).await
}

async fn send(fixture: &Fixture, request: RequestToJoinRequest) -> Result<String, Status> {
    let mut client = JoinRequestServiceClient::new(fixture.as_who(TestCaller::Anonymous));
    let answer = client.request_to_join(request).await?.into_inner();
    Ok(answer.organization_display_name)
}

pub(crate) async fn verify(fixture: &Fixture, token: &str) -> Result<String, Status> {
    let mut client = JoinRequestServiceClient::new(fixture.as_who(TestCaller::Anonymous));
    let request = VerifyJoinRequestRequest {
        token: token.to_owned(),
    };
    let answer = client.verify_join_request(request).await?.into_inner();
    Ok(answer.organization_display_name)
}

/// The mails about requests that were asked for, oldest first.
async fn mails(fixture: &Fixture) -> Vec<MailRequestedEvent> {
    fixture.requested(MailPurpose::Join).await
}

pub(crate) async fn last_mail(fixture: &Fixture) -> GetMailResponse {
    let subject = mails(fixture).await.pop().expect("a mail").subject;
    let mut client =
        MailSourceInternalServiceClient::new(fixture.as_who(TestCaller::Workload("notification")));
    let request = GetMailRequest {
        subject,
        purpose: MailPurpose::Join.into(),
        generation: 1,
    };
    client.get_mail(request).await.unwrap().into_inner()
}

/// The token of the link in the last mail.
pub(crate) async fn token(fixture: &Fixture) -> String {
    let Some(Variables::Join(words)) = last_mail(fixture).await.variables else {
        panic!("a mail about a request to join says so");
    };
    words
        .link
        .strip_prefix("https://muster.test/j/")
        .unwrap()
        .to_owned()
}

pub(crate) async fn listed(fixture: &Fixture) -> Vec<Invitation> {
    let request = ListInvitationsRequest {
        parent: fixture.parent(),
        ..Default::default()
    };
    let answer = fixture.invitations().list_invitations(request).await.unwrap();
    answer.into_inner().invitations
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_confirms_the_address_is_invited_and_accepts_in_their_account() {
    let fixture = open("").await;
    assert!(!ask(&fixture, " Ada@Example.com").await.unwrap().is_empty());
    assert!(
        listed(&fixture).await.is_empty(),
        "nobody is invited before the address is confirmed"
    );
    let mail = last_mail(&fixture).await;
    assert!(mail.wanted);
    assert_eq!(mail.address, "Ada@Example.com");
    assert_eq!(mail.time_zone, "America/Detroit");
    let token = token(&fixture).await;
    assert!(verify(&fixture, &token).await.is_ok());
    assert!(verify(&fixture, &token).await.is_ok(), "twice is once");
    let all = listed(&fixture).await;
    let [made] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(
        (made.state(), made.delivery_state(), made.source()),
        (
            InvitationState::Pending,
            DeliveryState::Sent,
            InvitationSource::JoinPage
        )
    );
    assert_eq!(made.groups, [fixture.group_name(&fixture.nurses)]);
    assert_eq!(made.location, fixture.location);
    assert_eq!(made.inviter, format!("persons/{}", Callers::person("owner").id));
    assert!(
        !last_mail(&fixture).await.wanted,
        "what was confirmed is not mailed"
    );
    let invite = fixture.token(&made.name).await;
    fixture.accept(TestCaller::person("ada"), &invite).await.unwrap();
    assert_eq!(
        fixture.get(&made.name).await.unwrap().state(),
        InvitationState::Active
    );
    // The token of one thing opens no other.
    assert_eq!(reason(verify(&fixture, &invite).await), R::LinkInvalid);
    assert_eq!(
        reason(fixture.accept(TestCaller::person("ada"), &token).await),
        R::LinkInvalid
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_the_page_lets_in_is_asked_again_when_the_invitation_is_accepted() {
    let fixture = open("").await;
    ask(&fixture, "ada@example.com").await.unwrap();
    verify(&fixture, &token(&fixture).await).await.unwrap();
    let by_page = listed(&fixture).await.remove(0);
    let by_hand = fixture
        .create("bob@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let (of_page, of_hand) = (
        fixture.token(&by_page.name).await,
        fixture.token(&by_hand.name).await,
    );
    let by_page = fixture.get(&by_page.name).await.unwrap();
    let narrow = "UPDATE join_pages SET allowed_domains = '{example.org}'";
    fixture.profile_sql(narrow).await;
    let refused = fixture.accept(TestCaller::person("ada"), &of_page).await;
    assert_eq!(reason(refused), R::JoinAddressNotAllowed);
    let untouched = fixture.get(&by_page.name).await.unwrap();
    assert_eq!(
        (untouched.state(), &untouched.etag),
        (InvitationState::Pending, &by_page.etag)
    );
    // Whom somebody invited by hand, the page says nothing about.
    fixture.accept(TestCaller::person("bob"), &of_hand).await.unwrap();
    // Nor does a page that is closed: it keeps nobody out who confirmed their address before.
    fixture
        .profile_sql("UPDATE join_pages SET is_enabled = false")
        .await;
    fixture.accept(TestCaller::person("ada"), &of_page).await.unwrap();
    // What is done stays done.
    fixture
        .profile_sql("UPDATE join_pages SET is_enabled = true")
        .await;
    fixture.accept(TestCaller::person("ada"), &of_page).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_answer_is_the_same_whoever_has_the_address_and_only_the_mail_differs() {
    let fixture = open("").await;
    // Invited and active.
    let made = fixture
        .create("ada@example.com", &[&fixture.aides])
        .await
        .unwrap();
    let link = fixture.token(&made.name).await;
    fixture.accept(TestCaller::person("ada"), &link).await.unwrap();
    // Invited.
    let live = fixture
        .create("live@example.com", &[&fixture.aides])
        .await
        .unwrap();
    // Asked not to be invited again.
    let unwanted = "INSERT INTO opt_outs (organization_id, address_canonical, invitation_id, create_time)
                    SELECT organization_id, 'never@example.com', invitation_id, create_time FROM invitations LIMIT 1";
    fixture.database.execute(unwanted).await;
    let mut answers = Vec::new();
    for address in [
        "nobody@example.com",
        "live@example.com",
        "never@example.com",
        "ada@example.com",
    ] {
        answers.push(ask(&fixture, address).await.unwrap());
    }
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_eq!(mails(&fixture).await.len(), 4, "each is mailed");
    let Some(Variables::Join(words)) = last_mail(&fixture).await.variables else {
        panic!("the learner is told");
    };
    assert!(words.is_learner);
    assert_eq!(words.link, "https://muster.test/invitations");
    // A live one gets the group.
    fixture.clock.advance(Duration::from_secs(61));
    ask(&fixture, "live@example.com").await.unwrap();
    verify(&fixture, &token(&fixture).await).await.unwrap();
    assert_eq!(fixture.get(&live.name).await.unwrap().groups.len(), 2);
    assert_eq!(listed(&fixture).await.len(), 2);
}

/// Many of each kind of address, in turn: how long the answer takes tells as little of them as what it says.
#[tokio::test(flavor = "multi_thread")]
async fn the_answer_takes_as_long_whoever_has_the_address() {
    let each: usize = JOINS.or(200);
    // All of them on one day.
    let fixture = open_with(&[("--join-requests-to-organization", "1000000")], "").await;
    let first = fixture
        .create("first@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let link = fixture.token(&first.name).await;
    fixture.accept(TestCaller::person("first"), &link).await.unwrap();
    fixture
        .database
        .run(format!(
            "INSERT INTO invitations (organization_id, invitation_id, version, state, address_given, address_canonical, source,
                 inviter_person_id, generation, delivery_state, create_time, send_time, expire_time, person_id, person_display_name,
                 accept_time)
             SELECT organization_id, gen_random_uuid(), 1, kind.state, kind.name || n || '@example.com', kind.name || n || '@example.com',
                    source, inviter_person_id, 1, 'SENT', create_time, send_time, expire_time,
                    CASE WHEN kind.state = 'ACTIVE' THEN gen_random_uuid() END, CASE WHEN kind.state = 'ACTIVE' THEN '' END,
                    CASE WHEN kind.state = 'ACTIVE' THEN create_time END
             FROM invitations, generate_series(1, {each}) AS n, (VALUES ('live', 'PENDING'), ('active', 'ACTIVE')) AS kind (name, state);
             INSERT INTO opt_outs (organization_id, address_canonical, invitation_id, create_time)
             SELECT organization_id, 'never' || n || '@example.com', invitation_id, create_time
             FROM invitations, generate_series(1, {each}) AS n WHERE address_given = 'first@example.com'",
        ))
        .await;
    let kinds = ["nobody", "live", "active", "never"];
    let mut took = kinds.map(|_| Vec::with_capacity(each));
    for number in 1..=each {
        for place in 0..kinds.len() {
            // Another order each time: who comes after whom is not what is measured.
            let place = (place + number) % kinds.len();
            let address = format!("{}{number}@example.com", kinds[place]);
            let begin = std::time::Instant::now();
            ask(&fixture, &address).await.unwrap();
            took[place].push(begin.elapsed());
        }
    }
    take_alike(&kinds, &took);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_wants_no_further_invitation_gets_one_mail_of_those_who_ask_and_lifts_the_wish_by_it() {
    let fixture = open("").await;
    let invited = fixture
        .create("other@example.com", &[&fixture.aides])
        .await
        .unwrap();
    let before = mails(&fixture).await.len();
    let unwanted = "INSERT INTO opt_outs (organization_id, address_canonical, invitation_id, create_time)
                    SELECT organization_id, 'ne.ver+1@example.com', invitation_id, create_time FROM invitations LIMIT 1";
    fixture.database.execute(unwanted).await;
    let first = ask(&fixture, "never@example.com").await.unwrap();
    assert_eq!(mails(&fixture).await.len(), before + 1);
    let link = token(&fixture).await;
    for address in ["never+2@example.com", "n.ever@example.com", "never@example.com"] {
        fixture.clock.advance(Duration::from_secs(61));
        assert_eq!(ask(&fixture, address).await.unwrap(), first, "nobody sees it");
        assert_eq!(mails(&fixture).await.len(), before + 1, "{address}");
    }
    verify(&fixture, &link).await.unwrap();
    assert_eq!(fixture.database.count("SELECT count(*) FROM opt_outs").await, 0);
    assert_eq!(listed(&fixture).await.len(), 2);
    fixture.get(&invited.name).await.unwrap();
    fixture.pass(DAY + Duration::from_secs(1));
    eventually(async || ask(&fixture, "never@example.com").await.is_ok()).await;
    assert_eq!(mails(&fixture).await.len(), before + 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_gets_three_mails_a_day_however_it_is_spelled() {
    let fixture = open("").await;
    for address in [
        "a.da@example.com",
        "ada+1@example.com",
        "Ada@Example.com",
        "ada@example.com",
        "a.d.a+2@example.com",
    ] {
        ask(&fixture, address).await.unwrap();
    }
    assert_eq!(mails(&fixture).await.len(), 3);
    ask(&fixture, "ada@example.org").await.unwrap();
    assert_eq!(mails(&fixture).await.len(), 4, "another mailbox");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_pages_together_bring_a_mailbox_three_mails_a_day_and_each_answers_as_ever() {
    let mut fixture = open("").await;
    let mut pages = vec![(
        "sunrise",
        fixture.group_name(&fixture.nurses),
        fixture.location.clone(),
    )];
    let first = fixture.organization;
    for slug in ["moonrise", "starrise"] {
        fixture.organization = fixture.new_organization(slug).await;
        fixture.subscribe(500, 10_000).await;
        let (group, location) = (fixture.group("Cooks").await, fixture.location("Kitchen").await);
        fixture.open_join_page(slug, "").await;
        pages.push((slug, fixture.group_name(&group), location));
    }
    fixture.organization = first;
    let mut answers = Vec::new();
    for (number, address) in ["ada@example.com", "a.da+1@example.com"].iter().enumerate() {
        for (slug, group, location) in &pages {
            let request = RequestToJoinRequest {
                slug: (*slug).to_owned(),
                group: group.clone(),
                location: location.clone(),
                address: (*address).to_owned(),
                ..Default::default()
            };
            answers.push((number, send(&fixture, request).await.unwrap()));
        }
    }
    assert_eq!(
        mails(&fixture).await.len(),
        3,
        "one of each page, and then no more"
    );
    let (earlier, later) = answers.split_at(3);
    let said = |answers: &[(usize, String)]| answers.iter().map(|(_, said)| said.clone()).collect::<Vec<_>>();
    assert_eq!(said(earlier), said(later));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_clicks_twice_gets_one_mail_and_the_same_answer() {
    let fixture = open("").await;
    let (first, second) = tokio::join!(ask(&fixture, "ada@example.com"), ask(&fixture, "Ada@example.com"));
    assert_eq!(first.unwrap(), second.unwrap());
    assert_eq!(mails(&fixture).await.len(), 1);
    fixture.clock.advance(Duration::from_secs(61));
    ask(&fixture, "ada@example.com").await.unwrap();
    assert_eq!(mails(&fixture).await.len(), 2, "who found no mail asks again");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_twenty_who_ask_for_one_mailbox_at_once_three_are_mailed() {
    let fixture = open("").await;
    let addresses: Vec<String> = (0..20).map(|n| format!("ada+{n}@example.com")).collect();
    let asked = join_all(addresses.iter().map(|address| ask(&fixture, address))).await;
    assert!(asked.iter().all(Result::is_ok));
    assert_eq!(mails(&fixture).await.len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_requests_to_an_organization_end_for_the_day() {
    let fixture = open("").await;
    ask(&fixture, "first@example.com").await.unwrap();
    let fill = "INSERT INTO join_requests
                SELECT organization_id, gen_random_uuid(), state, address_given, address_canonical, n::text, group_id, location_id,
                       create_time, expire_time
                FROM join_requests, generate_series(1, 999) AS n";
    fixture.database.execute(fill).await;
    let refused = ask(&fixture, "last@example.com").await;
    assert_eq!(reason(refused), R::RateLimited);
}

#[tokio::test(flavor = "multi_thread")]
async fn join_pages_bring_as_many_mails_and_take_as_many_requests_as_the_settings_say() {
    let settings = [
        ("--join-mails-to-mailbox", "1"),
        ("--join-requests-to-organization", "4"),
    ];
    let fixture = open_with(&settings, "").await;
    for address in ["ada@example.com", "a.da@example.com", "ada+2@example.com"] {
        ask(&fixture, address).await.unwrap();
    }
    assert_eq!(mails(&fixture).await.len(), 1);
    // A mailbox that an invitation has reached has had its one.
    fixture
        .create("bob@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    ask(&fixture, "bob@example.com").await.unwrap();
    assert_eq!(mails(&fixture).await.len(), 1);
    let refused = ask(&fixture, "cleo@example.com").await;
    assert_eq!(reason(refused), R::RateLimited);
    // By hand they are invited as before.
    fixture
        .create("b.ob@example.com", &[&fixture.nurses])
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_the_choice_is_told_openly() {
    let fixture = open("example.org,*.dept.test").await;
    assert_eq!(
        reason(ask(&fixture, "a@example.com").await),
        R::JoinAddressNotAllowed
    );
    ask(&fixture, "a@x.dept.test").await.unwrap();
    let with = |group: String, location: String, slug: &str| RequestToJoinRequest {
        slug: slug.to_owned(),
        group,
        location,
        address: "a@example.org".to_owned(),
        ..Default::default()
    };
    let (group, place) = (fixture.group_name(&fixture.nurses), fixture.location.clone());
    assert_eq!(
        reason(send(&fixture, with(group.clone(), place.clone(), "nowhere")).await),
        R::NotFound
    );
    let other = fixture.new_organization("other").await;
    let foreign = group.replace(&fixture.organization.to_string(), &other.to_string());
    assert_eq!(
        reason(send(&fixture, with(foreign, place.clone(), "sunrise")).await),
        R::GroupUnknown
    );
    assert_eq!(
        reason(send(&fixture, with("x".into(), "y".into(), "sunrise")).await),
        R::InvalidRequest
    );
    fixture
        .profile_sql("UPDATE groups SET state = 'INACTIVE' WHERE display_name = 'Nurses'")
        .await;
    assert_eq!(
        reason(send(&fixture, with(group.clone(), place.clone(), "sunrise")).await),
        R::GroupInactive
    );
    fixture
        .profile_sql("UPDATE groups SET state = 'ACTIVE'; UPDATE locations SET state = 'INACTIVE'")
        .await;
    assert_eq!(
        reason(send(&fixture, with(group.clone(), place.clone(), "sunrise")).await),
        R::NotFound,
        "without an active location there is no page"
    );
    fixture.location("Second street").await;
    assert_eq!(
        reason(send(&fixture, with(group, place, "sunrise")).await),
        R::LocationInactive
    );
    assert_eq!(
        fixture.database.count("SELECT count(*) FROM join_requests").await,
        1
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_meanwhile_is_looked_at_when_the_address_is_confirmed() {
    let fixture = open("").await;
    ask(&fixture, "ada@example.com").await.unwrap();
    fixture.location("Second street").await;
    let token = token(&fixture).await;
    for (change, back, why) in [
        (
            "UPDATE join_pages SET is_enabled = false",
            "UPDATE join_pages SET is_enabled = true",
            R::JoinPageClosed,
        ),
        (
            "UPDATE organizations SET state = 'SUSPENDED'",
            "UPDATE organizations SET state = 'ACTIVE'",
            R::JoinPageClosed,
        ),
        (
            "UPDATE join_pages SET allowed_domains = '{example.org}'",
            "UPDATE join_pages SET allowed_domains = '{}'",
            R::JoinAddressNotAllowed,
        ),
        (
            "UPDATE groups SET state = 'INACTIVE' WHERE display_name = 'Nurses'",
            "UPDATE groups SET state = 'ACTIVE'",
            R::GroupInactive,
        ),
        (
            "UPDATE locations SET state = 'INACTIVE' WHERE display_name <> 'Second street'",
            "UPDATE locations SET state = 'ACTIVE'",
            R::LocationInactive,
        ),
    ] {
        fixture.profile_sql(change).await;
        assert_eq!(reason(verify(&fixture, &token).await), why, "{change}");
        fixture.profile_sql(back).await;
    }
    let mut altered = token.clone();
    altered.replace_range(10..11, if token.as_bytes()[10] == b'A' { "B" } else { "A" });
    assert_eq!(reason(verify(&fixture, &altered).await), R::LinkInvalid);
    let late = "UPDATE join_requests SET expire_time = create_time";
    fixture.database.execute(late).await;
    assert_eq!(reason(verify(&fixture, &token).await), R::JoinRequestExpired);
    assert!(!last_mail(&fixture).await.wanted);
    assert!(listed(&fixture).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_confirm_at_once_one_invitation_is_made() {
    let fixture = open("").await;
    ask(&fixture, "ada@example.com").await.unwrap();
    let token = token(&fixture).await;
    let clicks = (0..12).map(|_| verify(&fixture, &token));
    for click in futures::future::join_all(clicks).await {
        click.unwrap();
    }
    assert_eq!(listed(&fixture).await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_gone_after_a_week() {
    let mut fixture = open("").await;
    ask(&fixture, "ada@example.com").await.unwrap();
    fixture.later(DAY * 8).await;
    eventually(async || fixture.database.count("SELECT count(*) FROM join_requests").await == 0).await;
}
