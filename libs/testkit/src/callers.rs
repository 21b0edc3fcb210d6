//! Callers with tokens that a service under test accepts, as if they came through the edge.

use std::path::{Path, PathBuf};

use muster_address::EmailAddress;
use muster_clock::Clock;
use muster_identity::{
    Access, CALLER_HEADER, Caller, CallerSigner, PersonCaller, Role, SigningKey, jwks_document,
};
use muster_ids::{OrganizationId, PersonId};
use tonic::Request;
use tonic::metadata::MetadataValue;

/// `iss` of the workload tokens.
const WORKLOAD_ISSUER: &str = "https://cluster.test";
const NAMESPACE: &str = "muster";
/// `iss` from which the ids of test persons are derived.
const PERSON_ISSUER: &str = "https://people.test";
const WORKLOAD_LIFETIME_SECONDS: i64 = 600;
/// A hundred years.
const LASTING_SECONDS: i64 = 100 * 366 * 24 * 60 * 60;

/// The keys of an edge and of a cluster, with the files that a service mounts. The files go away with this value.
#[derive(Debug)]
pub struct Callers {
    signer: CallerSigner,
    workloads: SigningKey,
    workload_lifetime: i64,
    clock: Clock,
    directory: PathBuf,
}

impl Callers {
    /// Fresh keys; tokens get their times from `clock`.
    #[must_use]
    pub fn new(clock: Clock) -> Self {
        let key = SigningKey::generate().expect("no randomness");
        let workloads = SigningKey::generate().expect("no randomness");
        let directory = std::env::temp_dir().join(format!("muster-callers-{}", clock.new_uuid()));
        std::fs::create_dir_all(&directory).expect("no temporary directory");
        std::fs::write(directory.join("callers.json"), jwks_document([&key]))
            .expect("the JWKS was not written");
        std::fs::write(directory.join("workloads.json"), jwks_document([&workloads]))
            .expect("the JWKS was not written");
        Self {
            signer: CallerSigner::new(key, clock.clone()),
            workloads,
            workload_lifetime: WORKLOAD_LIFETIME_SECONDS,
            clock,
            directory,
        }
    }

    /// The same, whose workload tokens last, however far the clock goes.
    #[must_use]
    pub fn lasting(clock: Clock) -> Self {
        let mut callers = Self::new(clock);
        callers.workload_lifetime = LASTING_SECONDS;
        callers
    }

    /// For `MUSTER_CALLER_JWKS`.
    #[must_use]
    pub fn caller_jwks(&self) -> PathBuf {
        self.directory.join("callers.json")
    }

    /// For `MUSTER_WORKLOAD_JWKS`.
    #[must_use]
    pub fn workload_jwks(&self) -> PathBuf {
        self.directory.join("workloads.json")
    }

    /// For `MUSTER_WORKLOAD_ISSUER`.
    #[must_use]
    pub fn workload_issuer(&self) -> &'static str {
        WORKLOAD_ISSUER
    }

    /// The namespace of the test cluster's service accounts.
    #[must_use]
    pub fn workload_namespace(&self) -> &'static str {
        NAMESPACE
    }

    /// For `MUSTER_WORKLOAD_TOKENS` of the service `name`: a directory with a token for each audience.
    pub fn workload_tokens(&self, name: &str, audiences: &[&str]) -> PathBuf {
        let directory = self.directory.join(name);
        std::fs::create_dir_all(&directory).expect("no temporary directory");
        for audience in audiences {
            write(&directory.join(audience), &self.workload_token(name, audience));
        }
        directory
    }

    /// A file beside the keys; answers its path.
    pub(crate) fn file(&self, name: &str, text: &str) -> String {
        let path = self.directory.join(name);
        write(&path, text);
        path.to_str().expect("a path is text").to_owned()
    }

    /// A caller token for one call of one method: `/package.Service/Method`.
    #[must_use]
    pub fn caller_token(&self, caller: &Caller, service: &str, method: &str) -> String {
        self.signer
            .sign(caller, service, method)
            .expect("claims are JSON")
    }

    /// A token of the workload `name` for the service `audience`.
    #[must_use]
    pub fn workload_token(&self, name: &str, audience: &str) -> String {
        let now = self.clock.now().unix_timestamp();
        let claims = serde_json::json!({
            "iss": WORKLOAD_ISSUER,
            "aud": [audience],
            "sub": format!("system:serviceaccount:{NAMESPACE}:{name}"),
            "iat": now,
            "nbf": now,
            "exp": now + self.workload_lifetime,
            "kubernetes.io": { "namespace": NAMESPACE, "serviceaccount": { "name": name } },
        });
        self.workloads.sign("JWT", &claims).expect("claims are JSON")
    }

    /// A request as it arrives from the edge.
    pub fn request<T>(&self, message: T, caller: &Caller, service: &str, method: &str) -> Request<T> {
        let token = self.caller_token(caller, service, method);
        with_header(message, CALLER_HEADER, &token)
    }

    /// A request as it arrives from the workload `name`.
    pub fn workload_request<T>(&self, message: T, name: &str, audience: &str) -> Request<T> {
        let token = self.workload_token(name, audience);
        with_header(message, "authorization", &format!("Bearer {token}"))
    }

    /// A person with the verified address `<name>@example.com` and no role anywhere.
    #[must_use]
    pub fn person(name: &str) -> PersonCaller {
        let email = EmailAddress::parse(&format!("{name}@example.com")).expect("a plain name");
        PersonCaller {
            id: PersonId::derive(PERSON_ISSUER, name),
            name: Some(name.to_owned()),
            emails: vec![email],
            staff: false,
            access: None,
        }
    }

    /// A person to whom the edge has granted `permission` on an organization in which they have `role`.
    #[must_use]
    pub fn member(name: &str, organization: OrganizationId, role: Role, permission: &str) -> Caller {
        let access = Access {
            permission: permission.to_owned(),
            organization: Some(organization),
            role: Some(role),
        };
        Caller::Person(PersonCaller {
            access: Some(access),
            ..Self::person(name)
        })
    }

    /// Registry staff to whom the edge has granted `permission`.
    #[must_use]
    pub fn staff(name: &str, organization: Option<OrganizationId>, permission: &str) -> Caller {
        let access = Access {
            permission: permission.to_owned(),
            organization,
            role: None,
        };
        Caller::Person(PersonCaller {
            staff: true,
            access: Some(access),
            ..Self::person(name)
        })
    }
}

impl Drop for Callers {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.directory));
    }
}

/// As a whole: a service may read it at any moment.
fn write(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).expect("the file was not written");
    std::fs::rename(&beside, path).expect("the file was not put in its place");
}

fn with_header<T>(message: T, name: &'static str, value: &str) -> Request<T> {
    let mut request = Request::new(message);
    let value: MetadataValue<_> = value.parse().expect("tokens are ASCII");
    request.metadata_mut().insert(name, value);
    request
}

#[cfg(test)]
mod tests {
    use muster_identity::{CallerVerifier, KeyFile, WorkloadTrust, WorkloadVerifier};

    use super::*;

    #[test]
    fn the_tokens_pass_the_real_verifiers() {
        let clock = Clock::system();
        let callers = Callers::new(clock.clone());
        let caller = Callers::staff("staff", None, "profile.approve");
        let method = "/muster.organization.v1.OrganizationService/ApproveOrganization";
        let token = callers.caller_token(&caller, "organization", method);
        let keys = KeyFile::open(callers.caller_jwks()).unwrap();
        let verifier = CallerVerifier::new(keys, "organization", clock.clone());
        assert_eq!(verifier.verify(&token, method).unwrap(), caller);

        let trust = WorkloadTrust {
            issuer: callers.workload_issuer().to_owned(),
            namespace: callers.workload_namespace().to_owned(),
            keys: KeyFile::open(callers.workload_jwks()).unwrap(),
        };
        let directory = callers.workload_tokens("employment", &["organization"]);
        let token = std::fs::read_to_string(directory.join("organization")).unwrap();
        let verifier = WorkloadVerifier::new(trust, "organization", clock);
        assert_eq!(verifier.verify(&token).unwrap(), "employment");
    }
}
