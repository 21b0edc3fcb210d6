//! A certificate as a page to print.

use muster_clock::Zone;
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
    let CertificateNames {
        person,
        organization,
        time_zone,
    } = &certificate.names;
    let zone = time_zone.as_deref().map(Zone::named).unwrap_or_default();
    let person = said(person.as_deref()).unwrap_or("its holder");
    let (issued, zone_name) = (zone.day(certificate.issue_time), zone.name());
    let worth = match certificate.duration_minutes {
        0 => String::new(),
        minutes => format!(" · {}", duration(minutes)),
    };
    let valid = certificate
        .expire_time
        .map(|until| format!("Valid until {}", zone.day(until)));
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
        format!("Issued on {issued} ({zone_name}){worth}"),
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

#[cfg(test)]
mod tests {
    use muster_clock::Clock;
    use time::macros::datetime;

    use super::*;

    fn printed(time_zone: Option<&str>) -> String {
        let issue_time = datetime!(2026-03-01 02:30 UTC);
        let clock = Clock::fixed(issue_time);
        let certificate = Certificate {
            person: clock.new_id(),
            id: clock.new_id(),
            number: "7Z".to_owned(),
            training: clock.new_id(),
            training_display_name: "First Aid".to_owned(),
            organization: Some(clock.new_id()),
            issue_time,
            duration_minutes: 90,
            expire_time: Some(datetime!(2027-03-01 02:30 UTC)),
            names: CertificateNames {
                time_zone: time_zone.map(str::to_owned),
                ..CertificateNames::default()
            },
        };
        format!("{:?}", sheet(&certificate))
    }

    #[test]
    fn its_days_are_those_of_where_it_was_issued_and_in_utc_where_nobody_knows() {
        let there = printed(Some("America/Detroit"));
        for said in [
            "Issued on 2026-02-28 (America/Detroit) · 1 h 30 min",
            "Valid until 2027-02-28",
        ] {
            assert!(there.contains(said), "{said}: {there}");
        }
        for zone in [None, Some("UTC"), Some("America/Nowhere")] {
            let utc = printed(zone);
            for said in [
                "Issued on 2026-03-01 (UTC) · 1 h 30 min",
                "Valid until 2027-03-01",
            ] {
                assert!(utc.contains(said), "{said}: {utc}");
            }
        }
    }
}
