//! A person says anew since when they work there, or what they do.

use std::collections::BTreeSet;

use muster_ids::PersonId;
use muster_server::etag::IfMatch;
use muster_states::Transition;
use sqlx::PgConnection;

use super::change::settle_open;
use super::own_employment::{self, OwnEmployment};
use super::positions;
use crate::context::Context;
use crate::domain::{Edit, Employment, EmploymentState, NotEditable};
use crate::error::{Error, Field};
use crate::ops::closing;
use crate::ops::verification_notice::ask;
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

/// Asks which positions there are at the organization, and who can verify it, and is to hear that it waits again.
///
/// # Errors
/// [`Error::Positions`]; of a peer.
pub(crate) async fn prepare(context: &Context, editing: &Editing) -> Result<BTreeSet<PersonId>, Error> {
    let organization = editing.own.employment.organization;
    if let Some(said) = editing.edit.positions.as_ref().filter(|said| !said.is_empty())
        // Of no organization there is no employment either: whoever looks for it says so.
        && let Some(site) = context.peers.site(organization, None).await?
    {
        refuse(positions::unknown(context, &site.authority, FIELD, said))?;
    }
    context.peers.verifiers(organization, editing.own.person).await
}

/// Changes it, and publishes that, unless it had ended: positions are told by no event. Where it waits by that and did not before, those who can verify it are mailed.
///
/// # Errors
/// [`Error::State`] of what is over; [`Error::TooManyRejections`]; [`Error::Superseded`] of what was rejected, while another one is open;
/// [`Error::Positions`]; [`Error::OrganizationClosed`].
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    editing: Editing,
    verifiers: &BTreeSet<PersonId>,
) -> Result<Employment, Error> {
    let Editing { own, edit, if_match } = editing;
    let is_open = closing::refuse(tx, own.employment.organization).await;
    let found = own_employment::lock(tx, &own).await?;
    is_open?;
    if_match.check(&found.etag())?;
    let (before, now) = (found.state, context.clock.now());
    let edited = match found.edit(edit, now).refused_as(not_editable) {
        Transition::Changed(corrected) if before == EmploymentState::Ended => {
            employment::correct_end(tx, &corrected).await?;
            corrected
        }
        edited => settle_open(tx, context, edited, own.actor, now).await?,
    };
    refuse(positions::early(FIELD, edited.start, &edited.positions))?;
    employment::replace_positions(tx, &edited).await?;
    if edited.state == EmploymentState::PendingVerification && before != edited.state {
        ask::apply(tx, context, &edited, verifiers).await?;
    }
    Ok(edited)
}

fn not_editable(why: NotEditable) -> Error {
    match why {
        NotEditable::State(state) => Error::State(state),
        NotEditable::Rejections => Error::TooManyRejections,
        NotEditable::EndAfterLastDay(positions) => {
            let problem = "must not be after the last day of the employment, which has ended";
            let field = |place| Field::of(format!("{FIELD}[{place}].end_date"), problem);
            Error::Positions(positions.into_iter().map(field).collect())
        }
        NotEditable::AfterLastDay { start, positions } => {
            let problem = "must not be after the last day of the employment, which is settled";
            let start = start.then(|| Field::of("employment.start_date".to_owned(), problem));
            let positions = positions
                .into_iter()
                .map(|place| Field::of(format!("{FIELD}[{place}].start_date"), problem));
            Error::Positions(start.into_iter().chain(positions).collect())
        }
    }
}

fn refuse(fields: Vec<Field>) -> Result<(), Error> {
    if fields.is_empty() {
        Ok(())
    } else {
        Err(Error::Positions(fields))
    }
}
