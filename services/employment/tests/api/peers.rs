//! The organization and invitation services, played.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use muster_ids::{InvitationName, OrganizationName, PersonName};
use muster_proto::invitation::v1::acceptance_internal_service_server::{
    AcceptanceInternalService, AcceptanceInternalServiceServer,
};
use muster_proto::invitation::v1::{GetAcceptanceRequest, GetAcceptanceResponse};
use muster_proto::organization::v1::director_internal_service_server::{
    DirectorInternalService, DirectorInternalServiceServer,
};
use muster_proto::organization::v1::roles_internal_service_server::{
    RolesInternalService, RolesInternalServiceServer,
};
use muster_proto::organization::v1::{
    GetDirectorRequest, GetDirectorResponse, GetRoleRequest, GetRoleResponse, Role,
};
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
    roles: HashMap<(String, String), Role>,
    directors: HashMap<String, GetDirectorResponse>,
    acceptances: HashMap<String, GetAcceptanceResponse>,
}

impl Peers {
    /// Both services on one port, until the test's runtime ends.
    pub(crate) async fn serve(&self) -> PeerUrl {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tonic::transport::Server::builder()
            .add_service(RolesInternalServiceServer::new(self.clone()))
            .add_service(DirectorInternalServiceServer::new(self.clone()))
            .add_service(AcceptanceInternalServiceServer::new(self.clone()))
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

    pub(crate) fn set_role(&self, organization: OrganizationName, person: PersonName, role: Role) {
        let key = (organization.to_string(), person.to_string());
        self.0.lock().unwrap().roles.insert(key, role);
    }

    pub(crate) fn set_director(&self, organization: OrganizationName, person: PersonName, name: &str) {
        let director = GetDirectorResponse {
            person: person.to_string(),
            display_name: name.to_owned(),
        };
        self.0
            .lock()
            .unwrap()
            .directors
            .insert(organization.to_string(), director);
    }

    pub(crate) fn set_acceptance(&self, invitation: InvitationName, person: PersonName, name: &str) {
        let acceptance = GetAcceptanceResponse {
            person: person.to_string(),
            display_name: name.to_owned(),
        };
        self.0
            .lock()
            .unwrap()
            .acceptances
            .insert(invitation.to_string(), acceptance);
    }

    fn answer<T>(&self, look: impl FnOnce(&Answers) -> Option<T>) -> Result<Response<T>, Status> {
        let mut answers = self.0.lock().unwrap();
        answers.asked += 1;
        if answers.away {
            return Err(Refusal::unavailable().into());
        }
        look(&answers)
            .map(Response::new)
            .ok_or_else(|| Refusal::not_found().into())
    }
}

#[tonic::async_trait]
impl RolesInternalService for Peers {
    async fn get_role(&self, request: Request<GetRoleRequest>) -> Result<Response<GetRoleResponse>, Status> {
        let GetRoleRequest { organization, person } = request.into_inner();
        self.answer(|answers| {
            let role = answers
                .roles
                .get(&(organization, person))
                .copied()
                .unwrap_or_default();
            Some(GetRoleResponse { role: role.into() })
        })
    }
}

#[tonic::async_trait]
impl DirectorInternalService for Peers {
    async fn get_director(
        &self,
        request: Request<GetDirectorRequest>,
    ) -> Result<Response<GetDirectorResponse>, Status> {
        self.answer(|answers| answers.directors.get(&request.get_ref().organization).cloned())
    }
}

#[tonic::async_trait]
impl AcceptanceInternalService for Peers {
    async fn get_acceptance(
        &self,
        request: Request<GetAcceptanceRequest>,
    ) -> Result<Response<GetAcceptanceResponse>, Status> {
        self.answer(|answers| answers.acceptances.get(&request.get_ref().invitation).cloned())
    }
}
