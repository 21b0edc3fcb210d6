//! Who is calling, and how anybody can be sure of it.
//!
//! Three kinds of tokens exist, and none is ever accepted in the place of another:
//!
//! - a person's token from an OIDC issuer, verified at the edge by [`oidc::PersonVerifier`];
//! - a workload's token in the shape of a Kubernetes projected service-account token, presented by [`WorkloadTokens`] and
//!   verified by [`WorkloadVerifier`];
//! - the [`CallerSigner`]'s caller token, with which the edge tells a service who calls one method, once: bound to the
//!   service and the method, living 60 seconds, verified by [`CallerVerifier`].
//!
//! All are compact JWS (RFC 7515) read by one strict reader: algorithm by the key's type, exact `kid`, no keys or
//! addresses of keys from the token itself, and no member that stands twice, however deep.

mod caller;
mod caller_token;
mod claims;
mod jws;
mod key_file;
mod keys;
pub mod oidc;
mod problem;
mod secret_keys;
mod signature_cache;
mod signing;
mod unique;
mod workload;

pub use caller::{Access, Caller, PersonCaller, Role};
pub use caller_token::{CALLER_HEADER, CallerSigner, CallerVerifier};
pub use key_file::{KeyFile, KeyFileProblem};
pub use keys::{KeyProblem, KeySet, KeySetProblem, PassedOverKey};
pub use problem::TokenProblem;
pub use secret_keys::{DEVELOPMENT_MARK, SecretKeys, SecretKeysProblem, secret_key};
pub use signing::{SigningKey, SigningKeyProblem, jwks_document};
pub use workload::{WorkloadTokens, WorkloadTrust, WorkloadVerifier};
