//! Signing keys and secrets of a suite on one machine, made once and kept in `.dev/keys`. Each file says that it is for development:
//! a process that others reach refuses it.

use std::fs;
use std::path::Path;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_engines::write_private;
use muster_identity::{DEVELOPMENT_MARK, SigningKey, jwks_document};

use crate::workspace::Workspace;

/// The two keys that sign tokens here; the gateway signs with a third, which only it reads.
#[derive(Debug)]
pub(crate) struct Keys {
    /// The workloads' issuer.
    pub(crate) workload: SigningKey,
    /// The people's issuer.
    pub(crate) issuer: SigningKey,
}

impl Keys {
    /// Reads what is there and makes what is missing: keys with their public sets, the keys that seal
    /// sessions and page tokens, that of return paths, the link key ring.
    pub(crate) fn prepare(workspace: &Workspace) -> anyhow::Result<Self> {
        let directory = workspace.at("keys");
        signing_key(&directory, "caller")?;
        lines_file(&directory.join("session.key"))?;
        lines_file(&directory.join("page.key"))?;
        lines_file(&directory.join("bounce.key"))?;
        marked_file(&directory.join("link-keys.toml"), "development = true", || {
            Ok(format!("current = \"k1\"\n\n[keys]\nk1 = \"{}\"\n", random_key()))
        })?;
        Ok(Self {
            workload: signing_key(&directory, "workload")?,
            issuer: signing_key(&directory, "issuer")?,
        })
    }
}

/// `NAME.pem` and, for those who verify, `NAME.jwks.json`.
fn signing_key(directory: &Path, name: &str) -> anyhow::Result<SigningKey> {
    let file = directory.join(format!("{name}.pem"));
    let pem = marked_file(&file, DEVELOPMENT_MARK, || Ok(SigningKey::generate()?.to_pem()?))?;
    let key = SigningKey::from_pem(&pem).with_context(|| format!("{} is not a key", file.display()))?;
    write_private(
        &directory.join(format!("{name}.jwks.json")),
        jwks_document([&key]).as_bytes(),
    )?;
    Ok(key)
}

/// A key on a line.
fn lines_file(file: &Path) -> anyhow::Result<String> {
    marked_file(file, DEVELOPMENT_MARK, || Ok(format!("{}\n", random_key())))
}

/// 32 random bytes in base64.
fn random_key() -> String {
    STANDARD.encode(rand::random::<[u8; 32]>())
}

/// The text of a file that begins with this mark: what is there (an earlier release wrote it without), or what is made.
fn marked_file(
    file: &Path,
    mark: &str,
    made: impl FnOnce() -> anyhow::Result<String>,
) -> anyhow::Result<String> {
    let text = if file.exists() {
        fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?
    } else {
        made()?
    };
    let marked = if text.starts_with(mark) {
        text.clone()
    } else {
        format!("{mark}\n{text}")
    };
    if marked != text || !file.exists() {
        write_private(file, marked.as_bytes())?;
    }
    Ok(marked)
}

#[cfg(test)]
mod tests {
    use muster_identity::SecretKeys;

    use super::*;

    #[test]
    fn every_key_is_marked_once_also_what_was_there_without() {
        let directory = std::env::temp_dir().join(format!("muster-dev-keys-{}", std::process::id()));
        let signing = signing_key(&directory, "caller").unwrap();
        let (pem, lines) = (directory.join("caller.pem"), directory.join("page.key"));
        assert!(signing.is_development());
        let made = lines_file(&lines).unwrap();
        for (file, text) in [(&pem, fs::read_to_string(&pem).unwrap()), (&lines, made)] {
            assert_eq!(text.matches(DEVELOPMENT_MARK).count(), 1, "{text}");
            fs::write(file, text.replace(&format!("{DEVELOPMENT_MARK}\n"), "")).unwrap();
            for _ in 0..2 {
                let again = marked_file(file, DEVELOPMENT_MARK, || anyhow::bail!("it is there")).unwrap();
                assert_eq!((&again, &fs::read_to_string(file).unwrap()), (&text, &text));
            }
        }
        assert_eq!(signing_key(&directory, "caller").unwrap().id(), signing.id());
        let lines = SecretKeys::parse(&fs::read_to_string(&lines).unwrap()).unwrap();
        assert!(lines.is_development() && lines.keys().len() == 1);
        fs::remove_dir_all(&directory).unwrap();
    }
}
