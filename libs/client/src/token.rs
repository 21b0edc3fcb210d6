//! Where the token of a caller comes from.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::future::BoxFuture;
use http::HeaderValue;
use tokio::time::Instant;

/// A file is read again after so long: platforms renew mounted tokens long before they run out.
const REREAD_AFTER: Duration = Duration::from_secs(5);

type Fetch = dyn Fn() -> BoxFuture<'static, Result<String, BoxError>> + Send + Sync;
type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A source of bearer tokens, asked before every call.
#[derive(Clone)]
pub struct TokenSource(Kind);

#[derive(Clone)]
enum Kind {
    Fixed(HeaderValue),
    File(Arc<TokenFile>),
    Fetched(Arc<Fetch>),
}

/// There is no token to call with.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    /// The token has letters that no header may have.
    #[error("the token is no header value: it has letters outside ASCII, or line ends")]
    Malformed,
    /// The file cannot be read.
    #[error("the token cannot be read from {path}")]
    File {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The source failed.
    #[error("no token can be had")]
    Fetch(#[source] BoxError),
}

impl TokenSource {
    /// One token, for as long as it lives.
    ///
    /// # Errors
    /// It cannot stand in a header.
    pub fn fixed(token: &str) -> Result<Self, TokenError> {
        Ok(Self(Kind::Fixed(bearer(token)?)))
    }

    /// A file that somebody else renews, such as a mounted workload token (`/var/run/secrets/…`). It is read at the first
    /// call, and again when what was read is five seconds old.
    #[must_use]
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Kind::File(Arc::new(TokenFile {
            path: path.into(),
            read: Mutex::default(),
        })))
    }

    /// A function that fetches one, such as a refresh at the provider. It is asked before every call, and so keeps what it
    /// has for as long as that is good.
    #[must_use]
    pub fn fetched<F, R>(fetch: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Result<String, BoxError>> + Send + 'static,
    {
        Self(Kind::Fetched(Arc::new(move || Box::pin(fetch()))))
    }

    /// The value of the `authorization` header.
    pub(crate) async fn header(&self) -> Result<HeaderValue, TokenError> {
        match &self.0 {
            Kind::Fixed(value) => Ok(value.clone()),
            Kind::File(file) => file.header(),
            Kind::Fetched(fetch) => bearer(&fetch().await.map_err(TokenError::Fetch)?),
        }
    }
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Kind::Fixed(_) => f.write_str("TokenSource::fixed"),
            Kind::File(file) => f.debug_tuple("TokenSource::file").field(&file.path).finish(),
            Kind::Fetched(_) => f.write_str("TokenSource::fetched"),
        }
    }
}

struct TokenFile {
    path: PathBuf,
    read: Mutex<Option<(HeaderValue, Instant)>>,
}

impl TokenFile {
    fn header(&self) -> Result<HeaderValue, TokenError> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((value, at)) = &*read
            && at.elapsed() < REREAD_AFTER
        {
            return Ok(value.clone());
        }
        let value = bearer(&text_of(&self.path)?)?;
        *read = Some((value.clone(), Instant::now()));
        Ok(value)
    }
}

fn text_of(path: &Path) -> Result<String, TokenError> {
    std::fs::read_to_string(path).map_err(|source| TokenError::File {
        path: path.to_owned(),
        source,
    })
}

fn bearer(token: &str) -> Result<HeaderValue, TokenError> {
    let value = HeaderValue::try_from(format!("Bearer {}", token.trim()));
    let mut value = value.map_err(|_| TokenError::Malformed)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_file_that_was_renewed_is_read_again() {
        let path = std::env::temp_dir().join(format!("muster-client-token-{}", std::process::id()));
        let source = TokenSource::file(&path);
        let missing = source.header().await.unwrap_err();
        assert!(matches!(missing, TokenError::File { .. }), "{missing}");
        std::fs::write(&path, "one\n").unwrap();
        assert_eq!(source.header().await.unwrap(), "Bearer one");
        std::fs::write(&path, "two").unwrap();
        assert_eq!(source.header().await.unwrap(), "Bearer one");
        tokio::time::advance(REREAD_AFTER).await;
        assert_eq!(source.header().await.unwrap(), "Bearer two");
        std::fs::remove_file(&path).unwrap();
    }

    #[tokio::test]
    async fn what_cannot_be_a_header_is_refused_and_never_printed() {
        assert!(matches!(TokenSource::fixed("a\nb"), Err(TokenError::Malformed)));
        let source = TokenSource::fixed("secret").unwrap();
        assert!(!format!("{source:?}{:?}", source.header().await.unwrap()).contains("secret"));
        let fetched = TokenSource::fetched(async || Err("the provider is away".into()));
        assert!(matches!(fetched.header().await, Err(TokenError::Fetch(_))));
    }
}
