//! The neighbour that keeps the shared catalog: a server of its own, with the trainings of one test.

use std::collections::HashSet;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use muster_ids::{TrainingId, TrainingName};
use muster_proto::records::v1::training_internal_service_server::{
    TrainingInternalService, TrainingInternalServiceServer,
};
use muster_proto::records::v1::{BatchGetTrainingsRequest, BatchGetTrainingsResponse, Training};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::transport::Server;
use tonic::{Request, Response, Status};
use uuid::Uuid;

/// The records service, as far as this one asks it.
#[derive(Debug)]
pub(crate) struct Records {
    address: SocketAddr,
    trainings: Trainings,
    serving: JoinHandle<()>,
}

#[derive(Debug, Clone, Default)]
struct Trainings(Arc<Mutex<HashSet<String>>>);

impl Records {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let trainings = Trainings::default();
        let server = Server::builder().add_service(TrainingInternalServiceServer::new(trainings.clone()));
        let serving = tokio::spawn(async move {
            server
                .serve_with_incoming(TcpListenerStream::new(listener))
                .await
                .unwrap();
        });
        Self {
            address,
            trainings,
            serving,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Puts a training into the shared catalog.
    pub(crate) fn add(&self, number: u128) -> String {
        let name = training(number);
        self.trainings.0.lock().unwrap().insert(name.clone());
        name
    }

    /// Takes a training out again.
    pub(crate) fn retire(&self, training: &str) {
        self.trainings.0.lock().unwrap().remove(training);
    }

    /// From now on nobody answers.
    pub(crate) async fn go_away(&mut self) {
        self.serving.abort();
        drop((&mut self.serving).await);
    }
}

/// The name of a training that may or may not exist.
pub(crate) fn training(number: u128) -> String {
    TrainingName {
        training: TrainingId::from_uuid(Uuid::from_u128(number)),
    }
    .to_string()
}

#[tonic::async_trait]
impl TrainingInternalService for Trainings {
    async fn batch_get_trainings(
        &self,
        request: Request<BatchGetTrainingsRequest>,
    ) -> Result<Response<BatchGetTrainingsResponse>, Status> {
        let bearer = request
            .metadata()
            .get("authorization")
            .and_then(|value| value.to_str().ok());
        assert!(
            bearer.is_some_and(|text| text.starts_with("Bearer ey")),
            "called without a workload token"
        );
        let held = self.0.lock().unwrap();
        let asked = request
            .into_inner()
            .names
            .into_iter()
            .filter(|name| held.contains(name));
        let trainings = asked
            .map(|name| Training {
                name,
                ..Default::default()
            })
            .collect();
        Ok(Response::new(BatchGetTrainingsResponse { trainings }))
    }
}
