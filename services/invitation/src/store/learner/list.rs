//! The learners of an organization, and how many show each word.

use muster_database::DatabaseError;
use muster_ids::{LearnerId, OrganizationId};
use serde::{Deserialize, Serialize};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::invitation::{ON_ITS_WAY, StateName};
use crate::domain::learner::{Learner, LearnerFilter, LearnerOrder};
use crate::store::state_lists::{effective_delivery, effective_state, live};

/// How many characters of a name are sorted by: a page token holds them.
const NAME_CHARS: usize = 100;

/// What an invitation says of an address that was invited once.
macro_rules! select_alone {
    () => {
        concat!(
            "SELECT i.organization_id, i.invitation_id AS learner_id, NULL::uuid AS person_id, '' AS display_name, i.address_given,",
            effective_state!("$6"),
            " AS state, i.invitation_id, ",
            effective_delivery!("$7"),
            " AS delivery_state, NULL::uuid AS employment_id,
                    ARRAY(SELECT g.group_id FROM invitation_groups g
                          WHERE g.organization_id = i.organization_id AND g.invitation_id = i.invitation_id
                          ORDER BY g.group_id) AS group_ids,
                    i.location_id, i.create_time
             FROM invitations i
             WHERE i.organization_id = $1"
        )
    };
}

/// Addresses that were invited once, and by nobody accepted: the invitation says it all. Filtered, from a place on.
macro_rules! alone {
    ($after:literal, $direction:literal) => {
        concat!(
            select_alone!(),
            " AND i.learner_id IS NULL AND i.invitation_id ",
            $after,
            " $9 AND (cardinality($2::text[]) = 0 OR ",
            effective_state!("$6"),
            " = ANY ($2))
               AND (cardinality($3::uuid[]) = 0 OR EXISTS (
                   SELECT FROM invitation_groups f
                   WHERE f.organization_id = i.organization_id AND f.invitation_id = i.invitation_id
                     AND f.group_id = ANY ($3)))
               AND ($4::uuid IS NULL OR i.location_id = $4)
               AND ($5::text = '' OR strpos(lower(i.address_given), lower($5)) > 0)
             ORDER BY i.invitation_id ",
            $direction,
            " LIMIT $8"
        )
    };
}

/// The same by their states alone: found in an index that holds what that needs, and then read one by one. However rare a state is, nothing
/// else of the organization's invitations is read.
macro_rules! alone_by_state {
    ($after:literal, $direction:literal) => {
        concat!(
            "SELECT theirs.* FROM (
                 SELECT i.invitation_id FROM invitations i
                 WHERE i.organization_id = $1 AND i.learner_id IS NULL AND i.invitation_id ",
            $after,
            " $9 AND ",
            effective_state!("$6"),
            " = ANY ($2) ORDER BY i.invitation_id ",
            $direction,
            " LIMIT $8) AS wanted
             CROSS JOIN LATERAL (",
            select_alone!(),
            " AND i.invitation_id = wanted.invitation_id LIMIT 1) AS theirs ORDER BY theirs.learner_id ",
            $direction
        )
    };
}

/// The invitation by whose word a learner `l` is shown who is not active, at the time of the given parameter: of somebody who had joined
/// one that can be answered, of any number at any of their addresses the newest; of an address the live one, else the newest. The index
/// `invitations_of_learner` gives them in this order, and those of somebody who had joined only as far as they are live.
macro_rules! shown {
    ($now:literal, $columns:expr) => {
        concat!(
            "LEFT JOIN LATERAL (
                 SELECT ",
            $columns,
            " FROM invitations i
                 WHERE i.learner_id = l.learner_id AND i.person_id IS NULL
                   AND i.organization_id IS NOT DISTINCT FROM l.organization_id AND NOT l.is_active
                   AND (i.state IN (",
            live!(),
            ")) >= (l.person_id IS NOT NULL) AND (l.person_id IS NULL OR i.expire_time > ",
            $now,
            ")
                 ORDER BY (i.state IN (",
            live!(),
            ")) DESC, i.invitation_id DESC LIMIT 1) AS shown ON true"
        )
    };
}

/// All others. Filtered, from a place on; only some of them, where a condition says of which learners `l` something is asked at all.
macro_rules! known {
    ($rest:literal) => {
        known!($rest, "true")
    };
    ($rest:literal, $among:literal) => {
        concat!(
            "SELECT k.organization_id, k.learner_id, k.person_id, k.display_name, k.address_given, k.state, k.invitation_id,
                    k.delivery_state, k.employment_id, k.group_ids, k.location_id, k.create_time
             FROM (
                 SELECT l.organization_id, l.learner_id, l.person_id, l.display_name,
                        coalesce(shown.address_given, l.address_given) AS address_given, l.employment_id,
                        l.create_time, coalesce(shown.state, CASE WHEN l.is_active THEN 'ACTIVE' ELSE 'ARCHIVED' END) AS state,
                        coalesce(shown.invitation_id, l.accepted_invitation_id) AS invitation_id, shown.delivery_state,
                        CASE WHEN shown.invitation_id IS NULL THEN l.group_ids
                             ELSE ARRAY(SELECT g.group_id FROM invitation_groups g
                                        WHERE g.organization_id = l.organization_id
                                          AND g.invitation_id = shown.invitation_id ORDER BY g.group_id) END AS group_ids,
                        CASE WHEN shown.invitation_id IS NULL THEN l.location_id ELSE shown.location_id END AS location_id
                 FROM learners l ",
            shown!("$6", concat!(
                "i.invitation_id, i.address_given, i.location_id, ",
                effective_state!("$6"),
                " AS state, ",
                effective_delivery!("$7"),
                " AS delivery_state"
            )),
            " WHERE ",
            $among,
            ") AS k
             WHERE k.organization_id = $1
               AND (cardinality($2::text[]) = 0 OR k.state = ANY ($2))
               AND (cardinality($3::uuid[]) = 0 OR k.group_ids && $3)
               AND ($4::uuid IS NULL OR k.location_id = $4)
               AND ($5::text = '' OR strpos(lower(k.address_given), lower($5)) > 0 OR strpos(lower(k.display_name), lower($5)) > 0)
               AND ",
            $rest,
            " LIMIT $8"
        )
    };
}

/// Both, each of which an index gives in its order: no more is read than a page holds, and what the filter leaves out.
macro_rules! both {
    ($alone:expr, $known:expr, $direction:literal) => {
        concat!(
            "SELECT * FROM ((",
            $alone,
            ") UNION ALL (",
            $known,
            ")) AS listed ORDER BY learner_id ",
            $direction,
            " LIMIT $8"
        )
    };
}

const NEWEST: &str = both!(
    alone!("<", "DESC"),
    known!("k.learner_id < $9 ORDER BY k.learner_id DESC"),
    "DESC"
);
const OLDEST: &str = both!(
    alone!(">", "ASC"),
    known!("k.learner_id > $9 ORDER BY k.learner_id"),
    "ASC"
);
const NAMED: &str = known!(
    "k.display_name <> '' AND (lower(left(k.display_name, 100)), k.learner_id) > (lower($10), $9)
     ORDER BY lower(left(k.display_name, 100)), k.learner_id"
);
const NAMELESS: &str = both!(
    alone!(">", "ASC"),
    known!("k.display_name = '' AND k.learner_id > $9 ORDER BY k.learner_id"),
    "ASC"
);

/// Those in states in which nobody is who is active, by these states alone.
const NEWEST_BY_STATE: &str = both!(
    alone_by_state!("<", "DESC"),
    known!("k.learner_id < $9 ORDER BY k.learner_id DESC", "NOT l.is_active"),
    "DESC"
);
const OLDEST_BY_STATE: &str = both!(
    alone_by_state!(">", "ASC"),
    known!("k.learner_id > $9 ORDER BY k.learner_id", "NOT l.is_active"),
    "ASC"
);

/// Where a learner stands in a list.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct ListPosition {
    /// What is sorted by of the name; `None` where names do not decide, and of those who have none.
    name: Option<String>,
    id: LearnerId,
}

impl ListPosition {
    /// Of a learner in a list of this order.
    pub(crate) fn of(learner: &Learner, order: LearnerOrder) -> Self {
        let is_named = order == LearnerOrder::Name && !learner.display_name.is_empty();
        let name = || learner.display_name.chars().take(NAME_CHARS).collect();
        Self {
            name: is_named.then(name),
            id: learner.id,
        }
    }
}

/// At most `limit` learners of the organization that the filter lets through, from a position on, as they are shown at `now`.
pub(crate) async fn list(
    connection: &mut PgConnection,
    organization: OrganizationId,
    filter: &LearnerFilter,
    after: Option<ListPosition>,
    limit: i64,
    now: OffsetDateTime,
) -> Result<Vec<Learner>, DatabaseError> {
    let query = ListQuery {
        organization,
        filter,
        now,
    };
    let first = LearnerId::from_uuid(Uuid::nil());
    match filter.order {
        LearnerOrder::Newest => {
            let after = after.map_or(LearnerId::from_uuid(Uuid::max()), |after| after.id);
            let statement = if filter.is_by_state_alone() {
                NEWEST_BY_STATE
            } else {
                NEWEST
            };
            query.fetch(connection, statement, after, limit).await
        }
        LearnerOrder::Oldest => {
            let after = after.map_or(first, |after| after.id);
            let statement = if filter.is_by_state_alone() {
                OLDEST_BY_STATE
            } else {
                OLDEST
            };
            query.fetch(connection, statement, after, limit).await
        }
        LearnerOrder::Name => {
            let (name, after) = match after {
                Some(ListPosition { name: None, id }) => {
                    return query.fetch(connection, NAMELESS, id, limit).await;
                }
                Some(ListPosition { name: Some(name), id }) => (name, id),
                None => (String::new(), first),
            };
            let mut page = query.fetch_named(connection, &name, after, limit).await?;
            let rest = limit - i64::try_from(page.len()).unwrap_or(limit);
            if rest > 0 {
                page.extend(query.fetch(connection, NAMELESS, first, rest).await?);
            }
            Ok(page)
        }
    }
}

/// What every statement of the list is asked with.
#[derive(Clone, Copy)]
struct ListQuery<'f> {
    organization: OrganizationId,
    filter: &'f LearnerFilter,
    now: OffsetDateTime,
}

/// The first nine parameters, bound.
macro_rules! bind_query {
    ($query:expr, $statement:expr, $after:expr, $limit:expr) => {
        sqlx::query_as($statement)
            .bind($query.organization)
            .bind(&$query.filter.states)
            .bind(&$query.filter.groups)
            .bind($query.filter.location)
            .bind(&$query.filter.text)
            .bind($query.now)
            .bind($query.now - ON_ITS_WAY)
            .bind($limit)
            .bind($after)
    };
}

impl ListQuery<'_> {
    async fn fetch(
        self,
        connection: &mut PgConnection,
        statement: &'static str,
        after: LearnerId,
        limit: i64,
    ) -> Result<Vec<Learner>, DatabaseError> {
        let bound = bind_query!(self, statement, after, limit);
        Ok(bound.fetch_all(connection).await?)
    }

    async fn fetch_named(
        self,
        connection: &mut PgConnection,
        name: &str,
        after: LearnerId,
        limit: i64,
    ) -> Result<Vec<Learner>, DatabaseError> {
        let bound = bind_query!(self, NAMED, after, limit).bind(name);
        Ok(bound.fetch_all(connection).await?)
    }
}

impl FromRow<'_, PgRow> for Learner {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("learner_id")?,
            state: row.try_get("state")?,
            address: row.try_get("address_given")?,
            person: row.try_get("person_id")?,
            display_name: row.try_get("display_name")?,
            groups: row.try_get("group_ids")?,
            location: row.try_get("location_id")?,
            invitation: row.try_get("invitation_id")?,
            delivery: row.try_get("delivery_state")?,
            employment: row.try_get("employment_id")?,
            create_time: row.try_get("create_time")?,
        })
    }
}

/// How many learners show each state at `now`.
pub(crate) async fn counts(
    connection: &mut PgConnection,
    organization: OrganizationId,
    now: OffsetDateTime,
) -> Result<Vec<(StateName, i64)>, DatabaseError> {
    Ok(sqlx::query_as(concat!(
        // Each part is answered by an index, none by looking for what belongs to one after the other: of each learner of the second part
        // one row counts, by what is before what was.
        "SELECT state, sum(count)::bigint FROM (
             SELECT ",
        effective_state!("$2"),
        " AS state, count(*) AS count
             FROM invitations i WHERE i.organization_id = $1 AND i.learner_id IS NULL GROUP BY 1
             UNION ALL
             SELECT word.state, count(*) FROM (
                 SELECT DISTINCT ON (said.learner_id) said.state FROM (
                     SELECT l.learner_id, CASE WHEN l.is_active THEN 1 ELSE 3 END AS place, NULL::uuid AS invitation_id,
                            CASE WHEN l.is_active THEN 'ACTIVE' ELSE 'ARCHIVED' END AS state
                     FROM learners l WHERE l.organization_id = $1 AND l.person_id IS NOT NULL
                     UNION ALL
                     SELECT i.learner_id, CASE WHEN i.state IN (",
        live!(),
        ") AND i.expire_time > $2 THEN 2 WHEN i.state IN (",
        live!(),
        ") THEN 4 ELSE 5 END, i.invitation_id, ",
        effective_state!("$2"),
        "
                     FROM invitations i
                     WHERE i.organization_id = $1 AND i.learner_id IS NOT NULL AND i.person_id IS NULL) AS said
                 ORDER BY said.learner_id, said.place, said.invitation_id DESC) AS word GROUP BY 1
         ) AS parts GROUP BY state ORDER BY state"
    ))
    .bind(organization)
    .bind(now)
    .fetch_all(connection)
    .await?)
}
