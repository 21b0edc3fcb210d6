//! What the page shows: where somebody works, and what these organizations were granted or ask for.

use std::collections::BTreeSet;

use muster_clock::Zone;
use muster_proto::employment::v1::{Employment, EmploymentState};
use muster_proto::records::v1::{Grant, GrantState, RecordAccess};
use prost_types::Timestamp;
use tonic::Status;

use super::{Act, Undone, nobodys, reads, until};
use crate::limits::ClientAddress;
use crate::pages::Pages;
use crate::pages::names::{Names, organization_of};
use crate::pages::session::Session;
use crate::pages::view::{ActiveGrant, AllowForm, AskedGrant, ConsentPage, ConsentSite, PastGrant};

/// As many readings stand on the page; the others have a page of their own.
const LATEST: i32 = 10;

/// Everything that was found out.
struct Looked<'l> {
    pages: &'l Pages,
    session: &'l Session,
    employments: Vec<Employment>,
    grants: Vec<Grant>,
    names: Names,
    undone: Option<&'l Undone<'l>>,
}

/// The page for whoever is signed in, with what they have typed in a form that did nothing.
pub(super) async fn page(
    pages: &Pages,
    client: &ClientAddress,
    session: &Session,
    undone: Option<&Undone<'_>>,
) -> Result<ConsentPage, Status> {
    let (mut employments, grants, accesses) = tokio::try_join!(
        pages.edge.list_own_employments(client, session),
        pages.edge.list_own_grants(client, session),
        pages
            .edge
            .list_record_accesses(client, session, LATEST, String::new()),
    )?;
    employments.retain(is_open);
    let accesses = accesses.record_accesses;
    let organizations = organizations(&employments, &grants, &accesses);
    let names = Names::of(pages, client, session, organizations).await?;
    let readings = accesses
        .iter()
        .map(|access| reads::reading(access, &names))
        .collect();
    let looked = Looked {
        pages,
        session,
        employments,
        grants,
        names,
        undone,
    };
    let sites = looked.sites();
    let has_ended =
        undone.is_some_and(|undone| !undone.is_wrong && sites.iter().any(|site| undone.is_of(site)));
    Ok(ConsentPage {
        is_signed_in: true,
        has_ended,
        sites,
        past: looked.past(),
        readings,
        ..nobodys(pages)
    })
}

fn is_open(employment: &Employment) -> bool {
    matches!(
        employment.state(),
        EmploymentState::PendingVerification | EmploymentState::Verified
    )
}

fn organizations(
    employments: &[Employment],
    grants: &[Grant],
    accesses: &[RecordAccess],
) -> BTreeSet<String> {
    let employers = employments.iter().map(|one| organization_of(&one.name));
    let granted = grants.iter().map(|one| one.organization.as_str());
    let readers = accesses.iter().map(|one| one.organization.as_str());
    let all = employers.chain(granted).chain(readers);
    all.map(str::to_owned).collect()
}

impl Undone<'_> {
    /// Whether it is one of the forms about this organization: what it was about may be gone, or somebody else's.
    fn is_of(&self, site: &ConsentSite) -> bool {
        let forms = [
            site.allow.as_ref().map(|form| form.target.as_str()),
            site.active.as_ref().map(|grant| grant.name.as_str()),
            site.asked.as_ref().map(|grant| grant.name.as_str()),
        ];
        forms.contains(&Some(self.target))
    }
}

impl Looked<'_> {
    /// The organizations at which somebody works, and those that have a grant or ask for one although no employment is known: first
    /// those that wait for an answer.
    fn sites(&self) -> Vec<ConsentSite> {
        let mut organizations: Vec<&str> = Vec::new();
        let employers = self.employments.iter().map(|one| organization_of(&one.name));
        let live = self.grants.iter().filter(|grant| is_live(grant));
        for organization in employers.chain(live.map(|grant| grant.organization.as_str())) {
            if !organizations.contains(&organization) {
                organizations.push(organization);
            }
        }
        let numbered = organizations.into_iter().enumerate();
        let mut sites: Vec<_> = numbered
            .map(|(place, organization)| self.site(place, organization))
            .collect();
        sites.sort_by_key(|site| site.asked.is_none());
        sites
    }

    fn site(&self, place: usize, organization: &str) -> ConsentSite {
        let employment = self
            .employments
            .iter()
            .find(|one| organization_of(&one.name) == organization);
        let grant = |state: GrantState| {
            let mut own = self.grants.iter();
            own.find(|grant| grant.organization == organization && grant.state() == state)
        };
        let (active, asked) = (grant(GrantState::Active), grant(GrantState::Requested));
        let state = employment.map(Employment::state);
        let (id, zone) = (format!("until-{place}"), self.names.zone(organization));
        // Without an employment there is nothing to allow.
        let allow = match (active, asked, employment) {
            (_, Some(asked), Some(_)) => Some(self.form(id, Act::Approve, &asked.name, &zone)),
            (None, None, Some(_)) => Some(self.form(id, Act::Allow, organization, &zone)),
            _ => None,
        };
        ConsentSite {
            display_name: self.names.called(organization),
            employment: match state {
                Some(EmploymentState::Verified) => "employment-verified",
                Some(_) => "employment-waits",
                None => "employment-over",
            },
            employed_since: employment.and_then(|one| seconds(one.verify_time.or(one.wait_time))),
            active: active.map(|grant| self.active(grant, state)),
            asked: asked.map(|grant| self.asked(grant)),
            allow,
            zone,
        }
    }

    fn active(&self, grant: &Grant, state: Option<EmploymentState>) -> ActiveGrant {
        ActiveGrant {
            is_asleep: state == Some(EmploymentState::PendingVerification),
            is_of_claim: grant.is_of_claim,
            since: seconds(grant.decide_time),
            until: seconds(grant.expire_time),
            revoke_token: self.token(Act::Revoke, &grant.name),
            name: grant.name.clone(),
        }
    }

    fn asked(&self, grant: &Grant) -> AskedGrant {
        AskedGrant {
            requester: grant.requester_display_name.clone(),
            message: grant.request_message.clone(),
            since: seconds(grant.create_time),
            until: seconds(grant.expire_time),
            deny_token: self.token(Act::Deny, &grant.name),
            name: grant.name.clone(),
        }
    }

    fn form(&self, id: String, act: Act, target: &str, zone: &Zone) -> AllowForm {
        let (first_day, last_day) = until::days(self.pages.cookies.now(), zone);
        let undone = self.undone.filter(|undone| undone.target == target);
        let (action, field) = match act {
            Act::Approve => ("/consent/approve", "grant"),
            _ => ("/consent/allow", "organization"),
        };
        AllowForm {
            id,
            action,
            field,
            token: self.token(act, target),
            target: target.to_owned(),
            until: undone.map(|undone| undone.until.to_owned()).unwrap_or_default(),
            zone: zone.name().to_owned(),
            first_day,
            last_day,
            is_wrong: undone.is_some_and(|undone| undone.is_wrong),
            is_again: undone.is_some_and(|undone| !undone.is_wrong),
        }
    }

    fn token(&self, act: Act, target: &str) -> String {
        let seal = self.pages.cookies.seal();
        seal.form_token(&self.session.id, &act.of(target))
    }

    fn past(&self) -> Vec<PastGrant> {
        let over = self.grants.iter().filter(|grant| !is_live(grant));
        over.map(|grant| self.over(grant)).collect()
    }

    fn over(&self, grant: &Grant) -> PastGrant {
        let (asked, given) = (seconds(grant.create_time), seconds(grant.decide_time));
        let end = seconds(grant.expire_time);
        let (text, from, to) = match (grant.state(), given) {
            (GrantState::Revoked, _) => ("past-revoked", given, seconds(grant.revoke_time)),
            (GrantState::Denied, _) => ("past-denied", asked, given),
            (GrantState::Expired, Some(_)) => ("past-expired", given, end),
            (GrantState::Expired, None) => ("past-unanswered", asked, end),
            (_, Some(_)) => ("past-lapsed", given, None),
            (_, None) => ("past-gone", asked, None),
        };
        PastGrant {
            organization: self.names.called(&grant.organization),
            zone: self.names.zone(&grant.organization),
            text,
            from,
            to,
        }
    }
}

fn is_live(grant: &Grant) -> bool {
    matches!(grant.state(), GrantState::Active | GrantState::Requested)
}

fn seconds(time: Option<Timestamp>) -> Option<i64> {
    time.map(|at| at.seconds)
}
