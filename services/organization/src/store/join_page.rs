//! Join pages and their slugs.

use muster_address::DomainRule;
use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::OffsetDateTime;

use super::subscription;
use crate::domain::{
    Entitlement, Ground, GroupState, JoinPage, Limits, LocationState, OrganizationState, REDIRECTED, Slug,
};

/// Whose a slug is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Claim {
    /// The organization's, which asked for it: from now on, or again.
    Own,
    /// Another one's, now or once.
    Others,
}

impl FromRow<'_, PgRow> for JoinPage {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let slug: Option<String> = row.try_get("slug")?;
        let allowed: Vec<String> = row.try_get("allowed_domains")?;
        Ok(Self {
            organization: row.try_get("organization_id")?,
            version: row.try_get("version")?,
            is_enabled: row.try_get("is_enabled")?,
            slug: slug.map(Slug::stored),
            allowed_domains: allowed.into_iter().map(DomainRule::stored).collect(),
            enabled_by: row.try_get("enabled_by")?,
            update_time: Some(row.try_get("update_time")?),
        })
    }
}

/// The settings of an organization, if it has any.
pub(crate) async fn find(
    db: &mut PgConnection,
    organization: OrganizationId,
) -> Result<Option<JoinPage>, DatabaseError> {
    let found = sqlx::query_as(
        "SELECT organization_id, version, is_enabled, slug, allowed_domains, enabled_by, update_time
         FROM join_pages WHERE organization_id = $1",
    );
    Ok(found.bind(organization).fetch_optional(db).await?)
}

/// Whose slug it is at `now`: also one that was given up less than a year ago. Across organizations: it is what leads to one.
pub(crate) async fn organization_of(
    db: &mut PgConnection,
    slug: &str,
    now: OffsetDateTime,
) -> Result<Option<OrganizationId>, DatabaseError> {
    let found = sqlx::query_scalar(
        "SELECT organization_id FROM join_page_slugs WHERE slug = $1 AND (replace_time IS NULL OR replace_time > $2)",
    );
    Ok(found.bind(slug).bind(now - REDIRECTED).fetch_optional(db).await?)
}

/// Stores the settings over those of the version before. The profile is locked.
pub(crate) async fn put(tx: &mut PgConnection, page: &JoinPage) -> Result<(), DatabaseError> {
    let allowed: Vec<&str> = page.allowed_domains.iter().map(DomainRule::as_str).collect();
    let done = sqlx::query(
        "INSERT INTO join_pages (organization_id, version, is_enabled, slug, allowed_domains, enabled_by, update_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7)
         ON CONFLICT ON CONSTRAINT join_pages_pkey DO UPDATE
         SET version = $2, is_enabled = $3, slug = $4, allowed_domains = $5, enabled_by = $6, update_time = $7
         WHERE join_pages.version = $2 - 1",
    )
    .bind(page.organization)
    .bind(page.version)
    .bind(page.is_enabled)
    .bind(page.slug.as_ref().map(Slug::as_str))
    .bind(allowed)
    .bind(page.enabled_by)
    .bind(page.update_time)
    .execute(tx)
    .await?;
    super::guarded(done)
}

/// Gives an organization a slug that nobody else has or had, but for those that are closed, a year after they gave it up. Of several
/// at once one gets it: the key decides.
pub(crate) async fn claim(
    tx: &mut PgConnection,
    organization: OrganizationId,
    slug: &Slug,
    now: OffsetDateTime,
) -> Result<Claim, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO join_page_slugs AS s (slug, organization_id) VALUES ($1, $2)
         ON CONFLICT ON CONSTRAINT join_page_slugs_pkey DO UPDATE SET organization_id = $2, replace_time = NULL
         WHERE s.organization_id = $2
            OR (s.replace_time <= $3
                AND EXISTS (SELECT FROM organizations o WHERE o.organization_id = s.organization_id AND o.state = $4))",
    )
    .bind(slug.as_str())
    .bind(organization)
    .bind(now - REDIRECTED)
    .bind(OrganizationState::Closed)
    .execute(tx)
    .await?;
    Ok(if done.rows_affected() == 1 {
        Claim::Own
    } else {
        Claim::Others
    })
}

/// Notes since when an organization has another slug.
pub(crate) async fn release(
    tx: &mut PgConnection,
    organization: OrganizationId,
    former: &Slug,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE join_page_slugs SET replace_time = $3 WHERE slug = $1 AND organization_id = $2")
        .bind(former.as_str())
        .bind(organization)
        .bind(now)
        .execute(tx)
        .await?;
    Ok(())
}

/// How many slugs an organization has, those that it had with them.
pub(crate) async fn count_slugs(
    tx: &mut PgConnection,
    organization: OrganizationId,
) -> Result<i64, DatabaseError> {
    let count = sqlx::query_scalar("SELECT count(*) FROM join_page_slugs WHERE organization_id = $1");
    Ok(count.bind(organization).fetch_one(tx).await?)
}

/// Takes the page of an organization that is closed away, and notes since when it has no slug.
pub(crate) async fn close(
    tx: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE join_pages SET is_enabled = FALSE, slug = NULL, version = version + 1, update_time = $2
         WHERE organization_id = $1 AND slug IS NOT NULL",
    )
    .bind(organization)
    .bind(now)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "UPDATE join_page_slugs SET replace_time = $2 WHERE organization_id = $1 AND replace_time IS NULL",
    )
    .bind(organization)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// What the organization has at `now` of what a page needs.
pub(crate) async fn ground(
    db: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
    basic: Limits,
) -> Result<Ground, DatabaseError> {
    let (state, has_active_group, has_active_location): (OrganizationState, bool, bool) = sqlx::query_as(
        "SELECT state,
                EXISTS (SELECT FROM groups g WHERE g.organization_id = $1 AND g.state = $2),
                EXISTS (SELECT FROM locations l WHERE l.organization_id = $1 AND l.state = $3)
         FROM organizations WHERE organization_id = $1",
    )
    .bind(organization)
    .bind(GroupState::Active)
    .bind(LocationState::Active)
    .fetch_one(&mut *db)
    .await?;
    let subscription = subscription::find(db, organization).await?;
    Ok(Ground {
        state,
        plan: Entitlement::at(now, subscription.as_ref(), basic).plan,
        has_active_group,
        has_active_location,
    })
}
