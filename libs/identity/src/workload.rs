//! Programs that call as themselves: tokens in the shape of Kubernetes projected service-account tokens.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use muster_clock::Clock;

use crate::claims::Registered;
use crate::jws::{Unverified, json};
use crate::{KeyFile, TokenProblem};

/// Clock difference that is forgiven, in seconds.
const LEEWAY: f64 = 30.0;

/// How long a token file's content is used before the file is read again. The kubelet rotates at 80 % of a life of at
/// least ten minutes, so a second is early enough, and spares a read of the file for each call.
const READ_EVERY: Duration = Duration::from_secs(1);

/// Whose workload tokens are believed.
#[derive(Debug)]
pub struct WorkloadTrust {
    /// The `iss` of the cluster.
    pub issuer: String,
    /// The namespace that the suite runs in: a service account of the same name elsewhere is somebody else.
    pub namespace: String,
    /// The cluster's public keys.
    pub keys: KeyFile,
}

/// Verifies workload tokens that are meant for one service.
#[derive(Debug)]
pub struct WorkloadVerifier {
    trust: WorkloadTrust,
    audience: String,
    clock: Clock,
}

impl WorkloadVerifier {
    /// A verifier for the service of this name, which is the audience that callers must have asked for.
    #[must_use]
    pub fn new(trust: WorkloadTrust, service: impl Into<String>, clock: Clock) -> Self {
        Self {
            trust,
            audience: service.into(),
            clock,
        }
    }

    /// The name of the service account that calls.
    ///
    /// # Errors
    /// The rule that the token breaks.
    pub fn verify(&self, token: &str) -> Result<String, TokenProblem> {
        let unverified = Unverified::read(token)?;
        unverified.check_type(&[None, Some("jwt")])?;
        let keys = self.trust.keys.keys();
        let payload = unverified.verify(&keys)?;
        let registered: Registered = json(payload)?;
        let checked = registered.check(&self.trust.issuer, &self.audience, self.clock.now(), LEEWAY)?;
        self.name(&checked.subject).ok_or(TokenProblem::Claim("sub"))
    }

    /// `system:serviceaccount:<namespace>:<name>` → name.
    fn name(&self, subject: &str) -> Option<String> {
        let account = subject.strip_prefix("system:serviceaccount:")?;
        let (namespace, name) = account.split_once(':')?;
        let known = namespace == self.trust.namespace && !name.is_empty() && !name.contains(':');
        known.then(|| name.to_owned())
    }
}

/// A workload's own tokens: one file per audience in a mounted directory.
#[derive(Debug)]
pub struct WorkloadTokens {
    directory: PathBuf,
    read: Mutex<HashMap<String, (String, Instant)>>,
}

impl WorkloadTokens {
    /// Tokens in this directory, in files named like the services they are for.
    #[must_use]
    pub fn new(directory: impl Into<PathBuf>) -> Self {
        Self {
            directory: directory.into(),
            read: Mutex::default(),
        }
    }

    /// The token for a service, at most five seconds older than its file.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn get(&self, audience: &str) -> std::io::Result<String> {
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((token, at)) = read.get(audience)
            && at.elapsed() < READ_EVERY
        {
            return Ok(token.clone());
        }
        let token = std::fs::read_to_string(self.directory.join(audience))?
            .trim()
            .to_owned();
        read.insert(audience.to_owned(), (token.clone(), Instant::now()));
        Ok(token)
    }
}
