//! The database: server, schema, rights, clock.

use std::ops::RangeInclusive;
use std::time::Duration;

use muster_clock::Clock;
use muster_database::{Survey, survey};
use time::OffsetDateTime;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::finding::Verdict::{self, Fine, Odd, Wrong};
use super::finding::{Finding, chain};
use super::{LIMIT, clocks};
use crate::settings::CommonSettings;
use crate::{Health, Service, migrators};

/// How often a process that serves looks: clocks run away slowly, and releases come seldom.
const LOOK_EVERY: Duration = Duration::from_secs(60);
/// The same, while nobody answers.
const LOOK_AGAIN: Duration = Duration::from_secs(5);
/// `server_version_num` of the oldest PostgreSQL that the suite works with.
const OLDEST_POSTGRES: i32 = 150_000;

/// Tells operators what is not as it should be, in `/readyz` and in the log, until `shutdown`: a schema of another release, rights that
/// are missing, a clock that is off. That nobody answers is what readiness tells.
pub(crate) async fn watch<S: Service>(
    common: CommonSettings,
    clock: Clock,
    health: Health,
    shutdown: CancellationToken,
) {
    while let Some(looked) = shutdown.run_until_cancelled(database::<S>(&common, &clock)).await {
        for finding in looked.iter().flatten() {
            health.set_problem(finding.what(), finding.problem());
        }
        let pause = if looked.is_ok() { LOOK_EVERY } else { LOOK_AGAIN };
        shutdown.run_until_cancelled(sleep(pause)).await;
    }
}

/// What was found of it by who has this clock, or that nobody answers.
pub(super) async fn database<S: Service>(
    common: &CommonSettings,
    clock: &Clock,
) -> Result<Vec<Finding>, Finding> {
    let looking = async {
        let before = clock.now();
        let found = survey(&migrators(&S::MIGRATOR), common.database.database_url.reveal()).await?;
        Ok::<_, sqlx::Error>((found, before))
    };
    let mend = "look at --database-url (MUSTER_DATABASE_URL), at the role's password, and whether the network lets it through";
    match timeout(LIMIT, looking).await {
        Ok(Ok((found, before))) => Ok(surveyed(S::NAME, &found, &(before..=clock.now()))),
        Ok(Err(error)) => Err(Finding::new("database", Wrong(chain(&error), mend.to_owned()))),
        Err(_) => Err(Finding::new(
            "database",
            Wrong("does not answer within 5 seconds".to_owned(), mend.to_owned()),
        )),
    }
}

/// What a survey says; it was made at some moment of `within` by our own clock.
fn surveyed(service: &str, found: &Survey, within: &RangeInclusive<OffsetDateTime>) -> Vec<Finding> {
    vec![
        Finding::new("database", server(found)),
        Finding::new("schema", schema(service, found)),
        Finding::new("rights in the database", rights(found)),
        Finding::new(
            "clock of the database",
            clocks::verdict(&(found.clock..=found.clock), within),
        ),
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
        let findings = surveyed("records", survey, &(NOW..=NOW + Duration::from_secs(1)));
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
