//! Whether a caller still may, while their stream runs: a role that is taken away ends it.

use std::sync::Arc;
use std::time::Duration;

use muster_identity::PersonCaller;
use muster_ids::OrganizationId;
use muster_refusal::Refusal;
use tokio::time::sleep;

use super::Shared;
use crate::policy::Resource;

const ASK_EVERY: Duration = Duration::from_secs(2);
const ANSWER: Duration = Duration::from_secs(2);
/// So often the organization service may not tell in a row, before nothing is assumed any more.
const UNKNOWN: u32 = 5;

/// What a stream was admitted for.
#[derive(Clone)]
pub(super) struct Standing {
    shared: Arc<Shared>,
    person: PersonCaller,
    organization: OrganizationId,
    permission: &'static str,
}

impl Standing {
    pub(super) fn new(
        shared: Arc<Shared>,
        person: PersonCaller,
        organization: OrganizationId,
        permission: &'static str,
    ) -> Self {
        Self {
            shared,
            person,
            organization,
            permission,
        }
    }

    /// Returns when the caller may not go on: within a few seconds of losing the role, which is remembered for three.
    pub(super) async fn lost(&self) -> Refusal {
        let mut unknown = 0;
        loop {
            sleep(ASK_EVERY).await;
            let parts = &self.shared.parts;
            match parts.roles.of(self.person.id, self.organization, ANSWER).await {
                Ok(role) => {
                    let on = Resource::Organization(self.organization);
                    if !parts
                        .policies
                        .decide(&self.person, role, self.permission, on)
                        .allowed
                    {
                        return Refusal::permission_denied();
                    }
                    unknown = 0;
                }
                Err(_) if unknown < UNKNOWN => unknown += 1,
                Err(_) => return Refusal::unavailable(),
            }
        }
    }
}

/// The same for a call that is over before anything could be lost.
pub(super) async fn lost(standing: Option<&Standing>) -> Refusal {
    match standing {
        // In a box: it is large, and only streams need it.
        Some(standing) => Box::pin(standing.lost()).await,
        None => std::future::pending().await,
    }
}
