//! What a certificate calls those whom it is about, and where: found out once, and kept.

use muster_ids::{CertificateName, OrganizationId, PersonId};

use crate::context::Context;
use crate::domain::{Certificate, CertificateNames, OrganizationTold};
use crate::error::Error;
use crate::store::certificate;

/// What the person is called at the organization, what that is called itself and where it is, at this moment.
///
/// # Errors
/// Of a peer.
pub(crate) async fn ask(
    context: &Context,
    organization: OrganizationId,
    person: PersonId,
) -> Result<CertificateNames, Error> {
    let peers = &context.peers;
    let (called, told) = tokio::try_join!(
        peers.called(organization, person),
        peers.organization(organization)
    )?;
    // An organization that is not there has no name, now and later.
    let OrganizationTold {
        display_name,
        time_zone,
    } = told.unwrap_or_default();
    Ok(CertificateNames {
        person: Some(called).filter(|called| !called.is_empty()),
        organization: Some(display_name),
        time_zone,
    })
}

/// Gives a certificate that is to be shown the names that it has not yet, and keeps them: of one that an earlier version issued, or
/// while others were away. Where nobody else says what the person is called, it is what they call themself: `own`, when it is they
/// who ask.
///
/// # Errors
/// Of a peer; the database's.
pub(crate) async fn prepare(
    context: &Context,
    certificate: Certificate,
    own: Option<&str>,
) -> Result<Certificate, Error> {
    let known = &certificate.names;
    let asked = match certificate.organization {
        Some(organization) if known.organization.is_none() => {
            ask(context, organization, certificate.person).await?
        }
        _ => CertificateNames::default(),
    };
    let own = own.filter(|own| !own.is_empty()).map(str::to_owned);
    let found = CertificateNames {
        person: asked.person.or(own),
        organization: asked.organization,
        time_zone: asked.time_zone,
    };
    let is_new = (known.person.is_none() && found.person.is_some()) || found.organization.is_some();
    if !is_new {
        return Ok(certificate);
    }
    let name = CertificateName {
        person: certificate.person,
        certificate: certificate.id,
    };
    let keep = async |tx: &mut _| certificate::name(tx, name, &found).await;
    let kept = context.database.write(keep).await?;
    Ok(Certificate {
        names: kept.unwrap_or(found),
        ..certificate
    })
}
