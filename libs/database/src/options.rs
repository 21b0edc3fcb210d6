//! What a service says about its database.

use std::fmt;

/// The text is no URL of a database. The driver's words (never the URL, which holds the password) are in the source.
#[derive(Debug, thiserror::Error)]
#[error("is not a URL such as postgres://user:password@host:5432/database")]
pub struct NotAUrl(#[source] pub(crate) sqlx::Error);

/// Where the database is and how many connections may be open.
#[derive(Clone)]
pub struct DatabaseOptions {
    /// `postgres://user:password@host:port/database`.
    pub url: String,
    /// The most connections, beside two more: one asks whether the server is there, one stands for the process. The sum
    /// over all replicas must stay under 80 % of the server's `max_connections`.
    pub pool: u32,
    /// What the server shows as `application_name`.
    pub application: &'static str,
}

impl DatabaseOptions {
    /// A pool of 16 connections to `url`.
    #[must_use]
    pub fn new(url: impl Into<String>) -> Self {
        Self {
            url: url.into(),
            pool: 16,
            application: "muster",
        }
    }

    /// The same with at most `pool` connections.
    #[must_use]
    pub fn pool(self, pool: u32) -> Self {
        Self { pool, ..self }
    }

    /// The same, shown on the server as `application`.
    #[must_use]
    pub fn application(self, application: &'static str) -> Self {
        Self { application, ..self }
    }
}

// By hand: the URL holds the password.
impl fmt::Debug for DatabaseOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DatabaseOptions")
            .field("url", &"[redacted]")
            .field("pool", &self.pool)
            .field("application", &self.application)
            .finish()
    }
}
