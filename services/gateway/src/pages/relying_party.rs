//! The pages as a relying party of OIDC providers: authorization code flow with PKCE (RFC 7636, S256).

mod redeem;

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use muster_identity::oidc::{BodyProblem, PersonVerifier, Provider};
use muster_language::Language;
pub(crate) use redeem::Tokens;
use reqwest::StatusCode;
use serde::{Deserialize, Serialize};
use url::Url;

use super::destination::Destination;
use super::error_code::ErrorCode;
use super::seal::random_text;

/// What the ID token is to say where that can be asked for: many issuers leave it to UserInfo else, and not all of those
/// take there the tokens that are meant for us (OpenID Connect Core, sections 5.4 and 5.5).
const ID_TOKEN_CLAIMS: &str = r#"{"id_token":{"name":null,"email":null,"email_verified":null}}"#;

/// A client registration at an issuer.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    /// The issuer identifier.
    pub(crate) issuer: String,
    /// Our client id there.
    pub(crate) client_id: String,
    /// Our secret there; `None` for a public client, which PKCE protects alone.
    pub(crate) client_secret: Option<String>,
    /// What people know it by.
    pub(crate) name: String,
}

/// One issuer at which people sign in.
pub(crate) struct RelyingParty {
    registration: Registration,
    redirect_uri: String,
    http: reqwest::Client,
    /// Knows what the issuer says of itself.
    verifier: PersonVerifier,
}

/// A sign-in that is under way: kept by the browser, sealed, until the issuer sends it back.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    pub(crate) issuer: String,
    pub(crate) state: String,
    pub(crate) nonce: String,
    verifier: String,
    /// Whether the person wants to register.
    #[serde(default)]
    pub(crate) create: bool,
    /// Where they go then.
    #[serde(default)]
    pub(crate) to: Destination,
}

/// What the person wants at the issuer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prompt {
    /// Whatever the issuer remembers.
    Usual,
    /// To register (OpenID Connect Prompt Create 1.0).
    Create,
    /// To be asked again, because somebody else is signed in.
    Again,
}

impl Prompt {
    /// As the parameter `prompt` says it, to us and to issuers.
    pub(crate) fn value(self) -> Option<&'static str> {
        match self {
            Self::Usual => None,
            Self::Create => Some("create"),
            Self::Again => Some("login"),
        }
    }
}

/// Why a sign-in did not come to an end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInProblem {
    #[error("issuer could not be reached")]
    Unreachable(#[from] reqwest::Error),
    #[error("token endpoint answers {0}")]
    Broken(StatusCode),
    #[error("token endpoint answers with a redirect ({0}), which is not followed")]
    Redirected(StatusCode),
    #[error(transparent)]
    Body(#[from] BodyProblem),
    #[error("token endpoint gave no access_token and id_token")]
    NoTokens,
    #[error("nothing is known of where the issuer signs people in")]
    Unknown,
    #[error(
        "issuer names no authorization_endpoint or token_endpoint that can be used: https, or http on loopback"
    )]
    NoEndpoint,
    #[error("answer is not of the issuer that was asked")]
    NotTheIssuer,
    #[error("issuer gave no code to trade: {0}")]
    NotCompleted(ErrorCode),
    #[error("token endpoint refused with status {0}: {1}")]
    Refused(StatusCode, ErrorCode),
    #[error("no random bytes")]
    Random,
}

impl RelyingParty {
    pub(crate) fn new(
        registration: Registration,
        redirect_uri: String,
        verifier: PersonVerifier,
    ) -> Result<Self, reqwest::Error> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self {
            registration,
            redirect_uri,
            http,
            verifier,
        })
    }

    pub(crate) fn issuer(&self) -> &str {
        &self.registration.issuer
    }

    pub(crate) fn name(&self) -> &str {
        &self.registration.name
    }

    pub(crate) fn client_id(&self) -> &str {
        &self.registration.client_id
    }

    /// Whether an answer under this name, or under none, can be this issuer's (RFC 9207, section 2.4).
    pub(crate) async fn goes_by(&self, name: Option<&str>) -> Result<bool, SignInProblem> {
        match name {
            Some(name) => Ok(name == self.issuer()),
            None => Ok(!self.provider().await?.names_itself),
        }
    }

    /// Begins a sign-in: what the browser must keep, and where to send it.
    /// The issuer is told which language the person reads (OpenID Connect Core, section 3.1.2.1).
    pub(crate) async fn begin(
        &self,
        prompt: Prompt,
        to: Destination,
        language: Language,
    ) -> Result<(Pending, Url), SignInProblem> {
        let random = || random_text(32).ok_or(SignInProblem::Random);
        let pending = Pending {
            issuer: self.issuer().to_owned(),
            state: random()?,
            nonce: random()?,
            verifier: random()?,
            create: prompt == Prompt::Create,
            to,
        };
        let challenge = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, pending.verifier.as_bytes());
        let provider = self.provider().await?;
        let endpoint = provider.authorization_endpoint.clone();
        let mut url = endpoint.ok_or(SignInProblem::NoEndpoint)?;
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", self.client_id())
            .append_pair("redirect_uri", &self.redirect_uri)
            .append_pair("scope", "openid profile email")
            .append_pair("state", &pending.state)
            .append_pair("nonce", &pending.nonce)
            .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(challenge))
            .append_pair("code_challenge_method", "S256")
            .append_pair("ui_locales", language.tag());
        if provider.takes_claims {
            query.append_pair("claims", ID_TOKEN_CLAIMS);
        }
        if let Some(prompt) = prompt.value() {
            query.append_pair("prompt", prompt);
        }
        drop(query);
        Ok((pending, url))
    }

    async fn provider(&self) -> Result<Arc<Provider>, SignInProblem> {
        let provider = self.verifier.provider(self.issuer()).await;
        provider.ok_or(SignInProblem::Unknown)
    }
}
