//! What anybody may find: programmes and approved profiles, across organizations.

use muster_database::DatabaseError;
use muster_ids::{OrganizationId, PersonId, ProgrammeId};
use sqlx::postgres::PgRow;
use sqlx::{Error, FromRow, PgConnection, Row};

use super::organization::row::{address, number};
use crate::domain::{
    Holder, MAX_FOUND, MAX_WORDS, Meant, OrganizationType, PublicOrganization, RegistryEntry,
    RegistryEntryState, RegistryQuery, ToldEntry,
};

/// Programmes that a condition finds, with who holds the license of each, or held it under this number before, and whether somebody has claimed it.
macro_rules! programmes {
    ($found:literal) => {
        concat!(
            "SELECT p.programme_id AS id, p.display_name, p.licensing_authority, p.license_number_as_given,
                    p.license_number_normalized, p.programme_type AS organization_type, TRUE AS is_told,
                    ARRAY[p.street_address, p.city, p.region, p.postal_code] AS address,
                    p.programme_type, p.license_status, holder.organization_number, holder.organization_id AS holder_id,
                    claimant.organization_id IS NOT NULL AS is_claimed, tsvector_to_array(p.words) AS words,
                    NULL::text AS former_number
             FROM (SELECT * FROM programmes WHERE ",
            $found,
            ") AS p
             LEFT JOIN LATERAL (
                 SELECT organization_number, organization_id FROM (
                     SELECT o.organization_number, o.organization_id, 1 AS place FROM organizations AS o
                     WHERE o.licensing_authority = p.licensing_authority
                       AND o.license_number_normalized = p.license_number_normalized
                       AND o.approve_time IS NOT NULL AND o.state <> 'CLOSED'
                     UNION ALL
                     SELECT o.organization_number, o.organization_id, 2 FROM license_numbers AS former
                     JOIN organizations AS o USING (organization_id)
                     WHERE former.licensing_authority = p.licensing_authority
                       AND former.license_number_normalized = p.license_number_normalized
                       AND former.end_time IS NOT NULL AND o.approve_time IS NOT NULL AND o.state <> 'CLOSED') AS holders
                 ORDER BY place LIMIT 1) AS holder ON TRUE
             LEFT JOIN organizations AS claimant
               ON claimant.programme_id = p.programme_id AND claimant.state NOT IN ('REJECTED', 'CLOSED')"
        )
    };
}

/// Approved profiles that a condition finds and no authority told of. Those that were written by hand before their authority told
/// of them are passed over, so more are looked at than are wanted, and never all.
macro_rules! profiles {
    ($found:literal) => {
        concat!(
            "SELECT o.organization_id AS id, o.display_name, o.licensing_authority, o.organization_type,
                    coalesce(o.license_number_as_given, '') AS license_number_as_given,
                    coalesce(o.license_number_normalized, '') AS license_number_normalized, FALSE AS is_told, o.license_status,
                    ARRAY[o.street_address, o.city, o.region, o.postal_code] AS address,
                    o.organization_number, o.organization_id AS holder_id, FALSE AS is_claimed, tsvector_to_array(o.words) AS words, NULL::text AS former_number
             FROM (SELECT * FROM organizations
                   WHERE approve_time IS NOT NULL AND state <> 'CLOSED' AND programme_id IS NULL AND ",
            $found,
            " LIMIT 5 * $2) AS o
             WHERE NOT EXISTS (SELECT FROM programmes AS p
                               WHERE p.licensing_authority = o.licensing_authority
                                 AND p.license_number_normalized = o.license_number_normalized)
             LIMIT $2"
        )
    };
}

/// Adds the words of these names to those that are known. In the order of words, and after all locks of a transaction, so that
/// two who add never wait for each other.
pub(crate) async fn learn_words(tx: &mut PgConnection, texts: &[String]) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO registry_vocabulary (word)
         SELECT DISTINCT told.word FROM unnest($1::text[]) AS name, unnest(registry_words(name)) AS told (word)
         WHERE NOT EXISTS (SELECT FROM registry_vocabulary AS known WHERE known.word = told.word)
         ORDER BY told.word
         ON CONFLICT ON CONSTRAINT registry_vocabulary_pkey DO NOTHING",
    )
    .bind(texts)
    .execute(tx)
    .await?;
    Ok(())
}

/// The words that may have been meant by those of a text: at most a dozen for each, the likest ones. Of one or two letters
/// every word has something.
pub(crate) async fn meant(db: &mut PgConnection, text: &str) -> Result<Vec<Meant>, DatabaseError> {
    let meant = sqlx::query_as(
        "SELECT typed.place, known.word, known.likeness
         FROM unnest(registry_words($1)) WITH ORDINALITY AS typed (word, place)
         CROSS JOIN LATERAL (
             SELECT word, max(likeness)::float4 AS likeness
             FROM (SELECT word, 1 AS likeness FROM registry_vocabulary WHERE word = typed.word
                   UNION ALL
                   SELECT word, GREATEST(similarity(word, typed.word), 0.6) FROM registry_vocabulary
                   WHERE length(typed.word) > 1 AND word LIKE typed.word || '%'
                   UNION ALL
                   SELECT word, similarity(word, typed.word) FROM registry_vocabulary
                   WHERE length(typed.word) > 2 AND word % typed.word) AS alike
             GROUP BY word
             ORDER BY likeness DESC, word LIMIT 12) AS known
         WHERE typed.place <= $2",
    );
    let most = i64::try_from(MAX_WORDS).unwrap_or(i64::MAX);
    Ok(meant.bind(text).bind(most).fetch_all(db).await?)
}

/// What a license number finds among sites of these types, as its beginning and as its end. In the order of bytes, `~` is behind every letter and digit.
const BY_NUMBER: [&str; 4] = [
    programmes!(
        "license_number_normalized ~>=~ $1 AND license_number_normalized ~<~ ($1 || '~')
         AND (programme_type = ANY ($3) OR cardinality($3::text[]) = 0) LIMIT $2"
    ),
    programmes!(
        "reverse(license_number_normalized) ~>=~ reverse($1)
         AND reverse(license_number_normalized) ~<~ (reverse($1) || '~')
         AND (programme_type = ANY ($3) OR cardinality($3::text[]) = 0) LIMIT $2"
    ),
    profiles!(
        "license_number_normalized ~>=~ $1 AND license_number_normalized ~<~ ($1 || '~')
         AND (organization_type = ANY ($3) OR cardinality($3::text[]) = 0)"
    ),
    profiles!(
        "reverse(license_number_normalized) ~>=~ reverse($1)
         AND reverse(license_number_normalized) ~<~ (reverse($1) || '~')
         AND (organization_type = ANY ($3) OR cardinality($3::text[]) = 0)"
    ),
];
/// Profiles that had a license number before, unless an authority tells of it still: that entry names its holder. It comes after
/// the others, so that whatever is found by its own number stays as it is.
const BY_FORMER_NUMBER: &str = concat!(
    "SELECT o.organization_id AS id, o.display_name, o.licensing_authority, o.organization_type,
            coalesce(o.license_number_as_given, '') AS license_number_as_given,
            coalesce(o.license_number_normalized, '') AS license_number_normalized, FALSE AS is_told,
            ",
    as_told!(),
    ", o.organization_number, o.organization_id AS holder_id,
            FALSE AS is_claimed, tsvector_to_array(o.words) AS words, former.license_number_as_given AS former_number
     FROM license_numbers AS former JOIN organizations AS o USING (organization_id)
     WHERE former.license_number_normalized = $1 AND former.end_time IS NOT NULL
       AND o.approve_time IS NOT NULL AND o.state <> 'CLOSED'
       AND (o.organization_type = ANY ($3) OR cardinality($3::text[]) = 0)
       AND NOT EXISTS (SELECT FROM programmes AS p
                       WHERE p.licensing_authority = former.licensing_authority
                         AND p.license_number_normalized = former.license_number_normalized)
     ORDER BY o.organization_id, former.number DESC LIMIT $2"
);
/// What a condition on words finds among them.
const BY_WORDS: [&str; 2] = [
    programmes!(
        "words @@ $1::text::tsquery
         AND (programme_type = ANY ($3) OR cardinality($3::text[]) = 0) LIMIT $2"
    ),
    profiles!(
        "words @@ $1::text::tsquery
         AND (organization_type = ANY ($3) OR cardinality($3::text[]) = 0)"
    ),
];

/// What is found, each once, in no order. Who asks for words that thousands of names have is given some of them.
pub(crate) async fn search(
    db: &mut PgConnection,
    wanted: &RegistryQuery,
) -> Result<Vec<RegistryEntry>, DatabaseError> {
    let mut found: Vec<RegistryEntry> = Vec::new();
    if let Some(number) = &wanted.number {
        for statement in BY_NUMBER {
            found.append(&mut by(db, statement, number, &wanted.types).await?);
        }
        found.append(&mut by(db, BY_FORMER_NUMBER, number, &wanted.types).await?);
    }
    for query in wanted.queries() {
        if found.len() >= MAX_FOUND {
            break;
        }
        for statement in BY_WORDS {
            found.append(&mut by(db, statement, &query, &wanted.types).await?);
        }
    }
    found.sort_by_key(|entry| entry.id);
    found.dedup_by_key(|entry| entry.id);
    Ok(found)
}

async fn by(
    db: &mut PgConnection,
    statement: &'static str,
    wanted: &str,
    types: &[OrganizationType],
) -> Result<Vec<RegistryEntry>, DatabaseError> {
    let most = i64::try_from(MAX_FOUND).unwrap_or(i64::MAX);
    let found = sqlx::query_as(statement).bind(wanted).bind(most).bind(types);
    Ok(found.fetch_all(db).await?)
}

/// A programme, as anybody may see it.
pub(crate) async fn find_programme(
    db: &mut PgConnection,
    id: ProgrammeId,
) -> Result<Option<RegistryEntry>, DatabaseError> {
    let found = sqlx::query_as(programmes!("programme_id = $1"));
    Ok(found.bind(id).fetch_optional(db).await?)
}

/// What these organizations are called and who licenses them, where they were approved once or are the caller's own.
pub(crate) async fn list_public(
    db: &mut PgConnection,
    wanted: &[OrganizationId],
    caller: PersonId,
) -> Result<Vec<PublicOrganization>, DatabaseError> {
    let found = sqlx::query_as(
        "SELECT organization_id, display_name, licensing_authority FROM organizations
         WHERE organization_id = ANY ($1) AND (approve_time IS NOT NULL OR owner_person_id = $2)",
    );
    Ok(found.bind(wanted).bind(caller).fetch_all(db).await?)
}

impl FromRow<'_, PgRow> for PublicOrganization {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        Ok(Self {
            organization: row.try_get("organization_id")?,
            display_name: row.try_get("display_name")?,
            authority: row.try_get("licensing_authority")?,
        })
    }
}

impl FromRow<'_, PgRow> for Meant {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        Ok(Self {
            place: row.try_get("place")?,
            word: row.try_get("word")?,
            likeness: row.try_get("likeness")?,
        })
    }
}

impl FromRow<'_, PgRow> for RegistryEntry {
    fn from_row(row: &PgRow) -> Result<Self, Error> {
        let holder = row.try_get::<Option<OrganizationId>, _>("holder_id")?;
        let holder = holder.map(|organization| {
            let number = number(row)?;
            Ok::<_, Error>(Holder { organization, number })
        });
        let holder = holder.transpose()?;
        let is_told: bool = row.try_get("is_told")?;
        let state = match (&holder, row.try_get("is_claimed")?) {
            (Some(_), _) => RegistryEntryState::Registered,
            (None, true) => RegistryEntryState::Claimed,
            (None, false) => RegistryEntryState::Unregistered,
        };
        Ok(Self {
            id: row.try_get("id")?,
            display_name: row.try_get("display_name")?,
            authority: row.try_get("licensing_authority")?,
            kind: row.try_get("organization_type")?,
            license_number: row.try_get("license_number_as_given")?,
            normalized: row.try_get("license_number_normalized")?,
            license_status: row.try_get("license_status")?,
            address: address(row)?,
            programme: is_told.then(|| entry_of(row)).transpose()?,
            state,
            holder,
            words: row.try_get("words")?,
            former_number: row.try_get("former_number")?,
        })
    }
}

fn entry_of(row: &PgRow) -> Result<ToldEntry, Error> {
    Ok(ToldEntry {
        id: row.try_get("id")?,
        kind: row.try_get("programme_type")?,
    })
}
