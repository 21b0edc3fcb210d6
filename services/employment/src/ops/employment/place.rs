//! An administrator says in which groups somebody is, and where they work.

use muster_ids::{EmploymentName, GroupName, LocationName};
use muster_server::Failure;
use muster_server::etag::IfMatch;
use muster_server::failure::first_of;
use sqlx::PgConnection;

use super::change::settle;
use crate::context::Context;
use crate::domain::{Employment, Places};
use crate::error::{Error, Field};
use crate::store::employment;

/// Which employment, and what is said of it; `None` leaves it as it is.
#[derive(Debug, Clone)]
pub(crate) struct Placing {
    pub(crate) employment: EmploymentName,
    pub(crate) groups: Option<Vec<GroupName>>,
    pub(crate) location: Option<Option<LocationName>>,
    pub(crate) if_match: IfMatch,
    pub(crate) actor: String,
}

/// Asks which of the groups and locations the organization has; of no organization there is no employment either.
///
/// # Errors
/// Of a peer.
pub(crate) async fn prepare(context: &Context, placing: &Placing) -> Result<Places, Error> {
    let organization = placing.employment.organization;
    let own = |name: &&GroupName| name.organization == organization;
    let groups: Vec<GroupName> = placing.groups.iter().flatten().filter(own).copied().collect();
    let location = placing.location.flatten();
    let location = location.filter(|name| name.organization == organization);
    if groups.is_empty() && location.is_none() {
        return Ok(Places::default());
    }
    context.peers.places(organization, &groups, location).await
}

/// Places the person, and publishes that.
///
/// # Errors
/// [`Error::State`] of what is not open; [`Error::GroupUnknown`]; [`Error::GroupInactive`] of a group that would be joined;
/// [`Error::LocationInactive`].
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    placing: Placing,
    places: &Places,
) -> Result<Employment, Error> {
    let found = employment::lock(tx, placing.employment).await?;
    let found = found.ok_or(Failure::NotFound)?;
    placing.if_match.check(&found.etag())?;
    if found.state.is_open() {
        check(&placing, &found, places)?;
    }
    let groups = placing
        .groups
        .map(|names| names.into_iter().map(|name| name.group).collect());
    let location = placing.location.map(|name| name.map(|name| name.location));
    let placed = found.place(groups, location);
    let placed = settle(tx, context, placed, placing.actor, context.clock.now()).await?;
    employment::leave_groups(tx, &placed).await?;
    Ok(placed)
}

/// Every group that would be joined takes learners, the location anybody, and everything is the organization's. What somebody is in stays, whatever has become
/// of it.
fn check(placing: &Placing, found: &Employment, places: &Places) -> Result<(), Error> {
    let (mut unknown, mut inactive, mut closed) = (Vec::new(), Vec::new(), Vec::new());
    for (place, name) in placing.groups.iter().flatten().enumerate() {
        let is_own = name.organization == found.organization;
        let known = places.groups.get(&name.group).filter(|_| is_own);
        let path = || format!("employment.groups[{place}]");
        match known {
            _ if is_own && found.groups.contains(&name.group) => {}
            Some(true) => {}
            Some(false) => inactive.push(Field::of(path(), "is not active")),
            None => unknown.push(Field::of(path(), "is not a group of this organization")),
        }
    }
    if let Some(name) = placing.location.flatten() {
        let is_own = name.organization == found.organization;
        let path = "employment.location".to_owned();
        match places.locations.get(&name.location).filter(|_| is_own) {
            Some(true) => {}
            Some(false) if found.location == Some(name.location) => {}
            Some(false) => closed.push(Field::of(path, "is not active")),
            None => unknown.push(Field::of(path, "is not a location of this organization")),
        }
    }
    first_of([
        (unknown, Error::GroupUnknown),
        (inactive, Error::GroupInactive),
        (closed, Error::LocationInactive),
    ])
}
