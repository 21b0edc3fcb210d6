//! What a person sees of their own learning.

use muster_ids::CertificateName;
use muster_proto::records::v1 as pb;
use muster_proto::records::v1::person_record_service_server::PersonRecordService;
use muster_server::{Answers, Call, answers, names};
use tonic::{Request, Response, Status};

use super::assignment::convert::for_person;
use super::export::{self, record};
use super::{Rpc, oneself};
use crate::domain::{Assignment, Certificate, ExportFormat, RecordAccess};
use crate::error::Error;
use crate::ops::certificate::name;
use crate::store::{assignment, certificate, record_access};

#[tonic::async_trait]
impl PersonRecordService for Rpc {
    async fn list_person_assignments(
        &self,
        request: Request<pb::ListPersonAssignmentsRequest>,
    ) -> Result<Response<pb::ListPersonAssignmentsResponse>, Status> {
        let (call, person) = Call::read(request, |call, violations| {
            oneself(call, violations, &call.message.parent)
        })?;
        let list = async |after, limit| {
            let list = async |db: &mut _| assignment::list_of_person(db, person, after, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        let now = self.context.clock.now();
        let position = |last: &Assignment| last.id;
        let shown = |assignment| for_person(assignment, now);
        let page = call
            .page_with(&self.context.page_key, list, position, shown)
            .await?;
        Ok(Response::new(pb::ListPersonAssignmentsResponse {
            assignments: page.items,
            next_page_token: page.next_page_token,
        }))
    }

    async fn list_person_certificates(
        &self,
        request: Request<pb::ListPersonCertificatesRequest>,
    ) -> Result<Response<pb::ListPersonCertificatesResponse>, Status> {
        let (call, person) = Call::read(request, |call, violations| {
            oneself(call, violations, &call.message.parent)
        })?;
        let list = async |after, limit| {
            let list = async |db: &mut _| certificate::list_of_person(db, person, after, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        call.page(&self.context.page_key, list, |last: &Certificate| last.id)
            .await
    }

    async fn download_person_certificate(
        &self,
        request: Request<pb::DownloadPersonCertificateRequest>,
    ) -> Result<Response<pb::DownloadPersonCertificateResponse>, Status> {
        let context = &self.context;
        let (call, name) = Call::read(request, |call, violations| {
            names::own::<CertificateName>(&call.caller, violations, "name", &call.message.name)
        })?;
        let found = super::certificate::find(context, name).await?;
        let own = call.person()?.name.as_deref();
        let named = name::prepare(context, found, own).await?;
        // The field rule has looked at it.
        let language = call.message.language.parse().unwrap_or_default();
        let file = export::certificate::print(&named, language)?;
        Ok(Response::new(pb::DownloadPersonCertificateResponse {
            file: Some(file.body),
            file_name: file.name,
        }))
    }

    async fn list_record_accesses(
        &self,
        request: Request<pb::ListRecordAccessesRequest>,
    ) -> Result<Response<pb::ListRecordAccessesResponse>, Status> {
        let (call, person) = Call::read(request, |call, violations| {
            oneself(call, violations, &call.message.parent)
        })?;
        let list = async |after, limit| {
            let list = async |db: &mut _| record_access::list_of_person(db, person, after, limit).await;
            self.context.database.read(list).await.map_err(Error::from)
        };
        call.page(&self.context.page_key, list, |last: &RecordAccess| last.id)
            .await
    }

    type ExportPersonLearningRecordStream = Answers<pb::ExportPersonLearningRecordResponse>;

    async fn export_person_learning_record(
        &self,
        request: Request<pb::ExportPersonLearningRecordRequest>,
    ) -> Result<Response<Self::ExportPersonLearningRecordStream>, Status> {
        let context = self.context.clone();
        let (call, (person, format)) = Call::read(request, |call, violations| {
            let person = oneself(call, violations, &call.message.parent)?;
            Ok(person.zip(ExportFormat::try_from(call.message.format()).ok()))
        })?;
        let called = call.person()?.name.clone().unwrap_or_default();
        let source = record::Source {
            person,
            reader: None,
            format,
        };
        let writing = record::Writing::begin(&context, source, &called).await?;
        Ok(answers(|sink| writing.write(context, sink)))
    }
}
