//! Puts the service together. The only wiring.

use std::sync::Arc;

use muster_messaging::{Handlers, topology};
use muster_proto::notification::v1::delivery_service_server::DeliveryServiceServer;
use muster_server::settings::{ConfigErrors, PeerUrls};
use muster_server::{App, Service, Shell};
use sqlx::migrate::Migrator;
use tokio::sync::Notify;

use crate::Settings;
use crate::bounces::{Encryption, Receiver};
use crate::config::BounceSettings;
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

    fn peers(settings: &Settings) -> Vec<(&'static str, &PeerUrls)> {
        vec![
            ("invitation", &settings.invitation_url),
            ("employment", &settings.employment_url),
            ("organization", &settings.organization_url),
        ]
    }

    fn development_keys(settings: &Settings) -> Vec<&'static str> {
        settings.development_keys()
    }

    async fn build(settings: Settings, shell: Shell) -> anyhow::Result<App> {
        let sources = Self::peers(&settings)
            .into_iter()
            .map(|(name, urls)| (name, shell.peer(name, urls)));
        let timing = settings.timing()?;
        let bounces = settings.bounces()?;
        let dkim = settings.dkim()?;
        let encryption = bounces.as_ref().map(|bounces| encryption(&shell, bounces));
        let encryption = encryption.transpose()?;
        let wake = Arc::new(Notify::new());
        let context = Context {
            sources: MailSources::new(sources, timing.answer())?,
            smtp: Arc::new(Smtp::new(settings.smtp()?)),
            timing,
            sender: settings.mail_from,
            dkim,
            return_paths: bounces.as_ref().map(|bounces| bounces.return_paths.clone()),
            page_key: settings.page.page_key,
            database: shell.database,
            clock: shell.clock,
        };
        let requests = MailRequested {
            context: context.clone(),
            wake: Arc::clone(&wake),
        };
        let worker = Worker::new(context.clone(), wake, settings.mail_workers.into());
        let app = App::new()
            .grpc(DeliveryServiceServer::new(Rpc {
                context: context.clone(),
            }))
            .consumer(Handlers::of(&topology::NOTIFICATION).on(requests))
            .task("mail worker", move |shutdown| worker.clone().run(shutdown));
        let (Some(bounces), Some(encryption)) = (bounces, encryption) else {
            return Ok(app);
        };
        let BounceSettings { return_paths, listen } = bounces;
        let receiver = Receiver::bind(listen, context, return_paths, encryption).await?;
        tracing::info!(address = %receiver.address()?, "listening for reports of mail that came back");
        Ok(app.task("reports of mail", move |shutdown| receiver.clone().run(shutdown)))
    }
}

/// Reports name people, and some servers return the whole message: elsewhere than on this machine nobody else is to read them.
fn encryption(shell: &Shell, bounces: &BounceSettings) -> Result<Encryption, ConfigErrors> {
    let may_be_plain = shell.may_be_plain(bounces.listen);
    match shell.certificate() {
        Some(tls) if may_be_plain => Ok(Encryption::Offered(tls)),
        Some(tls) => Ok(Encryption::Required(tls)),
        None if may_be_plain => Ok(Encryption::None),
        None => Err(ConfigErrors::Wrong(vec![format!(
            "--bounce-listen (MUSTER_BOUNCE_LISTEN) is {}, and without TLS the addresses of people can be read on their way there: give \
             the service a certificate (--tls-certificate, --tls-key), listen on a loopback address, or say --plaintext mesh \
             (MUSTER_PLAINTEXT) if something else encrypts",
            bounces.listen
        )])),
    }
}
