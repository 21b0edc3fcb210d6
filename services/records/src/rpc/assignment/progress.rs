//! What the learning system reports.

use muster_proto::records::v1 as pb;
use muster_proto::records::v1::progress_service_server::ProgressService;
use muster_server::Call;
use tonic::{Request, Response, Status};

use super::{convert, parse};
use crate::ops::assignment::report_progress;
use crate::rpc::Rpc;

#[tonic::async_trait]
impl ProgressService for Rpc {
    async fn report_progress(
        &self,
        request: Request<pb::ReportProgressRequest>,
    ) -> Result<Response<pb::ReportProgressResponse>, Status> {
        let context = &self.context;
        let (call, (name, percent)) = Call::read(request, parse::report_progress)?;
        let now = context.clock.now();
        let prepare = async || report_progress::prepare(context, name, percent).await;
        let apply = async |tx: &mut _, called| {
            let assignment = report_progress::apply(tx, context, name, percent, called).await;
            assignment.map(|assignment| convert::for_person(assignment, now))
        };
        call.once_prepared(&context.database, now, prepare, apply).await
    }
}
