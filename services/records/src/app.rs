//! Puts the service together. The only wiring.

use std::sync::Arc;

use muster_history::{KeepsHistory, SealHistory, verify};
use muster_jobs::Job;
use muster_messaging::{EmploymentHandler, Handlers, topology};
use muster_proto::employment::v1::{EmploymentChangedEvent, EmploymentEndedEvent, EmploymentRestoredEvent};
use muster_proto::records::v1::assignment_service_server::AssignmentServiceServer;
use muster_proto::records::v1::grant_request_service_server::GrantRequestServiceServer;
use muster_proto::records::v1::grant_service_server::GrantServiceServer;
use muster_proto::records::v1::learning_record_service_server::LearningRecordServiceServer;
use muster_proto::records::v1::person_record_service_server::PersonRecordServiceServer;
use muster_proto::records::v1::progress_report_service_server::ProgressReportServiceServer;
use muster_proto::records::v1::progress_service_server::ProgressServiceServer;
use muster_proto::records::v1::progress_transfer_service_server::ProgressTransferServiceServer;
use muster_proto::records::v1::record_history_service_server::RecordHistoryServiceServer;
use muster_proto::records::v1::staff_report_service_server::StaffReportServiceServer;
use muster_proto::records::v1::training_internal_service_server::TrainingInternalServiceServer;
use muster_proto::records::v1::training_service_server::TrainingServiceServer;
use muster_server::settings::PeerUrls;
use muster_server::{App, OwnCommand, Service, Shell};
use sqlx::migrate::Migrator;
use tokio::sync::Semaphore;

use crate::Settings;
use crate::context::Context;
use crate::events::{EmploymentVerified, GroupChanged, Projection};
use crate::ops::certificate::name_certificates::NameCertificates;
use crate::ops::learner::settle_strays::SettleStrays;
use crate::peers::Peers;
use crate::rpc::Rpc;

/// Files that are being written at the same time: each may live for half an hour, with a client that reads slowly.
const FILES_AT_ONCE: usize = 16;

/// The service of learning records.
#[derive(Debug)]
pub struct RecordsService;

impl KeepsHistory for RecordsService {
    const TABLE: &'static str = "grants";
}

impl Service for RecordsService {
    const NAME: &'static str = "records";
    const ABOUT: &'static str = "Trainings, who must take which, the proofs, and who may read of it";
    const MIGRATOR: Migrator = sqlx::migrate!();
    const COMMANDS: &'static [OwnCommand] = &[verify::<Self>()];
    type Settings = Settings;

    fn peers(settings: &Settings) -> Vec<(&'static str, &PeerUrls)> {
        vec![
            ("organization", &settings.organization_url),
            ("employment", &settings.employment_url),
        ]
    }

    fn development_keys(settings: &Settings) -> Vec<&'static str> {
        settings.page.development_key().into_iter().collect()
    }

    async fn build(settings: Settings, shell: Shell) -> anyhow::Result<App> {
        let context = Context {
            peers: Peers {
                organization: shell.peer("organization", &settings.organization_url),
                employment: shell.peer("employment", &settings.employment_url),
            },
            page_key: settings.page.page_key,
            time_zones: settings.time_zones,
            grants_at_organization: usize::try_from(settings.grants_at_organization).unwrap_or(usize::MAX),
            files: Arc::new(Semaphore::new(FILES_AT_ONCE)),
            database: shell.database,
            clock: shell.clock,
        };
        let projection = || Projection(context.clone());
        let handlers = Handlers::of(&topology::RECORDS)
            .on(EmploymentVerified(context.clone()))
            .on(GroupChanged(context.clone()))
            .on(EmploymentHandler::<EmploymentChangedEvent, _>::new(projection()))
            .on(EmploymentHandler::<EmploymentEndedEvent, _>::new(projection()))
            .on(EmploymentHandler::<EmploymentRestoredEvent, _>::new(projection()));
        let seals = SealHistory(context.database.clone());
        let strays = SettleStrays::new(context.clone());
        let strays = Job::every(&context.database, &context.clock, strays);
        let names = NameCertificates::new(context.clone());
        let names = Job::every(&context.database, &context.clock, names);
        let rpc = Rpc::new(context);
        Ok(App::new()
            .grpc(TrainingServiceServer::new(rpc.clone()))
            .grpc(TrainingInternalServiceServer::new(rpc.clone()))
            .grpc(AssignmentServiceServer::new(rpc.clone()))
            .grpc(ProgressServiceServer::new(rpc.clone()))
            .grpc(ProgressReportServiceServer::new(rpc.clone()))
            .grpc(ProgressTransferServiceServer::new(rpc.clone()))
            .grpc(GrantServiceServer::new(rpc.clone()))
            .grpc(GrantRequestServiceServer::new(rpc.clone()))
            .grpc(LearningRecordServiceServer::new(rpc.clone()))
            .grpc(StaffReportServiceServer::new(rpc.clone()))
            .grpc(RecordHistoryServiceServer::new(rpc.clone()))
            .grpc(PersonRecordServiceServer::new(rpc))
            .consumer(handlers)
            .job(Job::batch(seals))
            .job(strays)
            .job(names))
    }
}
