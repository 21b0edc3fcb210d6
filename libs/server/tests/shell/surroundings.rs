//! What is wrong around a process is told by name, with what to do, before it harms.

use std::path::{Path, PathBuf};
use std::time::Duration;

use lapin::options::{BasicGetOptions, BasicPublishOptions, ConfirmSelectOptions, QueueDeclareOptions};
use lapin::types::FieldTable;
use lapin::{BasicProperties, Channel, Connection, ConnectionProperties};
use muster_clock::Clock;
use muster_messaging::topology::{ORGANIZATION, QUEUES};
use muster_proto::organization::v1::location_service_client::LocationServiceClient;
use muster_proto::organization::v1::{CreateLocationRequest, Location};
use muster_refusal::{ErrorReason, reason_of};
use muster_server::settings::{CommonSettings, Topology};
use muster_server::{Running, check, start};
use muster_testkit::{Callers, PrivateBroker, eventually};

use crate::small::{CREATE_LOCATION, Fixture, Seen, Small, operators};

/// What `check` prints about these things, where the service is told so.
async fn checked(common: &CommonSettings, clock: &Clock, about: &[&str]) -> String {
    let findings = check::findings::<Small>(common, &Seen::default(), clock)
        .await
        .unwrap();
    let lines = findings.iter().map(|finding| format!("{finding}\n"));
    lines
        .filter(|line| {
            about
                .iter()
                .any(|what| line[7..].starts_with(&format!("{what}: ")))
        })
        .collect()
}

fn assert_told(told: &str, words: &[&str]) {
    for word in words {
        assert!(told.contains(word), "{word} is not in\n{told}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_of_a_newer_release_is_told_of_by_who_works_on_it() {
    let fixture = Fixture::new().await;
    fixture
        .database
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9001, 'of a newer release', true, '\\x00', 0)",
        )
        .await;
    let told = checked(&fixture.common, &Clock::system(), &["schema"]).await;
    let words = [
        "a newer release has migrated it ([9001])",
        "finish the upgrade or the way back",
    ];
    assert_told(&told, &["odd    schema: ", words[0], words[1]]);

    // It is the way back from an upgrade: the older release serves.
    let fixture = fixture.restarted(async || ()).await;
    eventually(async || fixture.running.is_ready()).await;
    let readiness = async || operators(&fixture.running, "/readyz").await;
    eventually(async || readiness().await.contains("problem: schema: ")).await;
    assert_told(&readiness().await, &["HTTP/1.1 200", words[0], words[1]]);
    let mut roles = fixture.roles().await;
    assert!(roles.get_role(fixture.get_role("persons/1")).await.is_ok());

    fixture
        .database
        .execute("DELETE FROM _messaging_migrations WHERE version = 2")
        .await;
    let fixture = fixture.restarted(async || ()).await;
    let readiness = async || operators(&fixture.running, "/readyz").await;
    eventually(async || readiness().await.contains("problem: schema: ")).await;
    assert_told(
        &readiness().await,
        &["1 migrations are missing", "`muster-organization migrate`"],
    );
}

/// The edge's tokens are forgiven ten seconds.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_clock_that_is_two_minutes_off_is_told_of_and_believes_no_tokens() {
    let fixture = Fixture::new().await;
    let told = checked(&fixture.common, &Clock::system(), &["clock of the database"]).await;
    assert_eq!(told, "fine   clock of the database: is this machine's\n");

    let (now, off) = (Clock::system().now(), Duration::from_secs(120));
    for wrong in [now + off, now - off] {
        let clock = Clock::fixed(wrong);
        let told = checked(&fixture.common, &clock, &["clock of the database"]).await;
        assert_told(
            &told,
            &[
                "WRONG  clock of the database: differs from this machine's by 1",
                "tokens are refused",
                "chrony",
            ],
        );

        let replica = start::<Small>(&fixture.common, Seen::default(), clock, None)
            .await
            .unwrap();
        eventually(async || {
            operators(&replica, "/readyz")
                .await
                .contains("tokens are refused")
        })
        .await;
        assert_told(
            &operators(&replica, "/readyz").await,
            &["problem: clock of the database: "],
        );
        assert_eq!(created(&fixture, &replica).await, Err(ErrorReason::TokenInvalid));
        replica.stop().await;
    }
    assert_eq!(created(&fixture, &fixture.running).await, Ok(()));
}

/// What somebody hears who makes a location, by the edge.
async fn created(fixture: &Fixture, at: &Running) -> Result<(), ErrorReason> {
    let organization = Clock::system().new_id();
    let caller = Callers::member(
        "ada",
        organization,
        muster_identity::Role::Admin,
        "location.create",
    );
    let request = CreateLocationRequest {
        parent: format!("organizations/{organization}"),
        location: Some(Location {
            display_name: "Main street".to_owned(),
            ..Location::default()
        }),
        ..CreateLocationRequest::default()
    };
    let request = fixture
        .callers
        .request(request, &caller, "organization", CREATE_LOCATION);
    let url = format!("http://{}", at.grpc_address());
    let mut locations = LocationServiceClient::connect(url).await.unwrap();
    let answer = locations.create_location(request).await;
    answer.map(drop).map_err(|status| reason_of(&status).unwrap())
}

const USER: &str = "organization";
const VIRTUAL_HOST: &str = "muster";

/// As the operator's definitions give rights, and with fewer.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_user_of_the_broker_may_not_do_is_told_and_nobody_is_served_before() {
    let mut private = PrivateBroker::start("rights-of-a-service").await;
    private.control(&["add_vhost", VIRTUAL_HOST]).await;
    for service in QUEUES.iter().map(|queue| queue.service) {
        private.control(&["add_user", service, service]).await;
    }
    let fixture = Fixture::new().await;
    let common = |password: &str, topology| {
        let mut common = fixture.common.clone();
        common.broker.amqp_url = private.url_of(USER, password, VIRTUAL_HOST).into();
        common.broker.amqp_prefix = String::new();
        common.broker.amqp_topology = topology;
        common
    };
    let (declares, looks) = (common(USER, Topology::Service), common(USER, Topology::Operator));
    let clock = Clock::system();
    let told = async |common: &CommonSettings| checked(common, &clock, &["broker"]).await;

    let refused = told(&common("wrong", Topology::Service)).await;
    assert_told(
        &refused,
        &["WRONG  broker: ", "ACCESS_REFUSED", "MUSTER_AMQP_URL"],
    );
    let nowhere = ["access to vhost 'muster' refused for user 'organization'"];
    assert_told(&told(&declares).await, &["WRONG  broker: ", nowhere[0]]);
    let process = start::<Small>(&declares, Seen::default(), clock.clone(), None)
        .await
        .unwrap();
    let readiness = async |words: &str| {
        eventually(async || operators(&process, "/readyz").await.contains(words)).await;
        assert!(!process.is_ready());
        assert_told(
            &operators(&process, "/readyz").await,
            &["HTTP/1.1 503", "problem: broker: ", "`muster-organization check`"],
        );
    };
    readiness(nowhere[0]).await;

    let definitions = definitions().display().to_string();
    private.control(&["import_definitions", &definitions]).await;
    let declaring = [
        "declaring the topology",
        "access to exchange 'muster.events' in vhost 'muster' refused for user 'organization'",
    ];
    assert_told(
        &told(&declares).await,
        &["WRONG  broker: ", declaring[0], declaring[1], "MUSTER_AMQP_URL"],
    );
    readiness(declaring[1]).await;
    let (_connection, channel) = connected(&private).await;
    park(&channel).await;
    assert_eq!(
        told(&looks).await,
        "fine   broker: exchange, queues and bindings are there, and may be used\n"
    );
    unharmed(&channel).await;

    let nothing = "^$";
    give(&private, [nothing; 3]).await;
    let refused = told(&looks).await;
    assert_told(
        &refused,
        &[
            "WRONG  broker: ",
            "may not read: ",
            "queue 'muster.organization' in vhost 'muster' refused for user 'organization'",
            "queue 'muster.organization.parked' in vhost 'muster' refused",
            "may not publish: ",
            "exchange 'muster.events' in vhost 'muster' refused",
            "`rabbitmqctl import_definitions`",
        ],
    );
    give(&private, [nothing, ".*", ".*"]).await;
    let topics = [
        "set_topic_permissions",
        "-p",
        VIRTUAL_HOST,
        USER,
        "muster.events",
        "^mail\\.requested$",
        nothing,
    ];
    private.control(&topics).await;
    let refused = told(&looks).await;
    assert_told(
        &refused,
        &[
            "WRONG  broker: ",
            "topic 'organization.approved'",
            "topic 'group.changed'",
        ],
    );
    assert!(!refused.contains("mail.requested"), "{refused}");
    unharmed(&channel).await;

    private
        .control(&["clear_topic_permissions", "-p", VIRTUAL_HOST, USER])
        .await;
    give(&private, [".*"; 3]).await;
    eventually(async || process.is_ready()).await;
    assert!(!operators(&process, "/readyz").await.contains("problem: broker"));
    process.stop().await;
    private.stop().await;
    private.forget();
}

fn definitions() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/helm/muster/files/broker.json")
}

/// Lets the user configure, write and read what matches.
async fn give(private: &PrivateBroker, rights: [&str; 3]) {
    let user = ["set_permissions", "-p", VIRTUAL_HOST, USER];
    private.control(&[&user[..], &rights].concat()).await;
}

/// As whoever may do everything.
async fn connected(private: &PrivateBroker) -> (Connection, Channel) {
    private
        .control(&["set_permissions", "-p", VIRTUAL_HOST, "muster", ".*", ".*", ".*"])
        .await;
    let url = private.url();
    let (address, _) = url.rsplit_once('/').unwrap();
    let url = format!("{address}/{VIRTUAL_HOST}");
    let connection = Connection::connect(&url, ConnectionProperties::default())
        .await
        .unwrap();
    let channel = connection.create_channel().await.unwrap();
    channel
        .confirm_select(ConfirmSelectOptions::default())
        .await
        .unwrap();
    (connection, channel)
}

/// A message that waits in a queue that the service may read.
async fn park(channel: &Channel) {
    let options = BasicPublishOptions::default();
    let properties = BasicProperties::default();
    let confirmed = channel
        .basic_publish("".into(), ORGANIZATION.parked.into(), options, b"", properties)
        .await
        .unwrap();
    confirmed.await.unwrap();
}

/// Nothing was published, and what waits has been in nobody's hands.
async fn unharmed(channel: &Channel) {
    let looking = QueueDeclareOptions {
        passive: true,
        ..QueueDeclareOptions::default()
    };
    for name in QUEUES.iter().flat_map(|queue| [queue.name, queue.parked]) {
        let looked = channel.queue_declare(name.into(), looking, FieldTable::default());
        let waiting = looked.await.unwrap().message_count();
        assert_eq!(waiting, u32::from(name == ORGANIZATION.parked), "{name}");
    }
    let got = channel.basic_get(ORGANIZATION.parked.into(), BasicGetOptions { no_ack: true });
    let message = got.await.unwrap().unwrap();
    assert!(!message.delivery.redelivered);
    park(channel).await;
}
