//! A person says where they work.

use std::collections::{BTreeMap, BTreeSet};

use muster_identity::Role;
use muster_ids::{LocationId, OrganizationId, PersonId};
use sqlx::PgConnection;

use super::employ;
use crate::context::Context;
use crate::domain::{Employment, Hiring, Site, VerificationBasis};
use crate::error::{Error, Field};

/// Who claims, and at which sites.
#[derive(Debug, Clone)]
pub(crate) struct Claims {
    pub(crate) person: PersonId,
    /// From the person's own token; may be empty.
    pub(crate) person_display_name: String,
    /// The same person, as events name them.
    pub(crate) actor: String,
    /// Each organization once.
    pub(crate) sites: Vec<ClaimedSite>,
}

/// One site at which a person says that they work.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ClaimedSite {
    pub(crate) organization: OrganizationId,
    pub(crate) location: Option<LocationId>,
}

/// Who can verify a claim at each site, and is to hear that it waits.
pub(crate) type Verifiers = BTreeMap<OrganizationId, BTreeSet<PersonId>>;

/// Asks whether each site takes the claim: an active organization takes everybody's, before that its owner's.
///
/// # Errors
/// [`Error::SiteNotActive`] and [`Error::LocationUnknown`], of every site at once; of a peer.
pub(crate) async fn prepare(context: &Context, claims: &Claims) -> Result<Verifiers, Error> {
    let (mut closed, mut unknown, mut verifiers) = (Vec::new(), Vec::new(), Verifiers::new());
    for (place, claimed) in claims.sites.iter().enumerate() {
        let site = context.peers.site(claimed.organization, claimed.location).await?;
        if !takes(context, site, claimed.organization, claims.person).await? {
            closed.push(Field::of(
                format!("claims[{place}].organization"),
                "takes no claims",
            ));
        } else if !site.is_some_and(|site| site.has_location) {
            let problem = "is no location of the organization";
            unknown.push(Field::of(format!("claims[{place}].location"), problem));
        } else if site.is_some_and(Site::takes_everybody) {
            let can = context
                .peers
                .verifiers(claimed.organization, claims.person)
                .await?;
            verifiers.insert(claimed.organization, can);
        }
    }
    match (closed.is_empty(), unknown.is_empty()) {
        (false, _) => Err(Error::SiteNotActive(closed)),
        (true, false) => Err(Error::LocationUnknown(unknown)),
        (true, true) => Ok(verifiers),
    }
}

async fn takes(
    context: &Context,
    site: Option<Site>,
    organization: OrganizationId,
    person: PersonId,
) -> Result<bool, Error> {
    match site {
        Some(site) if site.takes_everybody() => Ok(true),
        Some(site) if site.takes_its_owner() => {
            let role = context.peers.role(organization, person).await?;
            Ok(role == Some(Role::Owner))
        }
        _ => Ok(false),
    }
}

/// Claims all of them, or none; where the person has an open employment, that one is the answer. In the order of the
/// organizations, so that two calls of one person wait for each other at most once.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    claims: &Claims,
    verifiers: &Verifiers,
) -> Result<Vec<Employment>, Error> {
    let mut sites: Vec<_> = claims.sites.iter().enumerate().collect();
    sites.sort_by_key(|(_, site)| site.organization);
    let mut claimed = Vec::with_capacity(sites.len());
    for (place, site) in sites {
        let mut hiring = claims.hiring(site);
        hiring.verifiers = verifiers.get(&site.organization).cloned().unwrap_or_default();
        claimed.push((place, employ::apply(tx, context, &hiring, &claims.actor).await?));
    }
    claimed.sort_by_key(|(place, _)| *place);
    Ok(claimed.into_iter().map(|(_, employment)| employment).collect())
}

impl Claims {
    fn hiring(&self, site: &ClaimedSite) -> Hiring {
        Hiring {
            organization: site.organization,
            person: self.person,
            person_display_name: self.person_display_name.clone(),
            basis: VerificationBasis::SelfAsserted,
            groups: BTreeSet::new(),
            location: site.location,
            invitation: None,
            verifiers: BTreeSet::new(),
        }
    }
}
