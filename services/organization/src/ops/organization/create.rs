//! A person begins a profile of their own.

use muster_address::EmailAddress;
use muster_database::Insertion;
use muster_ids::{PersonId, ProgrammeId};
use muster_language::Language;
use muster_server::Failure;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{
    Licensing, Organization, OrganizationNumber, OrganizationState, Owner, ProgrammeAddress, PublicName,
};
use crate::error::Error;
use crate::store::{organization, profile_user};

/// How often a number is drawn before the call is refused: with millions of profiles, one draw in fifty is taken.
const MAX_DRAWS: u32 = 5;

/// What its creator says of a profile.
pub(crate) struct NewOrganization {
    pub(crate) owner: Owner,
    /// A verified one of their token, for mail about the organization.
    pub(crate) owner_address: Option<EmailAddress>,
    pub(crate) display_name: PublicName,
    pub(crate) language: Language,
    pub(crate) licensing: Licensing,
    /// Where the site is, if it is said.
    pub(crate) address: Option<ProgrammeAddress>,
    /// What it is made of, unless it is written by hand.
    pub(crate) programme: Option<ProgrammeId>,
}

/// Creates a profile in DRAFT. It reserves no license number. Its creator becomes its owner, whose address is kept with it.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    new: NewOrganization,
) -> Result<Organization, Error> {
    refuse_too_many(tx, context, new.owner.person).await?;
    let (person, address) = (new.owner.person, new.owner_address.clone());
    let draft = insert(tx, context, draft(context, new)).await?;
    if let Some(address) = address {
        profile_user::put_address(tx, draft.id, person, &address, draft.create_time).await?;
    }
    Ok(draft)
}

async fn refuse_too_many(tx: &mut PgConnection, context: &Context, person: PersonId) -> Result<(), Error> {
    organization::lock_owner(tx, person).await?;
    let (open, limit) = (&OrganizationState::OPEN, context.open_profiles);
    let used = organization::count_of_owner(tx, person, open).await?;
    if used >= limit {
        return Err(Error::TooManyProfiles { used, limit });
    }
    Ok(())
}

async fn insert(
    tx: &mut PgConnection,
    context: &Context,
    mut draft: Organization,
) -> Result<Organization, Error> {
    for _ in 0..MAX_DRAWS {
        if organization::insert(tx, &draft).await? == Insertion::Stored {
            return Ok(draft);
        }
        draft.number = OrganizationNumber::draw(context.clock.new_uuid());
    }
    Err(Failure::Contended.into())
}

fn draft(context: &Context, new: NewOrganization) -> Organization {
    Organization {
        id: context.clock.new_id(),
        number: OrganizationNumber::draw(context.clock.new_uuid()),
        owner: new.owner,
        display_name: new.display_name,
        language: new.language,
        licensing: new.licensing,
        license_status: None,
        address: new.address,
        programme: new.programme,
        state: OrganizationState::Draft,
        version: 1,
        create_time: context.clock.now(),
        submit_time: None,
        approve_time: None,
        return_reasons: Vec::new(),
        decision_reason: String::new(),
        close_time: None,
    }
}
