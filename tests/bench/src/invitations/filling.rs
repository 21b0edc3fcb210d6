//! Invitations that are there already, written into the database of their service.

use std::time::Duration;

use muster_client::acts::group;
use muster_ids::{GroupId, InvitationId, OrganizationId, PersonId};
use sqlx::PgConnection;

use crate::database::{Databases, ID_AT, run, settle};
use crate::fixture::{Fixture, id_in};
use crate::polling::until;

/// As many as one statement makes.
const BATCH: i64 = 100_000;

/// From one number to another, in the states $4 in turn, one a second in the past; the learners among them, and what triggers would count.
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
        SELECT organization_id, invitation_id, $3 FROM made),
    counted AS (
        INSERT INTO invitation_count_changes (organization_id, state, expire_time, change)
        SELECT organization_id, state, CASE WHEN state IN ('PROSPECT', 'PENDING') THEN expire_time END, count(*)
        FROM made GROUP BY 1, 2, 3)
    INSERT INTO learners (organization_id, learner_id, create_time, person_id, display_name, address_given, is_active,
        accepted_invitation_id, group_ids)
    SELECT organization_id, learner_id, create_time, person_id, person_display_name, address_given, state = 'ACTIVE',
           invitation_id, ARRAY[$3]
    FROM made WHERE person_id IS NOT NULL";
/// What the job has not folded into the counts yet.
const UNFOLDED: &str = "SELECT count(*) FROM invitation_count_changes WHERE organization_id = $1";
/// Until it has.
const PATIENCE: Duration = Duration::from_secs(300);
const PAUSE: Duration = Duration::from_millis(200);
const OLDEST: &str =
    "SELECT invitation_id, address_given FROM invitations WHERE organization_id = $1 AND state = $2
    ORDER BY invitation_id LIMIT $3";

/// What is filled in.
const FILLED: [&str; 5] = [
    "invitations",
    "invitation_groups",
    "learners",
    "invitation_counts",
    "invitation_count_changes",
];

/// An organization with invitations.
#[derive(Debug)]
pub(crate) struct Filled {
    /// `organizations/{organization}`.
    pub(crate) name: String,
    pub(crate) id: OrganizationId,
    /// The group of all of them, `organizations/{organization}/groups/{group}`.
    pub(crate) group: String,
    /// How many were written.
    pub(crate) count: u32,
}

impl Filled {
    /// One with so many, in these states in turn.
    pub(crate) async fn make(
        fixture: &Fixture,
        databases: &Databases,
        display_name: &str,
        count: u32,
        states: &[&str],
    ) -> anyhow::Result<Self> {
        let name = fixture.another(display_name).await?;
        let group = group::create(&fixture.client, &name, "Lead Teachers", &[]).await?;
        let mut filled = Self {
            id: id_in(&name)?,
            name,
            group: group.name,
            count: 0,
        };
        filled.grow(fixture, databases, count, states).await?;
        Ok(filled)
    }

    /// Has so many: those that are added in these states in turn.
    pub(crate) async fn grow(
        &mut self,
        fixture: &Fixture,
        databases: &Databases,
        count: u32,
        states: &[&str],
    ) -> anyhow::Result<()> {
        let group: GroupId = id_in(&self.group)?;
        let inviter = PersonId::derive(&fixture.addresses.issuer, "owner");
        let mut db = databases.to_fill("invitation").await?;
        run(&mut db, ID_AT).await?;
        let (mut from, wanted) = (i64::from(self.count), i64::from(count));
        while from < wanted {
            let to = (from + BATCH).min(wanted);
            let filling = sqlx::query(INVITATIONS).bind(self.id).bind(inviter).bind(group);
            let filling = filling.bind(states).bind(from).bind(to);
            filling.execute(&mut db).await?;
            if wanted > BATCH {
                eprintln!("  {to} invitations of {wanted} are filled in …");
            }
            from = to;
        }
        self.count = self.count.max(count);
        let what = "waiting until what was filled in is folded into the counts";
        until(what, PATIENCE, PAUSE, async || {
            let unfolded = sqlx::query_scalar(UNFOLDED).bind(self.id);
            let unfolded: i64 = unfolded.fetch_one(&mut db).await?;
            Ok((unfolded == 0).then_some(()))
        })
        .await?;
        settle(&mut db, &FILLED).await
    }

    /// The oldest of this state, each with its address.
    pub(crate) async fn oldest(
        &self,
        db: &mut PgConnection,
        state: &str,
        count: u32,
    ) -> anyhow::Result<Vec<(InvitationId, String)>> {
        let oldest = sqlx::query_as(OLDEST).bind(self.id).bind(state);
        Ok(oldest.bind(i64::from(count)).fetch_all(db).await?)
    }
}
