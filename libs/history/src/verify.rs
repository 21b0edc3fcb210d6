//! `verify`: an operator asks whether the histories are what they were.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use muster_database::Database;
use muster_ids::{OrganizationId, OrganizationName};
use muster_server::settings::{DatabaseSettings, Program, read};
use muster_server::{OwnCommand, Service, quietly};
use sqlx::PgConnection;

use crate::follow::follow;
use crate::{Broken, Seal, store};

/// A service with a history.
pub trait KeepsHistory: Service {
    /// A table with a history from its beginning, one of whose columns is `organization_id`: an organization with a row in it
    /// has a history.
    const TABLE: &'static str;
}

/// The command `verify` of a service.
#[must_use]
pub const fn verify<S: KeepsHistory>() -> OwnCommand {
    OwnCommand {
        name: "verify",
        about: "Says whether somebody has altered, removed or moved what stands in the histories, and where",
        run: run::<S>,
    }
}

/// Organizations that are looked up at once.
const PAGE: i64 = 1_000;

/// What `verify` is told.
#[derive(Clone, Debug, clap::Args)]
struct VerifySettings {
    /// Only the organization with this id
    #[arg(long, value_name = "ID")]
    organization: Option<OrganizationId>,
    /// Shows also where each history ends: organization, position and digest, one a line. Noted down elsewhere, they show
    /// later what nothing here can: a chain that was made anew as a whole, or is gone
    #[arg(long)]
    heads: bool,
    /// Compares with lines that --heads has shown before
    #[arg(long, value_name = "FILE")]
    noted: Option<PathBuf>,
    #[command(flatten)]
    database: DatabaseSettings,
}

/// Lines that were noted down: the end of each history at that time.
type Noted = BTreeMap<OrganizationId, Seal>;

fn run<S: KeepsHistory>(program: &Program, arguments: &[OsString]) -> anyhow::Result<()> {
    let settings: VerifySettings = read(program, arguments)?;
    quietly(follow_all::<S>(settings))
}

/// How it went.
#[derive(Debug, Default)]
struct Tally {
    holding: u64,
    broken: u64,
}

async fn follow_all<S: KeepsHistory>(settings: VerifySettings) -> anyhow::Result<()> {
    let mut noted = match &settings.noted {
        Some(file) => noted(file)?,
        None => Noted::new(),
    };
    let database = Database::connect(settings.database.options(S::NAME))?;
    let mut tally = Tally::default();
    if let Some(only) = settings.organization {
        noted.retain(|organization, _| *organization == only);
        tally
            .look(&database, only, noted.remove(&only), settings.heads)
            .await?;
    } else {
        let mut after = None;
        loop {
            let page =
                async |db: &mut PgConnection| store::list_organizations(db, S::TABLE, after, PAGE).await;
            let page = database.read(page).await?;
            for organization in &page {
                let noted = noted.remove(organization);
                tally
                    .look(&database, *organization, noted, settings.heads)
                    .await?;
            }
            match page.last() {
                Some(last) => after = Some(*last),
                None => break,
            }
        }
    }
    for (organization, seal) in noted {
        // Not even the organization is there any more.
        tally.tell(
            organization,
            Err(Broken::NotedMissing(seal.position)),
            settings.heads,
        );
    }
    let waiting = database.read(async |db: &mut PgConnection| store::count_unsealed(db).await);
    let waiting: i64 = waiting.await?;
    eprintln!(
        "{} histories hold, {} are broken; {waiting} entries are not linked yet",
        tally.holding, tally.broken
    );
    anyhow::ensure!(tally.broken == 0, "{} histories are broken", tally.broken);
    Ok(())
}

impl Tally {
    async fn look(
        &mut self,
        database: &Database,
        organization: OrganizationId,
        noted: Option<Seal>,
        heads: bool,
    ) -> anyhow::Result<()> {
        let following = database.read(async |db: &mut PgConnection| follow(db, organization, noted).await);
        let followed = following.await?;
        self.tell(organization, followed, heads);
        Ok(())
    }

    fn tell(&mut self, organization: OrganizationId, followed: Result<Seal, Broken>, heads: bool) {
        let name = OrganizationName { organization };
        match followed {
            Ok(Seal { position, digest }) => {
                self.holding += 1;
                if heads {
                    println!("{name} {position} {digest}");
                }
            }
            Err(broken) => {
                self.broken += 1;
                println!("{name}: {broken}");
            }
        }
    }
}

/// What `--heads` has shown, and this file holds.
fn noted(file: &Path) -> anyhow::Result<Noted> {
    let text = fs::read_to_string(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let lines = text
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty());
    let noted = lines.map(|(index, line)| {
        let place = || {
            format!(
                "{}, line {}: not what verify --heads shows",
                file.display(),
                index + 1
            )
        };
        noted_line(line).with_context(place)
    });
    noted.collect()
}

fn noted_line(line: &str) -> Option<(OrganizationId, Seal)> {
    let mut words = line.split_whitespace();
    let name: OrganizationName = words.next()?.parse().ok()?;
    let position = words.next()?.parse().ok().filter(|position| *position >= 0)?;
    let digest = words.next().filter(|digest| digest.len() == 64)?.to_owned();
    let is_whole = words.next().is_none();
    is_whole.then_some((name.organization, Seal { position, digest }))
}
