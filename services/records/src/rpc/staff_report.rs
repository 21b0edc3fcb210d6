//! The report on the staff of an organization.

mod convert;
mod parse;

use muster_ids::{LearnerName, PersonId};
use muster_proto::records::v1 as pb;
use muster_proto::records::v1::staff_report_service_server::StaffReportService;
use muster_server::{Answers, Call, answers};
use tonic::{Request, Response, Status};

use super::Rpc;
use super::export::staff;
use crate::error::Error;
use crate::ops::learning_record::read::Reader;
use crate::ops::staff_report::read;
use crate::store::employment_projection;

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
        let mut persons = Vec::new();
        let list = async |after, limit| {
            let list =
                async |db: &mut _| employment_projection::list_verified(db, organization, after, limit).await;
            persons = context.database.read(list).await?;
            Ok::<_, Error>(persons.clone())
        };
        // Who is on the page is settled before anything about them is read, and logged as read.
        let named = |person| pb::StaffReportEntry {
            learner: LearnerName { organization, person }.to_string(),
            ..Default::default()
        };
        let position = |last: &PersonId| *last;
        let page = call.page_with(&context.page_key, list, position, named).await?;
        persons.truncate(page.items.len());
        let work = async |tx: &mut _| read::apply(tx, context, &reader, &persons, None).await;
        let entries = context.database.write(work).await?;
        let waiting = async |db: &mut _| employment_projection::count_waiting(db, organization).await;
        let waiting = context.database.read(waiting).await.map_err(Error::from)?;
        let show = |entry| convert::entry(organization, entry);
        Ok(Response::new(pb::ReadStaffReportResponse {
            entries: entries.into_iter().map(show).collect(),
            next_page_token: page.next_page_token,
            unverified_count: i32::try_from(waiting).unwrap_or(i32::MAX),
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
