//! The same act on many invitations: what cannot be done of one keeps nothing else from being done.

use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::{
    BatchCancelInvitationsRequest, BatchResendInvitationsRequest, DeliveryState, InvitationFilter,
    InvitationOutcome, InvitationState, ListInvitationsRequest,
};
use muster_testkit::TestCaller;
use std::collections::BTreeSet;
use std::time::Duration;
use tonic::Status;

use crate::fixture::{Fixture, invite, reason};

const HOUR: Duration = Duration::from_secs(60 * 60);

async fn cancel(fixture: &Fixture, names: &[String]) -> Result<Vec<InvitationOutcome>, Status> {
    let request = BatchCancelInvitationsRequest {
        parent: fixture.parent(),
        names: names.to_vec(),
        ..Default::default()
    };
    let answer = fixture.invitations().batch_cancel_invitations(request).await?;
    Ok(answer.into_inner().outcomes)
}

async fn resend(fixture: &Fixture, names: &[String], rotate: bool) -> Result<Vec<InvitationOutcome>, Status> {
    let request = BatchResendInvitationsRequest {
        parent: fixture.parent(),
        names: names.to_vec(),
        rotate_links: rotate,
        ..Default::default()
    };
    let answer = fixture.invitations().batch_resend_invitations(request).await?;
    Ok(answer.into_inner().outcomes)
}

/// What stands for all that the filter lists.
async fn etag(fixture: &Fixture, filter: &InvitationFilter) -> String {
    let filter = filter.clone();
    let request = ListInvitationsRequest {
        parent: fixture.parent(),
        page_size: 1,
        states: filter.states,
        group: filter.group,
        with_filter_etag: true,
        ..Default::default()
    };
    let listed = fixture.invitations().list_invitations(request).await.unwrap();
    listed.into_inner().filter_etag
}

/// Takes those back that are listed, if there are so many, and these.
async fn cancel_listed(
    fixture: &Fixture,
    filter: &InvitationFilter,
    expected_count: i32,
    filter_etag: &str,
) -> Result<Vec<InvitationOutcome>, Status> {
    let request = BatchCancelInvitationsRequest {
        parent: fixture.parent(),
        filter: Some(filter.clone()),
        expected_count,
        filter_etag: filter_etag.to_owned(),
        ..Default::default()
    };
    let answer = fixture.invitations().batch_cancel_invitations(request).await?;
    Ok(answer.into_inner().outcomes)
}

async fn invited(fixture: &Fixture, count: usize) -> Vec<String> {
    let mut names = Vec::new();
    for number in 0..count {
        let address = format!("l{number}@example.com");
        names.push(fixture.create(&address, &[&fixture.nurses]).await.unwrap().name);
    }
    names
}

/// A name of an invitation that there is not: in this organization, and in another one.
fn absent(fixture: &Fixture) -> [String; 2] {
    let (here, there) = (
        fixture.parent(),
        format!("organizations/{}", fixture.clock.new_uuid()),
    );
    [here, there].map(|parent| format!("{parent}/invitations/{}", fixture.clock.new_uuid()))
}

fn reasons(outcomes: &[InvitationOutcome]) -> Vec<R> {
    outcomes.iter().map(InvitationOutcome::refusal_reason).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_invitation_of_a_batch_has_its_own_outcome_in_the_order_of_the_names() {
    let fixture = Fixture::new().await;
    let mut names = invited(&fixture, 4).await;
    let accepted = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap()
        .name;
    let token = fixture.token(&accepted).await;
    fixture.accept(TestCaller::person("ada"), &token).await.unwrap();
    names.push(accepted);
    names.extend(absent(&fixture));
    names.push(names[0].clone());
    let outcomes = cancel(&fixture, &names).await.unwrap();
    let told: Vec<&str> = outcomes.iter().map(|outcome| outcome.name.as_str()).collect();
    assert_eq!(told, names);
    assert_eq!(
        reasons(&outcomes),
        [
            R::Unspecified,
            R::Unspecified,
            R::Unspecified,
            R::Unspecified,
            R::InvitationClosed,
            R::NotFound,
            R::NotFound,
            R::Unspecified,
        ]
    );
    assert_eq!(outcomes[0], outcomes[7]);
    assert_eq!(outcomes[4].state(), InvitationState::Active);
    for name in &names[..4] {
        assert_eq!(
            fixture.get(name).await.unwrap().state(),
            InvitationState::Cancelled
        );
    }
    let again = cancel(&fixture, &names[..4]).await.unwrap();
    assert_eq!(reasons(&again), [R::Unspecified; 4], "what is done is done");
    assert_eq!(reason(cancel(&fixture, &[]).await), R::InvalidRequest);
    assert_eq!(
        reason(cancel(&fixture, &["x".to_owned()]).await),
        R::InvalidRequest
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_sent_again_with_the_same_links_or_new_ones_and_expired_ones_live_again() {
    let fixture = Fixture::new().await;
    let names = invited(&fixture, 3).await;
    let links = [fixture.token(&names[0]).await, fixture.token(&names[1]).await];
    let expire = "UPDATE invitations SET expire_time = create_time, state = 'EXPIRED'
                  WHERE address_given = 'l1@example.com'";
    fixture.database.execute(expire).await;
    let unwanted = "INSERT INTO opt_outs (organization_id, address_canonical, invitation_id, create_time)
                    SELECT organization_id, address_canonical, invitation_id, create_time FROM invitations
                    WHERE address_given = 'l2@example.com'";
    fixture.database.execute(unwanted).await;
    let before = fixture.database.count("SELECT count(*) FROM outbox").await;
    let outcomes = resend(&fixture, &names, false).await.unwrap();
    assert_eq!(
        reasons(&outcomes),
        [R::Unspecified, R::Unspecified, R::AddressSuppressed]
    );
    assert_eq!(outcomes[1].state(), InvitationState::Prospect);
    // The worker was asked about the first mail of this one, and has not said what became of it.
    assert_eq!(outcomes[0].delivery_state(), DeliveryState::Sending);
    let after = fixture.database.count("SELECT count(*) FROM outbox").await;
    assert_eq!(after - before, 2);
    for (name, link) in names.iter().zip(&links) {
        assert_eq!(&fixture.token(name).await, link, "the link stays");
    }
    let outcomes = resend(&fixture, &names[..1], true).await.unwrap();
    assert_eq!(reasons(&outcomes), [R::Unspecified]);
    let mail = fixture.mail(&names[0], 2).await.unwrap();
    assert!(!invite(&mail).link.ends_with(&links[0]), "a new link");
    let often = resend(&fixture, &names[..2], false).await.unwrap();
    assert_eq!(
        reasons(&often),
        [R::RateLimited, R::Unspecified],
        "three mails a day"
    );
}

/// Two had run out, one after the other, and the one that was made after them was taken back.
#[tokio::test(flavor = "multi_thread")]
async fn of_several_of_an_address_that_have_expired_one_is_sent_again() {
    let fixture = Fixture::new().await;
    let mut names = Vec::new();
    for _ in 0..3 {
        let made = fixture.create("ada@example.com", &[&fixture.nurses]).await;
        names.push(made.unwrap().name);
        let over =
            "UPDATE invitations SET expire_time = create_time, mail_times = '{}' WHERE state = 'PROSPECT'";
        fixture.database.execute(over).await;
    }
    let last = names.pop().unwrap();
    cancel(&fixture, &[last]).await.unwrap();
    let state = async |name: &str| fixture.get(name).await.unwrap().state();
    for name in &names {
        assert_eq!(state(name).await, InvitationState::Expired);
    }
    let outcomes = resend(&fixture, &names, false).await.unwrap();
    assert_eq!(reasons(&outcomes), [R::Unspecified, R::InvitationClosed]);
    assert_eq!(state(&names[0]).await, InvitationState::Prospect);
    assert_eq!(state(&names[1]).await, InvitationState::Expired);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_is_within_the_plan_or_nothing_is_sent() {
    let fixture = Fixture::new().await;
    let names = invited(&fixture, 6).await;
    fixture.subscribe(10, 10).await;
    assert_eq!(
        reason(resend(&fixture, &names, false).await),
        R::PlanLimitExceeded
    );
    assert_eq!(fixture.database.count("SELECT count(*) FROM outbox").await, 6);
    let outcomes = resend(&fixture, &names[..4], false).await.unwrap();
    assert_eq!(reasons(&outcomes), [R::Unspecified; 4]);
    fixture
        .profile_sql("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    assert_eq!(
        reason(resend(&fixture, &names, false).await),
        R::OrganizationNotActive
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_the_same_invitations_wait_for_each_other_and_never_in_a_circle() {
    let fixture = Fixture::new().await;
    let names = invited(&fixture, 8).await;
    let turned: Vec<String> = names.iter().rev().cloned().collect();
    let (mut resent, mut cancelled) = (Vec::new(), Vec::new());
    for _ in 0..3 {
        resent.push(resend(&fixture, &names, false));
        cancelled.push(cancel(&fixture, &turned));
    }
    let (resent, cancelled) = tokio::join!(
        futures::future::join_all(resent),
        futures::future::join_all(cancelled)
    );
    for outcomes in resent.into_iter().chain(cancelled) {
        for outcome in outcomes.unwrap() {
            assert!(
                [R::Unspecified, R::InvitationCancelled, R::RateLimited].contains(&outcome.refusal_reason()),
                "{outcome:?}"
            );
        }
    }
    for name in &names {
        assert_eq!(
            fixture.get(name).await.unwrap().state(),
            InvitationState::Cancelled
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_is_by_group_location_inviter_and_address() {
    let fixture = Fixture::new().await;
    let mut here = fixture.wanted("Ada@Example.com", &[&fixture.nurses, &fixture.aides]);
    here.location = fixture.location.clone();
    fixture.create_this(here).await.unwrap();
    let made = fixture
        .create("bob@example.org", &[&fixture.nurses])
        .await
        .unwrap();
    let other = fixture.clock.new_uuid();
    let all = ListInvitationsRequest {
        parent: fixture.parent(),
        ..Default::default()
    };
    let list = async |request: ListInvitationsRequest| -> Vec<String> {
        let listed = fixture.invitations().list_invitations(request).await.unwrap();
        listed
            .into_inner()
            .invitations
            .into_iter()
            .map(|one| one.address)
            .collect()
    };
    let group = |group| ListInvitationsRequest { group, ..all.clone() };
    assert_eq!(
        list(group(fixture.group_name(&fixture.aides))).await,
        ["Ada@Example.com"]
    );
    assert_eq!(list(group(fixture.group_name(&fixture.nurses))).await.len(), 2);
    assert!(
        list(group(format!("{}/groups/{other}", fixture.parent())))
            .await
            .is_empty()
    );
    let location = ListInvitationsRequest {
        location: fixture.location.clone(),
        ..all.clone()
    };
    assert_eq!(list(location).await, ["Ada@Example.com"]);
    for (inviter, count) in [(made.inviter.clone(), 2), (format!("persons/{other}"), 0)] {
        let by = ListInvitationsRequest {
            inviter,
            ..all.clone()
        };
        assert_eq!(list(by).await.len(), count);
    }
    for (text, found) in [
        ("ADA@", vec!["Ada@Example.com"]),
        ("example.org", vec!["bob@example.org"]),
        ("%", vec![]),
    ] {
        let holding = ListInvitationsRequest {
            address_contains: text.to_owned(),
            ..all.clone()
        };
        assert_eq!(list(holding).await, found, "{text}");
    }
    let wrong = ListInvitationsRequest {
        group: "x".to_owned(),
        location: "y".to_owned(),
        inviter: "z".to_owned(),
        ..all
    };
    let refused = fixture.invitations().list_invitations(wrong).await.unwrap_err();
    let fields = muster_refusal::fields_of(&refused);
    assert_eq!(fields, ["group", "location", "inviter"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_would_be_more_than_a_day_late_waits_for_somebody() {
    let mut fixture = Fixture::new().await;
    let mut late = fixture.wanted("late@example.com", &[&fixture.nurses]);
    let at = |hours: u32| {
        let time = fixture.clock.now() + HOUR * hours;
        Some(prost_types::Timestamp {
            seconds: time.unix_timestamp(),
            nanos: 0,
        })
    };
    late.send_time = at(1);
    let mut near = fixture.wanted("near@example.com", &[&fixture.nurses]);
    near.send_time = at(3);
    let late = fixture.create_this(late).await.unwrap().name;
    let near = fixture.create_this(near).await.unwrap().name;
    fixture.later(HOUR * 26).await;
    let state = async |name: &str| fixture.get(name).await.unwrap().delivery_state();
    muster_testkit::eventually(async || {
        state(&late).await != DeliveryState::Scheduled && state(&near).await != DeliveryState::Scheduled
    })
    .await;
    assert_eq!(state(&near).await, DeliveryState::Queued);
    let held = fixture.get(&late).await.unwrap();
    assert_eq!(held.delivery_state(), DeliveryState::Held);
    assert!(
        held.delivery_detail.contains("24 hours late"),
        "{}",
        held.delivery_detail
    );
    assert_eq!(fixture.database.count("SELECT count(*) FROM outbox").await, 1);
    resend(&fixture, std::slice::from_ref(&late), false)
        .await
        .unwrap();
    let sent = fixture.get(&late).await.unwrap();
    assert_eq!(
        (sent.delivery_state(), sent.delivery_detail.as_str()),
        (DeliveryState::Queued, "")
    );
    assert_eq!(fixture.database.count("SELECT count(*) FROM outbox").await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_filter_lists_is_done_if_it_is_what_was_seen() {
    let fixture = Fixture::new().await;
    let names = invited(&fixture, 5).await;
    let elsewhere = fixture
        .create("z@example.org", &[&fixture.aides])
        .await
        .unwrap()
        .name;
    let token = fixture.token(&names[4]).await;
    let accept =
        "UPDATE invitations SET address_given = 'ada@example.com', address_canonical = 'ada@example.com'
                  WHERE address_given = 'l4@example.com'";
    fixture.database.execute(accept).await;
    fixture.accept(TestCaller::person("ada"), &token).await.unwrap();
    let waiting = InvitationFilter {
        states: vec![InvitationState::Prospect.into(), InvitationState::Pending.into()],
        group: fixture.group_name(&fixture.nurses),
        ..Default::default()
    };
    let seen = etag(&fixture, &waiting).await;
    for wrong in [3, 5, 1000] {
        let refused = cancel_listed(&fixture, &waiting, wrong, &seen).await;
        assert_eq!(reason(refused), R::InvitationsChanged, "{wrong}");
    }
    let untouched = "SELECT count(*) FROM invitations WHERE state IN ('PROSPECT', 'PENDING')";
    assert_eq!(fixture.database.count(untouched).await, 5);
    let request = BatchResendInvitationsRequest {
        parent: fixture.parent(),
        filter: Some(waiting.clone()),
        expected_count: 4,
        filter_etag: seen.clone(),
        ..Default::default()
    };
    let resent = fixture
        .invitations()
        .batch_resend_invitations(request)
        .await
        .unwrap();
    assert_eq!(reasons(&resent.into_inner().outcomes), [R::Unspecified; 4]);
    let changed = cancel_listed(&fixture, &waiting, 4, &seen).await;
    assert_eq!(
        reason(changed),
        R::InvitationsChanged,
        "they were mailed again since"
    );
    let seen = etag(&fixture, &waiting).await;
    let outcomes = cancel_listed(&fixture, &waiting, 4, &seen).await.unwrap();
    let told: Vec<&str> = outcomes.iter().map(|outcome| outcome.name.as_str()).collect();
    assert_eq!(
        told,
        [&names[3], &names[2], &names[1], &names[0]],
        "in the order of the list"
    );
    assert!(
        outcomes
            .iter()
            .all(|outcome| outcome.state() == InvitationState::Cancelled)
    );
    assert_eq!(
        fixture.get(&names[4]).await.unwrap().state(),
        InvitationState::Active
    );
    assert_eq!(
        fixture.get(&elsewhere).await.unwrap().state(),
        InvitationState::Prospect
    );
    // What was taken back is listed no more.
    assert_eq!(
        reason(cancel_listed(&fixture, &waiting, 4, &seen).await),
        R::InvitationsChanged
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_says_which_are_meant_in_one_way_and_everything_that_is_wrong_is_told() {
    let fixture = Fixture::new().await;
    let filter = |group: &str| InvitationFilter {
        states: vec![InvitationState::Pending.into()],
        group: group.to_owned(),
        ..Default::default()
    };
    let request =
        |names: &[&str], filter: Option<InvitationFilter>, expected_count| BatchCancelInvitationsRequest {
            parent: fixture.parent(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
            // Said with the number, and not without it.
            filter_etag: if expected_count == 0 { "" } else { "x" }.to_owned(),
            filter,
            expected_count,
            request_id: String::new(),
        };
    for (request, wrong) in [
        (request(&[], None, 0), &["names"][..]),
        (request(&[], None, 1), &["names", "expected_count", "filter_etag"]),
        (
            request(&[], Some(filter("")), 0),
            &["expected_count", "filter_etag"],
        ),
        (
            request(&["x"], Some(filter("x")), 0),
            &["names", "expected_count", "filter_etag", "filter.group"],
        ),
        (
            request(&[], Some(InvitationFilter::default()), 1),
            &["filter.states"],
        ),
        (request(&[], Some(filter("")), 1001), &["expected_count"]),
    ] {
        let shown = format!("{request:?}");
        let refused = fixture
            .invitations()
            .batch_cancel_invitations(request)
            .await
            .unwrap_err();
        let told = muster_refusal::fields_of(&refused);
        let told: BTreeSet<&str> = told.iter().map(String::as_str).collect();
        assert_eq!(told, wrong.iter().copied().collect(), "{shown}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_take_the_same_list_back_at_once_each_is_told_what_is_true() {
    let fixture = Fixture::new().await;
    let names = invited(&fixture, 8).await;
    let all = InvitationFilter {
        states: vec![InvitationState::Prospect.into()],
        ..Default::default()
    };
    let seen = etag(&fixture, &all).await;
    let calls = futures::future::join_all((0..8).map(|_| cancel_listed(&fixture, &all, 8, &seen))).await;
    for call in calls {
        match call {
            Ok(outcomes) => assert_eq!(reasons(&outcomes), [R::Unspecified; 8]),
            refused => assert_eq!(reason(refused), R::InvitationsChanged),
        }
    }
    for name in &names {
        assert_eq!(
            fixture.get(name).await.unwrap().state(),
            InvitationState::Cancelled
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_act_on_a_filter_is_about_exactly_what_was_seen() {
    let fixture = Fixture::new().await;
    let names = invited(&fixture, 3).await;
    let all = InvitationFilter {
        states: vec![InvitationState::Prospect.into()],
        ..Default::default()
    };
    let seen = etag(&fixture, &all).await;
    assert_eq!(etag(&fixture, &all).await, seen, "whoever looks sees the same");
    // One went and another one came: as many as before.
    cancel(&fixture, &names[..1]).await.unwrap();
    fixture
        .create("new@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let other = cancel_listed(&fixture, &all, 3, &seen).await;
    assert_eq!(reason(other), R::InvitationsChanged);
    // The same ones, to more groups.
    let seen = etag(&fixture, &all).await;
    fixture
        .create("new@example.com", &[&fixture.aides])
        .await
        .unwrap();
    assert_eq!(
        reason(cancel_listed(&fixture, &all, 3, &seen).await),
        R::InvitationsChanged
    );
    // What runs out is another thing, though nobody has touched it.
    let any = InvitationFilter {
        states: vec![InvitationState::Prospect.into(), InvitationState::Expired.into()],
        ..Default::default()
    };
    let seen = etag(&fixture, &any).await;
    fixture
        .database
        .execute("UPDATE invitations SET expire_time = create_time WHERE address_given = 'l1@example.com'")
        .await;
    assert_eq!(
        reason(cancel_listed(&fixture, &any, 3, &seen).await),
        R::InvitationsChanged
    );
    let seen = etag(&fixture, &any).await;
    assert_eq!(cancel_listed(&fixture, &any, 3, &seen).await.unwrap().len(), 3);
}
