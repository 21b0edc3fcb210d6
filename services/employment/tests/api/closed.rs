//! What follows from the closing of an organization.

use muster_proto::employment::v1::{EmploymentState as S, RejectionReason};
use muster_proto::organization::v1::{OrganizationApprovedEvent, OrganizationClosedEvent};
use muster_refusal::{ErrorReason as R, reason_of};
use muster_testkit::{TestCaller, acts, eventually};

use crate::claim::at;
use crate::fixture::{Fixture, person_name, reason};

const HEARD: &str = "SELECT count(*) FROM inbox WHERE event_type = 'organization.closed'";
const DONE: &str = "SELECT count(*) FROM closings WHERE finish_time IS NOT NULL";

const OPEN: &str = "SELECT count(*) FROM employments WHERE state IN ('VERIFIED', 'PENDING_VERIFICATION')";

impl Fixture {
    async fn close(&self) {
        acts::close_organization(&self.organizations, self.organization).await;
        eventually(async || self.service.database.count(DONE).await == 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everybodys_open_employment_ends_and_is_published_once_however_often_it_is_told() {
    let fixture = Fixture::start().await;
    fixture.employ_anywhere("learner-1").await;
    let claim = fixture.claimed("learner-2").await;
    let rejected = fixture.claimed("learner-3").await;
    fixture
        .reject(&rejected.name, RejectionReason::Other, "unknown")
        .await
        .unwrap();
    let mut open = Vec::new();
    for person in ["owner", "learner-1", "learner-2"] {
        open.push(fixture.employment_of(person).await.name);
    }
    fixture.crowd(450).await;
    fixture.close().await;

    for name in open {
        let ended = fixture.read(&name).await;
        assert_eq!(
            (ended.state(), ended.end_reason.as_str()),
            (S::Ended, "The organization was closed.")
        );
    }
    assert_eq!(fixture.read(&rejected.name).await.state(), S::Rejected);
    assert_eq!(fixture.published("employment.ended").await, 453);
    assert_eq!(fixture.service.database.count(OPEN).await, 0);
    let by = "SELECT count(DISTINCT actor) FROM outbox WHERE event_type = 'employment.ended' AND actor LIKE 'person:%'";
    assert_eq!(fixture.service.database.count(by).await, 1, "whoever closed it");

    fixture.organizations.outbox().publish_all_again().await;
    fixture.organizations.outbox().drained().await;
    let publisher = fixture.publisher_of("organization").await;
    let event = OrganizationClosedEvent {
        organization: fixture.organization_name().to_string(),
    };
    let aggregate = fixture.organization.as_uuid();
    publisher.publish(fixture.organization, aggregate, 9, event).await;
    eventually(async || fixture.service.database.count(HEARD).await == 2).await;
    assert_eq!(fixture.service.database.count(DONE).await, 1);
    assert_eq!(fixture.published("employment.ended").await, 453);
    assert_eq!(fixture.read(&claim.name).await.state(), S::Ended);
}

/// The service is away while an invitation is accepted and the organization closed: in whichever order it hears of them.
#[tokio::test(flavor = "multi_thread")]
async fn what_comes_after_it_employs_nobody() {
    let mut fixture = Fixture::start().await;
    let invitation = fixture.invite(&[fixture.new_group().await]).await;
    let rejected = fixture.claimed("learner-3").await;
    fixture
        .reject(&rejected.name, RejectionReason::Other, "unknown")
        .await
        .unwrap();
    let heard = fixture.applied().await;
    fixture.service.leave().await;
    acts::accept(&fixture.invitations, invitation, "learner-1").await;
    acts::close_organization(&fixture.organizations, fixture.organization).await;
    fixture.service.come_back().await;
    eventually(async || fixture.service.database.count(DONE).await == 1).await;
    fixture.wait_applied(heard + 1).await;
    assert_eq!(fixture.service.database.count(OPEN).await, 0);

    let claimed = fixture
        .claim(
            TestCaller::person("learner-2"),
            vec![at(fixture.organization_name())],
        )
        .await;
    assert_eq!(
        reason(claimed.map(tonic::Response::new)),
        R::OrganizationNotActive
    );
    let corrected = fixture.correct("learner-3", &rejected.name).await;
    assert_eq!(reason(corrected), R::OrganizationNotActive);

    // What was on its way for longest.
    let publisher = fixture.publisher_of("organization").await;
    let approved = OrganizationApprovedEvent {
        organization: fixture.organization_name().to_string(),
        director: person_name("owner").to_string(),
    };
    let aggregate = fixture.organization.as_uuid();
    publisher
        .publish(fixture.organization, aggregate, 7, approved)
        .await;
    let heard = "SELECT count(*) FROM inbox WHERE event_type = 'organization.approved'";
    eventually(async || fixture.service.database.count(heard).await == 2).await;
    assert_eq!(fixture.service.database.count(OPEN).await, 0);
    assert_eq!(fixture.employments_of("owner").await.len(), 1);
}

/// Claims that have asked whether the organization is active, and come to be stored when it no longer is.
#[tokio::test(flavor = "multi_thread")]
async fn no_claim_outlives_a_closing_that_it_raced_with() {
    let mut fixture = Fixture::start().await;
    for round in 1..=6 {
        let site = fixture.organization_name();
        let claims = (0..8).map(|number| {
            let claimant = TestCaller::person(&format!("learner-{number}"));
            fixture.claim(claimant, vec![at(site)])
        });
        let closing = acts::close_organization(&fixture.organizations, fixture.organization);
        let (claimed, ()) = tokio::join!(futures::future::join_all(claims), closing);
        for refused in claimed.into_iter().filter_map(Result::err) {
            assert_eq!(reason_of(&refused), Some(R::OrganizationNotActive));
        }
        eventually(async || fixture.service.database.count(DONE).await == round).await;
        eventually(async || fixture.service.database.count(OPEN).await == 0).await;
        let heard = "SELECT count(*) FROM inbox WHERE event_type = 'organization.approved'";
        let before = fixture.service.database.count(heard).await;
        fixture.organization = acts::open_organization(&fixture.organizations, "owner").await;
        eventually(async || fixture.service.database.count(heard).await == before + 1).await;
    }
}

/// By the calendar of the organization; and what has not begun never began.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_day_is_that_of_the_organization_and_not_before_the_first() {
    let fixture = Fixture::start().await;
    let began = fixture.employed("learner-1").await.name;
    let to_begin = fixture.employed("learner-2").await.name;
    fixture
        .restart("learner-2", &to_begin, "2026-04-01")
        .await
        .unwrap();
    // The second of March in Greenwich, and the first in Michigan.
    fixture.advance_to(time::macros::datetime!(2026-03-02 01:00 UTC));
    fixture.close().await;
    for (name, last_day) in [(began, "2026-03-01"), (to_begin, "2026-04-01")] {
        let ended = fixture.read(&name).await;
        assert_eq!((ended.state(), ended.last_day.as_str()), (S::Ended, last_day));
    }
}
