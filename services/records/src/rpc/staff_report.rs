//! The report on the staff of an organization.

mod convert;
mod parse;

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId};
use muster_proto::records::v1 as pb;
use muster_proto::records::v1::staff_report_service_server::StaffReportService;
use muster_server::convert::timestamp;
use muster_server::{Answers, Call, answers};
use sqlx::PgConnection;
use tonic::{Request, Response, Status};

use super::Rpc;
use super::export::staff;
use crate::context::Context;
use crate::domain::{Employees, StaffReportEntry};
use crate::error::Error;
use crate::ops::learning_record::read::Reader;
use crate::ops::staff_report::read;
use crate::store::{employment_projection, staff_report};

/// Of so many people is asked at a time who they are: what is told of a thousand may be more than an answer holds.
const AT_ONCE: usize = 200;

/// What ends a transaction that answers by itself.
struct Refused(Status);

impl From<Status> for Refused {
    fn from(why: Status) -> Self {
        Self(why)
    }
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self(error.into())
    }
}

impl From<DatabaseError> for Refused {
    fn from(error: DatabaseError) -> Self {
        Error::from(error).into()
    }
}

#[tonic::async_trait]
impl StaffReportService for Rpc {
    async fn read_staff_report(
        &self,
        request: Request<pb::ReadStaffReportRequest>,
    ) -> Result<Response<pb::ReadStaffReportResponse>, Status> {
        let context = &self.context;
        let (call, caller) = Call::read(request, parse::read_staff_report)?;
        let organization = caller.organization;
        let reader = Reader::of(context, caller).await?;
        let employees = likely(context, &call, organization).await?;
        // Only whoever the page has room for is told of, and logged as read: how much there is of each shows when it is read.
        let work = async |tx: &mut PgConnection| {
            let (mut persons, mut permits) = (Vec::new(), Vec::new());
            let list = async |after, limit| {
                loop {
                    persons = employment_projection::list_verified(tx, organization, after, limit).await?;
                    let entries;
                    (entries, permits) = read::apply(tx, context, &reader, &persons).await?;
                    // Where one left in between, the next look finds another in their place, and the transaction holds all but that one.
                    if entries.len() == persons.len() {
                        return Ok::<_, Error>(entries);
                    }
                }
            };
            let position = |last: &StaffReportEntry| last.person;
            let show = |entry: StaffReportEntry| {
                let employee = employees.get(&entry.person).cloned().unwrap_or_default();
                convert::entry(organization, entry, employee)
            };
            let page = call.page_with(&context.page_key, list, position, show).await?;
            persons.truncate(page.items.len());
            read::log(tx, context, &reader, &permits, &persons, None).await?;
            Ok::<_, Refused>(page)
        };
        let page = context.database.write(work).await.map_err(|Refused(why)| why)?;
        let count = async |db: &mut _| staff_report::count_staff(db, organization).await;
        let staff = context.database.read(count).await.map_err(Error::from)?;
        Ok(Response::new(pb::ReadStaffReportResponse {
            entries: page.items,
            next_page_token: page.next_page_token,
            unverified_count: i32::try_from(staff.waiting).unwrap_or(i32::MAX),
            oldest_unverified_time: staff.waiting_since.map(timestamp),
        }))
    }

    type ExportStaffReportStream = Answers<pb::ExportStaffReportResponse>;

    async fn export_staff_report(
        &self,
        request: Request<pb::ExportStaffReportRequest>,
    ) -> Result<Response<Self::ExportStaffReportStream>, Status> {
        let context = self.context.clone();
        let (_, (caller, format)) = Call::read(request, parse::export_staff_report)?;
        let reader = Reader::of(&context, caller).await?;
        let file = staff::begin(&context, &reader, format).await?;
        Ok(answers(|sink| staff::write(context, reader, format, file, sink)))
    }
}

/// Who those are that are likely to be on the page: whom the transaction finds, it finds a moment later, and asks nobody.
async fn likely(
    context: &Context,
    call: &Call<pb::ReadStaffReportRequest>,
    organization: OrganizationId,
) -> Result<Employees, Status> {
    let mut persons = Vec::new();
    let list = async |after, limit| {
        let list =
            async |db: &mut _| employment_projection::list_verified(db, organization, after, limit).await;
        persons = context.database.read(list).await?;
        Ok::<_, Error>(persons.clone())
    };
    let position = |last: &PersonId| *last;
    let show = |person: PersonId| person.to_string();
    call.page_with(&context.page_key, list, position, show).await?;
    let mut employees = Employees::new();
    for some in persons.chunks(AT_ONCE) {
        employees.extend(context.peers.employees(organization, some).await?);
    }
    Ok(employees)
}
