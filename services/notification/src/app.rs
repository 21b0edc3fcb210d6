//! Puts the service together. The only wiring.

use std::sync::Arc;

use muster_messaging::{Handlers, topology};
use muster_proto::notification::v1::delivery_service_server::DeliveryServiceServer;
use muster_server::{App, Service, Shell};
use sqlx::migrate::Migrator;
use tokio::sync::Notify;

use crate::Settings;
use crate::events::MailRequested;
use crate::ops::send::Mailer;
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

    async fn build(settings: Settings, shell: Shell) -> anyhow::Result<App> {
        let wake = Arc::new(Notify::new());
        let requests = MailRequested {
            clock: shell.clock.clone(),
            sender: settings.mail_from.clone(),
            wake: Arc::clone(&wake),
        };
        let rpc = Rpc {
            database: shell.database.clone(),
            page_key: settings.page.page_key.clone(),
        };
        let worker = Worker::new(
            Arc::new(mailer(&settings, &shell)?),
            wake,
            settings.mail_workers.into(),
        );
        Ok(App::new()
            .grpc(DeliveryServiceServer::new(rpc))
            .consumer(Handlers::of(&topology::NOTIFICATION).on(requests))
            .task("mail worker", move |shutdown| worker.clone().run(shutdown)))
    }
}

/// Everything that sends mail.
///
/// # Errors
/// When the settings contradict one another.
pub fn mailer(settings: &Settings, shell: &Shell) -> anyhow::Result<Mailer> {
    Ok(Mailer {
        database: shell.database.clone(),
        clock: shell.clock.clone(),
        sources: MailSources::new([("invitation", shell.peer("invitation", &settings.invitation_url))])?,
        smtp: Smtp::new(settings.smtp()?),
        sender: settings.mail_from.clone(),
        timing: settings.timing()?,
    })
}
