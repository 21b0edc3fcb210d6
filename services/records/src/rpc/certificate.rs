//! Certificates, as messages.

use muster_ids::{CertificateName, OrganizationName, TrainingName};
use muster_proto::records::v1 as pb;
use muster_server::Failure;
use muster_server::convert::timestamp;

use crate::context::Context;
use crate::domain::{Certificate, CertificateNames};
use crate::error::Error;
use crate::store::certificate;

impl From<Certificate> for pb::Certificate {
    fn from(certificate: Certificate) -> Self {
        let Certificate {
            person,
            id,
            number,
            training,
            training_display_name,
            organization,
            issue_time,
            duration_minutes,
            expire_time,
            names,
        } = certificate;
        let CertificateNames {
            person: person_display_name,
            organization: organization_display_name,
            time_zone,
        } = names;
        Self {
            name: CertificateName {
                person,
                certificate: id,
            }
            .to_string(),
            certificate_number: number,
            training: TrainingName { training }.to_string(),
            training_display_name,
            organization: organization
                .map(|organization| OrganizationName { organization }.to_string())
                .unwrap_or_default(),
            issue_time: Some(timestamp(issue_time)),
            duration_minutes,
            expire_time: expire_time.map(timestamp),
            person_display_name: person_display_name.unwrap_or_default(),
            organization_display_name: organization_display_name.unwrap_or_default(),
            time_zone: time_zone.unwrap_or_default(),
        }
    }
}

/// The certificate of this name.
///
/// # Errors
/// [`Failure::NotFound`]; the database's.
pub(super) async fn find(context: &Context, name: CertificateName) -> Result<Certificate, Error> {
    let find = async |db: &mut _| certificate::find(db, name).await;
    let found = context.database.read(find).await?;
    Ok(found.ok_or(Failure::NotFound)?)
}
