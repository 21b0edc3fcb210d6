//! Organizations of persons: across organizations, filtered by the person.

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use uuid::Uuid;

use super::organization::row::number;
use crate::domain::{EmploymentState, PersonOrganization, ProfileUser, PublicName};

impl FromRow<'_, PgRow> for PersonOrganization {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            number: number(row)?,
            display_name: PublicName::stored(row.try_get("organization_display_name")?),
            state: row.try_get("organization_state")?,
            user: ProfileUser::from_row(row)?,
        })
    }
}

/// At most `limit` organizations of a person, below `before`, the newest first. Each half is read in the order of its index,
/// and no further than the page.
pub(crate) async fn list(
    db: &mut PgConnection,
    person: PersonId,
    before: Option<OrganizationId>,
    limit: i64,
) -> Result<Vec<PersonOrganization>, DatabaseError> {
    let page = sqlx::query_as(
        "SELECT u.organization_id, u.person_id, u.display_name, u.role, u.origin, u.expire_time, u.version, u.create_time,
                coalesce(e.state = $2, false) AS is_verified, o.organization_number,
                o.display_name AS organization_display_name, o.state AS organization_state
         FROM ((SELECT organization_id, owner_person_id AS person_id, owner_display_name AS display_name, NULL AS role,
                       NULL AS origin, NULL::timestamptz AS expire_time, version, NULL::timestamptz AS create_time
                FROM organizations WHERE owner_person_id = $1 AND organization_id < $3
                ORDER BY organization_id DESC LIMIT $4)
               UNION ALL
               (SELECT organization_id, person_id, display_name, role, origin, expire_time, version, create_time
                FROM profile_users WHERE person_id = $1 AND organization_id < $3
                ORDER BY organization_id DESC LIMIT $4)) u
         JOIN organizations o ON o.organization_id = u.organization_id
         LEFT JOIN employment_projection e ON e.organization_id = u.organization_id AND e.person_id = u.person_id
         ORDER BY u.organization_id DESC LIMIT $4",
    );
    // Every id is below the greatest.
    let before = before.unwrap_or_else(|| Uuid::max().into());
    let page = page.bind(person).bind(EmploymentState::Verified);
    Ok(page.bind(before).bind(limit).fetch_all(db).await?)
}
