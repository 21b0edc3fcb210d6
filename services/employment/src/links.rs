//! Where people are sent by links in mails.

use std::str::FromStr;

use muster_ids::OrganizationId;

/// Stands for the organization's id.
const ORGANIZATION: &str = "{organization}";

/// Where administrators verify employments: a page of whatever program they use.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct VerificationUrl(String);

impl VerificationUrl {
    /// The page of this organization; empty when none was told.
    pub(crate) fn of(&self, organization: OrganizationId) -> String {
        self.0.replace(ORGANIZATION, &organization.to_string())
    }
}

impl FromStr for VerificationUrl {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        let other = text.replace(ORGANIZATION, "");
        match rest {
            Some(rest)
                if !rest.is_empty()
                    && other
                        .chars()
                        .all(|c| c.is_ascii_graphic() && !"{}\"<>".contains(c)) =>
            {
                Ok(Self(text.to_owned()))
            }
            _ => Err("is not a URL such as https://app.example.org/{organization}/employees"),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    #[test]
    fn the_organization_stands_where_the_url_says() {
        let organization: OrganizationId = Uuid::from_u128(7).into();
        let page: VerificationUrl = "https://app.example/{organization}/people?state=waiting"
            .parse()
            .unwrap();
        let expected = format!("https://app.example/{organization}/people?state=waiting");
        assert_eq!(page.of(organization), expected);
        assert_eq!(VerificationUrl::default().of(organization), "");
    }

    #[test]
    fn what_is_no_url_is_told() {
        for wrong in [
            "",
            "app.example",
            "https://",
            "ftp://app.example",
            "https://app.example/{org}",
            "https://app.example/a b",
        ] {
            assert!(wrong.parse::<VerificationUrl>().is_err(), "{wrong}");
        }
    }
}
