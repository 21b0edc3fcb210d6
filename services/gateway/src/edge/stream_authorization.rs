//! Whether a caller still may, while their stream runs: a role that is taken away ends it, and what goes on until somebody ends it ends
//! with the token that it was opened with.

use std::sync::Arc;
use std::time::Duration;

use muster_identity::PersonCaller;
use muster_ids::OrganizationId;
use muster_refusal::Refusal;
use time::OffsetDateTime;
use tokio::time::sleep;
use tonic::Status;

use super::refuse;
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
    /// Where, and what for, if it needs a permission.
    required: Option<(OrganizationId, &'static str)>,
    /// When it ends with the token.
    until: Option<OffsetDateTime>,
}

impl StreamAuthorization {
    pub(super) fn new(
        shared: Arc<Shared>,
        person: PersonCaller,
        required: Option<(OrganizationId, &'static str)>,
        until: Option<OffsetDateTime>,
    ) -> Self {
        Self {
            shared,
            person,
            required,
            until,
        }
    }

    /// Returns when the caller may not go on: within a few seconds of losing the role, which is remembered for three, or of the end of
    /// the token.
    async fn revoked(&self) -> Refusal {
        let mut failed = 0;
        loop {
            sleep(CHECK_INTERVAL).await;
            let now = self.shared.parts.clock.now();
            if self.until.is_some_and(|until| until <= now) {
                return refuse::token_ended();
            }
            match self.is_allowed().await {
                Ok(true) => failed = 0,
                Ok(false) => return Refusal::permission_denied(),
                Err(_) if failed < MAX_FAILED_CHECKS => failed += 1,
                Err(_) => return Refusal::unavailable(),
            }
        }
    }

    async fn is_allowed(&self) -> Result<bool, Arc<Status>> {
        let Some((organization, permission)) = self.required else {
            return Ok(true);
        };
        let parts = &self.shared.parts;
        let role = parts
            .roles
            .of(self.person.id, organization, CHECK_TIMEOUT)
            .await?;
        let on = Resource::Organization(organization);
        Ok(parts.policies.decide(&self.person, role, permission, on).allowed)
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
