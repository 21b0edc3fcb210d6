//! Where the database server and the broker of this test process are.

use std::path::PathBuf;

use muster_engines::{Durability, Pair};
use tokio::sync::OnceCell;

#[derive(Debug)]
struct Engines {
    postgres: String,
    amqp: String,
}

static ENGINES: OnceCell<Engines> = OnceCell::const_new();

/// Superuser address of the database server.
pub async fn postgres_url() -> &'static str {
    &engines().await.postgres
}

/// Address of the broker.
pub async fn amqp_url() -> &'static str {
    &engines().await.amqp
}

/// Ends the pair that test processes have left running, and forgets its data. Blocks.
pub fn stop_engines() {
    drop(Pair::remove(&directory()));
}

async fn engines() -> &'static Engines {
    ENGINES.get_or_init(find_or_start).await
}

async fn find_or_start() -> Engines {
    let given = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    match (given("MUSTER_TEST_POSTGRES"), given("MUSTER_TEST_AMQP")) {
        (Some(postgres), Some(amqp)) => Engines { postgres, amqp },
        (None, None) => tokio::task::spawn_blocking(start)
            .await
            .expect("the starter of the engines crashed"),
        _ => panic!("set both MUSTER_TEST_POSTGRES and MUSTER_TEST_AMQP, or neither"),
    }
}

/// Processes that ask at once wait for one another; the first one starts the pair.
fn start() -> Engines {
    let pair = Pair::start(&directory(), Durability::Careless).expect("the test engines did not start");
    Engines {
        postgres: pair.postgres.superuser_url(),
        amqp: pair.rabbitmq.url(),
    }
}

fn directory() -> PathBuf {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(
        || PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../target")),
        PathBuf::from,
    );
    std::path::absolute(target)
        .unwrap_or_default()
        .join("test-engines")
}
