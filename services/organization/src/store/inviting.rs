//! What decides about inviting into an organization, by one statement: it is asked for each invitation and each mail of one.

use muster_database::DatabaseError;
use muster_ids::{GroupId, GroupName, OrganizationId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};

use super::organization::row::{authority, language};
use crate::domain::{
    CatalogTrainingState, GroupState, InvitingGroup, InvitingOrganization, PublicName, ShortName,
    Subscription,
};

/// Each group as one value, in the order in which [`GroupRow`] reads them.
const FIND: &str = "
    SELECT o.organization_id, o.state, o.display_name, o.language, o.licensing_authority,
           s.plan, s.invitations_by_hand, s.import_rows, s.messages_per_day, s.activate_time, s.end_time,
           ARRAY(SELECT ROW(g.group_id, g.display_name, g.state, g.version,
                            EXISTS (SELECT FROM group_trainings t
                                    JOIN catalog_trainings c USING (organization_id, training_id)
                                    WHERE t.organization_id = g.organization_id AND t.group_id = g.group_id
                                      AND c.state <> $3))
                 FROM groups g WHERE g.organization_id = $1 AND g.group_id = ANY ($2)) AS groups
    FROM organizations o LEFT JOIN subscriptions s ON s.organization_id = $1
    WHERE o.organization_id = $1";

type GroupRow = (GroupId, String, GroupState, i64, bool);

impl FromRow<'_, PgRow> for InvitingOrganization {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        let organization: OrganizationId = row.try_get("organization_id")?;
        let is_subscribed = row.try_get::<Option<&str>, _>("plan")?.is_some();
        let group = |(group, display_name, state, version, assigns)| InvitingGroup {
            name: GroupName { organization, group },
            display_name: ShortName::stored(display_name),
            state,
            version,
            assigns,
        };
        let groups: Vec<GroupRow> = row.try_get("groups")?;
        Ok(Self {
            state: row.try_get("state")?,
            display_name: PublicName::stored(row.try_get("display_name")?),
            language: language(row)?,
            authority: authority(row)?,
            subscription: is_subscribed.then(|| Subscription::from_row(row)).transpose()?,
            groups: groups.into_iter().map(group).collect(),
        })
    }
}

/// The organization, with those of the named groups that it has.
pub(crate) async fn find(
    db: &mut PgConnection,
    organization: OrganizationId,
    groups: &[GroupId],
) -> Result<Option<InvitingOrganization>, DatabaseError> {
    let found = sqlx::query_as(FIND)
        .bind(organization)
        .bind(groups)
        .bind(CatalogTrainingState::Inactive);
    Ok(found.fetch_optional(db).await?)
}
