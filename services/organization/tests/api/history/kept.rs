//! What stands in the history.

use muster_proto::history::v1::{HistoryAct, HistoryEntry};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::subscription_service_client::SubscriptionServiceClient;
use muster_testkit::{Callers, TestCaller};

use super::{add_location, history, page};
use crate::access_requests::{approve as approve_request, asked, deny, withdraw};
use crate::fixture::{Fixture, approve, name, owner};
use crate::ownership::reassign;

fn person(who: &str) -> String {
    format!("persons/{}", Callers::person(who).id)
}

/// What an entry tells of a field: before and after.
fn change<'a>(entry: &'a HistoryEntry, field: &str) -> (Option<&'a str>, Option<&'a str>) {
    let found = entry.changes.iter().find(|change| change.field == field);
    let found = found.unwrap_or_else(|| panic!("nothing of {field} in {entry:?}"));
    (found.before.as_deref(), found.after.as_deref())
}

#[tokio::test(flavor = "multi_thread")]
async fn who_changed_what_from_what_to_what_stands_there_and_why_staff_did() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let entries = history(&fixture, id).await;
    let of_profile: Vec<_> = entries.iter().filter(|entry| entry.subject == name(id)).collect();
    let [created, submitted, approved] = of_profile.as_slice() else {
        panic!("{entries:?}")
    };
    assert_eq!(
        (created.act(), submitted.act()),
        (HistoryAct::Created, HistoryAct::Changed)
    );
    assert_eq!(change(created, "display_name"), (None, Some("Sunshine Day Care")));
    assert_eq!(change(submitted, "state"), (Some("DRAFT"), Some("SUBMITTED")));
    assert_eq!(
        (created.actor.clone(), created.reason.as_str()),
        (person("owner"), "")
    );
    assert_eq!(change(approved, "state"), (Some("SUBMITTED"), Some("ACTIVE")));
    assert_eq!(
        (&approved.actor, approved.reason.clone()),
        (&person("staff"), approve(id).reason)
    );
}

/// Also once it was handed in again, when the profile itself says them no more.
#[tokio::test(flavor = "multi_thread")]
async fn every_round_of_returns_is_read_in_order_by_owner_and_staff() {
    use pb::OrganizationReturnReason as Why;
    let fixture = Fixture::new().await;
    let id = fixture.submitted().await;
    let rounds = [
        (
            Why::NameMismatch,
            "NAME_MISMATCH",
            "the license says Sunshine Two",
        ),
        (
            Why::LicenseNumberUnknown,
            "LICENSE_NUMBER_UNKNOWN",
            "no such number",
        ),
        (Why::NameMismatch, "NAME_MISMATCH", "still Sunshine Two"),
    ];
    for (why, _, reason) in rounds {
        fixture.give_back(id, &[why], reason).await.unwrap();
        fixture.submit(id).await;
    }
    let now = fixture.read(id).await;
    assert!(now.return_reasons.is_empty() && now.decision_reason.is_empty());
    for who in [owner(id), TestCaller::staff(id)] {
        let mut entries = page(&fixture, who, id, (0, "")).await.history_entries;
        entries.reverse();
        let is_return = |entry: &&HistoryEntry| {
            let state = entry.changes.iter().find(|change| change.field == "state");
            state.is_some_and(|change| change.after.as_deref() == Some("RETURNED"))
        };
        let returns: Vec<_> = entries.iter().filter(is_return).collect();
        assert_eq!(returns.len(), rounds.len());
        for (entry, (_, why, reason)) in returns.into_iter().zip(rounds) {
            let (_, reasons) = change(entry, "return_reasons");
            assert_eq!(reasons, Some(format!("[\"{why}\"]").as_str()));
            assert_eq!(change(entry, "decision_reason").1, Some(reason));
            assert_eq!(
                (entry.actor.clone(), entry.reason.as_str()),
                (person("staff"), reason)
            );
            assert!(entry.change_time.is_some());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_staff_change_has_the_reason_that_they_stated() {
    let fixture = Fixture::new().await;
    let (given_back, refused) = (fixture.submitted().await, fixture.submitted().await);
    let (halted, closed) = (fixture.active().await, fixture.active().await);
    let staff = |id| fixture.profiles(TestCaller::staff(id));
    let told = |id| (name(id), format!("because of {id}"), String::new());
    let (at, reason, request_id) = told(given_back);
    let request = pb::ReturnOrganizationRequest {
        name: at,
        reasons: vec![pb::OrganizationReturnReason::NameMismatch.into()],
        reason,
        request_id,
    };
    staff(given_back).return_organization(request).await.unwrap();
    let (at, reason, request_id) = told(refused);
    let request = pb::RejectOrganizationRequest {
        name: at,
        reason,
        request_id,
    };
    staff(refused).reject_organization(request).await.unwrap();
    let (at, reason, request_id) = told(halted);
    let request = pb::SuspendOrganizationRequest {
        name: at,
        reason,
        request_id,
    };
    staff(halted).suspend_organization(request).await.unwrap();
    let (at, reason, request_id) = told(halted);
    let request = pb::ReinstateOrganizationRequest {
        name: at,
        reason,
        request_id,
    };
    staff(halted).reinstate_organization(request).await.unwrap();
    let (at, reason, request_id) = told(halted);
    let request = pb::ActivateSubscriptionRequest {
        name: format!("{at}/subscription"),
        reason,
        request_id,
        ..premium()
    };
    let mut subscriptions =
        SubscriptionServiceClient::new(fixture.service.calls_of(TestCaller::staff(halted)));
    subscriptions.activate_subscription(request).await.unwrap();
    let (at, reason, request_id) = told(closed);
    let request = pb::CloseOrganizationRequest {
        name: at,
        reason,
        request_id,
    };
    staff(closed).close_organization(request).await.unwrap();
    for (id, acts) in [(given_back, 1), (refused, 1), (halted, 3), (closed, 1)] {
        let entries = history(&fixture, id).await;
        let (_, reason, _) = told(id);
        let because: Vec<_> = entries.iter().filter(|entry| entry.reason == reason).collect();
        assert_eq!(because.len(), acts, "{entries:#?}");
        assert!(because.iter().all(|entry| entry.actor == person("staff")));
    }
}

/// A subscription, but for whose and why.
fn premium() -> pb::ActivateSubscriptionRequest {
    pb::ActivateSubscriptionRequest {
        plan: pb::Plan::Premium.into(),
        limits: Some(pb::Limits {
            invitations_by_hand: 10,
            import_rows: 500,
            messages_per_day: 1000,
        }),
        ..Default::default()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_group_stands_there_which_trainings_came_and_which_went() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let (first, second) = (fixture.taken(id).await, fixture.taken(id).await);
    let group = fixture.group(id, "Nurses", vec![first.clone()]).await;
    let changed = pb::UpdateGroupRequest {
        group: Some(pb::Group {
            trainings: vec![second.clone()],
            ..group.clone()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["trainings".to_owned()],
        }),
        request_id: String::new(),
    };
    fixture.groups(owner(id)).update_group(changed).await.unwrap();
    let entries = history(&fixture, id).await;
    let of_group = entries
        .iter()
        .filter(|entry| entry.subject.starts_with(&group.name));
    let told: Vec<_> = of_group
        .map(|entry| (entry.act(), entry.subject.clone()))
        .collect();
    let at = |training: &str| format!("{}/{training}", group.name);
    assert_eq!(
        told,
        [
            (HistoryAct::Created, group.name.clone()),
            (HistoryAct::Created, at(&first)),
            (HistoryAct::Removed, at(&first)),
            (HistoryAct::Created, at(&second)),
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_writes_beside_the_service_stands_there_too() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let elsewhere = fixture.active().await;
    fixture
        .execute(format!(
            "UPDATE organizations SET display_name = 'Moonshine' WHERE organization_id = '{id}'"
        ))
        .await;
    let entries = history(&fixture, id).await;
    let last = entries.last().unwrap();
    assert!(last.actor.starts_with("database:"), "{last:?}");
    assert_eq!(
        change(last, "display_name"),
        (Some("Sunshine Day Care"), Some("Moonshine"))
    );
    // What changes nothing that is told is no entry.
    fixture
        .execute(format!(
            "UPDATE organizations SET version = version WHERE organization_id = '{elsewhere}'"
        ))
        .await;
    let entries = history(&fixture, elsewhere).await;
    assert!(entries.iter().all(|entry| !entry.actor.starts_with("database:")));
}

#[tokio::test(flavor = "multi_thread")]
async fn it_is_read_in_pages_the_newest_first_and_names_nobody() {
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    for called in ["North", "South", "West"] {
        add_location(&fixture, id, called).await;
    }
    add_location(&fixture, other, "East").await;
    let (mut names, mut token) = (Vec::new(), String::new());
    loop {
        let read = page(&fixture, TestCaller::staff(id), id, (2, &token)).await;
        assert!(read.history_entries.len() <= 2);
        names.extend(read.history_entries.into_iter().map(|entry| entry.name));
        if read.next_page_token.is_empty() {
            break;
        }
        token = read.next_page_token;
    }
    let mut oldest_first: Vec<_> = history(&fixture, id)
        .await
        .into_iter()
        .map(|entry| entry.name)
        .collect();
    oldest_first.reverse();
    assert_eq!(names, oldest_first);
    let of_owner = Callers::person("owner").name.unwrap_or_default();
    assert!(!of_owner.is_empty());
    let entries = page(&fixture, owner(id), id, (0, "")).await.history_entries;
    let changes = entries.iter().flat_map(|entry| &entry.changes);
    let told: Vec<_> = changes.filter_map(|change| change.after.clone()).collect();
    assert!(
        !told
            .iter()
            .any(|after| after.contains(&of_owner) || after.contains('@')),
        "{told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn access_that_is_given_and_taken_stands_there() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let guest = Callers::person("guest").id;
    let as_owner = Callers::person("owner").id;
    fixture
        .execute(format!(
            "SET muster.actor = 'person:{as_owner}';
             INSERT INTO profile_users (organization_id, person_id, role, origin, version, create_time)
             VALUES ('{id}', '{guest}', 'VIEWER', 'REQUEST', 1, now());
             UPDATE profile_users SET role = 'ADMIN', version = 2 WHERE organization_id = '{id}';
             DELETE FROM profile_users WHERE organization_id = '{id}'"
        ))
        .await;
    let entries = history(&fixture, id).await;
    let of_guest: Vec<_> = entries
        .iter()
        .filter(|entry| entry.subject == format!("{}/profileUsers/{guest}", name(id)))
        .collect();
    let acts: Vec<_> = of_guest.iter().map(|entry| entry.act()).collect();
    use HistoryAct::{Changed, Created, Removed};
    assert_eq!(acts, [Created, Changed, Removed]);
    assert_eq!(change(of_guest[1], "role"), (Some("VIEWER"), Some("ADMIN")));
    assert_eq!(change(of_guest[2], "role"), (Some("ADMIN"), None));
    assert_eq!(of_guest[0].actor, person("owner"));
}

/// Whoever decides on a request for access, and whoever settles it by letting the person in otherwise.
#[tokio::test(flavor = "multi_thread")]
async fn who_decided_on_a_request_for_access_stands_there() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let mut asked_for = Vec::new();
    for who in ["ann", "ben", "cal", "dee"] {
        asked_for.push(asked(&fixture, who, id).await);
    }
    let [approved, denied, settled, withdrawn] = asked_for.as_slice() else {
        panic!("four have asked")
    };
    approve_request(&fixture, id, approved).await.unwrap();
    deny(&fixture, id, denied).await.unwrap();
    reassign(&fixture, id, "cal").await.unwrap();
    withdraw(&fixture, "dee", withdrawn).await.unwrap();
    let entries = history(&fixture, id).await;
    for (request, state, decider) in [
        (approved, "APPROVED", Some("owner")),
        (denied, "DENIED", Some("owner")),
        (settled, "APPROVED", Some("staff")),
        (withdrawn, "WITHDRAWN", None),
    ] {
        let last = entries
            .iter()
            .rfind(|entry| entry.subject == request.name)
            .unwrap();
        assert_eq!(change(last, "state"), (Some("PENDING"), Some(state)));
        let told = last.changes.iter().find(|change| change.field == "decider");
        let told = told.map(|change| change.after.clone().unwrap());
        let decider = decider.map(|who| Callers::person(who).id.to_string());
        assert_eq!(told, decider, "{last:?}");
    }
}
