//! Asking an issuer about the person who holds a token of its own (OpenID Connect Core §5.3).
//!
//! Many issuers put addresses neither into access tokens nor into ID tokens (§5.4).

use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use tokio::time::timeout;

use super::fetch::{self, BodyProblem, FetchProblem};
use super::issuer::Issuer;
use super::{Profile, person};
use crate::TokenProblem;

/// With the wait for a place; shorter than callers wait for us.
const LIMIT: Duration = Duration::from_secs(3);

impl Issuer {
    /// What it says of the holder of this token, which was verified to be its own for this subject. Nothing, if it does
    /// not take the token there or answers about somebody else: that it tells no address is an answer.
    pub(super) async fn profile_of(
        self: &Arc<Self>,
        token: &str,
        subject: &str,
    ) -> Result<Profile, TokenProblem> {
        let issuer = &self.options.url;
        match timeout(LIMIT, self.ask(token, subject)).await {
            Ok(Ok(profile)) => Ok(profile),
            Ok(Err(problem)) if is_an_answer(&problem) => {
                tracing::warn!(issuer, %problem, "the issuer tells no address of a person");
                Ok(Profile::default())
            }
            Ok(Err(problem)) => {
                tracing::warn!(issuer, %problem, "the issuer's UserInfo endpoint does not answer");
                self.fetch_in_background();
                Err(TokenProblem::AddressUnavailable)
            }
            Err(_) => {
                tracing::warn!(issuer, "the issuer's UserInfo endpoint does not answer in time");
                self.fetch_in_background();
                Err(TokenProblem::AddressUnavailable)
            }
        }
    }

    async fn ask(&self, token: &str, subject: &str) -> Result<Profile, FetchProblem> {
        let endpoint = self.userinfo_endpoint().ok_or(FetchProblem::NoUserInfo)?;
        let _place = self.questions.acquire().await;
        let answer = fetch::get(self.http.get(endpoint).bearer_auth(token)).await?;
        let claims: Value = answer.json()?;
        // §5.3.2: without this, one person's token could be answered with another's address.
        if claims.get("sub").and_then(Value::as_str) != Some(subject) {
            return Err(FetchProblem::OtherPerson);
        }
        Ok(person::profile(&claims))
    }
}

/// Whether asking again soon would bring nothing else: all but an issuer that is away (RFC 6750, section 3.1).
fn is_an_answer(problem: &FetchProblem) -> bool {
    const REFUSALS: [StatusCode; 3] = [
        StatusCode::BAD_REQUEST,
        StatusCode::UNAUTHORIZED,
        StatusCode::FORBIDDEN,
    ];
    match problem {
        FetchProblem::Status(status) => REFUSALS.contains(status),
        FetchProblem::Unreachable(_) | FetchProblem::Slow | FetchProblem::Body(BodyProblem::Broken(_)) => {
            false
        }
        _ => true,
    }
}
