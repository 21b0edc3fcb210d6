//! A person says anew since when they work there, or what they do.

use muster_server::etag::IfMatch;
use muster_states::Transition;
use sqlx::PgConnection;

use super::asked::Asked;
use super::change::settle_open;
use super::own_employment::{self, OwnEmployment};
use super::{days, positions};
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

/// Asks who licenses the organization, and so which positions there are, and who can verify it and is to hear that it waits again.
///
/// # Errors
/// [`Error::Positions`]; of a peer.
pub(crate) async fn prepare(context: &Context, editing: &Editing) -> Result<Asked, Error> {
    let organization = editing.own.employment.organization;
    let site = context.peers.site(organization, None).await?;
    // Of no organization there is no employment either: whoever looks for it says so.
    if let (Some(site), Some(said)) = (&site, &editing.edit.positions) {
        refuse(positions::unknown(context, &site.authority, FIELD, said))?;
    }
    Ok(Asked {
        authority: site.map(|site| site.authority).unwrap_or_default(),
        verifiers: context.peers.verifiers(organization, editing.own.person).await?,
    })
}

/// Changes it, and publishes that, unless it had ended: positions are told by no event. Where it waits by that and did not before, those who can verify it are mailed.
///
/// # Errors
/// [`Error::State`] of what is over; [`Error::TooManyRejections`]; [`Error::Superseded`] of what was rejected, while another one is open;
/// [`Error::Positions`], also where another employment of the person there covers days of it; [`Error::OrganizationClosed`].
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    editing: Editing,
    asked: &Asked,
) -> Result<Employment, Error> {
    let Editing { own, edit, if_match } = editing;
    employment::lock_claimant(tx, own.person).await?;
    let is_open = closing::refuse(tx, own.employment.organization).await;
    let found = own_employment::lock(tx, &own).await?;
    is_open?;
    if_match.check(&found.etag())?;
    let (before, first_day, now) = (found.state, found.first_day(), context.clock.now());
    let edited = found.edit(edit, now).refused_as(not_editable);
    if let Transition::Changed(next) = &edited
        && next.state.is_open()
    {
        let mut wrong = positions::early(FIELD, next.start, &next.positions);
        if (next.first_day() != first_day || !before.is_open())
            && let Some(taken) = days::taken(tx, context, &asked.authority, next).await?
        {
            wrong.extend(days::fields("employment", next, taken));
        }
        refuse(wrong)?;
    }
    let edited = match edited {
        Transition::Changed(corrected) if before == EmploymentState::Ended => {
            employment::correct_end(tx, &corrected).await?;
            corrected
        }
        edited => settle_open(tx, context, edited, own.actor, now).await?,
    };
    employment::replace_positions(tx, &edited).await?;
    if edited.state == EmploymentState::PendingVerification && before != edited.state {
        ask::apply(tx, context, &edited, &asked.verifiers).await?;
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
