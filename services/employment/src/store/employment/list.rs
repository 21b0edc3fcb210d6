//! An organization's employments, as its employees tab asks for them.

use muster_database::DatabaseError;
use muster_ids::{EmploymentId, OrganizationId};
use serde::{Deserialize, Serialize};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Employment, EmploymentFilter, EmploymentOrder};

/// How many characters of a name are sorted by: a page token holds them.
const NAME_CHARS: usize = 100;

/// Every filter, and how a page goes on.
macro_rules! filtered {
    ($page:literal) => {
        select!(
            "WHERE e.organization_id = $1
               AND (cardinality($2::text[]) = 0 OR e.state = ANY ($2))
               AND (cardinality($3::uuid[]) = 0 OR EXISTS (
                    SELECT FROM employment_groups g
                    WHERE g.organization_id = e.organization_id AND g.employment_id = e.employment_id
                      AND g.group_id = ANY ($3)))
               AND ($4::uuid IS NULL OR e.location_id = $4)
               AND ($8 = '' OR EXISTS (
                    SELECT FROM employment_positions p
                    WHERE p.organization_id = e.organization_id AND p.employment_id = e.employment_id AND p.code = $8
                      AND p.start_date <= $9 AND (p.end_date IS NULL OR p.end_date >= $9)))
               AND ($5 = '' OR strpos(lower(e.person_display_name), lower($5)) > 0)
               AND ",
            $page,
            " LIMIT $7"
        )
    };
}

const NEWEST: &str = filtered!("e.employment_id < $6 ORDER BY e.employment_id DESC");
const OLDEST: &str = filtered!("e.employment_id > $6 ORDER BY e.employment_id");
const NAME: &str = filtered!(
    "(lower(left(e.person_display_name, 100)), e.employment_id) > (lower($10), $6)
     ORDER BY lower(left(e.person_display_name, 100)), e.employment_id"
);
// As in the index employments_waiting, which serves this.
const WAITING: &str = filtered!(
    "(coalesce(CASE WHEN e.state = 'PENDING_VERIFICATION' THEN e.wait_time END, 'infinity'), e.employment_id)
         > (coalesce($10::timestamptz, CASE WHEN $6 = '00000000-0000-0000-0000-000000000000' THEN '-infinity'::timestamptz
                                            ELSE 'infinity' END), $6)
     ORDER BY coalesce(CASE WHEN e.state = 'PENDING_VERIFICATION' THEN e.wait_time END, 'infinity'), e.employment_id"
);

/// Where an employment stands in a list.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct ListPosition {
    /// What is sorted by of the name; empty where names do not decide.
    pub(super) name: String,
    /// Since when it waits; `None` where that does not decide, and of what does not wait.
    #[serde(default)]
    pub(super) wait: Option<OffsetDateTime>,
    pub(super) id: Option<EmploymentId>,
}

impl ListPosition {
    /// Of an employment in a list of this order.
    pub(crate) fn of(employment: &Employment, order: EmploymentOrder) -> Self {
        let by_name = order == EmploymentOrder::Name;
        let chars = employment.person_display_name.chars();
        Self {
            name: if by_name {
                chars.take(NAME_CHARS).collect()
            } else {
                String::new()
            },
            wait: employment
                .waits_since()
                .filter(|_| order == EmploymentOrder::Waiting),
            id: Some(employment.id),
        }
    }
}

/// Employments of the organization that the filter lets through, from a position on.
pub(crate) async fn list(
    db: &mut PgConnection,
    organization: OrganizationId,
    filter: &EmploymentFilter,
    after: Option<ListPosition>,
    limit: i64,
) -> Result<Vec<Employment>, DatabaseError> {
    let ListPosition { name, wait, id } = after.unwrap_or_default();
    let (statement, first) = match filter.order {
        EmploymentOrder::Newest => (NEWEST, Uuid::max()),
        EmploymentOrder::Oldest => (OLDEST, Uuid::nil()),
        EmploymentOrder::Name => (NAME, Uuid::nil()),
        EmploymentOrder::Waiting => (WAITING, Uuid::nil()),
    };
    let mut query = sqlx::query_as(statement)
        .bind(organization)
        .bind(&filter.states)
        .bind(&filter.groups)
        .bind(filter.location)
        .bind(&filter.text)
        .bind(id.unwrap_or_else(|| first.into()))
        .bind(limit)
        .bind(&filter.position)
        .bind(filter.today);
    match filter.order {
        EmploymentOrder::Name => query = query.bind(name),
        EmploymentOrder::Waiting => query = query.bind(wait),
        EmploymentOrder::Newest | EmploymentOrder::Oldest => {}
    }
    Ok(query.fetch_all(db).await?)
}
