//! Mail that a server took and reports later as not delivered.

use std::net::SocketAddr;
use std::sync::Arc;

use muster_clock::Clock;
use muster_database::{Database, DatabaseOptions};
use muster_identity::{DEVELOPMENT_MARK, Role};
use muster_ids::InvitationName;
use muster_notification::NotificationService;
use muster_notification::bounces::{BounceKeys, Encryption, Receiver, ReturnPaths};
use muster_notification::context::Context;
use muster_notification::worker::Worker;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{DeliveryState, GetInvitationRequest, InvitationState};
use muster_proto::notification::v1::delivery::State;
use muster_server::settings::Plaintext;
use muster_testkit::{TestCaller, eventually, eventually_some};
use muster_tls::{Files, ServerTls};
use rustls::pki_types::ServerName;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::certified::Certified;
use crate::fixture::{Fixture, RESEND_AFTER, words};
use crate::lmtp::{Lmtp, REPORTED, report};
use crate::sending::Secret;
use crate::service::ServiceFixture;
use crate::smtp_server::{Fault, SmtpServer};

/// 32 bytes in base64.
const KEY: &str = "AQMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwM=";

fn return_paths() -> ReturnPaths {
    let address = "bounces@bounces.muster.example".parse().unwrap();
    ReturnPaths::new(address, BounceKeys::parse(KEY).unwrap())
}

/// A worker whose mail comes back, and where it does.
pub(crate) struct Bounces {
    pub(crate) fixture: Fixture,
    pub(crate) context: Context,
    address: SocketAddr,
    stop: CancellationToken,
    running: JoinHandle<()>,
}

impl Bounces {
    pub(crate) async fn new() -> Self {
        Self::with(Fixture::new().await).await
    }

    pub(crate) async fn with(fixture: Fixture) -> Self {
        let context = Context {
            return_paths: Some(return_paths()),
            ..fixture.context()
        };
        Self::on(fixture, context, Encryption::None).await
    }

    async fn on(fixture: Fixture, context: Context, encryption: Encryption) -> Self {
        let anywhere = SocketAddr::from(([127, 0, 0, 1], 0));
        let receiver = Receiver::bind(anywhere, context.clone(), return_paths(), encryption);
        let receiver = receiver.await.unwrap();
        let (address, stop) = (receiver.address().unwrap(), CancellationToken::new());
        Self {
            fixture,
            context,
            address,
            running: tokio::spawn(receiver.run(stop.clone())),
            stop,
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn worker(&self) -> Worker {
        self.fixture.worker_of(self.context.clone())
    }

    /// Tries everything that is due; the words of what came of it.
    pub(crate) async fn step(&self) -> Vec<&'static str> {
        words(&crate::fixture::step(&self.worker()).await)
    }

    /// Sends a mail.
    async fn send(&self) -> InvitationName {
        let subject = self.fixture.ask().await;
        assert_eq!(self.step().await, ["taken"]);
        subject
    }

    /// The senders in the envelopes so far.
    fn senders(&self) -> Vec<String> {
        senders(&self.fixture.smtp)
    }

    fn last_sender(&self) -> String {
        self.senders().pop().unwrap()
    }

    async fn hand_in(&self, to: &str, mail: &str) -> String {
        Lmtp::to(self.address).await.hand_in(to, mail).await
    }

    async fn state(&self, subject: InvitationName) -> String {
        self.fixture.row(subject).await.state
    }
}

fn senders(smtp: &SmtpServer) -> Vec<String> {
    let commands = smtp.commands().into_iter();
    let senders = commands.filter_map(|command| {
        let rest = command.strip_prefix("MAIL FROM:<")?.to_owned();
        Some(rest.split('>').next()?.to_owned())
    });
    senders.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_message_has_a_return_path_of_its_own_and_the_text_says_nothing_of_it() {
    let bounces = Bounces::new().await;
    for _ in 0..2 {
        bounces.send().await;
    }
    let senders = bounces.senders();
    assert_eq!(senders.len(), 2);
    assert_ne!(senders[0], senders[1]);
    for sender in &senders {
        assert!(
            sender.starts_with("bounces+") && sender.ends_with("@bounces.muster.example"),
            "{sender}"
        );
        assert!(sender.split('@').next().unwrap().len() <= 64, "{sender}");
    }
    for mail in bounces.fixture.smtp.taken() {
        let text = mail.text();
        assert!(text.contains("From: Muster <no-reply@muster.example>"), "{text}");
        assert!(!text.contains("bounces"), "{text}");
    }
    // Without one, everything is as it was.
    let plain = Fixture::new().await;
    plain.ask().await;
    assert_eq!(words(&plain.step().await), ["taken"]);
    assert_eq!(
        senders_without_more(&plain),
        ["MAIL FROM:<no-reply@muster.example>"]
    );
}

fn senders_without_more(fixture: &Fixture) -> Vec<String> {
    let commands = fixture.smtp.commands().into_iter();
    commands.filter(|command| command.starts_with("MAIL")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_asked_for_without_the_message_where_the_server_can() {
    let bounces = Bounces::new().await;
    bounces.fixture.smtp.offer(["DSN"]);
    bounces.send().await;
    let commands = bounces.fixture.smtp.commands();
    let said = |beginning: &str, end: &str| {
        let mut commands = commands.iter();
        commands.any(|command| command.starts_with(beginning) && command.ends_with(end))
    };
    assert!(said("MAIL FROM:<bounces+", "> RET=HDRS"), "{commands:?}");
    assert!(said("RCPT TO:<", "> NOTIFY=FAILURE"), "{commands:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_came_back_is_written_down_and_published_once() {
    let bounces = Bounces::new().await;
    let subject = bounces.send().await;
    let sender = bounces.last_sender();
    let failed = report("failed");
    let (first, second) = tokio::join!(
        bounces.hand_in(&sender, &failed),
        bounces.hand_in(&sender, &failed)
    );
    for reply in [
        first,
        second,
        bounces.hand_in(&sender.to_uppercase(), &failed).await,
    ] {
        assert!(reply.starts_with("250"), "{reply}");
    }
    let row = bounces.fixture.row(subject).await;
    assert_eq!(
        (row.state.as_str(), row.server_reply.as_str()),
        ("BOUNCED", REPORTED)
    );
    assert!(row.send_time.is_some() && row.next_attempt_time.is_none());
    assert_eq!(bounces.fixture.published(subject).await, ["SENT", "BOUNCED"]);
    assert_eq!(bounces.step().await, [""; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_failure_or_no_report_changes_nothing() {
    let bounces = Bounces::new().await;
    let subject = bounces.send().await;
    let sender = bounces.last_sender();
    for mail in [
        report("delayed"),
        report("delivered"),
        report("relayed"),
        "Subject: Away\r\nAuto-Submitted: auto-replied\r\n\r\nUntil Monday.\r\n".to_owned(),
        "\u{0}\u{1}\u{fffd}\r\n".to_owned(),
    ] {
        assert!(bounces.hand_in(&sender, &mail).await.starts_with("250"), "{mail}");
    }
    // Reports come from nobody.
    let mut lmtp = Lmtp::to(bounces.address).await;
    for said in ["LHLO mx.test", "MAIL FROM:<ada@learners.example>"] {
        assert!(lmtp.say(said).await.starts_with("250"));
    }
    assert!(lmtp.say(&format!("RCPT TO:<{sender}>")).await.starts_with("250"));
    assert!(lmtp.say("DATA").await.starts_with("354"));
    assert!(
        lmtp.say(&format!("{}.", report("failed")))
            .await
            .starts_with("250")
    );
    let row = bounces.fixture.row(subject).await;
    assert_eq!(
        (row.state.as_str(), row.server_reply.as_str()),
        ("SENT", "250 2.0.0")
    );
    assert_eq!(bounces.fixture.published(subject).await, ["SENT"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_an_address_that_nobody_signed_nothing_is_taken() {
    let bounces = Bounces::new().await;
    let subject = bounces.send().await;
    let sender = bounces.last_sender();
    let another = ReturnPaths::new(
        "bounces@bounces.muster.example".parse().unwrap(),
        BounceKeys::parse("AQQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQ=").unwrap(),
    );
    let copy = return_paths().copy_of(&sender).unwrap();
    let forged = another.of(copy).unwrap().to_string();
    for wrong in [
        forged,
        "bounces@bounces.muster.example".to_owned(),
        sender.replace("bounces.muster.example", "muster.example"),
        format!("x{sender}"),
        String::new(),
    ] {
        let reply = bounces.hand_in(&wrong, &report("failed")).await;
        assert!(reply.starts_with("550 5.1.1"), "{wrong}: {reply}");
    }
    assert_eq!(bounces.state(subject).await, "SENT");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_is_faster_than_the_servers_word_is_to_come_again() {
    let bounces = Bounces::new().await;
    bounces.fixture.smtp.script([Fault::Held("250 2.0.0 ok")]);
    let subject = bounces.fixture.ask().await;
    let worker = bounces.worker();
    let sending = tokio::spawn(async move { crate::fixture::step(&worker).await });
    bounces.fixture.smtp.is_holding().await;
    let sender = bounces.last_sender();
    let reply = bounces.hand_in(&sender, &report("failed")).await;
    assert!(reply.starts_with("451"), "{reply}");
    bounces.fixture.smtp.release();
    assert_eq!(words(&sending.await.unwrap()), ["taken"]);
    assert!(
        bounces
            .hand_in(&sender, &report("failed"))
            .await
            .starts_with("250")
    );
    assert_eq!(bounces.state(subject).await, "BOUNCED");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_is_away_reports_are_to_come_again() {
    let fixture = Fixture::new().await;
    let nowhere = DatabaseOptions::new("postgres://nobody@127.0.0.1:1/nowhere");
    let context = Context {
        database: Database::connect(nowhere).unwrap(),
        ..fixture.context()
    };
    let away = Bounces::on(fixture, context, Encryption::None).await;
    let delivery = away.fixture.clock.new_id();
    let sender = return_paths().of(muster_notification::domain::SentCopy { delivery, number: 1 });
    let reply = away.hand_in(sender.unwrap().as_ref(), &report("failed")).await;
    assert!(reply.starts_with("451"), "{reply}");
    // What changes nothing needs no database; what nobody knows is no news.
    let bounces = Bounces::new().await;
    let unknown = return_paths().of(muster_notification::domain::SentCopy { delivery, number: 1 });
    let reply = bounces
        .hand_in(unknown.unwrap().as_ref(), &report("failed"))
        .await;
    assert!(reply.starts_with("250"), "{reply}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_been_taken_was_taken_when_it_comes_back_and_is_not_sent_again() {
    let bounces = Bounces::new().await;
    bounces.fixture.smtp.script([Fault::CutAfterDot]);
    let subject = bounces.fixture.ask().await;
    assert_eq!(bounces.step().await, ["ambiguous"]);
    assert_eq!(bounces.state(subject).await, "QUEUED");
    assert!(
        bounces
            .hand_in(&bounces.last_sender(), &report("failed"))
            .await
            .starts_with("250")
    );
    assert_eq!(bounces.state(subject).await, "BOUNCED");
    bounces.fixture.clock.advance(RESEND_AFTER * 2);
    assert_eq!(bounces.step().await, [""; 0]);
    assert_eq!(bounces.fixture.published(subject).await, ["BOUNCED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_copy_says_nothing_of_a_second_one_that_was_taken() {
    let bounces = Bounces::new().await;
    bounces.fixture.smtp.script([Fault::CutAfterDot]);
    let subject = bounces.fixture.ask().await;
    assert_eq!(bounces.step().await, ["ambiguous"]);
    bounces.fixture.clock.advance(RESEND_AFTER);
    assert_eq!(bounces.step().await, ["taken"]);
    let [first, second] = &bounces.senders()[..] else {
        panic!("two copies")
    };
    assert_ne!(first, second);
    // The very same message, in another envelope.
    let taken = bounces.fixture.smtp.taken();
    assert_eq!(taken[0].text(), taken[1].text());
    assert!(bounces.hand_in(first, &report("failed")).await.starts_with("250"));
    assert_eq!(bounces.state(subject).await, "SENT");
    assert!(
        bounces
            .hand_in(second, &report("failed"))
            .await
            .starts_with("250")
    );
    assert_eq!(bounces.state(subject).await, "BOUNCED");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_refused_or_is_not_wanted_does_not_come_back() {
    let bounces = Bounces::new().await;
    bounces.fixture.smtp.script([Fault::AfterDot("550 5.7.1 spam")]);
    let subject = bounces.fixture.ask().await;
    assert_eq!(bounces.step().await, ["refused"]);
    assert!(
        bounces
            .hand_in(&bounces.last_sender(), &report("failed"))
            .await
            .starts_with("250")
    );
    let row = bounces.fixture.row(subject).await;
    assert_eq!(
        (row.state.as_str(), row.server_reply.as_str()),
        ("FAILED", "550 5.7.1 spam")
    );
    assert_eq!(bounces.fixture.published(subject).await, ["FAILED"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_says_too_much_hears_why_and_no_reset() {
    let bounces = Bounces::new().await;
    let subject = bounces.send().await;
    let line = format!("{}\r\n", "x".repeat(70));
    // More than what the system keeps of it by itself, and within what is listened to.
    let large = line.repeat(24 * 1024 * 1024 / line.len());
    let mut lmtp = Lmtp::to(bounces.address).await;
    let reply = lmtp.hand_in(&bounces.last_sender(), &large).await;
    assert!(reply.starts_with("552 5.3.4"), "{reply}");
    let mut lmtp = Lmtp::to(bounces.address).await;
    let reply = lmtp.say(&"x".repeat(12 * 1024 * 1024)).await;
    assert!(reply.starts_with("500 5.5.2"), "{reply}");
    assert_eq!(lmtp.heard().await, "", "it is hung up on");
    assert_eq!(bounces.state(subject).await, "SENT");
}

#[tokio::test(flavor = "multi_thread")]
async fn who_stops_lets_nobody_wait() {
    let bounces = Bounces::new().await;
    let mut waiting = Lmtp::to(bounces.address).await;
    bounces.stop.cancel();
    assert!(waiting.heard().await.starts_with("421"));
    bounces.running.await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn between_machines_nothing_is_handed_in_before_tls_has_begun() {
    let certified = Certified::of(&["localhost"]);
    let (certificate, key) = (Secret::new(&certified.certificate), Secret::new(&certified.key));
    let files = Files::of(Some(certificate.path()), Some(key.path()))
        .unwrap()
        .unwrap();
    let tls = Arc::new(ServerTls::open(files, &[], Clock::system()).unwrap());
    let fixture = Fixture::new().await;
    let context = Context {
        return_paths: Some(return_paths()),
        ..fixture.context()
    };
    let bounces = Bounces::on(fixture, context, Encryption::Required(tls)).await;
    let subject = bounces.send().await;
    let sender = bounces.last_sender();
    let mut lmtp = Lmtp::to(bounces.address).await;
    assert!(lmtp.hand_in(&sender, &report("failed")).await.starts_with("530"));
    assert!(lmtp.say("STARTTLS").await.starts_with("220"));
    let name = ServerName::try_from("localhost").unwrap();
    let encrypted = certified
        .connector()
        .connect(name, lmtp.into_stream())
        .await
        .unwrap();
    let reply = Lmtp::on(encrypted).hand_in(&sender, &report("failed")).await;
    assert!(reply.starts_with("250"), "{reply}");
    assert_eq!(bounces.state(subject).await, "BOUNCED");
}

/// An address that nobody listens at.
fn free_address() -> SocketAddr {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    taken.local_addr().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_invitation_says_that_its_mail_came_back() {
    let (key, listen) = (Secret::new(KEY), free_address());
    let at = listen.to_string();
    let flags = [
        ("--bounce-address", "bounces@bounces.muster.example"),
        ("--bounce-key", key.path().to_str().unwrap()),
        ("--bounce-listen", at.as_str()),
    ];
    let fixture = ServiceFixture::told(&flags).await;
    let name = fixture.invite().await;
    fixture.sent(1).await;
    let sender = senders(&fixture.smtp).pop().unwrap();
    let reply = Lmtp::to(listen).await.hand_in(&sender, &report("failed")).await;
    assert!(reply.starts_with("250"), "{reply}");

    let owner = TestCaller::member("owner", fixture.organization, Role::Owner);
    let mut invitations = InvitationServiceClient::new(fixture.invitations.calls_of(owner));
    let request = GetInvitationRequest {
        name: name.to_string(),
    };
    let told = eventually_some(async || {
        let answer = invitations.get_invitation(request.clone()).await;
        let invitation = answer.unwrap().into_inner().invitation.unwrap();
        (invitation.delivery_state() == DeliveryState::Bounced).then_some(invitation)
    })
    .await;
    assert_eq!(told.delivery_detail, REPORTED);
    eventually(async || {
        let answer = invitations.get_invitation(request.clone()).await;
        answer.unwrap().into_inner().invitation.unwrap().state() == InvitationState::Pending
    })
    .await;
    let listed = fixture.list().await;
    let [delivery] = &listed[..] else {
        panic!("{listed:?}")
    };
    assert_eq!(
        (delivery.state(), delivery.server_reply.as_str()),
        (State::Bounced, REPORTED)
    );
    assert!(delivery.send_time.is_some() && delivery.bounce_time.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_not_taken_in_plain_text_from_other_machines() {
    let key = Secret::new(KEY);
    let fixture = ServiceFixture::new().await;
    let smtp = fixture.smtp.url();
    let settings = fixture.suite.settings::<NotificationService>(&[
        ("--smtp-url", smtp.as_str()),
        ("--mail-from", crate::fixture::FROM),
        ("--bounce-address", "bounces@bounces.muster.example"),
        ("--bounce-key", key.path().to_str().unwrap()),
        ("--bounce-listen", "0.0.0.0:0"),
    ]);
    let common = fixture.service.replica();
    let started = muster_server::start::<NotificationService>(&common, settings, Clock::system(), None).await;
    let refused = started.unwrap_err().to_string();
    assert!(
        refused.contains("--bounce-listen") && refused.contains("--tls-certificate"),
        "{refused}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn development_keys_are_refused_where_others_come() {
    let key = Secret::new(&format!("{DEVELOPMENT_MARK}\n{KEY}\n"));
    let fixture = ServiceFixture::new().await;
    let smtp = fixture.smtp.url();
    let settings = fixture.suite.settings::<NotificationService>(&[
        ("--smtp-url", smtp.as_str()),
        ("--mail-from", crate::fixture::FROM),
        ("--bounce-address", "bounces@bounces.muster.example"),
        ("--bounce-key", key.path().to_str().unwrap()),
        ("--bounce-listen", "127.0.0.1:0"),
    ]);
    let mut common = fixture.service.replica();
    common.listen.listen = "0.0.0.0:0".parse().unwrap();
    common.transport.plaintext = Plaintext::Mesh;
    let clock = Clock::system();
    let findings = muster_server::check::findings::<NotificationService>(&common, &settings, &clock).await;
    let findings = findings.unwrap();
    let own_keys = findings
        .iter()
        .find(|finding| finding.what() == "own keys")
        .unwrap();
    assert!(own_keys.is_wrong(), "{own_keys}");
    let started = muster_server::start::<NotificationService>(&common, settings, clock, None).await;
    let refused = started.unwrap_err().to_string();
    // The testkit's key of page tokens is one, too.
    for word in [
        "--page-key (MUSTER_PAGE_KEY)",
        "--bounce-key (MUSTER_BOUNCE_KEY)",
        "deploy/secrets",
    ] {
        assert!(refused.contains(word), "{word} is missing in {refused}");
        assert!(
            own_keys.to_string().contains(word),
            "{word} is missing in {own_keys}"
        );
    }
}
