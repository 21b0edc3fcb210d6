//! Workers that are killed again and again in the middle of everything, while the mail server breaks at every phase:
//! nothing is stuck, nothing is lost, and nothing is doubled beyond the one resend.

use std::collections::HashMap;
use std::time::Duration;

use muster_ids::InvitationName;
use tokio_util::sync::CancellationToken;

use crate::fixture::{Fixture, LEASE, RESEND_AFTER, state, step};
use crate::mail_source::address_of;
use crate::smtp_server::{Fault, SmtpServer};

const DELIVERIES: usize = 150;
const KILLS: u64 = 60;

/// Every phase; a 5xx ends a message, so its copies are none.
const FAULTS: [Fault; 12] = [
    Fault::None,
    Fault::Mail("451 4.3.0 later"),
    Fault::Rcpt("451 4.7.1 greylisted"),
    Fault::Rcpt("550 5.1.1 unknown"),
    Fault::CutAtRcpt,
    Fault::Data("451 4.3.0 later"),
    Fault::CutBeforeDot,
    Fault::CutAfterDot,
    Fault::CutAfterDotNotTaken,
    Fault::AfterDot("451 4.3.0 later"),
    Fault::AfterDot("554 5.7.1 spam"),
    Fault::Slow(Duration::from_millis(20)),
];

#[derive(sqlx::FromRow)]
pub(crate) struct End {
    subject: String,
    state: String,
    ambiguous_resends: i32,
    /// Payloads of its `delivery.changed`.
    published: Vec<Vec<u8>>,
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_workers_lose_nothing_and_double_nothing() {
    let fixture = Fixture::new().await;
    let mut subjects: Vec<InvitationName> = Vec::new();
    for _ in 0..DELIVERIES {
        subjects.push(fixture.ask().await);
    }
    for kill in 0..KILLS {
        // A fixed sequence that visits every fault and many moments.
        let random = kill.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let at = usize::try_from(random % 12).unwrap();
        fixture
            .smtp
            .script(FAULTS.iter().cycle().skip(at).take(6).copied());
        let running = tokio::spawn(fixture.worker().run(CancellationToken::new()));
        tokio::time::sleep(Duration::from_micros(2_000 + (random >> 32) % 25_000)).await;
        running.abort();
        drop(running.await);
        fixture.clock.advance(LEASE / 4);
    }
    finish(&fixture).await;
    let ends = ends(&fixture).await;
    assert_eq!(ends.len(), DELIVERIES);
    let tally = check(&ends, &fixture.smtp);
    println!("{DELIVERIES} deliveries, {KILLS} kills: {tally:?}");
}

/// Lets a worker live until everything is over.
async fn finish(fixture: &Fixture) {
    let worker = fixture.worker();
    for _ in 0..200 {
        step(&worker).await;
        let open = "SELECT count(*) FROM deliveries WHERE state IN ('QUEUED', 'DEFERRED', 'SENDING')";
        if fixture.database.count(open).await == 0 {
            return;
        }
        fixture.clock.advance(RESEND_AFTER);
    }
    panic!("something is stuck");
}

async fn ends(fixture: &Fixture) -> Vec<End> {
    let mut connection = fixture.database.connection().await;
    ends_on(&mut connection).await
}

pub(crate) async fn ends_on(connection: &mut sqlx::PgConnection) -> Vec<End> {
    sqlx::query_as(
        "SELECT subject, state, ambiguous_resends,
                ARRAY(SELECT payload FROM outbox o WHERE o.aggregate_id = d.delivery_id) AS published
         FROM deliveries d",
    )
    .fetch_all(connection)
    .await
    .unwrap()
}

/// What must hold for every delivery; answers how many ended how.
pub(crate) fn check(ends: &[End], smtp: &SmtpServer) -> HashMap<String, usize> {
    let mut copies: HashMap<String, Vec<String>> = HashMap::new();
    for taken in smtp.taken() {
        copies.entry(taken.to.clone()).or_default().push(taken.text());
    }
    let mut tally: HashMap<String, usize> = HashMap::new();
    for end in ends {
        let texts = copies.remove(&address_of(&end.subject)).unwrap_or_default();
        let what = format!("{} {} with {} copies", end.subject, end.state, texts.len());
        let finals = end
            .published
            .iter()
            .filter(|payload| state(payload) != "DEFERRED");
        assert_eq!(finals.count(), 1, "published once: {what}");
        assert!(
            texts.windows(2).all(|pair| pair[0] == pair[1]),
            "the same bytes: {what}"
        );
        let most = usize::try_from(end.ambiguous_resends).unwrap() + 1;
        assert!(
            texts.len() <= most,
            "at most one extra, and only for an ambiguous fault: {what}"
        );
        match end.state.as_str() {
            "SENT" => assert!(!texts.is_empty(), "lost: {what}"),
            "UNCERTAIN" => assert_eq!(end.ambiguous_resends, 1, "{what}"),
            "FAILED" => assert!(texts.is_empty(), "{what}"),
            _ => panic!("stuck: {what}"),
        }
        *tally
            .entry(format!("{} x{}", end.state, texts.len()))
            .or_default() += 1;
    }
    assert!(copies.is_empty(), "mail that nobody asked for");
    tally
}
