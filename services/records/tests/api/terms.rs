//! What a consent says is never rewritten: on other terms it is another one.

use std::time::Duration;

use muster_proto::records::v1::{Grant, GrantState};
use muster_testkit::{TestCaller, acts, eventually};
use tonic::Status;

use crate::fixture::Fixture;

const HOUR: Duration = Duration::from_secs(60 * 60);

impl Fixture {
    /// To these words, for good.
    async fn grant_to(&self, person: &str, wording: &str) -> Result<Grant, Status> {
        let mut request = self.grant_request();
        request.grant.as_mut().unwrap().wording = wording.to_owned();
        let granted = self
            .grants(TestCaller::person(person))
            .create_grant(request)
            .await?;
        Ok(granted.into_inner().grant.unwrap())
    }

    /// What the person sees, newest first: where each stands, and whether it has an end.
    async fn seen(&self, person: &str) -> Vec<(GrantState, bool)> {
        let grants = self.own_grants(person).await;
        grants
            .iter()
            .map(|grant| (grant.state(), grant.expire_time.is_some()))
            .collect()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_another_end_has_that_end() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let for_good = fixture.grant("learner-1").await.unwrap();
    let until = fixture.grant_until("learner-1", HOUR).await.unwrap();
    assert_ne!(for_good.name, until.name);
    assert_eq!(fixture.grant_until("learner-1", HOUR).await.unwrap(), until);
    assert_eq!(
        fixture.seen("learner-1").await,
        [(GrantState::Active, true), (GrantState::Revoked, false)]
    );
    assert!(fixture.read("learner-1").await.is_ok());
    fixture.pass(HOUR);
    assert!(fixture.read("learner-1").await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn who_agrees_to_other_words_agrees_anew_and_both_are_known() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let first = fixture.grant_to("learner-1", "page/1").await.unwrap();
    assert_eq!(first.wording, "page/1");
    // A program that does not name its words changes nothing.
    assert_eq!(fixture.grant("learner-1").await.unwrap(), first);
    let second = fixture.grant_to("learner-1", "page/2").await.unwrap();
    assert_ne!(second.name, first.name);
    let words: Vec<_> = fixture
        .own_grants("learner-1")
        .await
        .into_iter()
        .map(|grant| (grant.wording.clone(), grant.state()))
        .collect();
    assert_eq!(
        words,
        [
            ("page/2".to_owned(), GrantState::Active),
            ("page/1".to_owned(), GrantState::Revoked)
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_over_by_the_clock_did_not_end_with_the_employment() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.verify("learner-2", &[]).await;
    fixture.grant_until("learner-1", HOUR).await.unwrap();
    fixture.grant_until("learner-2", HOUR).await.unwrap();
    fixture.pass(2 * HOUR);
    fixture.grant("learner-1").await.unwrap();
    acts::close_organization(&fixture.organizations, fixture.organization).await;
    for learner in ["learner-1", "learner-2"] {
        eventually(async || fixture.known(learner).await.state == "ENDED").await;
    }
    assert_eq!(
        fixture.seen("learner-1").await,
        [(GrantState::Lapsed, false), (GrantState::Expired, true)]
    );
    assert_eq!(fixture.seen("learner-2").await, [(GrantState::Expired, true)]);
    let written = "SELECT count(*) FROM grants WHERE state = 'EXPIRED'";
    assert_eq!(fixture.service.database.count(written).await, 2);
}
