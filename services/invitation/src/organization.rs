//! The organization service, as far as inviting needs it.

use std::collections::BTreeSet;

use muster_address::DomainRule;
use muster_database::Together;
use muster_identity::Role;
use muster_ids::{
    GroupId, GroupName, LocationId, LocationName, OrganizationId, OrganizationName, PersonId, PersonName,
};
use muster_language::Language;
use muster_proto::organization::v1 as organization_pb;
use muster_proto::organization::v1::inviting_internal_service_client::InvitingInternalServiceClient;
use muster_proto::organization::v1::profile_user_internal_service_client::ProfileUserInternalServiceClient;
use muster_refusal::Refusal;
use muster_server::convert::from_role;
use muster_server::{Failure, Peer};
use tonic::{Code, Response, Status};

use crate::domain::inviting::{Group, InvitingContext, Limits, Location, OrganizationStatus, Plan};
use crate::domain::join_request::JoinPage;
use crate::error::Error;

/// How many groups, and how many locations, one question may name.
const MAX_IDS: usize = 1000;
/// The most that a page holds.
const PAGE_SIZE: i32 = 1000;

/// Questions that are answered by one look, if they fit into it.
const LOOKS_AT_ONCE: usize = 100;

/// Asks the organization service.
#[derive(Debug, Clone)]
pub(crate) struct Organization {
    client: InvitingInternalServiceClient<Peer>,
    users: ProfileUserInternalServiceClient<Peer>,
    /// Those who ask about one organization at the same time share a look, which begins after the last of them has asked.
    looks: Together<OrganizationId, ContextQuery, Result<InvitingContext, Status>>,
}

/// The groups and locations that a question is about.
#[derive(Debug, Clone, Default)]
pub(crate) struct ContextQuery {
    pub(crate) groups: BTreeSet<GroupId>,
    pub(crate) locations: BTreeSet<LocationId>,
}

/// Where mail for a profile user goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contact {
    /// What they may do now.
    pub(crate) role: Role,
    /// As it was verified.
    pub(crate) address: String,
}

/// Which join page is asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum PageQuery<'a> {
    Slug(&'a str),
    Organization(OrganizationId),
}

impl ContextQuery {
    /// These groups.
    pub(crate) fn groups(groups: &[GroupId]) -> Self {
        Self {
            groups: groups.iter().copied().collect(),
            locations: BTreeSet::new(),
        }
    }
}

impl Organization {
    /// The service at this peer.
    pub(crate) fn new(peer: Peer) -> Self {
        let users = ProfileUserInternalServiceClient::new(peer.clone());
        let client = InvitingInternalServiceClient::new(peer);
        let asking = client.clone();
        let looks = Together::new(LOOKS_AT_ONCE, move |organization: &OrganizationId, queries| {
            look(asking.clone(), *organization, queries)
        });
        Self { client, users, looks }
    }

    /// What the organization may invite to, at this moment: all its groups and locations. For spreadsheets, which name
    /// them by their names; whoever knows their ids asks for [`Organization::context_of`] these.
    ///
    /// # Errors
    /// [`Failure::NotFound`] when there is no such organization, or the peer's failure.
    pub(crate) async fn context(&self, organization: OrganizationId) -> Result<InvitingContext, Error> {
        let (name, nothing) = (
            OrganizationName { organization }.to_string(),
            ContextQuery::default(),
        );
        let (answer, groups, locations) = tokio::try_join!(
            async {
                answer(self.client.clone(), organization, &nothing)
                    .await
                    .map_err(failure)
            },
            self.all_groups(&name),
            self.all_locations(&name),
        )?;
        Ok(parse(organization_pb::GetInvitingContextResponse {
            groups,
            locations,
            ..answer
        }))
    }

    /// What the organization may invite to, at this moment or a moment later, with those of the groups and locations that it
    /// has. As small as the question is: it is asked before every mail.
    ///
    /// # Errors
    /// As [`Organization::context`].
    pub(crate) async fn context_of(
        &self,
        organization: OrganizationId,
        query: &ContextQuery,
    ) -> Result<InvitingContext, Error> {
        if query.groups.len() > MAX_IDS || query.locations.len() > MAX_IDS {
            // No organization has so many: most of them are not its own.
            return self.context(organization).await;
        }
        match self.looks.ask(organization, query.clone()).await {
            Some(looked) => looked.map_err(failure),
            // Cut off in the middle.
            None => Err(Error::from(Status::from(Refusal::unavailable()))),
        }
    }

    /// As [`Organization::context_of`], for a mail: `None` when none is wanted any more, since there is no such organization or it is
    /// closed. A suspended organization's mail waits.
    ///
    /// # Errors
    /// The peer's failure, and [`Error::OrganizationNotActive`] while the organization is suspended.
    pub(crate) async fn context_of_mail(
        &self,
        organization: OrganizationId,
        query: &ContextQuery,
    ) -> Result<Option<InvitingContext>, Error> {
        let inviting = match self.context_of(organization, query).await {
            Err(Error::Failure(Failure::NotFound)) => return Ok(None),
            inviting => inviting?,
        };
        match &inviting.status {
            OrganizationStatus::Active => Ok(Some(inviting)),
            OrganizationStatus::Suspended => Err(Error::OrganizationNotActive {
                state: inviting.status.word().to_owned(),
            }),
            OrganizationStatus::Other(_) => Ok(None),
        }
    }

    /// The join page that is asked for, if it is open.
    ///
    /// # Errors
    /// [`Failure::NotFound`] when it is not, for whatever reason, or the peer's failure.
    pub(crate) async fn join_page(&self, query: &PageQuery<'_>) -> Result<JoinPage, Error> {
        let mut request = organization_pb::GetOpenJoinPageRequest::default();
        match query {
            PageQuery::Slug(slug) => (*slug).clone_into(&mut request.slug),
            PageQuery::Organization(organization) => {
                let organization = *organization;
                request.organization = OrganizationName { organization }.to_string();
            }
        }
        let page = match self.client.clone().get_open_join_page(request).await {
            Ok(response) => response.into_inner(),
            Err(status) if status.code() == Code::NotFound => return Err(Failure::NotFound.into()),
            Err(status) => return Err(status.into()),
        };
        let names = page.organization.parse::<OrganizationName>().ok();
        let names = names.zip(page.enabled_by.parse::<PersonName>().ok());
        // Names that cannot be read are no page: nobody joins there, which refuses rather than guesses.
        let (organization, person) = names.ok_or(Failure::NotFound)?;
        Ok(JoinPage {
            organization: organization.organization,
            enabled_by: person.person,
            allowed_domains: page.allowed_domains.into_iter().map(DomainRule::stored).collect(),
        })
    }

    /// Where mail for a profile user goes; `None` for who is none, or of whom no address is known.
    ///
    /// # Errors
    /// The peer's failure.
    pub(crate) async fn contact(
        &self,
        organization: OrganizationId,
        person: PersonId,
    ) -> Result<Option<Contact>, Error> {
        let request = organization_pb::GetProfileUserContactRequest {
            organization: OrganizationName { organization }.to_string(),
            person: PersonName { person }.to_string(),
        };
        match self.users.clone().get_profile_user_contact(request).await {
            Ok(answer) => {
                let answer = answer.into_inner();
                let role = from_role(answer.role()).filter(|_| !answer.address.is_empty());
                Ok(role.map(|role| Contact {
                    role,
                    address: answer.address,
                }))
            }
            Err(status) if status.code() == Code::NotFound => Ok(None),
            Err(status) => Err(status.into()),
        }
    }

    /// Who owns the organization now; `None` when there is no such organization.
    ///
    /// # Errors
    /// The peer's failure.
    pub(crate) async fn owner(&self, organization: OrganizationId) -> Result<Option<PersonId>, Error> {
        let request = organization_pb::ListProfileUserRolesRequest {
            organization: OrganizationName { organization }.to_string(),
        };
        let answer = self.users.clone().list_profile_user_roles(request).await?;
        let users = answer.into_inner().profile_users;
        let owner = users
            .iter()
            .find(|user| user.role() == organization_pb::Role::Owner);
        // A name that cannot be read is nobody's: nobody is mailed, rather than somebody else.
        let name = owner.and_then(|owner| owner.person.parse::<PersonName>().ok());
        Ok(name.map(|name| name.person))
    }

    /// As [`Organization::context`], of an active organization.
    ///
    /// # Errors
    /// [`Error::OrganizationNotActive`] as well.
    pub(crate) async fn active_context(
        &self,
        organization: OrganizationId,
    ) -> Result<InvitingContext, Error> {
        active(self.context(organization).await?)
    }

    /// As [`Organization::context_of`], of an active organization.
    ///
    /// # Errors
    /// [`Error::OrganizationNotActive`] as well.
    pub(crate) async fn active_context_of(
        &self,
        organization: OrganizationId,
        query: &ContextQuery,
    ) -> Result<InvitingContext, Error> {
        active(self.context_of(organization, query).await?)
    }

    async fn all_groups(&self, organization: &str) -> Result<Vec<organization_pb::InvitingGroup>, Error> {
        let (mut groups, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = organization_pb::ListInvitingGroupsRequest {
                organization: organization.to_owned(),
                page_size: PAGE_SIZE,
                page_token,
            };
            let page = self.client.clone().list_inviting_groups(request).await?;
            let page = page.into_inner();
            groups.extend(page.groups);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(groups);
            }
        }
    }

    async fn all_locations(&self, organization: &str) -> Result<Vec<organization_pb::Location>, Error> {
        let (mut locations, mut page_token) = (Vec::new(), String::new());
        loop {
            let request = organization_pb::ListInvitingLocationsRequest {
                organization: organization.to_owned(),
                page_size: PAGE_SIZE,
                page_token,
            };
            let page = self.client.clone().list_inviting_locations(request).await?;
            let page = page.into_inner();
            locations.extend(page.locations);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(locations);
            }
        }
    }
}

/// Answers each query with what it asks for, by as few questions as hold all of them.
async fn look(
    client: InvitingInternalServiceClient<Peer>,
    organization: OrganizationId,
    queries: Vec<ContextQuery>,
) -> Vec<Result<InvitingContext, Status>> {
    let mut answers = Vec::with_capacity(queries.len());
    while let Some(rest) = queries.get(answers.len()..).filter(|rest| !rest.is_empty()) {
        let (together, of) = first_that_fit(rest);
        let found = answer(client.clone(), organization, &together).await.map(parse);
        answers.extend(of.iter().map(|query| match &found {
            Ok(context) => Ok(context.of(&query.groups, &query.locations)),
            Err(status) => Err(status.clone()),
        }));
    }
    answers
}

/// What the first of the queries ask for together, and which these are: as many as one question may name.
fn first_that_fit(queries: &[ContextQuery]) -> (ContextQuery, &[ContextQuery]) {
    let (mut together, mut count) = (ContextQuery::default(), 0);
    for query in queries {
        let mut more = together.clone();
        more.groups.extend(&query.groups);
        more.locations.extend(&query.locations);
        if count > 0 && (more.groups.len() > MAX_IDS || more.locations.len() > MAX_IDS) {
            break;
        }
        (together, count) = (more, count + 1);
    }
    (together, queries.split_at(count).0)
}

async fn answer(
    mut client: InvitingInternalServiceClient<Peer>,
    organization: OrganizationId,
    query: &ContextQuery,
) -> Result<organization_pb::GetInvitingContextResponse, Status> {
    let groups = query
        .groups
        .iter()
        .map(|&group| GroupName { organization, group });
    let locations = query.locations.iter().map(|&location| LocationName {
        organization,
        location,
    });
    let request = organization_pb::GetInvitingContextRequest {
        organization: OrganizationName { organization }.to_string(),
        groups: groups.map(|name| name.to_string()).collect(),
        locations: locations.map(|name| name.to_string()).collect(),
    };
    client
        .get_inviting_context(request)
        .await
        .map(Response::into_inner)
}

fn failure(status: Status) -> Error {
    match status.code() {
        Code::NotFound => Failure::NotFound.into(),
        _ => status.into(),
    }
}

fn active(context: InvitingContext) -> Result<InvitingContext, Error> {
    context.require_active()?;
    Ok(context)
}

/// Names that cannot be read are left out: nobody can be invited there, which refuses rather than guesses.
fn parse(answer: organization_pb::GetInvitingContextResponse) -> InvitingContext {
    let status = match answer.state() {
        organization_pb::OrganizationState::Active => OrganizationStatus::Active,
        organization_pb::OrganizationState::Suspended => OrganizationStatus::Suspended,
        other => {
            let name = other.as_str_name();
            OrganizationStatus::Other(
                name.strip_prefix("ORGANIZATION_STATE_")
                    .unwrap_or(name)
                    .to_owned(),
            )
        }
    };
    let plan = match answer.plan() {
        organization_pb::Plan::Premium => Plan::Premium,
        organization_pb::Plan::Basic | organization_pb::Plan::Unspecified => Plan::Basic,
    };
    let limits = answer.limits.unwrap_or_default();
    let groups = answer.groups.into_iter().filter_map(|group| {
        let id = group.name.parse::<GroupName>().ok()?.group;
        Some((id, parse_group(group)))
    });
    let locations = answer.locations.into_iter().filter_map(|location| {
        let id = location.name.parse::<LocationName>().ok()?.location;
        Some((id, parse_location(location)))
    });
    InvitingContext {
        status,
        display_name: answer.display_name,
        language: Language::of_tag(&answer.language).unwrap_or_default(),
        time_zone: answer.time_zone,
        plan,
        limits: Limits {
            by_hand: limits.invitations_by_hand.into(),
            import_rows: limits.import_rows.into(),
            messages_per_day: limits.messages_per_day.into(),
        },
        groups: groups.collect(),
        locations: locations.collect(),
    }
}

fn parse_group(group: organization_pb::InvitingGroup) -> Group {
    Group {
        is_active: group.state() == organization_pb::GroupState::Active,
        has_trainings: group.has_trainings,
        etag: group.etag,
        display_name: group.display_name,
    }
}

fn parse_location(location: organization_pb::Location) -> Location {
    Location {
        // A version that tells no state has only active ones.
        is_active: location.state() != organization_pb::LocationState::Inactive,
        display_name: location.display_name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(groups: std::ops::Range<u128>) -> ContextQuery {
        let groups: Vec<GroupId> = groups
            .map(|id| GroupId::from_uuid(uuid::Uuid::from_u128(id)))
            .collect();
        ContextQuery::groups(&groups)
    }

    #[test]
    fn queries_share_a_question_as_far_as_it_may_name_what_they_ask_for() {
        let queries = [
            query(0..600),
            query(500..900),
            query(1..3),
            query(2000..2200),
            query(0..1),
        ];
        let (together, first) = first_that_fit(&queries);
        assert_eq!((together.groups.len(), first.len()), (900, 3));
        let (together, rest) = first_that_fit(&queries[3..]);
        assert_eq!((together.groups.len(), rest.len()), (201, 2));
    }
}
