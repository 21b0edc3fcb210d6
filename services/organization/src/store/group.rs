//! Groups and the trainings that they require.

use muster_database::{DatabaseError, Insertion};
use muster_ids::{GroupId, GroupName, OrganizationId, TrainingId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use super::guarded;
use crate::domain::{CatalogTrainingState, Group, ShortName};

/// The constraint that refuses a second group of a name.
pub(crate) const NAME_TAKEN: &str = "groups_name";

macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT g.organization_id, g.group_id, g.display_name, g.state, g.version, g.create_time,
                    ARRAY(SELECT t.training_id FROM group_trainings t
                          WHERE t.organization_id = g.organization_id AND t.group_id = g.group_id
                          ORDER BY t.position) AS trainings,
                    ARRAY(SELECT t.training_id
                          FROM group_trainings t JOIN catalog_trainings c USING (organization_id, training_id)
                          WHERE t.organization_id = g.organization_id AND t.group_id = g.group_id AND c.state = $2
                          ORDER BY t.position) AS inactive
             FROM groups g WHERE g.organization_id = $1 AND ",
            $which
        )
    };
}

impl FromRow<'_, PgRow> for Group {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            id: row.try_get("group_id")?,
            display_name: ShortName::stored(row.try_get("display_name")?),
            trainings: row.try_get("trainings")?,
            inactive: row.try_get("inactive")?,
            state: row.try_get("state")?,
            version: row.try_get("version")?,
            create_time: row.try_get("create_time")?,
        })
    }
}

/// Adds a group with its trainings, unless the organization has one of that name.
pub(crate) async fn insert(tx: &mut PgConnection, group: &Group) -> Result<Insertion, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO groups (organization_id, group_id, display_name, state, version, create_time)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT ON CONSTRAINT groups_name DO NOTHING",
    )
    .bind(group.organization)
    .bind(group.id)
    .bind(group.display_name.as_str())
    .bind(group.state)
    .bind(group.version)
    .bind(group.create_time)
    .execute(&mut *tx)
    .await?;
    let inserted = Insertion::from(done);
    if inserted == Insertion::Stored {
        put_trainings(tx, group).await?;
    }
    Ok(inserted)
}

/// Stores a group that was changed; its row is locked, and is still the one that was read.
pub(crate) async fn update(tx: &mut PgConnection, changed: &Group) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE groups SET display_name = $4, state = $5, version = $3
         WHERE organization_id = $1 AND group_id = $2 AND version = $3 - 1",
    )
    .bind(changed.organization)
    .bind(changed.id)
    .bind(changed.version)
    .bind(changed.display_name.as_str())
    .bind(changed.state)
    .execute(&mut *tx)
    .await?;
    guarded(done)?;
    // Those that stay are left where they are: the history tells which came and which went.
    sqlx::query(
        "DELETE FROM group_trainings WHERE organization_id = $1 AND group_id = $2 AND training_id <> ALL ($3::uuid[])",
    )
    .bind(changed.organization)
    .bind(changed.id)
    .bind(&changed.trainings)
    .execute(&mut *tx)
    .await?;
    put_trainings(tx, changed).await
}

async fn put_trainings(tx: &mut PgConnection, group: &Group) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO group_trainings (organization_id, group_id, training_id, position)
         SELECT $1, $2, training_id, position FROM UNNEST($3::uuid[]) WITH ORDINALITY AS t (training_id, position)
         ON CONFLICT ON CONSTRAINT group_trainings_pkey DO UPDATE SET position = EXCLUDED.position
         WHERE group_trainings.position <> EXCLUDED.position",
    )
    .bind(group.organization)
    .bind(group.id)
    .bind(&group.trainings)
    .execute(tx)
    .await?;
    Ok(())
}

/// A group, locked until the transaction ends.
pub(crate) async fn lock(tx: &mut PgConnection, name: GroupName) -> Result<Option<Group>, DatabaseError> {
    // Two statements: one that waited for the lock would see the row as it is now, but the trainings as they were.
    sqlx::query("SELECT FROM groups WHERE organization_id = $1 AND group_id = $2 FOR NO KEY UPDATE")
        .bind(name.organization)
        .bind(name.group)
        .execute(&mut *tx)
        .await?;
    let found = sqlx::query_as(select!("g.group_id = $3"))
        .bind(name.organization)
        .bind(CatalogTrainingState::Inactive)
        .bind(name.group);
    Ok(found.fetch_optional(tx).await?)
}

/// At most `limit` groups of an organization in the order of their names, after the name `after`.
pub(crate) async fn list(
    db: &mut PgConnection,
    organization: OrganizationId,
    after: Option<String>,
    limit: i64,
) -> Result<Vec<Group>, DatabaseError> {
    let groups = sqlx::query_as(select!(
        "($3::text IS NULL OR g.display_name > $3) ORDER BY g.display_name LIMIT $4"
    ))
    .bind(organization)
    .bind(CatalogTrainingState::Inactive)
    .bind(after)
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(groups)
}

/// Those of the named groups that the organization has.
pub(crate) async fn find_all(
    db: &mut PgConnection,
    organization: OrganizationId,
    groups: &[GroupId],
) -> Result<Vec<Group>, DatabaseError> {
    let found = sqlx::query_as(select!("g.group_id = ANY ($3)"))
        .bind(organization)
        .bind(CatalogTrainingState::Inactive)
        .bind(groups);
    Ok(found.fetch_all(db).await?)
}

/// The groups that require a training, in the order of their names, each raised by a version: what it tells of the training has changed.
/// The organization is locked.
pub(crate) async fn raise_requiring(
    tx: &mut PgConnection,
    organization: OrganizationId,
    training: TrainingId,
) -> Result<Vec<Group>, DatabaseError> {
    sqlx::query(
        "UPDATE groups g SET version = g.version + 1
         FROM group_trainings t
         WHERE t.organization_id = $1 AND t.training_id = $2
           AND g.organization_id = t.organization_id AND g.group_id = t.group_id",
    )
    .bind(organization)
    .bind(training)
    .execute(&mut *tx)
    .await?;
    requiring(tx, organization, training).await
}

/// The groups that require a training, in the order of their names.
pub(crate) async fn requiring(
    db: &mut PgConnection,
    organization: OrganizationId,
    training: TrainingId,
) -> Result<Vec<Group>, DatabaseError> {
    let groups = sqlx::query_as(select!(
        "g.group_id IN (SELECT r.group_id FROM group_trainings r WHERE r.organization_id = $1 AND r.training_id = $3)
         ORDER BY g.display_name"
    ))
    .bind(organization)
    .bind(CatalogTrainingState::Inactive)
    .bind(training)
    .fetch_all(db)
    .await?;
    Ok(groups)
}

/// How many groups an organization has.
pub(crate) async fn count(db: &mut PgConnection, organization: OrganizationId) -> Result<i64, DatabaseError> {
    let count = sqlx::query_scalar("SELECT count(*) FROM groups WHERE organization_id = $1");
    Ok(count.bind(organization).fetch_one(db).await?)
}
