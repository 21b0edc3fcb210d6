//! Invitations that are there already, written into the database of their service.

use muster_client::acts::group;
use muster_ids::{GroupId, InvitationId, OrganizationId, PersonId};
use sqlx::PgConnection;

use super::Measured;
use crate::database::{ID_AT, run, settle};
use crate::fixture::id_in;

/// As many as one statement makes.
const BATCH: i64 = 100_000;

/// From one number to another, in the states $4 in turn, one a second in the past; and the learners among them.
const INVITATIONS: &str = "WITH made AS (
        INSERT INTO invitations (organization_id, invitation_id, version, state, address_given, address_canonical, source,
            inviter_person_id, generation, delivery_state, create_time, send_time, expire_time, mail_times, person_id,
            person_display_name, accept_time, learner_id)
        SELECT $1, id, 2, state, address, address, 'MANUAL', $2, 1, 'SENT', moment, moment, moment + interval '30 days',
               ARRAY[moment], CASE WHEN joined THEN gen_random_uuid() END, CASE WHEN joined THEN 'Learner ' || n END,
               CASE WHEN joined THEN moment + interval '1 minute' END, CASE WHEN joined THEN id END
        FROM generate_series($5::bigint, $6::bigint - 1) AS n,
             LATERAL (SELECT ($4::text[])[1 + n % cardinality($4)] AS state, 'filled-' || n || '@school.test' AS address,
                             now() - make_interval(secs => n) AS moment) AS one,
             LATERAL (SELECT pg_temp.id_at(moment) AS id, state IN ('ACTIVE', 'ARCHIVED') AS joined) AS more
        RETURNING *),
    grouped AS (
        INSERT INTO invitation_groups (organization_id, invitation_id, group_id)
        SELECT organization_id, invitation_id, $3 FROM made)
    INSERT INTO learners (organization_id, learner_id, create_time, person_id, display_name, address_given, is_active,
        accepted_invitation_id, group_ids)
    SELECT organization_id, learner_id, create_time, person_id, person_display_name, address_given, state = 'ACTIVE',
           invitation_id, ARRAY[$3]
    FROM made WHERE person_id IS NOT NULL";
const MADE: &str = "SELECT invitation_id, address_given FROM invitations WHERE organization_id = $1";

/// An organization with invitations.
#[derive(Debug)]
pub(super) struct Filled {
    /// `organizations/{organization}`.
    pub(super) name: String,
    pub(super) id: OrganizationId,
}

impl Filled {
    /// One with so many, in these states in turn.
    pub(super) async fn make(
        measured: &Measured<'_>,
        display_name: &str,
        count: u32,
        states: &[&str],
    ) -> anyhow::Result<Self> {
        let fixture = measured.fixture;
        let name = fixture.another(display_name).await?;
        let id: OrganizationId = id_in(&name)?;
        let group = group::create(&fixture.client, &name, "Lead Teachers", &[]).await?;
        let group: GroupId = id_in(&group.name)?;
        let inviter = PersonId::derive(&fixture.addresses.issuer, "owner");
        let mut db = measured.databases.to_fill("invitation").await?;
        run(&mut db, ID_AT).await?;
        let count = i64::from(count);
        let mut from = 0;
        while from < count {
            let to = (from + BATCH).min(count);
            let filling = sqlx::query(INVITATIONS).bind(id).bind(inviter).bind(group);
            let filling = filling.bind(states).bind(from).bind(to);
            filling.execute(&mut db).await?;
            if count > BATCH {
                eprintln!("  {to} invitations of {count} are filled in …");
            }
            from = to;
        }
        settle(&mut db, &["invitations", "invitation_groups", "learners"]).await?;
        Ok(Self { name, id })
    }

    /// Each with its address.
    pub(super) async fn invitations(
        &self,
        db: &mut PgConnection,
    ) -> anyhow::Result<Vec<(InvitationId, String)>> {
        Ok(sqlx::query_as(MADE).bind(self.id).fetch_all(db).await?)
    }
}
