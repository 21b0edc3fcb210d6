//! SQL of the history.

use muster_database::DatabaseError;
use muster_ids::OrganizationId;
use sqlx::postgres::PgRow;
use sqlx::{AssertSqlSafe, FromRow, PgConnection, Row};

use crate::chain::NOTHING;
use crate::entry::CURRENT;
use crate::{HistoryEntry, Seal};

/// An organization, and where its chain ends.
pub(crate) struct Head {
    pub(crate) organization: OrganizationId,
    pub(crate) seal: Seal,
}

/// What is known of the chain of an organization before it is followed.
pub(crate) struct Extent {
    /// `None`: none is written down.
    pub(crate) head: Option<Seal>,
    /// The last position of any entry; 0 without one.
    pub(crate) last: i64,
    /// Whether there is any entry, also one that waits to be sealed.
    pub(crate) has_any: bool,
}

macro_rules! select {
    ($rest:literal) => {
        select!("NULL::uuid", $rest)
    };
    ($previous:literal, $rest:literal) => {
        concat!(
            "SELECT organization_id, history_entry_id, number, change_time, actor, actor_role, cause, subject, act, changes, reason,
                    coalesce(texts::text, '{}') AS texts, format, position, digest, ",
            $previous,
            " AS previous FROM history_entries AS e ",
            $rest
        )
    };
}

/// An entry together with the one about the same subject before it.
macro_rules! select_with_previous {
    ($rest:literal) => {
        select!(
            r#"(SELECT p.history_entry_id FROM history_entries AS p
                WHERE p.organization_id = e.organization_id AND p.number < e.number
                  AND p.subject COLLATE "C" = e.subject COLLATE "C"
                ORDER BY p.number DESC LIMIT 1)"#,
            $rest
        )
    };
}

impl FromRow<'_, PgRow> for HistoryEntry {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let position: Option<i64> = row.try_get("position")?;
        let digest: Option<String> = row.try_get("digest")?;
        let texts: String = row.try_get("texts")?;
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("history_entry_id")?,
            number: row.try_get("number")?,
            time: row.try_get("change_time")?,
            actor: row.try_get("actor")?,
            role: row.try_get("actor_role")?,
            cause: row.try_get("cause")?,
            subject: row.try_get("subject")?,
            act: row.try_get("act")?,
            changes: row.try_get("changes")?,
            reason: row.try_get("reason")?,
            texts: serde_json::from_str(&texts).ok(),
            format: row.try_get("format")?,
            previous: row.try_get("previous")?,
            seal: position.map(|position| Seal {
                position,
                digest: digest.unwrap_or_default(),
            }),
        })
    }
}

impl FromRow<'_, PgRow> for Head {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            seal: Seal {
                position: row.try_get("position")?,
                digest: row.try_get("digest")?,
            },
        })
    }
}

/// Which entries of a history are wanted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EntryFilter<'a> {
    /// Only those about what has this resource name, and about what is in it.
    pub(crate) subject: Option<&'a str>,
    /// Only those before this number; `None`: from the newest on.
    pub(crate) before: Option<i64>,
    /// So many at most.
    pub(crate) limit: i64,
}

/// The history of an organization, newest first.
pub(crate) async fn list(
    db: &mut PgConnection,
    organization: OrganizationId,
    wanted: EntryFilter<'_>,
) -> Result<Vec<HistoryEntry>, DatabaseError> {
    let all = select_with_previous!(
        "WHERE organization_id = $1 AND ($2::bigint IS NULL OR number < $2) ORDER BY number DESC LIMIT $3"
    );
    // Names of what is in it go on with a slash, the byte before `0`.
    let of_subject = select_with_previous!(
        r#"WHERE organization_id = $1 AND ($2::bigint IS NULL OR number < $2)
             AND (subject COLLATE "C" = $4 OR (subject COLLATE "C" > $4 || '/' AND subject COLLATE "C" < $4 || '0'))
           ORDER BY number DESC LIMIT $3"#
    );
    let page = sqlx::query_as(if wanted.subject.is_some() { of_subject } else { all });
    let page = page.bind(organization).bind(wanted.before).bind(wanted.limit);
    Ok(match wanted.subject {
        Some(subject) => page.bind(subject).fetch_all(db).await?,
        None => page.fetch_all(db).await?,
    })
}

/// Organizations of which something is to be sealed. Across organizations: the job serves all of them.
pub(crate) async fn find_unsealed(
    db: &mut PgConnection,
    limit: i64,
) -> Result<Vec<OrganizationId>, DatabaseError> {
    let waiting = sqlx::query_scalar(
        "SELECT DISTINCT organization_id
         FROM (SELECT organization_id FROM history_entries WHERE position IS NULL
               ORDER BY organization_id LIMIT $1) AS waiting",
    );
    Ok(waiting.bind(limit).fetch_all(db).await?)
}

/// Locks the ends of the chains of these organizations, but for those that somebody else makes longer now. Whoever comes
/// behind them sees all that they have sealed.
pub(crate) async fn lock_heads(
    tx: &mut PgConnection,
    organizations: &[OrganizationId],
) -> Result<Vec<Head>, DatabaseError> {
    sqlx::query(
        "INSERT INTO history_heads (organization_id, position, digest)
         SELECT organization_id, 0, $2 FROM unnest($1::uuid[]) AS begun (organization_id)
         ON CONFLICT ON CONSTRAINT history_heads_pkey DO NOTHING",
    )
    .bind(organizations)
    .bind(NOTHING)
    .execute(&mut *tx)
    .await?;
    let heads = sqlx::query_as(
        "SELECT organization_id, position, digest FROM history_heads WHERE organization_id = ANY ($1)
         ORDER BY organization_id FOR UPDATE SKIP LOCKED",
    );
    Ok(heads.bind(organizations).fetch_all(tx).await?)
}

/// What is to be sealed of an organization whose head is locked, in the order of writing.
pub(crate) async fn list_unsealed(
    tx: &mut PgConnection,
    organization: OrganizationId,
    limit: i64,
) -> Result<Vec<HistoryEntry>, DatabaseError> {
    let waiting = sqlx::query_as(select!(
        "WHERE organization_id = $1 AND position IS NULL ORDER BY number LIMIT $2"
    ));
    Ok(waiting.bind(organization).bind(limit).fetch_all(tx).await?)
}

/// Seals entries of the organization of a head that is locked, and writes down where its chain ends now.
pub(crate) async fn seal(
    tx: &mut PgConnection,
    head: &Head,
    sealed: &[(i64, Seal)],
) -> Result<(), DatabaseError> {
    let numbers: Vec<i64> = sealed.iter().map(|(number, _)| *number).collect();
    let positions: Vec<i64> = sealed.iter().map(|(_, seal)| seal.position).collect();
    let digests: Vec<&str> = sealed.iter().map(|(_, seal)| seal.digest.as_str()).collect();
    sqlx::query(
        "UPDATE history_entries AS e SET position = s.position, digest = s.digest, format = $5
         FROM unnest($2::bigint[], $3::bigint[], $4::text[]) AS s (number, position, digest)
         WHERE e.organization_id = $1 AND e.number = s.number AND e.position IS NULL",
    )
    .bind(head.organization)
    .bind(numbers)
    .bind(positions)
    .bind(digests)
    .bind(CURRENT)
    .execute(&mut *tx)
    .await?;
    let done = sqlx::query("UPDATE history_heads SET position = $2, digest = $3 WHERE organization_id = $1")
        .bind(head.organization)
        .bind(head.seal.position)
        .bind(&head.seal.digest)
        .execute(tx)
        .await?;
    if done.rows_affected() == 1 {
        Ok(())
    } else {
        let text = "the end of a chain changed under its lock";
        Err(DatabaseError::Inconsistent(text.to_owned()))
    }
}

/// Organizations after `after`, in the order of their ids: those of the rows in `table`, and those that have a chain. Across
/// organizations, for operators.
pub(crate) async fn list_organizations(
    db: &mut PgConnection,
    table: &'static str,
    after: Option<OrganizationId>,
    limit: i64,
) -> Result<Vec<OrganizationId>, DatabaseError> {
    let known = format!(
        "(SELECT DISTINCT organization_id FROM {table}
          WHERE $1::uuid IS NULL OR organization_id > $1 ORDER BY organization_id LIMIT $2)
         UNION
         (SELECT organization_id FROM history_heads
          WHERE $1::uuid IS NULL OR organization_id > $1 ORDER BY organization_id LIMIT $2)
         ORDER BY organization_id LIMIT $2"
    );
    // The name of a table stands in the code of its service.
    let known = sqlx::query_scalar(AssertSqlSafe(known));
    Ok(known.bind(after).bind(limit).fetch_all(db).await?)
}

/// How far the chain of an organization goes: at one moment, because it may become longer.
pub(crate) async fn extent(
    db: &mut PgConnection,
    organization: OrganizationId,
) -> Result<Extent, DatabaseError> {
    let row = sqlx::query(
        "SELECT h.position, h.digest,
                coalesce((SELECT max(position) FROM history_entries WHERE organization_id = $1), 0) AS last,
                EXISTS (SELECT FROM history_entries WHERE organization_id = $1) AS has_any
         FROM (SELECT $1::uuid AS organization_id) AS asked LEFT JOIN history_heads AS h USING (organization_id)",
    );
    let row = row.bind(organization).fetch_one(db).await?;
    let position: Option<i64> = row.try_get("position")?;
    let digest: Option<String> = row.try_get("digest")?;
    Ok(Extent {
        head: position
            .zip(digest)
            .map(|(position, digest)| Seal { position, digest }),
        last: row.try_get("last")?,
        has_any: row.try_get("has_any")?,
    })
}

/// How many entries of all organizations wait to be sealed.
pub(crate) async fn count_unsealed(db: &mut PgConnection) -> Result<i64, DatabaseError> {
    let waiting = sqlx::query_scalar("SELECT count(*) FROM history_entries WHERE position IS NULL");
    Ok(waiting.fetch_one(db).await?)
}

/// The chain of an organization after a position and up to another one.
pub(crate) async fn list_chain(
    db: &mut PgConnection,
    organization: OrganizationId,
    after: i64,
    to: i64,
    limit: i64,
) -> Result<Vec<HistoryEntry>, DatabaseError> {
    let chain = sqlx::query_as(select!(
        "WHERE organization_id = $1 AND position > $2 AND position <= $3 ORDER BY position LIMIT $4"
    ));
    let chain = chain.bind(organization).bind(after).bind(to).bind(limit);
    Ok(chain.fetch_all(db).await?)
}
