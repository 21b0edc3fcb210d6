//! A learner's whole record, with their consent.

use muster_ids::PersonName;
use muster_proto::records::v1 as pb;
use muster_proto::records::v1::learning_record_service_server::LearningRecordService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::{Rpc, convert, parse};
use crate::ops::{self, Record};

#[tonic::async_trait]
impl LearningRecordService for Rpc {
    async fn get_learning_record(
        &self,
        request: Request<pb::GetLearningRecordRequest>,
    ) -> Result<Response<pb::GetLearningRecordResponse>, Status> {
        let (_, (reader, name)) = Call::read(request, parse::reading)?;
        let Record {
            assignments,
            certificates,
            is_truncated,
        } = ops::read_record(&self.desk, reader, name.person).await?;
        let learning_record = pb::LearningRecord {
            name: name.to_string(),
            person: PersonName { person: name.person }.to_string(),
            assignments: assignments.into_iter().map(convert::for_person).collect(),
            certificates: certificates.into_iter().map(Into::into).collect(),
            is_truncated,
        };
        Ok(Response::new(pb::GetLearningRecordResponse {
            learning_record: Some(learning_record),
        }))
    }
}
