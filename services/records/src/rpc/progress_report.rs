//! How far the learners of an organization are, and who is late.

mod convert;
mod parse;

use muster_ids::{AssignmentId, LearnerName, PersonId};
use muster_proto::records::v1 as pb;
use muster_proto::records::v1::progress_report_service_server::ProgressReportService;
use muster_server::{Call, Failure};
use sqlx::PgConnection;
use tonic::{Request, Response, Status};

use super::{Rpc, export};
use crate::domain::{Certificate, ProgressEntry};
use crate::error::Error;
use crate::ops::certificate::name;
use crate::ops::learner::place;
use crate::store::{certificate, progress};

#[tonic::async_trait]
impl ProgressReportService for Rpc {
    async fn list_progress(
        &self,
        request: Request<pb::ListProgressRequest>,
    ) -> Result<Response<pb::ListProgressResponse>, Status> {
        let context = &self.context;
        let (call, (organization, filter)) = Call::read(request, parse::list)?;
        place::prepare(context, organization).await?;
        let (now, late_only) = (context.clock.now(), call.message.late_only);
        let mut persons = Vec::new();
        let list = async |after: Option<(Option<i64>, AssignmentId)>, limit| {
            let list = async |db: &mut PgConnection| match (late_only, after) {
                (false, after) => {
                    let before = after.map(|(_, id)| id);
                    progress::list(db, organization, &filter, before, limit).await
                }
                (true, after) => {
                    let after = after.and_then(|(end, id)| Some((end?, id)));
                    progress::list_late(db, organization, &filter, now, after, limit).await
                }
            };
            let page: Vec<ProgressEntry> = context.database.read(list).await?;
            persons = page.iter().map(|entry| entry.assignment.person).collect();
            Ok::<_, Error>(page)
        };
        let position = |last: &ProgressEntry| last.position(late_only);
        let show = |entry| convert::entry(organization, entry, now);
        let page = call.page_with(&context.page_key, list, position, show).await?;
        persons.sort_unstable();
        persons.dedup();
        let mut entries = page.items;
        let employees = context.peers.employees(organization, &persons).await?;
        for entry in &mut entries {
            entry.learner_display_name = named(&entry.learner)
                .and_then(|person| employees.get(&person))
                .map(|employee| employee.display_name.clone())
                .unwrap_or_default();
        }
        Ok(Response::new(pb::ListProgressResponse {
            entries,
            next_page_token: page.next_page_token,
        }))
    }

    async fn summarize_progress(
        &self,
        request: Request<pb::SummarizeProgressRequest>,
    ) -> Result<Response<pb::SummarizeProgressResponse>, Status> {
        let context = &self.context;
        let (_, (organization, filter, by)) = Call::read(request, parse::summarize)?;
        place::prepare(context, organization).await?;
        let now = context.clock.now();
        let count = async |db: &mut PgConnection| {
            let total = progress::count(db, organization, &filter, None, now).await?;
            let rows = match by {
                Some(by) => progress::count(db, organization, &filter, Some(by), now).await?,
                None => Vec::new(),
            };
            Ok::<_, Error>((total, rows))
        };
        let (total, rows) = context.database.read(count).await?;
        let row = |row| convert::row(organization, by, row);
        Ok(Response::new(pb::SummarizeProgressResponse {
            total: total.first().map(|row| row.counts.into()),
            rows: rows.into_iter().map(row).collect(),
        }))
    }

    async fn list_issued_certificates(
        &self,
        request: Request<pb::ListIssuedCertificatesRequest>,
    ) -> Result<Response<pb::ListIssuedCertificatesResponse>, Status> {
        let context = &self.context;
        let (call, (organization, person)) = Call::read(request, parse::issued)?;
        let list = async |after, limit| {
            let list =
                async |db: &mut _| certificate::list_issued(db, organization, person, after, limit).await;
            context.database.read(list).await.map_err(Error::from)
        };
        call.page(&context.page_key, list, |last: &Certificate| last.id)
            .await
    }

    async fn download_issued_certificate(
        &self,
        request: Request<pb::DownloadIssuedCertificateRequest>,
    ) -> Result<Response<pb::DownloadIssuedCertificateResponse>, Status> {
        let context = &self.context;
        let (call, (organization, name)) = Call::read(request, parse::issued_one)?;
        let found = super::certificate::find(context, name).await?;
        // One that others issued, or that is the person's own, is none here.
        if found.organization != Some(organization) {
            return Err(Error::from(Failure::NotFound).into());
        }
        let named = name::prepare(context, found, None).await?;
        // The field rule has looked at it.
        let language = call.message.language.parse().unwrap_or_default();
        let file = export::certificate::print(&named, language)?;
        Ok(Response::new(pb::DownloadIssuedCertificateResponse {
            file: Some(file.body),
            file_name: file.name,
        }))
    }
}

/// Whom an entry is about.
fn named(learner: &str) -> Option<PersonId> {
    learner.parse().ok().map(|LearnerName { person, .. }| person)
}
