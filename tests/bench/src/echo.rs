//! The bare yardstick: tonic with the service's own messages and runtime, and nothing behind it.

use std::pin::Pin;
use std::process::Command;

use anyhow::Context;
use muster_engines::Ports;
use muster_proto::organization::v1 as organization_pb;
use muster_proto::organization::v1::organization_service_client::OrganizationServiceClient;
use muster_proto::organization::v1::organization_service_server::{
    OrganizationService, OrganizationServiceServer,
};
use muster_proto::organization::v1::{GetOrganizationRequest, GetOrganizationResponse, Organization};
use muster_proto::records::v1::assignment_service_server::{AssignmentService, AssignmentServiceServer};
use muster_proto::records::v1::{
    AssignTrainingRequest, AssignTrainingResponse, AssignTrainingToGroupRequest,
    AssignTrainingToGroupResponse, Assignment, CancelAssignmentRequest, CancelAssignmentResponse,
    ListAssignmentsRequest, ListAssignmentsResponse,
};
use tokio::signal::unix::{SignalKind, signal};
use tonic::transport::Server as Tonic;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status};

use super::process::Server;
use muster_local::Workspace;
use muster_local::bind;

/// What it is called where it stands beside a figure.
pub(super) const BARE: &str = "bare tonic echo";
/// The name of its port and of its process.
const NAME: &str = "echo";

/// Methods that nobody measures. As async_trait writes them: it does not see into this macro.
macro_rules! only_an_echo {
    ($($method:ident($request:ty) -> $response:ty;)+) => {
        $(
            fn $method<'s, 'f>(
                &'s self,
                _: Request<$request>,
            ) -> Pin<Box<dyn Future<Output = Result<Response<$response>, Status>> + Send + 'f>>
            where
                's: 'f,
                Self: 'f,
            {
                Box::pin(async { Err(Status::unimplemented("this is only an echo")) })
            }
        )+
    };
}

/// Answers with the name it was asked for.
#[derive(Debug)]
struct Echo;

#[tonic::async_trait]
impl OrganizationService for Echo {
    async fn get_organization(
        &self,
        request: Request<GetOrganizationRequest>,
    ) -> Result<Response<GetOrganizationResponse>, Status> {
        let name = request.into_inner().name;
        let organization = Organization {
            owner: name.clone(),
            display_name: name.clone(),
            name,
            ..Organization::default()
        };
        let organization = Some(organization);
        Ok(Response::new(GetOrganizationResponse { organization }))
    }

    only_an_echo! {
        create_organization(organization_pb::CreateOrganizationRequest) -> organization_pb::CreateOrganizationResponse;
        update_organization(organization_pb::UpdateOrganizationRequest) -> organization_pb::UpdateOrganizationResponse;
        submit_organization(organization_pb::SubmitOrganizationRequest) -> organization_pb::SubmitOrganizationResponse;
        list_license_claims(organization_pb::ListLicenseClaimsRequest) -> organization_pb::ListLicenseClaimsResponse;
        approve_organization(organization_pb::ApproveOrganizationRequest) -> organization_pb::ApproveOrganizationResponse;
        return_organization(organization_pb::ReturnOrganizationRequest) -> organization_pb::ReturnOrganizationResponse;
        reject_organization(organization_pb::RejectOrganizationRequest) -> organization_pb::RejectOrganizationResponse;
        suspend_organization(organization_pb::SuspendOrganizationRequest) -> organization_pb::SuspendOrganizationResponse;
        reinstate_organization(organization_pb::ReinstateOrganizationRequest) -> organization_pb::ReinstateOrganizationResponse;
        close_organization(organization_pb::CloseOrganizationRequest) -> organization_pb::CloseOrganizationResponse;
    }
}

#[tonic::async_trait]
impl AssignmentService for Echo {
    async fn list_assignments(
        &self,
        request: Request<ListAssignmentsRequest>,
    ) -> Result<Response<ListAssignmentsResponse>, Status> {
        let name = request.into_inner().parent;
        let assignment = Assignment {
            training_display_name: name.clone(),
            name,
            ..Assignment::default()
        };
        let answer = ListAssignmentsResponse {
            assignments: vec![assignment],
            ..ListAssignmentsResponse::default()
        };
        Ok(Response::new(answer))
    }

    only_an_echo! {
        assign_training(AssignTrainingRequest) -> AssignTrainingResponse;
        assign_training_to_group(AssignTrainingToGroupRequest) -> AssignTrainingToGroupResponse;
        cancel_assignment(CancelAssignmentRequest) -> CancelAssignmentResponse;
    }
}

/// Serves until SIGTERM. The runtime is the one every service has: several threads, as many as there are cores.
pub(crate) async fn serve(address: &str) -> anyhow::Result<()> {
    let listener = bind(address).await?;
    let mut terminated = signal(SignalKind::terminate())?;
    Tonic::builder()
        .add_service(OrganizationServiceServer::new(Echo))
        .add_service(AssignmentServiceServer::new(Echo))
        .serve_with_incoming_shutdown(TcpIncoming::from(listener).with_nodelay(Some(true)), async move {
            terminated.recv().await;
        })
        .await
        .context("the echo ended")
}

/// Starts one; tells where it is.
pub(super) async fn start(workspace: &Workspace) -> anyhow::Result<(Server, String)> {
    let port = Ports::open(&workspace.at("ports")).of(NAME, None)?;
    let address = format!("127.0.0.1:{port}");
    let command = command(workspace, &address)?;
    let server = Server::start(workspace, NAME, command, &address).await?;
    Ok((server, format!("http://{address}")))
}

/// What starts one that listens there.
pub(super) fn command(workspace: &Workspace, address: &str) -> anyhow::Result<Command> {
    let mut command = Command::new(Workspace::own_program()?);
    command
        .arg("--dir")
        .arg(&workspace.state)
        .args([NAME, address])
        .current_dir(&workspace.root);
    Ok(command)
}

/// Whether one answers there.
pub(super) async fn answers(url: &str) -> bool {
    let Ok(mut client) = OrganizationServiceClient::connect(url.to_owned()).await else {
        return false;
    };
    let request = GetOrganizationRequest {
        name: NAME.to_owned(),
    };
    client.get_organization(request).await.is_ok()
}
