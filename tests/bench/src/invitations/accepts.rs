//! Acceptances a second, each by somebody else, in their account, through the gateway.

use std::sync::Arc;

use anyhow::Context;
use muster_local::token;
use muster_proto::invitation::v1::AcceptPersonInvitationRequest;
use muster_proto::invitation::v1::person_invitation_service_client::PersonInvitationServiceClient;
use tonic::metadata::{Ascii, MetadataValue};

use super::Measured;
use super::filling::Filled;
use crate::figure::Figure;
use crate::fixture::{Fixture, answer, bearer, in_the_name_of};
use crate::load::{Until, call_many};
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
    let filled = Filled::make(measured, "Accepting", count + warm_up, &["PENDING"]).await?;
    let mut db = measured.databases.of("invitation").await?;
    let invitations = filled.invitations(&mut db).await?;
    let addresses = invitations.iter().map(|(_, address)| address.as_str());
    let tokens = token::of_addresses(&measured.fixture.workspace, addresses)?;
    let acceptances: Vec<_> = invitations
        .iter()
        .zip(&tokens)
        .map(|((id, _), token)| {
            let name = format!("{}/invitations/{id}", filled.name);
            Ok(Acceptance {
                name,
                who: bearer(token)?,
            })
        })
        .collect::<anyhow::Result<_>>()?;

    let commits = measured.pgbench.run(Script::Write).await?;
    let (first, counted) = acceptances.split_at(WARM_UP.min(acceptances.len()));
    accept_all(measured.fixture, first).await?;
    let accepted = accept_all(measured.fixture, counted).await?;
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
struct Acceptance {
    name: String,
    who: MetadataValue<Ascii>,
}

async fn accept_all(
    fixture: &Arc<Fixture>,
    acceptances: &[Acceptance],
) -> anyhow::Result<crate::latencies::Rate> {
    let (fixture, all) = (Arc::clone(fixture), Arc::<[Acceptance]>::from(acceptances));
    let accepting = {
        let all = Arc::clone(&all);
        move |number| {
            let (fixture, all) = (Arc::clone(&fixture), Arc::clone(&all));
            async move {
                let one = all.get(usize::try_from(number)?);
                accept(&fixture, one.context("there is no such invitation")?).await
            }
        }
    };
    call_many(Until::Done(u64::try_from(all.len())?), accepting).await
}

async fn accept(fixture: &Fixture, acceptance: &Acceptance) -> anyhow::Result<()> {
    let request = AcceptPersonInvitationRequest {
        name: acceptance.name.clone(),
        request_id: fixture.request_id(),
    };
    let request = in_the_name_of(&acceptance.who, request);
    let mut invitations = PersonInvitationServiceClient::new(fixture.edge.clone());
    let accepted = answer(invitations.accept_person_invitation(request).await);
    accepted.context("an acceptance was refused").map(drop)
}
