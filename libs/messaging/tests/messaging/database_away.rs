//! While the consumer's database is away, messages are held: neither lost, nor parked, nor given back.

use muster_messaging::topology::EMPLOYMENT;
use muster_testkit::eventually;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

use crate::world::{Recorder, World, fresh};

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_held_while_the_database_is_away() {
    let world = World::new().await;
    let _relay = world.relay(world.broker.broker());
    let _consumer = world.consumer(world.broker.as_service("employment"), Recorder::new());
    world.publish(fresh(), 1).await;
    eventually(async || world.applied().await == 1).await;

    let mut server = PgConnection::connect(muster_testkit::postgres_url().await)
        .await
        .unwrap();
    let name = world.consumer.url().rsplit_once('/').unwrap().1.to_owned();
    away(&mut server, &name, true).await;
    for number in 1..=100 {
        world.publish(fresh(), number).await;
    }
    eventually(async || world.pending().await == 0).await;
    // Prefetched messages are held by the consumer, the others stay in the queue; nothing moves on.
    eventually(async || world.waiting(EMPLOYMENT.name).await == 100 - 32).await;
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    assert_eq!(world.waiting(EMPLOYMENT.name).await, 100 - 32);
    away(&mut server, &name, false).await;
    eventually(async || world.applied().await == 101).await;
    assert_eq!(world.waiting(EMPLOYMENT.parked).await, 0);
}

async fn away(server: &mut PgConnection, name: &str, away: bool) {
    let allow = format!("ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS {}", !away);
    sqlx::raw_sql(AssertSqlSafe(allow))
        .execute(&mut *server)
        .await
        .unwrap();
    if away {
        sqlx::query("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1")
            .bind(name)
            .execute(&mut *server)
            .await
            .unwrap();
    }
}
