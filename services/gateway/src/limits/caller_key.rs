//! Whose calls are counted together.

use std::net::IpAddr;

use muster_identity::Caller;
use muster_ids::PersonId;

use super::network;

/// A caller, as limits know them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum CallerKey {
    /// A person, wherever they call from.
    Person(PersonId),
    /// A workload, by its name.
    Workload(String),
    /// Everybody of one network who is not signed in.
    Network(IpAddr),
}

impl CallerKey {
    /// The key of this caller, who calls from this address.
    pub(crate) fn of(caller: &Caller, address: IpAddr) -> Self {
        match caller {
            Caller::Person(person) => Self::Person(person.id),
            Caller::Workload { name } => Self::Workload(name.clone()),
            Caller::Anonymous => Self::Network(network(address)),
        }
    }
}
