//! `GrantService`.

use std::time::Duration;

use futures::future::join_all;
use muster_ids::{GrantId, GrantName};
use muster_proto::records::v1::{CreateGrantRequest, Grant, GrantState, RevokeGrantRequest};
use muster_refusal::{ErrorReason, fields_of, quota_of, retry_after_of};
use muster_testkit::{TestCaller, acts, eventually};
use tonic::Status;

use crate::fixture::{Fixture, person_id, person_name, reason, seen};
use crate::people::BY_HAND;

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(24 * 3600);
const GRANTS: &str = "SELECT count(*) FROM grants";

impl Fixture {
    pub(crate) async fn revoke(&self, person: &str, name: impl ToString) -> Result<Grant, Status> {
        let request = RevokeGrantRequest {
            name: name.to_string(),
            request_id: String::new(),
        };
        let mut client = self.grants(TestCaller::person(person));
        let revoked = client.revoke_grant(request).await?;
        Ok(revoked.into_inner().grant.unwrap())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_learner_grants_and_granting_again_answers_the_same() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let grant = fixture.grant("learner-1").await.unwrap();
    assert_eq!(
        (grant.state(), grant.organization.clone()),
        (GrantState::Active, fixture.organization_name().to_string())
    );
    assert!(grant.create_time.is_some() && grant.revoke_time.is_none());
    assert_eq!(fixture.grant("learner-1").await.unwrap(), grant);
    let by_own_id = CreateGrantRequest {
        parent: person_name("learner-1").to_string(),
        ..fixture.grant_request()
    };
    let answer = fixture
        .grants(TestCaller::person("learner-1"))
        .create_grant(by_own_id)
        .await
        .unwrap();
    assert_eq!(answer.into_inner().grant, Some(grant));
    assert_eq!(fixture.service.database.count(GRANTS).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_ends_with_the_employment_and_does_not_come_back_with_the_next() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let grant = fixture.grant("learner-1").await.unwrap();
    acts::close_organization(&fixture.organizations, fixture.organization).await;
    let lapsed = "SELECT count(*) FROM grants WHERE state = 'LAPSED' AND version = 2";
    eventually(async || fixture.service.database.count(lapsed).await == 1).await;
    assert_eq!(fixture.known("learner-1").await.state, "ENDED");
    let again = fixture.revoke("learner-1", &grant.name).await.unwrap();
    assert_eq!(again.state(), GrantState::Lapsed);
    fixture.employments.outbox().publish_all_again().await;
    fixture.employments.outbox().drained().await;
    assert_eq!(fixture.service.database.count(lapsed).await, 1);
    let anew = fixture.grant("learner-1").await;
    assert_eq!(reason(anew), ErrorReason::EmploymentRequired);
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_grants_at_once_are_one() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let granted = join_all((0..16).map(|_| fixture.grant("learner-1"))).await;
    let names: std::collections::BTreeSet<_> = granted.into_iter().map(|grant| grant.unwrap().name).collect();
    assert_eq!(
        (names.len(), fixture.service.database.count(GRANTS).await),
        (1, 1)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_with_an_open_employment_can_anybody_consent() {
    let fixture = Fixture::start().await;
    assert_eq!(
        reason(fixture.grant("learner-1").await),
        ErrorReason::EmploymentRequired
    );
    // Rejected, and nothing is known of it here any more: its owner is asked.
    fixture.verify("learner-1", &[]).await;
    let reject = "UPDATE employments SET state = 'REJECTED' WHERE state = 'VERIFIED'";
    fixture.employments.database.execute(reject).await;
    let forget = "DELETE FROM employment_projection";
    fixture.service.database.execute(forget).await;
    assert_eq!(
        reason(fixture.grant("learner-1").await),
        ErrorReason::EmploymentRequired
    );
    fixture.verify("learner-2", &[]).await;
    for statement in [
        "UPDATE employment_projection SET state = 'ENDED'",
        "UPDATE employment_projection SET state = 'WITHDRAWN'",
    ] {
        fixture.service.database.execute(statement).await;
        assert_eq!(
            reason(fixture.grant("learner-2").await),
            ErrorReason::EmploymentRequired
        );
    }
    assert_eq!(fixture.service.database.count(GRANTS).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_open_claim_is_enough_to_consent_and_is_asked_for_once() {
    let mut fixture = Fixture::start().await;
    fixture.claim("learner-1").await;
    assert_eq!(
        fixture.grant("learner-1").await.unwrap().state(),
        GrantState::Active
    );
    fixture.employments.leave().await;
    fixture.grant("learner-1").await.unwrap();
    assert_eq!(reason(fixture.grant("learner-2").await), ErrorReason::Unavailable);
}

/// Neither the event of the acceptance nor that of the employment has come.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_has_just_accepted_consents_while_everything_is_on_its_way() {
    let fixture = Fixture::start().await;
    let training = fixture.new_training("T-1").await;
    let group = fixture.new_group(&[training]).await;
    let outboxes = [fixture.invitations.outbox(), fixture.employments.outbox()];
    for outbox in outboxes {
        outbox.hold().await;
    }
    fixture.accept("learner-1", &[group], BY_HAND).await;
    let consents = join_all((0..8).map(|_| fixture.grant("learner-1"))).await;
    let granted: std::collections::BTreeSet<_> =
        consents.into_iter().map(|grant| grant.unwrap().name).collect();
    assert_eq!(granted.len(), 1);
    assert_eq!(fixture.known("learner-1").await.state, "VERIFIED");
    fixture.read("learner-1").await.unwrap();
    assert_eq!(
        reason(fixture.grant("learner-2").await),
        ErrorReason::EmploymentRequired
    );
    let employed = "SELECT count(*) FROM employments WHERE person_display_name = 'learner-1'";
    assert_eq!(fixture.employments.database.count(employed).await, 1);
    assert_eq!(fixture.assignments_of("learner-1").await.len(), 0);

    for outbox in outboxes {
        outbox.release().await;
    }
    eventually(async || fixture.assignments_of("learner-1").await.len() == 1).await;
    assert_eq!(fixture.employments.database.count(employed).await, 1);
    let again = fixture.grant("learner-1").await.unwrap();
    assert_eq!(
        (again.state(), granted.contains(&again.name)),
        (GrantState::Active, true)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_consents_or_takes_back_for_somebody_else() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.verify("learner-2", &[]).await;
    let name = fixture.grant("learner-1").await.unwrap().name;
    let for_another = CreateGrantRequest {
        parent: person_name("learner-1").to_string(),
        ..fixture.grant_request()
    };
    for (who, refused) in [
        (TestCaller::person("learner-2"), ErrorReason::PermissionDenied),
        (fixture.admin(), ErrorReason::PermissionDenied),
        (TestCaller::platform_staff(), ErrorReason::PermissionDenied),
        (
            TestCaller::WorkloadThroughEdge("learning-system"),
            ErrorReason::PermissionDenied,
        ),
        (TestCaller::Anonymous, ErrorReason::PermissionDenied),
        (TestCaller::Nobody, ErrorReason::TokenMissing),
    ] {
        let granted = fixture
            .grants(who.clone())
            .create_grant(for_another.clone())
            .await;
        assert_eq!(reason(granted), refused, "{who:?}");
        let request = RevokeGrantRequest {
            name: name.clone(),
            request_id: String::new(),
        };
        let revoked = fixture.grants(who.clone()).revoke_grant(request).await;
        assert_eq!(reason(revoked), refused, "{who:?}");
    }
    assert_eq!(fixture.grant("learner-1").await.unwrap().name, name);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_is_taken_back_and_a_new_one_is_another() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let grant = fixture.grant("learner-1").await.unwrap();
    let revoked = fixture
        .revoke(
            "learner-1",
            grant
                .name
                .replace(&person_name("learner-1").to_string(), "persons/me"),
        )
        .await
        .unwrap();
    assert_eq!(
        (revoked.name.clone(), revoked.state()),
        (grant.name.clone(), GrantState::Revoked)
    );
    assert!(revoked.revoke_time.is_some());
    fixture.service.clock.advance(std::time::Duration::from_secs(5));
    assert_eq!(fixture.revoke("learner-1", &grant.name).await.unwrap(), revoked);
    let next = fixture.grant("learner-1").await.unwrap();
    assert_ne!(next.name, grant.name);
    fixture
        .service
        .database
        .execute("UPDATE grants SET state = 'LAPSED' WHERE state = 'ACTIVE'")
        .await;
    assert_eq!(
        fixture.revoke("learner-1", &next.name).await.unwrap().state(),
        GrantState::Lapsed
    );
}

/// What was granted stays in the histories for ever, whatever became of it.
#[tokio::test(flavor = "multi_thread")]
async fn who_grants_on_other_terms_again_and_again_has_to_stop_for_a_while() {
    let fixture = Fixture::start_with_limit("3").await;
    fixture.verify("learner-1", &[]).await;
    fixture.verify("learner-2", &[]).await;
    let mut last = None;
    for number in 1..=3 {
        last = Some(fixture.grant_until("learner-1", DAY * number).await.unwrap());
        fixture.service.clock.advance(SECOND);
    }
    let last = last.unwrap();
    let refused = fixture.grant_until("learner-1", DAY * 4).await.unwrap_err();
    assert_eq!(quota_of(&refused), Some((3, 3)));
    assert_eq!(retry_after_of(&refused), Some(DAY * 30 - SECOND * 3));
    assert_eq!(reason(Err::<(), _>(refused)), ErrorReason::RateLimited);
    fixture.read("learner-1").await.unwrap();
    assert_eq!(fixture.service.database.count(GRANTS).await, 3);
    // The same again is no further one, others are not in the way, and what was granted is taken back.
    let mut same = fixture.grant_request();
    same.grant.as_mut().unwrap().expire_time = last.expire_time;
    let mut learner = fixture.grants(TestCaller::person("learner-1"));
    let answer = learner.create_grant(same).await.unwrap().into_inner();
    assert_eq!(answer.grant.unwrap().name, last.name);
    fixture.grant("learner-2").await.unwrap();
    fixture.revoke("learner-1", &last.name).await.unwrap();
    assert_eq!(reason(fixture.grant("learner-1").await), ErrorReason::RateLimited);

    fixture.pass(DAY * 30 - SECOND * 3);
    fixture.grant("learner-1").await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_grant_of_another_person_is_not_found_like_one_that_does_not_exist() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let name: GrantName = fixture.grant("learner-1").await.unwrap().name.parse().unwrap();
    let of_another = GrantName {
        person: person_id("learner-2"),
        ..name
    };
    let absent = GrantName {
        grant: GrantId::from_uuid(fixture.new_id()),
        ..of_another
    };
    let foreign = fixture.revoke("learner-2", of_another).await;
    assert_eq!(
        muster_refusal::reason_of(foreign.as_ref().unwrap_err()),
        Some(ErrorReason::NotFound)
    );
    assert_eq!(seen(foreign), seen(fixture.revoke("learner-2", absent).await));
    assert_eq!(fixture.grant("learner-1").await.unwrap().name, name.to_string());
}

#[tokio::test(flavor = "multi_thread")]
async fn repeated_requests_get_the_same_answers_and_their_ids_serve_no_others() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let mut learner = fixture.grants(TestCaller::person("learner-1"));
    let request = CreateGrantRequest {
        request_id: fixture.new_id().to_string(),
        ..fixture.grant_request()
    };
    let first = learner.create_grant(request.clone()).await.unwrap().into_inner();
    let revoke = RevokeGrantRequest {
        name: first.grant.clone().unwrap().name,
        request_id: fixture.new_id().to_string(),
    };
    let revoked = learner.revoke_grant(revoke.clone()).await.unwrap().into_inner();
    assert_eq!(
        learner.create_grant(request.clone()).await.unwrap().into_inner(),
        first
    );
    assert_eq!(
        learner.revoke_grant(revoke.clone()).await.unwrap().into_inner(),
        revoked
    );
    assert_eq!(fixture.service.database.count(GRANTS).await, 1);

    let other = CreateGrantRequest {
        parent: person_name("learner-1").to_string(),
        ..request
    };
    assert_eq!(
        reason(learner.create_grant(other).await),
        ErrorReason::RequestIdReused
    );
    let name = GrantName {
        person: person_id("learner-1"),
        grant: GrantId::from_uuid(fixture.new_id()),
    };
    let other = RevokeGrantRequest {
        name: name.to_string(),
        ..revoke
    };
    assert_eq!(
        reason(learner.revoke_grant(other).await),
        ErrorReason::RequestIdReused
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_malformed_consent_is_told_everything_that_is_wrong() {
    let fixture = Fixture::start().await;
    let mut learner = fixture.grants(TestCaller::person("learner-1"));
    let nowhere = Grant {
        organization: "organizations/x".to_owned(),
        ..Default::default()
    };
    let request = CreateGrantRequest {
        parent: "persons/you".to_owned(),
        grant: Some(nowhere),
        request_id: "seven".to_owned(),
    };
    let refused = learner.create_grant(request.clone()).await.unwrap_err();
    let fields = fields_of(&refused);
    assert_eq!(fields, ["request_id", "parent", "grant.organization"]);
    // Who asks for another person is told nothing.
    let for_another = CreateGrantRequest {
        parent: person_name("learner-2").to_string(),
        ..request
    };
    assert_eq!(
        reason(learner.create_grant(for_another).await),
        ErrorReason::PermissionDenied
    );
    let nothing = CreateGrantRequest {
        grant: None,
        ..fixture.grant_request()
    };
    assert_eq!(
        reason(learner.create_grant(nothing).await),
        ErrorReason::InvalidRequest
    );
    assert_eq!(
        reason(fixture.revoke("learner-1", "persons/me/grants/x").await),
        ErrorReason::InvalidRequest
    );
}
