//! Puts the service together. The only wiring.

use std::sync::Arc;

use muster_messaging::{Handlers, topology};
use muster_proto::notification::v1::delivery_service_server::DeliveryServiceServer;
use muster_server::settings::PeerUrl;
use muster_server::{App, Service, Shell};
use sqlx::migrate::Migrator;
use tokio::sync::Notify;

use crate::Settings;
use crate::context::Context;
use crate::events::MailRequested;
use crate::rpc::Rpc;
use crate::smtp::Smtp;
use crate::sources::MailSources;
use crate::worker::Worker;

/// The service of messages to people.
#[derive(Debug)]
pub struct NotificationService;

impl Service for NotificationService {
    const NAME: &'static str = "notification";
    const ABOUT: &'static str = "Messages to people, with the truth about what became of them";
    const MIGRATOR: Migrator = sqlx::migrate!();
    type Settings = Settings;

    fn peers(settings: &Settings) -> Vec<(&'static str, &PeerUrl)> {
        vec![
            ("invitation", &settings.invitation_url),
            ("employment", &settings.employment_url),
            ("organization", &settings.organization_url),
        ]
    }

    async fn build(settings: Settings, shell: Shell) -> anyhow::Result<App> {
        let sources = Self::peers(&settings)
            .into_iter()
            .map(|(name, url)| (name, shell.peer(name, url)));
        let timing = settings.timing()?;
        let wake = Arc::new(Notify::new());
        let context = Context {
            sources: MailSources::new(sources, timing.answer())?,
            smtp: Arc::new(Smtp::new(settings.smtp()?)),
            timing,
            sender: settings.mail_from,
            page_key: settings.page.page_key,
            database: shell.database,
            clock: shell.clock,
        };
        let requests = MailRequested {
            context: context.clone(),
            wake: Arc::clone(&wake),
        };
        let worker = Worker::new(context.clone(), wake, settings.mail_workers.into());
        Ok(App::new()
            .grpc(DeliveryServiceServer::new(Rpc { context }))
            .consumer(Handlers::of(&topology::NOTIFICATION).on(requests))
            .task("mail worker", move |shutdown| worker.clone().run(shutdown)))
    }
}
