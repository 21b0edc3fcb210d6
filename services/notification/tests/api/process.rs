//! The real process, killed with SIGKILL again and again while it sends.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use muster_clock::Clock;
use muster_ids::OrganizationId;
use muster_notification::NotificationService;
use muster_server::Service;
use muster_testkit::{Callers, TestBroker, TestDatabase};

use crate::fixture::FROM;
use crate::kills::{check, ends_on};
use crate::mail_source::MailSource;
use crate::service::{publisher, request, subject};
use crate::smtp_server::{Fault, SmtpServer};

const DELIVERIES: usize = 72;
const KILLS: u64 = 6;

struct Process {
    database: TestDatabase,
    broker: TestBroker,
    callers: Callers,
    smtp: SmtpServer,
    source: MailSource,
    page_key: std::path::PathBuf,
}

impl Process {
    /// Starts it with short leases.
    fn start(&self) -> Child {
        let mut command = Command::new(env!("CARGO_BIN_EXE_muster-notification"));
        command
            .env("MUSTER_LISTEN", "127.0.0.1:0")
            .env("MUSTER_ADMIN_LISTEN", "127.0.0.1:0")
            .env("MUSTER_DATABASE_URL", self.database.url())
            .env("MUSTER_DATABASE_POOL", "8")
            .env("MUSTER_AMQP_URL", self.broker.url())
            .env("MUSTER_AMQP_PREFIX", self.broker.prefix())
            .env("MUSTER_CALLER_JWKS", self.callers.caller_jwks())
            .env("MUSTER_WORKLOAD_ISSUER", self.callers.workload_issuer())
            .env("MUSTER_WORKLOAD_JWKS", self.callers.workload_jwks())
            .env(
                "MUSTER_WORKLOAD_TOKENS",
                self.callers.workload_tokens("notification", &["invitation"]),
            )
            .env("MUSTER_INVITATION_URL", self.source.url())
            .env("MUSTER_SMTP_URL", self.smtp.url())
            .env("MUSTER_MAIL_FROM", FROM)
            .env("MUSTER_PAGE_KEY", &self.page_key)
            .env("MUSTER_MAIL_LEASE", "2")
            .env("MUSTER_MAIL_REPLY_WAIT", "1")
            .env("MUSTER_MAIL_RESEND_AFTER", "1")
            .env("MUSTER_DRAIN_DELAY", "0")
            .env("MUSTER_LOG", "warn")
            .stdout(Stdio::null());
        command.spawn().unwrap()
    }

    async fn count(&self, statement: &'static str) -> i64 {
        self.database.count(statement).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_in_the_middle_of_everything_loses_nothing_and_doubles_nothing() {
    let clock = Clock::system();
    let callers = Callers::new(clock.clone());
    let page_key = callers.caller_jwks().with_file_name("page.key");
    std::fs::write(&page_key, "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=").unwrap();
    let process = Process {
        database: TestDatabase::new(&NotificationService::MIGRATOR, "notification").await,
        broker: TestBroker::new("notification").await,
        callers,
        smtp: SmtpServer::start().await,
        source: MailSource::start().await,
        page_key,
    };
    let publisher = publisher(process.broker.as_service("invitation"), clock.clone()).await;
    let organization = clock.new_id::<OrganizationId>();
    // Slow enough that a kill finds messages at every phase.
    process.smtp.script(std::iter::repeat_n(
        Fault::Slow(Duration::from_millis(60)),
        DELIVERIES * 3,
    ));

    let per_kill = DELIVERIES / usize::try_from(KILLS).unwrap();
    for kill in 0..KILLS {
        for _ in 0..per_kill {
            let subject = subject(&clock, organization);
            let aggregate = subject.invitation.as_uuid();
            publisher
                .publish(organization, aggregate, 1, request(subject, 1))
                .await;
        }
        let mut child = process.start();
        let before = process.smtp.taken().len();
        // Random moments after it has begun to send.
        muster_testkit::eventually(async || process.smtp.taken().len() > before).await;
        tokio::time::sleep(Duration::from_millis(kill.wrapping_mul(0x9e37_79b9) % 120)).await;
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let mut last = process.start();
    let over = "SELECT count(*) FROM deliveries WHERE state NOT IN ('QUEUED', 'DEFERRED', 'SENDING')";
    let all = i64::try_from(DELIVERIES).unwrap();
    muster_testkit::eventually(async || process.count(over).await == all).await;
    let told = "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL";
    muster_testkit::eventually(async || process.count(told).await == all).await;
    last.kill().unwrap();
    last.wait().unwrap();

    let ends = ends_on(&mut process.database.connection().await).await;
    assert_eq!(ends.len(), DELIVERIES);
    println!(
        "{DELIVERIES} deliveries, {KILLS} kills -9: {:?}",
        check(&ends, &process.smtp)
    );
}
