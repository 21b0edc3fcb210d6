//! The database: server, schema, rights, clock.

use std::ops::RangeInclusive;
use std::time::Duration;

use muster_clock::Clock;
use muster_database::{Survey, survey};
use time::OffsetDateTime;
use tokio::time::timeout;

use super::LIMIT;
use super::finding::Verdict::{self, Fine, Odd, Wrong};
use super::finding::{Finding, chain};
use crate::settings::CommonSettings;
use crate::{Service, migrators};

/// Tokens are good for so much of a difference between clocks.
const CLOCK_FORGIVEN: Duration = Duration::from_secs(30);
/// Clocks that are kept in step differ by far less.
const CLOCK_EXPECTED: Duration = Duration::from_secs(2);
/// `server_version_num` of the oldest PostgreSQL that the suite works with.
const OLDEST_POSTGRES: i32 = 150_000;

pub(super) async fn database<S: Service>(common: &CommonSettings) -> Vec<Finding> {
    let ours = Clock::system();
    let looking = async {
        let before = ours.now();
        let found = survey(&migrators(&S::MIGRATOR), common.database.database_url.reveal()).await?;
        Ok::<_, sqlx::Error>((found, before))
    };
    let mend = "look at --database-url (MUSTER_DATABASE_URL), at the role's password, and whether the network lets it through";
    match timeout(LIMIT, looking).await {
        Ok(Ok((found, before))) => surveyed(S::NAME, &found, before..=ours.now()),
        Ok(Err(error)) => vec![Finding::new("database", Wrong(chain(&error), mend.to_owned()))],
        Err(_) => vec![Finding::new(
            "database",
            Wrong("does not answer within 5 seconds".to_owned(), mend.to_owned()),
        )],
    }
}

/// What a survey says; it was made at some moment of `within` by our own clock.
fn surveyed(service: &str, found: &Survey, within: RangeInclusive<OffsetDateTime>) -> Vec<Finding> {
    vec![
        Finding::new("database", server(found)),
        Finding::new("schema", schema(service, found)),
        Finding::new("rights in the database", rights(found)),
        Finding::new("clock of the database", clock(found.clock, &within)),
    ]
}

fn server(found: &Survey) -> Verdict {
    let (major, minor) = (found.server_version / 10_000, found.server_version % 10_000);
    let how = format!("PostgreSQL {major}.{minor} as {}", found.role);
    if found.server_version < OLDEST_POSTGRES {
        Wrong(how, "the suite works with PostgreSQL from 15".to_owned())
    } else if found.is_read_only {
        Wrong(
            format!("{how}, which only allows reading"),
            "name the primary in the URL, not a standby".to_owned(),
        )
    } else {
        Fine(how)
    }
}

fn schema(service: &str, found: &Survey) -> Verdict {
    if !found.edited.is_empty() {
        Wrong(
            format!("migrations {:?} are not those that were applied", found.edited),
            "this is another program's database, or a migration was edited after its release; restore the one or the other"
                .to_owned(),
        )
    } else if !found.missing.is_empty() {
        Wrong(
            format!("{} migrations are missing", found.missing.len()),
            format!("run `muster-{service} migrate` with the role that owns the tables"),
        )
    } else if !found.unknown.is_empty() {
        Odd(
            format!("a newer release has migrated it ({:?})", found.unknown),
            "this release works beside it; finish the upgrade or the way back".to_owned(),
        )
    } else {
        Fine("is this release's".to_owned())
    }
}

fn rights(found: &Survey) -> Verdict {
    if found.closed_tables.is_empty() {
        Fine(format!("{} reads and writes every table", found.role))
    } else {
        Wrong(
            format!(
                "{} may not read and write {}",
                found.role,
                found.closed_tables.join(", ")
            ),
            format!("GRANT pg_read_all_data, pg_write_all_data TO {}", found.role),
        )
    }
}

fn clock(theirs: OffsetDateTime, within: &RangeInclusive<OffsetDateTime>) -> Verdict {
    let off = (*within.start() - theirs).max(theirs - *within.end());
    let off = Duration::try_from(off).unwrap_or_default();
    let mend = "keep the clocks of all machines in step (chrony, or what the cloud offers)".to_owned();
    let how = format!("differs from this machine's by {:.1} s", off.as_secs_f64());
    if off > CLOCK_FORGIVEN {
        Wrong(format!("{how}: tokens are refused"), mend)
    } else if off > CLOCK_EXPECTED {
        Odd(how, mend)
    } else {
        Fine("is this machine's".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-03-01 12:00 UTC);

    fn good() -> Survey {
        Survey {
            server_version: 150_004,
            role: "records".to_owned(),
            is_read_only: false,
            clock: NOW,
            missing: Vec::new(),
            unknown: Vec::new(),
            edited: Vec::new(),
            closed_tables: Vec::new(),
        }
    }

    /// What is not fine, by its first word.
    fn told(survey: &Survey) -> Vec<String> {
        let findings = surveyed("records", survey, NOW..=NOW + Duration::from_secs(1));
        let lines = findings.iter().map(ToString::to_string);
        lines.filter(|line| !line.starts_with("fine")).collect()
    }

    #[test]
    fn a_good_database_is_fine() {
        assert_eq!(told(&good()), Vec::<String>::new());
    }

    #[test]
    fn each_fault_is_told_with_what_to_do() {
        let closed = vec!["grants".to_owned(), "trainings".to_owned()];
        let off = |seconds| NOW + Duration::from_secs(seconds);
        let cases = [
            (
                Survey {
                    server_version: 140_011,
                    ..good()
                },
                "WRONG  database: PostgreSQL 14.11",
                "from 15",
            ),
            (
                Survey {
                    is_read_only: true,
                    ..good()
                },
                "WRONG  database",
                "not a standby",
            ),
            (
                Survey {
                    missing: vec![7],
                    unknown: vec![9],
                    ..good()
                },
                "WRONG  schema: 1 migrations",
                "`muster-records migrate`",
            ),
            (
                Survey {
                    edited: vec![7],
                    missing: vec![8],
                    ..good()
                },
                "WRONG  schema: migrations [7]",
                "edited",
            ),
            (
                Survey {
                    unknown: vec![9],
                    ..good()
                },
                "odd    schema: a newer release",
                "finish the upgrade",
            ),
            (
                Survey {
                    closed_tables: closed,
                    ..good()
                },
                "WRONG  rights in the database: records may not",
                "GRANT",
            ),
            (
                Survey {
                    clock: off(121),
                    ..good()
                },
                "WRONG  clock of the database: differs from this machine's by 120.0 s",
                "chrony",
            ),
            (
                Survey {
                    clock: off(5),
                    ..good()
                },
                "odd    clock",
                "chrony",
            ),
            (
                Survey {
                    clock: NOW - Duration::from_secs(3),
                    ..good()
                },
                "odd    clock",
                "chrony",
            ),
        ];
        for (survey, how, mend) in cases {
            let told = told(&survey);
            assert!(
                matches!(&told[..], [line] if line.starts_with(how) && line.contains(mend)),
                "{told:?}"
            );
        }
    }
}
