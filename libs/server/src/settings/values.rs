//! Types of settings whose values can be wrong, or must not be shown.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use clap::builder::{ValueParser, ValueParserFactory};
use thiserror::Error;

/// Before the path of a file that holds the secret.
const FROM_FILE: &str = "file:";

/// A value that is never shown: not in logs, not in `--help`, not in what is told about mistakes.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The value itself.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl FromStr for Secret {
    type Err = NoSecret;

    /// The text itself, or what the file holds that it names: `file:/run/secrets/database-url`.
    fn from_str(text: &str) -> Result<Self, NoSecret> {
        let secret = match text.strip_prefix(FROM_FILE) {
            Some(path) => std::fs::read_to_string(path)?.trim().to_owned(),
            None => text.to_owned(),
        };
        if secret.is_empty() {
            Err(NoSecret::Empty)
        } else {
            Ok(Self(secret))
        }
    }
}

// Said explicitly: clap would take the conversion below, which accepts what is empty.
impl ValueParserFactory for Secret {
    type Parser = ValueParser;

    fn value_parser() -> ValueParser {
        ValueParser::new(|text: &str| text.parse::<Self>())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// A text that is no secret.
#[derive(Debug, Error)]
pub enum NoSecret {
    /// It holds nothing.
    #[error("is empty")]
    Empty,
    /// The file that it names cannot be read.
    #[error("the file cannot be read")]
    File(#[from] std::io::Error),
}

/// Where people reach the pages, such as `https://muster.example.org`: what links begin with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Without a slash at its end.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The text is no URL that links can begin with.
#[derive(Debug, Error)]
#[error("is not a URL such as https://muster.example.org")]
pub struct NotPublicUrl;

impl FromStr for PublicUrl {
    type Err = NotPublicUrl;

    fn from_str(text: &str) -> Result<Self, NotPublicUrl> {
        let rest = text
            .strip_prefix("https://")
            .or_else(|| text.strip_prefix("http://"));
        match rest {
            Some(rest) if !rest.is_empty() && !rest.contains(['?', '#', ' ']) => {
                Ok(Self(text.trim_end_matches('/').to_owned()))
            }
            _ => Err(NotPublicUrl),
        }
    }
}

/// Whole or broken seconds, from 0 to a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seconds(pub Duration);

/// The text is no number of seconds.
#[derive(Debug, Error)]
#[error("is not a number of seconds from 0 to 86400")]
pub struct NotSeconds;

impl FromStr for Seconds {
    type Err = NotSeconds;

    fn from_str(text: &str) -> Result<Self, NotSeconds> {
        let seconds: f64 = text.parse().map_err(|_| NotSeconds)?;
        if (0.0..=86_400.0).contains(&seconds) {
            Ok(Self(Duration::from_secs_f64(seconds)))
        } else {
            Err(NotSeconds)
        }
    }
}

/// A share from 0 to 1.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("is not a number from 0 to 1".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_not_shown() {
        let secret: Secret = "hunter2".parse().unwrap();
        assert_eq!(format!("{secret:?}"), "[redacted]");
        assert_eq!(secret.reveal(), "hunter2");
    }

    #[test]
    fn a_secret_may_be_in_a_file() {
        let path = std::env::temp_dir().join(format!("muster-secret-{}", std::process::id()));
        std::fs::write(&path, "postgres://there\n").unwrap();
        let named = format!("file:{}", path.display());
        assert_eq!(named.parse::<Secret>().unwrap().reveal(), "postgres://there");
        std::fs::write(&path, "\n").unwrap();
        assert!(matches!(named.parse::<Secret>(), Err(NoSecret::Empty)));
        std::fs::remove_file(&path).unwrap();
        assert!(matches!(named.parse::<Secret>(), Err(NoSecret::File(_))));
    }

    #[test]
    fn seconds_have_bounds() {
        assert_eq!("0.5".parse::<Seconds>().unwrap().0, Duration::from_millis(500));
        assert!("-1".parse::<Seconds>().is_err() && "NaN".parse::<Seconds>().is_err());
    }
}
