//! The chain of an organization is followed from its beginning.

use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use sqlx::PgConnection;

use crate::store;
use crate::{Broken, Followed, Seal};

/// Entries that are read at once.
const PAGE: i64 = 1_000;

/// Follows it; answers where it ends, or the first thing that is wrong with it. What comes while it is followed is left for the
/// next time.
pub(crate) async fn follow(
    db: &mut PgConnection,
    organization: OrganizationId,
    noted: Option<Seal>,
) -> Result<Result<Seal, Broken>, DatabaseError> {
    let extent = store::extent(db, organization).await?;
    let head = match extent.head {
        _ if !extent.has_any => return Ok(Err(Broken::Empty)),
        None if extent.last > 0 => return Ok(Err(Broken::EndUnknown)),
        None => Seal::of_nothing(),
        Some(head) => head,
    };
    let mut followed = Followed::new(noted);
    loop {
        let at = followed.position();
        let page = store::list_chain(db, organization, at, head.position, PAGE).await?;
        for entry in &page {
            if let Err(broken) = followed.take(entry) {
                return Ok(Err(broken));
            }
        }
        if page.is_empty() {
            break;
        }
    }
    Ok(match followed.ends(&head) {
        Ok(_) if extent.last > head.position => Err(Broken::BehindTheEnd(extent.last)),
        ended => ended,
    })
}
