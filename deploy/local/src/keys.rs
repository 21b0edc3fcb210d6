//! Signing keys and secrets of a suite on one machine, made once and kept in `.dev/keys`.

use std::fs;
use std::path::Path;

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use muster_engines::write_private;
use muster_identity::{SigningKey, jwks_document};

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
        random_file(&directory.join("session.key"), |secret| secret)?;
        random_file(&directory.join("page.key"), |secret| secret)?;
        random_file(&directory.join("bounce.key"), |secret| secret)?;
        random_file(&directory.join("link-keys.toml"), |secret| {
            format!("current = \"k1\"\n\n[keys]\nk1 = \"{secret}\"\n")
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
    let key = if file.exists() {
        let pem = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
        SigningKey::from_pem(&pem).with_context(|| format!("{} is not a key", file.display()))?
    } else {
        let key = SigningKey::generate()?;
        write_private(&file, key.to_pem()?.as_bytes())?;
        key
    };
    write_private(
        &directory.join(format!("{name}.jwks.json")),
        jwks_document([&key]).as_bytes(),
    )?;
    Ok(key)
}

/// 32 random bytes in base64, in a file of the given form.
fn random_file(file: &Path, form: impl FnOnce(String) -> String) -> anyhow::Result<()> {
    if !file.exists() {
        let secret = STANDARD.encode(rand::random::<[u8; 32]>());
        write_private(file, form(secret).as_bytes())?;
    }
    Ok(())
}
