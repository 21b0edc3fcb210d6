//! No two employments of a person at an organization cover the same day (R21).

use std::collections::BTreeMap;

use futures::future::join_all;
use muster_proto::employment::v1::{
    Employment, EmploymentClaim, EmploymentState as S, Position, RejectionReason,
};
use muster_refusal::{ErrorReason as R, reason_of, violations_of};
use muster_testkit::{TestCaller, acts};
use tonic::Status;
use tonic_types::StatusExt;

use crate::claim::at;
use crate::fixture::Fixture;
use crate::positions::position;

/// Pairs of them that cover a day both, as far as their days are said; the organizations of the tests are Michigan's. What never began
/// covers none.
pub(crate) const SHARED_DAYS: &str = "
    WITH days AS (
        SELECT e.organization_id, e.person_id, e.employment_id, p.first_day,
               CASE WHEN e.state = 'ENDED' THEN e.last_day END AS last_day
        FROM employments e,
             LATERAL (SELECT coalesce(e.start_date, min(start_date)) AS first_day FROM employment_positions
                      WHERE organization_id = e.organization_id AND employment_id = e.employment_id) AS p
        WHERE p.first_day IS NOT NULL AND e.state IN ('PENDING_VERIFICATION', 'VERIFIED', 'ENDED')
          AND NOT (e.state = 'ENDED' AND e.last_day = p.first_day
                   AND (e.end_time AT TIME ZONE 'America/Detroit')::date < p.first_day))
    SELECT count(*) FROM days one JOIN days other USING (organization_id, person_id)
    WHERE one.employment_id < other.employment_id
      AND daterange(one.first_day, one.last_day, '[]') && daterange(other.first_day, other.last_day, '[]')";

impl Fixture {
    /// A claim of somebody who says since when.
    pub(crate) async fn claim_since(&self, person: &str, start: &str) -> Result<Employment, Status> {
        let claim = EmploymentClaim {
            start_date: start.to_owned(),
            ..at(self.organization_name())
        };
        let claimed = self.claim(TestCaller::person(person), vec![claim]).await?;
        Ok(claimed.into_iter().next().unwrap())
    }

    /// Somebody has worked there between these days, as both sides say; the organization has ended it.
    async fn worked(&self, person: &str, start: &str, last_day: &str) -> Employment {
        let claim = self.claim_since(person, start).await.unwrap();
        self.verify(&claim.name).await;
        self.ends_on(&claim.name, last_day).await.unwrap()
    }
}

/// The fields, with what is wrong with each.
fn wrong(status: &Status) -> BTreeMap<String, String> {
    assert_eq!(reason_of(status), Some(R::InvalidRequest), "{status:?}");
    violations_of(status).into_iter().collect()
}

/// Until when the employment that is in the way lasts.
fn superseded_until(status: &Status) -> Option<String> {
    assert_eq!(reason_of(status), Some(R::EmploymentSuperseded), "{status:?}");
    let info = status.get_details_error_info().unwrap();
    info.metadata.get("last_day").cloned()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_comes_back_begins_after_the_last_day_and_every_site_where_not_is_told() {
    let mut fixture = Fixture::start().await;
    let (person, first) = ("learner-1", fixture.organization_name());
    let former = fixture.employed(person).await.name;
    fixture.ends_on(&former, "2026-02-20").await.unwrap();
    fixture.organization = acts::open_organization(&fixture.organizations, "owner").await;
    let second = fixture.organization_name();
    fixture.worked(person, "2026-01-10", "2026-02-25").await;

    let since = |site, start: &str| EmploymentClaim {
        start_date: start.to_owned(),
        ..at(site)
    };
    let as_what = |site, start: &str| EmploymentClaim {
        positions: vec![
            position("Cook", ""),
            Position {
                start_date: start.to_owned(),
                ..position("Head", "")
            },
        ],
        ..at(site)
    };
    let claim = async |claims| fixture.claim(TestCaller::person(person), claims).await;
    let refused = claim(vec![as_what(second, "2026-02-26"), since(first, "2026-02-20")]).await;
    let wrong = wrong(&refused.unwrap_err());
    let fields: Vec<_> = wrong.keys().map(String::as_str).collect();
    assert_eq!(
        fields,
        ["claims[0].positions[0].start_date", "claims[1].start_date"]
    );
    assert!(
        wrong["claims[1].start_date"].contains("2026-02-21 or later"),
        "{wrong:?}"
    );
    // Before it, and without an end, is no better.
    let refused = claim(vec![since(first, "2025-01-01")]).await.unwrap_err();
    assert_eq!(violations_of(&refused)[0].0, "claims[0].start_date");
    let stored = "SELECT count(*) FROM employments WHERE state = 'PENDING_VERIFICATION'";
    assert_eq!(
        fixture.service.database.count(stored).await,
        0,
        "nothing is stored"
    );

    let claimed = claim(vec![since(second, "2026-02-26"), since(first, "2026-02-21")]).await;
    let claimed = claimed.unwrap();
    assert!(claimed.iter().all(|one| one.state() == S::PendingVerification));
    // What it says of what is open already is not looked at.
    assert_eq!(
        claim(vec![since(first, "2026-01-01")]).await.unwrap()[0],
        claimed[1]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn another_first_day_is_not_said_where_a_former_employment_has_its_days() {
    let fixture = Fixture::start().await;
    let person = "learner-1";
    fixture.worked(person, "2026-02-01", "2026-02-20").await;
    // An invitation says no day, so there is nothing to refuse.
    let again = fixture.employed(person).await;
    assert_eq!((again.state(), again.start_date.as_str()), (S::Verified, ""));
    for start in ["2026-02-20", "2026-02-01", "2025-12-01"] {
        let refused = fixture.restart(person, &again.name, start).await.unwrap_err();
        let wrong = wrong(&refused);
        let said = &wrong["employment.start_date"];
        assert!(
            said.contains("2026-02-20") && said.contains("2026-02-21 or later"),
            "{said}"
        );
    }
    let refused = fixture.reposition(&again, vec![position("Cook", "")]).await;
    let fields: Vec<_> = wrong(&refused.unwrap_err()).into_keys().collect();
    assert_eq!(fields, ["employment.positions[0].start_date"]);
    assert_eq!(fixture.read(&again.name).await, again, "nothing is stored");
    let next_day = fixture.restart(person, &again.name, "2026-02-21").await.unwrap();
    assert_eq!(next_day.state(), S::PendingVerification);
}

/// Between its rejection and its correction they worked there by another claim.
#[tokio::test(flavor = "multi_thread")]
async fn a_claim_is_not_handed_in_again_over_the_days_of_another_employment() {
    let fixture = Fixture::start().await;
    let person = "learner-1";
    let claim = fixture.claim_since(person, "2026-02-01").await.unwrap();
    let why = RejectionReason::Dates;
    let rejected = fixture.reject(&claim.name, why, "").await.unwrap().into_inner();
    fixture.worked(person, "2026-02-10", "2026-02-20").await;
    let refused = fixture.correct(person, &claim.name).await.unwrap_err();
    assert_eq!(superseded_until(&refused), Some("2026-02-20".to_owned()));
    let refused = fixture
        .restart(person, &claim.name, "2026-02-15")
        .await
        .unwrap_err();
    assert!(wrong(&refused).contains_key("employment.start_date"));
    assert_eq!(fixture.read(&claim.name).await, rejected);
    let handed_in = fixture.restart(person, &claim.name, "2026-02-21").await.unwrap();
    assert_eq!(handed_in.state(), S::PendingVerification);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_end_is_not_taken_back_over_the_days_of_another_employment() {
    let fixture = Fixture::start().await;
    for (person, says) in [("learner-1", true), ("learner-2", false)] {
        let former = fixture.worked(person, "2026-02-01", "2026-02-20").await;
        let other = if says {
            fixture.worked(person, "2026-02-21", "2026-02-25").await
        } else {
            let other = fixture.employed(person).await;
            fixture.ends_on(&other.name, "2026-02-25").await.unwrap()
        };
        let refused = fixture.undo_end(&former.name).await.unwrap_err();
        assert_eq!(superseded_until(&refused), Some("2026-02-25".to_owned()));
        assert_eq!(fixture.read(&former.name).await, former, "nothing is stored");
        // That one goes on.
        fixture.undo_end(&other.name).await.unwrap();
        let refused = fixture.undo_end(&former.name).await.unwrap_err();
        assert_eq!(superseded_until(&refused), None, "it is open");
    }
    // What never began covers no day, however far ahead it was to begin.
    let former = fixture.worked("learner-3", "2026-02-01", "2026-02-20").await;
    let other = fixture.worked("learner-3", "2026-03-02", "").await;
    assert_eq!((other.state(), other.last_day.as_str()), (S::Ended, "2026-03-02"));
    assert_eq!(fixture.undo_end(&former.name).await.unwrap().state(), S::Verified);
    assert_eq!(fixture.service.database.count(SHARED_DAYS).await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_last_day_is_not_corrected_into_another_employment() {
    let fixture = Fixture::start().await;
    let person = "learner-1";
    let former = fixture.worked(person, "2026-02-01", "2026-02-20").await.name;
    let next = fixture.claim_since(person, "2026-02-25").await.unwrap().name;
    let corrected = fixture.ends_on(&former, "2026-02-24").await.unwrap();
    assert_eq!(corrected.last_day, "2026-02-24");
    let refused = fixture.ends_on(&former, "2026-02-25").await.unwrap_err();
    assert!(
        wrong(&refused)["last_day"].contains("before 2026-02-25"),
        "{refused:?}"
    );
    fixture.verify(&next).await;
    fixture.ends_on(&next, "2026-02-26").await.unwrap();
    let refused = fixture.ends_on(&former, "2026-03-01").await.unwrap_err();
    let said = &wrong(&refused)["last_day"];
    assert!(said.contains("2026-02-25 to 2026-02-26"), "{said}");
    assert_eq!(fixture.read(&former).await, corrected, "nothing is stored");
    // Another reason alone is no other day.
    let told = fixture.end_on(&former, "moved away", "2026-02-24").await.unwrap();
    assert_eq!(told.into_inner().end_reason, "moved away");
}

/// Both are sound as long as the other is not done: one of the two is.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_say_days_that_collide_at_once_one_is_heard() {
    let fixture = Fixture::start_without_limits().await;
    let mut first_days = [0, 0];
    for number in 0..12 {
        let person = format!("worker-{number}");
        let former = fixture.worked(&person, "2026-01-01", "2026-01-31").await.name;
        let again = fixture.employed(&person).await.name;
        let correct = || async { join_all((0..4).map(|_| fixture.ends_on(&former, "2026-02-15"))).await };
        let say = || async { join_all((0..4).map(|_| fixture.restart(&person, &again, "2026-02-10"))).await };
        let (corrected, said) = if number % 2 == 0 {
            tokio::join!(correct(), say())
        } else {
            let (said, corrected) = tokio::join!(say(), correct());
            (corrected, said)
        };
        let heard = [
            corrected.iter().any(Result::is_ok),
            said.iter().any(Result::is_ok),
        ];
        assert_ne!(heard[0], heard[1], "{corrected:?} {said:?}");
        for refused in corrected.into_iter().chain(said).filter_map(Result::err) {
            assert_eq!(reason_of(&refused), Some(R::InvalidRequest), "{refused:?}");
        }
        first_days[usize::from(heard[1])] += 1;
        assert_eq!(
            fixture.service.database.count(SHARED_DAYS).await,
            0,
            "{first_days:?}"
        );
    }
    assert!(fixture.parked().await.is_empty());
}
