//! Nothing lives on after the employment that it hangs on, whatever was done to that in whichever order (R19).

use std::time::Duration;

use muster_client::acts::employment as act;
use muster_ids::EmploymentName;
use muster_proto::employment::v1::{EmploymentState, LearningRecordConsent, RejectionReason};
use muster_proto::records::v1::GrantState;
use muster_testkit::{TestCaller, eventually, eventually_some};

use crate::fixture::Fixture;

const LEARNERS: [&str; 3] = ["learner-1", "learner-2", "learner-3"];
/// How many acts a round has.
const ACTS: usize = 40;

/// Consents in force, and assignments of the organization, whose employment is not open; and as long as the projection has not heard
/// of all there is.
const STRAYS: &str = "
    SELECT (SELECT count(*) FROM grants g JOIN employment_projection e USING (organization_id, person_id)
            WHERE g.state = 'ACTIVE' AND e.state IN ('ENDED', 'WITHDRAWN'))
         + (SELECT count(*) FROM assignments a JOIN employment_projection e USING (organization_id, person_id)
            WHERE a.state IN ('ASSIGNED', 'IN_PROGRESS')
              AND (e.state NOT IN ('PENDING_VERIFICATION', 'VERIFIED') OR a.employment_id <> e.employment_id))";

/// Always the same numbers, from a beginning on.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, count: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % count
    }
}

impl Fixture {
    /// The latest employment of each, and where it stands, as the employment service has it.
    pub(crate) async fn latest(&self, person: &str) -> Option<(EmploymentName, EmploymentState)> {
        let calls = self.employments.calls_of(TestCaller::person(person));
        let listed = act::list_own(&calls).await.unwrap();
        let here = format!("{}/", self.organization_name());
        let latest = listed.into_iter().find(|one| one.name.starts_with(&here))?;
        let state = latest.state();
        Some((latest.name.parse().unwrap(), state))
    }

    /// Nothing lives on, once it was looked whether something does.
    pub(crate) async fn settled(&self) {
        self.pass(Duration::from_secs(60 * 60));
        self.looked(async || self.service.database.count(STRAYS).await == 0)
            .await;
    }

    /// Waits for what a job does that looks each so often.
    pub(crate) async fn looked(&self, mut is_done: impl AsyncFnMut() -> bool) {
        let mut looks = 0;
        eventually(async || {
            looks += 1;
            // A look with a token that has run out meanwhile is made again when the clock says so.
            if looks % 100 == 0 {
                self.pass(Duration::from_secs(60));
            }
            is_done().await
        })
        .await;
    }

    /// One act of somebody, of which many are refused.
    async fn acts(&self, numbers: &mut Numbers) {
        let person = LEARNERS[numbers.below(LEARNERS.len())];
        let (own, admin) = (
            self.employments.calls_of(TestCaller::person(person)),
            self.employments.calls_of(self.admin()),
        );
        let latest = self
            .latest(person)
            .await
            .map(|(name, _)| name.to_string())
            .unwrap_or_default();
        let consent = Some(LearningRecordConsent::default());
        match numbers.below(8) {
            0 => _ = self.claim_granting(person, consent).await,
            1 => _ = self.claim_granting(person, None).await,
            2 | 3 => _ = act::verify(&admin, &latest).await,
            4 => _ = act::end(&admin, &latest, "gone", "").await,
            5 => _ = act::undo_end(&admin, &latest).await,
            6 => _ = act::reject(&admin, &latest, RejectionReason::Dates, "").await,
            _ => _ = act::correct(&own, &latest).await,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_granted_while_the_end_is_on_its_way_ends_with_it() {
    let fixture = Fixture::start().await;
    let employment = fixture.verify("learner-1", &[]).await;
    let outbox = fixture.employments.outbox();
    outbox.hold().await;
    let admin = fixture.employments.calls_of(fixture.admin());
    act::end(&admin, &employment.to_string(), "gone", "")
        .await
        .unwrap();
    fixture.pass(Duration::from_secs(60));
    let grant = async || fixture.grant("learner-1").await.ok();
    eventually_some(grant).await;
    outbox.release().await;
    eventually(async || fixture.known("learner-1").await.state == "ENDED").await;
    assert!(fixture.read("learner-1").await.is_err(), "nothing is shown by it");
    fixture.settled().await;
    let [lapsed] = fixture.own_grants("learner-1").await.try_into().unwrap();
    assert_eq!(lapsed.state(), GrantState::Lapsed);
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_lives_on_after_its_employment_whatever_was_done_to_that() {
    let fixture = Fixture::start().await;
    let training = fixture.new_training("A-1").await;
    let group = fixture.new_group(&[training]).await;
    for person in LEARNERS {
        fixture.verify(person, &[group]).await;
    }
    for round in 1..=4 {
        let mut numbers = Numbers(round);
        for _ in 0..ACTS {
            fixture.acts(&mut numbers).await;
        }
        let outbox = fixture.employments.outbox();
        outbox.drained().await;
        for person in LEARNERS {
            let (_, state) = fixture.latest(person).await.unwrap();
            let word = state.as_str_name().replace("EMPLOYMENT_STATE_", "");
            eventually(async || fixture.known(person).await.state == word).await;
        }
    }
    fixture.settled().await;
}
