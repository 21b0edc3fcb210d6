//! Reading invitations back.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{
    BatchCancelInvitationsRequest, DeliveryState, Invitation, InvitationFilter, InvitationOrder,
    InvitationState, ListInvitationsRequest,
};
use muster_refusal::fields_of;
use muster_testkit::TestCaller;

use crate::cancel::cancel;
use crate::decline::decline;
use crate::fixture::{Fixture, reason};
use crate::own::with;
use crate::resend::resend;

fn request(fixture: &Fixture) -> ListInvitationsRequest {
    ListInvitationsRequest {
        parent: fixture.parent(),
        page_size: 2,
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_come_newest_first_with_counts_by_state() {
    let fixture = Fixture::new().await;
    let mut made = Vec::new();
    for number in 0..5 {
        made.push(
            fixture
                .create(&format!("l{number}@example.org"), &[&fixture.nurses])
                .await
                .unwrap()
                .name,
        );
    }
    fixture
        .database
        .execute("UPDATE invitations SET state = 'PENDING' WHERE address_given = 'l1@example.org'")
        .await;
    let expired = "UPDATE invitations SET expire_time = create_time WHERE address_given = 'l2@example.org'";
    fixture.database.execute(expired).await;
    let (mut listed, mut token) = (Vec::new(), String::new());
    loop {
        let is_first = token.is_empty();
        let page = ListInvitationsRequest {
            page_token: token,
            ..request(&fixture)
        };
        let page = fixture
            .invitations()
            .list_invitations(page)
            .await
            .unwrap()
            .into_inner();
        assert!(page.invitations.len() <= 2);
        let counts: Vec<(InvitationState, i64)> = page
            .counts
            .iter()
            .map(|count| (count.state(), count.count))
            .collect();
        let expected = [
            (InvitationState::Expired, 1),
            (InvitationState::Pending, 1),
            (InvitationState::Prospect, 3),
        ];
        assert_eq!(counts.as_slice(), if is_first { &expected[..] } else { &[] });
        listed.extend(page.invitations.into_iter().map(|invitation| invitation.name));
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    made.reverse();
    assert_eq!(listed, made);
    let states = vec![InvitationState::Expired.into()];
    let page = ListInvitationsRequest {
        states,
        ..request(&fixture)
    };
    let page = fixture
        .invitations()
        .list_invitations(page)
        .await
        .unwrap()
        .into_inner();
    assert_eq!(page.invitations.len(), 1);
    assert_eq!(page.invitations[0].address, "l2@example.org");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_of_another_list_or_made_up_is_refused() {
    let fixture = Fixture::new().await;
    for number in 0..3 {
        fixture
            .create(&format!("l{number}@example.org"), &[&fixture.nurses])
            .await
            .unwrap();
    }
    let page = fixture
        .invitations()
        .list_invitations(request(&fixture))
        .await
        .unwrap()
        .into_inner();
    let states = vec![InvitationState::Prospect.into()];
    for foreign in [
        ListInvitationsRequest {
            page_token: "made up".to_owned(),
            ..request(&fixture)
        },
        ListInvitationsRequest {
            page_token: page.next_page_token.clone(),
            states,
            ..request(&fixture)
        },
        ListInvitationsRequest {
            page_token: page.next_page_token.clone(),
            order: InvitationOrder::Oldest.into(),
            ..request(&fixture)
        },
        ListInvitationsRequest {
            page_token: page.next_page_token.clone(),
            order: InvitationOrder::Address.into(),
            ..request(&fixture)
        },
        ListInvitationsRequest {
            page_token: page.next_page_token,
            text: "l".to_owned(),
            ..request(&fixture)
        },
    ] {
        assert_eq!(
            reason(fixture.invitations().list_invitations(foreign).await),
            R::PageTokenInvalid
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_of_another_organization_is_the_same_nothing_as_one_that_does_not_exist() {
    let mut fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.org", &[&fixture.nurses])
        .await
        .unwrap();
    let id = made.name.rsplit('/').next().unwrap().to_owned();
    fixture.organization = fixture.new_organization("somebody").await;
    let theirs = fixture
        .get(&format!("{}/invitations/{id}", fixture.parent()))
        .await
        .unwrap_err();
    let none = format!(
        "{}/invitations/0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88",
        fixture.parent()
    );
    let none = fixture.get(&none).await.unwrap_err();
    assert_eq!(theirs.details(), none.details());
    assert_eq!(theirs.message(), none.message());
    assert_eq!(reason(Err::<(), _>(theirs)), R::NotFound);
    let listed = fixture
        .invitations()
        .list_invitations(request(&fixture))
        .await
        .unwrap()
        .into_inner();
    assert!(listed.invitations.is_empty() && listed.counts.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn names_and_states_that_are_none_are_violations() {
    let fixture = Fixture::new().await;
    let refused = fixture.get(&format!("{}/invitations/x", fixture.parent())).await;
    assert_eq!(reason(refused), R::InvalidRequest);
    let states = ListInvitationsRequest {
        states: vec![0, 99],
        ..request(&fixture)
    };
    assert_eq!(
        reason(fixture.invitations().list_invitations(states).await),
        R::InvalidRequest
    );
    let import = ListInvitationsRequest {
        import: "x".to_owned(),
        ..request(&fixture)
    };
    assert_eq!(
        reason(fixture.invitations().list_invitations(import).await),
        R::InvalidRequest
    );
    let order = ListInvitationsRequest {
        order: 99,
        text: "x".repeat(101),
        ..request(&fixture)
    };
    let refused = fixture.invitations().list_invitations(order).await.unwrap_err();
    let fields = fields_of(&refused);
    assert_eq!(fields, ["text", "order"]);
    assert_eq!(reason(Err::<(), _>(refused)), R::InvalidRequest);
}

/// The addresses that a list shows, page by page.
async fn addresses(fixture: &Fixture, request: ListInvitationsRequest) -> Vec<String> {
    let mut listed = Vec::new();
    let mut request = request;
    loop {
        let page = fixture.invitations().list_invitations(request.clone()).await;
        let page = page.unwrap().into_inner();
        listed.extend(page.invitations.into_iter().map(|invitation| invitation.address));
        if page.next_page_token.is_empty() {
            return listed;
        }
        request.page_token = page.next_page_token;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_has_the_order_that_is_asked_for_whatever_it_is_narrowed_to() {
    let fixture = Fixture::new().await;
    let all = [
        "bea@example.org",
        "Zoe@example.org",
        "adam@example.org",
        "cid@example.org",
    ];
    for address in all {
        let mut wanted = fixture.wanted(address, &[&fixture.nurses]);
        wanted.location.clone_from(&fixture.location);
        fixture.create_this(wanted).await.unwrap();
        // Ids of one moment are in no order.
        fixture.clock.advance(Duration::from_millis(10));
    }
    let taken_back = fixture
        .create("cid+2@example.org", &[&fixture.nurses])
        .await
        .unwrap();
    cancel(&fixture, &taken_back.name).await.unwrap();
    fixture.clock.advance(Duration::from_millis(10));
    // The same address again: it comes behind the one before it.
    let again = fixture.create("CID+2@example.org", &[&fixture.nurses]).await;
    let inviter = again.unwrap().inviter;
    // Another organization's are none of this one.
    let other = fixture.new_organization("somebody").await;
    let of_other = format!("organizations/{other}");

    let oldest_first = [&all[..], &["cid+2@example.org", "CID+2@example.org"]].concat();
    let newest_first: Vec<&str> = oldest_first.iter().rev().copied().collect();
    let by_address = vec![
        "adam@example.org",
        "bea@example.org",
        "cid+2@example.org",
        "CID+2@example.org",
        "cid@example.org",
        "Zoe@example.org",
    ];
    let orders = [
        (InvitationOrder::Unspecified, newest_first),
        (InvitationOrder::Oldest, oldest_first),
        (InvitationOrder::Address, by_address),
    ];
    let prospects = || vec![InvitationState::Prospect.into()];
    for (order, expected) in orders {
        let every = ListInvitationsRequest {
            order: order.into(),
            ..request(&fixture)
        };
        for page_size in [1, 2, 3, 4, 5, 6, 0] {
            let every = ListInvitationsRequest {
                page_size,
                ..every.clone()
            };
            assert_eq!(
                addresses(&fixture, every).await,
                expected,
                "{order:?}, {page_size}"
            );
        }
        let without = |left_out: &[&str]| -> Vec<&str> {
            let kept = expected.iter().filter(|address| !left_out.contains(address));
            kept.copied().collect()
        };
        let taken_back = "cid+2@example.org";
        let by_inviter = ListInvitationsRequest {
            inviter: inviter.clone(),
            ..every.clone()
        };
        assert_eq!(addresses(&fixture, by_inviter).await, expected, "{order:?}");
        let by_state = ListInvitationsRequest {
            states: prospects(),
            ..every.clone()
        };
        assert_eq!(
            addresses(&fixture, by_state).await,
            without(&[taken_back]),
            "{order:?}"
        );
        let by_place = ListInvitationsRequest {
            location: fixture.location.clone(),
            text: "EXAMPLE".to_owned(),
            ..every.clone()
        };
        let twice = [taken_back, "CID+2@example.org"];
        assert_eq!(addresses(&fixture, by_place).await, without(&twice), "{order:?}");
        let by_text = ListInvitationsRequest {
            text: " cid+ ".to_owned(),
            ..every.clone()
        };
        let found: Vec<&str> = expected
            .iter()
            .filter(|address| twice.contains(address))
            .copied()
            .collect();
        assert_eq!(addresses(&fixture, by_text).await, found, "{order:?}");
    }
    let theirs = ListInvitationsRequest {
        parent: of_other,
        order: InvitationOrder::Address.into(),
        ..Default::default()
    };
    let somebody = TestCaller::member("somebody", other, muster_identity::Role::Owner);
    let mut client = InvitationServiceClient::new(fixture.as_who(somebody));
    let listed = client.list_invitations(theirs).await.unwrap().into_inner();
    assert!(listed.invitations.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn text_is_looked_for_in_addresses_and_in_the_names_of_those_who_accepted() {
    let fixture = Fixture::new().await;
    for who in ["ada", "bob", "cleo"] {
        let address = format!("{who}@example.com");
        let made = fixture.create(&address, &[&fixture.nurses]).await.unwrap();
        if who != "cleo" {
            let token = fixture.token(&made.name).await;
            fixture.accept(TestCaller::person(who), &token).await.unwrap();
        }
    }
    let renamed =
        "UPDATE invitations SET person_display_name = 'Grace Hopper' WHERE address_given = 'bob@example.com'";
    fixture.database.execute(renamed).await;
    let found = async |text: &str, states: Vec<i32>| {
        let request = ListInvitationsRequest {
            text: text.to_owned(),
            states,
            order: InvitationOrder::Address.into(),
            ..request(&fixture)
        };
        addresses(&fixture, request).await
    };
    for (text, expected) in [
        ("hopper", vec!["bob@example.com"]),
        ("GRACE h", vec!["bob@example.com"]),
        ("bob@", vec!["bob@example.com"]),
        ("cleo", vec!["cleo@example.com"]),
        ("%", vec![]),
        ("nobody", vec![]),
        (
            "example",
            vec!["ada@example.com", "bob@example.com", "cleo@example.com"],
        ),
    ] {
        assert_eq!(found(text, Vec::new()).await, expected, "{text}");
    }
    let prospects = vec![InvitationState::Prospect.into()];
    assert_eq!(found("example", prospects).await, ["cleo@example.com"]);

    // What is listed by it can be acted on, and stands for the same in whichever order it was seen.
    let etag = async |order: InvitationOrder| {
        let request = ListInvitationsRequest {
            text: "cleo".to_owned(),
            states: vec![InvitationState::Prospect.into()],
            order: order.into(),
            with_filter_etag: true,
            ..request(&fixture)
        };
        let listed = fixture.invitations().list_invitations(request).await;
        listed.unwrap().into_inner().filter_etag
    };
    let seen = etag(InvitationOrder::Address).await;
    assert_eq!(seen, etag(InvitationOrder::Unspecified).await);
    assert_eq!(seen, etag(InvitationOrder::Oldest).await);
    let cancelled = BatchCancelInvitationsRequest {
        parent: fixture.parent(),
        filter: Some(InvitationFilter {
            states: vec![InvitationState::Prospect.into()],
            text: "cleo".to_owned(),
            ..Default::default()
        }),
        expected_count: 1,
        filter_etag: seen,
        ..Default::default()
    };
    let done = fixture.invitations().batch_cancel_invitations(cancelled).await;
    let outcomes = done.unwrap().into_inner().outcomes;
    assert_eq!(outcomes.len(), 1);
    assert_eq!(outcomes[0].state(), InvitationState::Cancelled);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_in_no_answer_but_the_mail_workers() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let token = fixture.token(&made.name).await;
    fixture.accept(TestCaller::person("ada"), &token).await.unwrap();
    let listed = fixture
        .invitations()
        .list_invitations(request(&fixture))
        .await
        .unwrap()
        .into_inner();
    assert!(!format!("{listed:?} {made:?}").contains(&token));
    let stored = "SELECT (SELECT count(*) FROM outbox WHERE encode(payload, 'escape') LIKE '%muster.test%')";
    assert_eq!(fixture.database.count(stored).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_can_be_narrowed_to_what_became_of_the_mail_and_a_token_keeps_to_it() {
    let fixture = Fixture::new().await;
    for number in 0..4 {
        let address = format!("l{number}@example.org");
        fixture.create(&address, &[&fixture.nurses]).await.unwrap();
    }
    let failed = "UPDATE invitations SET delivery_state = 'FAILED' WHERE address_given <> 'l2@example.org'";
    fixture.database.execute(failed).await;
    let list = async |states: &[DeliveryState], page_token: String| {
        let request = ListInvitationsRequest {
            delivery_states: states.iter().map(|state| (*state).into()).collect(),
            page_token,
            ..request(&fixture)
        };
        fixture.invitations().list_invitations(request).await
    };
    let failed = [DeliveryState::Failed];
    let first = list(&failed, String::new()).await.unwrap().into_inner();
    let addresses = |invitations: &[Invitation]| -> Vec<String> {
        invitations.iter().map(|made| made.address.clone()).collect()
    };
    assert_eq!(
        addresses(&first.invitations),
        ["l3@example.org", "l1@example.org"]
    );
    let token = first.next_page_token;
    let last = list(&failed, token.clone()).await.unwrap().into_inner();
    assert_eq!(addresses(&last.invitations), ["l0@example.org"]);
    assert!(last.next_page_token.is_empty());

    assert_eq!(reason(list(&[], token).await), R::PageTokenInvalid);
    let both = [DeliveryState::Failed, DeliveryState::Queued];
    assert_eq!(
        list(&both, String::new())
            .await
            .unwrap()
            .into_inner()
            .invitations
            .len(),
        2
    );
    assert_eq!(
        reason(list(&[DeliveryState::Unspecified], String::new()).await),
        R::InvalidRequest
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn counts_are_those_of_a_recount_whatever_was_done_and_though_time_alone_changes_them() {
    let mut fixture = Fixture::new().await;
    fixture.subscribe(500, 10_000).await;
    let mut made = Vec::new();
    for number in 0..40_u32 {
        let address = format!("l{number}@example.com");
        let one = fixture.create(&address, &[&fixture.nurses]).await.unwrap();
        // A sixth each: left alone, cancelled, declined, resent, accepted, of which one is archived.
        match number % 6 {
            1 => drop(cancel(&fixture, &one.name).await.unwrap()),
            2 => drop(decline(&fixture, &fixture.token(&one.name).await).await.unwrap()),
            3 => drop(resend(&fixture, &one.name).await.unwrap()),
            _ => {}
        }
        made.push(one);
        if [9, 19, 29].contains(&number) {
            // Their times run out one after the other.
            fixture.later(Duration::from_secs(12 * 24 * 60 * 60)).await;
        }
        recounted(&fixture).await;
    }
    let accept = TestCaller::person("ada");
    fixture
        .database
        .execute(
            "UPDATE invitations SET address_given = 'ada@example.com', address_canonical = 'ada@example.com'
             WHERE address_given = 'l36@example.com'",
        )
        .await;
    let token = fixture.token(&made[36].name).await;
    fixture.accept(accept, &token).await.unwrap();
    recounted(&fixture).await;
    fixture
        .database
        .execute("UPDATE invitations SET state = 'ARCHIVED' WHERE state = 'ACTIVE'")
        .await;
    let shown = recounted(&fixture).await;
    assert!(shown.len() >= 5, "hardly any state was reached: {shown:?}");
}

/// Compares the counts with a count of what is listed.
async fn recounted(fixture: &Fixture) -> BTreeMap<InvitationState, i64> {
    let all = ListInvitationsRequest {
        page_size: 1000,
        ..request(fixture)
    };
    let listed = fixture
        .invitations()
        .list_invitations(all)
        .await
        .unwrap()
        .into_inner();
    let mut shown: BTreeMap<InvitationState, i64> = BTreeMap::new();
    for one in &listed.invitations {
        *shown.entry(one.state()).or_default() += 1;
    }
    let counts = listed.counts.iter().map(|count| (count.state(), count.count));
    assert_eq!(counts.collect::<BTreeMap<_, _>>(), shown);
    shown
}

/// All that a list shows, page by page, while `meanwhile` happens between the pages.
async fn listed_while(
    fixture: &Fixture,
    request: ListInvitationsRequest,
    mut meanwhile: impl AsyncFnMut(usize),
) -> Vec<String> {
    let (mut listed, mut request) = (Vec::new(), request);
    for round in 0_usize.. {
        let page = fixture.invitations().list_invitations(request.clone()).await;
        let page = page.unwrap().into_inner();
        listed.extend(page.invitations.into_iter().map(|invitation| invitation.name));
        if page.next_page_token.is_empty() {
            return listed;
        }
        request.page_token = page.next_page_token;
        meanwhile(round).await;
    }
    listed
}

/// What somebody lists while things change: by nothing, by what changes meanwhile, and by what does not, each another statement; in every
/// order.
fn walks(fixture: &Fixture) -> Vec<ListInvitationsRequest> {
    let prospects = || vec![InvitationState::Prospect.into()];
    let all = || request(fixture);
    let narrowed = [
        all(),
        ListInvitationsRequest {
            states: prospects(),
            ..all()
        },
        ListInvitationsRequest {
            group: fixture.group_name(&fixture.nurses),
            ..all()
        },
        ListInvitationsRequest {
            states: prospects(),
            location: fixture.location.clone(),
            ..all()
        },
        ListInvitationsRequest {
            states: prospects(),
            address_contains: "@EXAMPLE".to_owned(),
            ..all()
        },
    ];
    let orders = [
        InvitationOrder::Unspecified,
        InvitationOrder::Oldest,
        InvitationOrder::Address,
    ];
    let in_order = |order: InvitationOrder| {
        narrowed.clone().map(|request| ListInvitationsRequest {
            order: order.into(),
            ..request
        })
    };
    orders.into_iter().flat_map(in_order).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_meanwhile_a_list_shows_nothing_twice_and_misses_nothing_that_is_there_all_the_time()
{
    // The addresses are in another order than they were invited in.
    let address = |place: usize| format!("l{:02}@example.org", place * 7 % 24);
    for number in 0..15 {
        let fixture = Fixture::new().await;
        fixture.subscribe(500, 10_000).await;
        let request = walks(&fixture)[number].clone();
        let mut made = Vec::new();
        for place in 0..24 {
            let mut wanted = fixture.wanted(&address(place), &[&fixture.nurses]);
            wanted.location.clone_from(&fixture.location);
            made.push(fixture.create_this(wanted).await.unwrap());
            fixture.clock.advance(Duration::from_millis(10));
        }
        // Every third changes while somebody turns the pages: before and behind where they are.
        let mut others = (0..24).filter(|place| place % 3 == 0).rev().collect::<Vec<_>>();
        let mut came = Vec::new();
        let order = request.order();
        let listed = listed_while(&fixture, request, async |round| {
            fixture.clock.advance(Duration::from_millis(10));
            let beside = ["a", "l11x", "z"][round % 3];
            let new = fixture
                .create(&format!("{beside}new{round}@example.org"), &[&fixture.nurses])
                .await;
            came.push(new.unwrap());
            let Some(place) = others.pop() else { return };
            let name = &made[place].name;
            match round % 3 {
                0 => drop(cancel(&fixture, name).await.unwrap()),
                1 => {
                    let token = fixture.token(name).await;
                    let who = with("somebody", &[&address(place)]);
                    fixture.accept(who, &token).await.unwrap();
                }
                _ => drop(resend(&fixture, name).await.unwrap()),
            }
            let half = others.len() / 2;
            others.rotate_left(half);
        })
        .await;
        let mut once = listed.clone();
        once.sort_unstable();
        once.dedup();
        assert_eq!(
            once.len(),
            listed.len(),
            "list {number} shows one twice: {listed:?}"
        );
        for (place, one) in made.iter().enumerate().filter(|(place, _)| place % 3 != 0) {
            assert!(listed.contains(&one.name), "list {number} has lost {place}");
        }
        let known: BTreeMap<&str, &str> = made
            .iter()
            .chain(&came)
            .map(|one| (one.name.as_str(), one.address.as_str()))
            .collect();
        let addresses: Vec<&str> = listed.iter().map(|name| known[name.as_str()]).collect();
        let is_in_order = match order {
            InvitationOrder::Unspecified => listed.is_sorted_by(|one, next| one > next),
            InvitationOrder::Oldest => listed.is_sorted(),
            InvitationOrder::Address => addresses.is_sorted(),
        };
        assert!(is_in_order, "list {number}: {addresses:?}");
    }
}
