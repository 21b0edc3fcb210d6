//! What the learning system reports.

use muster_proto::records::v1 as pb;
use muster_proto::records::v1::progress_service_server::ProgressService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::{Rpc, parse};
use crate::ops;

#[tonic::async_trait]
impl ProgressService for Rpc {
    async fn report_progress(
        &self,
        request: Request<pb::ReportProgressRequest>,
    ) -> Result<Response<pb::ReportProgressResponse>, Status> {
        let (call, (assignment, percent)) = Call::read(request, parse::progress)?;
        let key = call.key();
        Ok(Response::new(
            ops::report_progress(&self.desk, key, assignment, percent).await?,
        ))
    }
}
