//! Consent that is asked for, that ends by the clock, and its history.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;
use muster_identity::Role;
use muster_proto::records::v1::grant_request_service_client::GrantRequestServiceClient;
use muster_proto::records::v1::{
    ApproveGrantRequest, DenyGrantRequest, Grant, GrantState, ListLearnerGrantsRequest,
    ListPersonGrantsRequest, RequestGrantRequest,
};
use muster_refusal::{ErrorReason, reason_of, violations_of};
use muster_testkit::TestCaller;
use muster_testkit::effort::RACES;
use prost_types::Timestamp;
use time::OffsetDateTime;
use tonic::Status;

use crate::fixture::{Fixture, me, person_name, reason};

const DAY: Duration = Duration::from_secs(24 * 3600);

impl Fixture {
    pub(crate) async fn ask_for(&self, person: &str) -> Result<Grant, Status> {
        let request = RequestGrantRequest {
            parent: self.learner(person).to_string(),
            message: "for the review in May".to_owned(),
            request_id: String::new(),
        };
        let mut client = GrantRequestServiceClient::new(self.service.calls_of(self.admin()));
        let asked = client.request_grant(request).await?;
        Ok(asked.into_inner().grant.unwrap())
    }

    pub(crate) async fn approve(
        &self,
        person: &str,
        name: &str,
        expire_time: Option<Timestamp>,
    ) -> Result<Grant, Status> {
        let request = ApproveGrantRequest {
            name: name.to_owned(),
            expire_time,
            ..Default::default()
        };
        let mut client = self.grants(TestCaller::person(person));
        let approved = client.approve_grant(request).await?;
        Ok(approved.into_inner().grant.unwrap())
    }

    pub(crate) async fn deny(&self, person: &str, name: &str) -> Result<Grant, Status> {
        let request = DenyGrantRequest {
            name: name.to_owned(),
            request_id: String::new(),
        };
        let mut client = self.grants(TestCaller::person(person));
        let denied = client.deny_grant(request).await?;
        Ok(denied.into_inner().grant.unwrap())
    }

    pub(crate) async fn grant_until(&self, person: &str, after: Duration) -> Result<Grant, Status> {
        let mut request = self.grant_request();
        request.grant.as_mut().unwrap().expire_time = Some(self.after(after));
        let mut client = self.grants(TestCaller::person(person));
        let granted = client.create_grant(request).await?;
        Ok(granted.into_inner().grant.unwrap())
    }

    pub(crate) fn after(&self, time: Duration) -> Timestamp {
        let at: OffsetDateTime = self.service.clock.now() + time;
        Timestamp {
            seconds: at.unix_timestamp(),
            nanos: 0,
        }
    }

    /// What the person sees, newest first.
    pub(crate) async fn own_grants(&self, person: &str) -> Vec<Grant> {
        let request = ListPersonGrantsRequest {
            parent: me(),
            ..Default::default()
        };
        let mut client = self.grants(TestCaller::person(person));
        client
            .list_person_grants(request)
            .await
            .unwrap()
            .into_inner()
            .grants
    }

    /// What the organization sees, newest first.
    pub(crate) async fn grants_of(&self, person: &str) -> Vec<Grant> {
        let request = ListLearnerGrantsRequest {
            parent: self.learner(person).to_string(),
            ..Default::default()
        };
        let viewer = TestCaller::member("viewer", self.organization, Role::Viewer);
        let mut client = GrantRequestServiceClient::new(self.service.calls_of(viewer));
        client
            .list_learner_grants(request)
            .await
            .unwrap()
            .into_inner()
            .grants
    }
}

fn states(grants: &[Grant]) -> Vec<GrantState> {
    grants.iter().map(Grant::state).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_for_opens_nothing_until_the_person_grants_it() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let asked = fixture.ask_for("learner-1").await.unwrap();
    assert_eq!(asked.state(), GrantState::Requested);
    assert!(asked.name.starts_with(&fixture.learner("learner-1").to_string()));
    assert_eq!(fixture.ask_for("learner-1").await.unwrap(), asked, "asked once");
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
    let seen = fixture.own_grants("learner-1").await.remove(0);
    assert_eq!(
        (
            seen.requester_display_name.as_str(),
            seen.request_message.as_str()
        ),
        ("admin", "for the review in May")
    );
    assert_eq!(seen.requester, person_name("admin").to_string());
    assert_eq!(
        fixture.revoke("learner-1", &seen.name).await.unwrap(),
        seen,
        "there is nothing to take back"
    );

    let approved = fixture.approve("learner-1", &seen.name, None).await.unwrap();
    assert_eq!(
        (approved.state(), approved.expire_time),
        (GrantState::Active, None)
    );
    assert!(approved.decide_time.is_some());
    assert_eq!(
        fixture.approve("learner-1", &seen.name, None).await.unwrap(),
        approved
    );
    assert!(fixture.read("learner-1").await.is_ok());
    assert_eq!(
        fixture.ask_for("learner-1").await.unwrap().state(),
        GrantState::Active
    );
    let late = fixture.deny("learner-1", &seen.name).await;
    assert_eq!(reason(late), ErrorReason::GrantState);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_no_is_not_asked_again_for_a_month_and_a_consent_answers_a_request() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.ask_for("learner-1").await.unwrap();
    let name = fixture.own_grants("learner-1").await[0].name.clone();
    let denied = fixture.deny("learner-1", &name).await.unwrap();
    assert_eq!(denied.state(), GrantState::Denied);
    assert_eq!(fixture.deny("learner-1", &name).await.unwrap(), denied);
    assert_eq!(
        reason(fixture.approve("learner-1", &name, None).await),
        ErrorReason::GrantState
    );
    assert_eq!(
        reason(fixture.ask_for("learner-1").await),
        ErrorReason::GrantDenied
    );
    fixture.pass(30 * DAY);
    fixture.ask_for("learner-1").await.unwrap();
    // The person may say yes without looking at the request.
    let granted = fixture.grant("learner-1").await.unwrap();
    assert_eq!(granted.state(), GrantState::Active);
    assert_eq!(granted.request_message, "for the review in May");
    let both = [GrantState::Active, GrantState::Denied];
    assert_eq!(states(&fixture.own_grants("learner-1").await), both);
    assert_eq!(states(&fixture.grants_of("learner-1").await), both);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_waits_for_thirty_days_and_ends_with_the_employment() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.ask_for("learner-1").await.unwrap();
    fixture.pass(30 * DAY);
    let name = fixture.own_grants("learner-1").await[0].name.clone();
    assert_eq!(
        reason(fixture.approve("learner-1", &name, None).await),
        ErrorReason::GrantState
    );
    fixture.ask_for("learner-1").await.unwrap();
    assert_eq!(
        states(&fixture.grants_of("learner-1").await),
        [GrantState::Requested, GrantState::Expired]
    );
    let end = "UPDATE employment_projection SET state = 'ENDED'";
    fixture.service.database.execute(end).await;
    fixture.service.renew_tokens();
    let name = fixture.own_grants("learner-1").await[0].name.clone();
    assert_eq!(
        reason(fixture.approve("learner-1", &name, None).await),
        ErrorReason::EmploymentRequired
    );
    assert_eq!(
        reason(fixture.ask_for("learner-1").await),
        ErrorReason::EmploymentRequired
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_who_is_not_known() {
    let fixture = Fixture::start().await;
    assert_eq!(reason(fixture.ask_for("nobody").await), ErrorReason::NotFound);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_ends_at_its_time_and_the_next_one_is_another() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let first = fixture.grant_until("learner-1", DAY).await.unwrap();
    assert!(first.expire_time.is_some());
    assert!(fixture.read("learner-1").await.is_ok());
    fixture.pass(DAY - Duration::from_secs(1));
    assert!(fixture.read("learner-1").await.is_ok());
    fixture.service.clock.advance(Duration::from_secs(1));
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
    assert_eq!(fixture.logged().await, 2);
    let seen = fixture.own_grants("learner-1").await.remove(0);
    assert_eq!(seen.state(), GrantState::Expired);
    assert_eq!(fixture.revoke("learner-1", &first.name).await.unwrap(), seen);

    let next = fixture.grant_until("learner-1", 2 * DAY).await.unwrap();
    assert_ne!(next.name, first.name);
    assert!(fixture.read("learner-1").await.is_ok());
    assert_eq!(
        states(&fixture.grants_of("learner-1").await),
        [GrantState::Active, GrantState::Expired]
    );
    fixture.ask_for("learner-1").await.unwrap();
    assert_eq!(fixture.grants_of("learner-1").await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn times_that_cannot_be_are_refused() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.ask_for("learner-1").await.unwrap();
    let name = fixture.own_grants("learner-1").await[0].name.clone();
    for wrong in [Duration::ZERO, 3654 * DAY] {
        let refused = fixture.grant_until("learner-1", wrong).await.unwrap_err();
        assert_eq!(violations_of(&refused)[0].0, "grant.expire_time");
        let refused = fixture
            .approve("learner-1", &name, Some(fixture.after(wrong)))
            .await;
        assert_eq!(violations_of(&refused.unwrap_err())[0].0, "expire_time");
    }
    let until = Some(fixture.after(DAY));
    let approved = fixture.approve("learner-1", &name, until).await.unwrap();
    assert_eq!(approved.expire_time, until);
}

#[tokio::test(flavor = "multi_thread")]
async fn only_the_person_answers_and_only_administrators_ask() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    fixture.verify("learner-2", &[]).await;
    fixture.ask_for("learner-1").await.unwrap();
    let name = fixture.own_grants("learner-1").await[0].name.clone();
    for person in ["learner-2", "admin"] {
        assert_eq!(
            reason(fixture.approve(person, &name, None).await),
            ErrorReason::PermissionDenied
        );
        assert_eq!(
            reason(fixture.deny(person, &name).await),
            ErrorReason::PermissionDenied
        );
    }
    assert_eq!(fixture.own_grants("learner-2").await, []);
    assert_eq!(fixture.grants_of("learner-2").await, []);
    for who in [TestCaller::person("learner-1"), TestCaller::Anonymous] {
        let request = RequestGrantRequest {
            parent: fixture.learner("learner-1").to_string(),
            ..Default::default()
        };
        let mut client = GrantRequestServiceClient::new(fixture.service.calls_of(who));
        let refused = client.request_grant(request).await.unwrap_err();
        assert_eq!(reason_of(&refused), Some(ErrorReason::PermissionDenied));
    }
}

/// Sixteen ask, sixteen answer, sixteen take it back.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_meets_there_is_one_answer_to_one_request() {
    const CALLERS: usize = 16;
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    let mut answers = BTreeSet::new();
    for round in 0..RACES.or::<usize>(40) {
        let asked = join_all((0..CALLERS).map(|_| fixture.ask_for("learner-1"))).await;
        let names: BTreeSet<_> = asked.into_iter().map(|asked| asked.unwrap().name).collect();
        assert_eq!(names.len(), 1);
        let name = fixture.own_grants("learner-1").await[0].name.clone();
        let answering = (0..CALLERS).map(|place| {
            let (fixture, name) = (&fixture, &name);
            async move {
                let approves = (round + place) % 2 == 0;
                // One of them waits, so that the other one comes first now and then, whichever takes longer.
                if approves == (round % 2 == 0) {
                    tokio::time::sleep(Duration::from_millis(u64::try_from(round).unwrap() % 32)).await;
                }
                if approves {
                    fixture.approve("learner-1", name, None).await
                } else {
                    fixture.deny("learner-1", name).await
                }
            }
        });
        let mut told = Vec::new();
        for answer in join_all(answering).await {
            match answer {
                Ok(grant) => told.push(grant),
                Err(refused) => assert_eq!(reason_of(&refused), Some(ErrorReason::GrantState)),
            }
        }
        assert_eq!(told.len(), CALLERS / 2, "round {round}: {told:?}");
        let stored = fixture.own_grants("learner-1").await.remove(0);
        assert!(
            told.iter().all(|grant| *grant == stored),
            "round {round}: {told:?}"
        );
        answers.insert(stored.state());

        let revoking = join_all((0..CALLERS).map(|_| fixture.revoke("learner-1", &name)));
        let revoked: Vec<Grant> = revoking.await.into_iter().map(Result::unwrap).collect();
        assert!(revoked.iter().all(|grant| *grant == revoked[0]), "{revoked:?}");
        let is_active = stored.state() == GrantState::Active;
        let ended = if is_active {
            GrantState::Revoked
        } else {
            GrantState::Denied
        };
        assert_eq!(revoked[0].state(), ended);
        // Asked for, answered, and taken back where there was something to take back: each is told once.
        let subject = revoked[0].name.rsplit('/').next().unwrap();
        let subject = format!("{}/grants/{subject}", fixture.learner("learner-1"));
        let changes = fixture.history(&subject).await.len();
        assert_eq!(changes, 2 + usize::from(is_active));
        fixture.service.clock.advance(31 * DAY);
    }
    assert_eq!(
        answers,
        BTreeSet::from([GrantState::Active, GrantState::Denied]),
        "the same always comes first, so they hardly meet"
    );
}

/// Expiry and revocation race with readings: what was read was logged, and nothing is read when it is over.
#[tokio::test(flavor = "multi_thread")]
async fn no_reading_follows_the_end_of_a_consent_whichever_it_is() {
    let fixture = Fixture::start().await;
    fixture.verify("learner-1", &[]).await;
    // Shorter than the tokens of the calls that are under way.
    let moment = Duration::from_secs(30);
    let mut read = 0;
    for round in 0..20 {
        let grant = fixture.grant_until("learner-1", moment).await.unwrap();
        let reading = join_all((0..8).map(|_| fixture.read("learner-1")));
        let over = async {
            // A reading has something to ask before it begins.
            tokio::time::sleep(Duration::from_millis(3 * round)).await;
            if round % 2 == 0 {
                fixture.service.clock.advance(moment);
            } else {
                fixture.revoke("learner-1", &grant.name).await.unwrap();
            }
        };
        let (readings, ()) = tokio::join!(reading, over);
        for reading in readings {
            match reading {
                Ok(_) => read += 1,
                refused => assert_eq!(reason(refused), ErrorReason::GrantRequired),
            }
        }
        assert_eq!(
            reason(fixture.read("learner-1").await),
            ErrorReason::GrantRequired
        );
        assert_eq!(fixture.logged().await, read);
    }
    assert!(read > 0, "no reading ever came first");
}
