//! Each service makes its history by a migration of its own, which is never changed again: they must make the same.

const EMPLOYMENT: &str = include_str!("../../../services/employment/migrations/0015_history.sql");
const RECORDS: &str = include_str!("../../../services/records/migrations/0024_history.sql");
const ORGANIZATION: &str = include_str!("../../../services/organization/migrations/0030_history.sql");

const CAUSES: [&str; 3] = [
    include_str!("../../../services/employment/migrations/0022_causes_and_texts_of_history.sql"),
    include_str!("../../../services/records/migrations/0033_causes_and_texts_of_history.sql"),
    include_str!("../../../services/organization/migrations/0050_causes_and_texts_of_history.sql"),
];

/// The text from `from` to the end of `to`.
fn between<'a>(migration: &'a str, from: &str, to: &str) -> Option<&'a str> {
    let (_, rest) = migration.split_once(from)?;
    let (found, _) = rest.split_once(to)?;
    Some(found)
}

/// Tables and the trigger function.
fn kept(migration: &str) -> Option<&str> {
    between(migration, "CREATE TABLE history_entries", "\n$$;")
}

fn columns(migration: &str) -> Option<&str> {
    between(migration, "CREATE TABLE history_entries", "WITH (fillfactor")
}

fn heads(migration: &str) -> Option<&str> {
    between(migration, "CREATE TABLE history_heads", ");")
}

#[test]
fn histories_are_kept_alike() {
    assert!(kept(EMPLOYMENT).is_some_and(|kept| kept.contains("INSERT INTO history_entries")));
    assert_eq!(kept(EMPLOYMENT), kept(RECORDS));
    // The oldest one lacks an index, and knows no rows without an organization.
    assert!(columns(ORGANIZATION).is_some() && heads(ORGANIZATION).is_some());
    assert_eq!(columns(EMPLOYMENT), columns(ORGANIZATION));
    assert_eq!(heads(EMPLOYMENT), heads(ORGANIZATION));
    // From then on they are the same.
    let [employment, records, organization] =
        CAUSES.map(|migration| between(migration, "ALTER TABLE history_entries", "nullif(texts, '{}'));"));
    assert!(employment.is_some_and(|kept| kept.contains("CREATE OR REPLACE FUNCTION keep_history()")));
    assert_eq!(employment, records);
    assert_eq!(employment, organization);
}
