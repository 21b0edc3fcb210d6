//! The only wiring.

use std::sync::Arc;

use muster_jobs::{Job, Worker};
use muster_messaging::{Handlers, topology};
use muster_proto::employment::v1::{EmploymentChangedEvent, EmploymentEndedEvent, EmploymentVerifiedEvent};
use muster_proto::invitation::v1::acceptance_internal_service_server::AcceptanceInternalServiceServer;
use muster_proto::invitation::v1::import_service_server::ImportServiceServer;
use muster_proto::invitation::v1::invitation_internal_service_server::InvitationInternalServiceServer;
use muster_proto::invitation::v1::invitation_redemption_service_server::InvitationRedemptionServiceServer;
use muster_proto::invitation::v1::invitation_service_server::InvitationServiceServer;
use muster_proto::invitation::v1::join_request_service_server::JoinRequestServiceServer;
use muster_proto::invitation::v1::learner_service_server::LearnerServiceServer;
use muster_proto::invitation::v1::person_invitation_service_server::PersonInvitationServiceServer;
use muster_proto::notification::v1::mail_source_internal_service_server::MailSourceInternalServiceServer;
use muster_server::settings::PeerUrls;
use muster_server::{App, Service, Shell};
use sqlx::migrate::Migrator;
use tokio::sync::Notify;

use crate::Settings;
use crate::context::Context;
use crate::employees::Employees;
use crate::events::delivery_changed::DeliveryChanged;
use crate::events::employment_changed::EmploymentChanged;
use crate::events::employment_restored::EmploymentRestored;
use crate::events::organization_closed::OrganizationClosed;
use crate::mails::Mails;
use crate::ops::closing::carry_out::CarryOut;
use crate::ops::import::purge::Purge;
use crate::ops::import::worker::Imports;
use crate::ops::invitation::fold_counts::FoldCounts;
use crate::ops::invitation::send_due::SendDue;
use crate::ops::join_request::purge::PurgeJoinRequests;
use crate::ops::learner::adopt::Adopt;
use crate::organization::Organization;
use crate::rpc::Rpc;
use crate::uploads::Uploads;
use crate::watching::Watchers;
use crate::watching::imports::ImportWatchers;

/// The invitation service.
#[derive(Debug)]
pub struct InvitationApp;

impl Service for InvitationApp {
    const NAME: &'static str = "invitation";
    const ABOUT: &'static str = "Invitations: by hand, by spreadsheet, until somebody accepts";
    const MIGRATOR: Migrator = sqlx::migrate!();
    type Settings = Settings;

    fn peers(settings: &Settings) -> Vec<(&'static str, &PeerUrls)> {
        vec![
            ("organization", &settings.organization_url),
            ("employment", &settings.employment_url),
        ]
    }

    fn development_keys(settings: &Settings) -> Vec<&'static str> {
        settings.development_keys()
    }

    async fn build(settings: Settings, shell: Shell) -> anyhow::Result<App> {
        let organization = Organization::new(shell.peer("organization", &settings.organization_url));
        let employees = Employees::new(shell.peer("employment", &settings.employment_url));
        let context = Context {
            database: shell.database,
            clock: shell.clock,
            organization,
            employees,
            mails: Mails::new(),
            links: settings.links(),
            page_key: settings.page.page_key.clone(),
            limits: settings.limits(),
            uploads: Uploads::new(settings.upload_idle.0, settings.undecided_imports),
            watchers: Watchers::default(),
            import_watchers: ImportWatchers::default(),
            import_waits: Arc::new(Notify::new()),
        };
        let worker = Worker::new(
            context.database.clone(),
            context.clock.clone(),
            Imports(context.clone()),
        )
        .woken_by(Arc::clone(&context.import_waits));
        let (send_due, purge) = (SendDue(context.clone()), Purge(context.clone()));
        let closings = CarryOut(context.clone());
        let purge_join_requests = PurgeJoinRequests(context.clone());
        let (watchers, database) = (context.watchers.clone(), context.database.clone());
        let clock = context.clock.clone();
        let (import_watchers, imports) = (context.import_watchers.clone(), context.database.clone());
        let adopt = Adopt(context.clone());
        let adopt = Job::every(&context.database, &context.clock, adopt);
        let fold_counts = FoldCounts::new(context.database.clone(), context.clock.clone());
        let fold_counts = Job::every(&context.database, &context.clock, fold_counts);
        let rpc = Rpc::new(context.clone());
        Ok(App::new()
            .grpc(InvitationServiceServer::new(rpc.clone()))
            .grpc(ImportServiceServer::new(rpc.clone()))
            .grpc(InvitationRedemptionServiceServer::new(rpc.clone()))
            .grpc(PersonInvitationServiceServer::new(rpc.clone()))
            .grpc(JoinRequestServiceServer::new(rpc.clone()))
            .grpc(LearnerServiceServer::new(rpc.clone()))
            .grpc(MailSourceInternalServiceServer::new(rpc.clone()))
            .grpc(AcceptanceInternalServiceServer::new(rpc.clone()))
            .grpc(InvitationInternalServiceServer::new(rpc))
            .consumer(
                Handlers::of(&topology::INVITATION)
                    .on(DeliveryChanged)
                    .on(OrganizationClosed)
                    .on(EmploymentChanged::<EmploymentVerifiedEvent>::new(context.clone()))
                    .on(EmploymentChanged::<EmploymentChangedEvent>::new(context.clone()))
                    .on(EmploymentChanged::<EmploymentEndedEvent>::new(context.clone()))
                    .on(EmploymentRestored(context)),
            )
            .task("watchers", move |shutdown| {
                watchers.clone().run(database.clone(), clock.clone(), shutdown)
            })
            .task("import-watchers", move |shutdown| {
                import_watchers.clone().run(imports.clone(), shutdown)
            })
            .job(adopt)
            .job(fold_counts)
            .job(Job::batch(send_due))
            .job(Job::batch(purge))
            .job(Job::batch(closings))
            .job(Job::batch(purge_join_requests))
            .job(Job::queue(worker)))
    }
}
