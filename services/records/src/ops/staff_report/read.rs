//! Reading what an organization's staff have to take, and what they hold.

use std::collections::{HashMap, HashSet};

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

/// The most certificates of one person.
const MAX_CERTIFICATES: i64 = 20;

/// Why each of these persons' whole records may be told.
pub(crate) type Permits = Vec<(PersonId, Permit)>;

/// Reports on those of these persons who are verified now, in the order of their ids. The transaction holds their employments and
/// grants: neither ends before it has committed. What is read does not leave it before it is logged, see [`log`].
///
/// # Errors
/// The database's.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    reader: &Reader,
    persons: &[PersonId],
) -> Result<(Vec<StaffReportEntry>, Permits), Error> {
    let organization = reader.caller.organization;
    let time = context.clock.now();
    // Since they were looked for, some may have left.
    let persons = &staff_report::lock_verified(tx, organization, persons).await?;
    let permits = match reader.caller.capacity {
        Capacity::ProfileUser(_) => staff_report::lock_shared(tx, organization, persons, time).await?,
        Capacity::Staff => persons.iter().map(|person| (*person, Permit::Staff)).collect(),
    };
    let shared: Vec<PersonId> = permits.iter().map(|(person, _)| *person).collect();
    let soon = Soon {
        after: time,
        until: time + EXPIRING_SOON,
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
    let entries = counted.into_iter().map(entry).collect();
    Ok((entries, permits))
}

/// Logs whose record is told, of these persons: because they granted it, or all of them where registry staff read; `export`: into a
/// file.
///
/// # Errors
/// The database's.
pub(crate) async fn log(
    tx: &mut PgConnection,
    context: &Context,
    reader: &Reader,
    permits: &Permits,
    told: &[PersonId],
    export: Option<ExportFormat>,
) -> Result<(), Error> {
    let told: HashSet<&PersonId> = told.iter().collect();
    let read = permits.iter().filter(|(person, _)| told.contains(person));
    let access =
        |&permitted: &(PersonId, Permit)| reader.access(context, AccessKind::Report, permitted, export);
    let accesses: Vec<RecordAccess> = read.map(access).collect();
    Ok(record_access::insert_all(tx, &accesses).await?)
}

/// Each one's, in the order in which they come.
fn by_person(certificates: Vec<Certificate>) -> HashMap<PersonId, Vec<Certificate>> {
    let mut of: HashMap<PersonId, Vec<Certificate>> = HashMap::new();
    for certificate in certificates {
        of.entry(certificate.person).or_default().push(certificate);
    }
    of
}
