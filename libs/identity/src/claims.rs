//! The claims that every token must carry (RFC 7519), and their times.

use serde::Deserialize;
use time::OffsetDateTime;
use time::macros::datetime;

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
    /// When it ends, the leeway included.
    pub(crate) until: OffsetDateTime,
}

/// Of tokens that end later than a year has digits here.
const THE_END: OffsetDateTime = datetime!(9999-12-31 23:59:59 UTC);

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
        let end = self.exp.ok_or(TokenProblem::Claim("exp"))? + leeway;
        let now = now.unix_timestamp() as f64;
        if end <= now {
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
            until: OffsetDateTime::from_unix_timestamp(end as i64).unwrap_or(THE_END),
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
