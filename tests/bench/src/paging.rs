//! A list by its pages: the first one and the hundredth, each beside the bare query for the same rows.

use anyhow::ensure;
use sqlx::postgres::PgArguments;
use sqlx::query::Query;
use sqlx::types::Uuid;
use sqlx::{PgConnection, Postgres};

use super::fixture::id_in;
use super::pairs::{Pair, RUNS, timed};

const HUNDREDTH: usize = 100;
/// Of each page in a run.
const CALLS: usize = 100;
const WARM_UP: usize = 10;

/// A list, and the query for the same rows.
pub(super) trait Pages {
    /// The page that begins here: how long it took, in microseconds, and where the next one begins.
    async fn call(&mut self, start: &Start) -> anyhow::Result<(u64, Start)>;

    /// The same rows by the query: how long it took, in microseconds.
    async fn query(&mut self, start: &Start) -> anyhow::Result<u64>;
}

/// Where a page begins: for the RPC, and for the query.
#[derive(Debug, Clone)]
pub(super) struct Start {
    pub(super) token: String,
    pub(super) id: Uuid,
    /// Where names decide; else empty.
    pub(super) name: String,
}

impl Start {
    /// Of a list of the newest first.
    pub(super) fn newest() -> Self {
        Self::at(Uuid::max())
    }

    /// Of a list in another order.
    pub(super) fn lowest() -> Self {
        Self::at(Uuid::nil())
    }

    fn at(id: Uuid) -> Self {
        Self {
            token: String::new(),
            id,
            name: String::new(),
        }
    }

    /// Behind what has this resource name.
    pub(super) fn behind(last: &str, token: String) -> anyhow::Result<Self> {
        Ok(Self {
            token,
            ..Self::at(id_in(last)?)
        })
    }
}

/// The medians of each run in milliseconds, each beside that of the query.
#[derive(Debug)]
pub(super) struct Paged {
    pub(super) first: Vec<(f64, f64)>,
    pub(super) hundredth: Vec<(f64, f64)>,
}

impl Paged {
    /// Both pages in turn, those of a list that begins here.
    pub(super) async fn read(list: &mut impl Pages, first: &Start) -> anyhow::Result<Self> {
        let mut hundredth = first.clone();
        for _ in 1..HUNDREDTH {
            (_, hundredth) = list.call(&hundredth).await?;
        }
        let (mut of_first, mut of_hundredth) = (Vec::new(), Vec::new());
        for _ in 0..RUNS {
            in_turn(list, first, &hundredth, WARM_UP).await?;
            let (near, far) = in_turn(list, first, &hundredth, CALLS).await?;
            of_first.push(near.latencies());
            of_hundredth.push(far.latencies());
        }
        Ok(Self {
            first: Pair::percentile(&of_first, 0.5),
            hundredth: Pair::percentile(&of_hundredth, 0.5),
        })
    }
}

async fn in_turn(
    list: &mut impl Pages,
    first: &Start,
    hundredth: &Start,
    count: usize,
) -> anyhow::Result<(Pair, Pair)> {
    let (mut near, mut far) = (Pair::default(), Pair::default());
    for _ in 0..count {
        near.beside.push(list.query(first).await?);
        near.ours.push(list.call(first).await?.0);
        far.beside.push(list.query(hundredth).await?);
        far.ours.push(list.call(hundredth).await?.0);
    }
    Ok((near, far))
}

/// How long a query takes that finds as many rows as a page has, in microseconds.
pub(super) async fn rows_of(
    query: Query<'_, Postgres, PgArguments>,
    db: &mut PgConnection,
    size: i32,
) -> anyhow::Result<u64> {
    let (micros, rows) = timed(async { Ok(query.fetch_all(db).await?) }).await?;
    let found = rows.len();
    ensure!(found == usize::try_from(size)?, "the query found {found} rows");
    Ok(micros)
}
