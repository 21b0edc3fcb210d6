//! A person claims a licensed programme: a profile of their own is made of it.

use muster_address::EmailAddress;
use muster_ids::ProgrammeId;
use muster_language::Language;
use muster_server::Failure;
use sqlx::PgConnection;

use super::create::{self, NewOrganization};
use crate::context::Context;
use crate::domain::{Licensing, Organization, Owner};
use crate::error::Error;
use crate::store::organization::{self, PROGRAMME_CLAIMED};
use crate::store::programme::{self, LicensedSite};

/// Who claims which programme.
pub(crate) struct Claim {
    pub(crate) programme: ProgrammeId,
    pub(crate) owner: Owner,
    /// A verified one of their token, for mail about the organization.
    pub(crate) owner_address: Option<EmailAddress>,
}

/// Makes a profile in DRAFT of a programme, with its name, type and license. Claims of one programme take turns. Who has it already is
/// answered with what they have: the profile that they made of it, or the approved one with its number, now or before, that they
/// wrote by hand.
///
/// # Errors
/// [`Failure::NotFound`], [`Error::LicenseNumberTaken`], [`Error::ProgrammeClaimed`], [`Error::TooManyProfiles`]; the database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    claim: Claim,
) -> Result<Organization, Error> {
    organization::lock_owner(tx, claim.owner.person).await?;
    let programme = programme::lock(tx, claim.programme).await?;
    let LicensedSite {
        display_name,
        kind,
        license,
    } = programme.ok_or(Failure::NotFound)?;
    let is_own = |profile: &Organization| profile.owner.person == claim.owner.person;
    let claimant = organization::find_claimant(tx, claim.programme).await?;
    let is_claimed = claimant.is_some();
    if let Some(own) = claimant.filter(is_own) {
        return Ok(own);
    }
    let holder = match organization::find_holder(tx, &license).await? {
        None => organization::find_former_holder(tx, &license).await?,
        holder => holder,
    };
    match holder {
        Some(own) if is_own(&own) => return Ok(own),
        Some(other) => return Err(Error::LicenseNumberTaken(other.number)),
        None => {}
    }
    if is_claimed {
        return Err(Error::ProgrammeClaimed);
    }
    let new = NewOrganization {
        owner: claim.owner,
        owner_address: claim.owner_address,
        display_name,
        language: Language::default(),
        licensing: Licensing::Licensed { kind, license },
        address: None,
        programme: Some(claim.programme),
    };
    let made = create::apply(tx, context, new).await;
    let made = made.map_err(|error| match error {
        Error::Failure(Failure::Database(error)) => {
            Error::taken(error, PROGRAMME_CLAIMED, Error::ProgrammeClaimed)
        }
        other => other,
    })?;
    // With how the license of the programme stands, and where it is.
    Ok(organization::find(tx, made.id).await?.ok_or(Failure::NotFound)?)
}
