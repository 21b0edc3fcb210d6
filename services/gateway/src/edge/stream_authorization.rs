//! Whether a caller still may, while their stream runs: a role that is taken away ends it.

use std::sync::Arc;
use std::time::Duration;

use muster_identity::PersonCaller;
use muster_ids::OrganizationId;
use muster_refusal::Refusal;
use tokio::time::sleep;

use super::shared::Shared;
use crate::policy::Resource;

const CHECK_INTERVAL: Duration = Duration::from_secs(2);
const CHECK_TIMEOUT: Duration = Duration::from_secs(2);
/// Checks in a row that may fail before the stream ends.
const MAX_FAILED_CHECKS: u32 = 5;

/// What a stream was admitted for.
#[derive(Clone)]
pub(super) struct StreamAuthorization {
    shared: Arc<Shared>,
    person: PersonCaller,
    organization: OrganizationId,
    permission: &'static str,
}

impl StreamAuthorization {
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
    async fn revoked(&self) -> Refusal {
        let mut failed = 0;
        loop {
            sleep(CHECK_INTERVAL).await;
            let parts = &self.shared.parts;
            match parts
                .roles
                .of(self.person.id, self.organization, CHECK_TIMEOUT)
                .await
            {
                Ok(role) => {
                    let on = Resource::Organization(self.organization);
                    if !parts
                        .policies
                        .decide(&self.person, role, self.permission, on)
                        .allowed
                    {
                        return Refusal::permission_denied();
                    }
                    failed = 0;
                }
                Err(_) if failed < MAX_FAILED_CHECKS => failed += 1,
                Err(_) => return Refusal::unavailable(),
            }
        }
    }
}

/// Returns when the caller may not go on; never for a unary call, which is over before anything could be taken away.
pub(super) async fn revoked(authorization: Option<&StreamAuthorization>) -> Refusal {
    match authorization {
        // Boxed: this future is large, and only streams need it.
        Some(authorization) => Box::pin(authorization.revoked()).await,
        None => std::future::pending().await,
    }
}
