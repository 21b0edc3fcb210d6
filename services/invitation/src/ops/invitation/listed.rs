//! All that a filter lists, as it is at a moment.

use std::cmp::Reverse;

use std::collections::HashMap;

use muster_database::DatabaseError;
use muster_ids::{InvitationId, OrganizationId};
use sha2::{Digest, Sha256};
use sqlx::PgConnection;
use time::OffsetDateTime;

use crate::domain::invitation::Invitation;
use crate::store::invitation::list::{self, ListFilter};

/// The most that an act on a filter is about.
pub(crate) const MAX_LISTED: usize = 1000;

/// Those that a filter lists, newest first, each as it is.
#[derive(Debug)]
pub(crate) struct Listed {
    pub(crate) ids: Vec<InvitationId>,
    pub(crate) versions: HashMap<InvitationId, i64>,
    pub(crate) etag: String,
}

/// All that the filter lists, in whichever order it lists them; `None` where these are more than [`MAX_LISTED`].
///
/// # Errors
/// The database's.
pub(crate) async fn listed(
    connection: &mut PgConnection,
    organization: OrganizationId,
    filter: &ListFilter,
    now: OffsetDateTime,
) -> Result<Option<Listed>, DatabaseError> {
    let one_more = i64::try_from(MAX_LISTED).unwrap_or(i64::MAX).saturating_add(1);
    let mut found = list::page(connection, organization, filter, None, one_more, now).await?;
    if found.len() > MAX_LISTED {
        return Ok(None);
    }
    // As an act on the filter lists them, which has no order to choose.
    found.sort_unstable_by_key(|one| Reverse(one.id));
    Ok(Some(Listed {
        ids: found.iter().map(|one| one.id).collect(),
        versions: found.iter().map(|one| (one.id, one.version)).collect(),
        etag: etag(&found, now),
    }))
}

/// Which they are, and each as it is shown: what runs out changes without a new version.
fn etag(listed: &[Invitation], now: OffsetDateTime) -> String {
    let mut digest = Sha256::new();
    for one in listed {
        digest.update(one.id.as_uuid().as_bytes());
        digest.update(one.version.to_be_bytes());
        digest.update(one.effective_state(now).as_str());
    }
    let digest: [u8; 32] = digest.finalize().into();
    digest[..16].iter().map(|byte| format!("{byte:02x}")).collect()
}
