//! What an issuer sends back, by way of the browser.

use serde::Deserialize;

use super::error_code::ErrorCode;
use super::relying_party::{Pending, RelyingParty, SignInProblem};

/// The query of the callback.
#[derive(Deserialize)]
pub(crate) struct Callback {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

impl Callback {
    /// Whether it is the end of this sign-in.
    pub(crate) fn ends(&self, pending: &Pending) -> bool {
        self.state.as_deref() == Some(pending.state.as_str())
    }

    /// The code to trade at this issuer. Another issuer's must not be shown to it, nor be believed when it reports an error
    /// (RFC 9207).
    pub(crate) async fn code(&self, party: &RelyingParty) -> Result<&str, SignInProblem> {
        if !party.goes_by(self.iss.as_deref()).await? {
            return Err(SignInProblem::NotTheIssuer);
        }
        match (&self.code, &self.error) {
            (Some(code), None) => Ok(code),
            (_, error) => Err(SignInProblem::NotCompleted(ErrorCode::of(error.as_deref()))),
        }
    }
}
