//! The tokens of people.

use muster_clock::Clock;
use muster_identity::SigningKey;
use serde_json::{Value, json};

use super::people::Person;
use crate::suite::{AUDIENCE, STAFF_CLAIM};

/// Long enough for a working day with `curl`.
pub(crate) const LIFE_SECONDS: i64 = 8 * 60 * 60;

/// A bearer token for the gateway (RFC 9068). It tells name and address, because the gateway asks nobody else.
pub(crate) fn access_token(
    key: &SigningKey,
    issuer: &str,
    person: &Person,
    clock: &Clock,
) -> anyhow::Result<String> {
    let mut claims = common(issuer, person, clock);
    claims["client_id"] = AUDIENCE.into();
    claims["jti"] = clock.new_uuid().to_string().into();
    claims["scope"] = "openid profile email".into();
    Ok(key.sign("at+jwt", &claims)?)
}

/// What tells the gateway's pages who signed in (OpenID Connect Core, section 2).
pub(crate) fn id_token(
    key: &SigningKey,
    issuer: &str,
    person: &Person,
    nonce: Option<&str>,
    clock: &Clock,
) -> anyhow::Result<String> {
    let mut claims = common(issuer, person, clock);
    claims["auth_time"] = clock.now().unix_timestamp().into();
    if let Some(nonce) = nonce {
        claims["nonce"] = nonce.into();
    }
    Ok(key.sign("JWT", &claims)?)
}

fn common(issuer: &str, person: &Person, clock: &Clock) -> Value {
    let now = clock.now().unix_timestamp();
    let mut claims = json!({
        "iss": issuer,
        "sub": person.sub,
        "aud": AUDIENCE,
        "iat": now,
        "exp": now + LIFE_SECONDS,
        "name": person.name,
        "email": person.email,
        "email_verified": person.email_verified(),
    });
    if let Some(role) = person.staff_role() {
        let [access, roles] = STAFF_CLAIM;
        claims[access] = json!({ roles: [role] });
    }
    claims
}
