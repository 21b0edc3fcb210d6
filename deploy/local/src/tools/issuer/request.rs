//! What a client asks the issuer for.

use serde::{Deserialize, Serialize};

/// The parameters of an authorization request (RFC 6749, section 4.1.1, with PKCE and OpenID Connect).
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(super) struct Request {
    pub(super) client_id: String,
    pub(super) redirect_uri: String,
    pub(super) response_type: String,
    pub(super) scope: String,
    pub(super) state: String,
    pub(super) nonce: String,
    pub(super) code_challenge: String,
    pub(super) code_challenge_method: String,
    pub(super) prompt: String,
    pub(super) login_hint: String,
}
