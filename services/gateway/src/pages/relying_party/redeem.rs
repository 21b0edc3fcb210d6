//! The way from a code to tokens.

use muster_identity::oidc;
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
        if traded.as_ref().is_err_and(has_moved) {
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
        if status.is_redirection() {
            return Err(SignInProblem::Redirected(status));
        }
        if status.is_server_error() {
            return Err(SignInProblem::Broken(status));
        }
        let body = oidc::body(answer).await?;
        if status.is_client_error() {
            let refusal: Refusal = serde_json::from_slice(&body).unwrap_or_default();
            return Err(SignInProblem::Refused(
                status,
                ErrorCode::of(refusal.error.as_deref()),
            ));
        }
        serde_json::from_slice(&body).map_err(|_| SignInProblem::NoTokens)
    }
}

/// Whether the endpoint may be somewhere else by now.
fn has_moved(problem: &SignInProblem) -> bool {
    matches!(
        problem,
        SignInProblem::Unreachable(_)
            | SignInProblem::Redirected(_)
            | SignInProblem::Broken(_)
            | SignInProblem::NoTokens
            | SignInProblem::Refused(StatusCode::NOT_FOUND, _)
    )
}
