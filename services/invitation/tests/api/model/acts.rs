//! The acts, carried out.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use muster_identity::Role;
use muster_ids::{EmploymentId, EmploymentName, EventId, PersonId, PersonName};
use muster_messaging::Event;
use muster_messaging::outbox::{self, NewEvent};
use muster_proto::employment::v1::{EmploymentChangedEvent, EmploymentFacts, EmploymentState};
use muster_proto::error::v1::ErrorReason as R;
use muster_proto::invitation::v1::invitation_service_client::InvitationServiceClient;
use muster_proto::invitation::v1::join_request_service_client::JoinRequestServiceClient;
use muster_proto::invitation::v1::learner_service_client::LearnerServiceClient;
use muster_proto::invitation::v1::{
    AcceptInvitationRequest, AcceptPersonInvitationRequest, BatchCancelInvitationsRequest,
    BatchCreateInvitationsRequest, BatchResendInvitationsRequest, CancelInvitationRequest,
    CreateInvitationRequest, DeclineInvitationRequest, DeclinePersonInvitationRequest, DeliveryState,
    Invitation, InvitationFilter, InvitationOutcome, InvitationSource, InvitationState, Learner,
    ListInvitationsRequest, ListLearnersRequest, RequestToJoinRequest, RescheduleInvitationRequest,
    ResendInvitationRequest, UndoDeclineRequest, UndoPersonDeclineRequest, VerifyJoinRequestRequest,
};
use muster_proto::notification::v1::delivery::State as Delivered;
use muster_proto::notification::v1::get_mail_response::Variables;
use muster_proto::notification::v1::mail_source_internal_service_client::MailSourceInternalServiceClient;
use muster_proto::notification::v1::{DeliveryChangedEvent, GetMailRequest, MailPurpose};
use muster_proto::organization::v1::OrganizationClosedEvent;
use muster_server::convert::timestamp;
use muster_testkit::{Callers, TestCaller as Caller, TestChannel, eventually};
use tonic::Status;
use uuid::Uuid;

use super::table::{Act, Answer, Filter, Invitee, Inviter, Mail, Report, Shown, UNWANTED, Via};
use crate::fixture::{Fixture, invite};
use crate::own::account;

const HOUR: Duration = Duration::from_secs(60 * 60);

/// The slug of the organization's join page.
pub(super) const PAGE: &str = "sunrise";

/// Of what is told of employments, deliveries and the organization: each once.
static TOLD: AtomicU64 = AtomicU64::new(1);

/// The organization is active and its group takes learners, as in the beginning, also where it was closed.
pub(super) async fn begin_anew(fixture: &Fixture) {
    group_returns(fixture).await;
    fixture
        .profile_sql("UPDATE organizations SET state = 'ACTIVE' WHERE state <> 'ACTIVE'")
        .await;
    fixture.database.execute("DELETE FROM closings").await;
}

async fn group_returns(fixture: &Fixture) {
    fixture.profile_sql("UPDATE groups SET state = 'ACTIVE'").await;
}

fn why(status: &Status) -> R {
    muster_refusal::reason_of(status).unwrap_or_else(|| panic!("no reason in {status:?}"))
}

/// The token in the mail, if there is a mail.
async fn link(fixture: &Fixture, name: &str) -> Option<String> {
    let mail = fixture.mail(name, 1).await.unwrap();
    mail.wanted.then(|| {
        let link = invite(&mail).link.strip_prefix("https://muster.test/i/");
        link.unwrap().to_owned()
    })
}

/// An address of its own, and its invitations as they were made.
pub(super) struct Address<'w> {
    fixture: &'w Fixture,
    address: String,
    made: Vec<Made>,
    /// The link to confirm the latest request to join, if somebody has it.
    joining: Option<String>,
}

/// A mail, by the generation of its link and its number among those that carry it.
type MailNumber = (i32, i32);

/// Which invitations an act on many is about, as it is said.
#[derive(Debug, Default)]
struct Meant {
    names: Vec<String>,
    filter: Option<InvitationFilter>,
    expected_count: i32,
    filter_etag: String,
    /// In which order it tells what became of them.
    order: Vec<String>,
}

/// What became of each, in this order.
#[track_caller]
fn reasons(outcomes: &[InvitationOutcome], order: &[String]) -> Vec<R> {
    let named: Vec<&String> = outcomes.iter().map(|outcome| &outcome.name).collect();
    assert_eq!(named, order.iter().collect::<Vec<_>>());
    outcomes.iter().map(InvitationOutcome::refusal_reason).collect()
}

/// As who they invite.
fn name_of(inviter: Inviter) -> &'static str {
    match inviter {
        Inviter::Owner => "owner",
        Inviter::Former => "former",
    }
}

/// Who vouches.
fn voucher(invitation: &Invitation) -> Option<Inviter> {
    if invitation.source() == InvitationSource::JoinPage {
        return None;
    }
    let is_theirs = |who: &Inviter| {
        let person = Callers::person(name_of(*who)).id;
        invitation.inviter == format!("persons/{person}")
    };
    let found = [Inviter::Owner, Inviter::Former].into_iter().find(is_theirs);
    Some(found.unwrap())
}

/// An invitation, with its first link; nobody has that of one whose mail was suppressed, or waits for its time.
#[derive(Debug, Clone)]
struct Made {
    name: String,
    token: Option<String>,
}

impl Made {
    fn id(&self) -> &str {
        self.name.rsplit('/').next().unwrap()
    }
}

impl<'w> Address<'w> {
    pub(super) fn new(fixture: &'w Fixture) -> Self {
        Self {
            fixture,
            address: format!("{}@example.com", fixture.clock.new_uuid()),
            made: Vec::new(),
            joining: None,
        }
    }

    /// Does all of them at the same moment.
    pub(super) async fn all(&mut self, acts: &[Act]) -> Vec<Answer> {
        let mut latest = Vec::new();
        for made in &self.made {
            latest.push(self.latest_mail(made).await);
        }
        let this = &*self;
        let takes = acts.iter().map(async |act| this.take(act, &latest).await);
        let answers = futures::future::join_all(takes).await;
        for (act, answer) in acts.iter().zip(&answers) {
            match *act {
                Act::Ask if answer.is_ok() => self.look_for_joining().await,
                Act::WorkerAsks { of } if answer.is_ok() && self.made[of].token.is_none() => {
                    self.made[of].token = link(self.fixture, &self.made[of].name).await;
                }
                _ => {}
            }
        }
        self.find_new().await;
        answers
    }

    async fn latest_mail(&self, made: &Made) -> MailNumber {
        sqlx::query_as("SELECT generation, mail_number FROM invitations WHERE invitation_id = $1")
            .bind(made.id().parse::<Uuid>().unwrap())
            .fetch_one(&mut self.fixture.database.connection().await)
            .await
            .unwrap()
    }

    /// How each stands, what became of its latest mail, and who vouches.
    pub(super) async fn stored(&self) -> Vec<Shown> {
        let mut stored = Vec::new();
        for made in &self.made {
            let one = self.fixture.get(&made.name).await.unwrap();
            stored.push((one.state(), Mail::of(one.delivery_state()), voucher(&one)));
        }
        stored
    }

    /// The words of the address in the list of learners, newest first.
    pub(super) async fn words(&self) -> Vec<InvitationState> {
        let request = ListLearnersRequest {
            parent: self.fixture.parent(),
            text: self.address.clone(),
            ..Default::default()
        };
        let owner = self.fixture.as_who(self.fixture.owner());
        let listed = LearnerServiceClient::new(owner).list_learners(request).await;
        let learners = listed.unwrap().into_inner().learners;
        learners.iter().map(Learner::state).collect()
    }

    /// The act by a way that there is.
    pub(super) fn reachable(&self, act: Act) -> Act {
        let is_known = |of: usize| self.made[of].token.is_some();
        let via = Via::Account;
        match act {
            Act::Accept { of, who, .. } if !is_known(of) => Act::Accept { of, via, who },
            Act::Decline {
                of, who, for_ever, ..
            } if !is_known(of) => Act::Decline {
                of,
                via,
                who,
                for_ever,
            },
            Act::Undo { of, who, .. } if !is_known(of) => Act::Undo { of, via, who },
            act => act,
        }
    }

    /// Notes what was made since: at most one at a time, because nobody answers what was not there before.
    async fn find_new(&mut self) {
        let names: Vec<(String,)> = sqlx::query_as(
            "SELECT 'organizations/' || organization_id || '/invitations/' || invitation_id FROM invitations
             WHERE address_canonical = $1",
        )
        .bind(&self.address)
        .fetch_all(&mut self.fixture.database.connection().await)
        .await
        .unwrap();
        for (name,) in names {
            if self.made.iter().all(|made| made.name != name) {
                let made = self.fixture.get(&name).await.unwrap();
                let token = match made.delivery_state() {
                    DeliveryState::Queued => link(self.fixture, &name).await,
                    _ => None,
                };
                self.made.push(Made { name, token });
            }
        }
    }

    async fn take(&self, act: &Act, latest: &[MailNumber]) -> Answer {
        let done = match *act {
            Act::CancelNamed
            | Act::ResendNamed { .. }
            | Act::CancelListed { .. }
            | Act::ResendListed { .. } => return self.take_all(*act).await,
            Act::Create { by, is_twice } => self.create(by, is_twice).await,
            Act::CreateForLater => self.create_for_later().await,
            Act::Reschedule { of } => self.reschedule(of).await,
            Act::Verify => self.verify().await,
            Act::Ask => self.ask().await,
            Act::Reported { of, report } => {
                self.reported(of, report, latest[of]).await;
                Ok(())
            }
            Act::TimeComes { of } => {
                self.time_comes(of).await;
                Ok(())
            }
            Act::WorkerAsks { of } => return self.worker_asks(of, latest[of].0).await,
            Act::GroupGoes => {
                let goes = "UPDATE groups SET state = 'INACTIVE' WHERE display_name = 'Nurses'";
                self.fixture.profile_sql(goes).await;
                Ok(())
            }
            Act::GroupReturns => {
                group_returns(self.fixture).await;
                Ok(())
            }
            Act::Suspend => {
                let halts = "UPDATE organizations SET state = 'SUSPENDED'";
                self.fixture.profile_sql(halts).await;
                Ok(())
            }
            Act::Resume => {
                let goes_on = "UPDATE organizations SET state = 'ACTIVE'";
                self.fixture.profile_sql(goes_on).await;
                Ok(())
            }
            Act::Close => {
                self.close().await;
                Ok(())
            }
            Act::MailsAge => self.mails_age().await,
            Act::Resend { of, rotate } => self.resend(of, rotate).await,
            Act::Cancel { of } => self.cancel(of).await,
            Act::Accept { of, via, who } => self.accept(of, via, who).await,
            Act::Decline {
                of,
                via,
                who,
                for_ever,
            } => self.decline(of, via, who, for_ever).await,
            Act::Undo { of, via, who } => self.undo(of, via, who).await,
            Act::RunOut { of } => self.change(of, "expire_time = create_time").await,
            Act::DayPasses { of } => {
                self.change(of, "decline_time = decline_time - interval '1 day'")
                    .await
            }
            Act::Archive { of } => {
                self.claim_is(of, EmploymentState::Rejected).await;
                Ok(())
            }
            Act::Restore { of } => {
                self.claim_is(of, EmploymentState::PendingVerification).await;
                Ok(())
            }
        };
        done.map(|()| Vec::new()).map_err(|status| why(&status))
    }

    /// An act on all of them, or on all that a filter lists.
    async fn take_all(&self, act: Act) -> Answer {
        let done = match act {
            Act::CancelNamed => self.cancel_all(self.named()).await,
            Act::ResendNamed { rotate } => self.resend_all(self.named(), rotate).await,
            Act::ResendListed { filter, rotate } => self.resend_all(self.listed(filter).await, rotate).await,
            Act::CancelListed { filter, is_stale } => {
                let listed = self.listed(filter).await;
                if is_stale {
                    self.another_version(&listed.order[0]).await;
                }
                self.cancel_all(listed).await
            }
            act => unreachable!("{act:?} is one on one"),
        };
        done.map_err(|status| why(&status))
    }

    fn named(&self) -> Meant {
        let names: Vec<String> = self.made.iter().map(|made| made.name.clone()).collect();
        Meant {
            names: names.clone(),
            order: names,
            ..Meant::default()
        }
    }

    /// What the filter lists of the address, as the list tells it.
    async fn listed(&self, filter: Filter) -> Meant {
        let states: Vec<i32> = filter.states().iter().map(|state| i32::from(*state)).collect();
        let request = ListInvitationsRequest {
            parent: self.fixture.parent(),
            states: states.clone(),
            address_contains: self.address.clone(),
            with_filter_etag: true,
            ..Default::default()
        };
        let listed = self.fixture.invitations().list_invitations(request).await;
        let listed = listed.unwrap().into_inner();
        let order: Vec<String> = listed.invitations.into_iter().map(|one| one.name).collect();
        Meant {
            filter: Some(InvitationFilter {
                states,
                address_contains: self.address.clone(),
                ..Default::default()
            }),
            expected_count: i32::try_from(order.len()).unwrap(),
            filter_etag: listed.filter_etag,
            order,
            ..Meant::default()
        }
    }

    /// Somebody else has changed something of it that this test does not see.
    async fn another_version(&self, name: &str) {
        let id = name.rsplit('/').next().unwrap();
        let statement = format!("UPDATE invitations SET version = version + 1 WHERE invitation_id = '{id}'");
        self.fixture.database.run(statement).await;
    }

    async fn cancel_all(&self, meant: Meant) -> Result<Vec<R>, Status> {
        let request = BatchCancelInvitationsRequest {
            parent: self.fixture.parent(),
            names: meant.names,
            request_id: String::new(),
            filter: meant.filter,
            expected_count: meant.expected_count,
            filter_etag: meant.filter_etag,
        };
        let mut invitations = self.fixture.invitations();
        let done = invitations.batch_cancel_invitations(request).await?;
        Ok(reasons(&done.into_inner().outcomes, &meant.order))
    }

    async fn resend_all(&self, meant: Meant, rotate_links: bool) -> Result<Vec<R>, Status> {
        let request = BatchResendInvitationsRequest {
            parent: self.fixture.parent(),
            names: meant.names,
            rotate_links,
            filter: meant.filter,
            expected_count: meant.expected_count,
            filter_etag: meant.filter_etag,
            ..Default::default()
        };
        let mut invitations = self.fixture.invitations();
        let done = invitations.batch_resend_invitations(request).await?;
        Ok(reasons(&done.into_inner().outcomes, &meant.order))
    }

    fn invitations_of(&self, who: Inviter) -> InvitationServiceClient<TestChannel> {
        let role = match who {
            Inviter::Owner => Role::Owner,
            Inviter::Former => Role::Admin,
        };
        let caller = Caller::member(name_of(who), self.fixture.organization, role);
        InvitationServiceClient::new(self.fixture.as_who(caller))
    }

    async fn create(&self, by: Inviter, is_twice: bool) -> Result<(), Status> {
        let wanted = self.fixture.wanted(&self.address, &[&self.fixture.nurses]);
        let mut invitations = self.invitations_of(by);
        if !is_twice {
            let request = self.fixture.create_request(wanted);
            return invitations.create_invitation(request).await.map(drop);
        }
        let one = CreateInvitationRequest {
            invitation: Some(wanted),
            ..Default::default()
        };
        let request = BatchCreateInvitationsRequest {
            parent: self.fixture.parent(),
            requests: vec![one.clone(), one],
            request_id: String::new(),
        };
        invitations.batch_create_invitations(request).await.map(drop)
    }

    async fn create_for_later(&self) -> Result<(), Status> {
        let groups = [&self.fixture.nurses];
        let made = self.fixture.create_later(&self.address, &groups, HOUR).await;
        made.map(drop)
    }

    /// The organization is closed, and what follows from that here is done.
    async fn close(&self) {
        let over = "UPDATE organizations SET state = 'CLOSED'";
        self.fixture.profile_sql(over).await;
        let closed = OrganizationClosedEvent {
            organization: self.fixture.parent(),
        };
        let organization = self.fixture.organization.as_uuid();
        self.tell("organization", organization, closed).await;
        let done = "SELECT count(*) FROM closings WHERE finish_time IS NOT NULL";
        eventually(async || self.fixture.database.count(done).await == 1).await;
    }

    async fn reschedule(&self, of: usize) -> Result<(), Status> {
        let request = RescheduleInvitationRequest {
            name: self.made[of].name.clone(),
            send_time: Some(timestamp(self.fixture.clock.now() + 2 * HOUR)),
            request_id: String::new(),
        };
        let mut invitations = self.fixture.invitations();
        invitations.reschedule_invitation(request).await.map(drop)
    }

    /// Asks to join, a day before what is asked next: nobody is held up by how often.
    async fn ask(&self) -> Result<(), Status> {
        let request = RequestToJoinRequest {
            slug: PAGE.to_owned(),
            group: self.fixture.group_name(&self.fixture.nurses),
            location: self.fixture.location.clone(),
            address: self.address.clone(),
            ..Default::default()
        };
        let mut page = JoinRequestServiceClient::new(self.fixture.as_who(Caller::Anonymous));
        page.request_to_join(request).await?;
        sqlx::query(
            "UPDATE join_requests SET create_time = create_time - interval '1 day' WHERE address_canonical = $1",
        )
        .bind(&self.address)
        .execute(&mut self.fixture.database.connection().await)
        .await
        .unwrap();
        Ok(())
    }

    /// The link in the mail of the latest request; that to a learner has none to confirm by.
    async fn look_for_joining(&mut self) {
        let subject: String = sqlx::query_scalar(
            "SELECT 'organizations/' || organization_id || '/joinRequests/' || join_request_id FROM join_requests
             WHERE address_canonical = $1 ORDER BY join_request_id DESC LIMIT 1",
        )
        .bind(&self.address)
        .fetch_one(&mut self.fixture.database.connection().await)
        .await
        .unwrap();
        let worker = self.fixture.as_who(Caller::Workload("notification"));
        let question = GetMailRequest {
            subject,
            purpose: MailPurpose::Join.into(),
            generation: 1,
        };
        let answer = MailSourceInternalServiceClient::new(worker)
            .get_mail(question)
            .await;
        let Some(Variables::Join(words)) = answer.unwrap().into_inner().variables else {
            panic!("a mail about a request to join says so");
        };
        if let Some(token) = words.link.strip_prefix("https://muster.test/j/") {
            self.joining = Some(token.to_owned());
        }
    }

    async fn verify(&self) -> Result<(), Status> {
        let request = VerifyJoinRequestRequest {
            token: self.joining.clone().unwrap(),
        };
        let mut page = JoinRequestServiceClient::new(self.fixture.as_who(Caller::Anonymous));
        page.verify_join_request(request).await.map(drop)
    }

    /// Its time is now; and the scheduler has asked for it, if anybody waits for it.
    async fn time_comes(&self, of: usize) {
        let id: Uuid = self.made[of].id().parse().unwrap();
        sqlx::query(
            "UPDATE invitations SET mail_times = array_replace(mail_times, send_time, $2), send_time = $2
             WHERE invitation_id = $1 AND delivery_state = 'SCHEDULED' AND state IN ('PROSPECT', 'PENDING')",
        )
        .bind(id)
        .bind(self.fixture.clock.now())
        .execute(&mut self.fixture.database.connection().await)
        .await
        .unwrap();
        let waits = "SELECT EXISTS (SELECT FROM invitations
             WHERE invitation_id = $1 AND delivery_state = 'SCHEDULED' AND state IN ('PROSPECT', 'PENDING'))";
        eventually(async || !self.is_there(waits, id).await).await;
    }

    /// Takes the first answer that says something: that an organization is halted is told as what may be over in a moment.
    async fn worker_asks(&self, of: usize, generation: i32) -> Answer {
        let name = &self.made[of].name;
        let question = GetMailRequest {
            subject: name.clone(),
            purpose: MailPurpose::Invite.into(),
            generation,
        };
        let worker = self.fixture.impatient(Caller::Workload("notification"));
        let first = MailSourceInternalServiceClient::new(worker)
            .get_mail(question)
            .await;
        let told = match first {
            Ok(mail) => Ok(mail.into_inner()),
            Err(halted) if muster_refusal::reason_of(&halted) == Some(R::OrganizationNotActive) => {
                Err(halted)
            }
            Err(_) => self.fixture.mail(name, generation).await,
        };
        match told {
            Ok(mail) if mail.wanted => Ok(Vec::new()),
            Ok(_) => Err(UNWANTED),
            Err(status) => Err(why(&status)),
        }
    }

    async fn reported(&self, of: usize, report: Report, (generation, latest): MailNumber) {
        let (state, request) = match report {
            Report::Sent => (Delivered::Sent, latest),
            Report::Uncertain => (Delivered::Uncertain, latest),
            Report::Deferred => (Delivered::Deferred, latest),
            Report::Failed => (Delivered::Failed, latest),
            Report::Dropped => (Delivered::Dropped, latest),
            Report::Bounced => (Delivered::Bounced, latest),
            Report::BouncedBefore => (Delivered::Bounced, latest - 1),
        };
        let changed = DeliveryChangedEvent {
            subject: self.made[of].name.clone(),
            generation,
            request,
            state: state.into(),
            server_reply: "as the server says".to_owned(),
            ..Default::default()
        };
        // The later one has the greater id, and says more.
        let delivery = self.fixture.clock.new_uuid();
        self.tell("notification", delivery, changed).await;
    }

    /// The claim that followed the acceptance is rejected, or corrected; nothing is told of what nobody accepted.
    async fn claim_is(&self, of: usize, state: EmploymentState) {
        let id: Uuid = self.made[of].id().parse().unwrap();
        let person: Option<PersonId> =
            sqlx::query_scalar("SELECT person_id FROM invitations WHERE invitation_id = $1")
                .bind(id)
                .fetch_one(&mut self.fixture.database.connection().await)
                .await
                .unwrap();
        let Some(person) = person else { return };
        let employment = EmploymentName {
            organization: self.fixture.organization,
            employment: EmploymentId::from_uuid(self.fixture.clock.new_uuid()),
        };
        let facts = EmploymentFacts {
            employment: employment.to_string(),
            organization: self.fixture.parent(),
            person: PersonName { person }.to_string(),
            state: state.into(),
            source_invitation: self.made[of].name.clone(),
            ..Default::default()
        };
        let changed = EmploymentChangedEvent { facts: Some(facts) };
        self.tell("employment", employment.employment.as_uuid(), changed)
            .await;
    }

    /// Tells what another service would, through a real outbox, relay and broker, and waits until it was heard.
    async fn tell<E: Event>(&self, service: &str, aggregate: Uuid, event: E) {
        let id = self.fixture.clock.new_uuid();
        let new = NewEvent {
            id: EventId::from_uuid(id),
            organization: self.fixture.organization,
            aggregate,
            sequence: i64::try_from(TOLD.fetch_add(1, Ordering::Relaxed)).unwrap(),
            time: self.fixture.clock.now(),
            actor: format!("service:{service}"),
            traceparent: None,
        };
        let database = self.fixture.database.database();
        let written = database.write(async |tx| outbox::append(tx, new, &event).await);
        written.await.unwrap();
        let heard = "SELECT EXISTS (SELECT FROM inbox WHERE id = $1)";
        eventually(async || self.is_there(heard, id).await).await;
    }

    async fn is_there(&self, question: &'static str, id: Uuid) -> bool {
        sqlx::query_scalar(question)
            .bind(id)
            .fetch_one(&mut self.fixture.database.connection().await)
            .await
            .unwrap()
    }

    /// What clocks and other services do.
    async fn change(&self, of: usize, change: &str) -> Result<(), Status> {
        let statement = format!(
            "UPDATE invitations SET {change} WHERE invitation_id = '{}'",
            self.made[of].id()
        );
        self.fixture.database.run(statement).await;
        Ok(())
    }

    async fn mails_age(&self) -> Result<(), Status> {
        sqlx::query(
            "UPDATE invitations SET mail_times = ARRAY(
                 SELECT CASE WHEN mail <= $2 THEN mail - interval '1 day' ELSE mail END FROM unnest(mail_times) AS mail)
             WHERE address_canonical = $1",
        )
        .bind(&self.address)
        .bind(self.fixture.clock.now())
        .execute(&mut self.fixture.database.connection().await)
        .await
        .unwrap();
        Ok(())
    }

    async fn resend(&self, of: usize, rotate_link: bool) -> Result<(), Status> {
        let request = ResendInvitationRequest {
            name: self.made[of].name.clone(),
            rotate_link,
            request_id: String::new(),
        };
        self.fixture
            .invitations()
            .resend_invitation(request)
            .await
            .map(drop)
    }

    async fn cancel(&self, of: usize) -> Result<(), Status> {
        let request = CancelInvitationRequest {
            name: self.made[of].name.clone(),
            request_id: String::new(),
        };
        self.fixture
            .invitations()
            .cancel_invitation(request)
            .await
            .map(drop)
    }

    fn caller(&self, who: Invitee) -> Caller {
        let (name, address) = match who {
            Invitee::Ada => ("ada", self.address.as_str()),
            Invitee::AdaElsewhere => ("ada-elsewhere", self.address.as_str()),
            Invitee::Eve => ("eve", "eve@example.com"),
        };
        // Nobody who has accepted by another address before.
        let (own, _) = self.address.split_once('@').unwrap();
        let mut person = Callers::person(&format!("{name}-{own}"));
        person.emails = vec![address.parse().unwrap()];
        Caller::Person(person, None)
    }

    async fn accept(&self, of: usize, via: Via, who: Invitee) -> Result<(), Status> {
        let (made, caller) = (self.made[of].clone(), self.caller(who));
        match via {
            Via::Link => {
                let request = AcceptInvitationRequest {
                    token: made.token.unwrap(),
                    request_id: String::new(),
                };
                self.fixture
                    .redemption(caller)
                    .accept_invitation(request)
                    .await
                    .map(drop)
            }
            Via::Account => {
                let request = AcceptPersonInvitationRequest {
                    name: made.name,
                    request_id: String::new(),
                };
                account(self.fixture, caller)
                    .accept_person_invitation(request)
                    .await
                    .map(drop)
            }
        }
    }

    async fn decline(&self, of: usize, via: Via, who: Invitee, for_ever: bool) -> Result<(), Status> {
        let (made, caller) = (self.made[of].clone(), self.caller(who));
        match via {
            Via::Link => {
                let request = DeclineInvitationRequest {
                    token: made.token.unwrap(),
                    do_not_invite_again: for_ever,
                    request_id: String::new(),
                };
                self.fixture
                    .redemption(caller)
                    .decline_invitation(request)
                    .await
                    .map(drop)
            }
            Via::Account => {
                let request = DeclinePersonInvitationRequest {
                    name: made.name,
                    do_not_invite_again: for_ever,
                    request_id: String::new(),
                };
                account(self.fixture, caller)
                    .decline_person_invitation(request)
                    .await
                    .map(drop)
            }
        }
    }

    async fn undo(&self, of: usize, via: Via, who: Invitee) -> Result<(), Status> {
        let (made, caller) = (self.made[of].clone(), self.caller(who));
        match via {
            Via::Link => {
                let request = UndoDeclineRequest {
                    token: made.token.unwrap(),
                    request_id: String::new(),
                };
                self.fixture
                    .redemption(caller)
                    .undo_decline(request)
                    .await
                    .map(drop)
            }
            Via::Account => {
                let request = UndoPersonDeclineRequest {
                    name: made.name,
                    request_id: String::new(),
                };
                account(self.fixture, caller)
                    .undo_person_decline(request)
                    .await
                    .map(drop)
            }
        }
    }
}
