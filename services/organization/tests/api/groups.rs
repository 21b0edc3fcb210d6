//! Groups.

use muster_identity::Role;
use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_refusal::{ErrorReason, quota_of, reason_of};
use muster_testkit::TestCaller;
use tonic::Code;
use uuid::Uuid;

use crate::fixture::{Fixture, group, name, owner};
use crate::records::no_training;
use crate::refused::{fact, fields, refused};

fn list(id: OrganizationId, page_size: i32, page_token: &str) -> pb::ListGroupsRequest {
    pb::ListGroupsRequest {
        parent: name(id),
        page_size,
        page_token: page_token.to_owned(),
    }
}

async fn names(fixture: &Fixture, request: pb::ListGroupsRequest, who: TestCaller) -> (Vec<String>, String) {
    let page = fixture
        .groups(who)
        .list_groups(request)
        .await
        .unwrap()
        .into_inner();
    (
        page.groups.into_iter().map(|group| group.display_name).collect(),
        page.next_page_token,
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_requires_trainings_in_the_order_that_was_given() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let (first, second, third) = (
        fixture.taken(id).await,
        fixture.taken(id).await,
        fixture.taken(id).await,
    );
    let trainings = vec![third, first, second];
    let made = fixture.group(id, "Staff", trainings.clone()).await;
    assert_eq!(
        (made.trainings.clone(), made.state()),
        (trainings, pb::GroupState::Active)
    );
    assert_eq!(made.etag, "1");
    let page = fixture
        .groups(owner(id))
        .list_groups(list(id, 0, ""))
        .await
        .unwrap()
        .into_inner();
    assert_eq!(page.groups, [made]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_without_trainings_may_be_made() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("owner", fixture.profile()).await;
    assert!(fixture.group(id, "Visitors", vec![]).await.trainings.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_training_that_is_not_in_the_own_catalog_is_named() {
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    let own = fixture.taken(id).await;
    let of_the_other = fixture.taken(other).await;
    let shared_only = fixture.training().await;
    let request = group(id, "Staff", vec![of_the_other, own, shared_only, no_training(4)]);
    let answer = fixture.groups(owner(id)).create_group(request).await;
    let missing = fields(answer, ErrorReason::TrainingNotInCatalog);
    assert_eq!(
        missing,
        ["group.trainings[0]", "group.trainings[2]", "group.trainings[3]"]
    );
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM groups")
            .await,
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_name_is_unique_and_compared_exactly() {
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    for called in ["Staff", "staff", "Staff ", " Staff"] {
        assert_eq!(fixture.group(id, called, vec![]).await.display_name, called);
    }
    fixture.group(other, "Staff", vec![]).await;
    let answer = fixture
        .groups(owner(id))
        .create_group(group(id, "Staff", vec![]))
        .await;
    assert_eq!(
        refused(answer, ErrorReason::GroupNameTaken).code(),
        Code::AlreadyExists
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_with_a_group_is_told_at_once() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let broken = group(
        id,
        " ",
        vec!["trainings/x".to_owned(), no_training(1), "y".to_owned()],
    );
    let answer = fixture.groups(owner(id)).create_group(broken).await;
    let wrong = fields(answer, ErrorReason::InvalidRequest);
    assert_eq!(
        wrong,
        ["group.display_name", "group.trainings[0]", "group.trainings[2]"]
    );
    for called in ["", "a;b", &"x".repeat(81)] {
        let answer = fixture
            .groups(owner(id))
            .create_group(group(id, called, vec![]))
            .await;
        assert_eq!(
            fields(answer, ErrorReason::InvalidRequest),
            ["group.display_name"]
        );
    }
    let doubled = group(id, "Staff", vec![no_training(1), no_training(1)]);
    let answer = fixture.groups(owner(id)).create_group(doubled).await;
    assert_eq!(fields(answer, ErrorReason::InvalidRequest), ["group.trainings"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_name_holds_nothing_that_a_mail_program_makes_a_link_of() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    for called in ["Free money at evil.example", "https://evil", "www.evil.example/x"] {
        let answer = fixture
            .groups(owner(id))
            .create_group(group(id, called, vec![]))
            .await;
        assert_eq!(
            fields(answer, ErrorReason::InvalidRequest),
            ["group.display_name"]
        );
    }
    fixture.group(id, "Y.M.C.A. No. 3", vec![]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_groups_made_at_once_the_thousandth_is_the_last() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    fixture.fill(id, 999).await;
    let make = |called: &'static str| {
        let mut groups = fixture.groups(owner(id));
        async move { groups.create_group(group(id, called, vec![])).await }
    };
    let answers = futures::future::join_all(["A", "B", "C", "D"].map(make)).await;
    let (made, lost): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!((made.len(), lost.len()), (1, 3));
    for answer in lost {
        let status = answer.unwrap_err();
        assert_eq!(status.code(), Code::ResourceExhausted);
        assert_eq!(reason_of(&status), Some(ErrorReason::TooManyGroups));
    }
    let request = group(id, "E", vec![]);
    let answer = fixture.groups(owner(id)).create_group(request).await;
    let status = refused(answer, ErrorReason::TooManyGroups);
    assert_eq!(quota_of(&status), Some((1000, 1000)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_profile_gets_no_group() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    fixture
        .service
        .database
        .execute("UPDATE organizations SET state = 'CLOSED'")
        .await;
    let answer = fixture
        .groups(owner(id))
        .create_group(group(id, "Staff", vec![]))
        .await;
    assert_eq!(
        fact(&refused(answer, ErrorReason::OrganizationState), "state").as_deref(),
        Some("CLOSED")
    );
    let nowhere = OrganizationId::from_uuid(Uuid::from_u128(1));
    let answer = fixture
        .groups(owner(nowhere))
        .create_group(group(nowhere, "Staff", vec![]))
        .await;
    refused(answer, ErrorReason::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn groups_are_listed_page_by_page_in_the_order_of_their_names() {
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    for called in ["Delta", "Alpha", "Charlie", "alpha", "Bravo"] {
        fixture.group(id, called, vec![]).await;
    }
    fixture.group(other, "Bystander", vec![]).await;
    let (first, token) = names(&fixture, list(id, 2, ""), owner(id)).await;
    assert_eq!(first, ["Alpha", "Bravo"]);
    // What comes in between is neither doubled nor does it move what follows.
    fixture.group(id, "Able", vec![]).await;
    let (second, token) = names(&fixture, list(id, 2, &token), owner(id)).await;
    assert_eq!(second, ["Charlie", "Delta"]);
    let (third, token) = names(&fixture, list(id, 2, &token), owner(id)).await;
    assert_eq!((third, token.as_str()), (vec!["alpha".to_owned()], ""));
    let (all, token) = names(&fixture, list(id, 5000, ""), owner(id)).await;
    assert_eq!((all.len(), token.as_str()), (6, ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_token_belongs_to_its_list_and_its_reader() {
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    for called in ["A", "B"] {
        fixture.group(id, called, vec![]).await;
        fixture.group(other, called, vec![]).await;
    }
    let (_, token) = names(&fixture, list(id, 1, ""), owner(id)).await;
    let viewer = TestCaller::member("viewer", id, Role::Viewer);
    let last = token.chars().last().unwrap();
    let changed = format!(
        "{}{}",
        &token[..token.len() - 1],
        if last == 'A' { 'B' } else { 'A' }
    );
    for (who, request) in [
        (viewer, list(id, 1, &token)),
        (owner(other), list(other, 1, &token)),
        (owner(id), list(id, 1, "nonsense")),
        (owner(id), list(id, 1, &changed)),
    ] {
        refused(
            fixture.groups(who).list_groups(request).await,
            ErrorReason::PageTokenInvalid,
        );
    }
    let negative = fixture.groups(owner(id)).list_groups(list(id, -1, "")).await;
    assert_eq!(fields(negative, ErrorReason::InvalidRequest), ["page_size"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_takes_nobody_while_it_is_inactive() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let training = fixture.taken(id).await;
    let made = fixture.group(id, "Staff", vec![training]).await;
    let mut groups = fixture.groups(owner(id));
    let deactivate = pb::DeactivateGroupRequest {
        name: made.name.clone(),
        request_id: String::new(),
    };
    let inactive = groups.deactivate_group(deactivate.clone()).await.unwrap();
    let inactive = inactive.into_inner().group.unwrap();
    assert_eq!(inactive.state(), pb::GroupState::Inactive);
    assert_eq!(
        (inactive.etag.as_str(), &inactive.trainings),
        ("2", &made.trainings)
    );
    let again = groups.deactivate_group(deactivate).await.unwrap().into_inner();
    assert_eq!(again.group, Some(inactive.clone()));
    let get = pb::GetGroupRequest {
        name: made.name.clone(),
    };
    let found = groups.get_group(get).await.unwrap().into_inner();
    assert_eq!(found.group, Some(inactive));

    let reactivate = pb::ReactivateGroupRequest {
        name: made.name,
        request_id: String::new(),
    };
    let active = groups.reactivate_group(reactivate.clone()).await.unwrap();
    let active = active.into_inner().group.unwrap();
    assert_eq!(
        (active.state(), active.etag.as_str()),
        (pb::GroupState::Active, "3")
    );
    let again = groups.reactivate_group(reactivate).await.unwrap().into_inner();
    assert_eq!(again.group, Some(active));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_of_another_organization_is_not_found() {
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    let theirs = fixture.group(other, "Staff", vec![]).await;
    let own = theirs.name.replace(&name(other), &name(id));
    let mut groups = fixture.groups(owner(id));
    let get = pb::GetGroupRequest { name: own.clone() };
    refused(groups.get_group(get).await, ErrorReason::NotFound);
    let deactivate = pb::DeactivateGroupRequest {
        name: own,
        request_id: String::new(),
    };
    refused(groups.deactivate_group(deactivate).await, ErrorReason::NotFound);
}
