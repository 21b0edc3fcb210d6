//! Groups and the trainings that they require.

use muster_database::DatabaseError;
use muster_ids::{GroupId, OrganizationId, TrainingId};
use sqlx::{FromRow, PgConnection};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::domain::{Group, ShortName};

/// The constraint that refuses a second group of a name.
pub(crate) const NAME_TAKEN: &str = "groups_name";

#[derive(FromRow)]
struct Row {
    organization_id: Uuid,
    group_id: Uuid,
    display_name: String,
    state: String,
    version: i64,
    create_time: OffsetDateTime,
    trainings: Vec<Uuid>,
}

macro_rules! select {
    ($which:literal) => {
        concat!(
            "SELECT g.organization_id, g.group_id, g.display_name, g.state, g.version, g.create_time,
                    ARRAY(SELECT t.training_id FROM group_trainings t
                          WHERE t.organization_id = g.organization_id AND t.group_id = g.group_id
                          ORDER BY t.position) AS trainings
             FROM groups g WHERE g.organization_id = $1 AND ",
            $which
        )
    };
}

/// Adds a group with its trainings.
pub(crate) async fn insert(tx: &mut PgConnection, group: &Group) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO groups (organization_id, group_id, display_name, state, version, create_time)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(group.organization.as_uuid())
    .bind(group.id.as_uuid())
    .bind(group.display_name.as_str())
    .bind(group.state.as_str())
    .bind(group.version)
    .bind(group.created)
    .execute(&mut *tx)
    .await?;
    let trainings: Vec<Uuid> = group.trainings.iter().map(|id| id.as_uuid()).collect();
    sqlx::query(
        "INSERT INTO group_trainings (organization_id, group_id, training_id, position)
         SELECT $1, $2, training_id, position FROM UNNEST($3::uuid[]) WITH ORDINALITY AS t (training_id, position)",
    )
    .bind(group.organization.as_uuid())
    .bind(group.id.as_uuid())
    .bind(&trainings)
    .execute(tx)
    .await?;
    Ok(())
}

/// At most `limit` groups of an organization in the order of their names, after the name `after`.
pub(crate) async fn page(
    connection: &mut PgConnection,
    organization: OrganizationId,
    after: Option<String>,
    limit: i64,
) -> Result<Vec<Group>, DatabaseError> {
    let rows: Vec<Row> = sqlx::query_as(select!(
        "($2::text IS NULL OR g.display_name > $2) ORDER BY g.display_name LIMIT $3"
    ))
    .bind(organization.as_uuid())
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(Row::parse).collect()
}

/// Those of the named groups that the organization has.
pub(crate) async fn named(
    connection: &mut PgConnection,
    organization: OrganizationId,
    groups: Vec<GroupId>,
) -> Result<Vec<Group>, DatabaseError> {
    let asked: Vec<Uuid> = groups.into_iter().map(GroupId::as_uuid).collect();
    let rows: Vec<Row> = sqlx::query_as(select!("g.group_id = ANY ($2)"))
        .bind(organization.as_uuid())
        .bind(&asked)
        .fetch_all(connection)
        .await?;
    rows.into_iter().map(Row::parse).collect()
}

/// How many groups an organization has.
pub(crate) async fn count(
    connection: &mut PgConnection,
    organization: OrganizationId,
) -> Result<i64, DatabaseError> {
    let count = sqlx::query_scalar("SELECT count(*) FROM groups WHERE organization_id = $1")
        .bind(organization.as_uuid())
        .fetch_one(connection)
        .await?;
    Ok(count)
}

impl Row {
    fn parse(self) -> Result<Group, DatabaseError> {
        Ok(Group {
            organization: OrganizationId::from_uuid(self.organization_id),
            id: GroupId::from_uuid(self.group_id),
            display_name: ShortName::stored(self.display_name),
            trainings: self.trainings.into_iter().map(TrainingId::from_uuid).collect(),
            state: self.state.parse()?,
            version: self.version,
            created: self.create_time,
        })
    }
}
