//! The caller token: how the edge tells a service who calls.
//!
//! Bound to one service and one method, it is worth nothing anywhere else, and nothing at all after a minute.

use std::time::Duration;

use moka::sync::Cache;
use muster_address::EmailAddress;
use muster_clock::Clock;
use muster_ids::{OrganizationId, PersonId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::claims::Registered;
use crate::jws::{Unverified, json};
use crate::{Access, Caller, KeyFile, PersonCaller, Role, SigningKey, TokenProblem};

/// The metadata key that carries the caller token.
pub const CALLER_HEADER: &str = "muster-caller";

const TYPE: &str = "muster-caller+jwt";
const ISSUER: &str = "muster-gateway";
const LIFETIME_SECONDS: i64 = 60;
/// A token is said again to the same caller of the same method for so long: signing costs more than finding it again,
/// and so does checking it on the other side. It lives for at least twice as long when it is said for the last time.
const REPEATED_SECONDS: i64 = 20;
/// Callers, methods and organizations of twenty seconds; about three megabytes when full.
const MAX_REPEATED: u64 = 4096;
/// Clocks of one platform agree better than this. In seconds.
const LEEWAY: f64 = 10.0;

/// Signs caller tokens. Only the edge has one.
#[derive(Debug)]
pub struct CallerSigner {
    key: SigningKey,
    clock: Clock,
    /// By everything that they say.
    said: Cache<Vec<u8>, String>,
}

/// Verifies the caller tokens that reach one service.
#[derive(Debug)]
pub struct CallerVerifier {
    keys: KeyFile,
    service: String,
    clock: Clock,
}

/// Everything a caller token says beside the registered claims.
#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    method: String,
    kind: Kind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    emails: Vec<String>,
    #[serde(default)]
    staff: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    permission: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    organization: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    role: Option<Role>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    Anonymous,
    Person,
    Workload,
}

#[derive(Serialize)]
struct Whole<'a> {
    iss: &'a str,
    aud: &'a str,
    sub: String,
    iat: i64,
    exp: i64,
    #[serde(flatten)]
    claims: Claims,
}

impl CallerSigner {
    /// A signer with this key.
    #[must_use]
    pub fn new(key: SigningKey, clock: Clock) -> Self {
        let said = Cache::builder()
            .max_capacity(MAX_REPEATED)
            .time_to_live(Duration::from_secs(REPEATED_SECONDS.unsigned_abs()))
            .build();
        Self { key, clock, said }
    }

    /// A token for calls of one method by one caller: `service` is the callee's name, `method` the path
    /// (`/package.Service/Method`).
    ///
    /// # Errors
    /// Never in practice: the claims are always JSON.
    pub fn sign(&self, caller: &Caller, service: &str, method: &str) -> Result<String, serde_json::Error> {
        let now = self.clock.now().unix_timestamp();
        // All that is said within the same twenty seconds is the same.
        let iat = now - now.rem_euclid(REPEATED_SECONDS);
        let (sub, claims) = Claims::of(caller, method);
        let whole = Whole {
            iss: ISSUER,
            aud: service,
            sub,
            iat,
            exp: iat + LIFETIME_SECONDS,
            claims,
        };
        let text = serde_json::to_vec(&whole)?;
        if let Some(token) = self.said.get(&text) {
            return Ok(token);
        }
        let token = self.key.sign(TYPE, &whole)?;
        self.said.insert(text, token.clone());
        Ok(token)
    }

    /// The key's public half, for the JWKS that services mount.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }
}

impl CallerVerifier {
    /// A verifier for the service of this name.
    #[must_use]
    pub fn new(keys: KeyFile, service: impl Into<String>, clock: Clock) -> Self {
        Self {
            keys,
            service: service.into(),
            clock,
        }
    }

    /// The caller, if the token was signed by the edge for this service and this method, and lives.
    ///
    /// # Errors
    /// The rule that the token breaks.
    pub fn verify(&self, token: &str, method: &str) -> Result<Caller, TokenProblem> {
        let unverified = Unverified::read(token)?;
        unverified.check_type(&[Some(TYPE)])?;
        let keys = self.keys.keys();
        let payload = unverified.verify(&keys)?;
        let registered: Registered = json(payload)?;
        let checked = registered.check(ISSUER, &self.service, self.clock.now(), LEEWAY)?;
        let claims: Claims = json(payload)?;
        if claims.method != method {
            return Err(TokenProblem::Method);
        }
        claims.caller(&checked.subject)
    }
}

impl Claims {
    fn of(caller: &Caller, method: &str) -> (String, Self) {
        let mut claims = Claims {
            method: method.to_owned(),
            kind: Kind::Anonymous,
            name: None,
            emails: Vec::new(),
            staff: false,
            permission: None,
            organization: None,
            role: None,
        };
        let subject = match caller {
            Caller::Anonymous => "anonymous".to_owned(),
            Caller::Workload { name } => {
                claims.kind = Kind::Workload;
                name.clone()
            }
            Caller::Person(person) => {
                claims.kind = Kind::Person;
                claims.name.clone_from(&person.name);
                claims.emails = person
                    .emails
                    .iter()
                    .map(|email| email.as_given().to_owned())
                    .collect();
                claims.staff = person.staff;
                if let Some(access) = &person.access {
                    claims.permission = Some(access.permission.clone());
                    claims.organization = access.organization.map(|id| id.as_uuid());
                    claims.role = access.role;
                }
                person.id.to_string()
            }
        };
        (subject, claims)
    }

    fn caller(self, subject: &str) -> Result<Caller, TokenProblem> {
        match self.kind {
            Kind::Anonymous => Ok(Caller::Anonymous),
            Kind::Workload => Ok(Caller::Workload {
                name: subject.to_owned(),
            }),
            Kind::Person => self.person(subject).map(Caller::Person),
        }
    }

    fn person(self, subject: &str) -> Result<PersonCaller, TokenProblem> {
        let id: PersonId = subject.parse().map_err(|_| TokenProblem::Claim("sub"))?;
        let emails = self
            .emails
            .iter()
            .map(|email| EmailAddress::parse(email))
            .collect::<Result<_, _>>();
        let access = self.permission.map(|permission| Access {
            permission,
            organization: self.organization.map(OrganizationId::from_uuid),
            role: self.role,
        });
        let emails = emails.map_err(|_| TokenProblem::Claim("emails"))?;
        Ok(PersonCaller {
            id,
            name: self.name,
            emails,
            staff: self.staff,
            access,
        })
    }
}
