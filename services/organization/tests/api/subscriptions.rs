//! Subscriptions, and the limits that follow from them.

use std::time::Duration;

use muster_identity::Role;
use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_proto::organization::v1::subscription_service_client::SubscriptionServiceClient;
use muster_refusal::ErrorReason;
use muster_server::convert::timestamp;
use muster_testkit::{TestCaller, TestChannel};
use uuid::Uuid;

use crate::fixture::{Fixture, name, owner};
use crate::join_pages;
use crate::refused::{fact, fields, refused};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const BASIC: pb::Limits = pb::Limits {
    invitations_by_hand: 10,
    import_rows: 0,
    messages_per_day: 500,
};
const PREMIUM: pb::Limits = pb::Limits {
    invitations_by_hand: 10,
    import_rows: 500,
    messages_per_day: 5000,
};

pub(crate) fn premium(id: OrganizationId) -> pb::ActivateSubscriptionRequest {
    pb::ActivateSubscriptionRequest {
        name: format!("{}/subscription", name(id)),
        plan: pb::Plan::Premium.into(),
        limits: Some(PREMIUM),
        end_time: None,
        reason: "invoice paid".to_owned(),
        request_id: String::new(),
    }
}

fn subscriptions(fixture: &Fixture, who: TestCaller) -> SubscriptionServiceClient<TestChannel> {
    SubscriptionServiceClient::new(fixture.service.calls_of(who))
}

async fn in_force(fixture: &Fixture, id: OrganizationId) -> (pb::Plan, pb::Limits) {
    let viewer = TestCaller::member("viewer", id, Role::Viewer);
    let asked = pb::GetLimitsRequest { parent: name(id) };
    let limits = subscriptions(fixture, viewer)
        .get_limits(asked)
        .await
        .unwrap()
        .into_inner();
    (limits.plan(), limits.limits.unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_subscription_the_basic_limits_hold() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    assert_eq!(in_force(&fixture, id).await, (pb::Plan::Basic, BASIC));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_replaces_the_one_before_and_is_audited() {
    let fixture = Fixture::new().await;
    let (id, other) = (fixture.active().await, fixture.active().await);
    let mut staff = subscriptions(&fixture, TestCaller::staff(id));
    let given = staff
        .activate_subscription(premium(id))
        .await
        .unwrap()
        .into_inner()
        .subscription
        .unwrap();
    assert_eq!(
        (given.plan(), given.limits, given.end_time),
        (pb::Plan::Premium, Some(PREMIUM), None)
    );
    assert_eq!(in_force(&fixture, id).await, (pb::Plan::Premium, PREMIUM));
    assert_eq!(in_force(&fixture, other).await, (pb::Plan::Basic, BASIC));
    let more = pb::Limits {
        import_rows: 100_000,
        ..PREMIUM
    };
    let request = pb::ActivateSubscriptionRequest {
        limits: Some(more),
        ..premium(id)
    };
    staff.activate_subscription(request).await.unwrap();
    assert_eq!(in_force(&fixture, id).await, (pb::Plan::Premium, more));
    let acts =
        "SELECT count(*) FROM staff_acts WHERE act = 'ACTIVATE_SUBSCRIPTION' AND reason = 'invoice paid'";
    assert_eq!(fixture.service.database.count(acts).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn past_its_end_a_plan_is_in_force_no_more() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let end = timestamp(fixture.service.clock.now() + DAY);
    let request = pb::ActivateSubscriptionRequest {
        end_time: Some(end),
        ..premium(id)
    };
    subscriptions(&fixture, TestCaller::staff(id))
        .activate_subscription(request)
        .await
        .unwrap();
    fixture.service.clock.advance(DAY - Duration::from_micros(1));
    assert_eq!(in_force(&fixture, id).await.0, pb::Plan::Premium);
    fixture.service.clock.advance(Duration::from_micros(1));
    assert_eq!(in_force(&fixture, id).await, (pb::Plan::Basic, BASIC));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repeated_activation_is_answered_also_after_the_end() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let end = timestamp(fixture.service.clock.now() + Duration::from_secs(60));
    let request_id = "0190a6d4-7b3e-7c52-9f2b-2f6d0e1a4c88".to_owned();
    let request = pb::ActivateSubscriptionRequest {
        end_time: Some(end),
        request_id,
        ..premium(id)
    };
    let mut staff = subscriptions(&fixture, TestCaller::staff(id));
    let first = staff
        .activate_subscription(request.clone())
        .await
        .unwrap()
        .into_inner();
    fixture.service.clock.advance(DAY / 2);
    assert_eq!(
        first,
        staff.activate_subscription(request).await.unwrap().into_inner()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subscription_that_makes_no_sense_is_refused() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let mut staff = subscriptions(&fixture, TestCaller::staff(id));
    let ended = Some(timestamp(fixture.service.clock.now()));
    let request = pb::ActivateSubscriptionRequest {
        end_time: ended,
        plan: pb::Plan::Basic.into(),
        ..premium(id)
    };
    let answer = staff.activate_subscription(request).await;
    assert_eq!(
        fields(answer, ErrorReason::InvalidRequest),
        ["end_time", "limits.import_rows"]
    );
    let limits = Some(pb::Limits {
        invitations_by_hand: 0,
        import_rows: -1,
        messages_per_day: 0,
    });
    let request = pb::ActivateSubscriptionRequest {
        plan: 0,
        limits,
        reason: String::new(),
        ..premium(id)
    };
    let answer = staff.activate_subscription(request).await;
    assert_eq!(
        fields(answer, ErrorReason::InvalidRequest),
        [
            "plan",
            "limits.invitations_by_hand",
            "limits.import_rows",
            "limits.messages_per_day",
            "reason"
        ]
    );
    let never = Some(prost_types::Timestamp {
        seconds: i64::MAX,
        nanos: 0,
    });
    let request = pb::ActivateSubscriptionRequest {
        end_time: never,
        ..premium(id)
    };
    assert_eq!(
        fields(
            staff.activate_subscription(request).await,
            ErrorReason::InvalidRequest
        ),
        ["end_time"]
    );
    assert_eq!(
        fixture
            .service
            .database
            .count("SELECT count(*) FROM subscriptions")
            .await,
        0
    );
    assert_eq!(in_force(&fixture, id).await, (pb::Plan::Basic, BASIC));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_gets_a_plan_who_does_not_exist() {
    let fixture = Fixture::new().await;
    let nowhere = OrganizationId::from_uuid(Uuid::from_u128(1));
    let answer = subscriptions(&fixture, TestCaller::staff(nowhere))
        .activate_subscription(premium(nowhere))
        .await;
    refused(answer, ErrorReason::NotFound);
    let id = fixture.active().await;
    let request = pb::ActivateSubscriptionRequest {
        name: name(id),
        ..premium(id)
    };
    let answer = subscriptions(&fixture, TestCaller::staff(id))
        .activate_subscription(request)
        .await;
    assert_eq!(fields(answer, ErrorReason::InvalidRequest), ["name"]);
    let asked = pb::GetLimitsRequest {
        parent: name(nowhere),
    };
    refused(
        subscriptions(&fixture, owner(id)).get_limits(asked).await,
        ErrorReason::PermissionDenied,
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_organization_that_was_refused_or_closed_gets_no_plan() {
    let fixture = Fixture::new().await;
    for state in ["REJECTED", "CLOSED"] {
        let id = fixture.active().await;
        let becomes = format!("UPDATE organizations SET state = '{state}' WHERE organization_id = '{id}'");
        fixture.execute(becomes).await;
        let mut staff = subscriptions(&fixture, TestCaller::staff(id));
        let status = refused(
            staff.activate_subscription(premium(id)).await,
            ErrorReason::OrganizationState,
        );
        assert_eq!(fact(&status, "state").as_deref(), Some(state));
        assert_eq!(in_force(&fixture, id).await, (pb::Plan::Basic, BASIC));
    }
    let suspended = fixture.active().await;
    fixture.suspend(suspended, "an inspection").await.unwrap();
    let mut staff = subscriptions(&fixture, TestCaller::staff(suspended));
    staff.activate_subscription(premium(suspended)).await.unwrap();
}

/// What was made with a plan stays, to be read and to go on with when there is one again.
#[tokio::test(flavor = "multi_thread")]
async fn a_downgrade_deletes_nothing() {
    let fixture = Fixture::new().await;
    let id = join_pages::ready(&fixture).await;
    let training = fixture.taken(id).await;
    fixture.group(id, "Nurses", vec![training]).await;
    let page = join_pages::page(true, "sunrise", &["example.org"]);
    let paths = ["enabled", "slug", "allowed_domains"];
    let page = join_pages::update(&fixture, id, page, &paths).await.unwrap();
    assert!(page.is_open);
    let kept = async || {
        let mut kept = Vec::new();
        for rows in [
            "groups",
            "group_trainings",
            "locations",
            "catalog_trainings",
            "join_pages",
        ] {
            let all = format!(
                "SELECT jsonb_agg(held ORDER BY held::text)::text
                 FROM (SELECT to_jsonb(t) AS held FROM {rows} AS t WHERE organization_id = '{id}') AS rows"
            );
            let all: String = sqlx::query_scalar(sqlx::AssertSqlSafe(all))
                .fetch_one(&mut fixture.service.database.connection().await)
                .await
                .unwrap();
            kept.push(all);
        }
        kept
    };
    let before = kept().await;
    let plan = |plan: pb::Plan, limits| pb::ActivateSubscriptionRequest {
        plan: plan.into(),
        limits: Some(limits),
        ..premium(id)
    };
    let mut staff = subscriptions(&fixture, TestCaller::staff(id));
    let basic = plan(pb::Plan::Basic, BASIC);
    staff.activate_subscription(basic).await.unwrap();
    assert_eq!(kept().await, before);
    let closed = pb::JoinPage {
        is_open: false,
        missing: vec![pb::JoinPageNeed::Subscription.into()],
        ..page.clone()
    };
    assert_eq!(join_pages::get(&fixture, id).await, closed);
    staff
        .activate_subscription(plan(pb::Plan::Premium, PREMIUM))
        .await
        .unwrap();
    assert_eq!(join_pages::get(&fixture, id).await, page);
    assert_eq!(kept().await, before);
}
