//! A decision disarms whatever an earlier one armed (R2): ends, requests and consents that sleep are set up, the contrary is decided, all
//! deadlines pass, and everything is heard again.

use std::time::Duration;

use muster_client::acts::employment as act;
use muster_proto::employment::v1::{LearningRecordConsent, RejectionReason};
use muster_proto::records::v1::{Assignment, Grant, GrantState as S};
use muster_testkit::eventually;

use crate::fixture::{Fixture, person_id};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// Behind the first ends, behind those of requests and of consents for a month, and far behind.
const STEPS: [u32; 4] = [2, 40, 90, 400];
const DECIDED: [&str; 8] = [
    "later", "taken", "allowed", "refused", "answered", "woken", "dropped", "back",
];

impl Fixture {
    /// Everything of somebody that may change or be told of by itself: what they granted, what they take, and how much was told of it.
    async fn standing(&self, person: &str) -> (Vec<Grant>, Vec<Assignment>, i64) {
        let told: i64 = sqlx::query_scalar("SELECT count(*) FROM history_entries WHERE subject LIKE $1")
            .bind(format!("%/learners/{}/%", person_id(person)))
            .fetch_one(&mut self.service.database.connection().await)
            .await
            .unwrap();
        (
            self.own_grants(person).await,
            self.assignments_of(person).await,
            told,
        )
    }

    async fn all_standing(&self) -> Vec<(Vec<Grant>, Vec<Assignment>, i64)> {
        let mut all = Vec::new();
        for person in DECIDED {
            all.push(self.standing(person).await);
        }
        all
    }

    async fn state_of(&self, person: &str) -> S {
        self.own_grants(person).await[0].state()
    }

    /// All that has come to the service comes again, and the jobs have looked.
    async fn later_by(&self, time: Duration) {
        self.pass(time);
        self.invitations.renew_tokens();
        for service in [&self.organizations, &self.employments, &self.invitations] {
            service.outbox().publish_all_again().await;
            service.outbox().drained().await;
        }
        self.settled().await;
    }

    /// Somebody claims to work here and consents with it: it sleeps until somebody looks.
    async fn claims_and_consents(&self, person: &str) -> String {
        self.claim_granting(person, Some(LearningRecordConsent::default()))
            .await;
        let (name, _) = self.latest(person).await.unwrap();
        eventually(async || self.known(person).await.state == "PENDING_VERIFICATION").await;
        name.to_string()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_otherwise_never_fires() {
    let fixture = Fixture::start().await;
    let training = fixture.new_training("A-1").await;
    let group = fixture.new_group(&[training]).await;
    for person in [
        "later", "taken", "allowed", "refused", "answered", "left", "waits",
    ] {
        fixture.verify(person, &[]).await;
    }
    // Another end than the first one.
    fixture.grant_until("later", DAY).await.unwrap();
    fixture.grant_until("later", 4 * 365 * DAY).await.unwrap();
    let taken = fixture.grant_until("taken", 30 * DAY).await.unwrap();
    fixture.revoke("taken", &taken.name).await.unwrap();
    for person in ["allowed", "refused", "answered"] {
        fixture.ask_for(person).await.unwrap();
    }
    let asked = async |person: &str| fixture.own_grants(person).await[0].name.clone();
    fixture
        .approve("allowed", &asked("allowed").await, None)
        .await
        .unwrap();
    fixture.deny("refused", &asked("refused").await).await.unwrap();
    fixture.grant("answered").await.unwrap();
    // What sleeps until somebody looks, and wakes or never does.
    let admin = fixture.employments.calls_of(fixture.admin());
    let woken = fixture.claims_and_consents("woken").await;
    act::verify(&admin, &woken).await.unwrap();
    let dropped = fixture.claims_and_consents("dropped").await;
    act::reject(&admin, &dropped, RejectionReason::Dates, "")
        .await
        .unwrap();
    // An end that is taken back: what was cancelled with it is there again.
    let back = fixture.verify("back", &[group]).await.to_string();
    let assigned = fixture.assignments_of("back").await;
    act::end(&admin, &back, "gone", "").await.unwrap();
    eventually(async || fixture.known("back").await.state == "ENDED").await;
    act::undo_end(&admin, &back).await.unwrap();
    for (person, state) in [
        ("back", "VERIFIED"),
        ("woken", "VERIFIED"),
        ("dropped", "REJECTED"),
    ] {
        eventually(async || fixture.known(person).await.state == state).await;
    }
    eventually(async || {
        let again = fixture.assignments_of("back").await;
        again.len() == assigned.len() && again[0].state() == assigned[0].state()
    })
    .await;
    // Of which nobody has decided anything.
    fixture.ask_for("left").await.unwrap();
    fixture.grant_until("waits", 30 * DAY).await.unwrap();
    assert_eq!(
        (fixture.state_of("left").await, fixture.state_of("waits").await),
        (S::Requested, S::Active)
    );

    fixture.settled().await;
    let stood = fixture.all_standing().await;
    let readable = ["later", "allowed", "answered", "woken"];
    for days in STEPS {
        fixture.later_by(days * DAY).await;
        assert_eq!(fixture.all_standing().await, stood, "after {days} days more");
        for person in DECIDED {
            let reads = readable.contains(&person);
            eventually(async || fixture.read(person).await.is_ok() == reads).await;
        }
    }
    assert_eq!(
        (fixture.state_of("left").await, fixture.state_of("waits").await),
        (S::Expired, S::Expired)
    );
    assert!(fixture.parked().await.is_empty());
    // What is over by then is not brought to life by a late decision.
    let late = fixture.approve("left", &asked("left").await, None).await;
    assert!(late.is_err(), "{late:?}");
}
