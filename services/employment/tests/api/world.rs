//! One test's service, with everybody around it.

use std::collections::BTreeSet;

use muster_clock::Clock;
use muster_employment::{EmploymentService, Settings};
use muster_ids::{
    EventId, GroupId, GroupName, InvitationId, InvitationName, LocationName, OrganizationId,
    OrganizationName, PersonId, PersonName,
};
use muster_messaging::parked::{self, Parked};
use muster_messaging::topology;
use muster_proto::employment::v1::employment_internal_service_client::EmploymentInternalServiceClient;
use muster_proto::employment::v1::employment_service_client::EmploymentServiceClient;
use muster_proto::employment::v1::person_employment_service_client::PersonEmploymentServiceClient;
use muster_proto::employment::v1::{Employment, EmploymentVerifiedEvent, ListEmploymentsRequest};
use muster_proto::invitation::v1::{InvitationAcceptedEvent, InvitationSource};
use muster_proto::organization::v1::Role;
use muster_server::Service;
use muster_server::page::{PageKey, PageSettings};
use muster_testkit::{Callers, Publisher, TestChannel, TestService, Who, eventually};
use prost::Message;
use time::macros::datetime;
use tonic::{Code, Status};

use crate::peers::Peers;

pub(crate) struct World {
    pub(crate) service: TestService,
    pub(crate) peers: Peers,
    pub(crate) publisher: Publisher,
    pub(crate) organization: OrganizationId,
}

/// An accepted invitation as a test describes it.
pub(crate) struct Accepted {
    pub(crate) invitation: InvitationName,
    pub(crate) event: InvitationAcceptedEvent,
}

impl World {
    pub(crate) async fn start() -> Self {
        let clock = Clock::fixed(datetime!(2026-03-01 12:00 UTC));
        let peers = Peers::default();
        let url = peers.serve().await;
        let settings = Settings {
            organization_url: url.clone(),
            invitation_url: url,
            page: PageSettings {
                page_key: PageKey::new(&[7; 32]).unwrap(),
            },
        };
        let service = TestService::start::<EmploymentService>(clock.clone(), settings).await;
        let broker = service.broker.as_service("invitation");
        let publisher =
            Publisher::start(&EmploymentService::MIGRATOR, "employment", broker, clock.clone()).await;
        let organization = OrganizationId::from_uuid(clock.new_uuid());
        let world = Self {
            service,
            peers,
            publisher,
            organization,
        };
        world.set_role("owner", Role::Owner);
        world
    }

    pub(crate) fn set_role(&self, person: &str, role: Role) {
        self.peers
            .set_role(self.organization_name(), person_name(person), role);
    }

    pub(crate) fn organization_name(&self) -> OrganizationName {
        OrganizationName {
            organization: self.organization,
        }
    }

    pub(crate) fn new_group(&self) -> GroupName {
        let group = GroupId::from_uuid(self.service.clock.new_uuid());
        GroupName {
            organization: self.organization,
            group,
        }
    }

    /// An invitation by hand, from the owner, that `person` accepted.
    pub(crate) fn accepted(&self, person: &str, groups: &[GroupName]) -> Accepted {
        let id = InvitationId::from_uuid(self.service.clock.new_uuid());
        let invitation = InvitationName {
            organization: self.organization,
            invitation: id,
        };
        self.peers.set_acceptance(invitation, person_name(person), person);
        let event = InvitationAcceptedEvent {
            invitation: invitation.to_string(),
            organization: self.organization_name().to_string(),
            person: person_name(person).to_string(),
            inviter: person_name("owner").to_string(),
            source: InvitationSource::Manual.into(),
            groups: groups.iter().map(ToString::to_string).collect(),
            location: String::new(),
        };
        Accepted { invitation, event }
    }

    pub(crate) async fn publish(&self, accepted: Accepted) -> EventId {
        let Accepted { invitation, event } = accepted;
        self.publisher
            .publish(self.organization, invitation.invitation.as_uuid(), 3, event)
            .await
    }

    /// Publishes it and waits until it was applied.
    pub(crate) async fn accept(&self, accepted: Accepted) {
        let before = self.applied().await;
        self.publish(accepted).await;
        self.wait_applied(before + 1).await;
    }

    pub(crate) async fn applied(&self) -> i64 {
        self.service.database.count("SELECT count(*) FROM inbox").await
    }

    pub(crate) async fn wait_applied(&self, count: i64) {
        eventually(async || self.applied().await == count).await;
    }

    pub(crate) async fn parked(&self) -> Vec<Parked> {
        parked::list(&self.service.broker.broker(), &topology::EMPLOYMENT, 10)
            .await
            .unwrap()
    }

    /// What was told of verified employments, in order, with the sequence of each.
    pub(crate) async fn told(&self) -> Vec<(i64, EmploymentVerifiedEvent)> {
        let rows: Vec<(i64, String, Vec<u8>)> = sqlx::query_as(
            "SELECT aggregate_seq, event_type, payload FROM outbox ORDER BY aggregate_seq, id",
        )
        .fetch_all(&mut self.service.database.connection().await)
        .await
        .unwrap();
        let decode = |(sequence, event_type, payload): (i64, String, Vec<u8>)| {
            assert_eq!(event_type, "employment.verified");
            (
                sequence,
                EmploymentVerifiedEvent::decode(payload.as_slice()).unwrap(),
            )
        };
        rows.into_iter().map(decode).collect()
    }

    pub(crate) fn admin(&self) -> Who {
        Who::member("admin", self.organization, muster_identity::Role::Admin)
    }

    pub(crate) fn employments(&self, who: Who) -> EmploymentServiceClient<TestChannel> {
        EmploymentServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn person_employments(&self, who: Who) -> PersonEmploymentServiceClient<TestChannel> {
        PersonEmploymentServiceClient::new(self.service.calls_of(who))
    }

    pub(crate) fn internal(&self, who: Who) -> EmploymentInternalServiceClient<TestChannel> {
        EmploymentInternalServiceClient::new(self.service.calls_of(who))
    }

    /// Everything that the organization sees.
    pub(crate) async fn all(&self) -> Vec<Employment> {
        let parent = self.organization_name().to_string();
        let request = ListEmploymentsRequest {
            parent,
            ..Default::default()
        };
        let mut client = self.employments(self.admin());
        let listed = patiently(async || client.list_employments(request.clone()).await).await;
        listed.unwrap().into_inner().employments
    }
}

pub(crate) fn person(name: &str) -> PersonId {
    Callers::person(name).id
}

pub(crate) fn person_name(name: &str) -> PersonName {
    PersonName { person: person(name) }
}

pub(crate) fn names(groups: &[GroupName]) -> BTreeSet<String> {
    groups.iter().map(ToString::to_string).collect()
}

pub(crate) fn location_of(organization: OrganizationId, clock: &Clock) -> LocationName {
    let location = muster_ids::LocationId::from_uuid(clock.new_uuid());
    LocationName {
        organization,
        location,
    }
}

pub(crate) fn reason<T: std::fmt::Debug>(
    answer: Result<tonic::Response<T>, Status>,
) -> muster_refusal::ErrorReason {
    muster_refusal::reason_of(&answer.unwrap_err()).expect("a refusal of the suite")
}

/// Calls again while the answer is UNAVAILABLE, as callers should: a busy machine is no failure.
pub(crate) async fn patiently<T>(mut call: impl AsyncFnMut() -> Result<T, Status>) -> Result<T, Status> {
    for _ in 0..10 {
        match call().await {
            Err(status) if status.code() == Code::Unavailable => {}
            answer => return answer,
        }
    }
    call().await
}
