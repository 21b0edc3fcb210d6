//! The schema: which permissions there are, what they apply to, and how the gateway's questions look in Cedar.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;

use cedar_policy::{
    Context, Entities, Entity, EntityId, EntityTypeName, EntityUid, Policy, Request, RestrictedExpression,
    Schema,
};
use muster_access::Permissions;
use muster_identity::Role;
use muster_ids::PersonId;

use super::{PolicyProblem, Resource};

/// The one member of the platform's type.
const PLATFORM: &str = "muster";
/// Every role that somebody may have, and none.
pub(super) const ROLES: [Option<Role>; 4] = [None, Some(Role::Viewer), Some(Role::Admin), Some(Role::Owner)];

/// A schema that fits what the gateway asks.
#[derive(Debug)]
pub(super) struct Vocabulary {
    pub(super) schema: Schema,
    permissions: Permissions,
    /// Actions that belong to groups of actions, without which Cedar does not know that they do.
    grouped: Vec<Entity>,
    hierarchy: Entities,
    person: EntityTypeName,
    organization: EntityTypeName,
    action: EntityTypeName,
    platform: EntityUid,
}

/// Who asks, as far as policies see it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Principal {
    pub(super) person: PersonId,
    pub(super) staff: bool,
    pub(super) role: Option<Role>,
}

impl Vocabulary {
    pub(super) fn parse(schema: &str) -> Result<Self, PolicyProblem> {
        let (schema, _) = Schema::from_cedarschema_str(schema).map_err(unusable)?;
        let hierarchy = schema.action_entities().map_err(unusable)?;
        let has_group = |action: &&Entity| {
            let groups = hierarchy.ancestors(&action.uid());
            groups.is_some_and(|mut groups| groups.next().is_some())
        };
        let grouped = hierarchy.iter().filter(has_group).cloned().collect();
        let (person, organization) = (name("Muster::Person")?, name("Muster::Organization")?);
        let platform = EntityUid::from_type_name_and_id(name("Muster::Platform")?, EntityId::new(PLATFORM));
        let applying_to = |resource: &EntityTypeName| {
            schema
                .actions_for_principal_and_resource(&person, resource)
                .map(|action| action.id().unescaped().to_owned())
                .collect()
        };
        let permissions = Permissions {
            organization: applying_to(&organization),
            platform: applying_to(platform.type_name()),
        };
        let action = name("Muster::Action")?;
        let this = Self {
            schema,
            permissions,
            grouped,
            hierarchy,
            person,
            organization,
            action,
            platform,
        };
        this.fits()?;
        Ok(this)
    }

    pub(super) fn permissions(&self) -> &Permissions {
        &self.permissions
    }

    pub(super) fn action(&self, permission: &str) -> EntityUid {
        EntityUid::from_type_name_and_id(self.action.clone(), EntityId::new(permission))
    }

    /// Whether an action is this one or belongs to this group.
    pub(super) fn is_in(&self, action: &EntityUid, group: &EntityUid) -> bool {
        action == group || self.hierarchy.is_ancestor_of(group, action)
    }

    /// The persons whom a policy names.
    pub(super) fn persons_in(&self, policy: &Policy) -> Vec<PersonId> {
        let named = policy.entity_literals().into_iter();
        named
            .filter(|named| *named.type_name() == self.person)
            .filter_map(|named| named.id().unescaped().parse().ok())
            .collect()
    }

    pub(super) fn principal(&self, person: PersonId) -> EntityUid {
        EntityUid::from_type_name_and_id(self.person.clone(), EntityId::new(person.to_string()))
    }

    pub(super) fn resource(&self, on: Resource) -> EntityUid {
        match on {
            Resource::Organization(id) => {
                EntityUid::from_type_name_and_id(self.organization.clone(), EntityId::new(id.to_string()))
            }
            Resource::Platform => self.platform.clone(),
        }
    }

    /// Who asks, as the attributes that the schema declares.
    pub(super) fn person(&self, who: Principal) -> Result<Entity, String> {
        let mut attributes = HashMap::from([("staff".to_owned(), RestrictedExpression::new_bool(who.staff))]);
        if let Some(role) = who.role {
            let role = RestrictedExpression::new_string(role.as_str().to_owned());
            attributes.insert("role".to_owned(), role);
        }
        Entity::new(self.principal(who.person), attributes, HashSet::new()).map_err(|error| error.to_string())
    }

    /// Everything that policies may look at. Not checked against the schema again: [`Self::fits`] has looked at all forms.
    pub(super) fn entities(&self, who: Principal) -> Result<Entities, String> {
        let all = self.grouped.iter().cloned().chain([self.person(who)?]);
        Entities::from_entities(all, None).map_err(|error| error.to_string())
    }

    /// Whether the schema describes what the gateway says: otherwise every decision would fail.
    fn fits(&self) -> Result<(), PolicyProblem> {
        let person = PersonId::from_uuid(uuid::Uuid::nil());
        for (staff, role) in [false, true]
            .into_iter()
            .flat_map(|staff| ROLES.map(|role| (staff, role)))
        {
            let who = Principal { person, staff, role };
            let person = self.person(who).map_err(PolicyProblem::Schema)?;
            Entities::from_entities([person], Some(&self.schema)).map_err(unusable)?;
        }
        let organization = Resource::Organization(muster_ids::OrganizationId::from_uuid(uuid::Uuid::nil()));
        let permissions = [
            (&self.permissions.organization, organization),
            (&self.permissions.platform, Resource::Platform),
        ];
        for (permission, on) in permissions
            .into_iter()
            .flat_map(|(all, on)| all.iter().map(move |one| (one, on)))
        {
            let (principal, action) = (self.principal(person), self.action(permission));
            let schema = Some(&self.schema);
            Request::new(principal, action, self.resource(on), Context::empty(), schema).map_err(unusable)?;
        }
        Ok(())
    }
}

fn name(name: &str) -> Result<EntityTypeName, PolicyProblem> {
    EntityTypeName::from_str(name).map_err(unusable)
}

fn unusable(error: impl std::error::Error) -> PolicyProblem {
    PolicyProblem::Schema(error.to_string())
}
