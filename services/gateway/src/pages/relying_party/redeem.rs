//! The way from a code to tokens.

use reqwest::StatusCode;
use serde::Deserialize;

use super::{Pending, RelyingParty, SignInProblem};
use crate::pages::error_code::ErrorCode;

/// What the token endpoint gave.
#[derive(Deserialize)]
pub(crate) struct Tokens {
    pub(crate) access_token: String,
    pub(crate) id_token: String,
}

/// What the token endpoint says instead (RFC 6749, section 5.2).
#[derive(Default, Deserialize)]
struct Refusal {
    error: Option<String>,
}

impl RelyingParty {
    /// Trades the code that came back for tokens.
    pub(crate) async fn redeem(&self, pending: &Pending, code: &str) -> Result<Tokens, SignInProblem> {
        let traded = self.trade(pending, code).await;
        if let Err(SignInProblem::Unreachable(_) | SignInProblem::Refused(StatusCode::NOT_FOUND, _)) = traded
        {
            self.verifier.suspect(self.issuer());
        }
        traded
    }

    async fn trade(&self, pending: &Pending, code: &str) -> Result<Tokens, SignInProblem> {
        let mut form = vec![
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &self.redirect_uri),
            ("client_id", self.client_id()),
            ("code_verifier", &pending.verifier),
        ];
        if let Some(secret) = &self.registration.client_secret {
            form.push(("client_secret", secret));
        }
        let provider = self.provider().await?;
        let endpoint = provider.token_endpoint.clone().ok_or(SignInProblem::NoEndpoint)?;
        let answer = self.http.post(endpoint).form(&form).send().await?;
        let status = answer.status();
        if status.is_client_error() {
            let refusal: Refusal = answer.json().await.unwrap_or_default();
            return Err(SignInProblem::Refused(
                status,
                ErrorCode::of(refusal.error.as_deref()),
            ));
        }
        Ok(answer.error_for_status()?.json().await?)
    }
}
