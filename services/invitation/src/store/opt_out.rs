//! Addresses that an organization is not to invite again, because who has them said so: however the mailbox is spelled.

use muster_address::EmailAddress;
use muster_database::DatabaseError;
use muster_ids::{InvitationId, InvitationName, OrganizationId};
use sqlx::postgres::PgRow;
use sqlx::{FromRow, PgConnection, Row};
use time::OffsetDateTime;

use super::state_lists::mailbox;
use crate::domain::invitation::Invitation;
use crate::domain::opt_out::{Lift, OptOut};

/// Keeps that whoever was invited wants no further invitation of the organization. An earlier wish stays.
pub(crate) async fn insert(
    tx: &mut PgConnection,
    declined: &Invitation,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO opt_outs (organization_id, address_canonical, invitation_id, create_time)
         VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
    )
    .bind(declined.organization)
    .bind(declined.address.canonical())
    .bind(declined.id)
    .bind(now)
    .execute(tx)
    .await?;
    Ok(())
}

/// Lifts the wish that came with the decline of this invitation, which is undone.
pub(crate) async fn lift_of(
    tx: &mut PgConnection,
    declined: &Invitation,
    lift: Lift,
) -> Result<(), DatabaseError> {
    let (organization, canonical) = (declined.organization, declined.address.canonical());
    lift_one(tx, organization, canonical, Some(declined.id), lift).await
}

/// Lifts the wish of whoever has the mailbox, whichever decline it came with: they asked to join, or took it back.
pub(crate) async fn lift(
    tx: &mut PgConnection,
    organization: OrganizationId,
    canonical: &str,
    lift: Lift,
) -> Result<(), DatabaseError> {
    lift_one(tx, organization, canonical, None, lift).await
}

async fn lift_one(
    tx: &mut PgConnection,
    organization: OrganizationId,
    canonical: &str,
    said_by: Option<InvitationId>,
    lift: Lift,
) -> Result<(), DatabaseError> {
    sqlx::query(concat!(
        "WITH lifted AS (
             DELETE FROM opt_outs o USING (SELECT $2::text AS address_canonical) given
             WHERE o.organization_id = $1 AND ",
        mailbox!("o"),
        " = ",
        mailbox!("given"),
        " AND ($3::uuid IS NULL OR o.invitation_id = $3)
             RETURNING o.organization_id, o.invitation_id, o.address_canonical, o.create_time)
         INSERT INTO lifted_opt_outs (organization_id, invitation_id, address_canonical, create_time, lift_time, lifted_by,
             person_id)
         SELECT organization_id, invitation_id, address_canonical, create_time, $4, $5, $6 FROM lifted",
    ))
    .bind(organization)
    .bind(canonical)
    .bind(said_by)
    .bind(lift.time)
    .bind(lift.by)
    .bind(lift.person)
    .execute(tx)
    .await?;
    Ok(())
}

/// At most `limit` wishes that were said with these addresses, the latest invitation first, those after `after` in the list.
/// Cross-tenant: by the verified addresses of the caller.
pub(crate) async fn page(
    connection: &mut PgConnection,
    addresses: &[EmailAddress],
    after: Option<InvitationId>,
    limit: i64,
) -> Result<Vec<OptOut>, DatabaseError> {
    let canonical: Vec<&str> = addresses.iter().map(EmailAddress::canonical).collect();
    Ok(sqlx::query_as(
        "SELECT o.organization_id, o.invitation_id, o.create_time, i.address_given, i.address_canonical
         FROM opt_outs o JOIN invitations i USING (organization_id, invitation_id)
         WHERE o.address_canonical = ANY ($1) AND ($2::uuid IS NULL OR o.invitation_id < $2)
         ORDER BY o.invitation_id DESC LIMIT $3",
    )
    .bind(canonical)
    .bind(after)
    .bind(limit)
    .fetch_all(connection)
    .await?)
}

impl FromRow<'_, PgRow> for OptOut {
    fn from_row(row: &PgRow) -> Result<Self, sqlx::Error> {
        Ok(Self {
            invitation: InvitationName {
                organization: row.try_get("organization_id")?,
                invitation: row.try_get("invitation_id")?,
            },
            address: EmailAddress::stored(row.try_get("address_given")?, row.try_get("address_canonical")?),
            create_time: row.try_get("create_time")?,
        })
    }
}

/// Which of the canonical addresses are of mailboxes of people who want no further invitation of the organization.
pub(crate) async fn among(
    connection: &mut PgConnection,
    organization: OrganizationId,
    canonical: &[&str],
) -> Result<Vec<String>, DatabaseError> {
    Ok(sqlx::query_scalar(concat!(
        "SELECT given.address_canonical FROM unnest($2::text[]) AS given (address_canonical)
         WHERE EXISTS (SELECT FROM opt_outs o WHERE o.organization_id = $1 AND ",
        mailbox!("o"),
        " = ",
        mailbox!("given"),
        ")",
    ))
    .bind(organization)
    .bind(canonical)
    .fetch_all(connection)
    .await?)
}

/// Whether whoever has the mailbox of this address wants no further invitation of the organization.
pub(crate) async fn exists(
    connection: &mut PgConnection,
    organization: OrganizationId,
    canonical: &str,
) -> Result<bool, DatabaseError> {
    let found = among(connection, organization, &[canonical]).await?;
    Ok(!found.is_empty())
}
