//! What the mail worker asks just before it sends.

use muster_identity::Role;
use muster_ids::VerificationNoticeName;
use muster_language::Language;

use crate::context::Context;
use crate::error::Error;
use crate::peers::{Contact, OrganizationStatus};
use crate::store::{employment, verification_notice};

/// A mail that is still wanted.
#[derive(Debug)]
pub(crate) struct Mail {
    pub(crate) address: String,
    pub(crate) organization_display_name: String,
    pub(crate) language: Language,
    /// Where they verify; empty when this service was not told.
    pub(crate) link: String,
}

/// The mail of this notice, or `None` when it is no longer wanted: nobody waits whom they can verify, they are no
/// administrator any more, their address is not known, or the organization is closed. A suspended organization's mail waits.
///
/// # Errors
/// The database's, the organization service's, and [`Error::OrganizationNotActive`] while the organization is suspended.
pub(crate) async fn get_mail(context: &Context, name: VerificationNoticeName) -> Result<Option<Mail>, Error> {
    let organization = name.organization;
    let look = async |db: &mut _| -> Result<_, Error> {
        let Some(notice) = verification_notice::find(db, name).await? else {
            return Ok(None);
        };
        let waits = employment::is_claimed_by_others(db, organization, notice.person).await?;
        Ok(waits.then_some(notice.person))
    };
    let Some(person) = context.database.read(look).await? else {
        return Ok(None);
    };
    let Some(contact) = context.peers.contact(organization, person).await? else {
        return Ok(None);
    };
    if contact.role < Some(Role::Admin) || contact.address.is_empty() {
        return Ok(None);
    }
    match contact.organization_status {
        OrganizationStatus::Active => Ok(Some(mail(context, name, contact))),
        OrganizationStatus::Suspended => Err(Error::OrganizationNotActive),
        OrganizationStatus::Other => Ok(None),
    }
}

fn mail(context: &Context, name: VerificationNoticeName, contact: Contact) -> Mail {
    Mail {
        address: contact.address,
        organization_display_name: contact.organization_display_name,
        language: contact.language,
        link: context.verification_url.of(name.organization),
    }
}
