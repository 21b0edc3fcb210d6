//! What a browser keeps of a sign-in.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How long a session lasts without a page: people use shared computers.
pub(crate) const IDLE: Duration = Duration::from_secs(30 * 60);
/// How long a session lasts.
pub(crate) const LONGEST: Duration = Duration::from_secs(8 * 3600);
/// What the form that signs out is about.
pub(crate) const SIGN_OUT: &str = "sign-out";

/// Who is signed in at this browser.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    /// Names the session in form tokens.
    pub(crate) id: String,
    /// When it ends whatever happens, in seconds since 1970.
    #[serde(default)]
    pub(crate) ends: i64,
    /// Where they signed in.
    #[serde(default)]
    pub(crate) issuer: String,
    /// What the issuer calls the person.
    pub(crate) name: Option<String>,
    /// Their verified address, if the ID token told it and the access token is silent.
    #[serde(default)]
    pub(crate) email: Option<String>,
    /// The person's access token, with which the pages call on their behalf.
    pub(crate) access_token: String,
}
