//! How fast programmes are loaded, beside `COPY` into the same table with all of its indexes and keys.

use std::fmt::Write;
use std::time::Duration;

use anyhow::ensure;
use muster_client::acts::programme;
use muster_ids::{ProgrammeId, ProgrammeLoadId};
use muster_proto::organization::v1::ProgrammeRow;
use sqlx::PgConnection;

use super::{RUNS, programmes, timed};
use crate::database::{self, Databases, run};
use crate::figure::Figure;
use crate::fixture::Fixture;

/// The load that `COPY` names in its rows.
const LOAD: &str =
    "INSERT INTO programme_loads (programme_load_id, row_count, taken_count, added_count, changed_count,
        unchanged_count, refused_count, creator_person_id, reason, create_time)
    VALUES ($1, $2, 0, 0, 0, 0, 0, $1, 'copied', now())";
const COPY: &str = "COPY programmes (programme_id, licensing_authority, license_number_normalized, license_number_as_given,
        display_name, street_address, city, region, postal_code, programme_type, license_status, added_load_id,
        changed_load_id, seen_load_id, seen_row_number, create_time, update_time) FROM STDIN";

/// Loads them into an empty table, three times; those of the last load stay.
pub(super) async fn measure(fixture: &Fixture, databases: &Databases) -> anyhow::Result<Vec<Figure>> {
    let rows: Vec<_> = (0..programmes::COUNT).map(programmes::programme).collect();
    let mut sweeper = databases.to_fill("organization").await?;
    let mut db = databases.of("organization").await?;
    let mut runs = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        empty(&mut sweeper).await?;
        let copied = copy(fixture, &mut db, &rows).await?;
        empty(&mut sweeper).await?;
        let loaded = load(fixture, rows.clone()).await?;
        runs.push((per_second(loaded), per_second(copied)));
    }
    let beside = "COPY into the same table";
    Ok(vec![Figure::of_runs("registry.load", "rows/s", beside, &runs)])
}

fn per_second(micros: u64) -> f64 {
    programmes::COUNT as f64 / Duration::from_micros(micros).as_secs_f64()
}

async fn empty(sweeper: &mut PgConnection) -> anyhow::Result<()> {
    run(sweeper, "DELETE FROM programmes").await?;
    run(sweeper, "TRUNCATE registry_vocabulary").await?;
    run(sweeper, "VACUUM (FULL) programmes").await?;
    run(sweeper, "CHECKPOINT").await
}

async fn copy(fixture: &Fixture, db: &mut PgConnection, rows: &[ProgrammeRow]) -> anyhow::Result<u64> {
    let load: ProgrammeLoadId = fixture.clock.new_id();
    let count = i32::try_from(rows.len())?;
    let begun = sqlx::query(LOAD).bind(load).bind(count);
    begun.execute(&mut *db).await?;
    let lines = lines(fixture, load, rows)?;
    database::copy(db, COPY, &lines).await
}

/// As `COPY` reads them: no name has a tab or a backslash.
fn lines(fixture: &Fixture, load: ProgrammeLoadId, rows: &[ProgrammeRow]) -> anyhow::Result<String> {
    let mut lines = String::new();
    for (number, row) in (1..).zip(rows) {
        let id: ProgrammeId = fixture.clock.new_id();
        let address = row.address.clone().unwrap_or_default();
        let (number, license): (i32, _) = (number, &row.license_number);
        writeln!(
            lines,
            "{id}\t{}\t{license}\t{license}\t{}\t{}\t{}\t{}\t{}\tDIRECT_CARE\tACTIVE\t{load}\t{load}\t{load}\t{number}\tnow\tnow",
            row.licensing_authority,
            row.display_name,
            address.street_address,
            address.city,
            address.region,
            address.postal_code,
        )?;
    }
    Ok(lines)
}

async fn load(fixture: &Fixture, rows: Vec<ProgrammeRow>) -> anyhow::Result<u64> {
    let name = programme::load_name();
    let count = i32::try_from(rows.len())?;
    let loading = async { Ok(programme::load(&fixture.staff, &name, "to be measured", rows).await?) };
    let (micros, load) = timed(loading).await?;
    ensure!(
        load.added_count == count,
        "of {count} programmes {} were added, {} refused",
        load.added_count,
        load.refused_count
    );
    Ok(micros)
}
