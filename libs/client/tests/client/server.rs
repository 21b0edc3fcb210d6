//! A gRPC server that keeps what it was sent, and answers as a test wants.

use std::sync::{Arc, Mutex};

use muster_proto::records::v1::progress_service_server::{ProgressService, ProgressServiceServer};
use muster_proto::records::v1::{ReportProgressRequest, ReportProgressResponse};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;
use tonic::metadata::MetadataMap;
use tonic::transport::Server as Tonic;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

type Answer = dyn Fn(usize) -> Option<Result<(), Status>> + Send + Sync;

/// The server, which ends with the test.
pub(crate) struct Server {
    pub(crate) url: String,
    calls: Arc<Mutex<Vec<(MetadataMap, ReportProgressRequest)>>>,
    serving: AbortHandle,
}

struct Progress {
    answer: Box<Answer>,
    calls: Arc<Mutex<Vec<(MetadataMap, ReportProgressRequest)>>>,
}

#[tonic::async_trait]
impl ProgressService for Progress {
    async fn report_progress(
        &self,
        request: Request<ReportProgressRequest>,
    ) -> Result<Response<ReportProgressResponse>, Status> {
        let (metadata, _, message) = request.into_parts();
        let number = {
            let mut calls = self.calls.lock().unwrap();
            calls.push((metadata, message));
            calls.len()
        };
        match (self.answer)(number) {
            Some(answer) => answer.map(|()| Response::new(ReportProgressResponse::default())),
            None => std::future::pending().await,
        }
    }
}

impl Server {
    /// Answers the call of a number, from 1 on, with what `answer` says; never where that says nothing.
    pub(crate) async fn start(
        answer: impl Fn(usize) -> Option<Result<(), Status>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let calls = Arc::default();
        let progress = Progress {
            answer: Box::new(answer),
            calls: Arc::clone(&calls),
        };
        let serving = Tonic::builder()
            .add_service(ProgressServiceServer::new(progress))
            .serve_with_incoming(TcpIncoming::from(listener));
        Self {
            url,
            calls,
            serving: tokio::spawn(serving).abort_handle(),
        }
    }

    /// What came so far.
    pub(crate) fn calls(&self) -> Vec<(MetadataMap, ReportProgressRequest)> {
        self.calls.lock().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
