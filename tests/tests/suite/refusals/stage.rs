//! What the rows work with: an organization of their own, people and things in it, and calls by the name of the RPC.

use std::sync::Arc;

use muster_access::Rules;
use muster_proto::employment::v1::{ListPersonEmploymentsRequest, ListPersonEmploymentsResponse};
use muster_proto::invitation::v1::InvitationState;
use muster_proto::organization::v1::{
    ActivateSubscriptionRequest, ActivateSubscriptionResponse, AddTrainingRequest, CreateGroupRequest,
    CreateGroupResponse, CreateLocationRequest, CreateLocationResponse, DeactivateCatalogTrainingRequest,
    DeactivateLocationRequest, Group, Limits, Location, Plan,
};
use muster_proto::records::v1::{
    CreateTrainingRequest, CreateTrainingResponse, ListPersonAssignmentsRequest,
    ListPersonAssignmentsResponse, Training,
};
use muster_testkit::{eventually, eventually_some};
use prost::Message;

use super::attempt::Attempt;
use crate::support::{Database, Organization, RawCall, Suite, link_for, token_of};

/// As many groups, and as many locations, as an organization may have.
const MAX_PLACES: i64 = 1000;
/// As many profiles of a person as may wait for their approval, where the suite runs for developers.
const MAX_PROFILES: i64 = 1000;

/// Shared by the rows of a test. A row that changes the organization makes one of its own.
#[derive(Clone)]
pub(super) struct Stage {
    pub(super) suite: Suite,
    pub(super) organization: Arc<Organization>,
}

/// Somebody with an open invitation.
pub(super) struct Invited {
    pub(super) id: String,
    pub(super) address: String,
    pub(super) token: String,
}

/// Somebody who has joined and has a training to take.
pub(super) struct Learner {
    pub(super) address: String,
    /// The name of the invitation that they accepted.
    pub(super) invitation: String,
    /// `persons/{person}`.
    pub(super) person: String,
    /// `organizations/{organization}/employments/{employment}`.
    pub(super) employment: String,
    /// `persons/{person}/assignments/{assignment}`.
    pub(super) assignment: String,
}

impl Stage {
    pub(super) async fn set(suite: &Suite) -> Self {
        Self {
            suite: suite.clone(),
            organization: Arc::new(Organization::create(suite).await),
        }
    }

    /// The same stage with an organization of the row's own.
    pub(super) async fn own(&self) -> Self {
        Self::set(&self.suite).await
    }

    /// The name of the organization.
    pub(super) fn name(&self) -> String {
        self.organization.name.clone()
    }

    /// A name below the organization that nothing has.
    pub(super) fn absent(&self, collection: &str) -> String {
        format!(
            "{}/{collection}/{}",
            self.organization.name,
            self.suite.request_id()
        )
    }

    /// A call by the name of its RPC that is to go well.
    pub(super) async fn done<A: Message + Default>(&self, rpc: &str, who: &str, message: &impl Message) -> A {
        let rules = Rules::load(muster_proto::pool()).expect("the contract's rules load");
        let rule = rules
            .iter()
            .find(|rule| rule.method == rpc)
            .expect("there is such an RPC");
        let mut call = RawCall::new(&rule.path, message.encode_to_vec()).bearer(&self.suite.token(who));
        call.client_streaming = rule.client_streaming;
        if rule.reason_of_staff {
            call = call.header("muster-reason", "a test");
        }
        let answer = call.send(self.suite.edge()).await;
        A::decode(answer.unwrap_or_else(|status| panic!("{rpc}: {status:?}"))).unwrap()
    }

    /// The second of two requests with one `request_id`, the first of which is done.
    pub(super) async fn reused(
        &self,
        rpc: &str,
        who: &str,
        first: &impl Message,
        second: &impl Message,
    ) -> Attempt {
        self.done::<()>(rpc, who, first).await;
        Attempt::by(who, second)
    }

    /// A service's database: for states whose verbs are still to come.
    pub(super) async fn database(&self, service: &str) -> Database {
        Database::of(&self.suite, service).await
    }

    /// Gives the organization as many rows of a table as it may have, beside those it has.
    pub(super) async fn fills(&self, table: &str, columns: &str, values: &str) {
        let id = self.organization.id();
        let statement = format!(
            "INSERT INTO {table} (organization_id, display_name, create_time, {columns})
             SELECT '{id}', 'Filler ' || n, now(), {values} FROM generate_series(1, {MAX_PLACES}) n"
        );
        self.database("organization").await.run(&statement).await;
    }

    /// Gives the owner of a profile as many like it as anybody may have here.
    pub(super) async fn multiplies(&self, profile: &str) {
        let statement = format!(
            "INSERT INTO organizations (organization_id, organization_number, owner_person_id, display_name,
                 licensing_authority, license_number_normalized, license_number_as_given, state, version, create_time)
             SELECT gen_random_uuid(), 'filler ' || n || ' {profile}', owner_person_id, display_name,
                    licensing_authority, license_number_normalized, license_number_as_given, state, version, create_time
             FROM organizations, generate_series(1, {MAX_PROFILES}) n WHERE organization_id = '{profile}'"
        );
        self.database("organization").await.run(&statement).await;
    }

    /// Puts the organization into a state.
    pub(super) async fn becomes(&self, state: &str) {
        let id = self.organization.id();
        let statement = format!("UPDATE organizations SET state = '{state}' WHERE organization_id = '{id}'");
        self.database("organization").await.change(&statement).await;
    }

    /// Deactivates a group.
    pub(super) async fn deactivates(&self, group: &str) {
        let id = last(group);
        let statement = format!("UPDATE groups SET state = 'INACTIVE' WHERE group_id = '{id}'");
        self.database("organization").await.change(&statement).await;
    }

    /// A location of the organization's own row.
    pub(super) async fn location(&self) -> String {
        let request = CreateLocationRequest {
            parent: self.name(),
            location: Some(Location {
                display_name: format!("Street {}", self.suite.unique()),
                ..Default::default()
            }),
            request_id: String::new(),
        };
        let made: CreateLocationResponse = self.done("CreateLocation", "owner", &request).await;
        made.location.unwrap().name
    }

    /// A location at which nobody is placed any more.
    pub(super) async fn closed_location(&self) -> String {
        let name = self.location().await;
        self.closes_location(&name).await;
        name
    }

    /// Nobody is placed at the location any more.
    pub(super) async fn closes_location(&self, name: &str) {
        let request = DeactivateLocationRequest {
            name: name.to_owned(),
            request_id: String::new(),
        };
        self.done::<()>("DeactivateLocation", "owner", &request).await;
    }

    /// A training of the organization's catalog that nobody is assigned any more.
    pub(super) async fn retired(&self) -> String {
        let training = self.taken().await;
        let request = DeactivateCatalogTrainingRequest {
            name: self.own_training(&training),
            request_id: String::new(),
        };
        self.done::<()>("DeactivateCatalogTraining", "owner", &request)
            .await;
        training
    }

    /// The training, as the organization's catalog calls it.
    pub(super) fn own_training(&self, training: &str) -> String {
        format!(
            "{}/{}",
            self.name(),
            training.replace("trainings/", "catalogTrainings/")
        )
    }

    /// Gives the organization a plan.
    pub(super) async fn subscribes(&self, plan: Plan, import_rows: i32, messages_per_day: i32) {
        let request = ActivateSubscriptionRequest {
            name: format!("{}/subscription", self.name()),
            plan: plan.into(),
            limits: Some(Limits {
                invitations_by_hand: 10,
                import_rows,
                messages_per_day,
            }),
            reason: "a test".into(),
            ..Default::default()
        };
        self.done::<ActivateSubscriptionResponse>("ActivateSubscription", "staff", &request)
            .await;
    }

    /// A training of the shared catalog alone.
    pub(super) async fn training(&self) -> String {
        let training = Training {
            code: format!("R-{}", self.suite.unique()),
            display_name: "A training".into(),
            ..Default::default()
        };
        let request = CreateTrainingRequest {
            training: Some(training),
            request_id: String::new(),
            reason: "a test".to_owned(),
        };
        let made: CreateTrainingResponse = self.done("CreateTraining", "staff", &request).await;
        made.training.unwrap().name
    }

    /// A training of the organization's catalog.
    pub(super) async fn taken(&self) -> String {
        let training = self.training().await;
        let request = AddTrainingRequest {
            parent: self.name(),
            training: training.clone(),
            request_id: String::new(),
        };
        self.done::<()>("AddTraining", "owner", &request).await;
        training
    }

    /// A further group without trainings.
    pub(super) async fn group(&self) -> String {
        let group = Group {
            display_name: format!("Group {}", self.suite.unique()),
            ..Default::default()
        };
        let request = CreateGroupRequest {
            parent: self.name(),
            group: Some(group),
            request_id: String::new(),
        };
        let made: CreateGroupResponse = self.done("CreateGroup", "owner", &request).await;
        made.group.unwrap().name
    }

    /// An address that nobody has.
    pub(super) fn address(&self) -> String {
        format!("refused-{}@example.test", self.suite.unique())
    }

    /// Invites somebody, and waits until their mail is there and known to be.
    pub(super) async fn invited(&self) -> Invited {
        let address = self.address();
        let name = self.organization.invite(&self.suite, &address).await.name;
        let token = token_of(&link_for(&self.suite, &address).await);
        let state = async || self.organization.read(&self.suite, &name).await.state();
        eventually(async || state().await == InvitationState::Pending).await;
        let id = last(&name).to_owned();
        Invited { id, address, token }
    }

    /// Invites somebody who joins, and waits until they have their training.
    pub(super) async fn learner(&self) -> Learner {
        let address = self.address();
        let invitation = self.organization.invite(&self.suite, &address).await.name;
        let link = link_for(&self.suite, &address).await;
        self.organization.join(&self.suite, &link, &address).await;
        let parent = "persons/me".to_owned();
        let request = ListPersonAssignmentsRequest {
            parent: parent.clone(),
            ..Default::default()
        };
        let assignment = eventually_some(async || {
            let listed: ListPersonAssignmentsResponse =
                self.done("ListPersonAssignments", &address, &request).await;
            Some(listed.assignments.into_iter().next()?.name)
        })
        .await;
        let request = ListPersonEmploymentsRequest {
            parent,
            ..Default::default()
        };
        let listed: ListPersonEmploymentsResponse =
            self.done("ListPersonEmployments", &address, &request).await;
        let mut employments = listed.employments.into_iter();
        let employment = employments.next().expect("they are employed");
        Learner {
            address,
            invitation,
            person: employment.person,
            employment: employment.name,
            assignment,
        }
    }
}

/// The last segment of a name.
pub(super) fn last(name: &str) -> &str {
    name.rsplit('/').next().unwrap_or_default()
}
