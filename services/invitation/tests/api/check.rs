//! `check`, as an operator runs it.

use std::process::Command;

use muster_testkit::TestDatabase;
use sqlx::migrate::Migrator;

use crate::fixture::Fixture;

/// The exit code, and what is printed.
async fn told(mut command: Command) -> (Option<i32>, String) {
    let running = tokio::task::spawn_blocking(move || command.output().unwrap());
    let output = running.await.unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn where_a_service_can_serve_everything_is_fine() {
    let fixture = Fixture::in_real_time().await;
    let (code, printed) = told(fixture.command(&["check"])).await;
    assert_eq!(code, Some(0), "{printed}");
    for what in [
        "settings",
        "own keys",
        "keys of callers",
        "keys of workloads",
        "token for organization",
        "database",
        "schema",
        "rights in the database",
        "clock of the database",
        "broker",
        "organization service",
        "clock of organization",
    ] {
        assert!(printed.contains(&format!("fine   {what}: ")), "{what}\n{printed}");
    }
    assert!(
        !printed.contains("muster:muster@"),
        "no secret is shown\n{printed}"
    );
}

/// The fixture's keys are those of a developer's machine.
#[tokio::test(flavor = "multi_thread")]
async fn development_keys_are_told_where_others_come() {
    let fixture = Fixture::in_real_time().await;
    let everywhere = ["check", "--listen=0.0.0.0:8080", "--plaintext=mesh"];
    let (code, printed) = told(fixture.command(&everywhere)).await;
    assert_ne!(code, Some(0), "{printed}");
    let wrong = printed.lines().find(|line| line.starts_with("WRONG  own keys: "));
    let wrong = wrong.unwrap_or_default();
    for setting in ["--page-key (MUSTER_PAGE_KEY)", "--link-keys (MUSTER_LINK_KEYS)"] {
        assert!(wrong.contains(setting), "{setting} is missing in\n{printed}");
    }
    assert!(printed.contains("deploy/secrets"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_have_their_bounds() {
    let fixture = Fixture::in_real_time().await;
    let mut check = fixture.command(&[
        "check",
        "--mails-to-mailbox=0",
        "--join-mails-to-mailbox=51",
        "--join-requests-to-organization=0",
    ]);
    let running = tokio::task::spawn_blocking(move || check.output().unwrap());
    let output = running.await.unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert_ne!(output.status.code(), Some(0), "{said}");
    assert_eq!(said.matches("is not in 1..=").count(), 3, "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_is_wrong_is_told_at_once_with_what_to_do() {
    let fixture = Fixture::in_real_time().await;
    let (empty, nothing) = (
        TestDatabase::new(&Migrator::DEFAULT, "empty").await,
        "/nonexistent",
    );
    let mut check = fixture.command(&["check", "--organization-url=http://127.0.0.1:1"]);
    check
        .env("MUSTER_DATABASE_URL", empty.url())
        .env("MUSTER_AMQP_URL", "amqp://127.0.0.1:1/%2f")
        .env("MUSTER_CALLER_JWKS", nothing)
        .env("MUSTER_WORKLOAD_TOKENS", nothing);
    let (code, printed) = told(check).await;
    assert_eq!(code, Some(70), "{printed}");
    for (line, mend) in [
        ("WRONG  keys of callers: /nonexistent", "MUSTER_CALLER_JWKS"),
        (
            "WRONG  token for organization: /nonexistent/organization",
            "audience is organization",
        ),
        ("WRONG  schema: ", "`muster-invitation migrate`"),
        ("WRONG  broker: ", "MUSTER_AMQP_URL"),
        ("odd    organization service: does not answer", "may still come"),
        ("fine   database: PostgreSQL", ""),
    ] {
        assert!(
            printed.contains(line) && printed.contains(mend),
            "{line}\n{printed}"
        );
    }

    // A database of another service.
    let mut check = fixture.command(&["check"]);
    check.env("MUSTER_DATABASE_URL", fixture.organization_database_url());
    let (code, printed) = told(check).await;
    assert_eq!(code, Some(70));
    assert!(printed.contains("another program's database"), "{printed}");
}

/// Nothing is missing, and this release still works; but it may be two behind, which it does not.
#[tokio::test(flavor = "multi_thread")]
async fn migrating_what_a_newer_release_has_migrated_ends_well_and_warns() {
    let database = TestDatabase::new(&Migrator::DEFAULT, "empty").await;
    let migrated = async || {
        let mut migrate = Command::new(env!("CARGO_BIN_EXE_muster-invitation"));
        migrate
            .arg("migrate")
            .env("MUSTER_DATABASE_URL", database.url())
            .env("MUSTER_LOG", "info")
            .env("MUSTER_LOG_FORMAT", "human");
        told(migrate).await
    };
    let up_to_date = "the database is up to date";
    // Also a second time, when there is nothing to do.
    for _ in 0..2 {
        let (code, printed) = migrated().await;
        assert_eq!(code, Some(0), "{printed}");
        assert!(
            printed.contains(up_to_date) && !printed.contains(" WARN "),
            "{printed}"
        );
    }

    database
        .execute(
            "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time)
             VALUES (9001, 'of a newer release', true, '\\x00', 0)",
        )
        .await;
    let (code, printed) = migrated().await;
    assert_eq!(code, Some(0), "{printed}");
    let is_told = |line: &str| {
        let words = [
            " WARN ",
            "a newer release has migrated the database",
            "beside no later one",
            "9001",
        ];
        words.iter().all(|word| line.contains(word))
    };
    assert!(printed.lines().any(is_told), "{printed}");
    assert!(!printed.contains(up_to_date), "{printed}");
}
