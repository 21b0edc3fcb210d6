//! An organization of a test's own, made through the edge.

use muster_client::Client;
use muster_client::acts::{
    catalog, employment, group, invitation, join_page, location, organization as profile, profile_user,
    redemption, subscription, training,
};
use muster_proto::employment::v1::{EmploymentOrder, ListEmploymentsRequest};
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::{
    BatchCreateInvitationsRequest, CreateInvitationRequest, Invitation, InvitationState,
};
use muster_proto::organization::v1::{JoinPage, Limits, Organization as Profile, ProfileUser, Role};
use muster_proto::records::v1::Training;
use muster_testkit::{eventually, eventually_some};
use tonic::transport::Channel;

use super::mail::token_of;
use super::{Database, Suite, link_for};

const PREMIUM: Limits = Limits {
    invitations_by_hand: 10,
    import_rows: 500,
    messages_per_day: 100_000,
};

/// How an organization is called, its group, and the training that the group requires.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) organization: &'a str,
    pub(crate) group: &'a str,
    pub(crate) training: &'a str,
}

impl Names<'_> {
    const USUAL: Names<'static> = Names {
        organization: "Test Kindergarten",
        group: "Teachers",
        training: "A training",
    };
}

/// The employment of an organization's owner, which the approval of the profile makes.
pub(crate) async fn owner_employment(owner: &Client, organization: &str) -> String {
    let person = profile::get(owner, organization).await.unwrap().owner;
    let request = ListEmploymentsRequest {
        parent: organization.to_owned(),
        order: EmploymentOrder::Oldest.into(),
        ..Default::default()
    };
    // It is made by an event; others may be employed before that has come.
    eventually_some(async || {
        let listed = employment::list(owner, request.clone()).await.unwrap();
        let mut all = listed.employments.into_iter();
        Some(all.find(|employment| employment.person == person)?.name)
    })
    .await
}

/// Somebody who works at an organization.
pub(crate) struct Employee {
    /// By which they sign in.
    pub(crate) address: String,
    /// `persons/{person}`.
    pub(crate) person: String,
}

impl Employee {
    /// What they are called as a learner of an organization.
    pub(crate) fn learner_of(&self, organization: &Organization) -> String {
        self.person
            .replace("persons/", &format!("{}/learners/", organization.name))
    }
}

/// An active organization of `owner`, with a premium plan, a training and a group that requires it.
pub(crate) struct Organization {
    pub(crate) name: String,
    pub(crate) group: String,
    pub(crate) edge: Channel,
    pub(crate) owner: String,
}

impl Organization {
    /// Owned by `owner`.
    pub(crate) async fn create(suite: &Suite) -> Self {
        Self::owned_by(suite, "owner").await
    }

    pub(crate) async fn owned_by(suite: &Suite, owner: &str) -> Self {
        Self::called(suite, owner, Names::USUAL).await
    }

    /// One with these names.
    pub(crate) async fn called(suite: &Suite, owner: &str, names: Names<'_>) -> Self {
        let staff = suite.client("staff");
        let name = Self::begun(suite, owner, names.organization).await.name;
        profile::submit(&suite.client(owner), &name).await.unwrap();
        profile::approve(&staff, &name, "a test").await.unwrap();
        subscription::activate(&staff, &name, PREMIUM, "a test")
            .await
            .unwrap();
        Self {
            group: Self::group(suite, owner, &name, names).await,
            name,
            edge: suite.edge(),
            owner: owner.to_owned(),
        }
    }

    /// A profile that was only begun.
    pub(crate) async fn draft(suite: &Suite, owner: &str) -> Profile {
        Self::begun(suite, owner, Names::USUAL.organization).await
    }

    async fn begun(suite: &Suite, owner: &str, name: &str) -> Profile {
        let draft = Profile {
            display_name: name.into(),
            licensing_authority: "us-mi".into(),
            license_number: format!("T{}", suite.unique()),
            ..Default::default()
        };
        profile::create(&suite.client(owner), draft).await.unwrap()
    }

    async fn group(suite: &Suite, owner: &str, parent: &str, names: Names<'_>) -> String {
        let training = Self::taken(suite, owner, parent, names.training).await;
        let made = group::create(&suite.client(owner), parent, names.group, &[training]).await;
        made.unwrap().name
    }

    /// A new training of its catalog, which no group requires.
    pub(crate) async fn training(&self, suite: &Suite) -> String {
        Self::taken(suite, &self.owner, &self.name, Names::USUAL.training).await
    }

    async fn taken(suite: &Suite, owner: &str, parent: &str, name: &str) -> String {
        let wanted = Training {
            code: format!("T-{}", suite.unique()),
            display_name: name.into(),
            ..Default::default()
        };
        let made = training::create(&suite.client("staff"), wanted, "a test").await;
        let training = made.unwrap().name;
        let owner = suite.client(owner);
        catalog::add_training(&owner, parent, &training).await.unwrap();
        training
    }

    /// Opens its join page, with a location to choose; the slug.
    pub(crate) async fn open_join_page(&self, suite: &Suite) -> String {
        let owner = self.owner(suite);
        location::create(&owner, &self.name, "Main street").await.unwrap();
        let page = JoinPage {
            name: format!("{}/joinPage", self.name),
            enabled: true,
            slug: format!("kindergarten-{}", suite.unique()),
            ..Default::default()
        };
        let set = join_page::update(&owner, page, &["enabled", "slug"]).await;
        set.unwrap().slug
    }

    /// Gives its join page a logo.
    pub(crate) async fn set_logo(&self, suite: &Suite) {
        let (page, file) = (format!("{}/joinPage", self.name), include_bytes!("logo.png"));
        let set = join_page::set_logo(&self.owner(suite), &page, file.to_vec()).await;
        assert_eq!(set.unwrap().width, 320);
    }

    fn owner(&self, suite: &Suite) -> Client {
        suite.client(&self.owner)
    }

    pub(crate) fn invitations(&self) -> InvitationServiceClient<Channel> {
        InvitationServiceClient::new(self.edge.clone())
    }

    /// A request to invite an address.
    pub(crate) fn inviting(&self, address: &str) -> CreateInvitationRequest {
        let invitation = Invitation {
            address: address.into(),
            groups: vec![self.group.clone()],
            ..Default::default()
        };
        CreateInvitationRequest {
            parent: self.name.clone(),
            invitation: Some(invitation),
            request_id: String::new(),
        }
    }

    pub(crate) async fn invite(&self, suite: &Suite, address: &str) -> Invitation {
        let wanted = self.inviting(address).invitation.unwrap();
        let made = invitation::create(&self.owner(suite), &self.name, wanted).await;
        made.unwrap()
    }

    /// An invitation as it stands now.
    pub(crate) async fn read(&self, suite: &Suite, name: &str) -> Invitation {
        invitation::get(&self.owner(suite), name).await.unwrap()
    }

    /// Accepts the invitation of a link as `who`.
    pub(crate) async fn join(&self, suite: &Suite, link: &str, who: &str) {
        let invitee = suite.client(who);
        redemption::accept(&invitee, &token_of(link)).await.unwrap();
    }

    /// Somebody whose employment here is verified, and known to be.
    pub(crate) async fn employee(&self, suite: &Suite) -> Employee {
        let address = format!("colleague-{}@school.test", suite.unique());
        self.invite(suite, &address).await;
        let link = link_for(suite, &address).await;
        self.join(suite, &link, &address).await;
        let colleague = suite.client(&address);
        let person = eventually_some(async || {
            let own = employment::list_own(&colleague).await.unwrap();
            Some(own.into_iter().next()?.person)
        })
        .await;
        let database = Database::of(suite, "organization").await;
        let known = format!(
            "SELECT count(*) FROM employment_projection WHERE person_id = '{}' AND state = 'VERIFIED'",
            person.trim_start_matches("persons/")
        );
        eventually(async || database.number(&known).await == 1).await;
        Employee { address, person }
    }

    /// Makes an employee a profile user.
    pub(crate) async fn adds(&self, suite: &Suite, employee: &Employee, role: Role) -> ProfileUser {
        let owner = self.owner(suite);
        profile_user::create(&owner, &self.name, &employee.person, role)
            .await
            .unwrap()
    }

    /// A request to invite several addresses by hand.
    pub(crate) fn inviting_all(&self, addresses: &[String]) -> BatchCreateInvitationsRequest {
        let requests = addresses.iter().map(|address| self.inviting(address)).collect();
        BatchCreateInvitationsRequest {
            parent: self.name.clone(),
            requests,
            request_id: String::new(),
        }
    }

    /// How many invitations there are, whatever has become of them, and how many imports.
    pub(crate) async fn stored(&self, suite: &Suite) -> (i64, i64) {
        let database = Database::of(suite, "invitation").await;
        let count = async |table: &str| {
            let count = format!(
                "SELECT count(*) FROM {table} WHERE organization_id = '{}'",
                self.id()
            );
            database.number(&count).await
        };
        (count("invitations").await, count("imports").await)
    }

    /// The id in its name.
    pub(crate) fn id(&self) -> &str {
        self.name.trim_start_matches("organizations/")
    }

    /// How many invitations are in a state; -1 while a part is being killed, and nobody knows.
    pub(crate) async fn count(&self, suite: &Suite, state: InvitationState) -> i64 {
        let counted = invitation::count(&self.owner(suite), &self.name, state).await;
        counted.unwrap_or(-1)
    }
}
