//! The file of issuers.

use std::path::{Path, PathBuf};

use muster_identity::oidc::{IssuerOptions, StaffClaim};
use serde::Deserialize;
use url::{Position, Url};

use super::{FileProblem, text};
use crate::pages::Registration;

/// The longest name of an issuer, in characters: it stands on a button of a phone.
const LONGEST_NAME: usize = 40;

/// The issuers, as the two sides of signing in need them.
#[derive(Debug)]
pub(crate) struct Issuers {
    /// For believing tokens.
    pub(crate) trusted: Vec<IssuerOptions>,
    /// For sending people there to sign in.
    pub(crate) registrations: Vec<Registration>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerFile {
    issuer: Vec<IssuerEntry>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerEntry {
    url: String,
    audience: String,
    client_id: Option<String>,
    client_secret_file: Option<PathBuf>,
    name: Option<String>,
    #[serde(default)]
    require_at_jwt: bool,
    #[serde(default)]
    trust_email: bool,
    staff_claim: Option<ClaimPath>,
    staff_value: Option<String>,
}

/// Where a claim stands. Names are taken as they are: many have dots in them, others are URLs.
#[derive(Debug, Deserialize)]
#[serde(
    untagged,
    expecting = "staff_claim is the name of a claim, or a list of names that leads into one"
)]
enum ClaimPath {
    Name(String),
    Names(Vec<String>),
}

impl ClaimPath {
    fn names(self) -> Result<Vec<String>, String> {
        let names = match self {
            Self::Name(name) => vec![name],
            Self::Names(names) => names,
        };
        if names.is_empty() || names.iter().any(String::is_empty) {
            return Err("staff_claim has an empty name, or none".to_owned());
        }
        Ok(names)
    }
}

impl Issuers {
    /// Reads the issuers' file; secrets are in files beside it, by absolute path or relative to it.
    ///
    /// # Errors
    /// A file that cannot be read, or that says something else.
    pub(crate) fn read(file: &Path) -> Result<Self, FileProblem> {
        let unusable = |why: String| FileProblem::Unusable {
            file: file.to_owned(),
            why,
        };
        let listed: IssuerFile =
            toml::from_str(&text(file)?).map_err(|error| unusable(error.message().to_owned()))?;
        let (mut trusted, mut registrations) = (Vec::new(), Vec::new());
        for entry in listed.issuer {
            registrations.extend(entry.registration(file)?);
            trusted.push(entry.trusted().map_err(unusable)?);
        }
        if trusted.is_empty() {
            return Err(unusable("no issuer".to_owned()));
        }
        may_be_chosen(&registrations).map_err(unusable)?;
        Ok(Self {
            trusted,
            registrations,
        })
    }
}

impl IssuerEntry {
    /// How people are sent there, if they are. Its mistakes are told by [`IssuerEntry::trusted`].
    fn registration(&self, file: &Path) -> Result<Option<Registration>, FileProblem> {
        let Some(client_id) = self.client_id.clone() else {
            return Ok(None);
        };
        let beside = |secret: &PathBuf| {
            file.parent()
                .map_or(secret.clone(), |directory| directory.join(secret))
        };
        let secret = self
            .client_secret_file
            .as_ref()
            .map(beside)
            .map(|secret| text(&secret))
            .transpose()?;
        let name = self.name.as_deref().map(str::trim).map(str::to_owned);
        Ok(Some(Registration {
            issuer: self.url.clone(),
            client_id,
            client_secret: secret.map(|secret| secret.trim().to_owned()),
            name: name.unwrap_or_else(|| host(&self.url)),
        }))
    }

    /// What is trusted of it; or what is wrong.
    fn trusted(self) -> Result<IssuerOptions, String> {
        let staff = match (self.staff_claim, self.staff_value) {
            (Some(claim), Some(value)) => Some(StaffClaim {
                path: claim.names()?,
                value,
            }),
            (None, None) => None,
            _ => return Err("staff_claim and staff_value go together".to_owned()),
        };
        if self.client_id.is_none() && self.client_secret_file.is_some() {
            return Err(format!("client_secret_file of {} needs a client_id", self.url));
        }
        // An ID token's audience is the client: as an access token it would pass for what it is not.
        if self.client_id.as_ref() == Some(&self.audience) && !self.require_at_jwt {
            return Err(format!(
                "audience and client_id of {} are the same, so its ID tokens would pass as access tokens: give the \
                 API an audience of its own, or say require_at_jwt = true if its access tokens have that type",
                self.url
            ));
        }
        Ok(IssuerOptions {
            url: self.url,
            audience: self.audience,
            typed: self.require_at_jwt,
            trust_email: self.trust_email,
            staff,
        })
    }
}

/// People choose an issuer by its name: it must be one, and no other's.
fn may_be_chosen(registrations: &[Registration]) -> Result<(), String> {
    if registrations.is_empty() {
        return Err("no issuer with a client_id: nobody could sign in at the pages".to_owned());
    }
    for (at, Registration { issuer, name, .. }) in registrations.iter().enumerate() {
        let plain = (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.chars().any(char::is_control);
        if !plain && registrations.len() > 1 {
            return Err(format!("{issuer} needs a name of 1 to {LONGEST_NAME} characters"));
        }
        let twin = registrations
            .iter()
            .skip(at + 1)
            .find(|other| other.name == *name);
        if let Some(twin) = twin {
            return Err(format!(
                "{issuer} and {} are both shown as {name:?}: give each a name of its own",
                twin.issuer
            ));
        }
    }
    Ok(())
}

/// The host, with a port that is not the usual one. What is no URL is told by those who believe tokens.
fn host(url: &str) -> String {
    let parsed = Url::parse(url).map(|url| url[Position::BeforeHost..Position::AfterPort].to_owned());
    parsed.unwrap_or_else(|_| url.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: &str = "[[issuer]]\nurl = \"https://issuer.example/a\"\naudience = \"muster\"\n";

    fn read(more: &str) -> Result<Issuers, FileProblem> {
        let name = format!("muster-issuers-{}.toml", muster_clock::Clock::system().new_uuid());
        let file = std::env::temp_dir().join(name);
        let text = format!("{FIRST}{more}");
        std::fs::write(&file, text).unwrap();
        let issuers = Issuers::read(&file);
        std::fs::remove_file(&file).unwrap();
        issuers
    }

    #[test]
    fn id_tokens_must_be_told_from_access_tokens() {
        assert!(read("client_id = \"pages\"").is_ok());
        let same = read("client_id = \"muster\"").unwrap_err().to_string();
        assert!(same.contains("require_at_jwt"), "{same}");
        let typed = read("client_id = \"muster\"\nrequire_at_jwt = true").unwrap();
        assert!(typed.trusted.iter().all(|issuer| issuer.typed));
    }
    fn names(more: &str) -> Result<Vec<String>, String> {
        let issuers = read(more).map_err(|problem| problem.to_string())?;
        Ok(issuers.registrations.into_iter().map(|one| one.name).collect())
    }

    #[test]
    fn the_staff_claim_is_a_name_or_a_list_of_names() {
        let path = |claim: &str| {
            let more = format!("client_id = \"pages\"\nstaff_claim = {claim}\nstaff_value = \"staff\"");
            let issuers = read(&more).map_err(|problem| problem.to_string())?;
            Ok(issuers.trusted[0].staff.clone().unwrap().path)
        };
        for (claim, names) in [
            ("\"groups\"", vec!["groups"]),
            ("[\"groups\"]", vec!["groups"]),
            ("[\"realm_access\", \"roles\"]", vec!["realm_access", "roles"]),
            ("\"https://x.example/roles\"", vec!["https://x.example/roles"]),
            ("[\"a.b\", \"c/d\"]", vec!["a.b", "c/d"]),
        ] {
            let names: Result<Vec<String>, String> = Ok(names.into_iter().map(str::to_owned).collect());
            assert_eq!(path(claim), names);
        }
        for (claim, why) in [
            ("[]", "staff_claim has an empty name"),
            ("\"\"", "staff_claim has an empty name"),
            ("[\"a\", \"\"]", "staff_claim has an empty name"),
            ("1", "staff_claim is the name of a claim, or a list of names"),
            (
                "[[\"a\"]]",
                "staff_claim is the name of a claim, or a list of names",
            ),
        ] {
            let problem = path(claim).unwrap_err();
            assert!(problem.contains(why), "{claim}: {problem}");
        }
    }

    #[test]
    fn people_can_tell_issuers_apart() {
        let second = "[[issuer]]\nurl = \"https://issuer.example:8443/b\"\naudience = \"muster\"\nclient_id = \"pages\"\n";
        let both = format!("client_id = \"pages\"\nname = \" Sunrise \"\n{second}");
        assert_eq!(names(&both).unwrap(), ["Sunrise", "issuer.example:8443"]);
        let alike = format!("{both}name = \"Sunrise\"");
        assert!(names(&alike).unwrap_err().contains("both shown as \"Sunrise\""));
        for bad in ["", "a\\nb", &"x".repeat(41)] {
            let named = format!("{both}name = \"{bad}\"");
            assert!(names(&named).unwrap_err().contains("needs a name"), "{bad}");
        }
    }

    #[test]
    fn an_issuer_may_be_for_programs_only_but_people_need_one() {
        let second =
            "[[issuer]]\nurl = \"https://other.example\"\naudience = \"muster\"\nclient_id = \"pages\"\n";
        assert_eq!(names(second).unwrap(), ["other.example"]);
        assert_eq!(read(second).unwrap().trusted.len(), 2);
        assert!(names("").unwrap_err().contains("nobody could sign in"));
        let secret = format!("client_secret_file = \"secret\"\n{second}");
        assert!(names(&secret).unwrap_err().contains("needs a client_id"));
    }
}
