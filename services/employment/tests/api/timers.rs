//! A decision disarms whatever an earlier one armed: last days are settled and reminders asked for, the contrary is decided, and all
//! deadlines pass.

use std::time::Duration;

use muster_proto::employment::v1::{EmploymentState as S, RejectionReason};
use muster_testkit::eventually;
use time::macros::datetime;

use crate::fixture::Fixture;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const SETTLED: &str = "2026-03-03";

impl Fixture {
    /// How many events there are of employments but this one, mails among them.
    async fn told_of_others(&self, name: &str) -> i64 {
        let id = name.rsplit('/').next().unwrap();
        sqlx::query_scalar("SELECT count(*) FROM outbox WHERE aggregate_id <> $1::uuid")
            .bind(id)
            .fetch_one(&mut self.service.database.connection().await)
            .await
            .unwrap()
    }

    /// All that has come to the service comes again.
    async fn hears_all_again(&self) {
        for service in [&self.organizations, &self.invitations] {
            service.outbox().publish_all_again().await;
            service.outbox().drained().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_decided_otherwise_never_fires() {
    let fixture = Fixture::start().await;
    let mut names = Vec::new();
    for number in 0..7 {
        names.push(fixture.employed(&format!("learner-{number}")).await.name);
    }
    let [undone, left, moved, rejected, vouched, at_once, due] = names.as_slice() else {
        panic!("{names:?}")
    };
    for name in [undone, moved, rejected, vouched, at_once, due] {
        fixture.ends_on(name, SETTLED).await.unwrap();
    }
    fixture.leave_on("learner-1", left, SETTLED).await.unwrap();

    fixture.undo_end(undone).await.unwrap();
    fixture.undo_leave("learner-1", left).await.unwrap();
    fixture.ends_on(moved, "2027-12-31").await.unwrap();
    fixture
        .restart("learner-3", rejected, "2026-02-01")
        .await
        .unwrap();
    fixture
        .reject(rejected, RejectionReason::Dates, "not these dates")
        .await
        .unwrap();
    fixture.employ_anywhere("learner-4").await;
    fixture.ends_on(at_once, "").await.unwrap();
    // Somebody waits of whom administrators are to be told, and is verified; somebody else takes it back.
    let waiting = fixture.claimed("learner-7").await.name;
    let taken_back = fixture.claimed("learner-8").await.name;
    fixture.verify(&waiting).await;
    fixture.withdraw("learner-8", &taken_back).await.unwrap();

    let all = [names.as_slice(), &[waiting, taken_back]].concat();
    let states = async || {
        let mut states = Vec::new();
        for name in &all {
            let one = fixture.read(name).await;
            states.push((one.state(), one.last_day, one.etag));
        }
        states
    };
    let (mut stood, told) = (states().await, fixture.told_of_others(due).await);
    let expected = [
        (S::Verified, ""),
        (S::Verified, ""),
        (S::Verified, "2027-12-31"),
        (S::Rejected, ""),
        (S::Verified, ""),
        (S::Ended, "2026-03-01"),
        (S::Verified, SETTLED),
        (S::Verified, ""),
        (S::Withdrawn, ""),
    ];
    let shown: Vec<_> = stood
        .iter()
        .map(|(state, day, _)| (*state, day.as_str()))
        .collect();
    assert_eq!(shown, expected);

    fixture.advance_to(datetime!(2026-03-04 05:00 UTC));
    fixture.ends_by_itself(due).await;
    fixture.hears_all_again().await;
    for _ in 0..4 {
        fixture.advance(90 * DAY);
        fixture.hears_all_again().await;
        eventually(async || {
            let owed = "SELECT count(*) FROM employments WHERE end_due_time < '2027-01-01'";
            fixture.service.database.count(owed).await == 0
        })
        .await;
    }
    // Those of which the mails were asked for may be told of nobody by now: whoever sends looks again.
    assert_eq!(fixture.told_of_others(due).await, told);
    assert!(fixture.parked().await.is_empty());
    let mut stand = states().await;
    let (ended, was) = (stand.remove(6), stood.remove(6));
    assert_eq!((ended.0, was.0), (S::Ended, S::Verified));
    assert_eq!(stand, stood);
}
