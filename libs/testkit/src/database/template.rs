//! Migrated once, copied for each test; and what killed tests have left behind.

use muster_server::migrators;
use sqlx::migrate::Migrator;
use sqlx::{Connection, PgConnection};

use super::{connect, execute, in_database};

/// Serializes making templates and copying them, over all test processes.
const LOCK: i64 = 0x0074_6573_746b_6974;

/// Makes the database `name` in the state after all migrations of `service`.
pub(super) async fn copy(server: &str, migrator: &Migrator, service: &str, name: &str) {
    let mut maintenance = connect(server).await;
    lock(&mut maintenance).await;
    drop_orphans(&mut maintenance).await;
    let template = template(&mut maintenance, server, migrator, service).await;
    let strategy = strategy(&mut maintenance).await;
    for statement in [
        format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"),
        format!("CREATE DATABASE \"{name}\" TEMPLATE \"{template}\" {strategy}"),
    ] {
        execute(&mut maintenance, statement).await;
    }
    // Closing the session lets go of the lock.
    let closed = maintenance.close().await;
    closed.expect("the maintenance connection did not close");
}

/// Files as they are, in half the time of block by block through the log, which is the default since there is a choice (15).
async fn strategy(maintenance: &mut PgConnection) -> &'static str {
    let version: i32 = sqlx::query_scalar("SELECT current_setting('server_version_num')::int4")
        .fetch_one(maintenance)
        .await
        .expect("the server does not tell its version");
    if version >= 150_000 {
        "STRATEGY FILE_COPY"
    } else {
        ""
    }
}

/// The name of the template for exactly these migrations; made when there is none yet.
async fn template(
    maintenance: &mut PgConnection,
    server: &str,
    migrator: &Migrator,
    service: &str,
) -> String {
    let name = format!("template_{service}_{:016x}", fingerprint(migrator));
    let there: bool = sqlx::query_scalar("SELECT EXISTS (SELECT FROM pg_database WHERE datname = $1)")
        .bind(&name)
        .fetch_one(&mut *maintenance)
        .await
        .expect("looking for the template failed");
    if !there {
        // Under another name until it is whole: a test that is killed here leaves nothing that looks whole.
        let building = format!("{name}_new");
        execute(
            maintenance,
            format!("DROP DATABASE IF EXISTS \"{building}\" WITH (FORCE)"),
        )
        .await;
        execute(maintenance, format!("CREATE DATABASE \"{building}\"")).await;
        let url = in_database(server, &building);
        muster_database::migrate(&migrators(migrator), &url)
            .await
            .expect("the migrations failed");
        execute(
            maintenance,
            format!("ALTER DATABASE \"{building}\" RENAME TO \"{name}\""),
        )
        .await;
    }
    name
}

/// FNV-1a over the checksums of the migrations: another text, another template.
fn fingerprint(migrator: &Migrator) -> u64 {
    let all = migrators(migrator);
    let migrations = all.iter().flat_map(|migrator| migrator.iter());
    let bytes = migrations.flat_map(|migration| migration.checksum.iter());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Databases of test processes that were killed.
async fn drop_orphans(maintenance: &mut PgConnection) {
    let names: Vec<String> =
        sqlx::query_scalar(r"SELECT datname::text FROM pg_database WHERE datname LIKE 'test\_%'")
            .fetch_all(&mut *maintenance)
            .await
            .expect("listing databases failed");
    for name in names.iter().filter(|name| is_orphan(name)) {
        execute(
            maintenance,
            format!("DROP DATABASE IF EXISTS \"{name}\" WITH (FORCE)"),
        )
        .await;
    }
}

fn is_orphan(name: &str) -> bool {
    let process = name
        .split('_')
        .nth(1)
        .and_then(|number| number.parse::<u32>().ok());
    process.is_some_and(|process| !std::path::Path::new(&format!("/proc/{process}")).exists())
}

async fn lock(maintenance: &mut PgConnection) {
    sqlx::query("SELECT pg_advisory_lock($1)")
        .bind(LOCK)
        .execute(maintenance)
        .await
        .expect("the lock of the test databases was refused");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_databases_of_dead_processes_are_orphans() {
        assert!(!is_orphan(&format!("test_{}_0_invitation", std::process::id())));
        assert!(is_orphan("test_4294967295_0_invitation"));
        assert!(!is_orphan("test_by_hand"));
    }
}
