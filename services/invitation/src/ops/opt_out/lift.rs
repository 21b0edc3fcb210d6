//! Whoever wanted no further invitation takes it back.

use muster_identity::PersonCaller;
use muster_ids::{InvitationName, OrganizationId};
use muster_server::Failure;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::opt_out::{Lift, LiftedBy};
use crate::error::Error;
use crate::ops::link::open::require_an_address;
use crate::store::{invitation, opt_out};

/// It is lifted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Lifted {
    /// Which may invite again.
    pub(crate) organization: OrganizationId,
}

/// Lifts the wish at the address of this invitation, whichever decline said so last; gives the organization. What is lifted
/// already stays so. To anybody who does not have the address there is no such invitation.
///
/// # Errors
/// What `LiftPersonOptOut` refuses.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    name: InvitationName,
    person: &PersonCaller,
) -> Result<Lifted, Error> {
    require_an_address(person)?;
    let found = invitation::find(tx, name.organization, name.invitation).await?;
    let found = found.filter(|found| person.emails.contains(&found.address));
    let address = found.ok_or(Failure::NotFound)?.address;
    let lift = Lift {
        by: LiftedBy::Account,
        person: Some(person.id),
        time: context.clock.now(),
    };
    opt_out::lift(tx, name.organization, address.canonical(), lift).await?;
    Ok(Lifted {
        organization: name.organization,
    })
}
