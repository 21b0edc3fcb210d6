//! The real process, killed with SIGKILL again and again while it sends.

use std::collections::{BTreeSet, HashMap};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use muster_clock::Clock;
use muster_ids::OrganizationId;
use muster_notification::NotificationService;
use muster_server::Service;
use muster_testkit::{Callers, Publisher, TestBroker, TestDatabase, eventually, eventually_some};

use crate::fixture::FROM;
use crate::kills::{check, ends_on};
use crate::mail_source::MailSource;
use crate::service::{publisher, request, subject};
use crate::smtp_server::{Fault, SmtpServer};

const DELIVERIES: usize = 72;
const KILLS: u64 = 6;
const HELD: usize = 60;
/// The leases themselves last 15 minutes. Generous, for machines that do other things as well.
const SOON: Duration = Duration::from_secs(15);

struct Process {
    database: TestDatabase,
    broker: TestBroker,
    callers: Callers,
    smtp: SmtpServer,
    source: MailSource,
    page_key: PathBuf,
    publisher: Publisher,
}

impl Process {
    /// Starts it with leases that none of this waits for: what a killed one held is free because it is gone.
    fn start(&self) -> Killed {
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
            .env("MUSTER_EMPLOYMENT_URL", self.source.url())
            .env("MUSTER_ORGANIZATION_URL", self.source.url())
            .env("MUSTER_SMTP_URL", self.smtp.url())
            .env("MUSTER_MAIL_FROM", FROM)
            .env("MUSTER_PAGE_KEY", &self.page_key)
            .env("MUSTER_MAIL_LEASE", "900")
            .env("MUSTER_MAIL_REPLY_WAIT", "1")
            .env("MUSTER_MAIL_RESEND_AFTER", "1")
            .env("MUSTER_DRAIN_DELAY", "0")
            .env("MUSTER_LOG", "warn")
            .stdout(Stdio::null());
        Killed(command.spawn().unwrap())
    }

    async fn new(clock: &Clock) -> Self {
        let callers = Callers::new(clock.clone());
        let page_key = callers.caller_jwks().with_file_name("page.key");
        std::fs::write(&page_key, "AQcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=").unwrap();
        let broker = TestBroker::new("notification").await;
        Self {
            publisher: publisher(broker.as_service("invitation"), clock.clone()).await,
            database: TestDatabase::new(&NotificationService::MIGRATOR, "notification").await,
            broker,
            callers,
            smtp: SmtpServer::start().await,
            source: MailSource::start().await,
            page_key,
        }
    }

    /// Asks for so many mails.
    async fn ask(&self, clock: &Clock, mails: usize) {
        let organization = clock.new_id::<OrganizationId>();
        for _ in 0..mails {
            let subject = subject(clock, organization);
            let aggregate = subject.invitation.as_uuid();
            let request = request(subject, 1);
            self.publisher.publish(organization, aggregate, 1, request).await;
        }
    }

    /// Waits until so many mails are over, and published as such.
    async fn all_over(&self, mails: usize) {
        let all = i64::try_from(mails).unwrap();
        let over = "SELECT count(*) FROM deliveries WHERE state NOT IN ('QUEUED', 'DEFERRED', 'SENDING')";
        eventually(async || self.count(over).await == all).await;
        let told = "SELECT count(*) FROM outbox WHERE published_at IS NOT NULL";
        eventually(async || self.count(told).await == all).await;
    }

    async fn count(&self, statement: &'static str) -> i64 {
        self.database.count(statement).await
    }

    /// How each mail ended, when it could not have been better.
    async fn check(&self, mails: usize) -> HashMap<String, usize> {
        let ends = ends_on(&mut self.database.connection().await).await;
        assert_eq!(ends.len(), mails);
        check(&ends, &self.smtp)
    }

    /// How the tokens of each process begin that was ever there.
    async fn known(&self) -> BTreeSet<String> {
        let mut connection = self.database.connection().await;
        let known: Vec<String> = sqlx::query_scalar("SELECT token_prefix FROM lease_holders")
            .fetch_all(&mut connection)
            .await
            .unwrap();
        known.into_iter().collect()
    }

    /// How many mails a process holds.
    async fn held_by(&self, prefix: &str) -> i64 {
        let mut connection = self.database.connection().await;
        sqlx::query_scalar("SELECT count(*) FROM deliveries WHERE left(lease_token::text, 18) = $1")
            .bind(prefix)
            .fetch_one(&mut connection)
            .await
            .unwrap()
    }
}

/// Ends it, if it has not ended.
struct Killed(Child);

impl Drop for Killed {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_process_held_is_another_ones_within_moments() {
    let clock = Clock::system();
    let process = Process::new(&clock).await;
    let doomed = process.start();
    let prefix = eventually_some(async || process.known().await.pop_first()).await;
    let _heir = process.start();
    eventually(async || process.known().await.len() == 2).await;
    // So slow that both hold some for long.
    let slow = Fault::Slow(Duration::from_millis(300));
    process.smtp.script(std::iter::repeat_n(slow, HELD * 2));
    process.ask(&clock, HELD).await;
    eventually(async || process.held_by(&prefix).await > 2).await;
    drop(doomed);
    let (killed, held) = (Instant::now(), process.held_by(&prefix).await);
    assert!(held > 0, "it was killed too late");
    eventually(async || process.held_by(&prefix).await == 0).await;
    println!("{held} were with the dead for {:?}", killed.elapsed());
    assert!(killed.elapsed() < SOON, "{:?}", killed.elapsed());
    process.all_over(HELD).await;
    println!("{:?}", process.check(HELD).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_killed_in_the_middle_of_everything_loses_nothing_and_doubles_nothing() {
    let clock = Clock::system();
    let process = Process::new(&clock).await;
    // Slow enough that a kill finds messages at every phase.
    process.smtp.script(std::iter::repeat_n(
        Fault::Slow(Duration::from_millis(60)),
        DELIVERIES * 3,
    ));

    let per_kill = DELIVERIES / usize::try_from(KILLS).unwrap();
    for kill in 0..KILLS {
        process.ask(&clock, per_kill).await;
        let child = process.start();
        let before = process.smtp.taken().len();
        // Random moments after it has begun to send.
        eventually(async || process.smtp.taken().len() > before).await;
        tokio::time::sleep(Duration::from_millis(kill.wrapping_mul(0x9e37_79b9) % 120)).await;
        drop(child);
    }
    let last = process.start();
    process.all_over(DELIVERIES).await;
    drop(last);
    let ends = process.check(DELIVERIES).await;
    println!("{DELIVERIES} deliveries, {KILLS} kills -9: {ends:?}");
}
