//! Employments and their groups.

mod row;
#[cfg(test)]
mod tests;

use muster_database::{DatabaseError, Insertion};
use muster_ids::{
    EmploymentId, EmploymentName, GrantId, GroupId, InvitationId, LocationId, OrganizationId, PersonId,
};
use sqlx::PgConnection;
use time::{Date, OffsetDateTime};
use uuid::Uuid;

use super::guarded;
use crate::domain::{Consent, Employment, EmploymentState, End, Rejection, Settled, Side};
pub(crate) use row::Latest;

/// The index that lets a person have one open employment at an organization.
pub(crate) const ONE_OPEN: &str = "employments_one_open";

/// Every column, the last rejections (`MAX_REJECTIONS`: there were more before that was a limit), with groups, rejections and positions as arrays: the one list of columns of this module.
macro_rules! select {
    ($($rest:expr),+) => {
        concat!(
            "SELECT e.organization_id, e.employment_id, e.person_id, e.person_display_name, e.state,
                    ARRAY(SELECT g.group_id FROM employment_groups g
                          WHERE g.organization_id = e.organization_id AND g.employment_id = e.employment_id) AS groups,
                    e.location_id, e.source_invitation_id, e.version, e.create_time, e.verify_time, e.end_time, e.end_reason,
                    e.last_day, e.ended_by, e.end_due_time, e.first_verify_time, e.wait_time, e.person_last_day,
                    e.person_end_reason, e.organization_last_day, e.organization_end_reason, e.corrections,
                    r.reasons, r.comments, r.persons, r.times, e.start_date, p.codes, p.titles, p.starts, p.ends,
                    e.consent_grant_id, e.consent_time, e.consent_expire_time, e.consent_wording
             FROM employments e
             CROSS JOIN LATERAL (
                 SELECT array_agg(reason ORDER BY version) AS reasons, array_agg(comment ORDER BY version) AS comments,
                        array_agg(person_id ORDER BY version) AS persons,
                        array_agg(reject_time ORDER BY version) AS times
                 FROM (SELECT version, reason, comment, person_id, reject_time
                       FROM employment_rejections
                       WHERE organization_id = e.organization_id AND employment_id = e.employment_id
                       ORDER BY version DESC LIMIT 5) told) r
             CROSS JOIN LATERAL (
                 SELECT array_agg(code ORDER BY place) AS codes, array_agg(title ORDER BY place) AS titles,
                        array_agg(start_date ORDER BY place) AS starts, array_agg(end_date ORDER BY place) AS ends
                 FROM employment_positions
                 WHERE organization_id = e.organization_id AND employment_id = e.employment_id) p ",
            $($rest),+
        )
    };
}

mod list;

pub(crate) use list::{ListPosition, list};

/// One employment of the organization.
pub(crate) async fn find(
    db: &mut PgConnection,
    organization: OrganizationId,
    id: EmploymentId,
) -> Result<Option<Employment>, DatabaseError> {
    let found = sqlx::query_as(select!("WHERE e.organization_id = $1 AND e.employment_id = $2"))
        .bind(organization)
        .bind(id)
        .fetch_optional(db)
        .await?;
    Ok(found)
}

/// A person's employments at every organization, newest first.
pub(crate) async fn list_of_person(
    db: &mut PgConnection,
    person: PersonId,
    after: Option<EmploymentId>,
    limit: i64,
) -> Result<Vec<Employment>, DatabaseError> {
    let page = sqlx::query_as(select!(
        "WHERE e.person_id = $1 AND e.employment_id < $2
         ORDER BY e.employment_id DESC LIMIT $3"
    ))
    .bind(person)
    .bind(below(after))
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(page)
}

/// At most `limit` employments of all organizations, those after one, in the order of their names. Cross-tenant; for a list that begins.
pub(crate) async fn list_of_all(
    db: &mut PgConnection,
    after: Option<EmploymentName>,
    limit: i64,
) -> Result<Vec<Employment>, DatabaseError> {
    let page = sqlx::query_as(select!(
        "WHERE (e.organization_id, e.employment_id) > ($1, $2) ORDER BY e.organization_id, e.employment_id LIMIT $3"
    ))
    .bind(after.map_or(Uuid::nil(), |after| after.organization.as_uuid()))
    .bind(after.map_or(Uuid::nil(), |after| after.employment.as_uuid()))
    .bind(limit)
    .fetch_all(db)
    .await?;
    Ok(page)
}

/// The open employments of these persons at the organization, in no order.
pub(crate) async fn list_open(
    db: &mut PgConnection,
    organization: OrganizationId,
    persons: &[PersonId],
) -> Result<Vec<Employment>, DatabaseError> {
    let open = sqlx::query_as(select!(
        "WHERE e.organization_id = $1 AND e.person_id = ANY ($2) AND e.state = ANY ($3)"
    ))
    .bind(organization)
    .bind(persons)
    .bind(EmploymentState::OPEN)
    .fetch_all(db)
    .await?;
    Ok(open)
}

/// How many open employments there are in this group, and at this location.
pub(crate) async fn count_placed(
    db: &mut PgConnection,
    organization: OrganizationId,
    group: Option<GroupId>,
    location: Option<LocationId>,
) -> Result<i64, DatabaseError> {
    let count = sqlx::query_scalar(
        "SELECT count(*) FROM employments e
         WHERE e.organization_id = $1 AND e.state = ANY ($2) AND ($3::uuid IS NULL OR e.location_id = $3)
           AND ($4::uuid IS NULL OR EXISTS (
                SELECT FROM employment_groups g
                WHERE g.organization_id = e.organization_id AND g.employment_id = e.employment_id AND g.group_id = $4))",
    )
    .bind(organization)
    .bind(EmploymentState::OPEN)
    .bind(location)
    .bind(group)
    .fetch_one(db)
    .await?;
    Ok(count)
}

/// Waits until nobody else says where this person works, nor since or until when. Taken before any other lock of an employment, or of
/// what closes organizations.
pub(crate) async fn lock_claimant(tx: &mut PgConnection, person: PersonId) -> Result<(), DatabaseError> {
    sqlx::query("SELECT pg_advisory_xact_lock(hashtextextended('claimant ' || $1::text, 0))")
        .bind(person)
        .execute(tx)
        .await?;
    Ok(())
}

/// Where and when a person has claimed since, or consented anew with a claim, oldest first, whatever became of it. Across organizations.
pub(crate) async fn list_claims_of_person(
    tx: &mut PgConnection,
    person: PersonId,
    since: OffsetDateTime,
) -> Result<Vec<(OrganizationId, OffsetDateTime)>, DatabaseError> {
    // Nobody has claimed what an invitation led to, nor what was verified when it began: the director's.
    let claims = sqlx::query_as(
        "SELECT organization_id, create_time FROM employments
         WHERE person_id = $1 AND create_time > $2 AND source_invitation_id IS NULL
           AND first_verify_time IS DISTINCT FROM create_time
         UNION ALL
         SELECT organization_id, consent_time FROM further_consents WHERE person_id = $1 AND consent_time > $2
         ORDER BY create_time",
    );
    Ok(claims.bind(person).bind(since).fetch_all(tx).await?)
}

/// Notes that a person consented with a claim where they have an open employment. Those up to `since` count no more, and go.
pub(crate) async fn note_further_consent(
    tx: &mut PgConnection,
    person: PersonId,
    organization: OrganizationId,
    consent: &Consent,
    since: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM further_consents WHERE person_id = $1 AND consent_time <= $2")
        .bind(person)
        .bind(since)
        .execute(&mut *tx)
        .await?;
    let note = sqlx::query(
        "INSERT INTO further_consents (person_id, grant_id, organization_id, consent_time) VALUES ($1, $2, $3, $4)",
    );
    let note = note.bind(person).bind(consent.grant).bind(organization);
    note.bind(consent.time).execute(tx).await?;
    Ok(())
}

/// The person's other employments at the organization, in no order.
pub(crate) async fn list_others(
    tx: &mut PgConnection,
    employment: &Employment,
) -> Result<Vec<Employment>, DatabaseError> {
    let others = sqlx::query_as(select!(
        "WHERE e.organization_id = $1 AND e.person_id = $2 AND e.employment_id <> $3"
    ));
    let others = others
        .bind(employment.organization)
        .bind(employment.person)
        .bind(employment.id);
    Ok(others.fetch_all(tx).await?)
}

/// At which of these organizations the person has an open employment.
pub(crate) async fn list_open_of_person(
    tx: &mut PgConnection,
    person: PersonId,
    organizations: &[OrganizationId],
) -> Result<Vec<OrganizationId>, DatabaseError> {
    let open = sqlx::query_scalar(
        "SELECT organization_id FROM employments
         WHERE organization_id = ANY ($2) AND person_id = $1 AND state = ANY ($3)",
    );
    let open = open.bind(person).bind(organizations).bind(EmploymentState::OPEN);
    Ok(open.fetch_all(tx).await?)
}

/// Every id is below the greatest: one condition for all pages, which an index answers.
fn below(after: Option<EmploymentId>) -> EmploymentId {
    after.unwrap_or_else(|| Uuid::max().into())
}

/// The latest employment of the person at the organization, open or not.
pub(crate) async fn find_latest(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<Latest>, DatabaseError> {
    let latest = sqlx::query_as(
        "SELECT e.employment_id, e.state, e.version, e.create_time, e.update_time, e.location_id, e.person_display_name,
                e.source_invitation_id, e.consent_grant_id, e.consent_time, e.consent_expire_time, e.consent_wording,
                ARRAY(SELECT g.group_id FROM employment_groups g
                      WHERE g.organization_id = e.organization_id AND g.employment_id = e.employment_id) AS groups
         FROM employments e
         WHERE e.organization_id = $1 AND e.person_id = $2 ORDER BY e.version DESC LIMIT 1",
    )
    .bind(organization)
    .bind(person)
    .fetch_optional(db)
    .await?;
    Ok(latest)
}

/// When those who can verify it were reminded last; its row is locked.
pub(crate) async fn remind_time(
    tx: &mut PgConnection,
    name: EmploymentName,
) -> Result<Option<OffsetDateTime>, DatabaseError> {
    let time = sqlx::query_scalar(
        "SELECT remind_time FROM employments WHERE organization_id = $1 AND employment_id = $2",
    );
    let time = time.bind(name.organization).bind(name.employment);
    Ok(time.fetch_one(tx).await?)
}

/// Notes that they are reminded now: no change of the employment, and no version.
pub(crate) async fn remind(
    tx: &mut PgConnection,
    name: EmploymentName,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE employments SET remind_time = $3 WHERE organization_id = $1 AND employment_id = $2",
    )
    .bind(name.organization)
    .bind(name.employment)
    .bind(now)
    .execute(tx)
    .await?;
    guarded(done)
}

/// At which organization the person has given this consent with their claim. The person owns it: they are the key.
pub(crate) async fn find_consent(
    db: &mut PgConnection,
    person: PersonId,
    grant: GrantId,
) -> Result<Option<OrganizationId>, DatabaseError> {
    let organization = sqlx::query_scalar(
        "SELECT organization_id FROM employments WHERE person_id = $1 AND consent_grant_id = $2",
    );
    Ok(organization.bind(person).bind(grant).fetch_optional(db).await?)
}

/// When the organization last said of the person that it does not employ them, or not for long: rejected a claim, settled a last
/// day that is to come, ended an employment; or the person left. What was taken back does not count, but a rejection stays.
pub(crate) async fn refuse_time(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<OffsetDateTime>, DatabaseError> {
    let time = sqlx::query_scalar(
        // A last day is settled by the latest change of its row, or by an earlier one: too late is on the safe side.
        "SELECT max(refused.time) FROM (
             SELECT update_time AS time FROM employments
             WHERE organization_id = $1 AND person_id = $2
               AND (state = ANY ($3) OR (end_due_time IS NOT NULL AND ended_by = $4))
             UNION ALL
             SELECT r.reject_time FROM employment_rejections r JOIN employments e USING (organization_id, employment_id)
             WHERE e.organization_id = $1 AND e.person_id = $2) AS refused (time)",
    )
    .bind(organization)
    .bind(person)
    .bind(EmploymentState::OVERRULING)
    .bind(Side::Organization)
    .fetch_one(db)
    .await?;
    Ok(time)
}

/// What the acceptance of an invitation has led to already: the employment that came from it, or one that was closed since. Of
/// several the latest.
pub(crate) async fn find_answering(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
    invitation: InvitationId,
    accept_time: Option<OffsetDateTime>,
) -> Result<Option<Employment>, DatabaseError> {
    let answering = sqlx::query_as(select!(
        "WHERE e.organization_id = $1 AND e.person_id = $2
           AND (e.source_invitation_id = $3 OR (e.state = ANY ($4) AND e.update_time > $5))
         ORDER BY e.version DESC LIMIT 1"
    ))
    .bind(organization)
    .bind(person)
    .bind(invitation)
    .bind(EmploymentState::CLOSED)
    .bind(accept_time)
    .fetch_optional(db)
    .await?;
    Ok(answering)
}

/// Whether somebody other than this person waits to be verified at the organization.
pub(crate) async fn is_claimed_by_others(
    db: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<bool, DatabaseError> {
    // The state is written out as in the index employments_pending, which serves this.
    let waits = sqlx::query_scalar(
        "SELECT EXISTS (SELECT FROM employments
                        WHERE organization_id = $1 AND person_id <> $2 AND state = 'PENDING_VERIFICATION')",
    )
    .bind(organization)
    .bind(person)
    .fetch_one(db)
    .await?;
    Ok(waits)
}

/// The open employment of the person at the organization, locked until the transaction ends.
pub(crate) async fn lock_open(
    tx: &mut PgConnection,
    organization: OrganizationId,
    person: PersonId,
) -> Result<Option<Employment>, DatabaseError> {
    // Two statements: one that waited for the lock would see the row as it is now, but the groups as they were.
    let locked: Option<EmploymentId> = sqlx::query_scalar(
        "SELECT employment_id FROM employments
         WHERE organization_id = $1 AND person_id = $2 AND state = ANY ($3)
         FOR UPDATE",
    )
    .bind(organization)
    .bind(person)
    .bind(EmploymentState::OPEN)
    .fetch_optional(&mut *tx)
    .await?;
    match locked {
        Some(id) => find(tx, organization, id).await,
        None => Ok(None),
    }
}

/// One employment of the organization, locked until the transaction ends.
pub(crate) async fn lock(
    tx: &mut PgConnection,
    name: EmploymentName,
) -> Result<Option<Employment>, DatabaseError> {
    // Two statements, as above.
    sqlx::query("SELECT FROM employments WHERE organization_id = $1 AND employment_id = $2 FOR UPDATE")
        .bind(name.organization)
        .bind(name.employment)
        .execute(&mut *tx)
        .await?;
    find(tx, name.organization, name.employment).await
}

/// Those of the employments that the organization has, locked until the transaction ends, in the order of their ids.
pub(crate) async fn lock_all(
    tx: &mut PgConnection,
    organization: OrganizationId,
    ids: &[EmploymentId],
) -> Result<Vec<Employment>, DatabaseError> {
    // Two statements, as above.
    sqlx::query(
        "SELECT FROM employments WHERE organization_id = $1 AND employment_id = ANY ($2)
         ORDER BY employment_id FOR UPDATE",
    )
    .bind(organization)
    .bind(ids)
    .execute(&mut *tx)
    .await?;
    let locked = sqlx::query_as(select!(
        "WHERE e.organization_id = $1 AND e.employment_id = ANY ($2)"
    ))
    .bind(organization)
    .bind(ids)
    .fetch_all(tx)
    .await?;
    Ok(locked)
}

/// Stores a new open employment, unless the person has one here. Waits for a transaction that is about to open one.
pub(crate) async fn insert(tx: &mut PgConnection, new: &Employment) -> Result<Insertion, DatabaseError> {
    let done = sqlx::query(
        "INSERT INTO employments (organization_id, employment_id, person_id, person_display_name, state, location_id,
                                  source_invitation_id, version, create_time, update_time, verify_time, start_date,
                                  first_verify_time, wait_time, consent_grant_id, consent_time, consent_expire_time,
                                  consent_wording)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9, $10, $11, $12, $13, $14, $15, $16, $17)
         ON CONFLICT (organization_id, person_id) WHERE state IN ('PENDING_VERIFICATION', 'VERIFIED') DO NOTHING",
    )
    .bind(new.organization)
    .bind(new.id)
    .bind(new.person)
    .bind(&new.person_display_name)
    .bind(new.state)
    .bind(new.location)
    .bind(new.source_invitation)
    .bind(new.version)
    .bind(new.create_time)
    .bind(new.verify_time)
    .bind(new.start)
    .bind(new.first_verify_time)
    .bind(new.wait_time)
    .bind(new.consent.as_ref().map(|consent| consent.grant))
    .bind(new.consent.as_ref().map(|consent| consent.time))
    .bind(new.consent.as_ref().and_then(|consent| consent.terms.expire_time))
    .bind(new.consent.as_ref().map(|consent| consent.terms.wording.as_str()))
    .execute(&mut *tx)
    .await?;
    let insertion = Insertion::from(done);
    if insertion == Insertion::Stored {
        add_groups(tx, new).await?;
        replace_positions(tx, new).await?;
    }
    Ok(insertion)
}

/// Stores an employment that was changed; its row is locked, and is still the one that was read. The states are bound as
/// a value: written out, they would have the planner take the small index of open employments, and read all of the
/// organization's.
///
/// # Errors
/// The database's; [`DatabaseError::Inconsistent`] when the row is another version, or in a state from which nothing leads
/// to the new one.
pub(crate) async fn update(
    tx: &mut PgConnection,
    changed: &Employment,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    update_from(tx, changed.state.predecessors(), changed, now).await
}

/// As [`update`], of one that was in one of these states: what takes an end back leads where nothing else does.
///
/// # Errors
/// As [`update`].
pub(crate) async fn update_from(
    tx: &mut PgConnection,
    states: &[EmploymentState],
    changed: &Employment,
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE employments
         SET person_display_name = $3, state = $4, location_id = $5, source_invitation_id = $6, version = $7,
             update_time = $8, verify_time = $9, end_time = $11, end_reason = $12, start_date = $13,
             last_day = $14, ended_by = $15, end_due_time = $16, first_verify_time = $17, wait_time = $18,
             person_last_day = $19, person_end_reason = $20, organization_last_day = $21, organization_end_reason = $22,
             consent_grant_id = $23, consent_time = $24, consent_expire_time = $25, consent_wording = $26
         WHERE organization_id = $1 AND employment_id = $2 AND version = $7 - 1
           AND state = ANY ($10)",
    )
    .bind(changed.organization)
    .bind(changed.id)
    .bind(&changed.person_display_name)
    .bind(changed.state)
    .bind(changed.location)
    .bind(changed.source_invitation)
    .bind(changed.version)
    .bind(now)
    .bind(changed.verify_time)
    .bind(states)
    .bind(changed.end.as_ref().and_then(End::time))
    .bind(changed.end.as_ref().map(|end| end.reason.as_str()))
    .bind(changed.start)
    .bind(changed.end.as_ref().and_then(|end| end.last_day))
    .bind(changed.end.as_ref().map(|end| end.by))
    .bind(changed.end.as_ref().and_then(End::due_time))
    .bind(changed.first_verify_time)
    .bind(changed.wait_time)
    .bind(last_day(changed.kept.person.as_ref()))
    .bind(reason(changed.kept.person.as_ref()))
    .bind(last_day(changed.kept.organization.as_ref()))
    .bind(reason(changed.kept.organization.as_ref()))
    .bind(changed.consent.as_ref().map(|consent| consent.grant))
    .bind(changed.consent.as_ref().map(|consent| consent.time))
    .bind(changed.consent.as_ref().and_then(|consent| consent.terms.expire_time))
    .bind(changed.consent.as_ref().map(|consent| consent.terms.wording.as_str()))
    .execute(&mut *tx)
    .await?;
    guarded(done)?;
    add_groups(tx, changed).await?;
    match changed.rejections.last() {
        Some(rejection) if changed.state == EmploymentState::Rejected => {
            add_rejection(tx, changed, rejection).await
        }
        _ => Ok(()),
    }
}

fn last_day(settled: Option<&Settled>) -> Option<Date> {
    settled.map(|settled| settled.last_day)
}

fn reason(settled: Option<&Settled>) -> Option<&str> {
    settled.map(|settled| settled.reason.as_str())
}

/// The highest version among the person's other employments at the organization; 0 without one.
pub(crate) async fn version_of_others(
    tx: &mut PgConnection,
    employment: &Employment,
) -> Result<i64, DatabaseError> {
    let version = sqlx::query_scalar(
        "SELECT coalesce(max(version), 0) FROM employments
         WHERE organization_id = $1 AND person_id = $2 AND employment_id <> $3",
    );
    let version = version
        .bind(employment.organization)
        .bind(employment.person)
        .bind(employment.id);
    Ok(version.fetch_one(tx).await?)
}

/// Stores a higher version of an employment that this transaction has stored as another one.
///
/// # Errors
/// As [`update`].
pub(crate) async fn raise(
    tx: &mut PgConnection,
    raised: &Employment,
    version: i64,
) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE employments SET version = $4 WHERE organization_id = $1 AND employment_id = $2 AND version = $3",
    )
    .bind(raised.organization)
    .bind(raised.id)
    .bind(version)
    .bind(raised.version)
    .execute(tx)
    .await?;
    guarded(done)
}

/// Stores another last day of one that has ended, and another reason; its row is locked. It is as old as it was: what a person has
/// accepted since it ended still begins anew.
///
/// # Errors
/// As [`update`].
pub(crate) async fn correct_end(tx: &mut PgConnection, corrected: &Employment) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE employments SET end_reason = $3, last_day = $4, corrections = $7
         WHERE organization_id = $1 AND employment_id = $2 AND version = $5 AND state = $6 AND corrections = $7 - 1",
    )
    .bind(corrected.organization)
    .bind(corrected.id)
    .bind(corrected.end.as_ref().map(|end| end.reason.as_str()))
    .bind(corrected.end.as_ref().and_then(|end| end.last_day))
    .bind(corrected.version)
    .bind(EmploymentState::Ended)
    .bind(corrected.corrections)
    .execute(tx)
    .await?;
    guarded(done)
}

/// As [`update`], of many that were changed by the same act, in a statement for each state to which they have come: only what an
/// administrator decides of them changes, each its own.
///
/// # Errors
/// As [`update`].
pub(crate) async fn update_all(
    tx: &mut PgConnection,
    organization: OrganizationId,
    changed: &[Employment],
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    for state in EmploymentState::ALL {
        let to_it: Vec<&Employment> = changed.iter().filter(|one| one.state == state).collect();
        if !to_it.is_empty() {
            update_to(tx, organization, state, &to_it, now).await?;
        }
    }
    Ok(())
}

async fn update_to(
    tx: &mut PgConnection,
    organization: OrganizationId,
    state: EmploymentState,
    changed: &[&Employment],
    now: OffsetDateTime,
) -> Result<(), DatabaseError> {
    let ids: Vec<EmploymentId> = changed.iter().map(|one| one.id).collect();
    let versions: Vec<i64> = changed.iter().map(|one| one.version).collect();
    let done = sqlx::query(
        "UPDATE employments e
         SET state = $4, version = c.version, update_time = $5, verify_time = c.verify_time, end_time = c.end_time,
             end_reason = c.end_reason, last_day = c.last_day, ended_by = c.ended_by, end_due_time = c.end_due_time,
             first_verify_time = c.first_verify_time, person_last_day = c.person_last_day,
             person_end_reason = c.person_end_reason, organization_last_day = c.organization_last_day,
             organization_end_reason = c.organization_end_reason
         FROM UNNEST($2::uuid[], $3::bigint[], $7::timestamptz[], $8::timestamptz[], $9::text[], $10::date[], $11::text[],
                     $12::timestamptz[], $13::timestamptz[], $14::date[], $15::text[], $16::date[], $17::text[])
              AS c (id, version, verify_time, end_time, end_reason, last_day, ended_by, end_due_time, first_verify_time,
                    person_last_day, person_end_reason, organization_last_day, organization_end_reason)
         WHERE e.organization_id = $1 AND e.employment_id = c.id AND e.version = c.version - 1
           AND e.state = ANY ($6)",
    )
    .bind(organization)
    .bind(ids)
    .bind(versions)
    .bind(state)
    .bind(now)
    .bind(state.predecessors())
    .bind(column(changed, |one| one.verify_time))
    .bind(column(changed, |one| one.end.as_ref().and_then(End::time)))
    .bind(column(changed, |one| one.end.as_ref().map(|end| end.reason.as_str())))
    .bind(column(changed, |one| one.end.as_ref().and_then(|end| end.last_day)))
    .bind(column(changed, |one| one.end.as_ref().map(|end| end.by)))
    .bind(column(changed, |one| one.end.as_ref().and_then(End::due_time)))
    .bind(column(changed, |one| one.first_verify_time))
    .bind(column(changed, |one| last_day(one.kept.person.as_ref())))
    .bind(column(changed, |one| reason(one.kept.person.as_ref())))
    .bind(column(changed, |one| last_day(one.kept.organization.as_ref())))
    .bind(column(changed, |one| reason(one.kept.organization.as_ref())))
    .execute(tx)
    .await?;
    if done.rows_affected() != changed.len() as u64 {
        let text = "a locked employment changed under the lock";
        return Err(DatabaseError::Inconsistent(text.to_owned()));
    }
    Ok(())
}

fn column<'a, T>(employments: &[&'a Employment], value: impl Fn(&'a Employment) -> T) -> Vec<T> {
    employments.iter().copied().map(value).collect()
}

/// When the last employment of the same person at the same organization ended that was there before this one.
pub(crate) async fn former_end(
    tx: &mut PgConnection,
    employment: &Employment,
) -> Result<Option<OffsetDateTime>, DatabaseError> {
    let ended = sqlx::query_scalar(
        "SELECT max(end_time) FROM employments
         WHERE organization_id = $1 AND person_id = $2 AND employment_id < $3 AND end_time <= $4",
    )
    .bind(employment.organization)
    .bind(employment.person)
    .bind(employment.id)
    .bind(employment.create_time)
    .fetch_one(tx)
    .await?;
    Ok(ended)
}

/// At most `limit` employments of which it is to be looked whether they have come to their end. Cross-tenant; the job only.
pub(crate) async fn list_end_due(
    db: &mut PgConnection,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<EmploymentName>, DatabaseError> {
    let due: Vec<(OrganizationId, EmploymentId)> = sqlx::query_as(
        "SELECT organization_id, employment_id FROM employments WHERE end_due_time <= $1 ORDER BY end_due_time LIMIT $2",
    )
    .bind(now)
    .bind(limit)
    .fetch_all(db)
    .await?;
    let name = |(organization, employment)| EmploymentName {
        organization,
        employment,
    };
    Ok(due.into_iter().map(name).collect())
}

/// Stores when to look again whether a locked employment has come to its end. Nothing of the employment changes with that.
pub(crate) async fn end_due_again(
    tx: &mut PgConnection,
    employment: &Employment,
    next: OffsetDateTime,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE employments SET end_due_time = $3
         WHERE organization_id = $1 AND employment_id = $2 AND end_due_time IS NOT NULL",
    )
    .bind(employment.organization)
    .bind(employment.id)
    .bind(next)
    .execute(tx)
    .await?;
    Ok(())
}

/// Stores the positions of an employment whose row is locked, in place of those it had. What stays as it is is not written: the
/// history tells what changed.
pub(crate) async fn replace_positions(
    tx: &mut PgConnection,
    employment: &Employment,
) -> Result<(), DatabaseError> {
    let positions = &employment.positions;
    let kept = i16::try_from(positions.len()).unwrap_or(i16::MAX);
    sqlx::query(
        "DELETE FROM employment_positions WHERE organization_id = $1 AND employment_id = $2 AND place > $3",
    )
    .bind(employment.organization)
    .bind(employment.id)
    .bind(kept)
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO employment_positions AS p (organization_id, employment_id, place, code, title, start_date, end_date)
         SELECT $1, $2, given.* FROM unnest($3::smallint[], $4::text[], $5::text[], $6::date[], $7::date[]) AS given
         ON CONFLICT ON CONSTRAINT employment_positions_pkey DO UPDATE
         SET code = excluded.code, title = excluded.title, start_date = excluded.start_date, end_date = excluded.end_date
         WHERE (p.code, p.title, p.start_date, p.end_date)
             IS DISTINCT FROM (excluded.code, excluded.title, excluded.start_date, excluded.end_date)",
    )
    .bind(employment.organization)
    .bind(employment.id)
    .bind((1..=kept).collect::<Vec<_>>())
    .bind(positions.iter().map(|position| &position.code).collect::<Vec<_>>())
    .bind(positions.iter().map(|position| &position.title).collect::<Vec<_>>())
    .bind(positions.iter().map(|position| position.start).collect::<Vec<_>>())
    .bind(positions.iter().map(|position| position.end).collect::<Vec<_>>())
    .execute(tx)
    .await?;
    Ok(())
}

async fn add_rejection(
    tx: &mut PgConnection,
    employment: &Employment,
    rejection: &Rejection,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO employment_rejections (organization_id, employment_id, version, reason, comment, person_id, reject_time)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(employment.organization)
    .bind(employment.id)
    .bind(employment.version)
    .bind(rejection.reason)
    .bind(&rejection.comment)
    .bind(rejection.by)
    .bind(rejection.time)
    .execute(tx)
    .await?;
    Ok(())
}

async fn add_groups(tx: &mut PgConnection, employment: &Employment) -> Result<(), DatabaseError> {
    let groups: Vec<GroupId> = employment.groups.iter().copied().collect();
    sqlx::query(
        "INSERT INTO employment_groups (organization_id, employment_id, group_id)
         SELECT $1, $2, unnest($3::uuid[]) ON CONFLICT DO NOTHING",
    )
    .bind(employment.organization)
    .bind(employment.id)
    .bind(groups)
    .execute(tx)
    .await?;
    Ok(())
}

/// Takes the employment out of groups that it is in no more; those that it is in were added with the change.
pub(crate) async fn leave_groups(
    tx: &mut PgConnection,
    employment: &Employment,
) -> Result<(), DatabaseError> {
    let groups: Vec<GroupId> = employment.groups.iter().copied().collect();
    sqlx::query(
        "DELETE FROM employment_groups
         WHERE organization_id = $1 AND employment_id = $2 AND NOT group_id = ANY ($3)",
    )
    .bind(employment.organization)
    .bind(employment.id)
    .bind(groups)
    .execute(tx)
    .await?;
    Ok(())
}
