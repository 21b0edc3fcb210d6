//! The next rows of a load are taken.

use std::collections::{HashMap, HashSet};

use muster_ids::ProgrammeLoadId;
use muster_server::Failure;
use sqlx::PgConnection;

use crate::context::Context;
use crate::domain::{
    LoadRow, ProgrammeLoad, RefusedRow, RowCounts, RowOutcome, ToldProgramme, each_license_once,
};
use crate::error::Error;
use crate::store::programme::{self, Stored};
use crate::store::{organization, programme_load, registry};

/// Rows, one after the other, from `first` on.
pub(crate) struct NextRows {
    pub(crate) load: ProgrammeLoadId,
    /// From 1.
    pub(crate) first: i32,
    pub(crate) rows: Vec<ToldProgramme>,
}

/// Stores the rows that were not taken before, and what became of each. Those who send rows of one load take turns: a row is
/// counted once, whoever sends it.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    next: NextRows,
) -> Result<ProgrammeLoad, Error> {
    let load = programme_load::lock(tx, next.load).await?;
    let load = load.ok_or(Failure::NotFound)?;
    let passed_over = load
        .passed_over(next.first, next.rows.len())
        .map_err(Error::ProgrammeRows)?;
    if passed_over == next.rows.len() {
        return Ok(load);
    }
    let numbered = (next.first..).zip(next.rows).skip(passed_over);
    let (rows, mut refused) = read(context, numbered);
    let mut taken = store(tx, context, &load, rows, &mut refused).await?;
    taken.refused = i32::try_from(refused.len()).unwrap_or(i32::MAX);
    programme_load::insert_refused(tx, load.id, &refused).await?;
    let load = load.take(taken, context.clock.now());
    programme_load::update(tx, &load).await?;
    Ok(load)
}

/// What makes sense, each license once, and what does not.
fn read(
    context: &Context,
    rows: impl Iterator<Item = (i32, ToldProgramme)>,
) -> (Vec<LoadRow>, Vec<RefusedRow>) {
    let (mut read, mut refused) = (Vec::new(), Vec::new());
    for (number, told) in rows {
        match told.read(&context.license_rules) {
            Ok(programme) => read.push(LoadRow { number, programme }),
            Err(problems) => refused.push(RefusedRow::new(number, (&told.authority, &told.number), problems)),
        }
    }
    let (rows, repeated) = each_license_once(read);
    refused.extend(repeated);
    (rows, refused)
}

/// Stores the programmes, gives the profiles that were made of them what is new, and lets both be found: in this order, as
/// whoever approves a profile. Rows with the license of a row that was taken earlier are refused.
async fn store(
    tx: &mut PgConnection,
    context: &Context,
    load: &ProgrammeLoad,
    rows: Vec<LoadRow>,
    refused: &mut Vec<RefusedRow>,
) -> Result<RowCounts, Error> {
    let ids = rows.iter().map(|_| context.clock.new_id()).collect::<Vec<_>>();
    let stored = programme::put_all(tx, load.id, &ids, &rows, context.clock.now()).await?;
    let changed = stored
        .iter()
        .filter(|stored| stored.outcome == RowOutcome::Changed);
    let changed: Vec<_> = changed.map(|stored| stored.programme).collect();
    organization::follow_programmes(tx, &changed).await?;
    let is_news = |stored: &&Stored| stored.outcome != RowOutcome::Unchanged;
    let news: HashSet<i32> = stored.iter().filter(is_news).map(|stored| stored.row).collect();
    let told = rows.iter().filter(|row| news.contains(&row.number));
    let names: Vec<_> = told.map(|row| row.programme.found_by()).collect();
    registry::learn_words(tx, &names).await?;
    let outcomes: HashMap<i32, _> = stored
        .into_iter()
        .map(|stored| (stored.row, stored.outcome))
        .collect();
    let (mut taken, mut repeated) = (RowCounts::default(), Vec::new());
    for row in rows {
        match outcomes.get(&row.number) {
            Some(outcome) => taken.add(*outcome),
            None => repeated.push(row),
        }
    }
    if !repeated.is_empty() {
        let earlier: HashMap<i32, i32> = programme::rows_seen(tx, &repeated).await?.into_iter().collect();
        for row in &repeated {
            let earlier = earlier.get(&row.number).copied().unwrap_or_default();
            refused.push(RefusedRow::repeated(row, earlier));
        }
    }
    Ok(taken)
}
