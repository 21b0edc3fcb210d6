//! The mail that somebody waits to be verified: from a claim at the real employment service to the administrator's inbox.

use std::time::Duration;

use muster_employment::EmploymentService;
use muster_identity::Role;
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::{ListEmploymentsRequest, VerifyEmploymentRequest};
use muster_testkit::{TestCaller, TestService, acts, eventually};

use crate::service::ServiceFixture;

const OWNER: &str = "owner@example.com";
const INTERVAL: Duration = Duration::from_secs(8 * 3600);
const REQUESTED: &str = "SELECT count(*) FROM outbox WHERE event_type = 'mail.requested'";

/// The service, with employment as the source of mails.
struct Claims {
    fixture: ServiceFixture,
    employments: TestService,
}

impl Claims {
    async fn new() -> Self {
        let fixture = ServiceFixture::new().await;
        let page = [("--verification-url", "https://app.test/{organization}/people")];
        let employments = fixture.suite.start::<EmploymentService>(&page).await;
        Self { fixture, employments }
    }

    /// The person claims to work there: they asked at the join page, for which there is no call yet.
    async fn claim(&self, person: &str) {
        let invitation = self.fixture.invite().await;
        let joins = "UPDATE invitations SET source = 'JOIN_PAGE' WHERE state IN ('PROSPECT', 'PENDING')";
        self.fixture.invitations.database.execute(joins).await;
        let before = self.employments.database.count(CLAIMS).await;
        acts::accept(&self.fixture.invitations, invitation, person).await;
        eventually(async || self.employments.database.count(CLAIMS).await == before + 1).await;
    }

    /// What the owner has got.
    fn inbox(&self) -> Vec<String> {
        let taken = self.fixture.smtp.taken().into_iter();
        let own = taken.filter(|mail| mail.to == OWNER);
        own.map(|mail| mail.text()).collect()
    }

    /// Waits until so many mails about claims are in this state. Time goes on meanwhile: a question that was not answered,
    /// because somebody still showed an old token, is asked again.
    async fn wait_for(&self, count: i64, state: &str) {
        eventually(async || {
            self.fixture.service.clock.advance(Duration::from_millis(200));
            self.mails_in(state).await == count
        })
        .await;
    }

    async fn mails_in(&self, state: &str) -> i64 {
        let mut connection = self.fixture.service.database.connection().await;
        sqlx::query_scalar(
            "SELECT count(*) FROM deliveries WHERE subject LIKE '%/verificationNotices/%' AND state = $1",
        )
        .bind(state)
        .fetch_one(&mut connection)
        .await
        .unwrap()
    }

    /// The mail worker is away meanwhile: tokens run out, and it is to see none that has.
    async fn eight_hours_later(&mut self) {
        self.fixture.service.leave().await;
        self.fixture.service.clock.advance(INTERVAL);
        self.employments.renew_tokens();
        self.fixture.service.come_back().await;
    }

    /// The organization comes into this state, for which there is no call yet.
    async fn becomes(&self, change: &'static str) {
        self.fixture.organizations.database.execute(change).await;
    }

    /// The owner verifies everybody who waits.
    async fn verify(&self) {
        let owner = TestCaller::member("owner", self.fixture.organization, Role::Owner);
        let mut client = EmploymentServiceClient::new(self.employments.calls_of(owner));
        let request = ListEmploymentsRequest {
            parent: self.fixture.list_request().parent,
            ..Default::default()
        };
        let listed = client.list_employments(request).await.unwrap().into_inner();
        for employment in listed.employments {
            let request = VerifyEmploymentRequest {
                name: employment.name,
                request_id: String::new(),
            };
            // Their own is verified already, and not by themself.
            drop(client.verify_employment(request).await);
        }
    }
}

const CLAIMS: &str = "SELECT count(*) FROM employments WHERE state = 'PENDING_VERIFICATION'";

#[tokio::test(flavor = "multi_thread")]
async fn a_claim_reaches_the_owner_by_a_mail_that_names_nobody_and_leads_to_the_page() {
    let claims = Claims::new().await;
    claims.claim("learner-1").await;
    claims.wait_for(1, "SENT").await;
    let [mail] = claims.inbox().try_into().unwrap();
    let link = format!("https://app.test/{}/people", claims.fixture.organization);
    for expected in [
        "Subject: Somebody waits to be verified at Day nursery",
        &format!("\r\n{link}\r\n"),
        &format!("href=\"{link}\""),
    ] {
        assert!(mail.contains(expected), "{expected} is missing in\n{mail}");
    }
    assert!(!mail.contains("learner"), "{mail}");
}

#[tokio::test(flavor = "multi_thread")]
async fn neither_events_nor_deliveries_know_the_address() {
    let claims = Claims::new().await;
    claims.claim("learner-1").await;
    claims.wait_for(1, "SENT").await;
    let (mails, employments) = (&claims.fixture.service.database, &claims.employments.database);
    for (database, leaks) in [
        (
            mails,
            "SELECT count(*) FROM deliveries t WHERE t::text LIKE '%owner@example%'",
        ),
        (
            mails,
            "SELECT count(*) FROM outbox t WHERE encode(payload, 'escape') LIKE '%owner@example%'",
        ),
        (
            employments,
            "SELECT count(*) FROM outbox t WHERE encode(payload, 'escape') LIKE '%owner@example%'",
        ),
        (
            employments,
            "SELECT count(*) FROM verification_notices t WHERE t::text LIKE '%owner@example%'",
        ),
    ] {
        assert_eq!(database.count(leaks).await, 0, "{leaks}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_claim_there_is_one_mail_at_once_and_one_after_eight_hours() {
    let mut claims = Claims::new().await;
    for learner in ["learner-1", "learner-2", "learner-3", "learner-4"] {
        claims.claim(learner).await;
    }
    claims.wait_for(1, "SENT").await;
    claims.wait_for(1, "QUEUED").await;
    assert_eq!(claims.inbox().len(), 1);
    claims.eight_hours_later().await;
    claims.wait_for(2, "SENT").await;
    assert_eq!(claims.inbox().len(), 2);
    assert_eq!(claims.employments.database.count(REQUESTED).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_was_verified_before_the_mail_is_due_is_mailed_about_no_more() {
    let mut claims = Claims::new().await;
    for learner in ["learner-1", "learner-2"] {
        claims.claim(learner).await;
    }
    claims.wait_for(1, "SENT").await;
    claims.wait_for(1, "QUEUED").await;
    claims.verify().await;
    claims.eight_hours_later().await;
    claims.wait_for(1, "DROPPED").await;
    assert_eq!(claims.inbox().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn mail_of_a_suspended_organization_waits_until_it_is_active_again() {
    let mut claims = Claims::new().await;
    claims.fixture.service.leave().await;
    claims.claim("learner-1").await;
    claims
        .becomes("UPDATE organizations SET state = 'SUSPENDED'")
        .await;
    claims.fixture.service.come_back().await;
    let waits = "SELECT count(*) FROM deliveries WHERE state = 'QUEUED' AND unasked > 0";
    eventually(async || claims.fixture.service.database.count(waits).await == 1).await;
    assert!(claims.inbox().is_empty());
    claims.becomes("UPDATE organizations SET state = 'ACTIVE'").await;
    claims.fixture.service.clock.advance(Duration::from_secs(60));
    claims.wait_for(1, "SENT").await;
    assert_eq!(claims.inbox().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_be_reached_is_sent_nothing() {
    let mut claims = Claims::new().await;
    claims.fixture.service.leave().await;
    claims.claim("learner-1").await;
    let addresses = &claims.fixture.organizations.database;
    addresses.execute("DELETE FROM profile_user_addresses").await;
    claims.fixture.service.come_back().await;
    claims.wait_for(1, "DROPPED").await;
    assert!(claims.inbox().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_to_verify_their_own_claim() {
    let claims = Claims::new().await;
    let employed = "SELECT count(*) FROM employments WHERE state = 'VERIFIED'";
    eventually(async || claims.employments.database.count(employed).await == 1).await;
    let over = "UPDATE employments SET state = 'ENDED'";
    claims.employments.database.execute(over).await;
    claims.claim("owner").await;
    assert_eq!(claims.employments.database.count(REQUESTED).await, 0);
}
