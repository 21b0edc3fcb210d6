//! Organizations with many staff, written into the databases: who works there, and what they hold after five years.

use std::ops::Range;

use muster_client::acts::{group, training};
use muster_ids::{EmploymentId, GroupId, OrganizationId, PersonId, TrainingId};
use muster_proto::records::v1::Training;
use sqlx::PgConnection;

use super::programmes::person_name;
use crate::database::{Databases, ID_AT, run, settle};
use crate::fixture::{Fixture, id_in};

/// What they take each year, and how long that is.
const COURSES: [(&str, i32); 6] = [
    ("Health and Safety Refresher", 120),
    ("Child Abuse and Neglect: Mandated Reporting", 180),
    ("Infant Safe Sleep and Shaken Baby Syndrome", 60),
    ("Pediatric First Aid and CPR", 240),
    ("Supporting Social and Emotional Development", 150),
    ("Including Children with Special Needs", 90),
];
/// What they have not completed: not begun, and begun.
const OPEN: usize = 2;
const YEARS: i32 = 5;
/// How many assignments of their organization each has: two of three courses a year, and what is open.
pub(crate) const ASSIGNMENTS_EACH: usize = (COURSES.len() - COURSES.len() / 3) * YEARS as usize + OPEN;

const EMPLOYMENTS: &str =
    "INSERT INTO employments (organization_id, employment_id, person_id, person_display_name, state,
        version, create_time, update_time, verify_time, first_verify_time, wait_time, start_date)
    SELECT $1, employment, person, name, $5, 1, now(), now(), verified, verified, waiting, current_date - 2000
    FROM UNNEST($2::uuid[], $3::uuid[], $4::text[]) AS given (employment, person, name),
         (SELECT CASE $5 WHEN 'VERIFIED' THEN now() END, CASE $5 WHEN 'PENDING_VERIFICATION' THEN now() END)
             AS since (verified, waiting)";
const GROUPS: &str = "INSERT INTO employment_groups (organization_id, employment_id, group_id) SELECT $1, unnest($2::uuid[]), $3";
const POSITIONS: &str = "INSERT INTO employment_positions (organization_id, employment_id, place, code, title, start_date)
    SELECT $1, employment, place, '', title, current_date - 2000
    FROM UNNEST($2::uuid[]) AS given (employment), (VALUES (1, 'Lead Teacher'), (2, 'Bus Driver')) AS held (place, title)";

const KNOWN: &str = "INSERT INTO employment_projection (organization_id, person_id, employment_id, state, sequence, group_ids)
    SELECT $1, person, employment, 'VERIFIED', 1, ARRAY[$4::uuid]
    FROM UNNEST($2::uuid[], $3::uuid[]) AS given (person, employment)";
/// Four of five have granted the organization their whole record.
const GRANTS: &str =
    "INSERT INTO grants (person_id, grant_id, organization_id, state, version, create_time, employment_id)
    SELECT person, pg_temp.id_at(now()), $1, 'ACTIVE', 1, now(), employment
    FROM UNNEST($2::uuid[], $3::uuid[]) WITH ORDINALITY AS given (person, employment, n) WHERE n % 5 <> 0";
const HELD: [&str; 2] = [
    "DROP TABLE IF EXISTS held",
    "CREATE TEMPORARY TABLE held (person_id uuid, training_id uuid, organization_id uuid, issue_time timestamptz,
         assignment_id uuid, certificate_id uuid)",
];
/// Each course in each of the years, every third one elsewhere. The earliest of the last year expires within 90 days.
const TAKEN: &str = "INSERT INTO held
    SELECT person, training, CASE WHEN place % 3 = 0 THEN $5 ELSE $1 END, moment, pg_temp.id_at(moment), pg_temp.id_at(moment)
    FROM UNNEST($2::uuid[]) AS persons (person), generate_series(0, $4 - 1) AS year,
         UNNEST($3::uuid[]) WITH ORDINALITY AS courses (training, place),
         LATERAL (SELECT now() - make_interval(days => (year * 365 + place * 55 - 40)::integer)) AS taken (moment)";
const ASSIGNMENTS: &str = "INSERT INTO assignments (person_id, assignment_id, organization_id, training_id, group_id, group_ids,
        state, progress_percent, certificate_id, version, assign_time, start_time, complete_time)
    SELECT person_id, assignment_id, organization_id, training_id, $1, ARRAY[$1::uuid], 'COMPLETED', 100, certificate_id, 3,
           issue_time - interval '30 days', issue_time - interval '10 days', issue_time
    FROM held";
const CERTIFICATES: &str = "INSERT INTO certificates (person_id, certificate_id, certificate_number, assignment_id,
        organization_id, training_id, training_display_name, issue_time, duration_minutes, expire_time)
    SELECT person_id, certificate_id, upper(replace(gen_random_uuid()::text, '-', '')), assignment_id, organization_id,
           training_id, display_name, issue_time, duration_minutes, issue_time + make_interval(months => validity_months)
    FROM held JOIN trainings USING (training_id)";
const TO_TAKE: &str = "INSERT INTO assignments (person_id, assignment_id, organization_id, training_id, group_id, group_ids, state,
        progress_percent, version, assign_time, start_time)
    SELECT person, pg_temp.id_at(now()), $1, training, $4, ARRAY[$4::uuid],
           CASE place WHEN 1 THEN 'ASSIGNED' ELSE 'IN_PROGRESS' END, CASE place WHEN 1 THEN 0 ELSE 40 END, place, now(),
           CASE place WHEN 1 THEN NULL ELSE now() END
    FROM UNNEST($2::uuid[]) AS persons (person), UNNEST($3::uuid[]) WITH ORDINALITY AS courses (training, place)";

/// An organization whose staff are verified.
#[derive(Debug)]
pub(crate) struct Staffed {
    /// `organizations/{organization}`.
    pub(crate) name: String,
    pub(crate) id: OrganizationId,
    pub(crate) count: usize,
    /// The group of all of them.
    pub(crate) group: GroupId,
}

/// The courses, in the shared catalog, and those that nobody has completed behind them.
pub(crate) async fn trainings(fixture: &Fixture) -> anyhow::Result<Vec<TrainingId>> {
    let further = (0..OPEN).map(|_| ("Orientation for New Staff", 60));
    let mut trainings = Vec::with_capacity(COURSES.len() + OPEN);
    for (number, (display_name, minutes)) in COURSES.into_iter().chain(further).enumerate() {
        let name = course(fixture, number, display_name, minutes).await?;
        trainings.push(id_in(&name)?);
    }
    Ok(trainings)
}

/// One more in the shared catalog, `trainings/{training}`; no two of a run have the same number.
pub(crate) async fn course(
    fixture: &Fixture,
    number: usize,
    display_name: &str,
    minutes: i32,
) -> anyhow::Result<String> {
    let course = Training {
        code: format!("MB-{}-{number}", fixture.clock.now().unix_timestamp()),
        display_name: display_name.to_owned(),
        duration_minutes: minutes,
        validity_months: 12,
        ..Training::default()
    };
    Ok(training::create(&fixture.staff, course, "measuring").await?.name)
}

impl Staffed {
    /// One with so many, each with five years behind them.
    pub(super) async fn make(
        fixture: &Fixture,
        databases: &Databases,
        count: usize,
        trainings: &[TrainingId],
    ) -> anyhow::Result<Self> {
        let mut staffed = Self::empty(fixture, &format!("Staffed {count}")).await?;
        let staff = staffed.hire(fixture, databases, count).await?;
        staffed.record(fixture, databases, &staff, trainings).await?;
        Ok(staffed)
    }

    /// One where nobody works yet.
    pub(crate) async fn empty(fixture: &Fixture, display_name: &str) -> anyhow::Result<Self> {
        let name = fixture.another(display_name).await?;
        let group = group::create(&fixture.client, &name, "Lead Teachers", &[]).await?;
        Ok(Self {
            id: id_in(&name)?,
            name,
            count: 0,
            group: id_in(&group.name)?,
        })
    }

    /// Has so many; those who are new.
    pub(crate) async fn hire(
        &mut self,
        fixture: &Fixture,
        databases: &Databases,
        count: usize,
    ) -> anyhow::Result<Staff> {
        let staff = Staff::of(fixture, self.id, self.count..count);
        let mut db = databases.to_fill("employment").await?;
        staff.employ(&mut db, self.id, self.group, "VERIFIED").await?;
        self.count = count;
        Ok(staff)
    }

    /// Has them hold what they took in five years.
    pub(crate) async fn record(
        &self,
        fixture: &Fixture,
        databases: &Databases,
        staff: &Staff,
        trainings: &[TrainingId],
    ) -> anyhow::Result<()> {
        let mut db = databases.to_fill("records").await?;
        staff
            .record(fixture, &mut db, self.id, self.group, trainings)
            .await
    }
}

/// Who works somewhere.
#[derive(Debug)]
pub(crate) struct Staff {
    pub(super) employments: Vec<EmploymentId>,
    pub(crate) persons: Vec<PersonId>,
    names: Vec<String>,
}

impl Staff {
    /// Those of these numbers, of whom nobody works elsewhere.
    pub(super) fn of(fixture: &Fixture, organization: OrganizationId, numbers: Range<usize>) -> Self {
        let issuer = &fixture.addresses.issuer;
        let person = |number| PersonId::derive(issuer, &format!("{organization} {number}"));
        Self {
            employments: numbers.clone().map(|_| fixture.clock.new_id()).collect(),
            persons: numbers.clone().map(person).collect(),
            names: numbers.map(person_name).collect(),
        }
    }

    /// Has them employed, in one group, with two positions each.
    pub(super) async fn employ(
        &self,
        db: &mut PgConnection,
        organization: OrganizationId,
        group: GroupId,
        state: &str,
    ) -> anyhow::Result<()> {
        let employments = sqlx::query(EMPLOYMENTS)
            .bind(organization)
            .bind(&self.employments)
            .bind(&self.persons)
            .bind(&self.names)
            .bind(state);
        employments.execute(&mut *db).await?;
        let groups = sqlx::query(GROUPS).bind(organization).bind(&self.employments);
        groups.bind(group).execute(&mut *db).await?;
        let positions = sqlx::query(POSITIONS).bind(organization).bind(&self.employments);
        positions.execute(&mut *db).await?;
        settle(db, &["employments", "employment_groups", "employment_positions"]).await
    }

    /// Has them hold what they took.
    async fn record(
        &self,
        fixture: &Fixture,
        db: &mut PgConnection,
        organization: OrganizationId,
        group: GroupId,
        trainings: &[TrainingId],
    ) -> anyhow::Result<()> {
        let elsewhere: OrganizationId = fixture.clock.new_id();
        let (completed, open) = trainings.split_at(COURSES.len().min(trainings.len()));
        for statement in [ID_AT].into_iter().chain(HELD) {
            run(db, statement).await?;
        }
        let known = sqlx::query(KNOWN).bind(organization).bind(&self.persons);
        known
            .bind(&self.employments)
            .bind(group)
            .execute(&mut *db)
            .await?;
        let grants = sqlx::query(GRANTS).bind(organization).bind(&self.persons);
        grants.bind(&self.employments).execute(&mut *db).await?;
        let taken = sqlx::query(TAKEN).bind(organization).bind(&self.persons);
        let taken = taken.bind(completed).bind(YEARS).bind(elsewhere);
        taken.execute(&mut *db).await?;
        sqlx::query(ASSIGNMENTS).bind(group).execute(&mut *db).await?;
        sqlx::query(CERTIFICATES).execute(&mut *db).await?;
        let to_take = sqlx::query(TO_TAKE).bind(organization).bind(&self.persons);
        to_take.bind(open).bind(group).execute(&mut *db).await?;
        settle(
            db,
            &["employment_projection", "grants", "assignments", "certificates"],
        )
        .await
    }
}
