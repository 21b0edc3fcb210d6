//! Certificates, as messages and as pages to print.

use muster_ids::{CertificateName, OrganizationName, TrainingName};
use muster_proto::HttpBody;
use muster_proto::records::v1 as pb;
use muster_server::Failure;
use muster_server::convert::timestamp;
use muster_tables::{Sheet, SheetLine};

use crate::context::Context;
use crate::domain::Certificate;
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
        } = certificate;
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

/// A certificate as a file, and what to save it as.
pub(super) struct File {
    pub(super) body: HttpBody,
    pub(super) name: String,
}

/// Writes the certificate of somebody who is `called` so; that may be empty.
///
/// # Errors
/// [`Error::File`]; of a peer.
pub(super) async fn file(context: &Context, certificate: &Certificate, called: &str) -> Result<File, Error> {
    let issuer = match certificate.organization {
        Some(organization) => context.peers.organization_name(organization).await?,
        None => None,
    };
    let sheet = sheet(certificate, called, issuer.as_deref());
    Ok(File {
        body: HttpBody {
            content_type: Sheet::FORMAT.media_type().to_owned(),
            data: sheet.write()?,
            extensions: Vec::new(),
        },
        name: format!("certificate-{}.{}", certificate.number, Sheet::FORMAT.extension()),
    })
}

fn sheet(certificate: &Certificate, called: &str, issuer: Option<&str>) -> Sheet {
    let training = certificate.training_display_name.as_str();
    let person = if called.is_empty() { "its holder" } else { called };
    let issued = certificate.issue_time.date();
    let worth = match certificate.duration_minutes {
        0 => String::new(),
        minutes => format!(" · {}", duration(minutes)),
    };
    let valid = certificate
        .expire_time
        .map(|until| format!("Valid until {}", until.date()));
    let for_whom = issuer
        .filter(|name| !name.is_empty())
        .map(|name| format!("for {name}"));
    let mut lines = vec![
        SheetLine::new("Certificate of completion", 30.0, 0.0),
        SheetLine::new("This certifies that", 12.0, 28.0),
        SheetLine::new(person, 24.0, 10.0),
        SheetLine::new("has completed", 12.0, 14.0),
        SheetLine::new(training, 20.0, 10.0),
    ];
    lines.extend(for_whom.map(|text| SheetLine::new(text, 14.0, 10.0)));
    lines.push(SheetLine::new(
        format!("Issued on {issued} (UTC){worth}"),
        12.0,
        28.0,
    ));
    lines.extend(valid.map(|text| SheetLine::new(text, 12.0, 4.0)));
    let number = format!("Certificate number {}", certificate.number);
    lines.push(SheetLine::new(number, 10.0, 18.0));
    Sheet {
        title: format!("Certificate of completion: {training}"),
        lines,
    }
}

/// As people say it.
fn duration(minutes: i32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
