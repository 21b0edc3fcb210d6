//! The databases of the services, as the superuser opens them: to fill them, and to ask them what a service asks, with
//! nothing in between.

use anyhow::Context;
use muster_engines::{Durability, Postgres};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, PgConnection};
use tokio::task::spawn_blocking;

use crate::fixture::Fixture;

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
