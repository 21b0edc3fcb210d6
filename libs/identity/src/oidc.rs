//! Persons, signed in at any OIDC provider that is configured.
//!
//! Trust is per issuer: its addresses count only with `trust_email`, its staff claim only when one is named. Keys come
//! by discovery, which is read again whenever they are: keys rotate and endpoints move without a restart. There is one
//! fetch in 30 seconds, whatever arrives, and an issuer that is away hurts nobody whose key is known.

mod discovery;
mod fetch;
mod issuer;
mod person;
mod profiles;
mod status;
mod userinfo;

use std::sync::Arc;

use muster_clock::Clock;
use serde::Deserialize;
use serde_json::Value;
use time::OffsetDateTime;

use crate::claims::Registered;
use crate::jws::{Unverified, json};
use crate::{PersonCaller, TokenProblem};
pub use discovery::Provider;
pub use fetch::{BodyProblem, body};
use issuer::Issuer;
pub use profiles::Profile;
use profiles::Profiles;
pub use status::IssuerStatus;

/// Clock difference that is forgiven, in seconds.
const LEEWAY: f64 = 30.0;

/// An OIDC issuer, and what is believed of its tokens.
#[derive(Debug, Clone)]
pub struct IssuerOptions {
    /// The issuer identifier, exactly as in `iss`. `https`, or `http` on loopback for development.
    pub url: String,
    /// The audience that its access tokens must carry.
    pub audience: String,
    /// Whether its access tokens must say that they are some (`typ` is `at+jwt`, RFC 9068). Needed where its ID tokens have
    /// the same audience: nothing else tells them apart.
    pub typed: bool,
    /// Whether `email` counts when `email_verified` is true: in its tokens, or where they are silent, at its UserInfo endpoint.
    pub trust_email: bool,
    /// The claim that tells registry staff, and the value (or member of an array) that it must have.
    pub staff: Option<StaffClaim>,
}

/// How an issuer tells registry staff.
#[derive(Debug, Clone)]
pub struct StaffClaim {
    /// Where it stands: the name of a claim, and those of members within it. Names are taken as they are, whatever is in them.
    pub path: Vec<String>,
    /// Its value, or one of its values.
    pub value: String,
}

/// An issuer that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum IssuerProblem {
    /// Neither `https` nor on loopback.
    #[error("issuer {0} is neither an https URL nor http on loopback")]
    Url(String),
    /// Named twice.
    #[error("issuer {0} is configured twice")]
    Twice(String),
    /// The HTTP client cannot be made.
    #[error("no HTTP client for issuers")]
    Client(#[source] reqwest::Error),
}

/// Verifies the tokens of persons.
#[derive(Debug, Clone)]
pub struct PersonVerifier {
    issuers: Vec<Arc<Issuer>>,
    profiles: Profiles,
    clock: Clock,
}

impl PersonVerifier {
    /// A verifier for these issuers. Nothing is fetched yet.
    ///
    /// # Errors
    /// Every issuer that cannot be used.
    pub fn new(issuers: Vec<IssuerOptions>, clock: Clock) -> Result<Self, Vec<IssuerProblem>> {
        let http = fetch::client().map_err(|source| vec![IssuerProblem::Client(source)])?;
        let mut problems = Vec::new();
        let mut known: Vec<Arc<Issuer>> = Vec::new();
        for options in issuers {
            if known.iter().any(|issuer| issuer.options.url == options.url) {
                problems.push(IssuerProblem::Twice(options.url));
            } else if !discovery::acceptable(&options.url) {
                problems.push(IssuerProblem::Url(options.url));
            } else {
                known.push(Arc::new(Issuer::new(options, http.clone(), clock.clone())));
            }
        }
        if problems.is_empty() {
            Ok(Self {
                issuers: known,
                profiles: Profiles::new(clock.clone()),
                clock,
            })
        } else {
            Err(problems)
        }
    }

    /// The person of an access token, without any access granted yet.
    ///
    /// # Errors
    /// The rule that the token breaks, or [`TokenProblem::IssuerUnavailable`].
    pub async fn verify(&self, token: &str) -> Result<PersonCaller, TokenProblem> {
        self.verify_until(token).await.map(|(person, _)| person)
    }

    /// The same, and until when the token is good.
    ///
    /// # Errors
    /// As [`PersonVerifier::verify`].
    pub async fn verify_until(&self, token: &str) -> Result<(PersonCaller, OffsetDateTime), TokenProblem> {
        let believed = self.believe_access(token).await?;
        Ok((believed.person, believed.until))
    }

    /// The person of an access token with their address, wherever the issuer tells it: if its token is silent, its UserInfo
    /// endpoint is asked, once for a token. For the few calls that need the address: all others depend on no issuer that
    /// answers.
    ///
    /// # Errors
    /// As [`PersonVerifier::verify`], or [`TokenProblem::AddressUnavailable`]. An issuer that answers and tells no address is
    /// none: the person has no address then.
    pub async fn verify_with_address(&self, token: &str) -> Result<PersonCaller, TokenProblem> {
        let SignatureCache {
            issuer,
            subject,
            person,
            claims,
            ..
        } = self.believe_access(token).await?;
        if !issuer.options.trust_email || !person::is_silent(&claims) {
            return Ok(person);
        }
        let profile = self
            .profiles
            .of(token, issuer.profile_of(token, &subject))
            .await?;
        Ok(PersonCaller {
            name: person.name.or(profile.name),
            emails: profile.email.into_iter().collect(),
            ..person
        })
    }

    /// Tells what an ID token said of the person whom this access token was given for, at the same time, by the same issuer:
    /// the issuer is not asked for it. Only for a relying party of ours that has verified both.
    pub async fn remember(&self, token: &str, profile: Profile) {
        self.profiles.remember(token, profile).await;
    }

    /// The person of an ID token (OIDC Core §3.1.3.7), for a relying party of ours: `nonce` is what was sent along with
    /// the authorization request to the issuer `url`.
    ///
    /// # Errors
    /// As [`PersonVerifier::verify`], and a nonce that is not the one sent.
    pub async fn verify_id_token(
        &self,
        token: &str,
        url: &str,
        client_id: &str,
        nonce: &str,
    ) -> Result<PersonCaller, TokenProblem> {
        let unverified = Unverified::read(token)?;
        unverified.check_type(&[None, Some("jwt")])?;
        let issuer = self.issuer_of(&unverified)?;
        if issuer.options.url != url {
            return Err(TokenProblem::Issuer);
        }
        let believed = self.believe(&unverified, issuer, client_id).await?;
        match believed.claims.get("nonce").and_then(Value::as_str) {
            Some(given) if given == nonce => Ok(believed.person),
            _ => Err(TokenProblem::Claim("nonce")),
        }
    }

    /// Where the issuer `url` is asked what; `None` if it could never be read, or is not configured.
    pub async fn provider(&self, url: &str) -> Option<Arc<Provider>> {
        self.issuer(url)?.provider().await
    }

    /// How each issuer is doing. What was never read, or could not be the last time, is read in the background if that is due.
    pub fn look(&self) -> Vec<IssuerStatus> {
        self.issuers.iter().map(Issuer::look).collect()
    }

    /// Something at the issuer `url` did not answer where its discovery document says: it may have moved. The document is
    /// read again, if that is due.
    pub fn suspect(&self, url: &str) {
        if let Some(issuer) = self.issuer(url) {
            issuer.fetch_in_background();
        }
    }

    fn issuer_of(&self, unverified: &Unverified<'_>) -> Result<Arc<Issuer>, TokenProblem> {
        #[derive(Deserialize)]
        struct IssuerClaim {
            iss: Option<String>,
        }
        let named: IssuerClaim = unverified.unverified_claims()?;
        let issuer = named.iss.and_then(|url| self.issuer(&url));
        issuer.cloned().ok_or(TokenProblem::Issuer)
    }

    fn issuer(&self, url: &str) -> Option<&Arc<Issuer>> {
        self.issuers.iter().find(|issuer| issuer.options.url == url)
    }

    async fn believe_access(&self, token: &str) -> Result<SignatureCache, TokenProblem> {
        let unverified = Unverified::read(token)?;
        let issuer = self.issuer_of(&unverified)?;
        unverified.check_type(if issuer.options.typed {
            &[Some("at+jwt")]
        } else {
            &[None, Some("jwt"), Some("at+jwt")]
        })?;
        let audience = issuer.options.audience.clone();
        self.believe(&unverified, issuer, &audience).await
    }

    async fn believe(
        &self,
        unverified: &Unverified<'_>,
        issuer: Arc<Issuer>,
        audience: &str,
    ) -> Result<SignatureCache, TokenProblem> {
        let keys = issuer
            .keys_with(unverified.key_id()?, unverified.algorithm())
            .await?;
        let payload = unverified.verify(&keys)?;
        let registered: Registered = json(payload)?;
        let checked = registered.check(&issuer.options.url, audience, self.clock.now(), LEEWAY)?;
        let claims: Value = json(payload)?;
        Ok(SignatureCache {
            person: person::person(&issuer.options, &checked.subject, &claims),
            issuer,
            subject: checked.subject,
            until: checked.until,
            claims,
        })
    }
}

/// What a token said that was found true.
struct SignatureCache {
    issuer: Arc<Issuer>,
    subject: String,
    person: PersonCaller,
    until: OffsetDateTime,
    claims: Value,
}
