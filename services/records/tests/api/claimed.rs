//! Consent that comes with a claim.

use std::time::Duration;

use muster_client::acts::employment;
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::person_employment_service_client::PersonEmploymentServiceClient;
use muster_proto::employment::v1::{
    ClaimEmploymentsRequest, ClaimEmploymentsResponse, EmploymentClaim, LearningRecordConsent,
    VerifyEmploymentRequest, WithdrawEmploymentRequest,
};
use muster_proto::history::v1::HistoryAct;
use muster_proto::records::v1::grant_request_service_client::GrantRequestServiceClient;
use muster_proto::records::v1::{GrantState, ListLearnerGrantsRequest, RequestGrantRequest};
use muster_refusal::ErrorReason;
use muster_server::convert::timestamp;
use muster_testkit::{TestCaller, eventually, eventually_some};
use tonic::{Code, Status};

use crate::fixture::{Fixture, me, person_name, reason};

const DAY: Duration = Duration::from_secs(24 * 3600);
const MINUTE: Duration = Duration::from_secs(60);

impl Fixture {
    /// A claim at the organization that carries this consent.
    pub(crate) async fn claim_granting(
        &self,
        person: &str,
        consent: Option<LearningRecordConsent>,
    ) -> ClaimEmploymentsResponse {
        self.claim_since(person, "", consent).await.unwrap()
    }

    /// The same, which says this first day; empty: none.
    pub(crate) async fn claim_since(
        &self,
        person: &str,
        start_date: &str,
        consent: Option<LearningRecordConsent>,
    ) -> Result<ClaimEmploymentsResponse, Status> {
        let request = ClaimEmploymentsRequest {
            parent: me(),
            claims: vec![EmploymentClaim {
                organization: self.organization_name().to_string(),
                start_date: start_date.to_owned(),
                consent,
                ..Default::default()
            }],
            request_id: String::new(),
        };
        // After some time has passed, as soon as renewed tokens are read.
        let claiming = async || {
            let calls = self.employments.calls_of(TestCaller::person(person));
            let mut own = PersonEmploymentServiceClient::new(calls);
            let claimed = own.claim_employments(request.clone()).await;
            let passes = matches!(&claimed, Err(status) if status.code() == Code::Unavailable);
            (!passes).then_some(claimed)
        };
        Ok(eventually_some(claiming).await?.into_inner())
    }

    /// What such a claim's grant is called.
    async fn granting(&self, person: &str) -> String {
        let claimed = self
            .claim_granting(person, Some(LearningRecordConsent::default()))
            .await;
        claimed.grants.into_iter().next().unwrap()
    }

    async fn verify_claim(&self, name: &str) {
        let request = VerifyEmploymentRequest {
            name: name.to_owned(),
            request_id: String::new(),
        };
        let mut admin = EmploymentServiceClient::new(self.employments.calls_of(self.admin()));
        admin.verify_employment(request).await.unwrap();
    }

    /// The same, and the service hears of it.
    async fn verify_heard_claim(&self, person: &str, name: &str) {
        self.verify_claim(name).await;
        eventually(async || self.known(person).await.state == "VERIFIED").await;
    }

    async fn withdraw_claim(&self, person: &str, name: &str) {
        let request = WithdrawEmploymentRequest {
            name: name.to_owned(),
            request_id: String::new(),
        };
        let calls = self.employments.calls_of(TestCaller::person(person));
        let mut own = PersonEmploymentServiceClient::new(calls);
        own.withdraw_employment(request).await.unwrap();
    }

    /// What the person has granted, newest first: what it is called, and where it stands.
    async fn granted(&self, person: &str) -> Vec<(String, GrantState)> {
        let grants = self.own_grants(person).await.into_iter();
        grants.map(|grant| (grant.name.clone(), grant.state())).collect()
    }

    async fn hears_of(&self, person: &str, count: usize) {
        eventually(async || self.own_grants(person).await.len() == count).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_consent_comes_with_the_claim_and_sleeps_until_it_is_verified() {
    let fixture = Fixture::start().await;
    let until = timestamp(fixture.service.clock.now() + DAY);
    let consent = LearningRecordConsent {
        expire_time: Some(until),
        wording: "claim-page/2".to_owned(),
    };
    let claimed = fixture.claim_granting("learner-1", Some(consent)).await;
    fixture.hears_of("learner-1", 1).await;
    let grant = fixture.own_grants("learner-1").await.remove(0);
    assert_eq!(
        claimed.grants,
        std::slice::from_ref(&grant.name),
        "the answer has said so"
    );
    assert!(grant.is_of_claim);
    assert_eq!(
        (grant.state(), grant.expire_time, grant.wording.as_str()),
        (GrantState::Active, Some(until), "claim-page/2")
    );
    assert_eq!(grant.organization, fixture.organization_name().to_string());
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::EmploymentRequired,
        "it sleeps"
    );
    fixture
        .verify_heard_claim("learner-1", &claimed.employments[0].name)
        .await;
    fixture.read("learner-1").await.unwrap();

    // Both sides read that it came with the claim.
    let request = ListLearnerGrantsRequest {
        parent: fixture.learner("learner-1").to_string(),
        ..Default::default()
    };
    let mut theirs = GrantRequestServiceClient::new(fixture.service.calls_of(fixture.admin()));
    let seen = theirs
        .list_learner_grants(request)
        .await
        .unwrap()
        .into_inner()
        .grants;
    assert!(seen.len() == 1 && seen[0].is_of_claim);
    let history = fixture.history(&seen[0].name).await;
    assert_eq!(history.len(), 1);
    assert_eq!(history[0].act(), HistoryAct::Created);
    let source = history[0].changes.iter().find(|change| change.field == "source");
    assert_eq!(source.unwrap().after.as_deref(), Some("CLAIM"));
    fixture.pass(DAY);
    let over = fixture.granted("learner-1").await;
    assert_eq!(over, [(grant.name, GrantState::Expired)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_that_grants_nothing_grants_nothing() {
    let fixture = Fixture::start().await;
    let claimed = fixture.claim_granting("learner-1", None).await;
    assert_eq!(claimed.grants, [""]);
    fixture
        .verify_heard_claim("learner-1", &claimed.employments[0].name)
        .await;
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
    assert_eq!(fixture.granted("learner-1").await, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_verified_is_read_also_while_every_event_is_on_its_way() {
    let fixture = Fixture::start().await;
    let outbox = fixture.employments.outbox();
    outbox.hold().await;
    let consent = Some(LearningRecordConsent::default());
    let claimed = fixture.claim_granting("learner-1", consent).await;
    fixture.verify_claim(&claimed.employments[0].name).await;
    fixture.read("learner-1").await.unwrap();
    outbox.release().await;
    outbox.drained().await;
    outbox.publish_all_again().await;
    outbox.drained().await;
    let once = [(claimed.grants[0].clone(), GrantState::Active)];
    assert_eq!(fixture.granted("learner-1").await, once);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_stays_so_however_often_the_claim_is_told() {
    let fixture = Fixture::start().await;
    let grant = fixture.granting("learner-1").await;
    fixture.hears_of("learner-1", 1).await;
    let revoked = fixture.revoke("learner-1", &grant).await.unwrap();
    assert_eq!(revoked.state(), GrantState::Revoked);
    // As if nothing of it had been handled yet.
    fixture.service.database.execute("DELETE FROM inbox").await;
    let outbox = fixture.employments.outbox();
    outbox.publish_all_again().await;
    outbox.drained().await;
    eventually(async || fixture.applied().await > 1).await;
    let claim = fixture.claim_granting("learner-1", None).await;
    fixture
        .verify_heard_claim("learner-1", &claim.employments[0].name)
        .await;
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
    assert_eq!(fixture.granted("learner-1").await, [(grant, GrantState::Revoked)]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_taken_back_before_the_claim_was_heard_of_never_is_in_force() {
    let mut fixture = Fixture::start().await;
    fixture.employments.outbox().hold().await;
    let grant = fixture.granting("learner-1").await;
    assert_eq!(
        reason(fixture.revoke("learner-2", &grant).await),
        ErrorReason::PermissionDenied,
        "it is somebody else's"
    );
    let revoked = fixture.revoke("learner-1", &grant).await.unwrap();
    assert_eq!(
        (revoked.state(), revoked.is_of_claim),
        (GrantState::Revoked, true)
    );
    fixture.employments.outbox().release().await;
    fixture.employments.outbox().drained().await;
    let claim = fixture.claim_granting("learner-1", None).await;
    fixture
        .verify_heard_claim("learner-1", &claim.employments[0].name)
        .await;
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
    assert_eq!(
        fixture.granted("learner-1").await,
        [(grant.clone(), GrantState::Revoked)]
    );
    // Who cannot be asked does not say that there is no such grant; what is known is taken back without being asked.
    fixture.employments.leave().await;
    let other = format!("{}/grants/{}", person_name("learner-1"), fixture.new_id());
    assert_eq!(
        reason(fixture.revoke("learner-1", &other).await),
        ErrorReason::Unavailable
    );
    fixture.revoke("learner-1", &grant).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_decision_of_the_person_counts_more_than_a_claim_that_is_heard_of_late() {
    let fixture = Fixture::start().await;
    let first = fixture.claim_granting("learner-1", None).await;
    fixture.wait_applied(2).await;
    let outbox = fixture.employments.outbox();
    outbox.hold().await;
    let late = fixture.granting("learner-1").await;
    fixture.pass(Duration::from_secs(60));
    let grant_again = async || fixture.grant_until("learner-1", DAY).await.ok();
    let given = muster_testkit::eventually_some(grant_again).await;
    outbox.release().await;
    fixture.hears_of("learner-1", 2).await;
    let mut all = fixture.granted("learner-1").await;
    all.sort();
    let mut expected = vec![
        (given.name.clone(), GrantState::Active),
        (late, GrantState::Revoked),
    ];
    expected.sort();
    assert_eq!(all, expected);

    // Taking it back is a decision, too.
    outbox.hold().await;
    let late = fixture.granting("learner-1").await;
    fixture.pass(Duration::from_secs(60));
    fixture.revoke("learner-1", &given.name).await.unwrap();
    outbox.release().await;
    fixture.hears_of("learner-1", 3).await;
    let all = fixture.granted("learner-1").await;
    assert!(all.contains(&(late, GrantState::Revoked)), "{all:?}");
    assert!(
        all.iter().all(|(_, state)| *state == GrantState::Revoked),
        "{all:?}"
    );
    fixture
        .verify_heard_claim("learner-1", &first.employments[0].name)
        .await;
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_further_claim_gives_its_own_consent_and_one_that_is_over_gives_none() {
    let fixture = Fixture::start().await;
    let first = fixture.granting("learner-1").await;
    fixture.hears_of("learner-1", 1).await;
    let second = fixture.granting("learner-1").await;
    fixture.hears_of("learner-1", 2).await;
    let mut all = fixture.granted("learner-1").await;
    all.sort();
    let mut expected = vec![(first, GrantState::Revoked), (second, GrantState::Active)];
    expected.sort();
    assert_eq!(all, expected);

    let outbox = fixture.employments.outbox();
    outbox.hold().await;
    let consent = Some(LearningRecordConsent::default());
    let claimed = fixture.claim_granting("learner-2", consent).await;
    fixture
        .withdraw_claim("learner-2", &claimed.employments[0].name)
        .await;
    outbox.release().await;
    fixture.hears_of("learner-2", 1).await;
    eventually(async || {
        fixture.granted("learner-2").await == [(claimed.grants[0].clone(), GrantState::Lapsed)]
    })
    .await;
    // The next employment begins bare.
    let again = fixture.claim_granting("learner-2", None).await;
    fixture
        .verify_heard_claim("learner-2", &again.employments[0].name)
        .await;
    assert_eq!(
        reason(fixture.read("learner-2").await),
        ErrorReason::GrantRequired
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_organization_has_asked_for_is_granted_with_the_claim() {
    let fixture = Fixture::start().await;
    fixture.claim_granting("learner-1", None).await;
    let request = RequestGrantRequest {
        parent: fixture.learner("learner-1").to_string(),
        message: "for the review in May".to_owned(),
        request_id: String::new(),
    };
    let mut theirs = GrantRequestServiceClient::new(fixture.service.calls_of(fixture.admin()));
    let asked = theirs
        .request_grant(request)
        .await
        .unwrap()
        .into_inner()
        .grant
        .unwrap();
    let id = asked.name.rsplit('/').next().unwrap().to_owned();
    let given = fixture.granting("learner-1").await;
    fixture.hears_of("learner-1", 2).await;
    let all = fixture.granted("learner-1").await;
    assert!(all.contains(&(given, GrantState::Active)), "{all:?}");
    let answered = all.iter().find(|(name, _)| name.ends_with(&id)).unwrap();
    assert_eq!(
        answered.1,
        GrantState::Revoked,
        "nothing waits for an answer any more"
    );
}

/// Nothing has been heard of two claims when the organization asks.
#[tokio::test(flavor = "multi_thread")]
async fn the_last_consent_counts_also_when_the_organization_asked_before_it_was_heard_of() {
    let fixture = Fixture::start().await;
    fixture.claim_granting("learner-1", None).await;
    let heard = "SELECT count(*) FROM employment_projection WHERE state = 'PENDING_VERIFICATION'";
    eventually(async || fixture.service.database.count(heard).await == 1).await;
    let outbox = fixture.employments.outbox();
    outbox.hold().await;
    let first = fixture.granting("learner-1").await;
    fixture.pass(MINUTE);
    let granting = async || {
        let consent = Some(LearningRecordConsent {
            expire_time: Some(timestamp(fixture.service.clock.now() + DAY)),
            ..Default::default()
        });
        fixture.claim_granting("learner-1", consent).await.grants.pop()
    };
    let last = granting().await.unwrap();
    fixture.pass(MINUTE);
    let request = RequestGrantRequest {
        parent: fixture.learner("learner-1").to_string(),
        ..Default::default()
    };
    let asking = async || {
        let mut theirs = GrantRequestServiceClient::new(fixture.service.calls_of(fixture.admin()));
        theirs.request_grant(request.clone()).await.ok()
    };
    let asked = eventually_some(asking).await.into_inner().grant.unwrap().name;
    outbox.release().await;
    fixture.hears_of("learner-1", 3).await;

    let all = fixture.granted("learner-1").await;
    let state = |wanted: &str| {
        let id = wanted.rsplit('/').next().unwrap();
        all.iter().find(|(name, _)| name.ends_with(id)).unwrap().1
    };
    assert_eq!(
        [state(&first), state(&asked), state(&last)],
        [GrantState::Revoked, GrantState::Revoked, GrantState::Active]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_that_is_taken_back_brings_no_consent_back_whatever_is_heard_of_first() {
    let fixture = Fixture::start().await;
    let outbox = fixture.employments.outbox();
    outbox.hold().await;
    let claimed = fixture
        .claim_granting("learner-1", Some(LearningRecordConsent::default()))
        .await;
    let name = claimed.employments[0].name.clone();
    fixture.verify_claim(&name).await;
    let admin = fixture.employments.calls_of(fixture.admin());
    employment::end(&admin, &name, "has moved away", "")
        .await
        .unwrap();
    employment::undo_end(&admin, &name).await.unwrap();
    // What is asked for tells of the employment as it stands now, before any event does.
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
    assert_eq!(fixture.known("learner-1").await.state, "VERIFIED");
    outbox.release().await;
    fixture.hears_of("learner-1", 1).await;
    outbox.drained().await;
    let lapsed = [(claimed.grants[0].clone(), GrantState::Lapsed)];
    assert_eq!(fixture.granted("learner-1").await, lapsed);
    assert_eq!(
        reason(fixture.read("learner-1").await),
        ErrorReason::GrantRequired
    );
    // A new act does.
    fixture.granting("learner-1").await;
    eventually(async || fixture.read("learner-1").await.is_ok()).await;
}
