//! The claims that every token must carry (RFC 7519), and their times.

use serde::Deserialize;
use time::OffsetDateTime;

use crate::TokenProblem;

/// Registered claims. Absent ones are refused by [`Registered::check`], not passed over.
#[derive(Debug, Deserialize)]
pub(crate) struct Registered {
    pub(crate) iss: Option<String>,
    pub(crate) sub: Option<String>,
    aud: Option<Audience>,
    exp: Option<f64>,
    nbf: Option<f64>,
    iat: Option<f64>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

/// Checked claims.
pub(crate) struct Checked {
    pub(crate) subject: String,
}

impl Registered {
    /// Requires issuer, audience, subject and expiry, and looks at the times. `leeway` in seconds.
    pub(crate) fn check(
        self,
        issuer: &str,
        audience: &str,
        now: OffsetDateTime,
        leeway: f64,
    ) -> Result<Checked, TokenProblem> {
        if self.iss.as_deref() != Some(issuer) {
            return Err(TokenProblem::Issuer);
        }
        if !self.aud.as_ref().is_some_and(|given| given.contains(audience)) {
            return Err(TokenProblem::Audience);
        }
        let now = now.unix_timestamp() as f64;
        if self.exp.ok_or(TokenProblem::Claim("exp"))? + leeway <= now {
            return Err(TokenProblem::Expired);
        }
        if [self.nbf, self.iat]
            .into_iter()
            .flatten()
            .any(|from| from > now + leeway)
        {
            return Err(TokenProblem::NotYet);
        }
        let subject = self.sub.filter(|sub| !sub.is_empty() && sub.len() <= 255);
        Ok(Checked {
            subject: subject.ok_or(TokenProblem::Claim("sub"))?,
        })
    }
}

impl Audience {
    fn contains(&self, audience: &str) -> bool {
        match self {
            Audience::One(one) => one == audience,
            Audience::Many(many) => many.iter().any(|one| one == audience),
        }
    }
}
