//! The suite from outside, with an organization that may invite as many as it likes.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use muster_clock::Clock;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, Endpoint};
use tonic::{Request, Response, Status};

use super::process::scratch;
use crate::addresses::Addresses;
use crate::edge::{Caller, organization};
use crate::place::Place;
use crate::token;

/// What every benchmark needs.
#[derive(Debug)]
pub(super) struct Lab {
    pub(super) place: Place,
    pub(super) addresses: Addresses,
    pub(super) clock: Clock,
    /// The gateway.
    pub(super) edge: Channel,
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

impl Lab {
    /// Makes the organization, as people do.
    pub(super) async fn open(place: &Place) -> anyhow::Result<Self> {
        let addresses = Addresses::read(place)?;
        let edge = Endpoint::from_shared(addresses.gateway.clone())?.connect_lazy();
        let token = token::of(place, "owner")?;
        let clock = Clock::system();
        let owner = Caller::new(edge.clone(), &token)?;
        let staff = Caller::new(edge.clone(), &token::of(place, "staff")?)?;
        let license = format!("dc-{}", clock.now().unix_timestamp());
        let organization = organization::create(&owner, "Measured Early Learning", &license)
            .await?
            .name;
        organization::submit(&owner, &organization).await?;
        organization::approve(&staff, &organization, "to be measured").await?;
        // Limits that nothing here reaches.
        organization::subscribe(&staff, &organization, 10_000_000, "to be measured").await?;
        let group = organization::create_group(&owner, &organization, "Lead Teachers", &[]).await?;
        Ok(Self {
            place: place.clone(),
            owner: bearer(&token)?,
            scratch: scratch(place, "h2load")?,
            group: group.name,
            organization,
            addresses,
            clock,
            edge,
            token,
        })
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
