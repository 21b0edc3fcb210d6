//! A person says anew since when they work there, or what they do.

use muster_server::etag::{IfMatch, etag};
use sqlx::PgConnection;

use super::change::settle;
use super::own::{self, OwnEmployment};
use super::positions;
use crate::context::Context;
use crate::domain::{Edit, Employment};
use crate::error::Error;
use crate::ops::closing;
use crate::store::employment;

/// The field that holds positions.
const FIELD: &str = "employment.positions";

/// Which employment, and what is said anew.
#[derive(Debug, Clone)]
pub(crate) struct Editing {
    pub(crate) own: OwnEmployment,
    pub(crate) edit: Edit,
    pub(crate) if_match: IfMatch,
}

/// Asks which positions there are at the organization.
///
/// # Errors
/// [`Error::Positions`]; of a peer.
pub(crate) async fn prepare(context: &Context, editing: &Editing) -> Result<(), Error> {
    let Some(said) = editing.edit.positions.as_ref().filter(|said| !said.is_empty()) else {
        return Ok(());
    };
    let organization = editing.own.employment.organization;
    // Of no organization there is no employment either: whoever looks for it says so.
    let Some(site) = context.peers.site(organization, None).await? else {
        return Ok(());
    };
    refuse(positions::unknown(context, &site.authority, FIELD, said))
}

/// Changes it, and publishes that.
///
/// # Errors
/// [`Error::State`] of what is over; [`Error::Superseded`] of what was rejected, when there is a newer one;
/// [`Error::Positions`]; [`Error::OrganizationClosed`].
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    editing: Editing,
) -> Result<Employment, Error> {
    let Editing { own, edit, if_match } = editing;
    let is_open = closing::refuse(tx, own.employment.organization).await;
    let found = own::lock(tx, &own).await?;
    is_open?;
    if_match.check(&etag(found.version))?;
    let settled = settle(tx, context, found.edit(edit), own.actor, context.clock.now()).await;
    let edited = settled.map_err(Error::of_second_open)?;
    own::is_latest(tx, &edited).await?;
    refuse(positions::early(FIELD, edited.start, &edited.positions))?;
    employment::replace_positions(tx, &edited).await?;
    Ok(edited)
}

fn refuse(fields: Vec<crate::error::Field>) -> Result<(), Error> {
    if fields.is_empty() {
        Ok(())
    } else {
        Err(Error::Positions(fields))
    }
}
