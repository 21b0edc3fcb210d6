//! From the contract to the domain: what the field rules of the contract cannot say. The shell tells the caller of broken
//! rules and of everything that is noted here at once.

mod asked;
mod reading;

use muster_ids::{ImportId, ImportName, InvitationName, OrganizationId};
use muster_proto::invitation::v1 as proto;
use muster_refusal::{Refusal, Violations};
use muster_server::names::named;
use muster_server::{Call, Parsed};

pub(super) use asked::{one, several};

use crate::domain::import::RowState;
use crate::domain::invitation::StateName;

/// An invitation of the caller's organization; the same refusal for one of another organization and for none.
pub(super) fn invitation(
    call: &Call<proto::GetInvitationRequest>,
    violations: &mut Violations,
) -> Parsed<InvitationName> {
    let organization = call.organization()?;
    match named::<InvitationName>(violations, "name", &call.message.name) {
        Some(name) if name.organization != organization => Err(Refusal::not_found()),
        own => Ok(own),
    }
}

/// The import of the caller's organization that the field `field` names; the same refusal for one of another organization
/// and for none.
pub(super) fn import<M>(
    call: &Call<M>,
    violations: &mut Violations,
    field: &str,
    text: &str,
) -> Parsed<ImportName> {
    let organization = call.organization()?;
    match named::<ImportName>(violations, field, text) {
        Some(name) if name.organization != organization => Err(Refusal::not_found()),
        own => Ok(own),
    }
}

/// The import whose rows are listed, and the states of rows to filter by.
pub(super) fn listed_rows(
    call: &Call<proto::ListImportRowsRequest>,
    violations: &mut Violations,
) -> Parsed<(ImportName, Vec<RowState>)> {
    let name = import(call, violations, "parent", &call.message.parent)?;
    let states = filter(violations, &call.message.states, row_state);
    Ok(name.zip(states))
}

fn row_state(given: i32) -> Option<RowState> {
    match proto::ImportRowState::try_from(given).ok()? {
        proto::ImportRowState::Unspecified => None,
        proto::ImportRowState::Valid => Some(RowState::Valid),
        proto::ImportRowState::Merged => Some(RowState::Merged),
        proto::ImportRowState::Invalid => Some(RowState::Invalid),
        proto::ImportRowState::Applied => Some(RowState::Applied),
        proto::ImportRowState::Refused => Some(RowState::Refused),
    }
}

/// Which invitations of an organization are listed.
pub(super) struct Listed {
    pub(super) organization: OrganizationId,
    /// Empty for all.
    pub(super) states: Vec<StateName>,
    /// In the list of an organization, an import of another one made as many invitations as one that does not exist: none.
    pub(super) import: Option<ImportId>,
}

pub(super) fn listed(
    call: &Call<proto::ListInvitationsRequest>,
    violations: &mut Violations,
) -> Parsed<Listed> {
    let (given, organization) = (&call.message, call.organization()?);
    let states = filter(violations, &given.states, state);
    let import = (!given.import.is_empty()).then(|| given.import.parse::<ImportName>());
    let import = violations.check("import", import.transpose());
    Ok(states.zip(import).map(|(states, import)| Listed {
        organization,
        states,
        import: import.map(|name| name.import),
    }))
}

fn state(given: i32) -> Option<StateName> {
    match proto::InvitationState::try_from(given).ok()? {
        proto::InvitationState::Unspecified => None,
        proto::InvitationState::Prospect => Some(StateName::Prospect),
        proto::InvitationState::Pending => Some(StateName::Pending),
        proto::InvitationState::Active => Some(StateName::Active),
        proto::InvitationState::Declined => Some(StateName::Declined),
        proto::InvitationState::Cancelled => Some(StateName::Cancelled),
        proto::InvitationState::Expired => Some(StateName::Expired),
        proto::InvitationState::Archived => Some(StateName::Archived),
    }
}

/// The states to filter by, or nothing and a violation for each that the contract does not know.
fn filter<T>(violations: &mut Violations, given: &[i32], known: impl Fn(i32) -> Option<T>) -> Option<Vec<T>> {
    let states = given.iter().enumerate().map(|(place, state)| {
        let known = known(*state).ok_or("must be one of the states of the contract");
        violations.check(format!("states[{place}]"), known)
    });
    let states: Vec<_> = states.collect();
    states.into_iter().collect()
}
