//! A certificate as a page to print.

use std::sync::LazyLock;

use muster_clock::Zone;
use muster_language::{Language, Texts};
use muster_proto::HttpBody;
use muster_tables::{Sheet, SheetLine};

use crate::domain::{Certificate, CertificateNames};
use crate::error::Error;

const ENGLISH: &str = include_str!("../../../locales/certificate.en.ftl");
const SPANISH: &str = include_str!("../../../locales/certificate.es.ftl");

static TEXTS: LazyLock<Texts> = LazyLock::new(|| Texts::built_in(ENGLISH, SPANISH));

/// A certificate as a file, and what to save it as.
pub(in crate::rpc) struct Printed {
    pub(in crate::rpc) body: HttpBody,
    pub(in crate::rpc) name: String,
}

/// Writes a certificate with the names that it has, in this language; it is its holder's where it has none.
///
/// # Errors
/// [`Error::File`].
pub(in crate::rpc) fn print(certificate: &Certificate, language: Language) -> Result<Printed, Error> {
    let sheet = sheet(certificate, language);
    let name = TEXTS.say(language, "file", &[("number", &certificate.number)]);
    Ok(Printed {
        body: HttpBody {
            content_type: Sheet::FORMAT.media_type().to_owned(),
            data: sheet.write()?,
            extensions: Vec::new(),
        },
        name: format!("{name}.{}", Sheet::FORMAT.extension()),
    })
}

fn sheet(certificate: &Certificate, language: Language) -> Sheet {
    let say = |key: &str, values: &[(&str, &str)]| TEXTS.say(language, key, values);
    let training = certificate.training_display_name.as_str();
    let CertificateNames {
        person,
        organization,
        time_zone,
    } = &certificate.names;
    let zone = time_zone.as_deref().map(Zone::named).unwrap_or_default();
    let person = known(person.as_deref()).map_or_else(|| say("holder", &[]), str::to_owned);
    let day = |at| zone.day(at).to_string();
    let worth = match certificate.duration_minutes {
        0 => String::new(),
        minutes => format!(" · {}", duration(minutes)),
    };
    let issued = day(certificate.issue_time);
    let issued = say("issued", &[("day", issued.as_str()), ("zone", zone.name())]);
    let valid = certificate
        .expire_time
        .map(|until| say("valid-until", &[("day", day(until).as_str())]));
    let for_whom =
        known(organization.as_deref()).map(|name| say("for-organization", &[("organization", name)]));
    let mut lines = vec![
        SheetLine::new(say("title", &[]), 30.0, 0.0),
        SheetLine::new(say("certifies", &[]), 12.0, 28.0),
        SheetLine::new(person, 24.0, 10.0),
        SheetLine::new(say("completed", &[]), 12.0, 14.0),
        SheetLine::new(training, 20.0, 10.0),
    ];
    lines.extend(for_whom.map(|text| SheetLine::new(text, 14.0, 10.0)));
    lines.push(SheetLine::new(format!("{issued}{worth}"), 12.0, 28.0));
    lines.extend(valid.map(|text| SheetLine::new(text, 12.0, 4.0)));
    let number = say("number", &[("number", &certificate.number)]);
    lines.push(SheetLine::new(number, 10.0, 18.0));
    Sheet {
        title: say("title-of", &[("training", training)]),
        lines,
    }
}

/// A name that is known, and was not taken out.
fn known(name: Option<&str>) -> Option<&str> {
    name.filter(|name| !name.is_empty())
}

/// As people say it, in either language.
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

    /// Of somebody and somewhere, if they are known, with days by the clocks of a zone.
    fn certificate(names: CertificateNames) -> Certificate {
        let issue_time = datetime!(2026-03-01 02:30 UTC);
        let clock = Clock::fixed(issue_time);
        Certificate {
            person: clock.new_id(),
            id: clock.new_id(),
            number: "7Z".to_owned(),
            training: clock.new_id(),
            training_display_name: "First Aid".to_owned(),
            organization: Some(clock.new_id()),
            issue_time,
            duration_minutes: 90,
            expire_time: Some(datetime!(2027-03-01 02:30 UTC)),
            names,
        }
    }

    fn printed(time_zone: Option<&str>) -> String {
        let names = CertificateNames {
            time_zone: time_zone.map(str::to_owned),
            ..CertificateNames::default()
        };
        format!("{:?}", sheet(&certificate(names), Language::English))
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

    #[test]
    fn it_says_the_same_in_each_language() {
        assert_eq!(muster_language::faults(ENGLISH, SPANISH), Vec::<String>::new());
        assert!(Texts::new(ENGLISH, SPANISH).is_ok());
        let known = certificate(CertificateNames {
            person: Some("Ada Page".to_owned()),
            organization: Some("Day nursery".to_owned()),
            time_zone: Some("America/Detroit".to_owned()),
        });
        let nobodys = certificate(CertificateNames::default());
        let lines = |certificate: &Certificate, language| {
            let sheet = sheet(certificate, language);
            let lines = sheet.lines.iter().map(|line| line.text().to_owned());
            std::iter::once(sheet.title.clone())
                .chain(lines)
                .collect::<Vec<_>>()
        };
        assert_eq!(
            lines(&known, Language::English),
            [
                "Certificate of completion: First Aid",
                "Certificate of completion",
                "This certifies that",
                "Ada Page",
                "has completed",
                "First Aid",
                "for Day nursery",
                "Issued on 2026-02-28 (America/Detroit) · 1 h 30 min",
                "Valid until 2027-02-28",
                "Certificate number 7Z",
            ]
        );
        assert_eq!(
            lines(&known, Language::Spanish),
            [
                "Certificado de finalización: First Aid",
                "Certificado de finalización",
                "Se certifica que",
                "Ada Page",
                "ha completado",
                "First Aid",
                "para Day nursery",
                "Expedido el 2026-02-28 (America/Detroit) · 1 h 30 min",
                "Válido hasta el 2027-02-28",
                "Certificado número 7Z",
            ]
        );
        for (language, holder, file) in [
            (Language::English, "its holder", "certificate-7Z.pdf"),
            (Language::Spanish, "su titular", "certificado-7Z.pdf"),
        ] {
            assert!(lines(&nobodys, language).contains(&holder.to_owned()));
            assert_eq!(print(&nobodys, language).unwrap().name, file);
        }
    }
}
