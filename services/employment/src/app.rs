//! Puts the service together. The only wiring.

use muster_history::{KeepsHistory, SealHistory, verify};
use muster_jobs::Job;
use muster_messaging::{Handlers, topology};
use muster_proto::employment::v1::employment_history_service_server::EmploymentHistoryServiceServer;
use muster_proto::employment::v1::employment_internal_service_server::EmploymentInternalServiceServer;
use muster_proto::employment::v1::employment_service_server::EmploymentServiceServer;
use muster_proto::employment::v1::person_employment_service_server::PersonEmploymentServiceServer;
use muster_proto::notification::v1::mail_source_internal_service_server::MailSourceInternalServiceServer;
use muster_server::settings::PeerUrls;
use muster_server::{App, OwnCommand, Service, Shell};
use sqlx::migrate::Migrator;

use crate::Settings;
use crate::context::Context;
use crate::domain::{ClaimLimits, PositionLists};
use crate::events::{InvitationAccepted, OrganizationApproved, OrganizationClosed};
use crate::ops::closing::carry_out::CarryOut;
use crate::ops::employment::end_due::EndDue;
use crate::peers::Peers;
use crate::rpc::Rpc;

fn count(setting: u32) -> usize {
    usize::try_from(setting).unwrap_or(usize::MAX)
}

/// The service of employments.
#[derive(Debug)]
pub struct EmploymentService;

impl KeepsHistory for EmploymentService {
    const TABLE: &'static str = "employments";
}

impl Service for EmploymentService {
    const NAME: &'static str = "employment";
    const ABOUT: &'static str =
        "Who works where, in which groups, and whether the organization has confirmed it";
    const MIGRATOR: Migrator = sqlx::migrate!();
    const COMMANDS: &'static [OwnCommand] = &[verify::<Self>()];
    type Settings = Settings;

    fn peers(settings: &Settings) -> Vec<(&'static str, &PeerUrls)> {
        vec![
            ("organization", &settings.organization_url),
            ("invitation", &settings.invitation_url),
        ]
    }

    fn development_keys(settings: &Settings) -> Vec<&'static str> {
        settings.page.development_key().into_iter().collect()
    }

    async fn build(settings: Settings, shell: Shell) -> anyhow::Result<App> {
        let context = Context {
            peers: Peers {
                organization: shell.peer("organization", &settings.organization_url),
                invitation: shell.peer("invitation", &settings.invitation_url),
            },
            page_key: settings.page.page_key,
            verification_url: settings.verification_url.unwrap_or_default(),
            positions: PositionLists::load(settings.positions.as_deref()).map_err(anyhow::Error::msg)?,
            time_zones: settings.time_zones,
            claim_limits: ClaimLimits {
                at_organization: count(settings.claims_at_organization),
                of_person: count(settings.claims_of_person),
            },
            database: shell.database,
            clock: shell.clock,
        };
        let handlers = Handlers::of(&topology::EMPLOYMENT)
            .on(InvitationAccepted(context.clone()))
            .on(OrganizationApproved(context.clone()))
            .on(OrganizationClosed(context.clone()));
        let closings = CarryOut(context.clone());
        let ends = EndDue(context.clone());
        let seals = SealHistory(context.database.clone());
        let rpc = Rpc::new(context);
        Ok(App::new()
            .grpc(EmploymentServiceServer::new(rpc.clone()))
            .grpc(PersonEmploymentServiceServer::new(rpc.clone()))
            .grpc(EmploymentInternalServiceServer::new(rpc.clone()))
            .grpc(EmploymentHistoryServiceServer::new(rpc.clone()))
            .grpc(MailSourceInternalServiceServer::new(rpc))
            .consumer(handlers)
            .job(Job::batch(closings))
            .job(Job::batch(ends))
            .job(Job::batch(seals)))
    }
}
