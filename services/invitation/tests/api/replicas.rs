//! Several processes that do not quite agree: on the time, on the words they know, on which mail was the last.

use std::time::Duration;

use muster_proto::invitation::v1::{DeliveryState, Invitation};
use muster_proto::notification::v1::{DeliveryChangedEvent, delivery::State};
use muster_server::convert::timestamp;
use muster_testkit::{eventually, eventually_some};

use crate::mail::{changed, report, sent};
use crate::world::World;

fn deferred(invitation: &Invitation) -> DeliveryChangedEvent {
    changed(&invitation.name, 1, State::Deferred, "")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mail_that_another_replica_asked_for_is_wanted_even_when_this_ones_clock_is_behind() {
    let world = World::new().await;
    let mut wanted = world.wanted("ada@example.com", &[&world.nurses]);
    wanted.send_time = Some(timestamp(world.clock.now() + Duration::from_secs(3600)));
    let made = world.create_this(wanted).await.unwrap();
    assert!(
        !world.mail(&made.name, 1).await.unwrap().wanted,
        "nobody asked for it yet"
    );
    // By the clock of the other one it is due: it asked the mail worker, who asks this one.
    world
        .database
        .execute("UPDATE invitations SET delivery_state = 'QUEUED', version = version + 1")
        .await;
    assert!(world.mail(&made.name, 1).await.unwrap().wanted);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_in_words_of_a_newer_release_keeps_no_other_mail_back() {
    let world = World::new().await;
    for name in ["ada", "eve"] {
        let mut wanted = world.wanted(&format!("{name}@example.com"), &[&world.nurses]);
        wanted.send_time = Some(timestamp(world.clock.now() + Duration::from_secs(60)));
        world.create_this(wanted).await.unwrap();
    }
    world
        .database
        .execute(
            "ALTER TABLE invitations DROP CONSTRAINT invitations_source_check;
             UPDATE invitations SET source = 'PIGEON' WHERE address_canonical = 'ada@example.com'",
        )
        .await;
    world.clock.advance(Duration::from_secs(61));
    let mails = "SELECT count(*) FROM outbox WHERE event_type = 'mail.requested'";
    eventually(async || world.database.count(mails).await == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_stays_readable_when_the_rules_change() {
    let world = World::new().await;
    let made = world.create("ada@example.com", &[&world.nurses]).await.unwrap();
    world
        .database
        .execute("UPDATE invitations SET address_given = 'Ada L@old', address_canonical = 'ada l@old'")
        .await;
    assert_eq!(world.get(&made.name).await.unwrap().address, "Ada L@old");
    assert_eq!(world.mail(&made.name, 1).await.unwrap().address, "Ada L@old");
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_of_the_next_mail_count_from_its_own_beginning_and_those_of_the_last_one_no_more() {
    let world = World::with_broker().await;
    let made = world.create("ada@example.com", &[&world.nurses]).await.unwrap();
    let (first, second) = (world.clock.new_uuid(), world.clock.new_uuid());
    let shown = async |state: DeliveryState| {
        eventually_some(async || {
            let seen = world.get(&made.name).await.unwrap();
            (seen.delivery_state() == state).then_some(())
        })
        .await;
    };
    report(&world, first, 5, deferred(&made)).await;
    shown(DeliveryState::Deferred).await;
    report(&world, second, 1, sent(&made, 1)).await;
    shown(DeliveryState::Sent).await;
    report(&world, first, 6, deferred(&made)).await;
    eventually(async || world.database.count("SELECT count(*) FROM inbox").await == 3).await;
    shown(DeliveryState::Sent).await;
}
