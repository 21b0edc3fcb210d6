//! A person begins a profile of their own.

use muster_database::DatabaseError;
use muster_database::idempotency::{self, Key};
use muster_ids::OrganizationId;

use super::{Answer, Desk};
use crate::domain::{License, Organization, OrganizationNumber, OrganizationState, Owner, PublicName};
use crate::error::Error;
use crate::store::organizations;

/// How often a number is drawn before the call is refused: with millions of profiles, one draw in fifty is taken.
const DRAWS: u32 = 5;

/// What its creator says of a profile.
pub(crate) struct NewOrganization {
    pub(crate) owner: Owner,
    pub(crate) display_name: PublicName,
    pub(crate) license: License,
}

/// Creates a profile in DRAFT. It reserves no license number.
pub(crate) async fn create_organization<A: Answer<Organization>>(
    desk: &Desk,
    key: Key,
    new: NewOrganization,
) -> Result<A, Error> {
    let clock = desk.clock.clone();
    let mut draft = draft(desk, new);
    idempotency::run(&desk.database, key, draft.created, move |tx| {
        Box::pin(async move {
            for _ in 0..DRAWS {
                if organizations::insert(tx, &draft).await? {
                    return Ok(A::from(draft));
                }
                draft.number = OrganizationNumber::draw(clock.new_uuid());
            }
            Err(DatabaseError::Unavailable(None).into())
        })
    })
    .await
}

fn draft(desk: &Desk, new: NewOrganization) -> Organization {
    Organization {
        id: OrganizationId::from_uuid(desk.clock.new_uuid()),
        number: OrganizationNumber::draw(desk.clock.new_uuid()),
        owner: new.owner,
        display_name: new.display_name,
        license: new.license,
        state: OrganizationState::Draft,
        version: 1,
        created: desk.clock.now(),
        submitted: None,
        approved: None,
    }
}
