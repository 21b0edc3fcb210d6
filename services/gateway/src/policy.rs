//! The decision: may this person, with this role, do this? Answered by Cedar, in process, from policies that people read.
//!
//! Cedar passes over policies whose evaluation fails; a `forbid` that fails would open a door. So a decision during which
//! anything failed is a refusal here.
//!
//! What is decided depends on nothing but the question and the policies: a decision is remembered with the set of policies
//! that made it, and forgotten with it. Roles, which are taken away at any time, are part of the question.

mod actions;
mod decision_cache;
mod extra;
mod problem;
mod set;
mod shape;
mod source;
#[cfg(test)]
mod tests;
mod vocabulary;
mod watch;

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

use muster_access::Permissions;
use muster_identity::{PersonCaller, Role};
use muster_ids::{OrganizationId, PersonId};

pub use self::extra::{Effects, Extra};
pub use self::problem::PolicyProblem;
use self::set::Set;
pub use self::source::Note;
use self::source::{NamedPolicy, Source};
use self::vocabulary::Vocabulary;
pub use self::watch::Watch;

const SHIPPED_SCHEMA: &str = include_str!("../../../deploy/policies/muster.cedarschema");
const SHIPPED_POLICIES: &str = include_str!("../../../deploy/policies/muster.cedar");

const SCHEMA_FILE: &str = "muster.cedarschema";
const POLICY_FILE: &str = "muster.cedar";

/// SHA-256.
type Digest = [u8; 32];

/// The policies in force, which may be replaced while decisions are made. Cheap to clone: clones are the same policies.
#[derive(Debug, Clone)]
pub struct Policies {
    base: Arc<Base>,
    in_force: Arc<RwLock<Arc<Set>>>,
}

/// What stays as long as the process.
#[derive(Debug)]
struct Base {
    vocabulary: Arc<Vocabulary>,
    policies: Vec<NamedPolicy>,
}

/// What a permission is wanted on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
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
    /// The ids of the policies, for the access log: in order, with commas between them.
    pub policies: Arc<str>,
}

/// A decision, and what people are told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explained {
    /// Whether a call may go on.
    pub allowed: bool,
    /// The policies that led to it.
    pub notes: Vec<Arc<Note>>,
    /// Whether it could not be made, and is a refusal for that.
    pub failed: bool,
}

/// The policies of one moment: several questions to them are answered by the same ones.
#[derive(Debug, Clone)]
pub struct View(Arc<Set>);

impl Policies {
    /// Those of a directory, or else the shipped ones.
    ///
    /// # Errors
    /// As of [`Self::of_directory`].
    pub fn open(directory: Option<&Path>) -> Result<Self, Vec<PolicyProblem>> {
        directory.map_or_else(Self::shipped, Self::of_directory)
    }

    /// The policies that the binary was built with.
    ///
    /// # Errors
    /// Never, if the tests passed.
    pub fn shipped() -> Result<Self, Vec<PolicyProblem>> {
        let policies = Source {
            file: POLICY_FILE,
            text: SHIPPED_POLICIES,
        };
        Self::parse(SHIPPED_SCHEMA, policies)
    }

    /// The policies of a directory (`muster.cedarschema`, `muster.cedar`), in place of the shipped ones.
    ///
    /// # Errors
    /// A file cannot be read, is not valid, or does not fit the other: everything that is wrong.
    pub fn of_directory(directory: &Path) -> Result<Self, Vec<PolicyProblem>> {
        let read = |name: &str| {
            let file = directory.join(name).display().to_string();
            match std::fs::read_to_string(&file) {
                Ok(text) => Ok((file, text)),
                Err(source) => Err(vec![PolicyProblem::Unreadable { file, source }]),
            }
        };
        let (_, schema) = read(SCHEMA_FILE)?;
        let (file, text) = read(POLICY_FILE)?;
        let policies = Source {
            file: &file,
            text: &text,
        };
        Self::parse(&schema, policies)
    }

    fn parse(schema: &str, policies: Source<'_>) -> Result<Self, Vec<PolicyProblem>> {
        let vocabulary = Arc::new(Vocabulary::parse(schema).map_err(|problem| vec![problem])?);
        let policies = policies.read()?;
        let set = Set::new(Arc::clone(&vocabulary), policies.clone())?;
        Ok(Self {
            base: Arc::new(Base { vocabulary, policies }),
            in_force: Arc::new(RwLock::new(Arc::new(set))),
        })
    }

    /// The permissions that the schema knows, which are those that rules may require.
    pub fn permissions(&self) -> &Permissions {
        self.base.vocabulary.permissions()
    }

    /// Tells one set of policies from another. Whoever remembers a decision by it must have asked for it before deciding:
    /// then what is remembered is never older than the set that it names.
    pub fn revision(&self) -> u64 {
        self.now().0.revision()
    }

    /// Decides. Whatever goes wrong on the way is a refusal.
    pub fn decide(
        &self,
        person: &PersonCaller,
        role: Option<Role>,
        permission: &str,
        on: Resource,
    ) -> Decided {
        self.now().decide(person, role, permission, on)
    }

    /// The policies as they are now.
    pub fn now(&self) -> View {
        let set = self.in_force.read().unwrap_or_else(PoisonError::into_inner);
        View(Arc::clone(&set))
    }

    /// These and more.
    fn together(&self, more: Vec<NamedPolicy>) -> Result<Set, Vec<PolicyProblem>> {
        let policies = self.base.policies.iter().cloned().chain(more).collect();
        Set::new(Arc::clone(&self.base.vocabulary), policies)
    }

    fn replace(&self, set: Set) {
        *self.in_force.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(set);
    }
}

impl View {
    /// Decides. Whatever goes wrong on the way is a refusal.
    pub fn decide(
        &self,
        person: &PersonCaller,
        role: Option<Role>,
        permission: &str,
        on: Resource,
    ) -> Decided {
        self.0
            .decide(person, role, permission, on)
            .unwrap_or_else(|failure| {
                self.0.tell(permission, &failure);
                Decided {
                    allowed: false,
                    policies: Arc::from(""),
                }
            })
    }

    /// Persons whom the policies name: of all others nobody is told from another.
    pub fn persons(&self) -> &BTreeSet<PersonId> {
        self.0.persons()
    }

    /// Decides, and says by what.
    pub fn explain(
        &self,
        person: &PersonCaller,
        role: Option<Role>,
        permission: &str,
        on: Resource,
    ) -> Explained {
        let decided = self.0.decide(person, role, permission, on);
        let ids = decided.as_ref().map(|decided| Arc::clone(&decided.policies));
        let ids = ids.unwrap_or_default();
        Explained {
            allowed: decided.as_ref().is_ok_and(|decided| decided.allowed),
            notes: ids.split(',').filter_map(|id| self.0.note(id)).collect(),
            failed: decided.is_err(),
        }
    }
}
