//! The suspension of an organization, with everything that waits for its end in the other services, although the broker is away when
//! it comes; and what goes on when it is lifted.

use std::time::Duration;

use muster_client::acts::{
    access_request, employment, invitation, join_page, organization as profile, profile_user, record,
    redemption, training,
};
use muster_client::{CallError, Client};
use muster_proto::employment::v1::ListEmploymentsRequest;
use muster_proto::invitation::v1::{ImportState, InvitationState, ListInvitationsRequest};
use muster_proto::organization::v1::{
    AccessRequest, AccessRequestState, ListAccessRequestsRequest, ListProfileUsersRequest, OrganizationState,
    Role,
};
use muster_refusal::ErrorReason as R;
use muster_testkit::eventually;
use prost_types::Timestamp;

use crate::support::{
    Colleague, Database, HalfDone, Organization, Redelivery, Suite, after_restart, alone, link_for, token_of,
};

const ROWS: i32 = HalfDone::ROWS;
/// The mail is due when nobody is invited any more.
const SOON: Duration = Duration::from_secs(4);

/// An organization where something of everything is on its way.
struct Scene {
    suite: Suite,
    organization: Organization,
    number: String,
    slug: String,
    /// A viewer who learns.
    colleague: Colleague,
    asker: String,
    /// Whose invitation has come.
    invitee: String,
    token: String,
    /// Whose invitation is to come.
    later: String,
    import: HalfDone,
}

impl Scene {
    async fn set(suite: &Suite) -> Self {
        let organization = Organization::create(suite).await;
        let owner = suite.client("owner");
        let profile = profile::get(&owner, &organization.name).await.unwrap();
        let number = profile.organization_number;
        let slug = organization.open_join_page(suite).await;
        let colleague = Colleague::of(suite, &organization).await;
        let asker = format!("asker-{}@school.test", suite.unique());
        access_request::ask(&suite.client(&asker), &number, Role::Viewer, "")
            .await
            .unwrap();
        let invitee = format!("invited-{}@example.test", suite.unique());
        organization.invite(suite, &invitee).await;
        let token = token_of(&link_for(suite, &invitee).await);
        Self {
            suite: suite.clone(),
            number,
            slug,
            colleague,
            asker,
            invitee,
            token,
            later: format!("later-{}@example.test", suite.unique()),
            import: HalfDone::upload(suite, &organization).await,
            organization,
        }
    }

    fn owner(&self) -> Client {
        self.suite.client("owner")
    }

    /// A mail is on its way, an import is half done, and the broker is away: then it is suspended.
    async fn is_suspended(&self) {
        let name = &self.organization.name;
        let mut later = self.organization.inviting(&self.later).invitation.unwrap();
        let due = (self.suite.clock.now() + SOON).unix_timestamp();
        later.send_time = Some(Timestamp {
            seconds: due,
            nanos: 0,
        });
        invitation::create(&self.owner(), name, later).await.unwrap();
        assert!(self.suite.signal("rabbitmq", "TERM"));
        self.import.begins(&self.invitee).await;
        let suspended = profile::suspend(&self.suite.client("staff"), name, "a test").await;
        assert_eq!(suspended.unwrap().state(), OrganizationState::Suspended);
        self.import.is_put_down().await;
        self.import.lets_go().await;
    }

    async fn accepts(&self) -> Result<(), CallError> {
        let invitee = self.suite.client(&self.invitee);
        redemption::accept(&invitee, &self.token).await.map(drop)
    }

    async fn looks_at_the_page(&self) -> Result<(), CallError> {
        let nobody = self.suite.client(&self.invitee);
        join_page::lookup(&nobody, &self.slug).await.map(drop)
    }

    /// The colleague looks at the organization, and learns.
    async fn colleague_goes_on(&self, percent: i32) {
        let request = ListProfileUsersRequest {
            parent: self.organization.name.clone(),
            ..Default::default()
        };
        let colleague = &self.colleague;
        let who = self.suite.client(&colleague.employee.address);
        profile_user::list(&who, request).await.unwrap();
        let system = self.suite.client("learning-system");
        let begun = format!("{}/assignments/{}", colleague.employee.person, colleague.begun);
        training::report_progress(&system, &begun, percent).await.unwrap();
        let begun = colleague.assignment(&self.suite, &colleague.begun).await;
        assert_eq!(begun.progress_percent, percent);
    }

    async fn asks(&self) -> Result<AccessRequest, CallError> {
        let asker = self.suite.client(&self.asker);
        access_request::ask(&asker, &self.number, Role::Viewer, "").await
    }

    /// What became of the requests to be let in, the newest first.
    async fn asked(&self) -> Vec<AccessRequestState> {
        let request = ListAccessRequestsRequest {
            parent: self.organization.name.clone(),
            ..Default::default()
        };
        let listed = access_request::list(&self.owner(), request).await.unwrap();
        let mut requests = listed.access_requests;
        requests.sort_by(|one, other| other.name.cmp(&one.name));
        requests.iter().map(AccessRequest::state).collect()
    }

    /// How many mails have come to an address.
    async fn mails(&self, address: &str) -> usize {
        let list = format!(
            "{}/api/messages?to={}",
            self.suite.address("inbox"),
            address.replace('@', "%40")
        );
        let mails = self.suite.json(&list).await.unwrap();
        mails.as_array().unwrap().len()
    }

    /// Until a service has so many rows of this organization.
    async fn counts(&self, service: &str, rows: &str, count: i64) {
        let question = format!(
            "SELECT count(*) FROM {rows} AND organization_id = '{}'",
            self.organization.id()
        );
        let database = Database::of(&self.suite, service).await;
        eventually(async || database.number(&question).await == count).await;
    }

    /// Until the worker of mails has asked for one that nobody gives it, and the worker of imports has put the one down that it may
    /// not go on with.
    async fn waits(&self) {
        let deliveries = Database::of(&self.suite, "notification").await;
        let asked = format!(
            "SELECT count(*) FROM deliveries WHERE organization_id = '{}' AND purpose = 'INVITE' AND unasked > 0",
            self.organization.id()
        );
        after_restart("the mail is asked for", async || {
            deliveries.number(&asked).await >= 1
        })
        .await;
        self.import.is_put_down().await;
    }

    /// What the owner sees of it, everybody at its join page, and the colleague of what they learn; and how many mails there were.
    async fn look(&self) -> Vec<String> {
        let (owner, parent) = (self.owner(), self.organization.name.clone());
        let address = &self.colleague.employee.address;
        let colleague = self.suite.client(address);
        let invitations = ListInvitationsRequest {
            parent: parent.clone(),
            ..Default::default()
        };
        let users = ListProfileUsersRequest {
            parent: parent.clone(),
            ..Default::default()
        };
        let employments = ListEmploymentsRequest {
            parent: parent.clone(),
            ..Default::default()
        };
        let listed = invitation::list(&owner, invitations).await.unwrap();
        let mut mails = Vec::new();
        for address in [&self.later, &self.invitee, address, &self.asker] {
            mails.push(self.mails(address).await);
        }
        vec![
            format!("{:#?}", profile::get(&owner, &parent).await.unwrap()),
            format!("{:#?}", join_page::lookup(&colleague, &self.slug).await.unwrap()),
            format!("{:?}", self.asked().await),
            format!("{:#?}", self.import.read().await),
            format!("{:#?}", listed.invitations),
            format!("{:#?}", listed.counts),
            format!("{:#?}", profile_user::list(&owner, users).await.unwrap()),
            format!("{:#?}", employment::list(&owner, employments).await.unwrap()),
            format!("{:#?}", record::list_own_assignments(&colleague).await.unwrap()),
            format!("{mails:?}"),
        ]
    }

    /// The owner was told of the suspension once, and once of its end.
    async fn is_told_of_twice(&self) {
        self.counts("notification", "deliveries WHERE purpose = 'SUSPENSION'", 2)
            .await;
        self.counts("organization", "suspension_notices WHERE true", 2)
            .await;
    }
}

#[tokio::test]
async fn a_suspended_organization_takes_nobody_in_and_then_goes_on_once_although_the_broker_was_away() {
    let _alone = alone().await;
    let suite = Suite::find();
    let events = Redelivery::since_now(&suite).await;
    let scene = Scene::set(&suite).await;
    scene.colleague_goes_on(50).await;
    scene.is_suspended().await;

    let refused = scene.accepts().await.unwrap_err();
    assert_eq!(refused.reason(), Some(R::OrganizationNotActive));
    let closed = scene.looks_at_the_page().await.unwrap_err();
    assert_eq!(closed.reason(), Some(R::NotFound));
    let refused = scene.asks().await.unwrap_err();
    assert_eq!(refused.reason(), Some(R::OrganizationNotActive));
    assert_eq!(scene.asked().await, [AccessRequestState::Expired]);
    scene.colleague_goes_on(60).await;
    scene.waits().await;
    let (state, applied) = scene.import.stands().await;
    assert!(
        state == ImportState::Applying && (1..ROWS).contains(&applied),
        "{applied} are invited"
    );
    assert_eq!(scene.mails(&scene.later).await, 0);
    let refused = scene.accepts().await.unwrap_err();
    assert_eq!(
        refused.reason(),
        Some(R::OrganizationNotActive),
        "also with the broker"
    );
    assert_eq!(scene.import.stands().await, (ImportState::Applying, applied));

    profile::reinstate(&suite.client("staff"), &scene.organization.name, "a test")
        .await
        .unwrap();
    scene.accepts().await.unwrap();
    scene.looks_at_the_page().await.unwrap();
    scene.colleague_goes_on(70).await;
    // Who had asked to be let in asks anew.
    assert_eq!(scene.asked().await, [AccessRequestState::Expired]);
    scene.asks().await.unwrap();
    let asked = [AccessRequestState::Pending, AccessRequestState::Expired];
    assert_eq!(scene.asked().await, asked);
    link_for(&suite, &scene.later).await;
    eventually(async || scene.import.stands().await == (ImportState::Applied, ROWS)).await;

    // Each once: the owner, the colleague and who has accepted are employed, and of the latter two one has two trainings, the other one.
    scene
        .counts("employment", "employments WHERE state = 'VERIFIED'", 3)
        .await;
    scene
        .counts("records", "assignments WHERE state <> 'CANCELLED'", 3)
        .await;
    let invited = i64::from(ROWS) + 3;
    scene
        .counts("invitation", "invitations WHERE true", invited)
        .await;
    let open = async || scene.organization.count(&suite, InvitationState::Pending).await;
    eventually(async || open().await == 1).await;
    assert_eq!(scene.mails(&scene.later).await, 1);
    assert_eq!(scene.mails(&scene.invitee).await, 1);

    // What told of the suspension, and of everything else, once more, and then what came last before what came first: it is as it was.
    scene.is_told_of_twice().await;
    let was = scene.look().await;
    events.happens(&suite, &scene.organization).await;
    assert_eq!(was, scene.look().await);
    events.happens_backwards(&suite, &scene.organization).await;
    assert_eq!(was, scene.look().await);
    scene.is_told_of_twice().await;
    scene.colleague_goes_on(90).await;
}
