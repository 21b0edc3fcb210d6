//! The organization and employment services, played.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use muster_ids::{EmploymentName, GroupName, OrganizationName, PersonName, TrainingName};
use muster_proto::employment::v1::employment_internal_service_server::{
    EmploymentInternalService, EmploymentInternalServiceServer,
};
use muster_proto::employment::v1::{EmploymentState, GetEmploymentStateRequest, GetEmploymentStateResponse};
use muster_proto::organization::v1::group_internal_service_server::{
    GroupInternalService, GroupInternalServiceServer,
};
use muster_proto::organization::v1::{BatchGetGroupsRequest, BatchGetGroupsResponse, Group, GroupState};
use muster_refusal::Refusal;
use muster_server::settings::PeerUrl;
use tokio::net::TcpListener;
use tokio_stream::wrappers::TcpListenerStream;
use tonic::{Request, Response, Status};

/// What the peers answer.
#[derive(Clone, Default)]
pub(crate) struct Peers(Arc<Mutex<Answers>>);

#[derive(Default)]
struct Answers {
    away: bool,
    asked: usize,
    groups: HashMap<String, Group>,
    states: HashMap<(String, String), GetEmploymentStateResponse>,
}

impl Peers {
    /// Both services on one port, until the test's runtime ends.
    pub(crate) async fn serve(&self) -> PeerUrl {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tonic::transport::Server::builder()
            .add_service(GroupInternalServiceServer::new(self.clone()))
            .add_service(EmploymentInternalServiceServer::new(self.clone()))
            .serve_with_incoming(TcpListenerStream::new(listener));
        tokio::spawn(server);
        url.parse().unwrap()
    }

    pub(crate) fn set_away(&self, away: bool) {
        self.0.lock().unwrap().away = away;
    }

    /// How often they were asked.
    pub(crate) fn asked(&self) -> usize {
        self.0.lock().unwrap().asked
    }

    pub(crate) fn set_group(&self, name: GroupName, state: GroupState, trainings: &[TrainingName]) {
        let trainings = trainings.iter().map(ToString::to_string).collect();
        let group = Group {
            name: name.to_string(),
            state: state.into(),
            trainings,
            ..Default::default()
        };
        self.0.lock().unwrap().groups.insert(name.to_string(), group);
    }

    pub(crate) fn set_employment(
        &self,
        employment: EmploymentName,
        person: PersonName,
        state: EmploymentState,
        sequence: i64,
    ) {
        let organization = OrganizationName {
            organization: employment.organization,
        };
        let answer = GetEmploymentStateResponse {
            state: state.into(),
            employment: employment.to_string(),
            sequence,
        };
        let key = (organization.to_string(), person.to_string());
        self.0.lock().unwrap().states.insert(key, answer);
    }

    fn answer<T>(&self, look: impl FnOnce(&Answers) -> T) -> Result<Response<T>, Status> {
        let mut answers = self.0.lock().unwrap();
        answers.asked += 1;
        if answers.away {
            Err(Refusal::unavailable().into())
        } else {
            Ok(Response::new(look(&answers)))
        }
    }
}

#[tonic::async_trait]
impl GroupInternalService for Peers {
    async fn batch_get_groups(
        &self,
        request: Request<BatchGetGroupsRequest>,
    ) -> Result<Response<BatchGetGroupsResponse>, Status> {
        self.answer(|answers| {
            let names = &request.get_ref().names;
            let groups = names
                .iter()
                .filter_map(|name| answers.groups.get(name).cloned())
                .collect();
            BatchGetGroupsResponse { groups }
        })
    }
}

#[tonic::async_trait]
impl EmploymentInternalService for Peers {
    async fn get_employment_state(
        &self,
        request: Request<GetEmploymentStateRequest>,
    ) -> Result<Response<GetEmploymentStateResponse>, Status> {
        let GetEmploymentStateRequest { organization, person } = request.into_inner();
        self.answer(|answers| {
            answers
                .states
                .get(&(organization, person))
                .cloned()
                .unwrap_or_default()
        })
    }
}
