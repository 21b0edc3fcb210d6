//! Several processes that do not quite agree: on the time, on the words they know, on which mail was the last.

use std::time::Duration;

use muster_proto::invitation::v1::{DeliveryState, Invitation};
use muster_proto::notification::v1::{DeliveryChangedEvent, delivery::State};
use muster_server::convert::timestamp;
use muster_testkit::{eventually, eventually_some};

use crate::fixture::Fixture;
use crate::mail::{changed, report, sent};

fn deferred(invitation: &Invitation) -> DeliveryChangedEvent {
    changed(&invitation.name, 1, State::Deferred, "")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_another_replica_asked_for_is_wanted_even_when_this_ones_clock_is_behind() {
    let fixture = Fixture::new().await;
    let mut wanted = fixture.wanted("ada@example.com", &[&fixture.nurses]);
    wanted.send_time = Some(timestamp(fixture.clock.now() + Duration::from_secs(3600)));
    let made = fixture.create_this(wanted).await.unwrap();
    assert!(
        !fixture.mail(&made.name, 1).await.unwrap().wanted,
        "nobody asked for it yet"
    );
    // By the clock of the other one it is due: it asked the mail worker, who asks this one.
    fixture
        .database
        .execute("UPDATE invitations SET delivery_state = 'QUEUED', version = version + 1")
        .await;
    assert!(fixture.mail(&made.name, 1).await.unwrap().wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_in_words_of_a_newer_release_keeps_no_other_mail_back() {
    let fixture = Fixture::new().await;
    for name in ["ada", "eve"] {
        let mut wanted = fixture.wanted(&format!("{name}@example.com"), &[&fixture.nurses]);
        wanted.send_time = Some(timestamp(fixture.clock.now() + Duration::from_secs(60)));
        fixture.create_this(wanted).await.unwrap();
    }
    fixture
        .database
        .execute(
            "ALTER TABLE invitations DROP CONSTRAINT invitations_source_check;
             UPDATE invitations SET source = 'PIGEON' WHERE address_canonical = 'ada@example.com'",
        )
        .await;
    fixture.clock.advance(Duration::from_secs(61));
    let mails = "SELECT count(*) FROM outbox WHERE event_type = 'mail.requested'";
    eventually(async || fixture.database.count(mails).await == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_stays_readable_when_the_rules_change() {
    let fixture = Fixture::new().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    fixture
        .database
        .execute("UPDATE invitations SET address_given = 'Ada L@old', address_canonical = 'ada l@old'")
        .await;
    assert_eq!(fixture.get(&made.name).await.unwrap().address, "Ada L@old");
    assert_eq!(fixture.mail(&made.name, 1).await.unwrap().address, "Ada L@old");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_of_the_next_mail_count_from_its_own_beginning_and_those_of_the_last_one_no_more() {
    let fixture = Fixture::with_broker().await;
    let made = fixture
        .create("ada@example.com", &[&fixture.nurses])
        .await
        .unwrap();
    let (first, second) = (fixture.clock.new_uuid(), fixture.clock.new_uuid());
    let shown = async |state: DeliveryState| {
        eventually_some(async || {
            let seen = fixture.get(&made.name).await.unwrap();
            (seen.delivery_state() == state).then_some(())
        })
        .await;
    };
    report(&fixture, first, 5, deferred(&made)).await;
    shown(DeliveryState::Deferred).await;
    report(&fixture, second, 1, sent(&made, 1)).await;
    shown(DeliveryState::Sent).await;
    report(&fixture, first, 6, deferred(&made)).await;
    eventually(async || fixture.database.count("SELECT count(*) FROM inbox").await == 3).await;
    shown(DeliveryState::Sent).await;
}
