//! Events that cannot be right.

use muster_ids::{GroupName, InvitationId, InvitationName, OrganizationId};
use muster_messaging::parked::{self, Parked};
use muster_messaging::topology;
use muster_proto::invitation::v1::{InvitationAcceptedEvent, InvitationSource};
use muster_testkit::eventually_some;

use crate::fixture::{Fixture, person_name};

impl Fixture {
    pub(crate) async fn parked(&self) -> Vec<Parked> {
        parked::list(&self.service.broker.broker(), &topology::EMPLOYMENT, 10)
            .await
            .unwrap()
    }

    /// What the invitation service tells when an invitation of the owner was accepted.
    pub(crate) fn event(
        &self,
        invitation: InvitationName,
        person: &str,
        groups: &[GroupName],
    ) -> InvitationAcceptedEvent {
        InvitationAcceptedEvent {
            invitation: invitation.to_string(),
            organization: self.organization_name().to_string(),
            person: person_name(person).to_string(),
            inviter: person_name("owner").to_string(),
            source: InvitationSource::Manual.into(),
            groups: groups.iter().map(ToString::to_string).collect(),
            location: String::new(),
            vouch_time: None,
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_acceptance_that_cannot_be_right_is_parked_and_employs_nobody() {
    let fixture = Fixture::start().await;
    let group = fixture.new_group().await;
    let invitation = fixture.invite(&[group]).await;
    fixture.accept(invitation, "learner-2").await;
    let before = fixture.employment_of("learner-2").await;

    let right = fixture.event(invitation, "learner-2", &[group]);
    let elsewhere = GroupName {
        organization: OrganizationId::from_uuid(fixture.service.clock.new_uuid()),
        ..group
    };
    let unknown = InvitationName {
        invitation: InvitationId::from_uuid(fixture.service.clock.new_uuid()),
        ..invitation
    };
    let not_accepted = fixture.invite(&[group]).await;
    let mut of_no_source = right.clone();
    of_no_source.set_source(InvitationSource::Unspecified);
    let of_nobody = InvitationAcceptedEvent {
        person: "somebody".to_owned(),
        ..right
    };
    let wrong = [
        fixture.event(invitation, "learner-1", &[group]),
        fixture.event(invitation, "learner-2", &[elsewhere]),
        fixture.event(unknown, "learner-1", &[group]),
        fixture.event(not_accepted, "learner-1", &[group]),
        of_no_source,
        of_nobody,
    ];
    let publisher = fixture.publisher_of("invitation").await;
    for (sequence, event) in (4..).zip(wrong) {
        let aggregate = invitation.invitation.as_uuid();
        publisher
            .publish(fixture.organization, aggregate, sequence, event)
            .await;
    }
    let parked = eventually_some(async || {
        let parked = fixture.parked().await;
        (parked.len() == 6).then_some(parked)
    })
    .await;
    assert!(parked.iter().all(|parked| parked.event.is_some()));
    assert_eq!(fixture.applied().await, 1);
    assert_eq!(fixture.employments_of("learner-1").await, []);
    assert_eq!(fixture.employment_of("learner-2").await, before);
}
