//! Acceptances a second, each by somebody else, in their account, through the gateway.

use std::sync::Arc;

use anyhow::Context;
use muster_ids::InvitationId;
use muster_local::token;
use muster_proto::invitation::v1::AcceptPersonInvitationRequest;
use muster_proto::invitation::v1::person_invitation_service_client::PersonInvitationServiceClient;
use tonic::metadata::{Ascii, MetadataValue};

use super::Measured;
use super::filling::Filled;
use crate::figure::Figure;
use crate::fixture::{Fixture, answer, bearer, in_the_name_of};
use crate::load::call_each;
use crate::pgbench::Script;

/// Of so many rows of a spreadsheet one is accepted.
const SHARE: u32 = 5;
const WARM_UP: usize = 200;
/// As the issue of it says: a second.
const WANTED: f64 = 1_500.0;

/// How many are counted.
pub(super) fn count(rows: u32) -> u32 {
    (rows / SHARE).max(1)
}

/// pgbench first, while nothing else happens.
pub(super) async fn measure(measured: &Measured<'_>) -> anyhow::Result<Vec<Figure>> {
    let warm_up = u32::try_from(WARM_UP)?;
    let count = count(measured.rows);
    let (fixture, databases, all) = (measured.fixture, &measured.databases, count + warm_up);
    let filled = Filled::make(fixture, databases, "Accepting", all, &["PENDING"]).await?;
    let mut db = databases.of("invitation").await?;
    let invitations = filled.oldest(&mut db, "PENDING", all).await?;
    let acceptances = Acceptance::of(fixture, &filled.name, &invitations)?;

    let commits = measured.pgbench.run(Script::Write).await?;
    let (first, counted) = acceptances.split_at(WARM_UP.min(acceptances.len()));
    let fixture = Arc::clone(fixture);
    let accepting = move |one| accept(Arc::clone(&fixture), one);
    call_each(first, accepting.clone()).await?;
    let accepted = call_each(counted, accepting).await?;
    let name = "invitations.accepts";
    let yardstick = Script::Write.yardstick();
    let speed = |name: String, beside| Figure::new(name, accepted.per_second, "accepts/s", beside);
    let speeds = [
        speed(name.to_owned(), (yardstick, commits.per_second)),
        speed(format!("{name}.wanted"), ("wanted", WANTED)),
    ];
    let times = Figure::latencies(name, &accepted.latencies, (yardstick, &commits.latencies));
    Ok(speeds.into_iter().chain(times).collect())
}

/// An invitation, and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Acceptance {
    name: String,
    who: MetadataValue<Ascii>,
}

impl Acceptance {
    /// Of invitations of an organization, each by the person whose address it is.
    pub(crate) fn of(
        fixture: &Fixture,
        organization: &str,
        invitations: &[(InvitationId, String)],
    ) -> anyhow::Result<Vec<Self>> {
        let addresses = invitations.iter().map(|(_, address)| address.as_str());
        let tokens = token::of_addresses(&fixture.workspace, addresses)?;
        let acceptance = |((id, _), token): (&(InvitationId, String), &String)| {
            let name = format!("{organization}/invitations/{id}");
            let who = bearer(token)?;
            Ok(Self { name, who })
        };
        invitations.iter().zip(&tokens).map(acceptance).collect()
    }
}

/// Accepts one.
pub(crate) async fn accept(fixture: Arc<Fixture>, acceptance: Acceptance) -> anyhow::Result<()> {
    let request = AcceptPersonInvitationRequest {
        name: acceptance.name,
        request_id: fixture.request_id(),
    };
    let request = in_the_name_of(&acceptance.who, request);
    let mut invitations = PersonInvitationServiceClient::new(fixture.edge.clone());
    let accepted = answer(invitations.accept_person_invitation(request).await);
    accepted.context("an acceptance was refused").map(drop)
}
