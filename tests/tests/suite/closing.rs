//! The closing of an organization, with everything that follows from it in the other services, although the broker is away when it
//! comes.

use std::time::{Duration, Instant};

use muster_client::acts::{
    access_request, employment, invitation, join_page, organization as profile, ownership, profile_user,
    record, redemption,
};
use muster_client::{CallError, Client};
use muster_proto::employment::v1::{EmploymentState, ListEmploymentsRequest};
use muster_proto::invitation::v1::{DeliveryState, ImportState, InvitationState, ListInvitationsRequest};
use muster_proto::organization::v1::{
    AccessRequestState, ListAccessRequestsRequest, ListProfileUsersRequest, OrganizationState, Role,
};
use muster_proto::records::v1::{AssignmentState, GrantState};
use muster_refusal::ErrorReason as R;
use muster_testkit::{eventually, eventually_some};
use prost_types::Timestamp;

use crate::support::{
    Colleague, Database, Employee, HalfDone, Organization, Redelivery, Standstill, Suite, after_restart,
    alone, link_for, token_of,
};

/// The edge promises five seconds of who has lost their role; here a broker starts on the same processors.
const SOON: Duration = Duration::from_secs(15);
/// When the mail is due for which somebody is to ask just before the closing.
const DUE: Duration = Duration::from_secs(3);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// An organization where something of everything is on its way.
struct Scene {
    suite: Suite,
    organization: Organization,
    number: String,
    slug: String,
    /// A viewer who learns.
    colleague: Colleague,
    /// An admin to whom the ownership is offered, and the offer.
    admin: Employee,
    offer: String,
    asker: String,
    /// Whose invitation has come: its name, and the token of its link.
    invitee: String,
    invited: String,
    token: String,
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
        let admin = organization.employee(suite).await;
        organization.adds(suite, &admin, Role::Admin).await;
        // What is not begun at the closing is known by then.
        let assigned = async || {
            let own = record::list_own_assignments(&suite.client(&admin.address)).await;
            own.unwrap().into_iter().next()
        };
        eventually_some(assigned).await;
        let offered = ownership::offer(&owner, &organization.name, &admin.person).await;
        let asker = format!("asker-{}@school.test", suite.unique());
        access_request::ask(&suite.client(&asker), &number, Role::Viewer, "")
            .await
            .unwrap();
        let invitee = format!("invited-{}@example.test", suite.unique());
        let invited = organization.invite(suite, &invitee).await.name;
        let token = token_of(&link_for(suite, &invitee).await);
        Self {
            suite: suite.clone(),
            number,
            slug,
            colleague,
            admin,
            offer: offered.unwrap().name,
            asker,
            invitee,
            invited,
            token,
            import: HalfDone::upload(suite, &organization).await,
            organization,
        }
    }

    fn owner(&self) -> Client {
        self.suite.client("owner")
    }

    /// Invites somebody whose mail is due only then: the address, and the name.
    async fn schedules(&self, wait: Duration) -> (String, String) {
        let address = format!("later-{}@example.test", self.suite.unique());
        let mut later = self.organization.inviting(&address).invitation.unwrap();
        later.send_time = Some(Timestamp {
            seconds: (self.suite.clock.now() + wait).unix_timestamp(),
            nanos: 0,
        });
        let made = invitation::create(&self.owner(), &self.organization.name, later).await;
        (address, made.unwrap().name)
    }

    /// Closed while the broker is away, a mail that was asked for waits to be sent, and an import is half done. The address of that mail,
    /// and its invitation.
    async fn is_closed(&self) -> (String, String) {
        // Nobody sends it before, also when the broker is back already.
        let _away = Standstill::of(&self.suite, &["notification"]);
        let asked_for = self.schedules(DUE).await;
        assert!(self.suite.signal("rabbitmq", "TERM"));
        let queued = async || {
            let read = self.organization.read(&self.suite, &asked_for.1).await;
            read.delivery_state() == DeliveryState::Queued
        };
        eventually(queued).await;
        self.import.begins(&self.invitee).await;
        let closed = profile::close(&self.owner(), &self.organization.name, "we have moved away").await;
        assert_eq!(closed.unwrap().state(), OrganizationState::Closed);
        asked_for
    }

    async fn accepts(&self) -> Result<(), CallError> {
        let invitee = self.suite.client(&self.invitee);
        redemption::accept(&invitee, &self.token).await.map(drop)
    }

    /// Why the join page is not shown, if it is not.
    async fn page_is_gone(&self) -> Option<R> {
        reason(join_page::lookup(&self.suite.client(&self.invitee), &self.slug).await)
    }

    async fn takes_the_ownership(&self) -> Option<R> {
        reason(ownership::accept(&self.suite.client(&self.admin.address), &self.offer).await)
    }

    async fn asks(&self) -> Option<R> {
        let asker = self.suite.client(&self.asker);
        reason(access_request::ask(&asker, &self.number, Role::Viewer, "").await)
    }

    /// What became of the requests to be let in.
    async fn asked(&self) -> Vec<AccessRequestState> {
        let request = ListAccessRequestsRequest {
            parent: self.organization.name.clone(),
            ..Default::default()
        };
        let listed = access_request::list(&self.owner(), request).await.unwrap();
        let requests = listed.access_requests.iter();
        requests.map(|request| request.state()).collect()
    }

    /// The worker puts the import down that it cannot finish, asks before it takes it up again, and refuses what is left.
    async fn import_stops(&self) {
        eventually(async || self.import.stands().await.0 == ImportState::AppliedWithErrors).await;
        let stopped = self.import.read().await;
        let (applied, refused) = (stopped.applied_count, stopped.refused_count);
        assert!((1..HalfDone::ROWS).contains(&applied), "{applied} were invited");
        assert_eq!(applied + refused, HalfDone::ROWS);
        self.import.lets_go().await;
    }

    /// Nobody of all who were invited can answer any more, and whom the import had invited nobody writes to.
    async fn nobody_is_invited(&self) {
        let (applied, others) = (i64::from(self.import.stands().await.1), 3);
        let count = async |state| self.organization.count(&self.suite, state).await;
        eventually(async || count(InvitationState::Cancelled).await == applied + others).await;
        for open in [InvitationState::Prospect, InvitationState::Pending] {
            assert_eq!(count(open).await, 0, "{open:?}");
        }
        let request = ListInvitationsRequest {
            parent: self.organization.name.clone(),
            delivery_states: vec![
                DeliveryState::Scheduled.into(),
                DeliveryState::Queued.into(),
                DeliveryState::Sending.into(),
                DeliveryState::Held.into(),
            ],
            ..Default::default()
        };
        let on_its_way = async || {
            let listed = invitation::list(&self.owner(), request.clone()).await.unwrap();
            listed.invitations.len()
        };
        eventually(async || on_its_way().await == 0).await;
    }

    /// A mail that was not sent before never is.
    async fn is_dropped(&self, (address, name): &(String, String)) {
        let dropped = async || {
            let read = self.organization.read(&self.suite, name).await;
            (read.state(), read.delivery_state()) == (InvitationState::Cancelled, DeliveryState::Dropped)
        };
        eventually(dropped).await;
        let list = format!(
            "{}/api/messages?to={}",
            self.suite.address("inbox"),
            address.replace('@', "%40")
        );
        let mails = self.suite.json(&list).await.unwrap();
        assert_eq!(mails.as_array().map(Vec::len), Some(0), "{address}");
    }

    /// What was begun goes on as their own, and what was not is cancelled.
    async fn trainings_are_let_go(&self) {
        let (suite, colleague) = (&self.suite, &self.colleague);
        let cancelled = async || {
            let waiting = colleague.assignment(suite, &colleague.waiting).await;
            waiting.state() == AssignmentState::Cancelled
        };
        eventually(cancelled).await;
        let begun = colleague.assignment(suite, &colleague.begun).await;
        assert_eq!(
            (begun.state(), begun.progress_percent, begun.organization.as_str()),
            (AssignmentState::InProgress, 40, ""),
        );
        let admins = async || {
            let own = record::list_own_assignments(&suite.client(&self.admin.address)).await;
            let own = own.unwrap();
            own.iter().all(|one| one.state() == AssignmentState::Cancelled)
        };
        eventually(admins).await;
        eventually(async || colleague.grant(suite).await == GrantState::Lapsed).await;
    }

    /// What the owner still sees of the organization, and the colleague of what they had there.
    async fn look(&self) -> Vec<String> {
        let (owner, parent) = (self.owner(), self.organization.name.clone());
        let who = self.suite.client(&self.colleague.employee.address);
        let users = ListProfileUsersRequest {
            parent: parent.clone(),
            ..Default::default()
        };
        let invitations = ListInvitationsRequest {
            parent: parent.clone(),
            ..Default::default()
        };
        let employments = ListEmploymentsRequest {
            parent: parent.clone(),
            ..Default::default()
        };
        let invitations = invitation::list(&owner, invitations).await.unwrap();
        vec![
            format!("{:#?}", profile::get(&owner, &parent).await.unwrap()),
            format!("{:#?}", profile_user::list(&owner, users).await.unwrap()),
            format!("{:#?}", invitations.invitations),
            format!("{:#?}", invitations.counts),
            format!("{:#?}", employment::list(&owner, employments).await.unwrap()),
            format!("{:#?}", self.import.read().await),
            format!("{:?}", self.asked().await),
            format!("{:#?}", record::list_own_grants(&who).await.unwrap()),
            format!("{:#?}", record::list_own_assignments(&who).await.unwrap()),
            format!(
                "{:?}",
                refused(&self.suite, &self.colleague.employee.address, &self.organization).await
            ),
            format!("{:?}", self.page_is_gone().await),
            format!("{:?}", self.takes_the_ownership().await),
        ]
    }
}

/// Why something was refused; nothing if it was not.
fn reason<T>(answer: Result<T, CallError>) -> Option<R> {
    let error = answer.err()?;
    Some(error.reason().expect("a refusal has a reason"))
}

/// Why a profile user may not look at the organization; nothing if they may.
async fn refused(suite: &Suite, who: &str, organization: &Organization) -> Option<R> {
    let request = ListProfileUsersRequest {
        parent: organization.name.clone(),
        ..Default::default()
    };
    reason(profile_user::list(&suite.client(who), request).await)
}

/// Until the employment service has no open employment of the organization, although the broker is away at first.
async fn ends(suite: &Suite, organization: &Organization) {
    let employments = Database::of(suite, "employment").await;
    let done = format!(
        "SELECT count(*) FROM closings WHERE organization_id = '{}' AND finish_time IS NOT NULL",
        organization.id()
    );
    after_restart("the closing is heard of", async || {
        employments.number(&done).await == 1
    })
    .await;
}

#[tokio::test]
async fn a_closed_organization_lets_go_of_everybody_although_the_broker_was_away() {
    let _alone = alone().await;
    let suite = Suite::find();
    let events = Redelivery::since_now(&suite).await;
    let scene = Scene::set(&suite).await;
    let organization = &scene.organization;
    let employee = &scene.colleague.employee.address;
    assert_eq!(refused(&suite, employee, organization).await, None);
    assert_eq!(scene.page_is_gone().await, None);
    assert_eq!(scene.asked().await, [AccessRequestState::Pending]);

    let tomorrows = scene.schedules(DAY).await;
    let asked_for = scene.is_closed().await;
    let gone = Instant::now();
    for who in [employee, &scene.admin.address] {
        let is_out = async || refused(&suite, who, organization).await == Some(R::PermissionDenied);
        eventually(is_out).await;
    }
    assert!(gone.elapsed() < SOON, "{:?}", gone.elapsed());
    // Also before anybody else has heard of the closing.
    assert!(scene.accepts().await.is_err());
    assert_eq!(scene.page_is_gone().await, Some(R::NotFound));
    assert_eq!(scene.asked().await, [AccessRequestState::Expired]);
    assert_eq!(scene.asks().await, Some(R::OrganizationNotActive));
    assert_eq!(scene.takes_the_ownership().await, Some(R::OwnershipOfferState));
    scene.import_stops().await;

    ends(&suite, organization).await;
    let [ended] = employment::list_own(&suite.client(employee))
        .await
        .unwrap()
        .try_into()
        .unwrap();
    assert_eq!(ended.state(), EmploymentState::Ended);
    scene.nobody_is_invited().await;
    let invited = organization.read(&suite, &scene.invited).await;
    assert_eq!(invited.state(), InvitationState::Cancelled);
    assert_eq!(reason(scene.accepts().await), Some(R::InvitationCancelled));
    scene.is_dropped(&asked_for).await;
    scene.is_dropped(&tomorrows).await;
    scene.trainings_are_let_go().await;
    let owner = scene.owner();
    let anew = invitation::create(
        &owner,
        &organization.name,
        organization.inviting("a@b.test").invitation.unwrap(),
    );
    assert_eq!(anew.await.unwrap_err().reason(), Some(R::OrganizationNotActive));
    // What was stays readable to its owner, and to nobody else.
    let read = profile::get(&owner, &organization.name).await.unwrap();
    assert_eq!(
        (read.state(), read.decision_reason.as_str()),
        (OrganizationState::Closed, "we have moved away")
    );
    assert_eq!(
        refused(&suite, employee, organization).await,
        Some(R::PermissionDenied)
    );
    let archived = async || organization.count(&suite, InvitationState::Archived).await == 2;
    eventually(archived).await;
    for service in ["organization", "records"] {
        let projection = Database::of(&suite, service).await;
        let open = format!(
            "SELECT count(*) FROM employment_projection
              WHERE organization_id = '{}' AND state IN ('VERIFIED', 'PENDING_VERIFICATION')",
            organization.id()
        );
        eventually(async || projection.number(&open).await == 0).await;
    }

    // Everything once more, what was before the closing after it; and then what came last before what came first.
    let was = scene.look().await;
    events.happens(&suite, organization).await;
    assert_eq!(was, scene.look().await);
    events.happens_backwards(&suite, organization).await;
    assert_eq!(was, scene.look().await);
}
