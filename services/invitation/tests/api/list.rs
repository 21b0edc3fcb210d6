//! Reading invitations back.

use std::collections::BTreeMap;
use std::time::Duration;

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{DeliveryState, Invitation, InvitationState, ListInvitationsRequest};
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
            page_token: page.next_page_token,
            states,
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

#[tokio::test(flavor = "multi_thread")]
async fn whatever_happens_meanwhile_a_list_shows_nothing_twice_and_misses_nothing_that_is_there_all_the_time()
{
    let prospects = || vec![InvitationState::Prospect.into()];
    // By nothing, by what changes meanwhile, and by what does not: each is another statement.
    let requests = |fixture: &Fixture| {
        let all = || request(fixture);
        let group = fixture.group_name(&fixture.nurses);
        [
            all(),
            ListInvitationsRequest {
                states: prospects(),
                ..all()
            },
            ListInvitationsRequest {
                group: group.clone(),
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
        ]
    };
    for number in 0..5 {
        let fixture = Fixture::new().await;
        fixture.subscribe(500, 10_000).await;
        let request = requests(&fixture)[number].clone();
        let mut made = Vec::new();
        for place in 0..24 {
            let mut wanted = fixture.wanted(&format!("l{place:02}@example.org"), &[&fixture.nurses]);
            wanted.location.clone_from(&fixture.location);
            made.push(fixture.create_this(wanted).await.unwrap().name);
        }
        // Every third changes while somebody turns the pages: before and behind where they are.
        let mut others = (0..24).filter(|place| place % 3 == 0).rev().collect::<Vec<_>>();
        let mut came = Vec::new();
        let listed = listed_while(&fixture, request, async |round| {
            let new = fixture
                .create(&format!("new{round}@example.org"), &[&fixture.nurses])
                .await;
            came.push(new.unwrap().name);
            let Some(place) = others.pop() else { return };
            let name = &made[place];
            match round % 3 {
                0 => drop(cancel(&fixture, name).await.unwrap()),
                1 => {
                    let token = fixture.token(name).await;
                    let who = with("somebody", &[&format!("l{place:02}@example.org")]);
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
        for (place, name) in made.iter().enumerate().filter(|(place, _)| place % 3 != 0) {
            assert!(listed.contains(name), "list {number} has lost {place}");
        }
        assert!(
            listed
                .iter()
                .all(|name| made.contains(name) || came.contains(name)),
            "list {number}"
        );
        let mut newest_first = listed.clone();
        newest_first.sort_unstable_by(|one, other| other.cmp(one));
        assert_eq!(listed, newest_first, "list {number}");
    }
}
