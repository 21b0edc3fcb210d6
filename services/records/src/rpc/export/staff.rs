//! The staff report as a file.

use muster_clock::Zone;
use muster_ids::{OrganizationId, PersonId};
use muster_proto::records::v1 as pb;
use muster_server::AnswerSink;
use muster_tables::{Cell, Column, Head};
use sqlx::PgConnection;
use tonic::Status;

use super::{File, clocks, made};
use crate::context::Context;
use crate::domain::{Certificate, Employees, ExportFormat, Staff, StaffReportEntry, TrainingYear};
use crate::error::Error;
use crate::ops::learning_record::read::Reader;
use crate::ops::staff_report::read;
use crate::store::{employment_projection, staff_report};

/// How many employees are read at a time.
const PAGE: i64 = 200;

const COLUMNS: [Column; 14] = [
    Column::new("displayName", "Name", 2.6),
    Column::new("positions", "Positions", 2.2),
    Column::new("startDate", "Since", 1.2),
    Column::new("assignedCount", "Assigned", 1.0),
    Column::new("inProgressCount", "Begun", 1.0),
    Column::new("completedCount", "Completed", 1.1),
    Column::new("latestCompleteTime", "Last completed", 1.6),
    Column::new("isShared", "Whole record", 1.0),
    Column::new("certificateCount", "Certificates", 1.2),
    Column::new("certificates", "Newest certificates", 3.6),
    Column::new("hours", "Hours by year", 1.8),
    Column::new("expiringCount", "Expire within 90 days", 1.2),
    Column::new("expiring", "Which expire", 3.0),
    Column::new("learner", "Id", 2.2),
];

/// The file, and the first employees of it, whom to ask for before anything is sent.
pub(in crate::rpc) async fn begin(
    context: &Context,
    reader: &Reader,
    format: ExportFormat,
) -> Result<File, Error> {
    let organization = reader.caller.organization;
    let count = async |db: &mut _| staff_report::count_staff(db, organization).await;
    let staff = context.database.read(count).await?;
    let head = Head {
        title: format!("Staff report: {}", reader.organization_display_name),
        notes: vec![
            made(context.clock.now(), &reader.zone, &reader.caller.display_name),
            "Of whoever does not share their whole record, the certificates are those of this organization's own trainings."
                .to_owned(),
            left_out(&staff, &reader.zone),
            format!("{} Hours are added up by the year in UTC.", clocks(format, &reader.zone)),
        ],
        columns: COLUMNS.to_vec(),
    };
    File::begin(
        context,
        "staff-report",
        format,
        head,
        &reader.zone,
        staff.verified,
    )
}

/// The line that says whom the file does not tell of.
fn left_out(staff: &Staff, zone: &Zone) -> String {
    let said = format!(
        "Left out because their employment waits to be verified: {}",
        staff.waiting
    );
    match staff.waiting_since {
        Some(since) => format!("{said}, the longest since {}.", zone.day(since)),
        None => format!("{said}."),
    }
}

/// Writes a row for each verified employee.
pub(in crate::rpc) async fn write(
    context: Context,
    reader: Reader,
    format: ExportFormat,
    mut file: File,
    sink: AnswerSink<pb::ExportStaffReportResponse>,
) -> Result<(), Status> {
    let mut after = None;
    loop {
        let persons = page(&context, reader.caller.organization, after).await?;
        after = persons.last().copied();
        if after.is_none() {
            return file.finish(&sink).await;
        }
        let rows = rows(&context, &reader, format, &persons).await?;
        file.rows(rows, &sink).await?;
    }
}

async fn page(
    context: &Context,
    organization: OrganizationId,
    after: Option<PersonId>,
) -> Result<Vec<PersonId>, Error> {
    let list = async |db: &mut _| employment_projection::list_verified(db, organization, after, PAGE).await;
    Ok(context.database.read(list).await?)
}

async fn rows(
    context: &Context,
    reader: &Reader,
    format: ExportFormat,
    persons: &[PersonId],
) -> Result<Vec<Vec<Cell>>, Error> {
    let employees = context
        .peers
        .employees(reader.caller.organization, persons)
        .await?;
    let work = async |tx: &mut PgConnection| {
        let (entries, permits) = read::apply(tx, context, reader, persons).await?;
        read::log(tx, context, reader, &permits, persons, Some(format)).await?;
        Ok::<_, Error>(entries)
    };
    let entries = context.database.write(work).await?;
    let row = |entry| row(entry, &employees, &reader.zone);
    Ok(entries.into_iter().map(row).collect())
}

fn row(entry: StaffReportEntry, employees: &Employees, zone: &Zone) -> Vec<Cell> {
    let StaffReportEntry {
        person,
        own,
        is_shared,
        certificate_count,
        certificates,
        years,
        expiring_count,
        expiring,
    } = entry;
    let employee = employees.get(&person).cloned().unwrap_or_default();
    let newest = certificates.iter();
    let newest = newest.map(|one| format!("{} ({})", one.training_display_name, zone.day(one.issue_time)));
    let until = |one: &Certificate| {
        let date = one.expire_time.map(|time| zone.day(time).to_string());
        format!("{} ({})", one.training_display_name, date.unwrap_or_default())
    };
    vec![
        Cell::text(employee.display_name),
        Cell::text(employee.position_titles.join("; ")),
        Cell::text(employee.start_date),
        Cell::Count(own.assigned),
        Cell::Count(own.in_progress),
        Cell::Count(own.completed),
        Cell::maybe(own.latest_complete_time, Cell::Time),
        Cell::Is(is_shared),
        Cell::Count(certificate_count),
        Cell::text(newest.collect::<Vec<_>>().join("; ")),
        Cell::text(years.iter().map(hours).collect::<Vec<_>>().join("; ")),
        Cell::Count(expiring_count),
        Cell::text(expiring.iter().map(until).collect::<Vec<_>>().join("; ")),
        Cell::text(person.to_string()),
    ]
}

/// Hours and minutes of a year: `2026: 7:30`.
fn hours(year: &TrainingYear) -> String {
    let (hours, minutes) = (year.duration_minutes / 60, year.duration_minutes % 60);
    format!("{}: {hours}:{minutes:02}", year.year)
}
