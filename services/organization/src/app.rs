//! Puts the service together. The only wiring.

use muster_history::{KeepsHistory, SealHistory, verify};
use muster_jobs::Job;
use muster_messaging::{EmploymentHandler, Handlers, topology};
use muster_proto::employment::v1::{
    EmploymentChangedEvent, EmploymentEndedEvent, EmploymentRestoredEvent, EmploymentVerifiedEvent,
};
use muster_proto::notification::v1::mail_source_internal_service_server::MailSourceInternalServiceServer;
use muster_proto::organization::v1::access_request_service_server::AccessRequestServiceServer;
use muster_proto::organization::v1::catalog_service_server::CatalogServiceServer;
use muster_proto::organization::v1::director_internal_service_server::DirectorInternalServiceServer;
use muster_proto::organization::v1::group_internal_service_server::GroupInternalServiceServer;
use muster_proto::organization::v1::group_service_server::GroupServiceServer;
use muster_proto::organization::v1::history_service_server::HistoryServiceServer;
use muster_proto::organization::v1::inviting_internal_service_server::InvitingInternalServiceServer;
use muster_proto::organization::v1::join_page_service_server::JoinPageServiceServer;
use muster_proto::organization::v1::license_service_server::LicenseServiceServer;
use muster_proto::organization::v1::location_service_server::LocationServiceServer;
use muster_proto::organization::v1::organization_service_server::OrganizationServiceServer;
use muster_proto::organization::v1::ownership_service_server::OwnershipServiceServer;
use muster_proto::organization::v1::person_access_request_service_server::PersonAccessRequestServiceServer;
use muster_proto::organization::v1::person_organization_service_server::PersonOrganizationServiceServer;
use muster_proto::organization::v1::profile_user_internal_service_server::ProfileUserInternalServiceServer;
use muster_proto::organization::v1::profile_user_service_server::ProfileUserServiceServer;
use muster_proto::organization::v1::programme_load_service_server::ProgrammeLoadServiceServer;
use muster_proto::organization::v1::registry_service_server::RegistryServiceServer;
use muster_proto::organization::v1::review_service_server::ReviewServiceServer;
use muster_proto::organization::v1::roles_internal_service_server::RolesInternalServiceServer;
use muster_proto::organization::v1::session_internal_service_server::SessionInternalServiceServer;
use muster_proto::organization::v1::setup_checklist_service_server::SetupChecklistServiceServer;
use muster_proto::organization::v1::staff_read_internal_service_server::StaffReadInternalServiceServer;
use muster_proto::organization::v1::staff_read_service_server::StaffReadServiceServer;
use muster_proto::organization::v1::submission_service_server::SubmissionServiceServer;
use muster_proto::organization::v1::subscription_service_server::SubscriptionServiceServer;
use muster_server::settings::PeerUrls;
use muster_server::{App, OwnCommand, Service, Shell};
use sqlx::migrate::Migrator;

use crate::Settings;
use crate::context::Context;
use crate::employments::Employments;
use crate::events::Projection;
use crate::invitations::Invitations;
use crate::ops::access_mail::remind::Remind;
use crate::ops::profile_user::count_strays::CountStrays;
use crate::ops::review::remind::RemindOfReviews;
use crate::profiles::Profiles;
use crate::rpc::Rpc;
use crate::shared_catalog::SharedCatalog;

/// The service of profiles, groups, catalogs and subscriptions.
#[derive(Debug)]
pub struct OrganizationService;

impl KeepsHistory for OrganizationService {
    const TABLE: &'static str = "organizations";
}

impl Service for OrganizationService {
    const NAME: &'static str = "organization";
    const ABOUT: &'static str =
        "Profiles of organizations, their groups, locations, catalogs and subscriptions";
    const MIGRATOR: Migrator = sqlx::migrate!();
    const COMMANDS: &'static [OwnCommand] = &[verify::<Self>()];
    type Settings = Settings;

    fn peers(settings: &Settings) -> Vec<(&'static str, &PeerUrls)> {
        vec![
            ("records", &settings.records_url),
            ("employment", &settings.employment_url),
            ("invitation", &settings.invitation_url),
        ]
    }

    fn development_keys(settings: &Settings) -> Vec<&'static str> {
        settings.page.development_key().into_iter().collect()
    }

    async fn build(settings: Settings, shell: Shell) -> anyhow::Result<App> {
        let context = Context {
            profiles: Profiles::new(),
            shared_catalog: SharedCatalog::new(shell.peer("records", &settings.records_url)),
            employments: Employments::new(shell.peer("employment", &settings.employment_url)),
            invitations: Invitations::new(shell.peer("invitation", &settings.invitation_url)),
            database: shell.database,
            clock: shell.clock,
            page_key: settings.page.page_key,
            public_url: settings.public_url,
            basic: settings.basic.limits(),
            open_profiles: settings.open_profiles.into(),
            license_rules: settings.license_numbers,
            review_periods: settings.review_days.into_iter().collect(),
            time_zones: settings.time_zones,
        };
        let projection = Projection {
            clock: context.clock.clone(),
        };
        let remind = Remind(context.clone());
        let reviews = RemindOfReviews(context.clone());
        let seals = SealHistory(context.database.clone());
        let strays = CountStrays::new(context.database.clone());
        let strays = Job::every(&context.database, &context.clock, strays);
        let rpc = Rpc::new(context);
        Ok(App::new()
            .grpc(OrganizationServiceServer::new(rpc.clone()))
            .grpc(LicenseServiceServer::new(rpc.clone()))
            .grpc(LocationServiceServer::new(rpc.clone()))
            .grpc(JoinPageServiceServer::new(rpc.clone()))
            .grpc(CatalogServiceServer::new(rpc.clone()))
            .grpc(GroupServiceServer::new(rpc.clone()))
            .grpc(SubscriptionServiceServer::new(rpc.clone()))
            .grpc(SubmissionServiceServer::new(rpc.clone()))
            .grpc(ProfileUserServiceServer::new(rpc.clone()))
            .grpc(AccessRequestServiceServer::new(rpc.clone()))
            .grpc(PersonAccessRequestServiceServer::new(rpc.clone()))
            .grpc(PersonOrganizationServiceServer::new(rpc.clone()))
            .grpc(OwnershipServiceServer::new(rpc.clone()))
            .grpc(ProgrammeLoadServiceServer::new(rpc.clone()))
            .grpc(RegistryServiceServer::new(rpc.clone()))
            .grpc(SetupChecklistServiceServer::new(rpc.clone()))
            .grpc(ReviewServiceServer::new(rpc.clone()))
            .grpc(HistoryServiceServer::new(rpc.clone()))
            .grpc(MailSourceInternalServiceServer::new(rpc.clone()))
            .grpc(RolesInternalServiceServer::new(rpc.clone()))
            .grpc(InvitingInternalServiceServer::new(rpc.clone()))
            .grpc(GroupInternalServiceServer::new(rpc.clone()))
            .grpc(ProfileUserInternalServiceServer::new(rpc.clone()))
            .grpc(SessionInternalServiceServer::new(rpc.clone()))
            .grpc(DirectorInternalServiceServer::new(rpc.clone()))
            .grpc(StaffReadServiceServer::new(rpc.clone()))
            .grpc(StaffReadInternalServiceServer::new(rpc))
            .consumer(
                Handlers::of(&topology::ORGANIZATION)
                    .on(EmploymentHandler::<EmploymentVerifiedEvent, _>::new(
                        projection.clone(),
                    ))
                    .on(EmploymentHandler::<EmploymentChangedEvent, _>::new(
                        projection.clone(),
                    ))
                    .on(EmploymentHandler::<EmploymentRestoredEvent, _>::new(
                        projection.clone(),
                    ))
                    .on(EmploymentHandler::<EmploymentEndedEvent, _>::new(projection)),
            )
            .job(Job::batch(remind))
            .job(Job::batch(reviews))
            .job(Job::batch(seals))
            .job(strays))
    }
}
