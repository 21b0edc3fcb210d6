//! `kill -9` at any moment, or a broker that is away, loses nothing and doubles nothing.

use std::time::Duration;

use muster_proto::employment::v1::ListEmploymentsRequest;
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::invitation::v1::invitation_redemption_service_client::InvitationRedemptionServiceClient;
use muster_proto::invitation::v1::{AcceptInvitationRequest, InvitationState};
use muster_proto::notification::v1::ListDeliveriesRequest;
use muster_proto::notification::v1::delivery_service_client::DeliveryServiceClient;
use muster_proto::records::v1::ListAssignmentsRequest;
use muster_proto::records::v1::assignment_service_client::AssignmentServiceClient;
use muster_testkit::effort::{BROKER_AWAY, KILLS};
use muster_testkit::{eventually, eventually_some};
use tokio::runtime::Handle;
use tokio::task::{AbortHandle, spawn_blocking};
use tonic::{Code, Response, Status};

use crate::support::{Organization, Standstill, Suite, alone, link_for, link_so_far};

/// Every part that has data or carries messages; those on the way of a mail more often.
const PARTS: [&str; 9] = [
    "invitation",
    "notification",
    "rabbitmq",
    "employment",
    "records",
    "notification",
    "organization",
    "gateway",
    "postgres",
];
/// Between two kills.
const PAUSE: Duration = Duration::from_millis(400);
/// The broker needs longer than a round of kills to come back: it is spared in the rounds between, or it would be away
/// until the end and nothing would be on its way when the others are killed.
const BROKER_SPARED: usize = 3;
/// Every list of these tests fits.
const PAGE: i32 = 1000;

/// While invitations are being made and accepted with request ids, parts are killed one after the other. Afterwards every
/// invitation that was answered is where it should be, every acceptance made one employment and one assignment, and as
/// many messages came as the worker handed over: one, and another only where the fate of the first could not be known.
#[tokio::test]
async fn killing_any_part_loses_nothing_and_doubles_nothing() {
    let _alone = alone().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let run = suite.unique();
    let kills: usize = KILLS.or(18);
    // Every third is accepted.
    let invitations = 3 * kills;
    let killer = tokio::spawn(kill_all(suite.clone(), kills));
    let killing = killer.abort_handle();
    let mut accepting = Vec::new();
    for n in 0..invitations {
        let address = format!("survivor-{n}.{run}@example.test");
        invite(&suite, &organization, &address).await;
        if n % 3 == 0 {
            let (suite, runtime, killing) = (suite.clone(), Handle::current(), killing.clone());
            accepting.push(spawn_blocking(move || {
                runtime.block_on(accept(suite, address, killing));
            }));
        }
    }
    let killed = killer.await.unwrap();
    let accepted = accepting.len();
    for acceptance in accepting {
        acceptance.await.unwrap();
    }
    assert!(
        killed >= kills / 2,
        "only {killed} of {kills} kills hit a process"
    );
    let counts = async |state| organization.count(&suite, state).await;
    let as_many = |count: usize| i64::try_from(count).unwrap();
    eventually(async || counts(InvitationState::Active).await == as_many(accepted)).await;
    eventually(async || counts(InvitationState::Pending).await == as_many(invitations - accepted)).await;
    let all_employed = async || {
        let employed = employed(&suite, &organization).await?;
        (employed.len() >= accepted).then_some(employed)
    };
    let employed = eventually_some(all_employed).await;
    assert_eq!(employed.len(), accepted, "one employment for each acceptance");
    for person in employed {
        assert_eq!(
            assignments(&suite, &organization, &person).await,
            1,
            "for {person}"
        );
    }
    let addresses = (0..invitations).map(|n| format!("survivor-{n}.{run}@example.test"));
    let copies = copies(&suite, addresses).await;
    let again = repeated_attempts(&suite, &organization).await;
    eprintln!("{killed} of {kills} kills hit a process; {copies} second copies, {again} repeated attempts");
    assert!(
        copies <= again,
        "{copies} second copies of {again} repeated attempts"
    );
}

/// A broker that stands still, with its connections open, delays mail and nothing else.
#[tokio::test]
async fn a_broker_that_is_away_delays_mail_and_loses_none() {
    let _alone = alone().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    let run = suite.unique();
    let away = Duration::from_secs(BROKER_AWAY.or(8));
    let addresses: Vec<_> = (0..30)
        .map(|n| format!("patient-{n}.{run}@example.test"))
        .collect();
    let standstill = Standstill::of(&suite, &["rabbitmq"]);
    let begun = std::time::Instant::now();
    for address in &addresses {
        organization.invite(&suite, address).await;
    }
    let time_taken = begun.elapsed();
    tokio::time::sleep(away.saturating_sub(time_taken)).await;
    let waiting = organization.count(&suite, InvitationState::Prospect).await;
    drop(standstill);
    assert_eq!(waiting, 30, "invitations do not wait for the broker");
    eventually(async || organization.count(&suite, InvitationState::Pending).await == 30).await;
    assert_eq!(copies(&suite, addresses.into_iter()).await, 0);
}

async fn kill_all(suite: Suite, kills: usize) -> usize {
    let mut killed = 0;
    let rounds = (0..).flat_map(|round| PARTS.map(|part| (round, part)));
    let doomed = rounds.filter(|(round, part)| *part != "rabbitmq" || round % BROKER_SPARED == 0);
    for (_, part) in doomed.take(kills) {
        killed += usize::from(suite.signal(part, "KILL"));
        tokio::time::sleep(PAUSE).await;
    }
    killed
}

/// The answer, unless a part is being killed or others were faster.
fn unless_away<T>(result: Result<Response<T>, Status>) -> Option<T> {
    let away = [
        Code::Unavailable,
        Code::DeadlineExceeded,
        Code::Cancelled,
        Code::Unknown,
        // Those who wait for a part that is away may be too many at a time.
        Code::ResourceExhausted,
    ];
    match result {
        Ok(response) => Some(response.into_inner()),
        Err(status) => {
            assert!(away.contains(&status.code()), "{status:?}");
            None
        }
    }
}

async fn invite(suite: &Suite, organization: &Organization, address: &str) {
    let mut request = organization.inviting(address);
    request.request_id = suite.request_id();
    eventually_some(async || {
        let call = suite.call(&organization.owner, request.clone());
        unless_away(organization.invitations().create_invitation(call).await)
    })
    .await;
}

/// Accepts as soon as the mail is there, which may be when the killing is over.
async fn accept(suite: Suite, address: String, killing: AbortHandle) {
    while !killing.is_finished() && link_so_far(&suite, &address).await.is_none() {
        tokio::time::sleep(PAUSE).await;
    }
    let link = link_for(&suite, &address).await;
    let request = AcceptInvitationRequest {
        token: link.rsplit('/').next().unwrap_or_default().to_owned(),
        request_id: suite.request_id(),
    };
    let mut redemption = InvitationRedemptionServiceClient::new(suite.edge());
    eventually_some(async || {
        let call = suite.call(&address, request.clone());
        unless_away(redemption.accept_invitation(call).await)
    })
    .await;
}

/// Whoever is employed because of an invitation.
async fn employed(suite: &Suite, organization: &Organization) -> Option<Vec<String>> {
    let request = ListEmploymentsRequest {
        parent: organization.name.clone(),
        page_size: PAGE,
        ..Default::default()
    };
    let call = suite.call(&organization.owner, request);
    let listed = EmploymentServiceClient::new(suite.edge())
        .list_employments(call)
        .await;
    let employments = unless_away(listed)?.employments.into_iter();
    let invited = employments.filter(|it| !it.source_invitation.is_empty());
    Some(invited.map(|it| it.person).collect())
}

/// How many trainings were assigned to a person, once it is known.
async fn assignments(suite: &Suite, organization: &Organization, person: &str) -> usize {
    let request = ListAssignmentsRequest {
        parent: format!(
            "{}/learners/{}",
            organization.name,
            person.replace("persons/", "")
        ),
        page_size: PAGE,
        ..Default::default()
    };
    let mut records = AssignmentServiceClient::new(suite.edge());
    eventually_some(async || {
        let call = suite.call(&organization.owner, request.clone());
        let listed = unless_away(records.list_assignments(call).await)?;
        // They follow the employment.
        (!listed.assignments.is_empty()).then_some(listed.assignments.len())
    })
    .await
}

/// How many messages came beyond the first to each address; a first came to every one.
async fn copies(suite: &Suite, addresses: impl Iterator<Item = String>) -> usize {
    let mut copies = 0;
    for address in addresses {
        let list = format!(
            "{}/api/messages?to={}",
            suite.address("inbox"),
            address.replace('@', "%40")
        );
        let messages = suite.json(&list).await.unwrap().as_array().unwrap().len();
        assert!(messages >= 1, "no message for {address}");
        copies += messages - 1;
    }
    copies
}

/// How many times the worker handed a message over that it had handed over before, because it could not know its fate.
async fn repeated_attempts(suite: &Suite, organization: &Organization) -> usize {
    let request = ListDeliveriesRequest {
        parent: organization.name.clone(),
        page_size: PAGE,
        ..Default::default()
    };
    let listed = eventually_some(async || {
        let call = suite.call(&organization.owner, request.clone());
        unless_away(
            DeliveryServiceClient::new(suite.edge())
                .list_deliveries(call)
                .await,
        )
    })
    .await;
    let attempts = listed.deliveries.iter().map(|delivery| delivery.attempt_count);
    attempts
        .map(|count| usize::try_from(count - 1).unwrap_or_default())
        .sum()
}
