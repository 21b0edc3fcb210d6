//! The chain: what is done to it is seen, and those who write at once do not break it.

use std::process::{Command, Output};

use futures::future::join_all;
use muster_ids::OrganizationId;
use muster_organization::OrganizationService;
use muster_testkit::{TestService, TestSuite, eventually};
use sqlx::AssertSqlSafe;

use super::{add_location, history, sealed};
use crate::fixture::{Fixture, name};

const DECISION: &str = include_str!("../../../../../docs/decisions/0066-history-that-shows-tampering.md");

/// What `verify` says: whether all is well, and its lines.
pub(super) fn verify(fixture: &Fixture, arguments: &[&str]) -> (bool, Vec<String>) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_muster-organization"));
    command.arg("verify").args(arguments);
    command.env("MUSTER_DATABASE_URL", fixture.service.database.url());
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    let lines = String::from_utf8(stdout).unwrap();
    assert!(
        status.success() || !lines.is_empty(),
        "{}",
        String::from_utf8_lossy(&stderr)
    );
    (status.success(), lines.lines().map(str::to_owned).collect())
}

/// The one thing that is wrong, of this organization.
fn broken(fixture: &Fixture, id: OrganizationId, arguments: &[&str]) -> String {
    let (well, lines) = verify(fixture, arguments);
    let [line] = lines.as_slice() else {
        panic!("{lines:?}")
    };
    assert!(!well);
    let problem = line.strip_prefix(&format!("{}: ", name(id)));
    problem.unwrap_or_else(|| panic!("{line}")).to_owned()
}

/// An organization whose history has so many entries, all linked, and nothing more that comes by itself.
async fn with_history(fixture: &Fixture, length: usize) -> OrganizationId {
    let id = fixture.active().await;
    let mut number = 0;
    while history(fixture, id).await.len() < length {
        number += 1;
        add_location(fixture, id, &format!("Room {number}")).await;
    }
    assert_eq!(sealed(fixture, id).await.len(), length);
    id
}

#[tokio::test(flavor = "multi_thread")]
async fn an_auditor_makes_every_digest_again_as_it_is_written_down() {
    let fixture = Fixture::new().await;
    let id = with_history(&fixture, 6).await;
    let statement = DECISION
        .split("```sql")
        .nth(1)
        .unwrap()
        .split("```")
        .next()
        .unwrap();
    let mut connection = fixture.service.database.connection().await;
    for entry in sealed(&fixture, id).await {
        let statement = statement
            .replace(":'organization'", &format!("'{id}'"))
            .replace(":position", &entry.position.to_string());
        // As `psql` prints it: with a line feed behind it.
        let digest = format!("SELECT encode(sha256(convert_to(({statement}) || E'\\n', 'UTF8')), 'hex')");
        let digest = sqlx::query_scalar::<_, String>(AssertSqlSafe(digest));
        assert_eq!(digest.fetch_one(&mut connection).await.unwrap(), entry.digest);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_done_to_a_history_is_named_where_it_begins() {
    let fixture = Fixture::new().await;
    let id = with_history(&fixture, 6).await;
    with_history(&fixture, 6).await;
    let (well, heads) = verify(&fixture, &["--heads"]);
    assert!(
        well && heads.len() == 2
            && heads
                .iter()
                .any(|head| head.starts_with(&format!("{} 6 ", name(id))))
    );
    for (tampering, problem) in [
        ("UPDATE history_entries SET actor = 'person:' || gen_random_uuid() WHERE position = 3 AND", "entry 3 is not the one"),
        ("UPDATE history_entries SET change_time = change_time + interval '1 microsecond' WHERE position = 1 AND", "entry 1 is not the one"),
        ("UPDATE history_entries SET changes = replace(changes, 'DRAFT', 'ACTIVE') WHERE position = 1 AND", "entry 1 is not the one"),
        ("UPDATE history_entries SET texts = replace(texts::text, 'Sunshine', 'Moonshine')::jsonb WHERE position = 1 AND", "entry 1 is not the one"),
        ("UPDATE history_entries SET actor_role = '' WHERE position = 3 AND", "entry 3 is not the one"),
        ("UPDATE history_entries SET cause = 'job reviews' WHERE position = 2 AND", "entry 2 is not the one"),
        ("UPDATE history_entries SET format = 1 WHERE position = 2 AND", "entry 2 is not the one"),
        ("UPDATE history_entries SET reason = '' WHERE reason <> '' AND", "entry 3 is not the one"),
        ("UPDATE history_entries SET digest = repeat('a', 64) WHERE position = 4 AND", "entry 4 is not the one"),
        ("DELETE FROM history_entries WHERE position = 2 AND", "entry 2 is missing"),
        ("DELETE FROM history_entries WHERE position = 1 AND", "entry 1 is missing"),
        // The bodies of two entries change places.
        ("UPDATE history_entries AS e SET history_entry_id = o.history_entry_id, subject = o.subject, changes = o.changes, act = o.act
          FROM history_entries AS o WHERE o.organization_id = e.organization_id AND e.position IN (4, 5) AND o.position = 9 - e.position AND e.", "entry 4 is not the one"),
        ("DELETE FROM history_entries WHERE position > 5 AND", "entry 6, the last one, is missing"),
        ("DELETE FROM history_entries WHERE position > 3 AND", "entries 4 to 6, the last ones, are missing"),
        ("UPDATE history_heads AS h SET position = 4, digest = e.digest FROM history_entries AS e
             WHERE e.organization_id = h.organization_id AND e.position = 4 AND h.", "entry 6 stands behind the end of the chain"),
        ("UPDATE history_heads SET digest = repeat('a', 64) WHERE", "entry 6, the last one, is not the end"),
        ("DELETE FROM history_heads WHERE", "where the chain ends is no longer written down"),
        ("DELETE FROM history_entries WHERE", "there is no history at all"),
    ] {
        fixture.execute("CREATE TABLE kept AS SELECT * FROM history_entries; CREATE TABLE ends AS SELECT * FROM history_heads".to_owned()).await;
        let separator = if tampering.ends_with('.') { "" } else { " " };
        // The identifiers of two entries would be the same for a moment.
        fixture
            .execute(format!(
                "ALTER TABLE history_entries DROP CONSTRAINT history_entries_pkey;
                 {tampering}{separator}organization_id = '{id}'"
            ))
            .await;
        let named = broken(&fixture, id, &[]);
        assert!(named.starts_with(problem), "{tampering}: {named}");
        fixture
            .execute(
                "DELETE FROM history_entries; DELETE FROM history_heads;
                 INSERT INTO history_entries OVERRIDING SYSTEM VALUE SELECT * FROM kept;
                 INSERT INTO history_heads SELECT * FROM ends; DROP TABLE kept; DROP TABLE ends;
                 ALTER TABLE history_entries ADD CONSTRAINT history_entries_pkey PRIMARY KEY (organization_id, history_entry_id)"
                    .to_owned(),
            )
            .await;
        assert_eq!(verify(&fixture, &["--heads"]), (true, heads.clone()), "put back after {tampering}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chain_that_was_cut_or_made_anew_with_its_end_is_seen_by_what_was_noted_down() {
    let fixture = Fixture::new().await;
    let id = with_history(&fixture, 6).await;
    let noted = std::env::temp_dir().join(format!("heads-{id}"));
    let file = noted.to_str().unwrap();
    std::fs::write(&noted, verify(&fixture, &["--heads"]).1.join("\n")).unwrap();
    add_location(&fixture, id, "Annex").await;
    sealed(&fixture, id).await;
    assert_eq!(
        verify(&fixture, &["--noted", file]),
        (true, Vec::new()),
        "it only became longer"
    );

    // The last entries go, and the end is written down anew.
    fixture
        .execute(format!(
            "DELETE FROM history_entries WHERE position > 4 AND organization_id = '{id}';
             UPDATE history_heads AS h SET position = 4, digest = e.digest FROM history_entries AS e
             WHERE e.organization_id = h.organization_id AND e.position = 4 AND h.organization_id = '{id}'"
        ))
        .await;
    assert_eq!(verify(&fixture, &[]), (true, Vec::new()), "nothing here shows it");
    let named = broken(&fixture, id, &["--noted", file]);
    assert_eq!(named, "entry 6, which was noted down, is not there any more");

    // An entry is altered, and everything is linked anew: the service itself does it.
    fixture
        .execute(format!(
            "UPDATE history_entries SET position = NULL, digest = NULL WHERE organization_id = '{id}';
             UPDATE history_entries SET actor = 'person:somebody' WHERE organization_id = '{id}';
             DELETE FROM history_heads WHERE organization_id = '{id}'"
        ))
        .await;
    for called in ["East", "West"] {
        add_location(&fixture, id, called).await;
    }
    sealed(&fixture, id).await;
    assert_eq!(verify(&fixture, &[]), (true, Vec::new()));
    assert_eq!(
        broken(
            &fixture,
            id,
            &["--noted", file, "--organization", &id.to_string()]
        ),
        "entry 6 had another digest when it was noted down"
    );
    std::fs::remove_file(noted).unwrap();
}

/// Who writes at once, and how many entries each.
const WRITERS: usize = 16;
const ENTRIES: usize = 200;
/// Of these, by calls; the others by transactions that write several, and are open at the same time.
const CALLS: usize = 5;
const IN_ONE: usize = 15;

/// What writes down entries gives them times that many have, and that go back and forth: minutes of one hour, in no order.
const UNSTEADY: &str = "CREATE FUNCTION unsteady() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN NEW.change_time := '2026-03-01 12:00Z'::timestamptz + floor(random() * 60) * interval '1 minute'; RETURN NEW; END $$;
    CREATE TRIGGER unsteady BEFORE INSERT ON history_entries FOR EACH ROW EXECUTE FUNCTION unsteady()";

async fn write_many(fixture: &Fixture, id: OrganizationId, writer: usize) {
    let mut connection = fixture.service.database.connection().await;
    let groups = |from: usize, to: usize| {
        format!(
            "INSERT INTO groups (organization_id, group_id, display_name, create_time, state, version)
             SELECT '{id}', gen_random_uuid(), 'Group {writer}.' || place, now(), 'ACTIVE', 1
             FROM generate_series({from}, {to}) AS place"
        )
    };
    for turn in 0..(ENTRIES - CALLS) / IN_ONE {
        let (first, last) = (turn * IN_ONE, (turn + 1) * IN_ONE - 1);
        let several = format!(
            "BEGIN; {}; SELECT pg_sleep(0.001); {}; COMMIT",
            groups(first, first + 4),
            groups(first + 5, last)
        );
        sqlx::raw_sql(AssertSqlSafe(several))
            .execute(&mut connection)
            .await
            .unwrap();
        if turn < CALLS {
            add_location(fixture, id, &format!("Room {writer}.{turn}")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_who_write_at_once_and_three_replicas_that_link_make_one_chain() {
    let suite = TestSuite::new(muster_clock::Clock::system()).await;
    let fixture = Fixture::in_suite(suite).await;
    let id = fixture.active().await;
    let replicas = join_all((0..2).map(|_| replica(&fixture.suite, &fixture.service))).await;
    let before = history(&fixture, id).await.len();
    fixture.service.database.execute(UNSTEADY).await;
    join_all((0..WRITERS).map(|writer| write_many(&fixture, id, writer))).await;
    let unsealed = "SELECT count(*) FROM history_entries WHERE position IS NULL";
    eventually(async || fixture.service.database.count(unsealed).await == 0).await;
    let (well, heads) = verify(&fixture, &["--heads"]);
    assert!(well, "{heads:?}");
    let length = before + WRITERS * ENTRIES;
    assert!(
        heads[0].starts_with(&format!("{} {length} ", name(id))),
        "{heads:?}"
    );
    let times =
        "SELECT count(*) FROM history_entries AS e JOIN history_entries AS next USING (organization_id)
                 WHERE next.position = e.position + 1 AND next.change_time <= e.change_time";
    assert!(
        fixture.service.database.count(times).await > 1000,
        "times are equal and go back"
    );
    let altered = length / 2;
    fixture
        .execute(format!(
            "UPDATE history_entries SET changes = overlay(changes placing '!' from length(changes) - 3 for 1)
             WHERE position = {altered}"
        ))
        .await;
    let named = broken(&fixture, id, &[]);
    assert!(
        named.starts_with(&format!("entry {altered} is not the one")),
        "{named}"
    );
    for replica in replicas {
        replica.stop().await;
    }
}

async fn replica(suite: &TestSuite, service: &TestService) -> muster_server::Running {
    let settings = suite.settings::<OrganizationService>(&[]);
    let common = service.replica();
    let started = muster_server::start::<OrganizationService>(&common, settings, service.clock.clone(), None);
    started.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn who_commits_late_comes_later_in_the_chain_and_breaks_nothing() {
    let fixture = Fixture::new().await;
    let id = fixture.active().await;
    let mut late = fixture.service.database.connection().await;
    let statement = format!(
        "BEGIN; INSERT INTO locations (organization_id, location_id, display_name, create_time)
         VALUES ('{id}', gen_random_uuid(), 'Late', now())"
    );
    sqlx::raw_sql(AssertSqlSafe(statement))
        .execute(&mut late)
        .await
        .unwrap();
    add_location(&fixture, id, "Early").await;
    let before = sealed(&fixture, id).await;
    sqlx::raw_sql("COMMIT").execute(&mut late).await.unwrap();
    let after = sealed(&fixture, id).await;
    assert_eq!(after.len(), before.len() + 1);
    let [.., written_first, written_last] = after.as_slice() else {
        panic!("{after:?}")
    };
    assert_eq!(
        written_first.position,
        written_last.position + 1,
        "the list is in the order of writing"
    );
    assert_eq!(verify(&fixture, &[]), (true, Vec::new()));
}
