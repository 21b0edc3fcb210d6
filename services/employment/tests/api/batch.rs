//! `BatchVerifyEmployments` and `BatchEndEmployments`.

use muster_identity::Role;
use muster_proto::employment::v1::{
    BatchEndEmploymentsRequest, BatchEndEmploymentsResponse, BatchVerifyEmploymentsRequest,
    BatchVerifyEmploymentsResponse, EmploymentOutcome, EmploymentState,
};
use muster_refusal::{ErrorReason as R, violations_of};
use muster_testkit::TestCaller;
use tonic::{Response, Status};

use crate::claim::at;
use crate::fixture::{Fixture, person_name};

/// As if so many people had claimed.
const CROWD: &str =
    "INSERT INTO employments (organization_id, employment_id, person_id, person_display_name, state,
        version, create_time, update_time)
    SELECT $1, gen_random_uuid(), gen_random_uuid(), 'Bob', 'PENDING_VERIFICATION', 1, now(), now()
    FROM generate_series(1, $2)
    RETURNING 'organizations/' || organization_id || '/employments/' || employment_id";

impl Fixture {
    pub(crate) async fn crowd(&self, count: i32) -> Vec<String> {
        sqlx::query_scalar(CROWD)
            .bind(self.organization.as_uuid())
            .bind(count)
            .fetch_all(&mut self.service.database.connection().await)
            .await
            .unwrap()
    }

    async fn batch_verify(
        &self,
        who: TestCaller,
        names: Vec<String>,
        request_id: &str,
    ) -> Result<Vec<EmploymentOutcome>, Status> {
        let request = BatchVerifyEmploymentsRequest {
            parent: self.organization_name().to_string(),
            names,
            request_id: request_id.to_owned(),
        };
        let verified = self.employments(who).batch_verify_employments(request).await;
        verified
            .map(Response::into_inner)
            .map(|BatchVerifyEmploymentsResponse { outcomes }| outcomes)
    }

    async fn batch_end(&self, names: Vec<String>) -> Result<Vec<EmploymentOutcome>, Status> {
        self.batch_end_on(names, "").await
    }

    pub(crate) async fn batch_end_on(
        &self,
        names: Vec<String>,
        last_day: &str,
    ) -> Result<Vec<EmploymentOutcome>, Status> {
        let request = BatchEndEmploymentsRequest {
            parent: self.organization_name().to_string(),
            names,
            reason: "the season is over".to_owned(),
            request_id: String::new(),
            last_day: last_day.to_owned(),
        };
        let ended = self
            .employments(self.admin())
            .batch_end_employments(request)
            .await;
        ended
            .map(Response::into_inner)
            .map(|BatchEndEmploymentsResponse { outcomes }| outcomes)
    }

    /// The claim of a person who is somebody in the tests.
    async fn claim_of(&self, person: &str) -> String {
        let claims = vec![at(self.organization_name())];
        let claimed = self.claim(TestCaller::person(person), claims).await.unwrap();
        claimed[0].name.clone()
    }

    /// A name that nothing has.
    pub(crate) fn absent(&self) -> String {
        let id = self.service.clock.new_uuid();
        format!("{}/employments/{id}", self.organization_name())
    }
}

fn told(outcome: &EmploymentOutcome) -> (EmploymentState, R) {
    assert_eq!(
        outcome.refusal.is_empty(),
        outcome.refusal_reason() == R::Unspecified
    );
    (outcome.state(), outcome.refusal_reason())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_name_has_its_own_outcome_in_the_order_of_the_request() {
    let fixture = Fixture::start().await;
    let verified = fixture.employment_of("owner").await.name;
    let mut names = fixture.crowd(300).await;
    let (rejected, withdrawn) = (names[1].clone(), names[2].clone());
    for (name, state) in [(&rejected, "REJECTED"), (&withdrawn, "WITHDRAWN")] {
        let id = name
            .rsplit('/')
            .next()
            .unwrap()
            .parse::<sqlx::types::Uuid>()
            .unwrap();
        sqlx::query("UPDATE employments SET state = $2 WHERE employment_id = $1")
            .bind(id)
            .bind(state)
            .execute(&mut fixture.service.database.connection().await)
            .await
            .unwrap();
    }
    let own = fixture.claim_of("admin").await;
    let absent = fixture.absent();
    let elsewhere = names[3].replace(
        &fixture.organization.to_string(),
        &fixture.service.clock.new_uuid().to_string(),
    );
    names.extend([own.clone(), verified, absent, elsewhere, names[0].clone()]);

    let outcomes = fixture
        .batch_verify(fixture.admin(), names.clone(), "")
        .await
        .unwrap();
    let answered: Vec<_> = outcomes.iter().map(|outcome| outcome.name.clone()).collect();
    assert_eq!(answered, names);
    let (pending, done) = (EmploymentState::PendingVerification, EmploymentState::Verified);
    for (place, outcome) in outcomes.iter().enumerate() {
        let expected = match place {
            1 => (EmploymentState::Rejected, R::EmploymentRejected),
            2 => (EmploymentState::Withdrawn, R::EmploymentState),
            300 => (pending, R::OwnEmployment),
            302 | 303 => (EmploymentState::Unspecified, R::NotFound),
            _ => (done, R::Unspecified),
        };
        assert_eq!(told(outcome), expected, "{place}");
    }
    assert_eq!(outcomes[0], outcomes[304]);
    // The director's, and the 298 that are new.
    assert_eq!(fixture.published("employment.verified").await, 299);
    assert_eq!(fixture.read(&own).await.state(), pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_id_gives_the_same_outcomes_again() {
    let fixture = Fixture::start().await;
    let names = fixture.crowd(3).await;
    let id = fixture.service.clock.new_uuid().to_string();
    let first = fixture
        .batch_verify(fixture.admin(), names.clone(), &id)
        .await
        .unwrap();
    fixture.batch_end(names.clone()).await.unwrap();
    let again = fixture
        .batch_verify(fixture.admin(), names.clone(), &id)
        .await
        .unwrap();
    assert_eq!(again, first);
    let other = fixture
        .batch_verify(fixture.admin(), names[1..].to_vec(), &id)
        .await;
    assert_eq!(
        muster_refusal::reason_of(&other.unwrap_err()),
        Some(R::RequestIdReused)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_that_meet_in_any_order_have_one_effect() {
    let fixture = Fixture::start().await;
    let names = fixture.crowd(100).await;
    let backwards: Vec<_> = names.iter().rev().cloned().collect();
    let other = || TestCaller::member("director", fixture.organization, Role::Owner);
    let (one, two, three, four) = tokio::join!(
        fixture.batch_verify(fixture.admin(), names.clone(), ""),
        fixture.batch_verify(other(), backwards.clone(), ""),
        fixture.batch_verify(fixture.admin(), backwards, ""),
        fixture.batch_verify(other(), names.clone(), ""),
    );
    for outcomes in [one, two, three, four] {
        for outcome in outcomes.unwrap() {
            assert_eq!(told(&outcome), (EmploymentState::Verified, R::Unspecified));
        }
    }
    assert_eq!(fixture.published("employment.verified").await, 101);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_employments_end_for_one_reason_and_the_owners_does_not() {
    let fixture = Fixture::start().await;
    let names = fixture.crowd(3).await;
    let outcomes = fixture
        .batch_verify(fixture.admin(), names[..2].to_vec(), "")
        .await
        .unwrap();
    assert_eq!(outcomes.len(), 2);
    let owners = fixture.employment_of("owner").await;
    let all = [names.clone(), vec![owners.name.clone(), fixture.absent()]].concat();
    let outcomes = fixture.batch_end(all).await.unwrap();
    let outcomes: Vec<_> = outcomes.iter().map(told).collect();
    assert_eq!(
        outcomes,
        [
            (EmploymentState::Ended, R::Unspecified),
            (EmploymentState::Ended, R::Unspecified),
            (EmploymentState::PendingVerification, R::EmploymentState),
            (EmploymentState::Verified, R::OwnerMustTransfer),
            (EmploymentState::Unspecified, R::NotFound),
        ]
    );
    assert_eq!(fixture.employment_of("owner").await, owners);
    assert_eq!(fixture.published("employment.ended").await, 2);
    let kept = "SELECT count(*) FROM employments WHERE end_reason = 'the season is over'
        AND end_time IS NOT NULL AND verify_time IS NOT NULL";
    assert_eq!(fixture.service.database.count(kept).await, 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_has_names_and_not_too_many() {
    let fixture = Fixture::start().await;
    let name = fixture.employment_of("owner").await.name;
    let malformed = person_name("owner").to_string();
    for (names, field) in [
        (Vec::new(), "names"),
        (vec![name.clone(); 1001], "names"),
        (vec![name.clone(), malformed], "names[1]"),
    ] {
        let refused = fixture
            .batch_verify(fixture.admin(), names, "")
            .await
            .unwrap_err();
        assert_eq!(violations_of(&refused)[0].0, field);
    }
    let most = fixture.batch_verify(fixture.admin(), vec![name; 1000], "").await;
    assert_eq!(most.unwrap().len(), 1000);
}

#[tokio::test(flavor = "multi_thread")]
async fn many_have_one_last_day_that_is_to_come_and_keep_everything_else() {
    let fixture = Fixture::start().await;
    let names = fixture.crowd(3).await;
    fixture
        .batch_verify(fixture.admin(), names[..1].to_vec(), "")
        .await
        .unwrap();
    fixture.service.clock.advance(std::time::Duration::from_secs(60));
    fixture
        .batch_verify(fixture.admin(), names.clone(), "")
        .await
        .unwrap();
    let times = "SELECT count(DISTINCT verify_time) FROM employments WHERE person_display_name <> 'owner'";
    let before = fixture.service.database.count(times).await;
    let outcomes = fixture.batch_end_on(names.clone(), "2026-03-31").await.unwrap();
    for outcome in &outcomes {
        assert_eq!(told(outcome), (EmploymentState::Verified, R::Unspecified));
    }
    assert_eq!(fixture.service.database.count(times).await, before);
    let kept = "SELECT count(*) FROM employments WHERE last_day = '2026-03-31' AND end_time IS NULL
        AND end_reason = 'the season is over' AND ended_by = 'ORGANIZATION'";
    assert_eq!(fixture.service.database.count(kept).await, 3);
}
