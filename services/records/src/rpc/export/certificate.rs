//! A certificate as a page to print.

use muster_proto::HttpBody;
use muster_tables::{Sheet, SheetLine};

use crate::context::Context;
use crate::domain::Certificate;
use crate::error::Error;

/// A certificate as a file, and what to save it as.
pub(in crate::rpc) struct Printed {
    pub(in crate::rpc) body: HttpBody,
    pub(in crate::rpc) name: String,
}

/// Writes the certificate of somebody who is `called` so; that may be empty.
///
/// # Errors
/// [`Error::File`]; of a peer.
pub(in crate::rpc) async fn print(
    context: &Context,
    certificate: &Certificate,
    called: &str,
) -> Result<Printed, Error> {
    let issuer = match certificate.organization {
        Some(organization) => context.peers.organization_name(organization).await?,
        None => None,
    };
    let sheet = sheet(certificate, called, issuer.as_deref());
    Ok(Printed {
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
