//! The suite from outside, with an organization that may invite as many as it likes.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use muster_client::acts::{group, organization, subscription};
use muster_client::{Client, TokenSource};
use muster_clock::Clock;
use muster_local::{Addresses, Workspace, token};
use muster_proto::organization::v1::{Limits, Organization};
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};

use super::process::scratch;

/// Limits that nothing here reaches.
const UNREACHED: Limits = Limits {
    invitations_by_hand: 10,
    import_rows: 100_000,
    messages_per_day: 10_000_000,
};

/// What every benchmark needs.
#[derive(Debug)]
pub(super) struct Fixture {
    pub(super) workspace: Workspace,
    pub(super) addresses: Addresses,
    pub(super) clock: Clock,
    /// The gateway, for calls that are measured: nothing is sent again, and no trace begins here.
    pub(super) edge: Channel,
    /// The owner, for calls that are not.
    pub(super) client: Client,
    /// Registry staff.
    pub(super) staff: Client,
    /// The owner's token, without `Bearer`.
    pub(super) token: String,
    /// Who calls where nothing else is said: the owner.
    pub(super) owner: MetadataValue<Ascii>,
    /// `organizations/{organization}`.
    pub(super) organization: String,
    /// `organizations/{organization}/groups/{group}`.
    pub(super) group: String,
    /// For the load generators' files.
    pub(super) scratch: PathBuf,
}

impl Fixture {
    /// Makes the organization, as people do.
    pub(super) async fn open(workspace: &Workspace) -> anyhow::Result<Self> {
        let addresses = Addresses::read(workspace)?;
        let edge = Endpoint::from_shared(addresses.gateway.clone())?.connect_lazy();
        let token = token::of(workspace, "owner")?;
        let clock = Clock::system();
        let gateway = Client::on(edge.clone());
        let owner = gateway.with_token(TokenSource::fixed(&token)?);
        let staff = gateway.with_token(TokenSource::fixed(&token::of(workspace, "staff")?)?);
        let license = format!("dc-{}", clock.now().unix_timestamp());
        let organization = approved(&owner, &staff, "Measured Early Learning", license).await?;
        unlimited(&staff, &organization).await?;
        let group = group::create(&owner, &organization, "Lead Teachers", &[]).await?;
        Ok(Self {
            workspace: workspace.clone(),
            owner: bearer(&token)?,
            scratch: scratch(workspace, "h2load")?,
            group: group.name,
            client: owner,
            staff,
            organization,
            addresses,
            clock,
            edge,
            token,
        })
    }

    /// A profile of somebody else's, who has every right there and none elsewhere.
    pub(super) async fn organization_of(&self, who: &str) -> anyhow::Result<String> {
        let token = TokenSource::fixed(&token::of(&self.workspace, who)?)?;
        let profile = Organization {
            display_name: "Next Door".to_owned(),
            licensing_authority: "us-mi".to_owned(),
            license_number: format!("nd-{}", self.clock.now().unix_timestamp()),
            ..Organization::default()
        };
        let owner = Client::on(self.edge.clone()).with_token(token);
        Ok(organization::create(&owner, profile).await?.name)
    }

    /// One more of the owner's, which is approved.
    pub(super) async fn another(&self, display_name: &str) -> anyhow::Result<String> {
        let license = self.clock.new_uuid().simple().to_string();
        approved(&self.client, &self.staff, display_name, license).await
    }

    /// Has it invite as many as it likes.
    pub(super) async fn unlimit(&self, organization: &str) -> anyhow::Result<()> {
        unlimited(&self.staff, organization).await
    }

    /// A call in the owner's name.
    pub(super) fn call<M>(&self, message: M) -> Request<M> {
        in_the_name_of(&self.owner, message)
    }

    /// A fresh `request_id`.
    pub(super) fn request_id(&self) -> String {
        self.clock.new_uuid().to_string()
    }
}

/// A profile that registry staff have approved.
async fn approved(
    owner: &Client,
    staff: &Client,
    display_name: &str,
    license: String,
) -> anyhow::Result<String> {
    let profile = Organization {
        display_name: display_name.to_owned(),
        licensing_authority: "us-mi".to_owned(),
        license_number: license,
        ..Organization::default()
    };
    let organization = organization::create(owner, profile).await?.name;
    organization::submit(owner, &organization).await?;
    organization::approve(staff, &organization, "to be measured").await?;
    Ok(organization)
}

async fn unlimited(staff: &Client, organization: &str) -> anyhow::Result<()> {
    subscription::activate(staff, organization, UNREACHED, "to be measured").await?;
    Ok(())
}

/// As the header says it.
pub(super) fn bearer(token: &str) -> anyhow::Result<MetadataValue<Ascii>> {
    format!("Bearer {token}")
        .parse()
        .context("the token is no header")
}

/// A call in somebody's name.
pub(super) fn in_the_name_of<M>(who: &MetadataValue<Ascii>, message: M) -> Request<M> {
    let mut request = Request::new(message);
    request.metadata_mut().insert("authorization", who.clone());
    request
}

/// The answer, or the refusal in words.
pub(super) fn answer<T>(result: Result<Response<T>, Status>) -> anyhow::Result<T> {
    match result {
        Ok(response) => Ok(response.into_inner()),
        Err(status) => Err(anyhow!("{:?}: {}", status.code(), status.message())),
    }
}

/// The id with which a resource name ends.
pub(super) fn id_in<I: std::str::FromStr>(name: &str) -> anyhow::Result<I> {
    let (_, id) = name.rsplit_once('/').context("a resource name has a slash")?;
    id.parse().map_err(|_| anyhow!("{name} ends with no id"))
}
