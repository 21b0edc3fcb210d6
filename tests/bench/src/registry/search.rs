//! How soon somebody finds the site that they run among 100,000, beside one query of `pg_trgm` over all names.

use anyhow::{Context, ensure};
use muster_proto::organization::v1::registry_service_client::RegistryServiceClient;
use muster_proto::organization::v1::{SearchRegistryRequest, SearchRegistryResponse};
use sqlx::PgConnection;
use tonic::transport::Channel;

use super::programmes::{COUNT, programme};
use super::{Pair, RUNS, timed};
use crate::database::{Databases, run, settle};
use crate::figure::Figure;
use crate::fixture::{Fixture, answer};

/// In a run, each for another text.
const SEARCHES: usize = 400;
/// The plain query is asked for every seventh, which is one of each kind in turn: it takes so long.
const PLAINLY: usize = 7;
/// Before them.
const WARM_UP: usize = 20;
/// What 99 of 100 may take, in milliseconds.
const ALLOWED: f64 = 50.0;
/// From one programme that is looked for to the next.
const STRIDE: usize = 101;

/// Every tenth programme is registered.
const HOLDERS: &str = "INSERT INTO organizations (organization_id, organization_number, owner_person_id, display_name,
        licensing_authority, license_number_normalized, license_number_as_given, state, version, create_time, submit_time,
        approve_time, organization_type, programme_id)
    SELECT gen_random_uuid(), (10000000 + n)::text, gen_random_uuid(), display_name, licensing_authority,
           license_number_normalized, license_number_as_given, 'ACTIVE', 3, now(), now(), now(), programme_type, programme_id
    FROM (SELECT *, row_number() OVER (ORDER BY license_number_normalized) AS n FROM programmes) AS p
    WHERE n % 10 = 0 ON CONFLICT DO NOTHING";
/// As many more are approved organizations of which no authority told.
const PROFILES: &str = "INSERT INTO organizations (organization_id, organization_number, owner_person_id, display_name,
        licensing_authority, license_number_normalized, license_number_as_given, state, version, create_time, submit_time,
        approve_time, organization_type, city)
    SELECT gen_random_uuid(), (20000000 + n)::text, gen_random_uuid(), display_name, 'us-mi', 'HD' || (500000000 + n),
           'HD ' || (500000000 + n), 'ACTIVE', 3, now(), now(), now(), programme_type, next_city
    FROM (SELECT *, row_number() OVER numbers AS n, lead(city, 1, city) OVER numbers AS next_city FROM programmes
          WINDOW numbers AS (ORDER BY license_number_normalized)) AS p
    WHERE n % 10 = 1 ON CONFLICT DO NOTHING";
/// What approving them would have added.
const WORDS: &str = "INSERT INTO registry_vocabulary (word)
    SELECT DISTINCT unnest(tsvector_to_array(words)) FROM organizations
    WHERE approve_time IS NOT NULL AND state <> 'CLOSED' ON CONFLICT DO NOTHING";

/// Names and cities in one text, with an index of its trigrams.
const PLAIN_TABLE: [&str; 3] = [
    "CREATE SCHEMA measured",
    "CREATE TABLE measured.sites AS
         SELECT programme_id AS id, display_name, city, license_number_as_given,
                lower(display_name || ' ' || city) AS text FROM programmes
         UNION ALL
         SELECT organization_id, display_name, city, license_number_as_given,
                lower(display_name || ' ' || city) FROM organizations
         WHERE approve_time IS NOT NULL AND state <> 'CLOSED' AND programme_id IS NULL AND license_number_normalized IS NOT NULL",
    "CREATE INDEX sites_text ON measured.sites USING gin (text gin_trgm_ops)",
];
const PLAIN: &str = "SELECT id, display_name, city, license_number_as_given FROM measured.sites
    WHERE text % $1 ORDER BY similarity(text, $1) DESC, id LIMIT 100";

/// Looks for them one after the other, by words that are right, wrong, unfinished or in thousands of names, and by numbers.
pub(super) async fn measure(fixture: &Fixture, databases: &Databases) -> anyhow::Result<Vec<Figure>> {
    let mut filling = databases.to_fill("organization").await?;
    for statement in [HOLDERS, PROFILES, WORDS].into_iter().chain(PLAIN_TABLE) {
        run(&mut filling, statement).await?;
    }
    let tables = [
        "programmes",
        "organizations",
        "registry_vocabulary",
        "measured.sites",
    ];
    settle(&mut filling, &tables).await?;
    let mut seeker = Seeker {
        fixture,
        registry: RegistryServiceClient::new(fixture.edge.clone()),
        db: databases.of("organization").await?,
        asked_plainly: 0,
        found_plainly: 0,
    };
    let mut runs = Vec::with_capacity(RUNS);
    for turn in 0..RUNS {
        seeker.look(turn * SEARCHES, WARM_UP).await?;
        runs.push(seeker.look(turn * SEARCHES, SEARCHES).await?.latencies());
    }
    let beside = "one query of pg_trgm";
    let mut figures: Vec<_> = [("p50", 0.5), ("p99", 0.99)]
        .into_iter()
        .map(|(suffix, share)| {
            let times = Pair::percentile(&runs, share);
            Figure::of_runs(format!("registry.search.{suffix}"), "ms", beside, &times)
        })
        .collect();
    let slow: Vec<_> = Pair::percentile(&runs, 0.99)
        .into_iter()
        .map(|(ours, _)| (ours, ALLOWED))
        .collect();
    figures.push(Figure::of_runs(
        "registry.search.p99.allowed",
        "ms",
        "allowed",
        &slow,
    ));
    Ok(figures)
}

struct Seeker<'a> {
    fixture: &'a Fixture,
    registry: RegistryServiceClient<Channel>,
    db: PgConnection,
    /// How often the plain query was asked, and how often it found anything.
    asked_plainly: usize,
    found_plainly: usize,
}

impl Seeker<'_> {
    /// So many searches, from this one on.
    async fn look(&mut self, first: usize, count: usize) -> anyhow::Result<Pair> {
        let mut times = Pair::default();
        for number in first..first + count {
            let sought = Sought::of(number);
            if number % PLAINLY == 0 {
                times.beside.push(self.look_plainly(&sought.text).await?);
            }
            let request = self.fixture.call(SearchRegistryRequest {
                text: sought.text.clone(),
                ..SearchRegistryRequest::default()
            });
            let search = async { answer(self.registry.search_registry(request).await) };
            let (micros, found) = timed(search)
                .await
                .with_context(|| format!("while looking for {}", sought.text))?;
            times.ours.push(micros);
            sought.check(&found)?;
        }
        Ok(times)
    }

    async fn look_plainly(&mut self, text: &str) -> anyhow::Result<u64> {
        let query = sqlx::query(PLAIN).bind(text.to_lowercase());
        let (micros, rows) = timed(async { Ok(query.fetch_all(&mut self.db).await?) }).await?;
        self.asked_plainly += 1;
        self.found_plainly += usize::from(!rows.is_empty());
        Ok(micros)
    }
}

/// What somebody types.
struct Sought {
    text: String,
    /// What the first one that is found must have.
    number: Option<String>,
}

impl Sought {
    /// Ten kinds in turn: half of the words are right.
    fn of(number: usize) -> Self {
        let programme = programme(number * STRIDE % COUNT);
        let city = programme.address.unwrap_or_default().city;
        let words: Vec<_> = programme.display_name.split(' ').collect();
        let [first, second] = [0, 1].map(|place| words.get(place).copied().unwrap_or_default());
        let license = programme.license_number;
        let text = match number % 10 {
            0 | 1 => format!("{first} {second} {city}"),
            2 => programme.display_name.clone(),
            3 => format!("{first} {second}"),
            4 => format!("{city} {first}"),
            5 => format!("{first} {} {city}", mistyped(second)),
            6 => format!("{first} {} {city}", unfinished(second)),
            7 => format!("{} {} Timbuktu", first, second),
            8 => words.get(2..).unwrap_or_default().join(" "),
            _ => license.clone(),
        };
        // Of two words some names have only an initial, and a search is for two letters at least.
        let text = if text.chars().count() < 2 { city } else { text };
        let number = (number % 10 == 9).then_some(license);
        Self { text, number }
    }

    fn check(&self, found: &SearchRegistryResponse) -> anyhow::Result<()> {
        let best = found.entries.first();
        let best = best.with_context(|| format!("nothing is found for {}", self.text))?;
        if let Some(number) = &self.number {
            let has = &best.license_number;
            ensure!(has == number, "for {number} the one of {has} is found");
        }
        Ok(())
    }
}

/// Two letters in the wrong order.
fn mistyped(word: &str) -> String {
    let mut letters: Vec<_> = word.chars().collect();
    if letters.len() > 3 {
        let middle = letters.len() / 2;
        letters.swap(middle - 1, middle);
    }
    letters.into_iter().collect()
}

fn unfinished(word: &str) -> String {
    word.chars().take(4).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_mistyped_and_unfinished() {
        assert_eq!(
            [mistyped("Meadow"), mistyped("Ark"), unfinished("Meadow")],
            ["Medaow", "Ark", "Mead"]
        );
    }
}
