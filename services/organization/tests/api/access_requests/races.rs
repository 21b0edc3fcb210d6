//! Sixteen who ask at once, and sixteen who decide at once: one request, one end of it, and everybody else is told so.

use std::collections::BTreeSet;

use futures::future::join_all;
use muster_ids::OrganizationId;
use muster_proto::organization::v1 as pb;
use muster_refusal::{ErrorReason as R, reason_of};
use muster_testkit::{Callers, TestCaller};
use pb::AccessRequestState as S;
use tonic::Status;

use super::{approve, asking, deny, own_requests, withdraw};
use crate::employed::employed;
use crate::fixture::{Fixture, owner};
use crate::profile_users::{add, remove};
use crate::races::{CALLERS, count, published, rounds};
use crate::refused::{fact, refused};
use crate::roles::role;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Act {
    Approve,
    Deny,
    Withdraw,
    /// The owner gives access because of an employment, and less than was asked for.
    Add,
    Remove,
}

const DECISIONS: [Act; 3] = [Act::Approve, Act::Withdraw, Act::Deny];
const ACTS: [Act; 5] = [Act::Approve, Act::Add, Act::Withdraw, Act::Remove, Act::Deny];

/// One person's request.
struct Round<'a> {
    fixture: &'a Fixture,
    id: OrganizationId,
    who: String,
    request: pb::AccessRequest,
}

impl<'a> Round<'a> {
    /// They ask on all their devices.
    async fn begin(fixture: &'a Fixture, id: OrganizationId, organization_number: &str) -> Self {
        let who = fixture.service.clock.new_uuid().to_string();
        let answers = join_all((0..CALLERS).map(|_| async {
            let caller = TestCaller::Person(Callers::person(&who), None);
            let mut client = own_requests(fixture, caller);
            let request = asking(organization_number, pb::Role::Admin);
            client.request_access(request).await.unwrap().into_inner()
        }));
        let mut asked: Vec<_> = answers
            .await
            .into_iter()
            .map(|answer| answer.access_request.unwrap())
            .collect();
        let names: BTreeSet<_> = asked.iter().map(|request| request.name.clone()).collect();
        assert_eq!(names.len(), 1, "{names:?}");
        let request = asked.remove(0);
        assert_eq!(request.state(), S::Pending);
        Self {
            fixture,
            id,
            who,
            request,
        }
    }

    /// Where the request stands for whoever did it; nothing where the act is not about the request.
    async fn act(&self, act: Act) -> Result<Option<S>, Status> {
        let Self {
            fixture,
            id,
            who,
            request,
        } = self;
        match act {
            Act::Approve => Ok(Some(approve(fixture, *id, request).await?.state())),
            Act::Deny => Ok(Some(deny(fixture, *id, request).await?.state())),
            Act::Withdraw => Ok(Some(withdraw(fixture, who, request).await?.state())),
            Act::Add => {
                add(fixture, *id, who, pb::Role::Viewer).await?;
                Ok(None)
            }
            Act::Remove => {
                remove(fixture, *id, owner(*id), who).await?;
                Ok(None)
            }
        }
    }

    /// Everybody at once; tells how the request ended.
    async fn run(&self, among: &[Act], turn: usize) -> S {
        let acts: Vec<Act> = (0..CALLERS)
            .map(|place| among[(turn + place) % among.len()])
            .collect();
        let answers = join_all(acts.iter().map(|act| self.act(*act))).await;
        let told: BTreeSet<S> = answers
            .iter()
            .filter_map(|answer| answer.as_ref().ok().copied().flatten())
            .collect();
        assert!(told.len() <= 1, "{answers:?}");
        let Some(&ended) = told.first() else {
            unreachable!("nobody is told that it is as they say: {answers:?}")
        };
        for (act, answer) in acts.iter().zip(answers) {
            let Err(status) = &answer else { continue };
            match act {
                Act::Approve | Act::Deny | Act::Withdraw => {
                    let status = refused(answer, R::AccessRequestState);
                    assert_eq!(fact(&status, "state"), Some(word(ended)), "{act:?}");
                }
                Act::Remove => assert_eq!(reason_of(status), Some(R::NotFound), "{status:?}"),
                Act::Add => panic!("{status:?}"),
            }
        }
        self.is_stored(ended).await;
        ended
    }

    async fn is_stored(&self, ended: S) {
        let request = self.request.name.rsplit('/').next().unwrap();
        let state = word(ended);
        let stored = format!(
            "FROM access_requests WHERE organization_id = '{}' AND access_request_id = '{request}'
             AND state = '{state}' AND version = 2",
            self.id
        );
        assert_eq!(count(self.fixture, &stored).await, 1, "{state}, once");
        let asked = format!(
            "FROM access_requests WHERE person_id = '{}'",
            Callers::person(&self.who).id
        );
        assert_eq!(count(self.fixture, &asked).await, 1);
    }
}

fn word(state: S) -> String {
    let word = state.as_str_name();
    word.trim_start_matches("ACCESS_REQUEST_STATE_").to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_sixteen_who_ask_and_decide_at_once_one_asks_and_one_decides() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let number = fixture.read(id).await.organization_number;
    let mut ends = BTreeSet::new();
    for turn in 0..rounds() {
        let round = Round::begin(&fixture, id, &number).await;
        let (who, mails) = (&round.who, published(&fixture, id, "mail.requested").await);
        let ended = if turn.is_multiple_of(2) {
            round.run(&DECISIONS, turn / 2).await
        } else {
            employed(&fixture, id, who, "VERIFIED").await;
            round.run(&ACTS, turn / 2).await
        };
        let has = role(&fixture, id, who).await;
        let is_granted = ended == S::Approved;
        if turn.is_multiple_of(2) {
            assert_eq!(has != pb::Role::Unspecified, is_granted, "{has:?}");
        }
        // What was not granted gives nobody what was asked for.
        assert!(has != pb::Role::Admin || is_granted, "{ended:?}");
        // Nor is anything granted by deciding again once the access was taken away.
        let removed = remove(&fixture, id, owner(id), who).await;
        assert_eq!(removed.is_ok(), has != pb::Role::Unspecified);
        assert_eq!(approve(&fixture, id, &round.request).await.is_ok(), is_granted);
        assert_eq!(role(&fixture, id, who).await, pb::Role::Unspecified);
        ends.insert(ended);
        assert_eq!(published(&fixture, id, "mail.requested").await, mails);
    }
    assert!(
        ends.len() > 1 || rounds() < 20,
        "always the same comes first, so they hardly meet: {ends:?}"
    );
}
