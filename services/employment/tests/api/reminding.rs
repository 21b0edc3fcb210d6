//! A person reminds those who can verify their employment.

use std::time::Duration;

use muster_client::acts::employment as act;
use muster_proto::employment::v1::{RejectionReason, RemindVerifiersRequest, RemindVerifiersResponse};
use muster_refusal::{ErrorReason as R, reason_of, retry_after_of};
use muster_server::convert::timestamp;
use muster_testkit::{TestCaller, acts};
use tonic::Status;
use uuid::Uuid;

use crate::claim::at;
use crate::fixture::Fixture;

const DAY: Duration = Duration::from_secs(24 * 3600);
const MAILS: &str = "SELECT coalesce(sum(number), 0)::bigint FROM verification_notices";

impl Fixture {
    async fn remind(
        &self,
        who: &str,
        name: &str,
        request_id: &str,
    ) -> Result<RemindVerifiersResponse, Status> {
        let request = RemindVerifiersRequest {
            name: name.to_owned(),
            request_id: request_id.to_owned(),
        };
        let mut own = self.person_employments(TestCaller::person(who));
        Ok(own.remind_verifiers(request).await?.into_inner())
    }

    /// As soon as what was renewed is read.
    async fn remind_later(&self, who: &str, name: &str, request_id: &str) -> RemindVerifiersResponse {
        for service in [&self.service, &self.organizations, &self.invitations] {
            service.renew_tokens();
        }
        muster_testkit::eventually_some(async || self.remind(who, name, request_id).await.ok()).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_waits_reminds_once_in_three_days_and_those_who_can_verify_are_mailed() {
    let fixture = Fixture::start().await;
    let claimed = fixture
        .claim(
            TestCaller::person("learner-1"),
            vec![at(fixture.organization_name())],
        )
        .await
        .unwrap();
    let name = claimed[0].name.clone();
    let mails = async || fixture.service.database.count(MAILS).await;
    assert_eq!(mails().await, 1, "the claim has told the owner");
    fixture.service.clock.advance(DAY);
    let id = Uuid::from_u128(7).to_string();
    let reminded = fixture.remind_later("learner-1", &name, &id).await;
    assert_eq!(mails().await, 2);
    let next = fixture.service.clock.now() + DAY * 3;
    assert_eq!(reminded.next_remind_time, Some(timestamp(next)));
    assert_eq!(reminded.verifier_count, 1);
    let repeated = fixture.remind("learner-1", &name, &id).await.unwrap();
    assert_eq!(repeated, reminded, "a repeated call is the same reminder");
    let early = fixture.remind("learner-1", &name, "").await.unwrap_err();
    assert_eq!(retry_after_of(&early), Some(DAY * 3));
    assert_eq!(reason_of(&early), Some(R::RateLimited));
    assert_eq!(mails().await, 2);
    let before = fixture.employment_of("learner-1").await;
    fixture.service.clock.advance(DAY * 3);
    fixture.remind_later("learner-1", &name, "").await;
    assert_eq!(mails().await, 3);
    assert_eq!(
        fixture.employment_of("learner-1").await,
        before,
        "it is no change of it"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_who_waits_reminds_and_of_their_own() {
    let fixture = Fixture::start().await;
    let claimed = fixture
        .claim(
            TestCaller::person("learner-1"),
            vec![at(fixture.organization_name())],
        )
        .await
        .unwrap();
    let name = claimed[0].name.clone();
    let refused = async |who: &'static str| reason_of(&fixture.remind(who, &name, "").await.unwrap_err());
    assert_eq!(refused("learner-2").await, Some(R::NotFound));
    fixture.reject(&name, RejectionReason::Dates, "").await.unwrap();
    assert_eq!(refused("learner-1").await, Some(R::EmploymentRejected));
    fixture.correct("learner-1", &name).await.unwrap();
    fixture.verify(&name).await;
    assert_eq!(refused("learner-1").await, Some(R::EmploymentVerified));
    let admin = fixture.service.calls_of(fixture.admin());
    act::end(&admin, &name, "gone", "").await.unwrap();
    assert_eq!(refused("learner-1").await, Some(R::EmploymentState));
    acts::close_organization(&fixture.organizations, fixture.organization).await;
    assert_eq!(refused("learner-1").await, Some(R::EmploymentState));
}

/// Where nobody hears of it, nobody is told that somebody does, and the three days are not used up.
#[tokio::test(flavor = "multi_thread")]
async fn an_owner_whom_nobody_else_can_verify_is_told_that_nobody_hears_of_it() {
    let fixture = Fixture::start().await;
    let own = fixture.employment_of("owner").await;
    fixture.restart("owner", &own.name, "2026-02-01").await.unwrap();
    for _ in 0..2 {
        let answer = fixture.remind("owner", &own.name, "").await.unwrap();
        let now = timestamp(fixture.service.clock.now());
        assert_eq!(
            (answer.verifier_count, answer.next_remind_time),
            (0, Some(now)),
            "as often as they like"
        );
    }
    assert_eq!(fixture.service.database.count(MAILS).await, 0);
}
