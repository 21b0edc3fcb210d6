//! Parts that are away for a while, and what operators and people notice of it.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use muster_testkit::eventually;

use crate::support::{Database, Organization, SERVICES, Standstill, Suite, after_restart, alone};

const MAILS: usize = 300;
/// As many as can be invited by hand in one request.
const BATCH_SIZE: usize = 10;
const AWAY: Duration = Duration::from_secs(30);
/// Whatever was asked about in vain waits a second, give or take a fifth, and no mail more than that.
const LONGEST_WAIT: &str = "1.5 seconds";
/// How many mails may be asked about in vain: what was on its way when nobody answered any more, 32 and three for each of these but one who
/// ask ahead, and then one at a time.
const IN_VAIN: f64 = 160.0;
/// An outage that lasts is told again this often.
const SAID_EVERY: u64 = 60;

#[tokio::test]
async fn a_restart_of_the_broker_is_one_warning_of_each_service_and_no_error() {
    let _alone = alone().await;
    let suite = Suite::find();
    eventually(async || all_connected(&suite).await).await;
    let before: BTreeMap<_, _> = logs(&suite)
        .into_iter()
        .map(|(name, text)| (name, text.len()))
        .collect();
    let new = || {
        logs(&suite).into_iter().map(|(name, text)| {
            let seen = before.get(&name).copied().unwrap_or_default();
            let said = text.get(seen..).unwrap_or_default().to_owned();
            (name, said)
        })
    };
    assert!(suite.signal("rabbitmq", "TERM"));
    let stopped = Instant::now();
    eventually(async || new().all(|(_, said)| !worth_reading(&said).is_empty())).await;
    after_restart("all are connected", async || all_connected(&suite).await).await;
    println!("the broker was away for {:?}", stopped.elapsed());
    // Whatever else is to be said about it.
    tokio::time::sleep(Duration::from_secs(3)).await;
    let most = usize::try_from(1 + stopped.elapsed().as_secs() / SAID_EVERY).unwrap();
    for (service, said) in new() {
        let lines = worth_reading(&said);
        println!("{service}: {lines:#?}");
        // A busy machine may have them say other things as well.
        let of_the_broker = |line: &&&str| line.contains(" WARN muster_messaging");
        let warnings = lines.iter().filter(of_the_broker).count();
        assert!((1..=most).contains(&warnings), "{service}: {lines:#?}");
        let is_error = |line: &&str| line.contains(" ERROR ");
        assert!(!lines.iter().any(is_error), "{service}: {lines:#?}");
    }
}

/// What each service has logged so far.
fn logs(suite: &Suite) -> Vec<(String, String)> {
    let name = |path: &str| Some(Path::new(path).file_stem()?.to_str()?.to_owned());
    let all = suite.logs().into_iter();
    let named = all.filter_map(|(path, text)| Some((name(&path)?, text)));
    named
        .filter(|(name, _)| SERVICES.contains(&name.as_str()))
        .collect()
}

fn worth_reading(said: &str) -> Vec<&str> {
    let worth = |line: &&str| line.contains(" WARN ") || line.contains(" ERROR ");
    said.lines().filter(worth).collect()
}

/// What a service has counted so far, if it answers.
async fn metrics(suite: &Suite, service: &str) -> Option<String> {
    let asking = suite.http.get(format!("{}/metrics", suite.admin(service))).send();
    asking.await.ok()?.text().await.ok()
}

/// How many mails were asked about in vain.
async fn asked_in_vain(suite: &Suite) -> f64 {
    let text = metrics(suite, "notification").await.unwrap();
    let lines = text.lines().filter(|line| {
        line.starts_with("muster_mail_attempts_total{") && line.contains(r#"outcome="source_away""#)
    });
    let counts = lines.filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    counts.sum()
}

/// Whether every service has its connections to the broker.
async fn all_connected(suite: &Suite) -> bool {
    for service in SERVICES {
        let Some(text) = metrics(suite, service).await else {
            return false;
        };
        let mut gauges = text
            .lines()
            .filter(|line| line.starts_with("muster_broker_connected{"));
        if !gauges.clone().any(|_| true) || !gauges.all(|line| line.ends_with(" 1")) {
            return false;
        }
    }
    true
}

/// Mail waits while the service is away that is asked for its words, and then goes out all at once.
#[tokio::test]
async fn mail_goes_out_at_once_when_its_source_is_back_after_a_long_time() {
    let _alone = alone().await;
    let suite = Suite::find();
    let organization = Organization::create(&suite).await;
    // The worker is to find all of them while nobody answers.
    let worker = Standstill::of(&suite, &["notification"]);
    invite_all(&suite, &organization).await;
    let published = Database::of(&suite, "invitation").await;
    let waiting = "SELECT count(*) FROM outbox WHERE published_at IS NULL";
    eventually(async || published.number(waiting).await == 0).await;
    let source = Standstill::of(&suite, &["invitation"]);
    drop(worker);
    let in_vain_before = asked_in_vain(&suite).await;
    tokio::time::sleep(AWAY).await;
    let deliveries = Database::of(&suite, "notification").await;
    let sent = format!(
        "SELECT count(*) FROM deliveries WHERE organization_id = '{}' AND state = 'SENT'",
        organization.id()
    );
    let sent_before = deliveries.number(&sent).await;
    let late = format!(
        "SELECT count(*) FROM deliveries
         WHERE organization_id = '{}' AND (state = 'DEFERRED' OR next_attempt_time > now() + interval '{LONGEST_WAIT}')",
        organization.id()
    );
    let late = deliveries.number(&late).await;
    drop(source);
    let back = Instant::now();
    let all = i64::try_from(MAILS).unwrap();
    eventually(async || deliveries.number(&sent).await == all).await;
    let in_vain = asked_in_vain(&suite).await - in_vain_before;
    println!(
        "{in_vain} were asked about in vain; all {MAILS} were sent {:?} after",
        back.elapsed()
    );
    assert_eq!(
        late, 0,
        "these wait longer, or the mail server is said to have put them off"
    );
    assert!(in_vain <= IN_VAIN, "{in_vain}");
    assert_eq!(sent_before, 0, "nobody could know what to send");
}

async fn invite_all(suite: &Suite, organization: &Organization) {
    let run = suite.unique();
    let addresses: Vec<_> = (0..MAILS)
        .map(|n| format!("waiting-{n}.{run}@example.test"))
        .collect();
    for some in addresses.chunks(BATCH_SIZE) {
        let call = suite.call(&organization.owner, organization.inviting_all(some));
        organization
            .invitations()
            .batch_create_invitations(call)
            .await
            .unwrap();
    }
}
