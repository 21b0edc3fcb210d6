//! Conflicting acts on an ownership at once: one wins, everybody else is told so, and there is one owner at every moment.

use std::sync::atomic::{AtomicBool, Ordering};

use muster_identity::Role;
use muster_ids::OrganizationId;
use muster_proto::employment::v1::EmploymentState;
use muster_proto::organization::v1 as pb;
use muster_refusal::{ErrorReason as R, reason_of};
use muster_testkit::TestCaller;
use pb::OwnershipOfferState as S;
use tonic::Status;

use super::{accept, as_owner, decline, latest, let_in, offer, withdraw};
use crate::employed::hears;
use crate::fixture::Fixture;
use crate::profile_users::{add, person, remove};
use crate::races::{CALLERS, rounds};
use crate::roles::role;

const PEOPLE: [&str; 3] = ["owner", "ada", "bob"];

/// What sixteen do at once, by turns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Accept,
    Decline,
    Withdraw,
    Remove,
    Leave,
    OfferElsewhere,
    Move,
}

const ACTS: [Act; 7] = [
    Act::Accept,
    Act::Withdraw,
    Act::Accept,
    Act::Remove,
    Act::OfferElsewhere,
    Act::Decline,
    Act::Leave,
];

/// Who has what to do with one offer.
struct Round<'a> {
    fixture: &'a Fixture,
    id: OrganizationId,
    owner: &'a str,
    to: &'a str,
    other: &'a str,
    offered: pb::OwnershipOffer,
}

impl Round<'_> {
    /// Where the offer stands for whoever did it; nothing where the act is not about the offer.
    async fn act(&self, act: Act) -> Result<Option<S>, Status> {
        let Self {
            fixture,
            id,
            owner,
            to,
            other,
            ref offered,
        } = *self;
        match act {
            Act::Accept => {
                let accepted = accept(fixture, TestCaller::person(to), offered).await?;
                Ok(Some(accepted.state()))
            }
            Act::Decline => Ok(Some(decline(fixture, to, offered).await?.state())),
            Act::Withdraw => Ok(Some(withdraw(fixture, id, owner, offered).await?.state())),
            Act::Remove => {
                remove(fixture, id, as_owner(id, owner), to).await?;
                Ok(None)
            }
            Act::Leave => {
                remove(fixture, id, TestCaller::member(to, id, Role::Admin), to).await?;
                Ok(None)
            }
            Act::OfferElsewhere => {
                offer(fixture, id, owner, other).await?;
                Ok(None)
            }
            Act::Move => {
                super::reassigning::reassign(fixture, id, other).await?;
                Ok(None)
            }
        }
    }

    /// Everybody at once, and what became of it.
    async fn run(&self, number: usize) {
        let acts: Vec<Act> = (0..CALLERS)
            .map(|place| match (number + place) % (ACTS.len() + 1) {
                last if last == ACTS.len() && number.is_multiple_of(5) => Act::Move,
                turn => ACTS[turn % ACTS.len()],
            })
            .collect();
        let each = acts.iter().map(|act| self.act(*act));
        let answers = futures::future::join_all(each).await;
        let mut answered = answers
            .iter()
            .filter_map(|answer| answer.as_ref().ok().copied().flatten());
        let winner = answered.next();
        assert!(answered.all(|state| Some(state) == winner), "{answers:?}");
        for (act, lost) in acts.iter().zip(&answers) {
            if let Err(status) = lost {
                let reason = reason_of(status).unwrap();
                assert!(may_be_told(*act, reason), "{act:?}: {status:?}");
            }
        }
        self.holds(winner).await;
    }

    /// What is stored says the same as the answers.
    async fn holds(&self, winner: Option<S>) {
        let Self { fixture, id, to, .. } = *self;
        let owners = fixture.read(id).await.owner;
        let was_moved = owners == person(self.other);
        match winner {
            Some(S::Accepted) if !was_moved => assert_eq!(owners, person(to)),
            Some(S::Accepted) => assert_ne!(role(fixture, id, self.owner).await, pb::Role::Owner),
            _ if was_moved => {}
            _ => assert_eq!(owners, person(self.owner)),
        }
    }
}

/// What a loser hears.
fn may_be_told(act: Act, reason: R) -> bool {
    match reason {
        // Whoever was the owner is none any more; whoever was to be it is it, or was removed.
        R::PermissionDenied => matches!(act, Act::Withdraw | Act::Remove | Act::OfferElsewhere),
        R::OwnershipOfferState => matches!(act, Act::Accept | Act::Decline | Act::Withdraw),
        R::NotFound => matches!(act, Act::Remove | Act::Leave),
        R::OwnerMustTransfer => act == Act::Leave,
        R::OwnershipOfferOpen | R::SuccessorCannotAct => act == Act::OfferElsewhere,
        _ => false,
    }
}

/// Looks again and again how many owners there are.
async fn watch(fixture: &Fixture, id: OrganizationId, done: &AtomicBool) -> u64 {
    let both = format!(
        "SELECT count(*) FROM organizations o JOIN profile_users u
             ON u.organization_id = o.organization_id AND u.person_id = o.owner_person_id
         WHERE o.organization_id = '{id}'"
    );
    let mut looks = 0;
    let mut connection = fixture.service.database.connection().await;
    while !done.load(Ordering::Relaxed) {
        let twice: i64 = sqlx::query_scalar(sqlx::AssertSqlSafe(both.as_str()))
            .fetch_one(&mut connection)
            .await
            .unwrap();
        assert_eq!(twice, 0, "the owner was given access beside it");
        let all =
            crate::profile_users::listed_by(fixture, id, TestCaller::member("eve", id, Role::Viewer)).await;
        let owners = all.iter().filter(|user| user.role() == pb::Role::Owner).count();
        assert_eq!(owners, 1, "{all:?}");
        looks += 1;
    }
    looks
}

#[tokio::test(flavor = "multi_thread")]
async fn of_conflicting_acts_on_an_offer_one_wins_and_there_is_always_one_owner() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let done = AtomicBool::new(false);
    let race = async {
        let mut winners = std::collections::BTreeMap::new();
        for number in 0..rounds() {
            let owners = fixture.read(id).await.owner;
            let owner = PEOPLE.iter().position(|who| person(who) == owners).unwrap();
            let [owner, to, other] = [0, 1, 2].map(|place| PEOPLE[(owner + place) % PEOPLE.len()]);
            for who in [to, other] {
                let_in(&fixture, id, who).await;
            }
            let offered = offer(&fixture, id, owner, to).await.unwrap();
            let round = Round {
                fixture: &fixture,
                id,
                owner,
                to,
                other,
                offered,
            };
            round.run(number).await;
            *winners.entry(settle(&round).await).or_insert(0) += 1;
        }
        done.store(true, Ordering::Relaxed);
        winners
    };
    let (winners, looks) = tokio::join!(race, watch(&fixture, id, &done));
    assert!(looks > 0 && !winners.is_empty(), "{winners:?}");
}

/// Ends what is still open, so that the next round begins bare; tells how the offer of this one ended.
async fn settle(round: &Round<'_>) -> &'static str {
    let Round { fixture, id, .. } = *round;
    let last = latest(fixture, id).await;
    let owners = fixture.read(id).await.owner;
    let owner = PEOPLE.iter().find(|who| person(who) == owners).unwrap();
    if last.state() == S::Offered {
        withdraw(fixture, id, owner, &last).await.unwrap();
    }
    if last.name == round.offered.name {
        last.state().as_str_name()
    } else {
        "another was offered"
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_employment_that_ends_while_its_person_accepts_leaves_one_of_two_outcomes() {
    let fixture = Fixture::new().await;
    let mut sequence = 0;
    for _ in 0..rounds().div_ceil(10) {
        let id = fixture.active().await;
        hears(&fixture, id, "ada", sequence + 1, EmploymentState::Verified).await;
        add(&fixture, id, "ada", pb::Role::Admin).await.unwrap();
        let offered = offer(&fixture, id, "owner", "ada").await.unwrap();
        let ended = hears(&fixture, id, "ada", sequence + 2, EmploymentState::Ended);
        let (accepted, ()) = tokio::join!(accept(&fixture, TestCaller::person("ada"), &offered), ended);
        let (ada, owner) = (role(&fixture, id, "ada").await, role(&fixture, id, "owner").await);
        match accepted {
            Ok(_) => assert_eq!((ada, owner), (pb::Role::Owner, pb::Role::Admin)),
            Err(status) => {
                assert_eq!(reason_of(&status), Some(R::OwnershipOfferState), "{status:?}");
                assert_eq!((ada, owner), (pb::Role::Unspecified, pb::Role::Owner));
            }
        }
        sequence += 2;
    }
}
