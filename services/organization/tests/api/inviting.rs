//! What the invitation service and the records service ask.

use std::time::Duration;

use muster_clock::Clock;
use muster_ids::{GroupId, GroupName, OrganizationId};
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::group_internal_service_client::GroupInternalServiceClient;
use muster_proto::organization::v1::inviting_internal_service_client::InvitingInternalServiceClient;
use muster_proto::organization::v1::location_service_client::LocationServiceClient;
use muster_proto::organization::v1::subscription_service_client::SubscriptionServiceClient;
use muster_refusal::ErrorReason;
use muster_server::convert::timestamp;
use muster_testkit::{TestCaller, TestChannel, TestSuite};
use time::macros::datetime;
use uuid::Uuid;

use crate::fixture::{Fixture, licensed, name, owner};
use crate::refused::{fields, refused};
use crate::subscriptions::premium;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn inviting(fixture: &Fixture) -> InvitingInternalServiceClient<TestChannel> {
    InvitingInternalServiceClient::new(fixture.service.calls_of(TestCaller::Workload("invitation")))
}

async fn context(fixture: &Fixture, id: OrganizationId) -> pb::GetInvitingContextResponse {
    context_of(fixture, id, vec![], vec![]).await
}

async fn context_of(
    fixture: &Fixture,
    id: OrganizationId,
    groups: Vec<String>,
    locations: Vec<String>,
) -> pb::GetInvitingContextResponse {
    let asked = pb::GetInvitingContextRequest {
        organization: name(id),
        groups,
        locations,
    };
    inviting(fixture)
        .get_inviting_context(asked)
        .await
        .unwrap()
        .into_inner()
}

#[tokio::test(flavor = "multi_thread")]
async fn times_are_told_in_the_zone_of_the_authority_and_in_utc_where_none_was_named() {
    let suite = TestSuite::new(Clock::fixed(datetime!(2026-03-01 12:00 UTC))).await;
    let zones = [("--time-zones", "us-or=America/Los_Angeles")];
    let fixture = Fixture::in_suite_with(suite, &zones).await;
    for (authority, zone) in [("us-or", "America/Los_Angeles"), ("us-mi", "UTC")] {
        let id = fixture.draft("owner", licensed(authority, "DC 000901")).await;
        assert_eq!(context(&fixture, id).await.time_zone, zone);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_context_tells_state_plan_groups_and_locations() {
    let fixture = Fixture::new().await;
    let id = fixture.draft("owner", fixture.profile()).await;
    let empty = context(&fixture, id).await;
    assert_eq!(
        (empty.state(), empty.plan()),
        (pb::OrganizationState::Draft, pb::Plan::Basic)
    );
    assert_eq!(empty.display_name, "Sunshine Day Care");
    assert_eq!(empty.time_zone, "America/Detroit");
    assert!(empty.groups.is_empty() && empty.locations.is_empty());

    let training = fixture.taken(id).await;
    let staff = fixture.group(id, "Staff", vec![training]).await;
    let closed = fixture.group(id, "Closed", vec![]).await;
    let deactivate = "UPDATE groups SET state = 'INACTIVE', version = 2 WHERE display_name = 'Closed'";
    fixture.service.database.execute(deactivate).await;
    let location = pb::Location {
        display_name: "North".to_owned(),
        ..Default::default()
    };
    let request = pb::CreateLocationRequest {
        parent: name(id),
        location: Some(location),
        request_id: String::new(),
    };
    let mut locations = LocationServiceClient::new(fixture.service.calls_of(owner(id)));
    let north = locations
        .create_location(request)
        .await
        .unwrap()
        .into_inner()
        .location
        .unwrap();
    let mut subscriptions = SubscriptionServiceClient::new(fixture.service.calls_of(TestCaller::staff(id)));
    subscriptions.activate_subscription(premium(id)).await.unwrap();

    let other = fixture.active().await;
    let foreign = fixture.group(other, "Theirs", vec![]).await;
    let groups = vec![staff.name.clone(), closed.name.clone(), foreign.name];
    let mut told = context_of(&fixture, id, groups, vec![north.name.clone()]).await;
    assert_eq!(
        (told.plan(), told.limits),
        (pb::Plan::Premium, premium(id).limits)
    );
    told.groups
        .sort_by(|one, other| one.display_name.cmp(&other.display_name));
    let closed = pb::InvitingGroup {
        name: closed.name,
        etag: "2".to_owned(),
        display_name: "Closed".to_owned(),
        state: pb::GroupState::Inactive.into(),
        has_trainings: false,
    };
    let staff = pb::InvitingGroup {
        name: staff.name,
        etag: "1".to_owned(),
        display_name: "Staff".to_owned(),
        state: pb::GroupState::Active.into(),
        has_trainings: true,
    };
    assert_eq!(
        (told.groups, &told.locations),
        (vec![closed.clone(), staff.clone()], &vec![north.clone()])
    );
    assert_eq!(all_groups(&fixture, id, 1).await, [closed, staff]);
    let asked = pb::ListInvitingLocationsRequest {
        organization: name(id),
        ..Default::default()
    };
    let listed = inviting(&fixture).list_inviting_locations(asked).await.unwrap();
    assert_eq!(listed.into_inner().locations, [north]);
}

/// All groups, by pages of this size.
async fn all_groups(fixture: &Fixture, id: OrganizationId, page_size: i32) -> Vec<pb::InvitingGroup> {
    let (mut groups, mut page_token) = (Vec::new(), String::new());
    loop {
        let asked = pb::ListInvitingGroupsRequest {
            organization: name(id),
            page_size,
            page_token,
        };
        let page = inviting(fixture).list_inviting_groups(asked).await.unwrap();
        let page = page.into_inner();
        groups.extend(page.groups);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            return groups;
        }
    }
}

/// Asked about by name or listed, by two statements: a group that requires nothing that is assigned requires nothing.
#[tokio::test(flavor = "multi_thread")]
async fn only_active_trainings_make_a_group_one_that_requires_any() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let (one, other) = (fixture.taken(id).await, fixture.taken(id).await);
    let group = fixture.group(id, "Staff", vec![one.clone(), other.clone()]).await;
    let told = async || {
        let asked = context_of(&fixture, id, vec![group.name.clone()], vec![]).await;
        assert_eq!(asked.groups, all_groups(&fixture, id, 10).await);
        asked
            .groups
            .iter()
            .map(|group| group.has_trainings)
            .collect::<Vec<_>>()
    };
    let deactivate = async |training: &str| {
        let training = training.strip_prefix("trainings/").unwrap();
        let statement = format!(
            "UPDATE catalog_trainings SET state = 'INACTIVE', version = version + 1 WHERE training_id = '{training}'"
        );
        fixture.execute(statement).await;
    };
    assert_eq!(told().await, [true]);
    deactivate(&one).await;
    assert_eq!(told().await, [true]);
    deactivate(&other).await;
    assert_eq!(told().await, [false]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_is_over_and_one_without_an_end_are_told_with_what_is_in_force() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let mut subscriptions = SubscriptionServiceClient::new(fixture.service.calls_of(TestCaller::staff(id)));
    let ends = pb::ActivateSubscriptionRequest {
        end_time: Some(timestamp(fixture.service.clock.now() + DAY)),
        ..premium(id)
    };
    subscriptions.activate_subscription(ends).await.unwrap();
    assert_eq!(context(&fixture, id).await.plan(), pb::Plan::Premium);
    fixture.service.clock.advance(DAY);
    let over = context(&fixture, id).await;
    assert_eq!(over.plan(), pb::Plan::Basic);
    assert_ne!(over.limits, premium(id).limits);
    subscriptions.activate_subscription(premium(id)).await.unwrap();
    let told = context(&fixture, id).await;
    assert_eq!(
        (told.plan(), told.limits),
        (pb::Plan::Premium, premium(id).limits)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_about_the_largest_organization_can_be_told() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    // The longest names, each with as many trainings as a group may have.
    fixture.fill(id, 1000).await;
    let trained = format!(
        "WITH catalog AS (
             INSERT INTO catalog_trainings (organization_id, training_id, create_time)
             SELECT '{id}', gen_random_uuid(), now() FROM generate_series(1, 100) RETURNING training_id)
         INSERT INTO group_trainings (organization_id, group_id, training_id, position)
         SELECT '{id}', group_id, training_id, row_number() OVER (PARTITION BY group_id) FROM groups, catalog"
    );
    fixture.execute(trained).await;
    let all = all_groups(&fixture, id, 1000).await;
    assert_eq!(all.len(), 1000);
    assert!(all.iter().all(|group| group.has_trainings));
    let names: Vec<String> = all.into_iter().map(|group| group.name).collect();
    assert_eq!(
        context_of(&fixture, id, names.clone(), vec![]).await.groups.len(),
        1000
    );
    // What records asks about at once fits too, and the public list ends its pages in time.
    let mut groups =
        GroupInternalServiceClient::new(fixture.service.calls_of(TestCaller::Workload("records")));
    let asked = pb::BatchGetGroupsRequest {
        organization: name(id),
        names: names[..50].to_vec(),
    };
    assert_eq!(
        groups
            .batch_get_groups(asked)
            .await
            .unwrap()
            .into_inner()
            .groups
            .len(),
        50
    );
    let asked = pb::ListGroupsRequest {
        parent: name(id),
        page_size: 1000,
        page_token: String::new(),
    };
    let page = fixture
        .groups(owner(id))
        .list_groups(asked)
        .await
        .unwrap()
        .into_inner();
    assert!((500..1000).contains(&page.groups.len()), "{}", page.groups.len());
    assert!(!page.next_page_token.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_invites_into_an_organization_that_does_not_exist() {
    let fixture = Fixture::new().await;
    let nowhere = OrganizationId::from_uuid(Uuid::from_u128(1));
    let asked = pb::GetInvitingContextRequest {
        organization: name(nowhere),
        ..Default::default()
    };
    refused(
        inviting(&fixture).get_inviting_context(asked).await,
        ErrorReason::NotFound,
    );
    let asked = pb::GetInvitingContextRequest {
        organization: "x".to_owned(),
        ..Default::default()
    };
    let answer = inviting(&fixture).get_inviting_context(asked).await;
    assert_eq!(fields(answer, ErrorReason::InvalidRequest), ["organization"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_with_a_thousand_mistakes_is_refused_for_the_first_of_them() {
    let fixture = Fixture::new().await;
    let asked = pb::GetInvitingContextRequest {
        organization: "x".to_owned(),
        groups: vec!["group".to_owned(); 1000],
        locations: vec!["location".to_owned(); 1000],
    };
    let answer = inviting(&fixture).get_inviting_context(asked).await;
    let wrong = fields(answer, ErrorReason::InvalidRequest);
    assert_eq!(wrong[..3], ["organization", "groups[0]", "groups[1]"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_groups_of_the_organization_are_read() {
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    let training = fixture.taken(id).await;
    let mine = fixture.group(id, "Staff", vec![training]).await;
    let theirs = fixture.group(other, "Staff", vec![]).await;
    let absent = GroupName {
        organization: id,
        group: GroupId::from_uuid(Uuid::from_u128(1)),
    }
    .to_string();
    let their_id = theirs.name.parse::<GroupName>().unwrap().group;
    let disguised = GroupName {
        organization: id,
        group: their_id,
    }
    .to_string();
    let names = vec![mine.name.clone(), theirs.name, absent, disguised];
    let asked = pb::BatchGetGroupsRequest {
        organization: name(id),
        names,
    };
    let mut groups =
        GroupInternalServiceClient::new(fixture.service.calls_of(TestCaller::Workload("records")));
    assert_eq!(
        groups.batch_get_groups(asked).await.unwrap().into_inner().groups,
        [mine]
    );
    let broken = pb::BatchGetGroupsRequest {
        organization: name(id),
        names: vec!["groups/1".to_owned()],
    };
    let answer = groups.batch_get_groups(broken).await;
    assert_eq!(fields(answer, ErrorReason::InvalidRequest), ["names[0]"]);
}
