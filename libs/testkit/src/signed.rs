//! Signs each call of a generated client the way the edge, or a workload, would.

use std::sync::{Arc, LazyLock};

use muster_access::{Mode, Rules, Target};
use muster_identity::{Access, CALLER_HEADER, Caller, PersonCaller, Role};
use muster_ids::OrganizationId;
use tonic::metadata::MetadataValue;
use tonic::service::Interceptor;
use tonic::{GrpcMethod, Request, Status};

use crate::Callers;

static RULES: LazyLock<Rules> =
    LazyLock::new(|| Rules::load(muster_proto::pool()).expect("the rules of the contract are broken"));

/// Who makes the calls of a client.
#[derive(Debug, Clone)]
pub enum TestCaller {
    /// Somebody who brings no token.
    Nobody,
    /// A call through the edge without a sign-in.
    Anonymous,
    /// A person whom the edge let pass: with the permission that the called method needs, on this organization.
    Person(PersonCaller, Option<(OrganizationId, Option<Role>)>),
    /// A workload that calls the service itself, with its own token.
    Workload(&'static str),
    /// A workload that calls through the edge.
    WorkloadThroughEdge(&'static str),
}

impl TestCaller {
    /// A person, by name, where no permission is needed.
    #[must_use]
    pub fn person(name: &str) -> Self {
        Self::Person(Callers::person(name), None)
    }

    /// A person, by name, with a role in an organization.
    #[must_use]
    pub fn member(name: &str, organization: OrganizationId, role: Role) -> Self {
        Self::Person(Callers::person(name), Some((organization, Some(role))))
    }

    /// Registry staff acting on an organization.
    #[must_use]
    pub fn staff(organization: OrganizationId) -> Self {
        let person = PersonCaller {
            staff: true,
            ..Callers::person("staff")
        };
        Self::Person(person, Some((organization, None)))
    }

    /// Registry staff acting on the platform.
    #[must_use]
    pub fn platform_staff() -> Self {
        Self::Person(
            PersonCaller {
                staff: true,
                ..Callers::person("staff")
            },
            None,
        )
    }

    fn caller(&self, path: &str) -> Caller {
        match self {
            Self::Person(person, on) => Caller::Person(PersonCaller {
                access: access(path, *on),
                ..person.clone()
            }),
            Self::WorkloadThroughEdge(name) => Caller::Workload {
                name: (*name).to_owned(),
            },
            Self::Nobody | Self::Anonymous | Self::Workload(_) => Caller::Anonymous,
        }
    }
}

/// The interceptor of a client: `ThingServiceClient::with_interceptor(channel, signed)`.
#[derive(Debug, Clone)]
pub struct Signed {
    callers: Arc<Callers>,
    service: &'static str,
    who: TestCaller,
}

impl Signed {
    /// Calls of `who` to `service`.
    #[must_use]
    pub fn new(callers: Arc<Callers>, service: &'static str, who: TestCaller) -> Self {
        Self {
            callers,
            service,
            who,
        }
    }
}

impl Interceptor for Signed {
    fn call(&mut self, mut request: Request<()>) -> Result<Request<()>, Status> {
        let method = request
            .extensions()
            .get::<GrpcMethod<'_>>()
            .expect("generated clients name their method");
        let path = format!("/{}/{}", method.service(), method.method());
        let (header, value) = match &self.who {
            TestCaller::Nobody => return Ok(request),
            TestCaller::Workload(name) => {
                let token = self.callers.workload_token(name, self.service);
                ("authorization", format!("Bearer {token}"))
            }
            who => (
                CALLER_HEADER,
                self.callers.caller_token(&who.caller(&path), self.service, &path),
            ),
        };
        let value: MetadataValue<_> = value.parse().expect("tokens are ASCII");
        request.metadata_mut().insert(header, value);
        Ok(request)
    }
}

fn access(path: &str, on: Option<(OrganizationId, Option<Role>)>) -> Option<Access> {
    let Mode::Require { permission, target } = &RULES.get(path)?.mode else {
        return None;
    };
    let permission = permission.clone();
    match (target, on) {
        (Target::Organization(_), Some((organization, role))) => Some(Access {
            permission,
            organization: Some(organization),
            role,
        }),
        (Target::Organization(_), None) => None,
        (Target::Platform, _) => Some(Access {
            permission,
            organization: None,
            role: None,
        }),
    }
}
