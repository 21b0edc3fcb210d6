//! What the databases themselves promise, each service's alike.

use crate::support::{Database, SERVICES, Suite, with_others};

/// The tables of a database that rows of organizations and people are in. The others are read across organizations (by the
/// relay, by event id, by the processes that hold leases), keyed by caller and request or by session, or the same for all: the
/// shared catalog, what authorities tell of programmes, slugs, of which there is one of each everywhere, and how far a job has come.
macro_rules! tenant_tables {
    ($rest:literal) => {
        concat!(
            r"SELECT count(*) FROM pg_class t
             WHERE t.relnamespace = 'public'::regnamespace AND t.relkind = 'r'
               AND t.relname NOT IN ('outbox', 'inbox', 'idempotency', 'lease_holders', 'periodic_jobs', 'ended_sessions', 'trainings',
                   'programmes', 'programme_loads', 'refused_programme_rows', 'registry_vocabulary', 'join_page_slugs', 'employment_adoption')
               AND t.relname NOT LIKE '\_%\_migrations' ",
            $rest
        )
    };
}

#[tokio::test]
async fn every_key_begins_with_whose_the_row_is() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    for service in SERVICES {
        let database = Database::of(&suite, service).await;
        assert!(database.number(tenant_tables!("")).await > 0, "{service}");
        let unowned = tenant_tables!(
            "AND NOT EXISTS (
                 SELECT FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
                 WHERE i.indrelid = t.oid AND i.indisprimary AND a.attname IN ('organization_id', 'person_id'))"
        );
        assert_eq!(database.number(unowned).await, 0, "{service}");
    }
}

#[tokio::test]
async fn every_column_is_explained() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    for service in SERVICES {
        let database = Database::of(&suite, service).await;
        let silent = r"SELECT count(*) FROM information_schema.columns c
            WHERE c.table_schema = 'public' AND c.table_name NOT LIKE '\_%\_migrations'
              AND col_description(format('%I.%I', c.table_schema, c.table_name)::regclass, c.ordinal_position) IS NULL";
        assert_eq!(database.number(silent).await, 0, "{service}");
    }
}

#[tokio::test]
async fn outbox_inbox_and_idempotency_are_the_same_everywhere() {
    let _undisturbed = with_others().await;
    let suite = Suite::find();
    let digest = "SELECT ('x' || left(md5(string_agg(encode(checksum, 'hex'), '' ORDER BY checksum)), 15))::bit(60)::bigint
                  FROM (SELECT checksum FROM _messaging_migrations UNION ALL SELECT checksum FROM _idempotency_migrations)
                       AS applied";
    let one = Database::of(&suite, SERVICES[0]).await.number(digest).await;
    for service in SERVICES {
        let other = Database::of(&suite, service).await.number(digest).await;
        assert_eq!(other, one, "{service}");
    }
}
