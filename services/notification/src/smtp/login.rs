//! Who we are at a mail server. The secret is in a file, and read whenever it is used: it may change at any time.

use std::io;
use std::path::{Path, PathBuf};

use muster_server::settings::Secret;
use thiserror::Error;

/// A user and where its secret is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Login {
    /// The name of the user.
    pub user: String,
    /// The secret.
    pub secret: SecretFile,
}

/// The kind of a secret and the file that holds it; a line end after it does not belong to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretFile {
    /// A password, for PLAIN (RFC 4616) or LOGIN.
    Password(PathBuf),
    /// An access token of an OAuth 2.0 provider, for XOAUTH2.
    Token(PathBuf),
}

/// Why a secret cannot be used. The file is named, nothing of what is in it is said.
#[derive(Debug, Error)]
pub enum SecretProblem {
    /// It is not there, or not for us.
    #[error("the file {0} cannot be read")]
    Unreadable(PathBuf, #[source] io::Error),
    /// There is nothing in it.
    #[error("the file {0} is empty")]
    Empty(PathBuf),
}

impl SecretFile {
    /// The file.
    #[must_use]
    pub fn path(&self) -> &Path {
        match self {
            Self::Password(path) | Self::Token(path) => path,
        }
    }

    /// Reads it, at the start of the process.
    ///
    /// # Errors
    /// [`SecretProblem`].
    pub fn read(&self) -> Result<Secret, SecretProblem> {
        self.secret(std::fs::read_to_string(self.path()))
    }

    /// Reads it as it is now.
    pub(super) async fn read_now(&self) -> Result<Secret, SecretProblem> {
        self.secret(tokio::fs::read_to_string(self.path()).await)
    }

    fn secret(&self, text: io::Result<String>) -> Result<Secret, SecretProblem> {
        let path = self.path();
        let text = text.map_err(|error| SecretProblem::Unreadable(path.to_owned(), error))?;
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let text = text.strip_suffix('\r').unwrap_or(text);
        text.parse().map_err(|_| SecretProblem::Empty(path.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_what_is_in_its_file_without_the_line_end() {
        let path = std::env::temp_dir().join(format!("muster-secret-{}", std::process::id()));
        let file = SecretFile::Password(path.clone());
        assert!(matches!(file.read(), Err(SecretProblem::Unreadable(..))));
        for (text, secret) in [
            ("a b ", "a b "),
            ("a\n", "a"),
            ("a\r\n", "a"),
            ("\u{fc}\n\n", "\u{fc}\n"),
        ] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(file.read().unwrap().reveal(), secret);
        }
        for nothing in ["", "\n", "\r\n"] {
            std::fs::write(&path, nothing).unwrap();
            assert!(matches!(file.read(), Err(SecretProblem::Empty(_))));
        }
        std::fs::remove_file(&path).unwrap();
    }
}
