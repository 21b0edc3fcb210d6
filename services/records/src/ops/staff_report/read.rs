//! Reading what an organization's staff have to take, and what they hold.

use std::collections::HashMap;

use muster_ids::PersonId;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{
    AccessKind, Capacity, Certificate, EXPIRING_SOON, ExportFormat, Permit, RecordAccess, StaffReportEntry,
};
use crate::error::Error;
use crate::ops::learning_record::read::Reader;
use crate::store::record_access;
use crate::store::staff_report::{self, Counted, Soon};

/// The most certificates of one person: a page of a thousand persons stays below what a client takes.
const MAX_CERTIFICATES: i64 = 20;

/// Reports on these persons, in their order, and logs whose record was read because they granted it, or all of them where registry staff
/// read; `export`: into a file. The transaction holds
/// their employments and grants: neither ends before it has committed, and what is read without a log entry does not leave it.
///
/// # Errors
/// The database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    reader: &Reader,
    persons: &[PersonId],
    export: Option<ExportFormat>,
) -> Result<Vec<StaffReportEntry>, Error> {
    let organization = reader.caller.organization;
    let access_time = context.clock.now();
    let permits = match reader.caller.capacity {
        Capacity::ProfileUser(_) => staff_report::lock_shared(tx, organization, persons, access_time).await?,
        Capacity::Staff => persons.iter().map(|person| (*person, Permit::Staff)).collect(),
    };
    let access = |&permitted| reader.access(context, AccessKind::Report, permitted, export);
    let accesses: Vec<RecordAccess> = permits.iter().map(access).collect();
    record_access::insert_all(tx, &accesses).await?;
    let shared: Vec<PersonId> = permits.into_iter().map(|(person, _)| person).collect();
    let soon = Soon {
        after: access_time,
        until: access_time + EXPIRING_SOON,
    };
    let counted = staff_report::count(tx, organization, persons, &shared, soon).await?;
    let newest = staff_report::certificates(tx, organization, persons, &shared, MAX_CERTIFICATES).await?;
    let expiring = staff_report::expiring(tx, organization, persons, &shared, soon, MAX_CERTIFICATES).await?;
    let (mut newest, mut expiring) = (by_person(newest), by_person(expiring));
    let entry = |counted: Counted| StaffReportEntry {
        person: counted.person,
        own: counted.own,
        is_shared: shared.contains(&counted.person),
        certificate_count: counted.certificates,
        certificates: newest.remove(&counted.person).unwrap_or_default(),
        years: counted.years,
        expiring_count: counted.expiring,
        expiring: expiring.remove(&counted.person).unwrap_or_default(),
    };
    Ok(counted.into_iter().map(entry).collect())
}

/// Each one's, in the order in which they come.
fn by_person(certificates: Vec<Certificate>) -> HashMap<PersonId, Vec<Certificate>> {
    let mut of: HashMap<PersonId, Vec<Certificate>> = HashMap::new();
    for certificate in certificates {
        of.entry(certificate.person).or_default().push(certificate);
    }
    of
}
