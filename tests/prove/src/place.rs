//! The suite from outside, and an organization of this run's own.

use std::collections::BTreeMap;
use std::fs;
use std::net::Ipv4Addr;
use std::time::Duration;

use anyhow::Context;
use muster_client::acts::{catalog, group, organization, subscription, training};
use muster_client::{Client, TokenSource};
use muster_clock::Clock;
use muster_local::suite::OWNERS;
use muster_local::{Addresses, Workspace, token};
use muster_proto::organization::v1::{Limits, Organization};
use muster_proto::records::v1::Training;
use sqlx::postgres::{PgPool, PgPoolOptions};
use tonic::transport::Endpoint;
use uuid::Uuid;

/// Limits that nothing here reaches.
const UNREACHED: Limits = Limits {
    invitations_by_hand: 10,
    import_rows: 1_000,
    messages_per_day: 1_000_000,
};
/// Who owns it.
pub(crate) const OWNER: &str = "owner";
/// For a database that was just killed to be back.
const DATABASE_PATIENCE: Duration = Duration::from_secs(60);

/// Where everything happens.
pub(crate) struct Place {
    pub(crate) workspace: Workspace,
    pub(crate) addresses: Addresses,
    /// Where people call: the edge, or what leads to it.
    pub(crate) edge: String,
    pub(crate) http: reqwest::Client,
    pub(crate) clock: Clock,
    /// `organizations/{organization}`.
    pub(crate) organization: String,
    /// `organizations/{organization}/groups/{group}`, which requires one training.
    pub(crate) group: String,
    /// Tells this run from others: nine digits.
    pub(crate) run: String,
    databases: BTreeMap<&'static str, PgPool>,
}

/// An organization, and a group of it that requires one training.
pub(crate) struct Founded {
    pub(crate) organization: String,
    pub(crate) group: String,
}

impl Place {
    /// Makes the organization, as people do.
    pub(crate) async fn open(workspace: &Workspace) -> anyhow::Result<Self> {
        let clock = Clock::system();
        let run = format!("{:09}", clock.new_uuid().as_u128() % 1_000_000_000);
        let addresses = Addresses::read(workspace)?;
        let mut place = Self {
            workspace: workspace.clone(),
            edge: addresses.gateway.clone(),
            addresses,
            http: reqwest::Client::builder()
                .no_proxy()
                .timeout(Duration::from_secs(10))
                .build()?,
            clock,
            organization: String::new(),
            group: String::new(),
            run,
            databases: BTreeMap::new(),
        };
        for service in OWNERS {
            place.databases.insert(service, database(workspace, service)?);
        }
        let founded = place.found('P').await;
        let Founded { organization, group } = founded.context("the organization cannot be made")?;
        Ok(Self {
            organization,
            group,
            ..place
        })
    }

    /// Makes an organization of this run, as people do, called by a letter that no other one of it has.
    ///
    /// # Errors
    /// The edge does not answer, or refuses.
    pub(crate) async fn found(&self, letter: char) -> anyhow::Result<Founded> {
        let (owner, staff) = (self.person(OWNER)?, self.person("staff")?);
        let profile = Organization {
            display_name: "Proven Early Learning".to_owned(),
            licensing_authority: "us-mi".to_owned(),
            license_number: format!("{letter}{}", self.run),
            ..Organization::default()
        };
        let organization = organization::create(&owner, profile).await?.name;
        let why = "to be proven";
        organization::submit(&owner, &organization).await?;
        organization::approve(&staff, &organization, why).await?;
        subscription::activate(&staff, &organization, UNREACHED, why).await?;
        let wanted = Training {
            code: format!("{letter}-{}", self.run),
            display_name: "Proven training".to_owned(),
            ..Training::default()
        };
        let training = training::create(&staff, wanted, "proving").await?.name;
        catalog::add_training(&owner, &organization, &training).await?;
        let group = group::create(&owner, &organization, "Lead Teachers", &[training])
            .await?
            .name;
        Ok(Founded { organization, group })
    }

    /// Somebody of the developer's issuer, who calls over a connection and from a network of their own: how often one network
    /// may call is not what is looked at.
    pub(crate) fn person(&self, who: &str) -> anyhow::Result<Client> {
        let [.., a, b, c] = self.clock.new_uuid().into_bytes();
        let network = Ipv4Addr::new(127, 128 | (a >> 2), b, c);
        let edge = Endpoint::from_shared(self.edge.clone())?.local_address(Some(network.into()));
        let token = TokenSource::fixed(&token::of(&self.workspace, who)?)?;
        Ok(Client::on(edge.connect_lazy()).with_token(token))
    }

    /// The id in the organization's name.
    pub(crate) fn organization_id(&self) -> anyhow::Result<Uuid> {
        id(&self.organization)
    }

    /// The database of a service.
    pub(crate) fn database(&self, service: &str) -> anyhow::Result<&PgPool> {
        self.databases
            .get(service)
            .with_context(|| format!("{service} has no database"))
    }

    /// Where the broker is, with the credentials of a service.
    pub(crate) fn broker_url(&self) -> anyhow::Result<String> {
        setting(&self.workspace, "notification", "MUSTER_AMQP_URL")
    }
}

/// The id at the end of a name.
pub(crate) fn id(name: &str) -> anyhow::Result<Uuid> {
    let id = name.rsplit('/').next().unwrap_or_default();
    id.parse().with_context(|| format!("{name} ends with no id"))
}

fn database(workspace: &Workspace, service: &str) -> anyhow::Result<PgPool> {
    let url = setting(workspace, service, "MUSTER_DATABASE_URL")?;
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .acquire_timeout(DATABASE_PATIENCE);
    Ok(pool.connect_lazy(&url)?)
}

/// A setting of a service, as the suite wrote it down for it.
pub(crate) fn setting(workspace: &Workspace, service: &str, name: &str) -> anyhow::Result<String> {
    let file = workspace.at("env").join(service);
    let settings = fs::read_to_string(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let line = settings
        .lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
    let value = line.with_context(|| format!("{} has no {name}", file.display()))?;
    Ok(value.trim_matches('\'').to_owned())
}
