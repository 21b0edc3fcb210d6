//! Reads without a pause, by clients that try nothing twice: what a caller would feel.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::Context;
use futures::future::try_join_all;
use muster_local::token;
use muster_proto::employment::v1::ListEmploymentsRequest;
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::invitation::v1::ListInvitationsRequest;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::notification::v1::ListDeliveriesRequest;
use muster_proto::notification::v1::delivery_service_client::DeliveryServiceClient;
use muster_proto::organization::v1::GetOrganizationRequest;
use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use muster_proto::records::v1::ListPersonAssignmentsRequest;
use muster_proto::records::v1::person_record_service_client::PersonRecordServiceClient;
use tokio::time::{Instant, sleep};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::service::Interceptor;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Request, Status};

use super::end::End;
use super::place::{OWNER, Place};

/// How many read at the same time.
const READERS: usize = 4;
/// Between two rounds of one of them: this machine also restarts the processes.
const PAUSE: Duration = Duration::from_millis(20);
/// The longest that any call may take.
const LIMIT: Duration = Duration::from_secs(10);

/// How it went.
#[derive(Debug, Default)]
pub(crate) struct Reads {
    answers: Vec<Answer>,
    failed: Vec<Failure>,
}

/// A read that failed.
#[derive(Clone, Debug)]
struct Failure {
    rpc: &'static str,
    code: Code,
    message: String,
}

/// A read that was answered.
#[derive(Clone, Copy, Debug)]
struct Answer {
    rpc: &'static str,
    came: Instant,
    took: Duration,
}

impl Reads {
    /// How many were answered.
    pub(crate) fn answered(&self) -> usize {
        self.answers.len()
    }

    /// How long each answer took.
    pub(crate) fn took(&self) -> Vec<Duration> {
        self.answers.iter().map(|answer| answer.took).collect()
    }

    /// The time that this share of the answers stayed within, in milliseconds; 0 without any.
    pub(crate) fn within(&self, share: f64) -> f64 {
        within(self.took(), share).as_secs_f64() * 1000.0
    }

    /// For each RPC the longest time in which nobody was answered, from one answer to the next of anybody.
    pub(crate) fn silences(&self) -> BTreeMap<&'static str, Duration> {
        let mut came: BTreeMap<&'static str, Vec<Instant>> = BTreeMap::new();
        for answer in &self.answers {
            came.entry(answer.rpc).or_default().push(answer.came);
        }
        let longest = |mut came: Vec<Instant>| {
            came.sort_unstable();
            let between = came.iter().zip(came.iter().skip(1));
            between.map(|(one, next)| *next - *one).max().unwrap_or_default()
        };
        came.into_iter().map(|(rpc, came)| (rpc, longest(came))).collect()
    }

    /// How often a read failed, by the code.
    pub(crate) fn failures(&self) -> BTreeMap<String, usize> {
        let mut failures = BTreeMap::new();
        for failure in &self.failed {
            *failures.entry(format!("{:?}", failure.code)).or_default() += 1;
        }
        failures
    }

    /// Every read that failed, each in one line.
    pub(crate) fn failed(&self) -> Vec<String> {
        let line = |failed: &Failure| format!("{}: {:?}: {}", failed.rpc, failed.code, failed.message);
        self.failed.iter().map(line).collect()
    }

    fn add(&mut self, other: Self) {
        self.answers.extend(other.answers);
        self.failed.extend(other.failed);
    }

    fn note<T>(&mut self, rpc: &'static str, begun: Instant, answer: Result<T, Status>) {
        match answer {
            Ok(_) => self.answers.push(Answer {
                rpc,
                came: Instant::now(),
                took: begun.elapsed(),
            }),
            Err(status) => self.failed.push(Failure {
                rpc,
                code: status.code(),
                message: status.message().to_owned(),
            }),
        }
    }
}

/// The time that this share of them stayed within; zero without any.
pub(crate) fn within(mut times: Vec<Duration>, share: f64) -> Duration {
    times.sort_unstable();
    let last = times.len().saturating_sub(1);
    let at = (share * last as f64).round() as usize;
    times.get(at).copied().unwrap_or_default()
}

/// Reads of every service until then.
///
/// # Errors
/// No token can be had.
pub(crate) async fn run(place: &Place, end: &End) -> anyhow::Result<Reads> {
    let readers = try_join_all((0..READERS).map(|_| read(place, end))).await?;
    let mut all = Reads::default();
    for reads in readers {
        all.add(reads);
    }
    Ok(all)
}

async fn read(place: &Place, end: &End) -> anyhow::Result<Reads> {
    let channel = Endpoint::from_shared(place.addresses.gateway.clone())?
        .timeout(LIMIT)
        .connect_lazy();
    let bearer = Bearer::of(&token::of(&place.workspace, OWNER)?)?;
    let mut reads = Reads::default();
    while !end.has_come() {
        round(&channel, &bearer, &place.organization, &mut reads).await;
        sleep(PAUSE).await;
    }
    Ok(reads)
}

/// One read of each service.
async fn round(channel: &Channel, bearer: &Bearer, organization: &str, reads: &mut Reads) {
    let (channel, bearer) = (|| channel.clone(), || bearer.clone());
    let parent = || organization.to_owned();

    let begun = Instant::now();
    let mut client = OrganizationServiceClient::with_interceptor(channel(), bearer());
    let answer = client
        .get_organization(GetOrganizationRequest { name: parent() })
        .await;
    reads.note("GetOrganization", begun, answer);

    let begun = Instant::now();
    let mut client = InvitationServiceClient::with_interceptor(channel(), bearer());
    let request = ListInvitationsRequest {
        parent: parent(),
        ..ListInvitationsRequest::default()
    };
    reads.note("ListInvitations", begun, client.list_invitations(request).await);

    let begun = Instant::now();
    let mut client = EmploymentServiceClient::with_interceptor(channel(), bearer());
    let request = ListEmploymentsRequest {
        parent: parent(),
        ..ListEmploymentsRequest::default()
    };
    reads.note("ListEmployments", begun, client.list_employments(request).await);

    let begun = Instant::now();
    let mut client = DeliveryServiceClient::with_interceptor(channel(), bearer());
    let request = ListDeliveriesRequest {
        parent: parent(),
        ..ListDeliveriesRequest::default()
    };
    reads.note("ListDeliveries", begun, client.list_deliveries(request).await);

    let begun = Instant::now();
    let mut client = PersonRecordServiceClient::with_interceptor(channel(), bearer());
    let request = ListPersonAssignmentsRequest {
        parent: "persons/me".to_owned(),
        ..ListPersonAssignmentsRequest::default()
    };
    let answer = client.list_person_assignments(request).await;
    reads.note("ListPersonAssignments", begun, answer);
}

/// Shows a token with each call.
#[derive(Clone)]
struct Bearer(MetadataValue<Ascii>);

impl Bearer {
    fn of(token: &str) -> anyhow::Result<Self> {
        let value = format!("Bearer {token}").parse();
        Ok(Self(value.context("the token cannot be sent")?))
    }
}

impl Interceptor for Bearer {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        request.metadata_mut().insert("authorization", self.0.clone());
        Ok(request)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An answer that came so long after the first one, and took one millisecond for each second of that.
    fn answer(rpc: &'static str, first: Instant, after: u64) -> Answer {
        Answer {
            rpc,
            came: first + Duration::from_secs(after),
            took: Duration::from_millis(after),
        }
    }

    #[test]
    fn times_are_told_by_share() {
        let first = Instant::now();
        let reads = Reads {
            answers: (1..=101)
                .rev()
                .map(|after| answer("Read", first, after))
                .collect(),
            failed: Vec::new(),
        };
        assert_eq!(
            (reads.within(0.5), reads.within(0.99), reads.within(1.0)),
            (51.0, 100.0, 101.0)
        );
        assert_eq!(Reads::default().within(0.5), 0.0);
    }

    #[test]
    fn a_silence_is_one_of_everybody_who_asks_for_the_same() {
        let first = Instant::now();
        let reads = Reads {
            answers: vec![
                answer("Get", first, 0),
                answer("Get", first, 9),
                answer("List", first, 1),
                answer("Get", first, 4),
            ],
            failed: Vec::new(),
        };
        let seconds = |of: u64| Duration::from_secs(of);
        let expected = BTreeMap::from([("Get", seconds(5)), ("List", seconds(0))]);
        assert_eq!(reads.silences(), expected);
    }
}
