//! A person says where they work.

use std::collections::{BTreeMap, BTreeSet};

use muster_identity::Role;
use muster_ids::{GrantId, LocationId, OrganizationId, PersonId};
use muster_server::failure::first_of;
use sqlx::PgConnection;
use time::Date;

use super::asked::Asked;
use super::{days, employ, positions};
use crate::context::Context;
use crate::domain::{COUNTED, Consent, Employment, Hiring, Position, Site, Terms, VerificationBasis};
use crate::error::{Error, Field};
use crate::store::employment;

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
#[derive(Debug, Clone)]
pub(crate) struct ClaimedSite {
    pub(crate) organization: OrganizationId,
    pub(crate) location: Option<LocationId>,
    /// The first day; `None` when not said.
    pub(crate) start: Option<Date>,
    pub(crate) positions: Vec<Position>,
    /// On which terms the person lets the organization read their learning record, if they do.
    pub(crate) consent: Option<Terms>,
}

/// What a claim came to.
#[derive(Debug, Clone)]
pub(crate) struct Claimed {
    pub(crate) employment: Employment,
    /// What the consent that came with it becomes.
    pub(crate) grant: Option<GrantId>,
}

/// What is known of each site.
pub(crate) type Sites = BTreeMap<OrganizationId, Asked>;

/// Asks whether each site takes the claim: an active organization takes everybody's, before that its owner's.
///
/// # Errors
/// [`Error::SiteNotActive`], [`Error::LocationUnknown`], [`Error::LocationInactive`] and [`Error::Positions`], of every site at once; of
/// a peer.
pub(crate) async fn prepare(context: &Context, claims: &Claims) -> Result<Sites, Error> {
    let (mut closed, mut unknown) = (Vec::new(), Vec::new());
    let (mut inactive, mut wrong) = (Vec::new(), Vec::new());
    let mut sites = Sites::new();
    for (place, claimed) in claims.sites.iter().enumerate() {
        let site = context.peers.site(claimed.organization, claimed.location).await?;
        let taken = takes(context, site.as_ref(), claimed.organization, claims.person).await?;
        let Some(site) = site.filter(|_| taken) else {
            closed.push(Field::of(
                format!("claims[{place}].organization"),
                "takes no claims",
            ));
            continue;
        };
        let mut verifiers = BTreeSet::new();
        if !site.has_location {
            let problem = "is no location of the organization";
            unknown.push(Field::of(format!("claims[{place}].location"), problem));
        } else if !site.is_location_active {
            let problem = "takes nobody any more";
            inactive.push(Field::of(format!("claims[{place}].location"), problem));
        } else if site.takes_everybody() {
            let can = context.peers.verifiers(claimed.organization, claims.person);
            verifiers = can.await?;
        }
        let field = format!("claims[{place}].positions");
        wrong.extend(positions::unknown(
            context,
            &site.authority,
            &field,
            &claimed.positions,
        ));
        wrong.extend(positions::early(&field, claimed.start, &claimed.positions));
        let authority = site.authority;
        let asked = Asked { authority, verifiers };
        sites.insert(claimed.organization, asked);
    }
    first_of([
        (closed, Error::SiteNotActive),
        (unknown, Error::LocationUnknown),
        (inactive, Error::LocationInactive),
        (wrong, Error::Positions),
    ])?;
    Ok(sites)
}

async fn takes(
    context: &Context,
    site: Option<&Site>,
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

/// Claims all of them, or none; where the person has an open employment, that one is the answer, with the consent that came now. Two calls
/// of one person wait for each other: each counts what the other has claimed.
///
/// # Errors
/// [`Error::ClaimedTooOften`]; [`Error::Positions`], of every site at which another employment of the person covers days of the new one.
pub(crate) async fn apply(
    tx: &mut PgConnection,
    context: &Context,
    claims: &Claims,
    known: &Sites,
) -> Result<Vec<Claimed>, Error> {
    employment::lock_claimant(tx, claims.person).await?;
    let organizations: Vec<_> = claims.sites.iter().map(|site| site.organization).collect();
    let open = employment::list_open_of_person(tx, claims.person, &organizations).await?;
    refuse_too_many(tx, context, claims, &open).await?;
    let mut sites: Vec<_> = claims.sites.iter().enumerate().collect();
    sites.sort_by_key(|(_, site)| site.organization);
    let (mut claimed, mut wrong) = (Vec::with_capacity(sites.len()), Vec::new());
    for (place, site) in sites {
        let mut hiring = claims.hiring(site);
        hiring.consent = site.consent.clone().map(|terms| Consent {
            grant: context.clock.new_id(),
            time: context.clock.now(),
            terms,
        });
        let asked = known.get(&site.organization).cloned().unwrap_or_default();
        hiring.verifiers = asked.verifiers;
        let employment = employ::apply(tx, context, &hiring, &claims.actor).await?;
        if !open.contains(&site.organization)
            && let Some(taken) = days::taken(tx, context, &asked.authority, &employment).await?
        {
            wrong.extend(days::fields(&format!("claims[{place}]"), &employment, taken));
        }
        if let Some(consent) = hiring
            .consent
            .as_ref()
            .filter(|_| open.contains(&site.organization))
        {
            let since = consent.time - COUNTED;
            employment::note_further_consent(tx, claims.person, site.organization, consent, since).await?;
        }
        let grant = hiring.consent.map(|consent| consent.grant);
        claimed.push((place, Claimed { employment, grant }));
    }
    first_of([(wrong, Error::Positions)])?;
    claimed.sort_by_key(|(place, _)| *place);
    Ok(claimed.into_iter().map(|(_, claimed)| claimed).collect())
}

/// Those who claim again and again after they were rejected, or took it back, are counted too; and who consents again where they work
/// already (`open`).
async fn refuse_too_many(
    tx: &mut PgConnection,
    context: &Context,
    claims: &Claims,
    open: &[OrganizationId],
) -> Result<(), Error> {
    let now = context.clock.now();
    let is_new = |site: &&ClaimedSite| site.consent.is_some() || !open.contains(&site.organization);
    let new = claims.sites.iter().filter(is_new);
    let new: Vec<_> = new.map(|site| site.organization).collect();
    if new.is_empty() {
        return Ok(());
    }
    let claimed = employment::list_claims_of_person(tx, claims.person, now - COUNTED).await?;
    let checked = context.claim_limits.check(&claimed, &new, now);
    checked.map_err(|too_often| Error::ClaimedTooOften {
        fields: claims
            .sites
            .iter()
            .enumerate()
            .filter(|(_, site)| too_often.organizations.contains(&site.organization))
            .map(|(place, _)| Field::of(format!("claims[{place}].organization"), "was claimed too often"))
            .collect(),
        wait: (too_often.until - now).unsigned_abs(),
        too_often,
    })
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
            accept_time: None,
            vouch_time: None,
            verifiers: BTreeSet::new(),
            start: site.start,
            positions: site.positions.clone(),
            consent: None,
        }
    }
}
