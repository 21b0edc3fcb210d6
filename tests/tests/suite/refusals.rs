//! Every refusal that the contract documents, through the edge: the option `(muster.error.v1.refuses)` of an RPC names the
//! reasons, a row here provokes each. An RPC whose option names a reason without a row here fails
//! [`every_documented_refusal_has_a_row_and_every_row_is_documented`].
//!
//! To add one: write the reason into the option of the RPC, and a row into the module of its service that brings the
//! refusal about and gives the request; the call itself is made by [`provoke`], at the edge, like any caller's.

mod access;
mod access_requests;
mod attempt;
mod claims;
mod consent;
mod contract;
mod employment;
mod imports;
mod invitations;
mod joining;
mod learning;
mod organization;
mod ownership;
mod places;
mod profile_users;
mod profiles;
mod programmes;
mod promises;
mod redemption;
mod reviews;
mod staff;
mod stage;
mod trace;

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;

use futures::future::{FutureExt, LocalBoxFuture};
use futures::stream::{self, StreamExt};
use muster_refusal::ErrorReason as R;
use prost::Message as _;

use self::attempt::{Attempt, provoke};
use self::contract::Pair;
use self::stage::Stage;
use self::trace::{Trace, published, published_by};
use crate::support::{RawCall, Suite, alone, with_others};

/// How many rows are tried at a time.
const CONCURRENCY: usize = 4;

/// One refusal, and how it comes about.
struct Row {
    rpc: &'static str,
    reason: R,
    arrange: Box<dyn FnOnce(Stage) -> LocalBoxFuture<'static, Attempt>>,
}

fn row<F, A>(rpc: &'static str, reason: R, arrange: F) -> Row
where
    F: FnOnce(Stage) -> A + 'static,
    A: Future<Output = Attempt> + 'static,
{
    let arrange = Box::new(|stage| arrange(stage).boxed_local());
    Row { rpc, reason, arrange }
}

/// All rows that leave the suite undisturbed.
fn rows() -> Vec<Row> {
    [
        access::rows(),
        profiles::rows(),
        profile_users::rows(),
        access_requests::rows(),
        ownership::rows(),
        programmes::rows(),
        places::rows(),
        organization::rows(),
        employment::rows(),
        claims::rows(),
        invitations::rows(),
        joining::rows(),
        imports::rows(),
        redemption::rows(),
        reviews::rows(),
        consent::rows(),
        learning::rows(),
        staff::rows(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Refusals about which whoever is refused can do nothing: somebody who can is mailed (decision 0117).
const TOLD_OF: [&str; 2] = [
    "AcceptInvitation GroupInactive",
    "AcceptPersonInvitation GroupInactive",
];

/// Whether what was published is the mail about this refusal, or what became of that mail.
fn is_told_of(refusal: &str, event: &str) -> bool {
    let of_a_mail = ["invitation: mail.requested ", "notification: delivery.changed "];
    TOLD_OF.contains(&refusal) && of_a_mail.iter().any(|one| event.starts_with(one))
}

/// Tries rows, several at a time, and tells of everything that was not as documented, and of what was published although its call was
/// refused.
async fn try_all(rows: Vec<Row>) {
    let suite = Suite::find();
    let stage = Stage::set(&suite).await;
    let told = stream::iter(rows).map(|row| {
        let stage = stage.clone();
        async move {
            let name = format!("{} {:?}", row.rpc, row.reason);
            let tried =
                async { provoke(&stage, row.rpc, row.reason, (row.arrange)(stage.clone()).await).await };
            match AssertUnwindSafe(tried).catch_unwind().await {
                Ok(Ok(trace)) => Ok((name, trace)),
                Ok(Err(problem)) => Err(format!("{name}: {problem}")),
                Err(_) => Err(format!("{name}: the row itself failed, see above")),
            }
        }
    });
    let told: Vec<_> = told.buffer_unordered(CONCURRENCY).collect().await;
    let (mut refused, mut problems) = (Vec::new(), Vec::new());
    for one in told {
        match one {
            Ok(one) => refused.push(one),
            Err(problem) => problems.push(problem),
        }
    }
    let traces: Vec<Trace> = refused.iter().map(|(_, trace)| trace.clone()).collect();
    let events = published(&suite, &traces).await;
    for (name, trace) in refused {
        let told = events
            .iter()
            .filter(|event| trace.is_of(event) && !is_told_of(&name, event))
            .map(|event| format!("{name}: published {event}"));
        problems.extend(told);
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

#[tokio::test]
async fn every_documented_refusal_is_given_through_the_edge() {
    let _undisturbed = with_others().await;
    try_all(rows()).await;
}

/// What is asserted of the refused ones is seen of one that is done.
#[tokio::test]
async fn of_a_call_that_is_done_the_event_is_found_by_its_trace() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let stage = Stage::set(&suite).await;
    let request = stage.organization.inviting(&stage.address());
    let path = "/muster.invitation.v1.InvitationService/CreateInvitation";
    let call = RawCall::new(path, request.encode_to_vec()).bearer(&suite.token("owner"));
    let (call, trace) = Trace::begin(&stage, &call);
    call.send(suite.edge()).await.unwrap();
    let published = published_by(&suite, &trace).await;
    assert!(
        published
            .iter()
            .any(|event| event.starts_with("invitation: mail.requested")),
        "{published:?}"
    );
}

#[tokio::test]
async fn a_service_that_is_away_is_told_as_such() {
    let _alone = alone().await;
    try_all(organization::rows_that_disturb()).await;
}

/// Needs no running suite: the options and the rows are both in the build.
#[test]
fn every_documented_refusal_has_a_row_and_every_row_is_documented() {
    let expected: BTreeSet<Pair> = contract::documented();
    let mut provoked = BTreeSet::new();
    for row in rows().into_iter().chain(organization::rows_that_disturb()) {
        assert!(
            provoked.insert(Pair::new(row.rpc, row.reason)),
            "{} {:?} twice",
            row.rpc,
            row.reason
        );
    }
    let untested: Vec<&Pair> = expected.difference(&provoked).collect();
    let unknown: Vec<&Pair> = provoked.difference(&expected).collect();
    assert!(untested.is_empty(), "documented without a row here: {untested:?}");
    assert!(
        unknown.is_empty(),
        "rows without a word in the contract: {unknown:?}"
    );
}

/// The reasons of the domain are there for somebody to hear.
#[test]
fn every_reason_of_the_domain_is_provoked_somewhere() {
    let provoked: BTreeSet<i32> = rows().iter().map(|row| row.reason as i32).collect();
    let silent: Vec<R> = (100..1000)
        .filter_map(|number| R::try_from(number).ok())
        .filter(|reason| !provoked.contains(&(*reason as i32)))
        .collect();
    assert!(silent.is_empty(), "{silent:?}");
}
