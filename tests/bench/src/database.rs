//! The databases of the services, as the superuser opens them: to fill them, and to ask them what a service asks, with
//! nothing in between.

use std::time::Duration;

use anyhow::{Context, ensure};
use muster_engines::{Durability, Postgres};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};
use tokio::task::spawn_blocking;

use super::fixture::Fixture;
use super::pairs::timed;
use super::polling::until;

/// `pg_temp.id_at(moment)`: ids that sort by a time, as the services make them.
pub(super) const ID_AT: &str = "CREATE FUNCTION pg_temp.id_at(moment timestamptz) RETURNS uuid LANGUAGE sql VOLATILE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '7' || substr(md5(random()::text), 1, 3)
            || '8' || substr(md5(random()::text), 1, 15))::uuid $$";
/// As psql sends them, more or less.
const PIECE: usize = 64 * 1024;
/// Until all mails of a load have gone out.
const PATIENCE: Duration = Duration::from_secs(1_200);
const PAUSE: Duration = Duration::from_secs(1);
const UNPUBLISHED: &str = "SELECT count(*) FROM outbox WHERE published_at IS NULL";
const UNSENT: &str = "SELECT count(*) FROM deliveries WHERE state IN ('QUEUED', 'SENDING', 'DEFERRED')";
/// Whose mail was asked for, and was not heard of yet.
const UNTOLD: &str =
    "SELECT count(*) FROM invitations WHERE state = 'PROSPECT' AND delivery_state = 'QUEUED'";

/// Those of the suite.
#[derive(Debug)]
pub(super) struct Databases(PgConnectOptions);

impl Databases {
    pub(super) async fn find(fixture: &Fixture) -> anyhow::Result<Self> {
        let workspace = &fixture.workspace;
        let (files, log) = (workspace.at("postgres"), workspace.log("postgres"));
        let port = fixture.addresses.engines.postgres;
        let address = spawn_blocking(move || {
            // It runs already.
            let server = Postgres::start(&files, &log, port, Durability::Durable)?;
            anyhow::Ok(server.superuser_url())
        })
        .await??;
        Ok(Self(address.parse()?))
    }

    /// That of a service, with all that hangs on its tables.
    pub(super) async fn of(&self, service: &str) -> anyhow::Result<PgConnection> {
        let options = self.0.clone().database(service);
        let opened = options.connect().await;
        opened.with_context(|| format!("the database of {service} cannot be opened"))
    }

    /// The same, to write many rows that make sense: their keys are not looked up, and no history is kept of them, which a
    /// job would have to link while something else is measured.
    pub(super) async fn to_fill(&self, service: &str) -> anyhow::Result<PgConnection> {
        let mut db = self.of(service).await?;
        run(&mut db, "SET session_replication_role = replica").await?;
        Ok(db)
    }
}

/// Waits until every event is published and every mail is with the mail server.
pub(super) async fn calm(databases: &Databases) -> anyhow::Result<()> {
    let (mut invitation, mut notification) = (
        databases.of("invitation").await?,
        databases.of("notification").await?,
    );
    eprintln!("  waiting until every mail has gone out …");
    until(
        "waiting until nothing is under way",
        PATIENCE,
        PAUSE,
        async || {
            let is_calm = none(&mut invitation, UNPUBLISHED).await?
            && none(&mut notification, UNSENT).await?
            && none(&mut notification, UNPUBLISHED).await?
            // The last thing: it reads through all invitations.
            && none(&mut invitation, UNTOLD).await?;
            Ok(is_calm.then_some(()))
        },
    )
    .await
}

async fn none(db: &mut PgConnection, counting: &'static str) -> anyhow::Result<bool> {
    let count: i64 = sqlx::query_scalar(counting).fetch_one(db).await?;
    Ok(count == 0)
}

/// Copies lines into a table, as `COPY … FROM STDIN` says; how long that took, in microseconds.
pub(super) async fn copy(db: &mut PgConnection, statement: &str, lines: &str) -> anyhow::Result<u64> {
    let copying = async {
        let mut copy = db.copy_in_raw(statement).await?;
        for piece in lines.as_bytes().chunks(PIECE) {
            copy.send(piece).await?;
        }
        Ok(copy.finish().await?)
    };
    let (micros, copied) = timed(copying).await?;
    let given = lines.lines().count();
    ensure!(copied == given as u64, "{copied} rows of {given} were copied");
    Ok(micros)
}

/// Runs one statement.
pub(super) async fn run(db: &mut PgConnection, statement: &str) -> anyhow::Result<()> {
    let done = sqlx::raw_sql(AssertSqlSafe(statement.to_owned()))
        .execute(db)
        .await;
    done.with_context(|| format!("while running {statement}"))?;
    Ok(())
}

/// Has these tables as they are when they have been there for a while, and nothing left to be written to the disk.
pub(super) async fn settle(db: &mut PgConnection, tables: &[&str]) -> anyhow::Result<()> {
    for table in tables {
        run(db, &format!("VACUUM (ANALYZE) {table}")).await?;
    }
    run(db, "CHECKPOINT").await
}
