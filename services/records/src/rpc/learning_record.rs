//! A learner's whole record, with their consent.

mod parse;

use muster_ids::PersonName;
use muster_proto::records::v1 as pb;
use muster_proto::records::v1::learning_record_service_server::LearningRecordService;
use muster_server::{Answers, Call, answers};
use tonic::{Request, Response, Status};

use super::Rpc;
use super::assignment::convert::for_person;
use super::export::record;
use crate::ops::learning_record::read::{self, Reader, Record};

#[tonic::async_trait]
impl LearningRecordService for Rpc {
    async fn get_learning_record(
        &self,
        request: Request<pb::GetLearningRecordRequest>,
    ) -> Result<Response<pb::GetLearningRecordResponse>, Status> {
        let context = &self.context;
        let (_, (caller, name)) = Call::read(request, parse::get_learning_record)?;
        read::prepare(context, caller.organization, name.person).await?;
        let reader = Reader::of(context, caller).await?;
        let work = async |tx: &mut _| read::apply(tx, context, reader, name.person).await;
        let Record {
            assignments,
            certificates,
            is_truncated,
        } = context.database.write(work).await?;
        let now = context.clock.now();
        let shown = |assignment| for_person(assignment, now);
        let learning_record = pb::LearningRecord {
            name: name.to_string(),
            person: PersonName { person: name.person }.to_string(),
            assignments: assignments.into_iter().map(shown).collect(),
            certificates: certificates.into_iter().map(Into::into).collect(),
            is_truncated,
        };
        Ok(Response::new(pb::GetLearningRecordResponse {
            learning_record: Some(learning_record),
        }))
    }

    type ExportLearningRecordStream = Answers<pb::ExportLearningRecordResponse>;

    async fn export_learning_record(
        &self,
        request: Request<pb::ExportLearningRecordRequest>,
    ) -> Result<Response<Self::ExportLearningRecordStream>, Status> {
        let context = self.context.clone();
        let (_, (caller, name, format)) = Call::read(request, parse::export_learning_record)?;
        let (organization, person) = (caller.organization, name.person);
        read::prepare(&context, organization, person).await?;
        let reader = Reader::of(&context, caller).await?;
        let employees = context.peers.employees(organization, &[person]).await?;
        let called = employees
            .get(&person)
            .map(|employee| employee.display_name.clone());
        let source = record::Source {
            person,
            reader: Some(reader),
            format,
        };
        let writing = record::Writing::begin(&context, source, &called.unwrap_or_default()).await?;
        Ok(answers(|sink| writing.write(context, sink)))
    }
}
