//! A certificate as a page to print.

use muster_proto::HttpBody;
use muster_tables::{Sheet, SheetLine};

use crate::domain::{Certificate, CertificateNames};
use crate::error::Error;

/// A certificate as a file, and what to save it as.
pub(in crate::rpc) struct Printed {
    pub(in crate::rpc) body: HttpBody,
    pub(in crate::rpc) name: String,
}

/// Writes a certificate with the names that it has; it is its holder's where it has none.
///
/// # Errors
/// [`Error::File`].
pub(in crate::rpc) fn print(certificate: &Certificate) -> Result<Printed, Error> {
    let sheet = sheet(certificate);
    Ok(Printed {
        body: HttpBody {
            content_type: Sheet::FORMAT.media_type().to_owned(),
            data: sheet.write()?,
            extensions: Vec::new(),
        },
        name: format!("certificate-{}.{}", certificate.number, Sheet::FORMAT.extension()),
    })
}

fn sheet(certificate: &Certificate) -> Sheet {
    let training = certificate.training_display_name.as_str();
    let CertificateNames { person, organization } = &certificate.names;
    let person = said(person.as_deref()).unwrap_or("its holder");
    let issued = certificate.issue_time.date();
    let worth = match certificate.duration_minutes {
        0 => String::new(),
        minutes => format!(" · {}", duration(minutes)),
    };
    let valid = certificate
        .expire_time
        .map(|until| format!("Valid until {}", until.date()));
    let for_whom = said(organization.as_deref()).map(|name| format!("for {name}"));
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

/// A name that is known, and was not taken out.
fn said(name: Option<&str>) -> Option<&str> {
    name.filter(|name| !name.is_empty())
}

/// As people say it.
fn duration(minutes: i32) -> String {
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes} min"),
        (hours, 0) => format!("{hours} h"),
        (hours, minutes) => format!("{hours} h {minutes} min"),
    }
}
