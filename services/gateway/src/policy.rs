//! The decision: may this person, with this role, do this? Answered by Cedar, in process, from policies that people read.
//!
//! Cedar passes over policies whose evaluation fails; a `forbid` that fails would open a door. So a decision during which
//! anything failed is a refusal here.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::path::Path;
use std::str::FromStr;

use cedar_policy::{
    Authorizer, Context, Decision, Entities, Entity, EntityId, EntityTypeName, EntityUid, PolicySet, Request,
    RestrictedExpression, Schema, ValidationMode, Validator,
};
use muster_access::Permissions;
use muster_identity::{PersonCaller, Role};
use muster_ids::OrganizationId;

const SHIPPED_SCHEMA: &str = include_str!("../../../deploy/policies/muster.cedarschema");
const SHIPPED_POLICIES: &str = include_str!("../../../deploy/policies/muster.cedar");

/// Policies that cannot be used; the process does not start with them.
#[derive(Debug, thiserror::Error)]
pub enum PolicyProblem {
    /// A file cannot be read.
    #[error("cannot read {file}")]
    Unreadable {
        /// The file.
        file: String,
        /// Why.
        source: std::io::Error,
    },
    /// The schema is none.
    #[error("the policy schema is not valid: {0}")]
    Schema(String),
    /// The policies are none.
    #[error("the policies are not valid: {0}")]
    Policies(String),
    /// The policies do not fit the schema.
    #[error("the policies do not fit the schema: {0}")]
    Unfit(String),
}

/// Schema and policies, validated against each other.
#[derive(Debug)]
pub struct Policies {
    authorizer: Authorizer,
    schema: Schema,
    set: PolicySet,
    names: Names,
    permissions: Permissions,
}

/// What a permission is wanted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    /// An organization.
    Organization(OrganizationId),
    /// The platform.
    Platform,
}

/// A decision and the policies that led to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decided {
    /// Whether the call may go on.
    pub allowed: bool,
    /// The ids of the policies, for the access log.
    pub policies: String,
}

/// Type names, parsed once.
#[derive(Debug)]
struct Names {
    person: EntityTypeName,
    organization: EntityTypeName,
    platform: EntityTypeName,
    action: EntityTypeName,
}

impl Policies {
    /// The policies that the binary was built with.
    ///
    /// # Errors
    /// Never, if the tests passed.
    pub fn shipped() -> Result<Self, PolicyProblem> {
        Self::parse(SHIPPED_SCHEMA, SHIPPED_POLICIES)
    }

    /// The policies of a directory (`muster.cedarschema`, `muster.cedar`), in place of the shipped ones.
    ///
    /// # Errors
    /// A file cannot be read, is not valid, or does not fit the other.
    pub fn of_directory(directory: &Path) -> Result<Self, PolicyProblem> {
        let read = |name: &str| {
            let file = directory.join(name);
            std::fs::read_to_string(&file).map_err(|source| PolicyProblem::Unreadable {
                file: file.display().to_string(),
                source,
            })
        };
        Self::parse(&read("muster.cedarschema")?, &read("muster.cedar")?)
    }

    fn parse(schema: &str, policies: &str) -> Result<Self, PolicyProblem> {
        let (schema, _) =
            Schema::from_cedarschema_str(schema).map_err(|error| PolicyProblem::Schema(error.to_string()))?;
        let set =
            PolicySet::from_str(policies).map_err(|error| PolicyProblem::Policies(error.to_string()))?;
        let validated = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        if !validated.validation_passed() {
            let errors: Vec<_> = validated.validation_errors().map(ToString::to_string).collect();
            return Err(PolicyProblem::Unfit(errors.join("; ")));
        }
        let names = Names::new()?;
        let permissions = names.permissions(&schema);
        Ok(Self {
            authorizer: Authorizer::new(),
            schema,
            set,
            names,
            permissions,
        })
    }

    /// The permissions that the schema knows, which are those that rules may require.
    pub fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    /// Tells one set of policies from another.
    pub fn revision(&self) -> u64 {
        0
    }

    /// Decides. Whatever goes wrong on the way is a refusal.
    pub fn decide(
        &self,
        person: &PersonCaller,
        role: Option<Role>,
        permission: &str,
        on: Resource,
    ) -> Decided {
        self.evaluate(person, role, permission, on)
            .unwrap_or_else(|error| {
                tracing::error!(
                    permission,
                    error,
                    "a decision could not be made; the call is refused"
                );
                Decided {
                    allowed: false,
                    policies: String::new(),
                }
            })
    }

    fn evaluate(
        &self,
        person: &PersonCaller,
        role: Option<Role>,
        permission: &str,
        on: Resource,
    ) -> Result<Decided, String> {
        let principal = uid(&self.names.person, &person.id.to_string());
        let resource = match on {
            Resource::Organization(id) => uid(&self.names.organization, &id.to_string()),
            Resource::Platform => uid(&self.names.platform, "muster"),
        };
        let action = uid(&self.names.action, permission);
        let entities = Entities::from_entities([entity(&principal, person.staff, role)?], Some(&self.schema))
            .map_err(|error| error.to_string())?;
        let request = Request::new(principal, action, resource, Context::empty(), Some(&self.schema))
            .map_err(|error| error.to_string())?;
        let answer = self.authorizer.is_authorized(&request, &self.set, &entities);
        if let Some(error) = answer.diagnostics().errors().next() {
            return Err(error.to_string());
        }
        let policies: BTreeSet<String> = answer.diagnostics().reason().map(|id| self.named(id)).collect();
        Ok(Decided {
            allowed: answer.decision() == Decision::Allow,
            policies: policies.into_iter().collect::<Vec<_>>().join(","),
        })
    }

    /// The `@id` that people gave the policy.
    fn named(&self, id: &cedar_policy::PolicyId) -> String {
        self.set
            .annotation(id, "id")
            .map_or_else(|| id.to_string(), str::to_owned)
    }
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

fn entity(principal: &EntityUid, staff: bool, role: Option<Role>) -> Result<Entity, String> {
    let mut attributes = HashMap::from([("staff".to_owned(), RestrictedExpression::new_bool(staff))]);
    if let Some(role) = role {
        attributes.insert(
            "role".to_owned(),
            RestrictedExpression::new_string(role.as_str().to_owned()),
        );
    }
    Entity::new(principal.clone(), attributes, HashSet::new()).map_err(|error| error.to_string())
}

impl Names {
    fn new() -> Result<Self, PolicyProblem> {
        let name = |name: &str| {
            EntityTypeName::from_str(name).map_err(|error| PolicyProblem::Schema(error.to_string()))
        };
        Ok(Self {
            person: name("Muster::Person")?,
            organization: name("Muster::Organization")?,
            platform: name("Muster::Platform")?,
            action: name("Muster::Action")?,
        })
    }

    fn permissions(&self, schema: &Schema) -> Permissions {
        let applying_to = |resource: &EntityTypeName| {
            schema
                .actions_for_principal_and_resource(&self.person, resource)
                .map(|action| action.id().unescaped().to_owned())
                .collect()
        };
        Permissions {
            organization: applying_to(&self.organization),
            platform: applying_to(&self.platform),
        }
    }
}

#[cfg(test)]
mod tests {
    use muster_ids::PersonId;
    use uuid::Uuid;

    use super::*;

    fn person(staff: bool) -> PersonCaller {
        PersonCaller {
            id: PersonId::derive("https://id.example.org", "1"),
            name: None,
            emails: Vec::new(),
            staff,
            access: None,
        }
    }

    fn on() -> Resource {
        Resource::Organization(OrganizationId::from_uuid(Uuid::from_u128(1)))
    }

    fn with(policies: &str) -> Result<Policies, PolicyProblem> {
        Policies::parse(SHIPPED_SCHEMA, policies)
    }

    #[test]
    fn a_viewer_looks_and_an_admin_invites() {
        let policies = Policies::shipped().unwrap();
        let may = |role, permission| policies.decide(&person(false), role, permission, on()).allowed;
        assert!(may(Some(Role::Viewer), "invitation.read"));
        assert!(!may(Some(Role::Viewer), "invitation.create"));
        assert!(may(Some(Role::Admin), "invitation.create"));
        assert!(!may(Some(Role::Admin), "organization.submit"));
        assert!(may(Some(Role::Owner), "organization.submit"));
        assert!(!may(None, "organization.read"));
    }

    #[test]
    fn staff_approve_and_neither_invite_nor_read_records() {
        let policies = Policies::shipped().unwrap();
        let may = |permission, on| policies.decide(&person(true), None, permission, on).allowed;
        assert!(may("organization.approve", on()));
        assert!(may("training.create", Resource::Platform));
        assert!(!may("invitation.create", on()));
        assert!(!may("learning_record.read", on()));
    }

    #[test]
    fn the_decision_names_the_policy() {
        let policies = Policies::shipped().unwrap();
        let decided = policies.decide(&person(false), Some(Role::Owner), "organization.submit", on());
        assert_eq!(
            decided,
            Decided {
                allowed: true,
                policies: "owner-submits".to_owned()
            }
        );
    }

    #[test]
    fn an_unknown_permission_and_a_permission_on_the_wrong_thing_are_refused() {
        let policies = Policies::shipped().unwrap();
        assert!(
            !policies
                .decide(&person(true), Some(Role::Owner), "organization.destroy", on())
                .allowed
        );
        assert!(
            !policies
                .decide(&person(true), None, "organization.approve", Resource::Platform)
                .allowed
        );
        assert!(
            !policies
                .decide(&person(true), None, "training.create", on())
                .allowed
        );
    }

    /// Cedar would pass over the failing `forbid` and allow.
    #[test]
    fn a_policy_whose_evaluation_fails_refuses() {
        let overflow = "forbid (principal, action, resource) when { 9223372036854775807 + 1 == 0 };";
        let policies = with(&format!("{SHIPPED_POLICIES}{overflow}")).unwrap();
        assert!(
            !policies
                .decide(&person(false), Some(Role::Owner), "organization.read", on())
                .allowed
        );
    }

    #[test]
    fn policies_that_do_not_fit_the_schema_never_load() {
        assert!(matches!(
            with("permit (principal, action, resource) when { principal.colour == 1 };"),
            Err(PolicyProblem::Unfit(_))
        ));
        assert!(matches!(
            with("permit (principal, action == Muster::Action::\"x\", resource);"),
            Err(PolicyProblem::Unfit(_))
        ));
        assert!(matches!(with("permit ("), Err(PolicyProblem::Policies(_))));
        assert!(matches!(
            Policies::of_directory(Path::new("/nowhere")),
            Err(PolicyProblem::Unreadable { .. })
        ));
    }

    #[test]
    fn without_a_permit_nothing_is_allowed() {
        let policies = with("").unwrap();
        assert!(
            !policies
                .decide(&person(true), Some(Role::Owner), "organization.read", on())
                .allowed
        );
    }
}
