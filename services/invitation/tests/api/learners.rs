//! Invitations and employments in one list.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_identity::Role;
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::person_employment_service_client::PersonEmploymentServiceClient;
use muster_proto::employment::v1::{
    ClaimEmploymentsRequest, Employment, EmploymentClaim, EndEmploymentRequest, RejectEmploymentRequest,
    RejectionReason, UndoEndEmploymentRequest, UpdateEmploymentRequest, VerifyEmploymentRequest,
};
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::learner_service_client::LearnerServiceClient;
use muster_proto::invitation::v1::{
    DeliveryState, InvitationState as S, Learner, LearnerOrder, ListLearnersRequest, ListLearnersResponse,
};
use muster_testkit::{TestCaller, TestChannel, TestService, eventually, eventually_some};
use prost_types::FieldMask;
use rand::rngs::StdRng;
use rand::seq::IndexedRandom as _;
use rand::{Rng as _, SeedableRng as _};
use tonic::Status;

use crate::cancel::cancel;
use crate::decline::{decline, undo};
use crate::fixture::{Fixture, reason};
use crate::own::with;

const MINUTE: Duration = Duration::from_secs(60);
const MONTH: Duration = Duration::from_secs(31 * 24 * 60 * 60);

async fn ask(fixture: &Fixture, request: ListLearnersRequest) -> Result<ListLearnersResponse, Status> {
    let request = ListLearnersRequest {
        parent: fixture.parent(),
        ..request
    };
    let mut client = LearnerServiceClient::new(fixture.as_who(fixture.owner()));
    Ok(client.list_learners(request).await?.into_inner())
}

async fn list(fixture: &Fixture, request: ListLearnersRequest) -> Vec<Learner> {
    ask(fixture, request).await.unwrap().learners
}

/// Everybody: the address before the @, or the name, and the word. Oldest first.
async fn words(fixture: &Fixture) -> Vec<(String, S)> {
    let oldest = ListLearnersRequest {
        order: LearnerOrder::Oldest.into(),
        ..Default::default()
    };
    list(fixture, oldest).await.iter().map(word).collect()
}

fn word(learner: &Learner) -> (String, S) {
    let who = match learner.address.split('@').next() {
        Some("") | None => &learner.person_display_name,
        Some(who) => who,
    };
    (who.to_owned(), learner.state())
}

fn said(words: &[(&str, S)]) -> Vec<(String, S)> {
    words
        .iter()
        .map(|(who, word)| ((*who).to_owned(), *word))
        .collect()
}

/// A day passes for the mails to everybody, of whom each may have three in one.
async fn mails_age(fixture: &Fixture) {
    let statement = "UPDATE invitations SET mail_times = ARRAY(SELECT mail - interval '1 day' FROM unnest(mail_times) AS mail)";
    fixture.database.execute(statement).await;
}

async fn invite(fixture: &Fixture, who: &str) -> String {
    // Ids of one moment are in no order.
    fixture.clock.advance(Duration::from_millis(1));
    let address = format!("{who}@example.com");
    fixture.create(&address, &[&fixture.nurses]).await.unwrap().name
}

async fn accept(fixture: &Fixture, who: &str, name: &str) {
    accept_as(fixture, TestCaller::person(who), name).await;
}

async fn accept_as(fixture: &Fixture, who: TestCaller, name: &str) {
    let token = fixture.token(name).await;
    fixture.accept(who, &token).await.unwrap();
}

/// The service, with employment beside it, and the director who was employed with the approval.
async fn with_employment() -> (Fixture, Employments) {
    let fixture = Fixture::with_broker().await;
    let employments = Employments {
        service: fixture.employment().await,
        organization: fixture.parent(),
        admin: TestCaller::member("admin", fixture.organization, Role::Admin),
    };
    eventually(async || words(&fixture).await == said(&[("owner", S::Active)])).await;
    // Ids of one moment are in no order.
    fixture.pass(MINUTE);
    (fixture, employments)
}

struct Employments {
    service: TestService,
    organization: String,
    admin: TestCaller,
}

impl Employments {
    fn of(&self, who: &TestCaller) -> EmploymentServiceClient<TestChannel> {
        EmploymentServiceClient::new(self.service.calls_of(who.clone()))
    }

    async fn end(&self, name: &str) {
        let request = EndEmploymentRequest {
            name: name.to_owned(),
            reason: "moved away".to_owned(),
            ..Default::default()
        };
        self.of(&self.admin).end_employment(request).await.unwrap();
    }

    async fn undo_end(&self, name: &str) {
        let request = UndoEndEmploymentRequest {
            name: name.to_owned(),
            ..Default::default()
        };
        self.of(&self.admin).undo_end_employment(request).await.unwrap();
    }

    async fn verify(&self, name: &str) {
        let request = VerifyEmploymentRequest {
            name: name.to_owned(),
            ..Default::default()
        };
        self.of(&self.admin).verify_employment(request).await.unwrap();
    }

    async fn reject(&self, name: &str) {
        let request = RejectEmploymentRequest {
            name: name.to_owned(),
            reason: RejectionReason::NotEmployed.into(),
            ..Default::default()
        };
        self.of(&self.admin).reject_employment(request).await.unwrap();
    }

    async fn claim(&self, who: &str) -> String {
        let request = ClaimEmploymentsRequest {
            parent: "persons/me".to_owned(),
            claims: vec![EmploymentClaim {
                organization: self.organization.clone(),
                ..Default::default()
            }],
            ..Default::default()
        };
        let mut client = self.person(who);
        let claimed = client.claim_employments(request).await.unwrap().into_inner();
        claimed.employments[0].name.clone()
    }

    /// The person says since when they work there: it waits to be verified again.
    async fn edit(&self, who: &str, name: &str) {
        let employment = Employment {
            name: name.to_owned(),
            start_date: "2026-01-01".to_owned(),
            ..Default::default()
        };
        let request = UpdateEmploymentRequest {
            employment: Some(employment),
            update_mask: Some(FieldMask {
                paths: vec!["start_date".to_owned()],
            }),
            ..Default::default()
        };
        self.person(who).update_employment(request).await.unwrap();
    }

    fn person(&self, who: &str) -> PersonEmploymentServiceClient<TestChannel> {
        PersonEmploymentServiceClient::new(self.service.calls_of(TestCaller::person(who)))
    }
}

/// The employment of the learner at this address, once it was heard of.
async fn employment(fixture: &Fixture, who: &str) -> String {
    let text = ListLearnersRequest {
        text: who.to_owned(),
        ..Default::default()
    };
    eventually_some(async || {
        let found = list(fixture, text.clone()).await.pop()?.employment;
        (!found.is_empty()).then_some(found)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_is_listed_once_by_one_word_and_a_name_is_told_only_once_they_have_joined() {
    let fixture = Fixture::new().await;
    for who in [
        "prospect",
        "pending",
        "cancelled",
        "declined",
        "active",
        "expired",
    ] {
        invite(&fixture, who).await;
    }
    let name = async |who: &str| {
        let text = ListLearnersRequest {
            text: who.to_uppercase(),
            ..Default::default()
        };
        list(&fixture, text).await.pop().unwrap().invitation
    };
    fixture
        .database
        .execute(
            "UPDATE invitations SET state = 'PENDING', delivery_state = 'SENT' WHERE address_given = 'pending@example.com';
             UPDATE invitations SET expire_time = create_time WHERE address_given = 'expired@example.com'",
        )
        .await;
    cancel(&fixture, &name("cancelled").await).await.unwrap();
    decline(&fixture, &fixture.token(&name("declined").await).await)
        .await
        .unwrap();
    accept(&fixture, "active", &name("active").await).await;
    let everybody = [
        ("prospect", S::Prospect),
        ("pending", S::Pending),
        ("cancelled", S::Cancelled),
        ("declined", S::Declined),
        ("active", S::Active),
        ("expired", S::Expired),
    ];
    assert_eq!(words(&fixture).await, said(&everybody));
    for learner in list(&fixture, ListLearnersRequest::default()).await {
        let has_joined = learner.state() == S::Active;
        assert_eq!(!learner.person_display_name.is_empty(), has_joined, "{learner:?}");
        assert_eq!(!learner.person.is_empty(), has_joined);
        assert_eq!(learner.groups, [fixture.group_name(&fixture.nurses)]);
        let invitation = fixture.get(&learner.invitation).await.unwrap();
        let delivery = match learner.state() {
            S::Active => DeliveryState::Unspecified,
            _ => invitation.delivery_state(),
        };
        assert_eq!(learner.delivery_state(), delivery, "{learner:?}");
        assert_eq!(invitation.address, learner.address);
        assert_eq!(invitation.state(), learner.state());
        assert_eq!(invitation.create_time, learner.create_time);
    }
    let counts = ask(&fixture, ListLearnersRequest::default())
        .await
        .unwrap()
        .counts;
    let mut counts: Vec<(S, i64)> = counts.iter().map(|count| (count.state(), count.count)).collect();
    counts.sort();
    let mut one_each: Vec<(S, i64)> = everybody.iter().map(|(_, state)| (*state, 1)).collect();
    one_each.sort();
    assert_eq!(counts, one_each);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_invited_again_keeps_its_place_and_what_can_be_answered_counts() {
    let fixture = Fixture::new().await;
    let first = invite(&fixture, "ada").await;
    invite(&fixture, "bob").await;
    let token = fixture.token(&first).await;
    decline(&fixture, &token).await.unwrap();
    fixture.clock.advance(Duration::from_millis(1));
    let second = fixture
        .create("Ada@Example.com", &[&fixture.aides])
        .await
        .unwrap()
        .name;
    assert_eq!(
        words(&fixture).await,
        said(&[("Ada", S::Prospect), ("bob", S::Prospect)])
    );
    let ada = list(&fixture, ListLearnersRequest::default())
        .await
        .pop()
        .unwrap();
    assert_eq!(ada.invitation, second);
    assert_eq!(ada.groups, [fixture.group_name(&fixture.aides)]);
    cancel(&fixture, &second).await.unwrap();
    assert_eq!(words(&fixture).await[0].1, S::Cancelled);
    undo(&fixture, &token).await.unwrap();
    let ada = list(&fixture, ListLearnersRequest::default())
        .await
        .pop()
        .unwrap();
    assert_eq!((ada.state(), &ada.invitation), (S::Prospect, &first));
    accept(&fixture, "ada", &first).await;
    assert_eq!(
        words(&fixture).await,
        said(&[("ada", S::Active), ("bob", S::Prospect)])
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn two_addresses_of_one_person_become_one_learner_and_an_address_may_pass_to_somebody_else() {
    let fixture = Fixture::new().await;
    let (work, home) = (invite(&fixture, "ada").await, invite(&fixture, "ada.home").await);
    cancel(&fixture, &home).await.unwrap();
    let home = invite(&fixture, "ada.home").await;
    invite(&fixture, "bob").await;
    let ada = || with("ada", &["ada@example.com", "ada.home@example.com"]);
    accept_as(&fixture, ada(), &work).await;
    accept_as(&fixture, ada(), &home).await;
    assert_eq!(
        words(&fixture).await,
        said(&[("ada.home", S::Active), ("bob", S::Prospect)])
    );
    fixture
        .database
        .execute("UPDATE invitations SET state = 'ARCHIVED' WHERE state = 'ACTIVE'")
        .await;
    let passed = invite(&fixture, "ada.home").await;
    let again = [("ada.home", S::Prospect), ("bob", S::Prospect)];
    assert_eq!(words(&fixture).await, said(&again));
    let heir = with("carol", &["ada.home@example.com"]);
    accept_as(&fixture, heir, &passed).await;
    let passed = [
        ("ada.home", S::Archived),
        ("bob", S::Prospect),
        ("ada.home", S::Active),
    ];
    assert_eq!(words(&fixture).await, said(&passed));
    let names = list(&fixture, ListLearnersRequest::default()).await;
    let names: Vec<_> = names
        .iter()
        .map(|learner| learner.person_display_name.as_str())
        .collect();
    assert_eq!(names, ["carol", "", "ada"]);
}

/// What everybody is shown as is what is counted.
async fn counted(fixture: &Fixture) {
    let all = ListLearnersRequest {
        page_size: 1000,
        ..Default::default()
    };
    let page = ask(fixture, all).await.unwrap();
    let mut recount = BTreeMap::<S, i64>::new();
    for learner in &page.learners {
        *recount.entry(learner.state()).or_default() += 1;
    }
    let counts = page.counts.iter().map(|count| (count.state(), count.count));
    assert_eq!(counts.collect::<BTreeMap<_, _>>(), recount, "{:?}", page.learners);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_several_addresses_is_invited_while_one_of_their_invitations_waits() {
    let fixture = Fixture::new().await;
    let addresses = ["ada", "ada.home", "ada.else"];
    let ada = || {
        with(
            "ada",
            &["ada@example.com", "ada.home@example.com", "ada.else@example.com"],
        )
    };
    for who in addresses {
        // One of each address before: of two of them, that makes learners which become one with the first.
        cancel(&fixture, &invite(&fixture, who).await).await.unwrap();
        let accepted = invite(&fixture, who).await;
        accept_as(&fixture, ada(), &accepted).await;
    }
    assert_eq!(words(&fixture).await, said(&[("ada.else", S::Active)]));
    fixture
        .database
        .execute("UPDATE invitations SET state = 'ARCHIVED' WHERE state = 'ACTIVE'")
        .await;
    assert_eq!(words(&fixture).await, said(&[("ada.else", S::Archived)]));
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
        mails_age(&fixture).await;
        let mut waiting = Vec::new();
        for who in addresses {
            waiting.push((who, invite(&fixture, who).await));
        }
        for (gone, place) in order.into_iter().enumerate() {
            let mut left = waiting
                .iter()
                .enumerate()
                .filter(|(number, _)| order[gone..].contains(number));
            let (_, (newest, invitation)) = left.next_back().unwrap();
            let shown = list(&fixture, ListLearnersRequest::default()).await.remove(0);
            assert_eq!(
                (word(&shown).0.as_str(), shown.state()),
                (*newest, S::Prospect),
                "{order:?} {gone}"
            );
            assert_eq!(&shown.invitation, invitation);
            counted(&fixture).await;
            cancel(&fixture, &waiting[place].1).await.unwrap();
        }
        assert_eq!(words(&fixture).await, said(&[("ada.else", S::Archived)]));
        counted(&fixture).await;
    }
    mails_age(&fixture).await;
    let (first, second) = (invite(&fixture, "ada").await, invite(&fixture, "ada.home").await);
    fixture
        .database
        .execute(
            "UPDATE invitations SET expire_time = create_time WHERE address_given = 'ada.home@example.com'",
        )
        .await;
    let shown = list(&fixture, ListLearnersRequest::default()).await.remove(0);
    assert_eq!(
        (shown.state(), &shown.invitation),
        (S::Prospect, &first),
        "the newer one has run out"
    );
    counted(&fixture).await;
    accept_as(&fixture, ada(), &first).await;
    assert_eq!(words(&fixture).await, said(&[("ada", S::Active)]));
    assert_eq!(fixture.get(&second).await.unwrap().state(), S::Expired);
    counted(&fixture).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_of_learners_are_a_recount_of_the_list_whatever_happened() {
    let fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let persons = ["p", "q"];
    let addresses = |person: &str| ["1", "2", "3"].map(|number| format!("{person}{number}"));
    let mut random = StdRng::seed_from_u64(7);
    // Of each address the invitations, with the tokens of their links.
    let mut made: Vec<(String, (String, String))> = Vec::new();
    for _ in 0..120 {
        let person = *persons.choose(&mut random).unwrap();
        let who = addresses(person).choose(&mut random).unwrap().clone();
        let theirs: Vec<_> = made.iter().filter(|(to, _)| *to == who).cloned().collect();
        let any = theirs.choose(&mut random).map(|(_, made)| made.clone());
        match (random.random_range(0..8), any) {
            (0..3, _) | (_, None) => {
                mails_age(&fixture).await;
                fixture.clock.advance(Duration::from_millis(1));
                let address = format!("{who}@example.com");
                // Refused to who is active.
                if let Ok(new) = fixture.create(&address, &[&fixture.nurses]).await {
                    let token = fixture.token(&new.name).await;
                    made.push((who, (new.name, token)));
                }
            }
            (3, Some((name, _))) => drop(cancel(&fixture, &name).await),
            (4, Some((_, token))) => drop(decline(&fixture, &token).await),
            (5, Some((_, token))) => drop(undo(&fixture, &token).await),
            (6, Some((_, token))) => {
                let own = addresses(person).map(|who| format!("{who}@example.com"));
                let person = with(person, &own.each_ref().map(String::as_str));
                drop(fixture.accept(person, &token).await);
            }
            (_, Some((name, _))) => {
                let id = name.rsplit('/').next().unwrap();
                let changed = match random.random() {
                    true => format!(
                        "UPDATE invitations SET state = 'ARCHIVED' WHERE invitation_id = '{id}' AND state = 'ACTIVE'"
                    ),
                    false => format!(
                        "UPDATE invitations SET expire_time = create_time WHERE invitation_id = '{id}'"
                    ),
                };
                fixture.database.run(changed).await;
            }
        }
        counted(&fixture).await;
    }
}

/// Two transactions that invite several addresses again, of two persons in opposite orders.
#[tokio::test(flavor = "multi_thread")]
async fn who_invites_the_same_people_at_the_same_time_at_other_addresses_waits_for_nobody() {
    let fixture = Fixture::new().await;
    for (person, addresses) in [("ada", ["a", "z"]), ("bob", ["b", "y"])] {
        let addresses = addresses.map(|who| (who, format!("{who}@example.com")));
        for (who, _) in &addresses {
            let invited = invite(&fixture, who).await;
            let person = with(person, &[addresses[0].1.as_str(), addresses[1].1.as_str()]);
            accept_as(&fixture, person, &invited).await;
        }
    }
    fixture
        .database
        .execute("UPDATE invitations SET state = 'ARCHIVED' WHERE state = 'ACTIVE'")
        .await;
    let again = async |connection: &mut sqlx::PgConnection, who: &str| {
        let statement = format!(
            "INSERT INTO invitations (organization_id, invitation_id, version, state, address_given, address_canonical, source,
                 inviter_person_id, generation, delivery_state, create_time, send_time, expire_time)
             SELECT organization_id, gen_random_uuid(), 1, 'PENDING', address_given, address_canonical, source, inviter_person_id,
                    1, 'SENT', create_time, send_time, expire_time
             FROM invitations WHERE address_given = '{who}@example.com'"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(statement))
            .execute(connection)
            .await
    };
    let (mut one, mut other) = (
        fixture.database.connection().await,
        fixture.database.connection().await,
    );
    sqlx::raw_sql("BEGIN").execute(&mut one).await.unwrap();
    sqlx::raw_sql("BEGIN").execute(&mut other).await.unwrap();
    again(&mut one, "a").await.unwrap();
    again(&mut other, "b").await.unwrap();
    let (first, second) = tokio::join!(again(&mut one, "y"), again(&mut other, "z"));
    first.unwrap();
    second.unwrap();
    sqlx::raw_sql("COMMIT").execute(&mut one).await.unwrap();
    sqlx::raw_sql("COMMIT").execute(&mut other).await.unwrap();
    let both = said(&[("z", S::Pending), ("y", S::Pending)]);
    let shown: Vec<_> = words(&fixture).await.into_iter().map(|(_, word)| word).collect();
    assert_eq!(shown, both.into_iter().map(|(_, word)| word).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_leaves_is_archived_and_is_again_what_they_are_invited_to() {
    let (fixture, employments) = with_employment().await;
    let invited = invite(&fixture, "ada").await;
    accept(&fixture, "ada", &invited).await;
    let first = employment(&fixture, "ada").await;
    let ada = async || words(&fixture).await.pop().unwrap().1;
    fixture.pass(MINUTE);
    employments.end(&first).await;
    eventually(async || ada().await == S::Archived).await;
    employments.undo_end(&first).await;
    eventually(async || ada().await == S::Active).await;
    fixture.pass(MINUTE);
    employments.end(&first).await;
    eventually(async || ada().await == S::Archived).await;

    let again = fixture
        .create("ada@example.com", &[&fixture.aides])
        .await
        .unwrap()
        .name;
    let shown = list(&fixture, ListLearnersRequest::default()).await.remove(0);
    assert_eq!((shown.state(), &shown.invitation), (S::Prospect, &again));
    assert_eq!(shown.person_display_name, "ada", "whom they have known");
    assert_eq!(shown.groups, [fixture.group_name(&fixture.aides)]);
    cancel(&fixture, &again).await.unwrap();
    let shown = list(&fixture, ListLearnersRequest::default()).await.remove(0);
    assert_eq!((shown.state(), &shown.invitation), (S::Archived, &invited));
    assert_eq!(shown.groups, [fixture.group_name(&fixture.nurses)]);

    fixture.pass(MINUTE);
    let back = fixture
        .create("ada@example.com", &[&fixture.aides])
        .await
        .unwrap()
        .name;
    accept(&fixture, "ada", &back).await;
    eventually(async || employment(&fixture, "ada").await != first).await;
    let shown = list(&fixture, ListLearnersRequest::default()).await.remove(0);
    assert_eq!((shown.state(), &shown.invitation), (S::Active, &back));
    assert_eq!(
        shown.groups,
        [fixture.group_name(&fixture.aides)],
        "coming back begins bare"
    );
    assert_eq!(words(&fixture).await.len(), 2, "and the director");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_makes_a_learner_once_it_was_verified_who_stays_one_while_it_waits_again() {
    let (fixture, employments) = with_employment().await;
    let claim = employments.claim("zoe").await;
    let marker = invite(&fixture, "marker").await;
    accept(&fixture, "marker", &marker).await;
    employment(&fixture, "marker").await;
    let both = said(&[("owner", S::Active), ("marker", S::Active)]);
    assert_eq!(words(&fixture).await, both, "a claim is on the list of employees");
    employments.verify(&claim).await;
    let zoe = ListLearnersRequest {
        text: "ZOE".to_owned(),
        ..Default::default()
    };
    let shown = async || list(&fixture, zoe.clone()).await.pop();
    eventually(async || shown().await.is_some_and(|zoe| zoe.state() == S::Active)).await;
    let listed = shown().await.unwrap();
    assert_eq!(listed.person_display_name, "zoe", "asked for: nobody invited her");
    assert_eq!((listed.invitation.as_str(), &listed.employment), ("", &claim));
    fixture.pass(MINUTE);
    employments.edit("zoe", &claim).await;
    let waits = "SELECT count(*) FROM inbox WHERE event_type = 'employment.changed'";
    eventually(async || fixture.database.count(waits).await == 2).await;
    assert_eq!(shown().await.unwrap().state(), S::Active);
    employments.reject(&claim).await;
    eventually(async || shown().await.unwrap().state() == S::Archived).await;
    let invited = invite(&fixture, "zoe").await;
    accept(&fixture, "zoe", &invited).await;
    let listed = shown().await.unwrap();
    assert_eq!((listed.state(), listed.invitation), (S::Active, invited));
}

/// As on a database of a release without the list, whose events were published long ago.
#[tokio::test(flavor = "multi_thread")]
async fn employments_of_before_the_list_are_taken_in_and_what_is_known_better_stays() {
    let (fixture, employments) = with_employment().await;
    let zoe = employments.claim("zoe").await;
    employments.verify(&zoe).await;
    let left = employments.claim("left").await;
    employments.verify(&left).await;
    let waits = employments.claim("waits").await;
    let all = said(&[("owner", S::Active), ("zoe", S::Active), ("left", S::Active)]);
    eventually(async || words(&fixture).await == all).await;
    fixture.pass(MINUTE);
    employments.end(&left).await;
    let all = said(&[("owner", S::Active), ("zoe", S::Active), ("left", S::Archived)]);
    eventually(async || words(&fixture).await == all).await;
    let invited = invite(&fixture, "ada").await;
    accept(&fixture, "ada", &invited).await;
    employment(&fixture, "ada").await;
    let before = list(&fixture, ListLearnersRequest::default()).await;
    assert!(
        before.iter().all(|learner| learner.employment != waits),
        "{before:?}"
    );
    fixture
        .database
        .execute(
            "DELETE FROM learners WHERE accepted_invitation_id IS NULL;
             UPDATE employment_adoption SET employment = '', passes = 0, finish_time = NULL;
             UPDATE periodic_jobs SET due_time = '2000-01-01' WHERE name = 'adopt'",
        )
        .await;
    assert_eq!(words(&fixture).await, said(&[("ada", S::Active)]));
    let once = "SELECT count(*) FROM employment_adoption WHERE passes = 1";
    eventually(async || fixture.database.count(once).await == 1).await;
    assert_eq!(list(&fixture, ListLearnersRequest::default()).await, before);

    // What a process of the version before heard of meanwhile is taken in an hour later.
    fixture
        .database
        .execute("DELETE FROM learners WHERE accepted_invitation_id IS NULL")
        .await;
    fixture.pass(MINUTE * 61);
    let twice = "SELECT count(*) FROM employment_adoption WHERE passes = 2";
    let mut looks = 0;
    eventually(async || {
        looks += 1;
        // A look with a token that has run out meanwhile is made again when the clock says so.
        if looks % 100 == 0 {
            fixture.pass(MINUTE);
        }
        fixture.database.count(twice).await == 1
    })
    .await;
    assert_eq!(words(&fixture).await.len(), before.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn filters_let_through_what_is_shown() {
    let fixture = Fixture::new().await;
    fixture
        .create("nurse@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let mut aide = fixture.wanted("aide@example.com", &[&fixture.aides]);
    aide.location = fixture.location.clone();
    let aide = fixture.create_this(aide).await.unwrap();
    accept(&fixture, "aide", &aide.name).await;
    let mut both = fixture.wanted("both@example.org", &[&fixture.aides, &fixture.nurses]);
    both.location = fixture.location.clone();
    let both = fixture.create_this(both).await.unwrap();
    cancel(&fixture, &both.name).await.unwrap();
    fixture
        .create("both@example.org", &[&fixture.nurses])
        .await
        .unwrap();
    let found = async |request: ListLearnersRequest| {
        let request = ListLearnersRequest {
            order: LearnerOrder::Oldest.into(),
            ..request
        };
        let found = list(&fixture, request).await;
        found.iter().map(|one| word(one).0).collect::<Vec<_>>()
    };
    let groups = |groups: &[&crate::fixture::Group]| ListLearnersRequest {
        groups: groups.iter().map(|group| fixture.group_name(group)).collect(),
        ..Default::default()
    };
    assert_eq!(found(groups(&[&fixture.nurses])).await, ["nurse", "both"]);
    assert_eq!(found(groups(&[&fixture.aides])).await, ["aide"]);
    let either = groups(&[&fixture.aides, &fixture.nurses]);
    assert_eq!(found(either).await, ["nurse", "aide", "both"]);
    let there = ListLearnersRequest {
        location: fixture.location.clone(),
        ..Default::default()
    };
    assert_eq!(found(there).await, ["aide"], "the newer invitation says no place");
    let text = ListLearnersRequest {
        text: "EXAMPLE.COM".to_owned(),
        ..Default::default()
    };
    assert_eq!(found(text).await, ["nurse", "aide"]);
    let states = ListLearnersRequest {
        states: vec![S::Prospect.into(), S::Archived.into()],
        ..Default::default()
    };
    assert_eq!(found(states).await, ["nurse", "both"]);
    let wrong = ListLearnersRequest {
        groups: vec!["nurses".to_owned()],
        states: vec![77],
        ..Default::default()
    };
    let refused = ask(&fixture, wrong).await.unwrap_err();
    let fields = muster_refusal::fields_of(&refused);
    assert_eq!(fields, ["states[0]", "groups[0]"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn names_come_in_their_order_and_then_those_without() {
    let fixture = Fixture::new().await;
    for who in ["zoe", "nobody", "Bea", "cid", "later", "adam"] {
        let name = invite(&fixture, who).await;
        if !["nobody", "later"].contains(&who) {
            accept(&fixture, who, &name).await;
        }
    }
    let order = ["adam", "Bea", "cid", "zoe", "nobody", "later"];
    for page_size in [1, 2, 3, 4, 5, 6, 0] {
        let mut listed = Vec::new();
        let mut request = ListLearnersRequest {
            order: LearnerOrder::Name.into(),
            page_size,
            ..Default::default()
        };
        loop {
            let page = ask(&fixture, request.clone()).await.unwrap();
            assert_eq!(page.counts.is_empty(), !request.page_token.is_empty());
            listed.extend(page.learners.iter().map(|one| word(one).0));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
        }
        assert_eq!(listed, order, "{page_size} a page");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_meanwhile_page_after_page_shows_everybody_once() {
    let who = |number: usize| format!("l{number:02}");
    for order in [LearnerOrder::Unspecified, LearnerOrder::Oldest] {
        let fixture = Fixture::new().await;
        fixture.subscribe(500, 10_000).await;
        let mut made = Vec::new();
        for number in 0..24 {
            made.push(invite(&fixture, &who(number)).await);
        }
        let mut request = ListLearnersRequest {
            order: order.into(),
            page_size: 3,
            ..Default::default()
        };
        let mut listed = Vec::new();
        for round in 0_usize.. {
            let page = ask(&fixture, request.clone()).await.unwrap();
            listed.extend(page.learners.iter().map(|one| word(one).0));
            if page.next_page_token.is_empty() {
                break;
            }
            request.page_token = page.next_page_token;
            // One before, one behind: of each, one is taken back and invited again, and one accepts.
            for number in [round % 12, 23 - round % 12] {
                let invitation = fixture.get(&made[number]).await.unwrap();
                if invitation.state() != S::Prospect {
                    continue;
                }
                if round % 2 == 0 {
                    cancel(&fixture, &made[number]).await.unwrap();
                    made[number] = invite(&fixture, &who(number)).await;
                } else {
                    accept(&fixture, &who(number), &made[number]).await;
                }
            }
            invite(&fixture, &format!("new-{}-{round}", order as i32)).await;
        }
        listed.retain(|who| !who.starts_with("new"));
        listed.sort();
        assert_eq!(listed, (0..24).map(who).collect::<Vec<_>>(), "{order:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn invitations_accepted_at_once_by_one_person_are_one_learner() {
    let fixture = Fixture::new().await;
    for round in 0..10 {
        let names = [format!("a{round}"), format!("b{round}")];
        let addresses = names.clone().map(|who| format!("{who}@example.com"));
        let person = || with(&format!("p{round}"), &addresses.each_ref().map(String::as_str));
        let (first, second) = (
            invite(&fixture, &names[0]).await,
            invite(&fixture, &names[1]).await,
        );
        let (one, other) = (fixture.token(&first).await, fixture.token(&second).await);
        let (one, other) = tokio::join!(fixture.accept(person(), &one), fixture.accept(person(), &other));
        one.unwrap();
        other.unwrap();
    }
    let states: Vec<S> = words(&fixture).await.into_iter().map(|(_, word)| word).collect();
    assert_eq!(states, [S::Active; 10]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_of_another_list_is_refused() {
    let fixture = Fixture::new().await;
    for who in ["ada", "bob"] {
        invite(&fixture, who).await;
    }
    let one = ListLearnersRequest {
        page_size: 1,
        ..Default::default()
    };
    let page = ask(&fixture, one.clone()).await.unwrap();
    let other = ListLearnersRequest {
        page_token: page.next_page_token,
        order: LearnerOrder::Name.into(),
        ..one
    };
    assert_eq!(reason(ask(&fixture, other).await), R::PageTokenInvalid);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_there_was_before_is_listed_as_if_it_had_been_kept_all_the_time() {
    let fixture = Fixture::new().await;
    let (work, home) = (invite(&fixture, "ada").await, invite(&fixture, "ada.home").await);
    let ada = || with("ada", &["ada@example.com", "ada.home@example.com"]);
    accept_as(&fixture, ada(), &work).await;
    accept_as(&fixture, ada(), &home).await;
    for who in ["left", "back"] {
        let name = invite(&fixture, who).await;
        accept(&fixture, who, &name).await;
    }
    fixture
        .database
        .execute(
            "UPDATE invitations SET state = 'ARCHIVED' WHERE address_given IN ('left@example.com', 'back@example.com')",
        )
        .await;
    invite(&fixture, "back").await;
    for who in ["once", "twice", "thrice"] {
        let name = invite(&fixture, who).await;
        cancel(&fixture, &name).await.unwrap();
    }
    let twice = invite(&fixture, "twice").await;
    cancel(&fixture, &invite(&fixture, "thrice").await).await.unwrap();
    invite(&fixture, "thrice").await;
    cancel(&fixture, &twice).await.unwrap();
    let all = async || list(&fixture, ListLearnersRequest::default()).await;
    let kept = all().await;
    let of_migration = include_str!("../../migrations/0022_learners.sql");
    let (_, rest) = of_migration.split_once("-- What there is:").unwrap();
    let (taken_in, _) = rest.split_once("-- Decides the race").unwrap();
    let forgotten = "UPDATE invitations SET learner_id = NULL; DELETE FROM learners; -- ";
    fixture.database.run(format!("{forgotten}{taken_in}")).await;
    assert_eq!(all().await, kept);
    fixture.pass(MONTH);
    eventually(async || {
        let all = ask(&fixture, ListLearnersRequest::default()).await;
        all.is_ok_and(|all| all.learners.iter().all(|one| one.state() != S::Prospect))
    })
    .await;
    let archived = said(&[("back", S::Archived)]);
    let back = ListLearnersRequest {
        text: "back".to_owned(),
        ..Default::default()
    };
    let back: Vec<_> = list(&fixture, back).await.iter().map(word).collect();
    assert_eq!(back, archived, "the new invitation has run out");
}
